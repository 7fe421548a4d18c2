//! Who is calling, and whether they may.
//!
//! A call passes [`Authenticate`], which verifies the token, looks the method's rule up and checks the permission *by name*,
//! before anything is known about existence. What is left to the storage engine is the tenant: [`Context::enter`] answers
//! "no such resource" for every organization the caller does not act for.

mod caller;
mod clock;
mod context;
mod layer;
mod role;
mod rule;
mod token;

pub use caller::Caller;
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::Context;
pub use layer::{Authenticate, AuthenticateLayer};
pub use role::{Roles, shipped_roles};
pub use rule::{MethodRule, Rules, RulesError};
pub use token::{Claims, LocalKey, TokenError, Trust, Verifier};
