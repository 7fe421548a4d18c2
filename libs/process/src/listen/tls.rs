//! TLS for a listener, from PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// The settings of a section such as `[tls]`, in which nothing or enough must be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    /// See [`TlsSettings::certificate`].
    pub certificate: Option<PathBuf>,
    /// See [`TlsSettings::key`].
    pub key: Option<PathBuf>,
    /// See [`TlsSettings::client_authority`].
    pub client_authority: Option<PathBuf>,
}

impl TlsSection {
    /// The settings, or none if none is set.
    ///
    /// # Errors
    /// [`TlsError::Incomplete`]: half-set security does not start.
    pub fn settings(self) -> Result<Option<TlsSettings>, TlsError> {
        match (self.certificate, self.key, self.client_authority) {
            (None, None, None) => Ok(None),
            (Some(certificate), Some(key), client_authority) => {
                Ok(Some(TlsSettings { certificate, key, client_authority }))
            }
            (None, _, _) => Err(TlsError::Incomplete { missing: "certificate" }),
            (_, None, _) => Err(TlsError::Incomplete { missing: "key" }),
        }
    }
}

/// Who a listener is, and whom it lets in. The files are read once, when serving begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate of the listener and those that vouch for it, leaf first (PEM).
    pub certificate: PathBuf,
    /// The private key of the certificate (PEM: PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
    /// The certificates that a client's certificate must come from (PEM). None: clients need no certificate.
    pub client_authority: Option<PathBuf>,
}

/// Why a listener cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Some of the settings are there, and others that they need are not.
    #[error("tls.{missing} is not set, but other settings of tls are: set it, or none of them")]
    Incomplete {
        /// Which one is missing.
        missing: &'static str,
    },
    /// A file cannot be used.
    #[error("tls: {} cannot be used: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The files do not fit together.
    #[error("tls: certificate and key do not make a server: {0}")]
    Mismatch(#[from] tokio_rustls::rustls::Error),
}

impl TlsSettings {
    /// Whether the files can be used, for those who want to know before they announce themselves.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what is wrong with it.
    pub fn check(&self) -> Result<(), TlsError> {
        self.acceptor().map(|_| ())
    }

    /// Reads the files.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = match &self.client_authority {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| unusable(path, error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(|error| unusable(path, error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| unusable(&self.key, error))?;
        let mut config = builder.with_single_cert(certificates(&self.certificate)?, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| unusable(path, error))?;
    if found.is_empty() { Err(unusable(path, "there is no certificate in it")) } else { Ok(found) }
}

fn unusable(path: &Path, reason: impl std::fmt::Display) -> TlsError {
    TlsError::File { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_set_security_does_not_start() {
        assert_eq!(TlsSection::default().settings().unwrap(), None);
        let half = TlsSection { certificate: Some("a".into()), ..TlsSection::default() };
        assert!(half.settings().unwrap_err().to_string().contains("tls.key"));
        let half = TlsSection { client_authority: Some("a".into()), ..TlsSection::default() };
        assert!(half.settings().unwrap_err().to_string().contains("tls.certificate"));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_by_its_path() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        let settings = |certificate: &Path| TlsSettings {
            certificate: certificate.to_owned(),
            key: "nowhere.pem".into(),
            client_authority: None,
        };
        let told = |settings: TlsSettings| settings.acceptor().err().unwrap().to_string();
        assert!(told(settings(Path::new("no-such-file.pem"))).contains("nowhere.pem"));
        assert!(
            told(TlsSettings { client_authority: Some(empty.path().to_owned()), ..settings(empty.path()) })
                .contains("no certificate")
        );
    }
}
