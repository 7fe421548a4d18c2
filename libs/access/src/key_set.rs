//! The keys of an issuer, as a JSON Web Key Set (RFC 7517) tells them.

use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use parking_lot::RwLock;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// What tokens may be signed with. Neither `none` nor anything with a shared secret is among them.
pub(crate) const ALLOWED: [Algorithm; 7] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
];

/// Keys that signatures can be verified with.
pub(crate) struct KeySet {
    keys: Vec<Key>,
    digest: [u8; 32],
}

struct Key {
    id: Option<String>,
    /// What a token signed with it may name as its algorithm.
    fits: Vec<Algorithm>,
    key: DecodingKey,
}

/// Which key a token means.
pub(crate) enum Found<'a> {
    /// This one.
    Key(&'a DecodingKey),
    /// A key of that name, but of another kind.
    OtherKind,
    /// None that the set knows.
    Unknown,
}

impl KeySet {
    /// Reads a key set. What it holds beside keys for signatures of the allowed kinds is passed over, as RFC 7517 asks:
    /// providers publish keys for other purposes and of kinds to come in the same set.
    ///
    /// # Errors
    /// Says what is wrong with the text, or that no key is left.
    pub(crate) fn read(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Listed {
            keys: Vec<serde_json::Value>,
        }
        let listed: Listed =
            serde_json::from_slice(text).map_err(|error| format!("is not a JSON Web Key Set: {error}"))?;
        let jwks = listed.keys.into_iter().filter_map(|value| serde_json::from_value::<Jwk>(value).ok());
        let keys: Vec<Key> = jwks.filter_map(|jwk| Key::of(&jwk)).collect();
        if keys.is_empty() {
            return Err("holds no key that a signature of EdDSA, ES256, ES384, RS256, RS384, RS512 or PS256 can be \
                        verified with"
                .to_owned());
        }
        Ok(Self { keys, digest: Sha256::digest(text).into() })
    }

    /// The key named `id`, for a token that says it is signed by `algorithm`. A token that names none means the only one.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let mut named: Vec<&Key> = match id {
            // Names need only be unique among keys of one kind.
            Some(id) => self.keys.iter().filter(|key| key.id.as_deref() == Some(id)).collect(),
            None => self.keys.iter().filter(|_| self.keys.len() == 1).collect(),
        };
        if named.is_empty() {
            return Found::Unknown;
        }
        named.retain(|key| key.fits.contains(&algorithm));
        named.first().map_or(Found::OtherKind, |key| Found::Key(&key.key))
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let kind: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => &[Algorithm::ES384],
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => return None,
        };
        let fits: Vec<Algorithm> = match jwk.common.key_algorithm {
            None => kind.to_vec(),
            Some(named) => {
                kind.iter().copied().filter(|algorithm| Algorithm::try_from(named).ok() == Some(*algorithm)).collect()
            }
        };
        let key = DecodingKey::from_jwk(jwk).ok()?;
        (!fits.is_empty()).then(|| Self { id: jwk.common.key_id.clone(), fits, key })
    }
}

/// The key set in use. Readers keep the one they took while another comes in.
pub(crate) struct Keys(RwLock<Arc<Held>>);

/// A key set, and the how manyth it is.
pub(crate) struct Held {
    pub(crate) set: KeySet,
    pub(crate) generation: u64,
}

impl Keys {
    pub(crate) fn new(set: KeySet) -> Self {
        Self(RwLock::new(Arc::new(Held { set, generation: 0 })))
    }

    pub(crate) fn current(&self) -> Arc<Held> {
        Arc::clone(&self.0.read())
    }

    /// Puts a set in place of the one before, unless it is the same; whether it was another.
    pub(crate) fn replace(&self, set: KeySet) -> bool {
        let mut held = self.0.write();
        if held.set.digest == set.digest {
            return false;
        }
        let generation = held.generation.wrapping_add(1);
        *held = Arc::new(Held { set, generation });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const EC: &str = r#"{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

    fn set(keys: &[&str]) -> Result<KeySet, String> {
        KeySet::read(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    #[test]
    fn what_is_for_other_purposes_or_of_kinds_to_come_is_passed_over() {
        let others = [
            r#"{"kty":"oct","kid":"s","k":"c2VjcmV0"}"#,
            r#"{"kty":"AKP","kid":"q","alg":"ML-DSA-44","pub":"AA"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","use":"enc","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","alg":"HS256","kid":"h","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"OKP"}"#,
            "7",
        ];
        let mut all = others.to_vec();
        all.push(ED);
        assert_eq!(set(&all).unwrap().len(), 1);
        for nothing in [&others[..], &[]] {
            assert!(set(nothing).err().unwrap().contains("no key"));
        }
        for text in ["", "{}", "[]", r#"{"keys":{}}"#] {
            assert!(KeySet::read(text.as_bytes()).err().unwrap().contains("JSON Web Key Set"));
        }
    }

    #[test]
    fn a_key_verifies_what_its_kind_can_sign_and_nothing_else() {
        let both = set(&[ED, EC]).unwrap();
        let found = |id, algorithm| match both.find(id, algorithm) {
            Found::Key(_) => "key",
            Found::OtherKind => "other kind",
            Found::Unknown => "unknown",
        };
        assert_eq!(found(Some("a"), Algorithm::EdDSA), "key");
        assert_eq!(found(Some("a"), Algorithm::ES256), "key");
        for algorithm in [Algorithm::ES384, Algorithm::RS256, Algorithm::HS256] {
            assert_eq!(found(Some("a"), algorithm), "other kind");
        }
        assert_eq!(found(Some("b"), Algorithm::EdDSA), "unknown");
        assert_eq!(found(None, Algorithm::EdDSA), "unknown", "which of two?");
        let one = set(&[ED]).unwrap();
        assert!(matches!(one.find(None, Algorithm::EdDSA), Found::Key(_)));
    }
}
