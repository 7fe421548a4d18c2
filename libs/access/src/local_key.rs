//! The embedded default: a key of our own that mints tokens, for trying the suite out and for tests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::token::{Audience, Claims, TokenError, Trust};

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
