//! Signals: what it costs to keep them, what a storm becomes, and what is left after the suite is killed while they come in.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use prost_types::Timestamp;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::{Asset, AssetRecord, DependencyRecord};
use wire::incidents::v1::intake_signals_request::Part;
use wire::incidents::v1::signal::Severity;
use wire::incidents::v1::signal_service_client::SignalServiceClient;
use wire::incidents::v1::{
    IntakeSignalsRequest, IntakeSignalsResponse, ListSignalsRequest, Signal, SignalIntakeBatch, SignalIntakeStart,
    SignalRecord,
};

use super::Load;
use super::calls::{Callers, PARENT, per_second};
use super::home::{Home, Suite};
use super::import::Estate;
use super::replay::Plan;
use super::table::{Line, Samples, Unit};

/// Signals to a portion.
const PORTION: usize = 500;
/// Devices that raise them, links among them, and root causes of the storm: as many as a real operator's microwave network has.
const CHAINS: usize = 20;
const CHAIN: usize = 23;
/// 2026-03-02T00:00:00Z.
const NIGHT: i64 = 1_772_409_600;

/// All rows of signals.
pub(crate) async fn signals(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let mut lines = vec![intake(load, home).await?];
    lines.extend(storm(load, home).await?);
    lines.push(killed(load, home).await?);
    Ok(lines)
}

/// The stream of many devices' alarms beside the same rows written by the bare program.
async fn intake(load: &Load, home: &Home) -> Result<Line> {
    let count = if load.is_quick() { 20_000 } else { 200_000 };
    let (mut ours, mut limit) = (Samples::default(), Samples::default());
    for _ in 0..load.samples() {
        let suite = home.suite().await?;
        let written = suite.written_of("incidents");
        let before = written.counts().await?;
        let begin = Instant::now();
        let told = streamed(&suite.callers, (0..count).map(flood)).await?;
        let took = begin.elapsed();
        ensure!(told.created == i64::try_from(count)?, "{} of {count} signals are new", told.created);
        written.settle().await?;
        // Its folder is gone with it.
        let left = suite.end().await?;
        let plan = Plan { transactions: (count / PORTION) as u64, tasks: 1, stream: true };
        let bare = written.again(&before, plan).await?;
        eprintln!("{count} signals in {took:.1?}, {} cases; the bare program took {bare:.1?}", told.cases);
        ours.push(per_second(count as u64, took));
        limit.push(per_second(count as u64, bare));
        drop(left);
    }
    let what = format!("intake of {count} signals, streamed");
    Ok(Line::ratio(&what, home.name(), Unit::PerSecond, &ours, (home.bulk(), &limit), 0.4))
}

/// A storm of some root causes over a network that the registry knows.
async fn storm(load: &Load, home: &Home) -> Result<Vec<Line>> {
    let each = if load.is_quick() { 500 } else { 5_000 };
    let suite = home.suite().await?;
    network()?.import(&suite.callers).await?;
    known(&suite).await?;
    let begin = Instant::now();
    let (mut cases, mut memory) = (Samples::default(), Samples::default());
    let megabytes = |suite: &Suite| suite.serving.memory().map(|bytes| bytes as f64 / 1e6);
    let quiet = megabytes(&suite);
    let told = streamed(&suite.callers, (0..CHAINS * each).map(move |number| gust(number, each))).await?;
    let count = CHAINS * each;
    eprintln!("a storm of {count} signals in {:.1?}: {} cases", begin.elapsed(), told.cases);
    let adrift = listed(&suite.callers, "case = \"\"").await?;
    ensure!(adrift == 0, "{adrift} signals of a storm belong to no case");
    cases.push((told.cases as f64 - CHAINS as f64).abs());
    let mut lines = vec![Line::bound(
        &format!("{count} alarms of {CHAINS} root causes: cases more or less than these"),
        home.name(),
        Unit::Count,
        &cases,
        CHAINS as f64 / 10.0,
    )];
    if let (Some(before), Some(after)) = (quiet, megabytes(&suite)) {
        memory.push(after - before);
        lines.push(Line::bound(
            "memory of the suite that the storm adds",
            home.name(),
            Unit::Megabytes,
            &memory,
            100.0,
        ));
    }
    suite.end().await?;
    Ok(lines)
}

