//! The suite under load: the release program as a child, and callers of it.

use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use access::{Clock as _, LocalKey, SystemClock};
use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::{ImportAssetsRequest, ImportBatch, ImportItem, ImportStart};

/// A connection with a token.
pub(crate) type Caller = InterceptedService<Channel, Bearer>;

/// Puts a token on a call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The suite, running; killed when dropped.
pub(crate) struct Running {
    child: Child,
    key: LocalKey,
    folder: tempfile::TempDir,
    pub(crate) gateway: String,
    pub(crate) ready: Duration,
    pub(crate) postgres: Option<String>,
}

/// What an import wrote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) assets: u64,
    pub(crate) dependencies: u64,
}

impl Rows {
    pub(crate) fn total(self) -> u64 {
        self.assets + self.dependencies
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(postgres: Option<&str>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let began = Instant::now();
        let mut command = Command::new(target.join("release/telwarden"));
        command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
        let own = postgres.map(|server| {
            format!("{}/load{}", server.rsplit_once('/').map_or(server, |(base, _)| base), std::process::id())
        });
        if let (Some(server), Some(own)) = (postgres, &own) {
            // A database to name the services' databases after; made by hand so that a second run finds nothing.
            let made = Command::new("psql")
                .args([server, "-qc"])
                .arg(format!("CREATE DATABASE {}", own.rsplit('/').next().unwrap_or_default()))
                .status()?;
            if !made.success() {
                bail!("psql could not make a database on {server}");
            }
            command.args(["--postgres", own]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("build it first: cargo build --release -p telwarden")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        let ready = began.elapsed();
        let said: serde_json::Value = serde_json::from_str(&line).context("the suite did not start")?;
        let gateway = said.get("gateway").and_then(|url| url.as_str()).context("no gateway")?.to_owned();
        let key = LocalKey::open(&folder.path().join("data/keys"))?;
        Ok(Self { child, key, folder, gateway, ready, postgres: own })
    }

    /// KiB in memory.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).context("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).context("no figure")?.parse()?)
    }

    /// Where the registry keeps its rows.
    pub(crate) fn database(&self) -> String {
        match &self.postgres {
            Some(own) => format!("{own}_assets"),
            None => format!("sqlite://{}", self.folder.path().join("data/assets.db").display()),
        }
    }

    /// A fresh file beside the registry's, for the bare program.
    pub(crate) fn beside(&self, name: &str) -> String {
        format!("sqlite://{}?mode=rwc", self.folder.path().join(name).display())
    }

    async fn caller(&self, url: &str, number: u64) -> Result<Caller> {
        let subject = format!("caller-{number}");
        let token =
            self.key.mint(&subject, &["load"], &["administrator"], SystemClock.now(), Duration::from_secs(3600))?;
        let channel = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true).connect().await?;
        Ok(InterceptedService::new(channel, Bearer(format!("Bearer {token}").parse()?)))
    }

    pub(crate) async fn client(&self, number: u64) -> Result<AssetServiceClient<Caller>> {
        self.client_of(&self.gateway, number).await
    }

    pub(crate) async fn client_of(&self, url: &str, number: u64) -> Result<AssetServiceClient<Caller>> {
        Ok(AssetServiceClient::new(self.caller(url, number).await?))
    }
}

/// Imports a generated estate of about so many assets; gives what was written and how long the import took.
pub(crate) async fn import(running: &Running, assets: u64) -> Result<(Rows, Duration)> {
    let mut bytes = Vec::new();
    let settings = sample::Settings { seed: 3, scale: assets as f64 / 2000.0 };
    let counts = sample::write_tmf639(settings, &mut bytes)?;
    let mut items = Vec::new();
    intake::read(intake::Format::Tmf639, &mut bytes.as_slice(), &intake::Settings::default(), &mut |item| {
        let position = items.len() as i64 + 1;
        items.push(ImportItem { position, origin: item.origin, record: Some(item.record) });
        ControlFlow::Continue(())
    })?;
    let start =
        ImportStart { parent: "organizations/load".to_owned(), source: "load".to_owned(), ..Default::default() };
    let mut messages = vec![ImportAssetsRequest { part: Some(Part::Start(start)) }];
    messages.extend(
        items
            .chunks(500)
            .map(|chunk| ImportAssetsRequest { part: Some(Part::Batch(ImportBatch { items: chunk.to_vec() })) }),
    );
    let mut client = ImportServiceClient::new(running.caller(&running.gateway, 0).await?);
    let began = Instant::now();
    let mut answers = client.import_assets(futures::stream::iter(messages)).await?.into_inner();
    let mut summary = None;
    while let Some(answer) = answers.next().await {
        if let Some(News::Summary(end)) = answer?.news {
            summary = Some(end);
        }
    }
    let taken = began.elapsed();
    let summary = summary.context("no summary")?;
    let made = |kind: &str| summary.by_kind.get(kind).map_or(0, |of| of.created).unsigned_abs();
    eprintln!(
        "imported {} of {} assets, {} dependencies, {} revalued, in {taken:.1?}",
        made("asset"),
        counts.assets,
        made("dependency"),
        summary.revalued_assets
    );
    Ok((Rows { assets: made("asset"), dependencies: made("dependency") }, taken))
}
