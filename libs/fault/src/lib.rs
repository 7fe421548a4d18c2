//! A failure, its reason, and its `google.rpc.Status`.
//!
//! Every failure a caller sees carries a reason from a proto enum (the error index, one page each in docs/errors), says
//! which field and which limit, and what to do. Domain code returns its own error enums; at the service's seam they become
//! a [`Fault`]; only the transport turns a `Fault` into a [`Status`].
//!
//! A new service adds its `ErrorReason` to the `reasons!` line below.

use std::error::Error;
use std::fmt;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};
use wire::Violation;
use wire::fault::v1::ErrorReason;

/// The domain of every reason (AIP-193).
pub const DOMAIN: &str = "telwarden";

/// A value of a proto enum of reasons.
pub trait Reason: Copy {
    /// The name in the error index: `ETAG_MISMATCH`.
    fn name(&self) -> &'static str;
}

macro_rules! reasons {
    ($($service:ident),*) => {$(
        impl Reason for wire::$service::v1::ErrorReason {
            fn name(&self) -> &'static str {
                self.as_str_name()
            }
        }
    )*};
}
reasons!(fault, assets, controls, risk, incidents);

/// A failure on its way to the caller.
#[derive(Debug)]
pub struct Fault {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: Vec<(String, String)>,
    violations: Vec<Violation>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// What a call gives, or why not. Boxed: a failure is rare and must not widen every return value.
pub type Outcome<T> = Result<T, Box<Fault>>;

impl Fault {
    /// A failure. `message` is for people: what is wrong and what to do about it.
    pub fn new(code: Code, reason: impl Reason, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            code,
            reason: reason.name(),
            message: message.into(),
            metadata: Vec::new(),
            violations: Vec::new(),
            cause: None,
        })
    }

    /// The request is wrong in itself.
    pub fn invalid(reason: impl Reason, message: impl Into<String>) -> Box<Self> {
        Self::new(Code::InvalidArgument, reason, message)
    }

    /// The request is wrong as things stand.
    pub fn precondition(reason: impl Reason, message: impl Into<String>) -> Box<Self> {
        Self::new(Code::FailedPrecondition, reason, message)
    }

    /// Fields of the request break rules: all of them at once.
    pub fn violations(violations: Vec<Violation>) -> Box<Self> {
        let message = match violations.as_slice() {
            [one] => format!("{}: {}", one.field, one.description),
            [first, rest @ ..] => {
                format!("{}: {} (and {} more, see the details)", first.field, first.description, rest.len())
            }
            [] => "the request is invalid".to_owned(),
        };
        let mut fault = Self::invalid(ErrorReason::FieldInvalid, message);
        if let Some(first) = violations.first() {
            fault.metadata.push(("field".to_owned(), first.field.clone()));
        }
        fault.violations = violations;
        fault
    }

    /// No such resource, or none that the caller may know of: the two look the same.
    pub fn not_found(name: &str) -> Box<Self> {
        let shown: String = name.chars().take(200).collect();
        Self::new(
            Code::NotFound,
            ErrorReason::ResourceNotFound,
            format!("{shown} does not exist, or is not yours to see"),
        )
        .with("name", shown)
    }

    /// A defect of ours: the caller gets a fixed text, the log gets the cause.
    pub fn defect(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Box<Self> {
        let mut fault = Self::new(
            Code::Internal,
            ErrorReason::Defect,
            "this is a defect of the service; its log holds the cause under the trace id of this call",
        );
        fault.cause = Some(cause.into());
        fault
    }

    /// Adds a value that the message speaks of.
    #[must_use]
    pub fn with(mut self: Box<Self>, key: &str, value: impl fmt::Display) -> Box<Self> {
        self.metadata.push((key.to_owned(), value.to_string()));
        self
    }

    /// Names the field at fault. The first one named also goes to the metadata, as `field`.
    #[must_use]
    pub fn on(mut self: Box<Self>, field: impl Into<String>) -> Box<Self> {
        let field = field.into();
        if self.violations.is_empty() {
            self.metadata.push(("field".to_owned(), field.clone()));
        }
        let description = self.message.clone();
        self.violations.push(Violation { field, description });
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self: Box<Self>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Box<Self> {
        self.cause = Some(cause.into());
        self
    }

    /// The canonical code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The reason's name in the error index.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The first field at fault, or empty.
    #[must_use]
    pub fn field(&self) -> &str {
        self.violations.first().map_or("", |violation| violation.field.as_str())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl Error for Fault {}

impl From<Box<Fault>> for Status {
    fn from(fault: Box<Fault>) -> Self {
        if fault.code == Code::Internal {
            tracing::error!(cause = %fault, "defect");
        }
        let mut details = ErrorDetails::new();
        details.set_error_info(
            fault.reason,
            DOMAIN,
            fault.metadata.iter().cloned().collect::<std::collections::HashMap<_, _>>(),
        );
        if !fault.violations.is_empty() {
            let violations =
                fault.violations.iter().map(|v| FieldViolation::new(v.field.clone(), v.description.clone()));
            details.set_bad_request(violations.collect::<Vec<_>>());
        }
        Status::with_error_details(fault.code, fault.message, details)
    }
}

/// Refuses a message that breaks the rules of its proto.
///
/// # Errors
/// `FIELD_INVALID`, with every violation at once.
pub fn check(message: &impl wire::Validate) -> Outcome<()> {
    let violations = message.violations();
    if violations.is_empty() { Ok(()) } else { Err(Fault::violations(violations)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_is_told_at_once() {
        let asset =
            wire::assets::v1::Asset { r#type: "Not A Key".to_owned(), confidentiality: -1, ..Default::default() };
        let fault = check(&asset).unwrap_err();
        let status = Status::from(fault);
        assert_eq!(status.code(), Code::InvalidArgument);
        let fields: Vec<String> =
            status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect();
        assert_eq!(fields, ["display_name", "type", "confidentiality"]);
        assert_eq!(status.get_details_error_info().unwrap().reason, "FIELD_INVALID");
    }

    #[test]
    fn a_defect_tells_the_caller_nothing_of_its_cause() {
        let status = Status::from(Fault::defect("password is hunter2"));
        assert!(!status.message().contains("hunter2"));
    }
}
