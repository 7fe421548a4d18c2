//! Callers: many tasks that call as fast as answers come.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use access::{Clock as _, LocalKey, SystemClock};
use anyhow::{Context as _, Result};
use tokio::task::JoinSet;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::{Asset, CreateAssetRequest, GetAssetRequest};

/// The organization of everything that is measured.
pub(crate) const PARENT: &str = "organizations/load";
/// Connections that callers share; the same number on both sides of every ratio.
const CONNECTIONS: usize = 8;
/// Principals that call in turn, so that the gateway's limit of calls for each is not what is measured.
const PRINCIPALS: usize = 200;

/// Tokens of many principals.
pub(crate) type Tokens = Arc<[MetadataValue<Ascii>]>;

/// Tokens of many administrators of the organization, as `telwarden token` makes them.
pub(crate) fn tokens(keys: &Path) -> Result<Tokens> {
    let key = LocalKey::open(keys)?;
    let mint = |number| {
        let (subject, day) = (format!("caller-{number}"), Duration::from_secs(24 * 3600));
        let token = key.mint(&subject, &["load"], &["administrator"], SystemClock.now(), day)?;
        Ok(format!("Bearer {token}").parse()?)
    };
    (0..PRINCIPALS).map(mint).collect()
}

/// How many calls were answered in how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    /// Calls.
    pub(crate) calls: u64,
    /// From the first call to the last answer.
    pub(crate) took: Duration,
}

impl Answered {
    /// Calls per second.
    pub(crate) fn rate(self) -> f64 {
        per_second(self.calls, self.took)
    }

    /// Microseconds from one answer to the next.
    pub(crate) fn interval(self) -> f64 {
        1e6 / self.rate()
    }
}

/// How many per second.
pub(crate) fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// Who calls, in turn.
#[derive(Clone)]
pub(crate) struct Callers {
    /// With these, one after the other.
    pub(crate) tokens: Tokens,
    channels: Arc<[Channel]>,
    turn: Arc<AtomicUsize>,
}

impl Callers {
    /// Connects.
    pub(crate) async fn connect(url: &str, tokens: &Tokens) -> Result<Self> {
        let mut channels = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let endpoint = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true);
            channels.push(endpoint.connect().await.with_context(|| format!("nothing answers at {url}"))?);
        }
        Ok(Self { tokens: Arc::clone(tokens), channels: channels.into(), turn: Arc::default() })
    }

    /// One of the connections.
    pub(crate) fn channel(&self, caller: usize) -> Result<Channel> {
        self.channels.get(caller % CONNECTIONS).cloned().context("no connection")
    }

    /// A message with the token of whose turn it is.
    pub(crate) fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if let Some(token) = self.tokens.get(turn % self.tokens.len().max(1)) {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }

    /// Gets assets for a time, each caller one of its own; connections and caches warm up first.
    pub(crate) async fn get(&self, names: &[String], callers: usize, time: Duration) -> Result<Answered> {
        self.get_cold(names, callers, time / 5).await?;
        self.get_cold(names, callers, time).await
    }

    /// The same without warming up.
    pub(crate) async fn get_cold(&self, names: &[String], callers: usize, time: Duration) -> Result<Answered> {
        let mut running = JoinSet::new();
        let begin = Instant::now();
        for caller in 0..callers {
            let (this, mut client) = (self.clone(), AssetServiceClient::new(self.channel(caller)?));
            let name = names.get(caller % names.len().max(1)).context("no asset to get")?.clone();
            running.spawn(async move {
                let mut done = 0_u64;
                while begin.elapsed() < time {
                    client
                        .get_asset(this.request(GetAssetRequest { name: name.clone() }))
                        .await
                        .map_err(|status| refused(&status))?;
                    done += 1;
                }
                Ok(done)
            });
        }
        total(running, begin).await
    }

    /// Creates assets for a time.
    pub(crate) async fn create(&self, callers: usize, time: Duration) -> Result<Answered> {
        let mut running = JoinSet::new();
        let begin = Instant::now();
        for caller in 0..callers {
            let (this, mut client) = (self.clone(), AssetServiceClient::new(self.channel(caller)?));
            running.spawn(async move {
                let mut done = 0_u64;
                while begin.elapsed() < time {
                    client.create_asset(this.request(new_asset())).await.map_err(|status| refused(&status))?;
                    done += 1;
                }
                Ok(done)
            });
        }
        total(running, begin).await
    }

    /// Creates so many assets, one after the other.
    pub(crate) async fn create_some(&self, count: usize) -> Result<Vec<Asset>> {
        let mut client = AssetServiceClient::new(self.channel(0)?);
        let mut made = Vec::with_capacity(count);
        for _ in 0..count {
            made.push(
                client.create_asset(self.request(new_asset())).await.map_err(|status| refused(&status))?.into_inner(),
            );
        }
        Ok(made)
    }
}

fn new_asset() -> CreateAssetRequest {
    CreateAssetRequest { parent: PARENT.to_owned(), asset_id: String::new(), asset: Some(asset()) }
}

/// An asset as people enter it: what an audit asks for, a label, an address.
pub(crate) fn asset() -> Asset {
    Asset {
        display_name: "core-router-01".to_owned(),
        r#type: "router".to_owned(),
        description: "Edge router of the northern ring".to_owned(),
        owner: "network-operations".to_owned(),
        confidentiality: 2,
        integrity: 2,
        availability: 3,
        labels: [("ring".to_owned(), "north".to_owned())].into(),
        ..Default::default()
    }
}

/// A refusal ends the measurement, for a rate with refused calls in it says nothing.
fn refused(status: &Status) -> anyhow::Error {
    anyhow::anyhow!("a call was refused: {:?}: {}", status.code(), status.message())
}

async fn total(mut running: JoinSet<Result<u64>>, begin: Instant) -> Result<Answered> {
    let mut calls = 0;
    while let Some(done) = running.join_next().await {
        calls += done??;
    }
    Ok(Answered { calls, took: begin.elapsed() })
}
