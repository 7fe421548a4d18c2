//! The token by which a service of the suite calls another.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fault::{Fault, Outcome};
use parking_lot::Mutex;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};
use wire::fault::v1::ErrorReason;

use crate::caller::{EVERY_ORGANIZATION, SERVICE_ROLE};
use crate::token::TokenError;
use crate::{Clock, LocalKey};

/// How long a minted token is good.
const LIFETIME: Duration = Duration::from_secs(600);
/// A minted token is renewed when it is this old, in microseconds: half of its life, so that one is always good for minutes.
const RENEWED: i64 = 300_000_000;
/// A file is looked at again after so long, in microseconds.
const LOOKED: i64 = 5_000_000;

/// The token by which a service of the suite calls another, put on every call as an interceptor. Cheap to clone; clones share
/// the token.
///
/// In the suite in one process the local key mints it ([`ServiceToken::minted`]); alone, a service reads it from a file
/// ([`ServiceToken::file`]) which something else keeps fresh, as Kubernetes does with a projected token. The token's subject
/// must read `service:{name}`, its roles hold `service`, and its organizations be `-`.
#[derive(Clone, Debug)]
pub struct ServiceToken(Arc<Held>);

#[derive(Debug)]
struct Held {
    source: Source,
    clock: Arc<dyn Clock>,
    now: Mutex<Option<Token>>,
}

#[derive(Debug)]
enum Source {
    Minted { key: LocalKey, subject: String },
    File(PathBuf),
}

/// A token as it was when it was last looked at.
struct Token {
    header: MetadataValue<Ascii>,
    /// When it was made, or its file looked at, in microseconds since 1970.
    at: i64,
    /// When the file had changed last.
    changed: Option<SystemTime>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the token itself.
        f.debug_struct("Token").field("at", &self.at).finish_non_exhaustive()
    }
}

impl ServiceToken {
    /// Short-lived tokens of the service `name`, minted by the local key and renewed before they end.
    ///
    /// # Errors
    /// When the key cannot be read or used.
    pub fn minted(key: LocalKey, name: &str, clock: Arc<dyn Clock>) -> Result<Self, TokenError> {
        Self::open(Source::Minted { key, subject: format!("service:{name}") }, clock)
    }

    /// The token in a file, which is looked at again every few seconds.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no token.
    pub fn file(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, TokenError> {
        Self::open(Source::File(path.to_owned()), clock)
    }

    /// What settings say: the file that holds the token, needed as soon as a service is to be called. `called` are the services
    /// whose addresses are set.
    ///
    /// # Errors
    /// Refuses half-set configuration: services to call without a token, or a token without services to call; and as
    /// [`ServiceToken::file`].
    pub fn of_settings(file: &Path, called: &[&str], clock: Arc<dyn Clock>) -> Result<Option<Self>, TokenError> {
        match (file.as_os_str().is_empty(), called.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Self::file(file, clock).map(Some),
            (true, false) => Err(TokenError::Setting {
                setting: "token_file",
                cause: format!(
                    "it is empty, but {} is to be called: name the file that holds this service's own token",
                    called.join(", ")
                ),
            }),
            (false, true) => Err(TokenError::Setting {
                setting: "token_file",
                cause: "it is set, but no service is to be called: set the addresses of the services too".to_owned(),
            }),
        }
    }

    fn open(source: Source, clock: Arc<dyn Clock>) -> Result<Self, TokenError> {
        let first = source.take(clock.now())?;
        Ok(Self(Arc::new(Held { source, clock, now: Mutex::new(Some(first)) })))
    }

    /// A service of which every call carries the token: an in-process service, or a channel.
    #[must_use]
    pub fn around<S>(&self, service: S) -> InterceptedService<S, Self> {
        InterceptedService::new(service, self.clone())
    }

    /// The value of the `authorization` header now.
    ///
    /// # Errors
    /// `SERVICE_UNREACHABLE`, where a minted token has ended and no new one can be made.
    pub fn header(&self) -> Outcome<MetadataValue<Ascii>> {
        let (source, now) = (&self.0.source, self.0.clock.now());
        let mut held = self.0.now.lock();
        if let Some(token) = held.as_ref().filter(|token| source.fresh(token, now)) {
            return Ok(token.header.clone());
        }
        match source.take(now) {
            Ok(token) => {
                let header = token.header.clone();
                *held = Some(token);
                Ok(header)
            }
            Err(error) => match held.as_mut() {
                // The one before may be good for a while; the service that is called decides.
                Some(token) => {
                    tracing::error!(%error, "the service's own token cannot be renewed; the one before stays in use");
                    if let Source::File(_) = source {
                        token.at = now;
                    }
                    Ok(token.header.clone())
                }
                None => Err(Fault::new(
                    Code::Unavailable,
                    ErrorReason::ServiceUnreachable,
                    "the service has no token to call others with: its log says why",
                )
                .because(error)),
            },
        }
    }
}

impl Interceptor for ServiceToken {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.header()?);
        Ok(request)
    }
}

