//! Tokens: verified against the operator's keys, or minted by the embedded default.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use fault::{Fault, Outcome};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::Caller;

/// What a token says. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is meant.
    pub aud: Audience,
    /// Who the caller is.
    pub sub: String,
    /// When it ends.
    pub exp: i64,
    /// When it was made.
    #[serde(default)]
    pub iat: i64,
    /// The organizations the caller acts for.
    #[serde(default)]
    pub organizations: BTreeSet<String>,
    /// The caller's roles.
    #[serde(default)]
    pub roles: BTreeSet<String>,
    /// For whom the caller acts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub on_behalf_of: String,
}

/// One audience or several, as RFC 7519 allows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// Whose tokens are believed.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The `iss` every token must have.
    pub issuer: String,
    /// The `aud` every token must have.
    pub audience: String,
    /// A file with the issuer's JSON Web Key Set. It is read again when it changes, so keys can be rotated in place.
    pub key_set: PathBuf,
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Security configuration that is half set.
    #[error(
        "the setting {0} is empty: issuer, audience and key set must all be set, or a token of anyone would be believed"
    )]
    HalfSet(&'static str),
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        cause: String,
    },
    /// A token cannot be signed.
    #[error("the token cannot be signed: {0}")]
    Signing(String),
}

const ALLOWED: [Algorithm; 7] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
];
const REMEMBERED: usize = 8192;
const REREAD: Duration = Duration::from_secs(5);

/// Verifies tokens, remembering those it has verified until they end.
pub struct Verifier {
    trust: Trust,
    keys: RwLock<Keys>,
    checked: Mutex<Instant>,
    known: RwLock<Known>,
}

/// Verified tokens by their digest: whose they are, and when they end (seconds since 1970).
type Known = HashMap<[u8; 32], (Arc<Caller>, i64)>;

struct Keys {
    set: JwkSet,
    changed: Option<SystemTime>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("trust", &self.trust).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier of tokens of one issuer.
    ///
    /// # Errors
    /// Refuses half-set configuration and a key set that cannot be read.
    pub fn new(trust: Trust) -> Result<Self, TokenError> {
        for (setting, value) in [("issuer", &trust.issuer), ("audience", &trust.audience)] {
            if value.is_empty() {
                return Err(TokenError::HalfSet(setting));
            }
        }
        if trust.key_set.as_os_str().is_empty() {
            return Err(TokenError::HalfSet("key_set"));
        }
        let keys = RwLock::new(read_keys(&trust.key_set)?);
        Ok(Self { trust, keys, checked: Mutex::new(Instant::now()), known: RwLock::default() })
    }

    /// Who a token speaks for. `now` is microseconds since 1970.
    ///
    /// # Errors
    /// `TOKEN_INVALID` with the cause.
    pub fn verify(&self, token: &str, now: i64) -> Outcome<Arc<Caller>> {
        let seconds = now / 1_000_000;
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.reread();
        if let Some((caller, ends)) = self.known.read().get(&digest)
            && *ends > seconds
        {
            return Ok(Arc::clone(caller));
        }
        let claims = self.claims(token, seconds)?;
        let caller = Arc::new(Caller {
            subject: claims.sub,
            on_behalf_of: claims.on_behalf_of,
            organizations: claims.organizations,
            roles: claims.roles,
        });
        let mut known = self.known.write();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(digest, (Arc::clone(&caller), claims.exp));
        Ok(caller)
    }

    fn claims(&self, token: &str, now: i64) -> Outcome<Claims> {
        if token.len() > 16 * 1024 {
            return Err(refused("too long", "it is longer than 16 KiB"));
        }
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| refused("malformed", "it is not a JSON Web Token with a known algorithm"))?;
        if !ALLOWED.contains(&header.alg) {
            return Err(refused(
                "algorithm",
                "its algorithm is not one of EdDSA, ES256, ES384, RS256, RS384, RS512, PS256",
            ));
        }
        let key =
            self.key(header.kid.as_deref()).ok_or_else(|| refused("key", "no key of the issuer fits its `kid`"))?;
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false; // against our own clock, below
        validation.set_issuer(&[&self.trust.issuer]);
        validation.set_audience(&[&self.trust.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| {
            let (cause, text) = explain(error.kind());
            refused(cause, text).because(error)
        })?;
        if claims.claims.exp <= now {
            return Err(refused("expired", "it has expired: get a new one"));
        }
        Ok(claims.claims)
    }

