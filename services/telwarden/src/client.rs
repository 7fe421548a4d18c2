//! A connection to the gateway, with the caller's token on every call.

use anyhow::{Context as _, Result, bail};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// A connection that carries the token.
pub type Client = InterceptedService<Channel, Bearer>;

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
}

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
        let header = format!("Bearer {token}").parse().context("the token holds characters that no token has")?;
        let endpoint = Endpoint::from_shared(self.gateway.clone())
            .with_context(|| format!("{} is no URL of a gateway", self.gateway))?;
        let channel = endpoint.connect().await.with_context(|| {
            format!(
                "no gateway answers at {}: start one with `telwarden up`, or name another with --gateway",
                self.gateway
            )
        })?;
        Ok(InterceptedService::new(channel, Bearer(header)))
    }
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
    anyhow::anyhow!("{:?}: {text}", status.code())
}
