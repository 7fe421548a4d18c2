//! A connection to the gateway, with the caller's token on every call.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use tonic::body::Body;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt as _};

/// How long reaching the gateway may take, the TLS handshake included.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that carries the token.
pub type Client = InterceptedService<Way, Bearer>;

/// The way to a gateway: over the network, or to one in this process.
pub type Way = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>;

/// Puts the token on a call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Where the gateway is, and who calls.
#[derive(Clone, Debug, clap::Args)]
pub struct Connection {
    /// Where the gateway is.
    #[arg(long, global = true, default_value = "http://127.0.0.1:8080", env = "TELWARDEN_GATEWAY")]
    pub gateway: String,
    /// The token to call with; `telwarden token` makes one.
    #[arg(long, global = true, env = "TELWARDEN_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// How to print: tables for people, JSON for programs.
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub output: Output,
    /// For a gateway at https://.
    #[command(flatten)]
    pub certificates: Certificates,
}

/// Whose certificates are believed, and which of ours is shown, where the gateway is at https://.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Certificates {
    /// The authority that the gateway's certificate must come from (PEM), instead of those this system trusts.
    #[arg(long, global = true, value_name = "FILE", env = "TELWARDEN_CA")]
    pub ca: Option<PathBuf>,
    /// Our own certificate (PEM), for a gateway that asks for one.
    #[arg(long, global = true, value_name = "FILE", env = "TELWARDEN_CLIENT_CERT")]
    pub client_cert: Option<PathBuf>,
    /// The key of our own certificate (PEM).
    #[arg(long, global = true, value_name = "FILE", env = "TELWARDEN_CLIENT_KEY")]
    pub client_key: Option<PathBuf>,
}

impl Certificates {
    fn config(&self) -> Result<ClientTlsConfig> {
        let config = match &self.ca {
            // Whoever names an authority means that one: the system's would let in more than was asked for.
            Some(path) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(path)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        let config = config.timeout(PATIENCE);
        match (&self.client_cert, &self.client_key) {
            (None, None) => Ok(config),
            (Some(certificate), Some(key)) => Ok(config.identity(Identity::from_pem(read(certificate)?, read(key)?))),
            (Some(_), None) => bail!("--client-cert is given without --client-key: give both, or neither"),
            (None, Some(_)) => bail!("--client-key is given without --client-cert: give both, or neither"),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if !bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
        bail!("{} holds no certificate and no key in PEM", path.display());
    }
    Ok(bytes)
}

/// What everything in PEM begins with.
const BEGIN: &[u8] = b"-----BEGIN ";

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For programs.
    Json,
    /// For people.
    #[value(alias = "text")]
    Table,
}

impl Connection {
    /// To a gateway in the clear, or with a certificate that this system trusts.
    #[must_use]
    pub fn new(gateway: String, token: String, output: Output) -> Self {
        Self { gateway, token: Some(token), output, certificates: Certificates::default() }
    }

    /// Connects.
    ///
    /// # Errors
    /// Says what to do when there is no token or no gateway.
    pub async fn open(&self) -> Result<Client> {
        let Some(token) = self.token.as_deref().filter(|token| !token.is_empty()) else {
            bail!(
                "no token: export TELWARDEN_TOKEN=$(telwarden token --organization ORG --role administrator), \
                 with --data where `telwarden up` keeps its data"
            );
        };
        let secure = self.gateway.starts_with("https://");
        let mut endpoint = Endpoint::from_shared(self.gateway.clone())
            .with_context(|| format!("{} is no URL of a gateway", self.gateway))?
            .connect_timeout(PATIENCE);
        if secure {
            endpoint = endpoint
                .tls_config(self.certificates.config()?)
                .context("the certificates given, or those of this system, cannot be used")?;
        }
        let channel = endpoint.connect().await.with_context(|| self.unreachable(secure))?;
        over(channel, token)
    }

    /// The roles that the token says its bearer has; nothing where it is no token whose claims can be read. Nobody vouches for it
    /// here: it tells what is worth asking for, not what is allowed.
    #[must_use]
    pub fn roles(&self) -> Option<BTreeSet<String>> {
        let claims = self.token.as_deref()?.split('.').nth(1)?;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
        Some(serde_json::from_slice::<access::Claims>(&claims).ok()?.roles)
    }

    fn unreachable(&self, secure: bool) -> String {
        let trusted = if secure {
            " with a certificate that is trusted here (--ca FILE names the authority it comes from)"
        } else {
            ""
        };
        format!(
            "no gateway answers at {}{trusted}: start one with `telwarden up`, or name another with --gateway",
            self.gateway
        )
    }
}

/// Calls over any way to a gateway, with a token.
///
/// # Errors
/// When the token holds characters that no token has.
pub fn over<S>(way: S, token: &str) -> Result<Client>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    let header = format!("Bearer {token}").parse().context("the token holds characters that no token has")?;
    Ok(InterceptedService::new(BoxCloneSyncService::new(way.map_err(Into::into)), Bearer(header)))
}

/// What went wrong with a call, with reason and fields, for people.
#[must_use]
pub fn explain(status: &Status) -> anyhow::Error {
    use tonic_types::StatusExt as _;
    let reason = status.get_details_error_info().map(|info| format!(" [{}]", info.reason)).unwrap_or_default();
    let mut text = format!("{}{reason}", status.message());
    for violation in status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default() {
        if !text.contains(&violation.description) || !text.contains(&violation.field) {
            text.push_str(&format!("\n  {}: {}", violation.field, violation.description));
        }
    }
    // A status that was made on this side has a cause, and its innermost one says what the other side did.
    let mut cause = std::error::Error::source(status);
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    if let Some(cause) = cause {
        text.push_str(&format!(": {cause}"));
    }
    anyhow::anyhow!("{:?}: {text}", status.code())
}
