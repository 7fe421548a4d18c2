//! What a call carries from the door to the database.

use std::sync::Arc;

use fault::{Fault, Outcome};
use tonic::{Code, Request};
use wire::fault::v1::ErrorReason;

use crate::caller::SERVICE_ROLE;
use crate::{Caller, Clock, Roles};

/// What a call carries from the door to the database: who, by which method, in which trace, at what time.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who is calling.
    pub caller: Arc<Caller>,
    /// The method called: `telwarden.assets.v1.AssetService/GetAsset`.
    pub method: Arc<str>,
    /// The W3C `traceparent` of the call; empty where not traced.
    pub trace: String,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// Which role holds which permission.
    pub roles: Arc<Roles>,
}

impl Context {
    /// The context that [`crate::Authenticate`] put into the request.
    ///
    /// # Errors
    /// `DEFECT`, where the service was mounted without [`crate::Authenticate`].
    pub fn of<T>(request: &Request<T>) -> Outcome<Self> {
        let missing = || Fault::defect("the service is mounted without access::Authenticate");
        request.extensions().get::<Self>().cloned().ok_or_else(missing)
    }

    /// Lets the call into an organization.
    ///
    /// # Errors
    /// `RESOURCE_NOT_FOUND` on `name`: a foreign organization looks like one that does not exist.
    pub fn enter(&self, organization: &str, name: &str) -> Outcome<()> {
        if self.caller.acts_for(organization) { Ok(()) } else { Err(Fault::not_found(name)) }
    }

    /// Lets the call into all organizations at once, as services of the suite may.
    ///
    /// # Errors
    /// `PERMISSION_MISSING` on `field`.
    pub fn enter_everywhere(&self, field: &str) -> Outcome<()> {
        if self.caller.is_everywhere() {
            return Ok(());
        }
        let message = "only services of the suite read all organizations at once (`organizations/-`): name one";
        Err(Fault::new(Code::PermissionDenied, ErrorReason::PermissionMissing, message)
            .with("permission", SERVICE_ROLE)
            .on(field.to_owned()))
    }

    /// Asks for a permission beyond that of the method, where a field of the request does more than the rest.
    ///
    /// # Errors
    /// `PERMISSION_MISSING` on `field`.
    pub fn require(&self, permission: &str, field: &str) -> Outcome<()> {
        self.roles.require(&self.caller.roles, permission).map_err(|fault| fault.on(field.to_owned()))
    }

    /// The same call, acting by another method: what a method causes is told apart from the method itself.
    #[must_use]
    pub fn within(&self, method: &str) -> Self {
        Self { method: method.into(), ..self.clone() }
    }
}
