//! A decision by someone else, bound to the digest of exactly what was approved.

use access::Context;
use fault::{Fault, Outcome};
use sha2::{Digest as _, Sha256};
use tonic::Code;
use wire::fault::v1::ErrorReason;

/// The digest of exactly what is decided on: the encoded messages, in order.
#[must_use]
pub fn digest(parts: &[Vec<u8>]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
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
    use super::*;

    #[test]
    fn the_digest_tells_parts_apart() {
        assert_ne!(digest(&[b"ab".to_vec(), b"c".to_vec()]), digest(&[b"a".to_vec(), b"bc".to_vec()]));
    }
}
