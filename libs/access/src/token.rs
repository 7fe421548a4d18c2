//! Tokens, verified against the operator's keys.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use fault::{Fault, Outcome};
use jsonwebtoken::Validation;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::Caller;
use crate::caller::impostor;
use crate::file::KeyFile;
use crate::key_set::{ALLOWED, Found, KeySet, Keys};
use crate::provider::{Provider, Published};

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

/// Whose tokens are believed, where the issuer's keys are in a file. [`Provider`] is for an issuer that publishes them.
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
    /// A setting that cannot be used.
    #[error("the setting {setting} cannot be used: {cause}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The identity provider does not give its keys.
    #[error(
        "no key set comes from {url}: {cause} (tried for {seconds} s): is key_set_url right, and is the identity provider up?"
    )]
    Unreachable {
        /// Where it should be.
        url: String,
        /// What went wrong the last time.
        cause: String,
        /// For how long it was tried.
        seconds: u64,
    },
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

const REMEMBERED: usize = 8192;
/// Longer tokens are not looked at; bytes.
const LONGEST: usize = 16 * 1024;

/// Verifies tokens, remembering those it has verified until they end or the keys change.
pub struct Verifier {
    issuer: String,
    audience: String,
    keys: Arc<Keys>,
    source: Source,
    known: RwLock<Known>,
}

/// Where keys come from.
enum Source {
    File(KeyFile),
    Provider(Published),
}

/// Verified tokens by their digest: whose they are, and when they end (seconds since 1970).
#[derive(Default)]
struct Known {
    /// The key set that verified them. A key taken out of the set must stop working at once.
    generation: u64,
    callers: HashMap<[u8; 32], (Arc<Caller>, i64)>,
}

/// A call that is not let in.
pub(crate) struct Refusal {
    pub(crate) why: Why,
    pub(crate) fault: Box<Fault>,
}

