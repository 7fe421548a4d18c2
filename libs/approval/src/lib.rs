//! A decision by someone else, bound to the digest of exactly what was approved.
//!
//! A resource that is approved holds an [`Approval`]. Its move to approved calls [`approve`] with the parts that were decided
//! on; its `Rules::update` calls [`hold`] with the same parts, which makes the approval void where they have changed. What the
//! parts are is the resource's to say: everything material, nothing else.

use access::Context;
use fault::{Fault, Outcome};
use sha2::{Digest as _, Sha256};
use tonic::Code;
use wire::approval::v1::Approval;
use wire::fault::v1::ErrorReason;

/// The digest of exactly what is decided on: the encoded messages, in order.
#[must_use]
pub fn digest(parts: &[Vec<u8>]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    data_encoding::HEXLOWER.encode(&hasher.finalize())
}

/// Approves, as somebody other than who asked. `now` is in microseconds since 1970, `parts` are what is decided on.
///
/// # Errors
/// `DUTIES_NOT_SEGREGATED`.
pub fn approve(context: &Context, requester: &str, parts: &[Vec<u8>], comment: &str) -> Outcome<Approval> {
    by_someone_else(context, requester)?;
    Ok(Approval {
        digest: digest(parts),
        approver: context.caller.subject.clone(),
        approve_time: time(context.clock.now()),
        comment: comment.to_owned(),
        void_time: None,
        void_reason: String::new(),
    })
}

/// Makes an approval void where what it binds to has become something else. Gives whether it did so now.
pub fn hold(context: &Context, approval: &mut Option<Approval>, parts: &[Vec<u8>]) -> bool {
    let Some(given) = approval.as_mut().filter(|given| given.void_time.is_none()) else { return false };
    if given.digest == digest(parts) {
        return false;
    }
    given.void_time = time(context.clock.now());
    given.void_reason = format!("what was approved was changed by {} ({})", context.caller.subject, context.method);
    true
}

/// Whether there is an approval that still counts.
#[must_use]
pub fn counts(approval: Option<&Approval>) -> bool {
    approval.is_some_and(|given| given.void_time.is_none())
}

fn time(micros: i64) -> Option<prost_types::Timestamp> {
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or_default();
    Some(prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos })
}

/// The one who asked cannot also decide.
///
/// # Errors
/// `DUTIES_NOT_SEGREGATED`.
pub fn by_someone_else(context: &Context, requester: &str) -> Outcome<()> {
    by_another(context, requester, || {
        format!("{requester} asked for this and so cannot decide it: another person must")
    })
    .map_err(|fault| fault.with("requester", requester))
}

/// Who did one part cannot also do the next: four eyes. `before` is who did the part before, or for whom it was done; an
/// empty one is nobody.
///
/// # Errors
/// `DUTIES_NOT_SEGREGATED`, with the message.
pub fn by_another(context: &Context, before: &str, message: impl FnOnce() -> String) -> Outcome<()> {
    let caller = &context.caller;
    if before.is_empty() || (caller.subject != before && caller.on_behalf_of != before) {
        return Ok(());
    }
    Err(Fault::new(Code::PermissionDenied, ErrorReason::DutiesNotSegregated, message()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access::{Caller, SystemClock};

    use super::*;

    fn context(subject: &str) -> Context {
        Context {
            caller: Arc::new(Caller { subject: subject.to_owned(), ..Caller::service("controls", "acme") }),
            method: "telwarden.controls.v1.StatementService/ApproveStatement".into(),
            trace: String::new(),
            clock: Arc::new(SystemClock),
            roles: Arc::new(access::shipped_roles()),
        }
    }

    #[test]
    fn an_approval_of_something_else_is_void_and_says_why() {
        let context = context("bea");
        let mut approval = Some(approve(&context, "ana", &[b"as it is".to_vec()], "").unwrap());
        assert!(!hold(&context, &mut approval, &[b"as it is".to_vec()]) && counts(approval.as_ref()));
        assert!(hold(&context, &mut approval, &[b"as it became".to_vec()]) && !counts(approval.as_ref()));
        assert!(approval.as_ref().unwrap().void_reason.contains("bea"));
        // Back to what it was: what is void stays void, since in between it was not approved.
        assert!(!hold(&context, &mut approval, &[b"as it is".to_vec()]) && !counts(approval.as_ref()));
        assert!(approve(&context, "bea", &[], "").is_err());
    }

    #[test]
    fn the_digest_tells_parts_apart() {
        assert_ne!(digest(&[b"ab".to_vec(), b"c".to_vec()]), digest(&[b"a".to_vec(), b"bc".to_vec()]));
    }
}
