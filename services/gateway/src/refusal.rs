//! The failures that the gateway itself answers with.

use std::time::Duration;

use fault::Fault;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use wire::fault::v1::ErrorReason;

/// How long a caller that was shed should wait.
const SHED_PAUSE: Duration = Duration::from_secs(1);

/// No method answers at this gRPC path.
pub(crate) fn method_unknown(path: &str) -> Status {
    let path: String = path.chars().take(200).collect();
    let text = format!("no method answers at {path}: gRPC reflection lists what there is");
    Fault::new(Code::Unimplemented, ErrorReason::MethodUnknown, text).with("path", path).into()
}

/// A message is larger than `limit` bytes.
pub(crate) fn message_too_large(limit: u64) -> Status {
    let text = format!("a message is larger than {limit} bytes: send less, in several calls or messages");
    Fault::new(Code::ResourceExhausted, ErrorReason::MessageTooLarge, text).with("limit", limit).into()
}

/// A principal's bucket is empty; it holds a call again after `wait`.
pub(crate) fn rate_limited(per_second: u32, wait: Duration) -> Status {
    let text = format!("you send more than {per_second} calls per second: wait {} ms", wait.as_millis().max(1));
    let fault = Fault::new(Code::ResourceExhausted, ErrorReason::RateLimited, text);
    retry_after(&fault.with("limit", per_second).into(), wait)
}

/// As many calls are in flight as there may be. Not `UNAVAILABLE`, which clients take as leave to try again at once.
pub(crate) fn overloaded(limit: u32) -> Status {
    let text = format!("the suite holds {limit} calls, as many as it can do: try again shortly");
    let fault = Fault::new(Code::ResourceExhausted, ErrorReason::Overloaded, text);
    retry_after(&fault.with("limit", limit).into(), SHED_PAUSE)
}

/// The door closes while somebody watches.
pub(crate) fn closing() -> Status {
    let text = "this gateway stops: call again, another answers or this one does shortly";
    Fault::new(Code::Unavailable, ErrorReason::ServiceUnreachable, text).with("service", "gateway").into()
}

fn retry_after(status: &Status, wait: Duration) -> Status {
    let mut details = status.get_error_details();
    details.set_retry_info(Some(wait));
    Status::with_error_details(status.code(), status.message(), details)
}