    fn key(&self, kid: Option<&str>) -> Option<DecodingKey> {
        let keys = self.keys.read();
        let jwk = match kid {
            Some(kid) => keys.set.find(kid),
            None => keys.set.keys.first().filter(|_| keys.set.keys.len() == 1),
        };
        jwk.and_then(|jwk| DecodingKey::from_jwk(jwk).ok())
    }

    /// Reads the key set again when its file has changed, looking at most every five seconds.
    fn reread(&self) {
        {
            let Some(mut checked) = self.checked.try_lock() else { return };
            if checked.elapsed() < REREAD {
                return;
            }
            *checked = Instant::now();
        }
        if self.keys.read().changed == changed(&self.trust.key_set) {
            return;
        }
        match read_keys(&self.trust.key_set) {
            Ok(keys) => {
                *self.keys.write() = keys;
                // A key taken out of the set must stop working at once.
                self.known.write().clear();
                tracing::info!(path = %self.trust.key_set.display(), "read the key set again");
            }
            Err(error) => tracing::error!(%error, "the key set cannot be read; the keys before stay in use"),
        }
    }
}

fn explain(kind: &jsonwebtoken::errors::ErrorKind) -> (&'static str, &'static str) {
    use jsonwebtoken::errors::ErrorKind as K;
    match kind {
        K::InvalidIssuer => ("issuer", "it is of another issuer"),
        K::InvalidAudience => ("audience", "it is meant for another audience"),
        K::InvalidSignature => ("signature", "its signature is not of the issuer's key"),
        K::InvalidAlgorithm | K::InvalidAlgorithmName => {
            ("algorithm", "its algorithm is not the one of the issuer's key")
        }
        K::MissingRequiredClaim(_) => ("claim", "it lacks one of the claims exp, iss, aud, sub"),
        _ => ("malformed", "it cannot be read"),
    }
}

