//! What is measured: one function for each row of the table, or for rows that are measured together.

use std::path::Path;
use std::slice;
use std::time::Duration;

use anyhow::{Context as _, Result};
use prost::Message as _;
use wire::assets::v1::Asset;

use super::calls::{self, Answered, Callers, per_second};
use super::child::{Serving, processor_time};
use super::front::{self, Nginx};
use super::home::Home;
use super::import::Estate;
use super::replay::Plan;
use super::table::{Line, Samples, Unit};
use super::{Load, Work};

/// Tasks that create, ours and bare.
const WRITERS: usize = 16;
/// Tasks that get, ours and bare.
const READERS: usize = 64;
/// How long a suite that became ready is left alone before its memory is read.
const REST: Duration = Duration::from_secs(3);
/// Where no database is involved.
const NOWHERE: &str = "-";

/// `CreateAsset` beside the same rows committed by the bare program, one transaction for each asset.
pub(crate) async fn create(load: &Load, home: &Home) -> Result<Line> {
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    for _ in 0..load.samples() {
        let suite = home.suite().await?;
        let before = suite.written.counts().await?;
        let done = suite.callers.create(WRITERS, load.time()).await?;
        let left = suite.end().await?;
        let took =
            left.written.again(&before, Plan { transactions: done.calls, tasks: WRITERS, stream: false }).await?;
        ours.push(done.rate());
        limit.push(per_second(done.calls, took));
    }
    let work = format!("CreateAsset, {WRITERS} callers");
    Ok(Line::ratio(&work, home.name(), Unit::PerSecond, &ours, ("bare sqlx, same rows", &limit), 0.6))
}

/// The import of an operator beside the same rows committed by the bare program, as many transactions as batches.
pub(crate) async fn import(load: &Load, home: &Home) -> Result<Line> {
    let estate = Estate::read(load.scale())?;
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    for _ in 0..load.samples() {
        let suite = home.suite().await?;
        let before = suite.written.counts().await?;
        let took = estate.import(&suite.callers).await?;
        let left = suite.end().await?;
        let bare = left.written.again(&before, Plan { transactions: estate.batches(), tasks: 1, stream: true }).await?;
        eprintln!("imported in {took:.1?}; the bare program took {bare:.1?}");
        ours.push(per_second(estate.items, took));
        limit.push(per_second(estate.items, bare));
    }
    let work = format!("import of {}", estate.text);
    Ok(Line::ratio(&work, home.name(), Unit::PerSecond, &ours, (home.bulk(), &limit), 0.5))
}

/// `GetAsset` beside a bare server.
pub(crate) async fn get(load: &Load, home: &Home) -> Result<Line> {
    let suite = home.suite().await?;
    let assets = suite.callers.create_some(READERS).await?;
    let folder = tempfile::tempdir()?;
    let bare = bare_server(folder.path(), assets.first().context("no asset")?)?;
    let names: Vec<String> = assets.into_iter().map(|asset| asset.name).collect();
    let beside = Callers::connect(&bare.url, &suite.callers.tokens).await?;
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    for _ in 0..load.samples() {
        ours.push(suite.callers.get(&names, READERS, load.time()).await?.rate());
        limit.push(beside.get(&names, READERS, load.time()).await?.rate());
    }
    let work = format!("GetAsset, {READERS} callers");
    Ok(Line::ratio(&work, home.name(), Unit::PerSecond, &ours, ("bare tonic server", &limit), 0.35))
}

fn bare_server(folder: &Path, message: &Asset) -> Result<Serving> {
    let file = folder.join("message");
    std::fs::write(&file, message.encode_to_vec())?;
    Serving::start(std::env::current_exe()?, &["bare-server".as_ref(), file.as_os_str()])
}

/// What a call costs more through the gateway, and through nginx, than when it is made to the service directly.
pub(crate) async fn gateway(load: &Load, program: &Path) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir()?;
    let keys = folder.path().join("keys");
    let tokens = calls::tokens(&keys)?;
    let name = format!("{}/assets/core-router-01", calls::PARENT);
    let bare = bare_server(folder.path(), &Asset { name: name.clone(), ..calls::asset() })?;
    let Some(nginx) = Nginx::start(&bare.url).await? else {
        return Ok(vec![Line::skipped("gateway's own cost of a call", NOWHERE, "nginx not found, skipped")]);
    };
    let gateway = front::gateway(program, folder.path(), &keys, &bare.url)?;
    let direct = Callers::connect(&bare.url, &tokens).await?;
    let ours = (Callers::connect(&gateway.url, &tokens).await?, gateway.id());
    let theirs = (Callers::connect(&nginx.url, &tokens).await?, nginx.id());
    let mut lines = Vec::new();
    for callers in [1, READERS] {
        let (mut own, mut limit) = (Cost::default(), Cost::default());
        for _ in 0..load.samples() {
            let least = direct.get(slice::from_ref(&name), callers, load.time()).await?;
            own.push(load, &ours, &name, callers, least).await?;
            limit.push(load, &theirs, &name, callers, least).await?;
        }
        let who = if callers == 1 { "1 caller".to_owned() } else { format!("{callers} callers") };
        let row = |what: &str, own: &Samples, limit: &Samples| {
            let work = format!("gateway: {what} of a call, {who}");
            Line::ratio(&work, NOWHERE, Unit::Microseconds, own, ("nginx grpc_pass", limit), 1.0)
        };
        lines.push(row("added time", &own.time, &limit.time));
        lines.push(row("processor time", &own.processor, &limit.processor));
    }
    Ok(lines)
}

/// What something before a service costs, for each call, in microseconds.
#[derive(Default)]
struct Cost {
    /// By how much answers come further apart than without it.
    time: Samples,
    /// The processor time it takes itself.
    processor: Samples,
}

impl Cost {
    /// Measures once; `front` is who calls through it and the id of its process.
    async fn push(
        &mut self,
        load: &Load,
        (front, process): &(Callers, u32),
        name: &String,
        callers: usize,
        least: Answered,
    ) -> Result<()> {
        let names = slice::from_ref(name);
        front.get_cold(names, callers, load.time() / 5).await?;
        let spent = || processor_time(*process).context("this system does not say in /proc what a process spent");
        let before = spent()?;
        let answered = front.get_cold(names, callers, load.time()).await?;
        self.time.push(answered.interval() - least.interval());
        self.processor.push(1e6 / per_second(answered.calls, spent()?.saturating_sub(before)));
        Ok(())
    }
}

/// Memory at rest and time to be ready, of empty suites one after the other.
pub(crate) async fn idle(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let (mut memory, mut ready) = (Samples::default(), Samples::default());
    for _ in 0..load.samples() {
        let suite = home.suite().await?;
        ready.push(suite.serving.ready_after.as_secs_f64());
        if load.wants(Work::Memory) {
            tokio::time::sleep(REST).await;
            let bytes = suite.serving.memory().context("this system does not say in /proc what a process keeps")?;
            memory.push(f64::from(u32::try_from(bytes / 1000)?) / 1000.0);
        }
    }
    let mut lines = Vec::new();
    if load.wants(Work::Memory) {
        lines.push(Line::bound("memory of the suite, idle", home.name(), Unit::Megabytes, &memory, 120.0));
    }
    if load.wants(Work::Ready) {
        lines.push(Line::bound("`telwarden up` to ready, empty", home.name(), Unit::Seconds, &ready, 1.0));
    }
    Ok(lines)
}
