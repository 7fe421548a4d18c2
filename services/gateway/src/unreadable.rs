//! Requests that their service could not read.
//!
//! Whoever serves with tonic answers INTERNAL, with no reason, to bytes that are no message of the method: it cannot know
//! whose mistake they are. Behind the door they are the caller's, and it is told so.

use fault::Fault;
use http::HeaderMap;
use tonic::{Code, Status};
use wire::fault::v1::ErrorReason;

/// How tonic begins to speak of a request that it cannot read. A test sends each of them.
const COMPLAINTS: [&str; 5] = [
    "failed to decode Protobuf message",
    "Missing request message",
    "Unexpected EOF decoding stream",
    "protocol error: received message with",
    "Error decompressing",
];

/// What the caller is told, where these headers of an answer complain of the request.
pub(crate) fn told(headers: &HeaderMap) -> Option<Status> {
    if headers.get("grpc-status")? != "13" || headers.contains_key("grpc-status-details-bin") {
        return None;
    }
    let complaint = Status::from_header_map(headers)?;
    COMPLAINTS.iter().find(|known| complaint.message().starts_with(*known))?;
    let text = "the request cannot be read: send one whole message of the method's request type, as gRPC frames it";
    let fault = Fault::new(Code::InvalidArgument, ErrorReason::BodyInvalid, text);
    Some(fault.because(complaint.message().to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complaints_of_the_request_are_the_callers_fault() {
        let told = |status: Status| told(&status.into_http::<tonic::body::Body>().into_parts().0.headers);
        let unreadable = told(Status::internal("failed to decode Protobuf message: invalid wire type")).unwrap();
        assert_eq!(unreadable.code(), Code::InvalidArgument);
        assert!(told(Status::internal("the disk is on fire")).is_none());
        assert!(told(Status::not_found("Missing request message.")).is_none());
        let ours: Status = Fault::defect("Missing request message.").into();
        assert!(told(ours).is_none(), "a failure with a reason of its own keeps it");
    }
}
