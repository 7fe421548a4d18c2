//! `telwarden risk import nmap|jsonl`: what scanners, the DNS and logs of certificates show, from a file.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use intake::scans::{Format, Scan};
use sha2::{Digest as _, Sha256};
use wire::risk::v1::exposure_service_client::ExposureServiceClient;
use wire::risk::v1::import_exposures_request::Part;
use wire::risk::v1::{
    ExposureRecords, ImportExposuresRequest, ImportExposuresResponse, ImportExposuresStart, ScanCounts,
};

use super::import::Counts;
use crate::client::{Client, explain};

/// How many records go with one message.
const BATCH: usize = 500;

/// How many bytes a file may have, unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// Imports a file, `-` for stdin. What was rejected and what deserves a look goes to stderr.
///
/// # Errors
/// A file that cannot be read, a file that does not say when it was scanned where nothing else does; what the suite answers, explained.
pub async fn import(client: Client, organization: &str, format: Format, file: &Path) -> Result<Counts> {
    let bytes = read(file)?;
    let mut scan = intake::scans::read(format, &mut bytes.as_slice())
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let records = std::mem::take(&mut scan.records);
    let start = start(organization, file, &bytes, &scan)?;
    let first = ImportExposuresRequest { part: Some(Part::Start(start)) };
    let portions: Vec<_> = records.chunks(BATCH).map(|records| ExposureRecords { records: records.to_vec() }).collect();
    let rest = portions.into_iter().map(|records| ImportExposuresRequest { part: Some(Part::Records(records)) });
    let messages = tokio_stream::iter(std::iter::once(first).chain(rest).collect::<Vec<_>>());
    let answer = ExposureServiceClient::new(client).import_exposures(messages).await;
    let done = answer.map_err(|status| explain(&status))?.into_inner();
    tell(&scan, &done);
    let count = |number: i32| u64::try_from(number).unwrap_or_default();
    let unread = scan.report.rejected.len() as u64;
    Ok(Counts {
        read: count(done.read).saturating_add(unread),
        created: count(done.created),
        updated: count(done.updated),
        unchanged: count(done.unchanged),
        rejected: count(done.rejected).saturating_add(unread),
    })
}

/// The bytes of a file, unpacked where it is a `.gz`.
fn read(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let unreadable = || format!("{} cannot be read", file.display());
    if file == Path::new("-") {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).with_context(unreadable)?;
        opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    }
    if bytes.starts_with(&[0x1F, 0x8B]) {
        let mut unpacked = Vec::new();
        let packed = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        packed.take(MOST_BYTES + 1).read_to_end(&mut unpacked).with_context(unreadable)?;
        bytes = unpacked;
    }
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{} has more than {MOST_BYTES} bytes: split the scan", file.display());
    }
    Ok(bytes)
}

/// What is said of the scan. One that does not say when it was is of when its file was last written.
fn start(organization: &str, file: &Path, bytes: &[u8], scan: &Scan) -> Result<ImportExposuresStart> {
    let written = || {
        let time = std::fs::metadata(file).ok()?.modified().ok()?;
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(prost_types::Timestamp { seconds: i64::try_from(since.as_secs()).ok()?, nanos: 0 })
    };
    let scan_time = scan.scan_time.or_else(written).with_context(|| {
        format!(
            "{} does not say when it was scanned: begin it with {{\"scan\":{{\"time\":\"2026-11-30T12:00:00Z\"}}}}",
            file.display()
        )
    })?;
    let source =
        file.file_name().filter(|name| *name != "-").map(|name| name.to_string_lossy().chars().take(500).collect());
    Ok(ImportExposuresStart {
        parent: format!("organizations/{organization}"),
        engine: scan.engine.clone(),
        engine_version: scan.engine_version.clone(),
        arguments: scan.arguments.clone(),
        scope: Some(scan.scope.clone()),
        scan_time: Some(scan_time),
        source: source.unwrap_or_default(),
        source_digest: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// Says what was rejected, what was left out, and what the scan showed.
fn tell(scan: &Scan, done: &ImportExposuresResponse) {
    for refused in &scan.report.rejected {
        eprintln!("rejected {}: {} {} [{}]", refused.origin, refused.field, refused.message, refused.reason);
    }
    for refused in &done.rejected_records {
        eprintln!("rejected {}: {} {} [{}]", refused.origin, refused.field, refused.message, refused.reason);
    }
    for (kind, left) in &scan.report.not_imported {
        eprintln!("not imported: {} {kind}: {}", left.count, left.why);
    }
    for warning in &scan.report.warnings {
        eprintln!("note: {warning}");
    }
    let Some(run) = &done.scan_run else { return };
    if done.known {
        eprintln!("note: this scan was imported before, as {}: nothing was written", run.name);
        return;
    }
    let counts: ScanCounts = run.counts.unwrap_or_default();
    eprintln!(
        "note: {} hosts, {} ports and names; {} new, {} changed, {} back again, {} missed, {} gone ({})",
        counts.hosts,
        counts.ports,
        counts.created,
        counts.changed,
        counts.reappeared,
        counts.missing,
        counts.stale,
        run.name
    );
}