/// Why a call is not let in.
pub(crate) enum Why {
    /// It carries no token.
    NoToken,
    /// Its token names a key that is not in the set: one that is newer, perhaps.
    UnknownKey,
    /// Its token is not believed, for this cause.
    Token(&'static str),
    /// Its caller may not.
    Permission(Arc<Caller>),
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

fn set(issuer: &str, audience: &str) -> Result<(), TokenError> {
    for (setting, value) in [("issuer", issuer), ("audience", audience)] {
        if value.is_empty() {
            return Err(TokenError::HalfSet(setting));
        }
    }
    Ok(())
}

impl Verifier {
    /// A verifier of tokens of one issuer, whose keys are in a file.
    ///
    /// # Errors
    /// Refuses half-set configuration and a key set that cannot be read.
    pub fn new(trust: Trust) -> Result<Self, TokenError> {
        set(&trust.issuer, &trust.audience)?;
        if trust.key_set.as_os_str().is_empty() {
            return Err(TokenError::HalfSet("key_set"));
        }
        let (file, keys) = KeyFile::open(trust.key_set)?;
        Ok(Self {
            issuer: trust.issuer,
            audience: trust.audience,
            keys: Arc::new(Keys::new(keys)),
            source: Source::File(file),
            known: RwLock::default(),
        })
    }

    /// A verifier of tokens of one identity provider, which publishes its keys. They are fetched before this returns, and
    /// from then on in the background, until the verifier is dropped.
    ///
    /// # Errors
    /// Refuses half-set configuration, a URL over which anybody could send keys, and a provider that gives no keys within
    /// [`Provider::patience`].
    pub async fn fetching(provider: Provider) -> Result<Self, TokenError> {
        set(&provider.issuer, &provider.audience)?;
        let (issuer, audience) = (provider.issuer.clone(), provider.audience.clone());
        let (published, keys) = Published::start(provider).await?;
        Ok(Self { issuer, audience, keys, source: Source::Provider(published), known: RwLock::default() })
    }

    /// Who a token speaks for. `now` is microseconds since 1970.
    ///
    /// # Errors
    /// `TOKEN_INVALID` with the cause.
    pub fn verify(&self, token: &str, now: i64) -> Outcome<Arc<Caller>> {
        self.look(token, now).map_err(|refusal| refusal.fault)
    }

    /// As [`Verifier::verify`], telling apart what newer keys might mend.
    pub(crate) fn look(&self, token: &str, now: i64) -> Result<Arc<Caller>, Refusal> {
        let seconds = now / 1_000_000;
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Source::File(file) = &self.source {
            file.reread(&self.keys);
        }
        let held = self.keys.current();
        {
            let known = self.known.read();
            if known.generation == held.generation
                && let Some((caller, ends)) = known.callers.get(&digest)
                && *ends > seconds
            {
                return Ok(Arc::clone(caller));
            }
        }
        let claims = self.claims(token, seconds, &held.set)?;
        let caller = Arc::new(Caller {
            subject: claims.sub,
            on_behalf_of: claims.on_behalf_of,
            organizations: claims.organizations,
            roles: claims.roles,
        });
        if let Some((cause, text)) = impostor(&caller) {
            return Err(refused(cause, text));
        }
        let mut known = self.known.write();
        if known.generation != held.generation || known.callers.len() >= REMEMBERED {
            known.callers.clear();
            known.generation = held.generation;
        }
        known.callers.insert(digest, (Arc::clone(&caller), claims.exp));
        Ok(caller)
    }

    /// Fetches the keys again, or waits while somebody does; gives up after a few seconds. Does nothing where keys are not
    /// fetched, or were on such an occasion just now.
    pub(crate) async fn renew(&self) {
        if let Source::Provider(published) = &self.source {
            published.renew().await;
        }
    }

    fn claims(&self, token: &str, now: i64, keys: &KeySet) -> Result<Claims, Refusal> {
        if token.len() > LONGEST {
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
        let key = match keys.find(header.kid.as_deref(), header.alg) {
            Found::Key(key) => key,
            Found::OtherKind => return Err(refused("algorithm", OTHER_KIND)),
            Found::Unknown => {
                return Err(Refusal { why: Why::UnknownKey, ..refused("key", "no key of the issuer fits its `kid`") });
            }
        };
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false; // against our own clock, below
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|error| {
            let (cause, text) = explain(error.kind());
            let Refusal { why, fault } = refused(cause, text);
            Refusal { why, fault: fault.because(error) }
        })?;
        if claims.claims.exp <= now {
            return Err(refused("expired", "it has expired: get a new one"));
        }
        Ok(claims.claims)
    }
}

const OTHER_KIND: &str = "its algorithm is not the one of the issuer's key";

fn explain(kind: &jsonwebtoken::errors::ErrorKind) -> (&'static str, &'static str) {
    use jsonwebtoken::errors::ErrorKind as K;
    match kind {
        K::InvalidIssuer => ("issuer", "it is of another issuer"),
        K::InvalidAudience => ("audience", "it is meant for another audience"),
        K::InvalidSignature => ("signature", "its signature is not of the issuer's key"),
        K::InvalidAlgorithm | K::InvalidAlgorithmName => ("algorithm", OTHER_KIND),
        K::MissingRequiredClaim(_) => ("claim", "it lacks one of the claims exp, iss, aud, sub"),
        _ => ("malformed", "it cannot be read"),
    }
}

fn refused(cause: &'static str, text: &str) -> Refusal {
    let fault = Fault::new(Code::Unauthenticated, ErrorReason::TokenInvalid, format!("the token is refused: {text}"));
    Refusal { why: Why::Token(cause), fault: fault.with("cause", cause) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::LocalKey;

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
    fn nobody_passes_for_a_service_of_the_suite() {
        let (_folder, key, verifier) = local();
        let token = |subject: &str, organizations: &[&str], roles: &[&str]| {
            key.mint(subject, organizations, roles, NOW, HOUR).unwrap()
        };
        let service = verifier.verify(&token("service:controls", &["-"], &["service"]), NOW).unwrap();
        assert!(service.acts_for("acme"));
        assert!(cause(&verifier, &token("ana", &["-"], &["administrator"])).contains("act for all organizations"));
        assert!(cause(&verifier, &token("ana", &["-"], &["service"])).contains("role service is for"));
        assert!(cause(&verifier, &token("service:assets", &["acme"], &["viewer"])).contains("begin with `service:`"));
    }

    #[test]
    fn half_set_trust_refuses_to_start() {
        let (_folder, key, _) = local();
        let trust = Trust { audience: String::new(), ..key.trust() };
        assert!(matches!(Verifier::new(trust), Err(TokenError::HalfSet("audience"))));
    }
}
