//! Page tokens (AIP-158): where the next page starts, sealed so that callers can neither read nor make one.
//!
//! A token is bound to the digest of the query it was made for; with another query it does not open. Replicas that share
//! the key open each other's tokens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// The longest token that is looked at, in characters.
const MOST_TOKEN: usize = 8192;

/// The length of a nonce, in bytes. At 24 bytes random nonces do not repeat, however many tokens one key makes.
const NONCE: usize = 24;

/// What every digest is extended with, so that something else sealed under the same key never opens as a page token.
const PURPOSE: &[u8] = b"telwarden page token 1";

/// Seals page tokens with a key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// A sealer of a key of 32 random bytes, which all replicas of a service share.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// A token that holds `payload` for the query of this digest (see [`digest`]): base64url without padding. Two tokens of
    /// the same payload differ. Keep the payload below 6000 bytes, or the token will not open.
    #[must_use]
    pub fn seal(&self, digest_of_query: &[u8], payload: &[u8]) -> String {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let aad = bound(digest_of_query);
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), Payload { msg: payload, aad: &aad });
        let mut bytes = nonce.to_vec();
        // Sealing fails only beyond 256 GiB; what is then left does not open.
        bytes.extend(sealed.unwrap_or_default());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The payload of a token that was made with this key for the query of this digest.
    ///
    /// # Errors
    /// [`Problem::InvalidPageToken`] for anything else.
    pub fn open(&self, digest_of_query: &[u8], token: &str) -> Result<Vec<u8>, Problem> {
        if token.len() > MOST_TOKEN {
            return Err(Problem::InvalidPageToken);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Problem::InvalidPageToken)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Problem::InvalidPageToken)?;
        let aad = bound(digest_of_query);
        self.cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_| Problem::InvalidPageToken)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(key withheld)")
    }
}

/// The digest of a query: SHA-256 over its parts (parent, filter, order and what else must not change between pages), each
/// with its length, so that no two queries share their bytes.
#[must_use]
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn bound(digest_of_query: &[u8]) -> Vec<u8> {
    [PURPOSE, digest_of_query].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_of_another_query_or_key_does_not_open() {
        let sealer = Sealer::new([7; 32]);
        let query = digest(&[b"organizations/acme", b"state = VALUED", b"name"]);
        let token = sealer.seal(&query, b"where we were");
        assert_eq!(sealer.open(&query, &token).unwrap(), b"where we were");
        assert_eq!(Sealer::new([7; 32]).open(&query, &token).unwrap(), b"where we were", "replicas share the key");
        let other = digest(&[b"organizations/other", b"state = VALUED", b"name"]);
        assert_eq!(sealer.open(&other, &token), Err(Problem::InvalidPageToken));
        assert_eq!(Sealer::new([8; 32]).open(&query, &token), Err(Problem::InvalidPageToken));
        assert_eq!(Problem::InvalidPageToken.field(), Some("page_token"));
    }

    #[test]
    fn a_token_shows_neither_payload_nor_key() {
        let sealer = Sealer::new([7; 32]);
        let (first, second) = (sealer.seal(b"q", b"secret"), sealer.seal(b"q", b"secret"));
        assert_ne!(first, second);
        let bytes = URL_SAFE_NO_PAD.decode(&first).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
        assert!(!format!("{sealer:?}").contains('7'));
    }

    #[test]
    fn digests_tell_parts_apart() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a"]), digest(&[b"a", b""]));
    }

    proptest! {
        #[test]
        fn a_token_opens_to_its_payload(key: [u8; 32], query: [u8; 32], payload in proptest::collection::vec(any::<u8>(), 0..512)) {
            let sealer = Sealer::new(key);
            let token = sealer.seal(&query, &payload);
            prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            prop_assert_eq!(sealer.open(&query, &token).unwrap(), payload);
        }

        #[test]
        fn a_token_that_was_touched_does_not_open(payload in proptest::collection::vec(any::<u8>(), 0..64), at: prop::sample::Index, flip in 1_u8..) {
            let sealer = Sealer::new([1; 32]);
            let mut bytes = URL_SAFE_NO_PAD.decode(sealer.seal(b"q", &payload)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(sealer.open(b"q", &URL_SAFE_NO_PAD.encode(&bytes)).is_err());
            bytes[at] ^= flip;
            bytes.truncate(at);
            prop_assert!(sealer.open(b"q", &URL_SAFE_NO_PAD.encode(&bytes)).is_err());
        }

        #[test]
        fn no_text_opens_and_none_is_a_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let sealer = Sealer::new([1; 32]);
            prop_assert!(sealer.open(b"q", &text).is_err());
            prop_assert!(sealer.open(b"q", &URL_SAFE_NO_PAD.encode(bytes)).is_err());
            prop_assert!(sealer.open(b"q", &text.repeat(1000)).is_err());
        }
    }
}
