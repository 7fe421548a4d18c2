//! One fetch of a key set: in limited time, of limited size, from nobody but the one who was named.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, LOCATION, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::key_set::KeySet;
use crate::provider::Provider;
use crate::token::TokenError;

/// How long one fetch may take, from the look-up of the name to the last byte.
const LIMIT: Duration = Duration::from_secs(5);
/// How large a key set may be, in bytes.
const LARGEST: usize = 1 << 20;

/// Who fetches.
pub(super) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    url: Uri,
}

impl Fetcher {
    pub(super) fn new(provider: &Provider) -> Result<Self, TokenError> {
        let url = address(&provider.key_set_url)?;
        let secure = url.scheme_str() == Some("https");
        let roots = if secure { roots(provider.authority.as_deref())? } else { RootCertStore::empty() };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("key_set_url", error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config);
        let connector = if secure {
            connector.https_only().enable_http1().build()
        } else {
            connector.https_or_http().enable_http1().build()
        };
        // A connection that rests between fetches is more likely dead than of use.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, url })
    }

    pub(super) fn url(&self) -> &Uri {
        &self.url
    }

    /// # Errors
    /// Says what went wrong.
    pub(super) async fn fetch(&self) -> Result<KeySet, String> {
        let exchange = tokio::time::timeout(LIMIT, self.exchange()).await;
        exchange.unwrap_or_else(|_| Err(format!("no whole answer within {} s", LIMIT.as_secs())))
    }

    async fn exchange(&self) -> Result<KeySet, String> {
        let request = Request::get(self.url.clone())
            .header(ACCEPT, "application/jwk-set+json, application/json")
            .header(USER_AGENT, concat!("telwarden/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| innermost(&error))?;
        if response.status() != StatusCode::OK {
            return Err(refusal(&response));
        }
        let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                format!("the answer is larger than {LARGEST} bytes")
            } else {
                format!("the answer broke off: {}", innermost(error.as_ref()))
            }
        })?;
        KeySet::read(&body.to_bytes()).map_err(|cause| format!("the answer {cause}"))
    }
}

/// Redirects are not followed: who may send us keys is for the operator to say, not for whoever answers.
fn refusal<B>(response: &Response<B>) -> String {
    let status = response.status();
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    match location.filter(|_| status.is_redirection()) {
        Some(location) => {
            let shown: String = location.chars().take(200).collect();
            format!("it points to {shown}, and redirects are not followed: name the right address")
        }
        None => format!("it answers HTTP {status}"),
    }
}

fn address(text: &str) -> Result<Uri, TokenError> {
    let url: Uri = text.parse().map_err(|error| unusable("key_set_url", error))?;
    let host = url.host().unwrap_or_default();
    match url.scheme_str() {
        Some("https") if !host.is_empty() => Ok(url),
        Some("http") if loopback(host) => Ok(url),
        Some("http") => {
            Err(unusable("key_set_url", "whoever is on the way could put keys of their own into http://: use https://"))
        }
        _ => Err(unusable("key_set_url", "it must be a URL such as https://identity.example.org/jwks.json")),
    }
}

fn loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn roots(authority: Option<&Path>) -> Result<RootCertStore, TokenError> {
    let mut roots = RootCertStore::empty();
    match authority {
        Some(path) => {
            let failed = |cause: String| TokenError::File { path: path.to_owned(), cause };
            let found: Vec<_> = CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect)
                .map_err(|error| failed(error.to_string()))?;
            for certificate in found {
                roots.add(certificate).map_err(|error| failed(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(failed("there is no certificate in it".to_owned()));
            }
        }
        None => {
            // Systems carry certificates that are no use to anyone; the others count.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                let cause = "this system trusts no authority: name the provider's own";
                return Err(unusable("key_set_authority", cause));
            }
        }
    }
    Ok(roots)
}

fn unusable(setting: &'static str, cause: impl std::fmt::Display) -> TokenError {
    TokenError::Setting { setting, cause: cause.to_string() }
}

/// What was at the bottom of it: clients of HTTP wrap that in words of no use to an operator.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(inner) = error.source() {
        error = inner;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        let table = [
            ("https://identity.example.org/jwks.json", true),
            ("http://localhost:8180/realms/x/certs", true),
            ("http://127.0.0.1:1/", true),
            ("http://[::1]:1/", true),
            ("http://identity.example.org/jwks.json", false),
            ("http://127.0.0.1.example.org/", false),
            ("ftp://localhost/", false),
            ("file:///etc/keys", false),
            ("identity.example.org", false),
            ("/jwks.json", false),
            ("", false),
        ];
        for (text, good) in table {
            assert_eq!(address(text).is_ok(), good, "{text}");
        }
    }
}
