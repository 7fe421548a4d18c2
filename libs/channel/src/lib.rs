//! Calling another service: discovery, balance, breaking, deadlines, retries.
//!
//! An [`Upstream`] is one service as its callers see it: a `tower::Service` that takes a gRPC request as it came, without
//! decoding it, and always gives a gRPC answer. Whatever goes wrong on the way is such an answer too, made from a
//! `fault::Fault`, so that the stack of the caller needs no error path. Generated clients can be put on top of it.
//!
//! What a call passes, outermost first:
//!
//! 1. [`upstream`](Upstream): the limit of calls at once (shed, never queued), the deadline, and the answer's body, on
//!    which the deadline still holds ([`Timer`]; the gateway holds its own calls to their deadlines with it too);
//! 2. `attempt`: at most one retry, within a budget, only of methods that may be repeated; and a free choice of another
//!    endpoint as long as nothing was sent;
//! 3. `fleet`: which endpoints there are, which takes the call, and failing fast when none can;
//! 4. `endpoint`: its breaker, its load, its connections; `connection` keeps those alive on tasks of their own, so that no
//!    call ever waits for a handshake while another endpoint is ready.
//!
//! The rules themselves (`breaker`, `ewma`, `pick`, `budget`, `timeout`) are plain values in, values out.
//!
//! At most one layer on a call's path may retry: where the gateway does, services calling on its behalf set
//! [`Settings::idempotent`] to the empty set.

mod answer;
mod attempt;
mod breaker;
mod budget;
mod connection;
mod deadline;
mod endpoint;
mod ewma;
mod failure;
mod fleet;
mod methods;
mod pick;
mod replay;
mod settings;
mod timed;
mod timeout;
mod upstream;

pub use breaker::BreakerLimits;
pub use budget::BudgetLimits;
pub use deadline::{Allowance, Deadline};
pub use endpoint::{EndpointReport, EndpointState};
pub use methods::{idempotent_methods, streaming_methods};
pub use settings::{Endpoints, Settings, Tls};
pub use timed::{Timed, Timer};
pub use timeout::{encode_timeout, parse_timeout};
pub use upstream::Upstream;
