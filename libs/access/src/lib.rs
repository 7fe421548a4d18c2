//! Who is calling, and whether they may.
//!
//! A call passes [`Authenticate`], which verifies the token, looks the method's rule up and checks the permission *by name*,
//! before anything is known about existence. What is left to the storage engine is the tenant: [`Context::enter`] answers
//! "no such resource" for every organization the caller does not act for.
//!
//! Services of the suite call each other by a token of their own ([`ServiceToken`]): the subject `service:{name}`, the role
//! `service`, and the organization `-`, which in such a token stands for all. Nobody else may use any of the three, and the
//! public door lets none of them in ([`AuthenticateLayer::public`]).
//!
//! Keys come from a file ([`Verifier::new`]), from what the operator's identity provider publishes ([`Verifier::fetching`]),
//! or are our own ([`LocalKey`]). Either way the last good set stays in use while there is no newer one.

mod caller;
mod clock;
mod context;
mod denial;
mod file;
mod key_set;
mod layer;
mod local_key;
mod provider;
mod role;
mod rule;
mod service_token;
mod token;

pub use caller::{Caller, EVERY_ORGANIZATION, SERVICE_ROLE};
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::Context;
pub use denial::{Denials, Denied};
pub use layer::{Authenticate, AuthenticateLayer};
pub use local_key::LocalKey;
pub use provider::Provider;
pub use role::{Roles, shipped_roles};
pub use rule::{MethodRule, Rules, RulesError};
pub use service_token::ServiceToken;
pub use token::{Claims, TokenError, Trust, Verifier};