impl Source {
    /// Whether a token need not be looked for again. The clock may have been set back.
    fn fresh(&self, token: &Token, now: i64) -> bool {
        let age = now.saturating_sub(token.at);
        match self {
            Self::Minted { .. } => (0..RENEWED).contains(&age),
            Self::File(path) => {
                (0..LOOKED).contains(&age) || (token.changed.is_some() && token.changed == changed(path))
            }
        }
    }

    fn take(&self, now: i64) -> Result<Token, TokenError> {
        match self {
            Self::Minted { key, subject } => {
                let text = key.mint(subject, &[EVERY_ORGANIZATION], &[SERVICE_ROLE], now, LIFETIME)?;
                let header = value(&text).map_err(TokenError::Signing)?;
                Ok(Token { header, at: now, changed: None })
            }
            Self::File(path) => {
                let failed = |cause: String| TokenError::File { path: path.clone(), cause };
                // Asked before reading: what is written meanwhile is read next time.
                let changed = changed(path);
                let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                let header = value(text.trim()).map_err(failed)?;
                Ok(Token { header, at: now, changed })
            }
        }
    }
}

fn value(token: &str) -> Result<MetadataValue<Ascii>, String> {
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err("it must hold one token and nothing else".to_owned());
    }
    let mut value: MetadataValue<Ascii> =
        format!("Bearer {token}").parse().map_err(|_| "it holds characters that no token has".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, Verifier};

    const NOW: i64 = 1_800_000_000_000_000;
    const SECOND: i64 = 1_000_000;

    fn text(token: &ServiceToken) -> String {
        token.header().unwrap().to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned()
    }

    #[test]
    fn a_minted_token_is_renewed_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open(folder.path()).unwrap();
        let verifier = Verifier::new(key.trust()).unwrap();
        let clock = Arc::new(ManualClock::at(NOW));
        let token = ServiceToken::minted(key, "controls", Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let first = text(&token);
        let caller = verifier.verify(&first, clock.now()).unwrap();
        assert_eq!(caller.subject, "service:controls");
        assert!(caller.is_everywhere());
        for _ in 0..20 {
            clock.advance(100 * SECOND);
            let left = 2 * 60 * SECOND;
            assert!(verifier.verify(&text(&token), clock.now() + left).is_ok(), "good for minutes at any time");
        }
        assert_ne!(text(&token), first);
        assert!(verifier.verify(&first, clock.now()).is_err());
    }

    #[test]
    fn a_file_is_read_again_when_it_changes_and_the_last_token_stays_while_it_is_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let clock = Arc::new(ManualClock::at(NOW));
        let open = || ServiceToken::file(&path, Arc::clone(&clock) as Arc<dyn Clock>);
        assert!(open().unwrap_err().to_string().contains("token"), "no file");
        std::fs::write(&path, " \n").unwrap();
        assert!(open().unwrap_err().to_string().contains("one token"));
        std::fs::write(&path, "one.two.three\n").unwrap();
        let token = open().unwrap();
        assert_eq!(text(&token), "one.two.three");
        // As Kubernetes does: another file takes the name.
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, "four.five.six").unwrap();
        let other = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(&fresh).unwrap().set_modified(other).unwrap();
        std::fs::rename(&fresh, &path).unwrap();
        clock.advance(5 * SECOND);
        assert_eq!(text(&token), "four.five.six");
        std::fs::remove_file(&path).unwrap();
        clock.advance(5 * SECOND);
        assert_eq!(text(&token), "four.five.six");
        std::fs::write(&path, "seven").unwrap();
        clock.advance(5 * SECOND);
        assert_eq!(text(&token), "seven");
    }

    #[test]
    fn half_set_refuses() {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(NOW));
        let set = |file: &str, called: &[&str]| ServiceToken::of_settings(Path::new(file), called, Arc::clone(&clock));
        assert!(set("", &[]).unwrap().is_none());
        assert!(set("", &["assets"]).unwrap_err().to_string().contains("assets is to be called"));
        assert!(set("/run/token", &[]).unwrap_err().to_string().contains("no service is to be called"));
    }
}