fn refused(cause: &'static str, text: &str) -> Box<Fault> {
    Fault::new(Code::Unauthenticated, ErrorReason::TokenInvalid, format!("the token is refused: {text}"))
        .with("cause", cause)
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn read_keys(path: &Path) -> Result<Keys, TokenError> {
    let failed = |cause: String| TokenError::File { path: path.to_owned(), cause };
    let changed = changed(path);
    let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let set = serde_json::from_slice(&text).map_err(|error| failed(format!("is not a JSON Web Key Set: {error}")))?;
    Ok(Keys { set, changed })
}

/// The issuer, the audience and the files of the embedded default, which mints its own tokens.
#[derive(Clone, Debug)]
pub struct LocalKey {
    folder: PathBuf,
}

const LOCAL: &str = "telwarden";

impl LocalKey {
    /// The key kept in `folder`: made there when absent.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(folder: &Path) -> Result<Self, TokenError> {
        let local = Self { folder: folder.to_owned() };
        if !local.private().exists() {
            local.make()?;
        }
        Ok(local)
    }

    /// Trust in this key alone.
    #[must_use]
    pub fn trust(&self) -> Trust {
        Trust { issuer: LOCAL.to_owned(), audience: LOCAL.to_owned(), key_set: self.folder.join("key-set.json") }
    }

    /// A token for one caller. `now` is microseconds since 1970.
    ///
    /// # Errors
    /// When the private key cannot be read or used.
    pub fn mint(
        &self,
        subject: &str,
        organizations: &[&str],
        roles: &[&str],
        now: i64,
        lifetime: Duration,
    ) -> Result<String, TokenError> {
        let now = now / 1_000_000;
        let claims = Claims {
            iss: LOCAL.to_owned(),
            aud: Audience::One(LOCAL.to_owned()),
            sub: subject.to_owned(),
            exp: now.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)),
            iat: now,
            organizations: organizations.iter().map(|&text| text.to_owned()).collect(),
            roles: roles.iter().map(|&text| text.to_owned()).collect(),
            on_behalf_of: String::new(),
        };
        let pem = std::fs::read(self.private()).map_err(|error| self.failed(&error.to_string()))?;
        let key = EncodingKey::from_ed_pem(&pem).map_err(|error| TokenError::Signing(error.to_string()))?;
        let header = Header { kid: Some(LOCAL.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &key).map_err(|error| TokenError::Signing(error.to_string()))
    }

    fn private(&self) -> PathBuf {
        self.folder.join("signing-key.pem")
    }

    fn failed(&self, cause: &str) -> TokenError {
        TokenError::File { path: self.folder.clone(), cause: cause.to_owned() }
    }

    fn make(&self) -> Result<(), TokenError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| self.failed(&error.to_string()))?;
        let mut seed = [0_u8; 32];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut seed);
        let key = SigningKey::from_bytes(&seed);
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let set = serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": LOCAL, "alg": "EdDSA", "use": "sig", "x": public}]});
        std::fs::write(self.trust().key_set, set.to_string()).map_err(|error| self.failed(&error.to_string()))?;
        let pem = key.to_pkcs8_pem(Default::default()).map_err(|error| self.failed(&error.to_string()))?;
        write_private(&self.private(), pem.as_bytes()).map_err(|error| self.failed(&error.to_string()))?;
        SigningKey::from_pkcs8_pem(&pem).map(|_| ()).map_err(|error| self.failed(&error.to_string()))
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let fresh = path.with_extension("fresh");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;
    const HOUR: Duration = Duration::from_secs(3600);

    fn local() -> (tempfile::TempDir, LocalKey, Verifier) {
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open(folder.path()).unwrap();
        let verifier = Verifier::new(key.trust()).unwrap();
        (folder, key, verifier)
    }

    fn cause(verifier: &Verifier, token: &str) -> String {
        let fault = verifier.verify(token, NOW).unwrap_err();
        assert_eq!(fault.reason(), "TOKEN_INVALID");
        fault.message().to_owned()
    }

    #[test]
    fn a_minted_token_speaks_for_its_caller_until_it_ends() {
        let (_folder, key, verifier) = local();
        let token = key.mint("ana", &["acme"], &["viewer"], NOW, HOUR).unwrap();
        let caller = verifier.verify(&token, NOW).unwrap();
        assert_eq!(caller.subject, "ana");
        assert!(caller.organizations.contains("acme"));
        let later = NOW + 3_601 * 1_000_000;
        assert!(verifier.verify(&token, later).unwrap_err().message().contains("expired"));
    }

    #[test]
    fn foreign_forged_and_unsigned_tokens_are_refused() {
        let (_folder, key, verifier) = local();
        let (_other_folder, other, _) = local();
        assert!(
            cause(&verifier, &other.mint("eve", &["acme"], &["administrator"], NOW, HOUR).unwrap())
                .contains("signature")
        );

        let claims = r#"{"iss":"telwarden","aud":"telwarden","sub":"eve","exp":9999999999,"organizations":["acme"],"roles":["administrator"]}"#;
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let unsigned = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims));
        assert!(cause(&verifier, &unsigned).contains("algorithm"));
        let symmetric = format!("{}.{}.{}", part(r#"{"alg":"HS256","kid":"telwarden"}"#), part(claims), part("x"));
        assert!(cause(&verifier, &symmetric).contains("algorithm"));

        let good = key.mint("ana", &["acme"], &["viewer"], NOW, HOUR).unwrap();
        let mut parts: Vec<&str> = good.split('.').collect();
        let forged = part(claims);
        parts[1] = &forged;
        assert!(cause(&verifier, &parts.join(".")).contains("signature"));
        for junk in ["", ".", "a.b.c", "\u{0}"] {
            cause(&verifier, junk);
        }
    }

    #[test]
    fn half_set_trust_refuses_to_start() {
        let (_folder, key, _) = local();
        let trust = Trust { audience: String::new(), ..key.trust() };
        assert!(matches!(Verifier::new(trust), Err(TokenError::HalfSet("audience"))));
    }
}