/// The suite is killed while signals come in, and started again; what was acknowledged must be there, once.
async fn killed(load: &Load, home: &Home) -> Result<Line> {
    let count = if load.is_quick() { 20_000 } else { 1_000_000 };
    let suite = home.suite().await?;
    let process = suite.serving.id();
    let (sent, callers) = (count, suite.callers.clone());
    let streaming = tokio::spawn(async move {
        let mut acknowledged = -1;
        let _ = stream(&callers, (0..sent).map(flood), |answer| acknowledged = answer.position).await;
        acknowledged
    });
    let half = i64::try_from(count / 2)?;
    while listed_from(&suite.callers, half).await? == 0 {
        ensure!(!streaming.is_finished(), "the stream ended before the suite was killed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::process::Command::new("kill").args(["-9", &process.to_string()]).status()?;
    let acknowledged = streaming.await?;
    ensure!(acknowledged >= 0, "nothing was acknowledged");
    let suite = home.again(suite.left()).await?;
    // What was acknowledged is sent first, and alone: none of it may be new.
    let upto = usize::try_from(acknowledged)? + 1;
    let again = streamed(&suite.callers, (0..upto).map(flood)).await?;
    let lost = again.created;
    let whole = streamed(&suite.callers, (0..count).map(flood)).await?;
    ensure!(whole.created + whole.unchanged == i64::try_from(count)?, "{whole:?}");
    let written = suite.written_of("incidents");
    written.settle().await?;
    let rows = written.counts().await?.get("signal").copied().unwrap_or_default();
    let doubled = rows.abs_diff(count as u64);
    suite.end().await?;
    eprintln!(
        "killed after {acknowledged} of {count} were acknowledged: {lost} of them lost, {doubled} too many or too few in the end"
    );
    let mut wrong = Samples::default();
    wrong.push((lost.unsigned_abs() + doubled) as f64);
    let what = format!("{count} signals, killed in between: lost or doubled");
    Ok(Line::bound(&what, home.name(), Unit::Count, &wrong, 0.0))
}

/// One alarm of many, each of its own.
fn flood(number: usize) -> Signal {
    let (device, kind) = (number.wrapping_mul(7_919) % 2_000, number % 25);
    signal(number, format!("ne-{device}"), format!("kind-{kind}"), number as i64 / 20)
}

/// One alarm of the storm: along a chain, up and down, one after the other.
fn gust(number: usize, each: usize) -> Signal {
    let (chain, turn) = (number % CHAINS, number / CHAINS);
    let walk = turn / 3 % (2 * CHAIN - 2);
    let device = walk.min(2 * CHAIN - 2 - walk);
    signal(number, name(chain, device), format!("kind-{}", turn % 25), (turn * 3_600 / each) as i64)
}

fn name(chain: usize, device: usize) -> String {
    format!("mw-{chain}-{device}")
}

fn signal(number: usize, device: String, kind: String, second: i64) -> Signal {
    Signal {
        source: "load".to_owned(),
        source_id: format!("{number}"),
        device,
        kind,
        cause: "lossOfSignal".to_owned(),
        text: "The received level is below its threshold.".to_owned(),
        severity: Severity::Major.into(),
        raise_time: Some(Timestamp { seconds: NIGHT + second, nanos: 0 }),
        ..Signal::default()
    }
}

/// The network of the storm: chains of devices.
fn network() -> Result<Estate> {
    let asset = |id: String| {
        let asset = Asset { display_name: id.clone(), r#type: "server".to_owned(), ..Default::default() };
        Record::Asset(AssetRecord { external_id: id, asset: Some(asset), ..Default::default() })
    };
    let link = |(chain, device): (usize, usize)| {
        Record::Dependency(DependencyRecord {
            dependent_external_id: name(chain, device),
            supporting_external_id: name(chain, device - 1),
            kind: "adjacent".to_owned(),
            ..Default::default()
        })
    };
    let every = |from: usize| (0..CHAINS).flat_map(move |chain| (from..CHAIN).map(move |device| (chain, device)));
    let assets = every(0).map(|(chain, device)| asset(name(chain, device)));
    Estate::of("a microwave network", assets.chain(every(1).map(link)))
}

/// Waits until the service of incidents knows the network: the last device of it, told of by alarms of another day.
async fn known(suite: &Suite) -> Result<()> {
    let begin = Instant::now();
    for number in 0.. {
        let probe = Signal {
            source_id: format!("probe-{number}"),
            raise_time: Some(Timestamp { seconds: NIGHT - 40 * 86_400, nanos: 0 }),
            ..signal(number, name(CHAINS - 1, CHAIN - 1), "probe".to_owned(), 0)
        };
        streamed(&suite.callers, std::iter::once(probe)).await?;
        if listed(&suite.callers, "kind = \"probe\" AND asset:*").await? > 0 {
            return Ok(());
        }
        ensure!(begin.elapsed() < Duration::from_secs(60), "the service of incidents does not get to know assets");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("never")
}

/// Streams signals, and gives the last answer.
async fn streamed(
    callers: &Callers,
    signals: impl Iterator<Item = Signal> + Send + 'static,
) -> Result<IntakeSignalsResponse> {
    let mut last = None;
    stream(callers, signals, |answer| last = Some(answer)).await?;
    last.context("nothing was answered")
}

async fn stream(
    callers: &Callers,
    signals: impl Iterator<Item = Signal> + Send + 'static,
    mut told: impl FnMut(IntakeSignalsResponse),
) -> Result<()> {
    let start = Part::Start(SignalIntakeStart { parent: PARENT.to_owned() });
    let mut records = signals.zip(0..).map(|(signal, position)| SignalRecord {
        position,
        signal: Some(signal),
        ..Default::default()
    });
    let portions = std::iter::from_fn(move || {
        let records: Vec<SignalRecord> = records.by_ref().take(PORTION).collect();
        (!records.is_empty()).then_some(Part::Batch(SignalIntakeBatch { records }))
    });
    let parts = std::iter::once(start).chain(portions).map(|part| IntakeSignalsRequest { part: Some(part) });
    let mut client = SignalServiceClient::new(callers.channel(0)?);
    let mut answers = client.intake_signals(callers.request(futures::stream::iter(parts))).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        if let Some(refused) = answer.rejected_signals.first() {
            bail!("{} was refused: {}", refused.position, refused.message);
        }
        told(answer);
    }
    Ok(())
}

/// How many signals a filter finds, up to a page.
async fn listed(callers: &Callers, filter: &str) -> Result<usize> {
    let request = ListSignalsRequest {
        parent: PARENT.to_owned(),
        filter: filter.to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let page = SignalServiceClient::new(callers.channel(1)?).list_signals(callers.request(request)).await?;
    Ok(page.into_inner().signals.len())
}

/// Whether the signal with this number is there.
async fn listed_from(callers: &Callers, number: i64) -> Result<usize> {
    let at = NIGHT + number / 20;
    let time = Timestamp { seconds: at, nanos: 0 };
    listed(callers, &format!("raise_time >= \"{time}\" AND raise_time <= \"{time}\"")).await
}
