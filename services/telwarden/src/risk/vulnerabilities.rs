//! `telwarden risk import cve|kev|eukev|epss|csaf`: vulnerabilities and advisories, from files onto the streams of the suite.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result};
use intake::vulnerabilities::{Reading, VulnerabilityFormat};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use wire::risk::v1 as api;
use wire::risk::v1::advisory_service_client::AdvisoryServiceClient;
use wire::risk::v1::import_vulnerabilities_start::Source;
use wire::risk::v1::vulnerability_service_client::VulnerabilityServiceClient;

use super::import::{Counts, Import};
use crate::client::{Client, Connection, explain};

/// How many records go with one message, and how many bytes at most.
const MOST_RECORDS: usize = 500;
const MOST_BYTES: usize = 1 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CVE records, JSON 5: one, a list, or one a line.
    Cve,
    /// CISA's list of known exploited vulnerabilities.
    Kev,
    /// The list of the EU's CSIRTs network.
    EuKev,
    /// EPSS, CSV.
    Epss,
    /// CSAF 2.0, a document or an archive of them.
    Csaf,
}

/// Imports a file. What is refused is told on stderr, each with its place.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub async fn import(connection: &Connection, import: &Import, kind: Kind) -> Result<Counts> {
    let client = connection.open().await?;
    match kind {
        Kind::Csaf => advisories(client, import).await,
        Kind::Cve => vulnerabilities(client, import, Source::Cve, VulnerabilityFormat::Cve).await,
        Kind::Kev => vulnerabilities(client, import, Source::Kev, VulnerabilityFormat::Kev).await,
        Kind::EuKev => vulnerabilities(client, import, Source::EuKev, VulnerabilityFormat::EuKev).await,
        Kind::Epss => vulnerabilities(client, import, Source::Epss, VulnerabilityFormat::Epss).await,
    }
}

/// Collects records into messages that are neither too many nor too large.
struct Portions<R, M> {
    records: Vec<R>,
    bytes: usize,
    message: fn(Vec<R>) -> M,
    sender: mpsc::Sender<M>,
}

impl<R: Message, M: Send> Portions<R, M> {
    fn new(sender: mpsc::Sender<M>, message: fn(Vec<R>) -> M) -> Self {
        Self { records: Vec::new(), bytes: 0, message, sender }
    }

    /// Breaks where nobody receives any more.
    fn add(&mut self, record: R) -> ControlFlow<()> {
        let size = record.encoded_len();
        if self.records.len() >= MOST_RECORDS || (self.bytes + size > MOST_BYTES && !self.records.is_empty()) {
            self.send()?;
        }
        self.bytes += size;
        self.records.push(record);
        ControlFlow::Continue(())
    }

    fn send(&mut self) -> ControlFlow<()> {
        self.bytes = 0;
        let records = std::mem::take(&mut self.records);
        if records.is_empty() || self.sender.blocking_send((self.message)(records)).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

fn open(file: &Path) -> Result<BufReader<File>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(BufReader::new(opened))
}

async fn vulnerabilities(
    client: Client,
    import: &Import,
    source: Source,
    format: VulnerabilityFormat,
) -> Result<Counts> {
    use api::import_vulnerabilities_request::Part;
    let (sender, messages) = mpsc::channel(4);
    let start = api::ImportVulnerabilitiesStart {
        parent: format!("organizations/{}", import.organization),
        source: source.into(),
        snapshot: named(&import.file),
        create_missing: import.create_missing,
    };
    sender.send(api::ImportVulnerabilitiesRequest { part: Some(Part::Start(start)) }).await?;
    let mut input = open(&import.file)?;
    let reading = tokio::task::spawn_blocking(move || {
        let message = |records| api::ImportVulnerabilitiesRequest {
            part: Some(Part::Batch(api::VulnerabilityBatch { records })),
        };
        let mut portions = Portions::new(sender, message);
        let reading = intake::vulnerabilities::read(format, &mut input, &mut |record| portions.add(record));
        // A list is whole or is not sent: what it lacks would be taken for gone.
        let _ = portions.send();
        reading
    });
    let answer = VulnerabilityServiceClient::new(client).import_vulnerabilities(ReceiverStream::new(messages)).await;
    let reading = finished(&import.file, reading.await?)?;
    let done = answer.map_err(|status| explain(&status))?.into_inner();
    for one in &done.rejected_records {
        eprintln!("rejected {} {}: {} [{}]", one.place, one.cve, one.message, one.reason);
    }
    if done.unlisted > 0 {
        eprintln!("note: {} vulnerabilities are on the list no longer", done.unlisted);
    }
    if done.left_out > 0 {
        eprintln!(
            "note: {} of vulnerabilities that are not known here are left out, among the unchanged",
            done.left_out
        );
    }
    Ok(counts(&reading, [done.created, done.updated, done.unchanged, done.rejected]))
}

async fn advisories(client: Client, import: &Import) -> Result<Counts> {
    use api::import_advisories_request::Part;
    let (sender, messages) = mpsc::channel(4);
    let start = api::ImportAdvisoriesStart {
        parent: format!("organizations/{}", import.organization),
        source: named(&import.file),
    };
    sender.send(api::ImportAdvisoriesRequest { part: Some(Part::Start(start)) }).await?;
    let mut input = open(&import.file)?;
    let name = named(&import.file);
    let reading = tokio::task::spawn_blocking(move || {
        let message =
            |records| api::ImportAdvisoriesRequest { part: Some(Part::Batch(api::AdvisoryBatch { records })) };
        let mut portions = Portions::new(sender, message);
        let reading = intake::advisories::read(&name, &mut input, &mut |record| portions.add(record));
        let _ = portions.send();
        reading
    });
    let answer = AdvisoryServiceClient::new(client).import_advisories(ReceiverStream::new(messages)).await;
    let reading = finished(&import.file, reading.await?)?;
    let done = answer.map_err(|status| explain(&status))?.into_inner();
    for one in &done.rejected_records {
        eprintln!("rejected {} {}: {} [{}]", one.place, one.tracking_id, one.message, one.reason);
    }
    if done.not_affected > 0 {
        eprintln!("note: {} findings are NOT_AFFECTED by what the advisories say", done.not_affected);
    }
    Ok(counts(&reading, [done.created, done.updated, done.unchanged, done.rejected]))
}

fn named(file: &Path) -> String {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.chars().take(200).collect()
}

/// What was read, once what was refused of it is told. What a file that breaks off had before its break has landed.
fn finished(file: &Path, reading: Result<Reading, intake::IntakeError>) -> Result<Reading> {
    let reading = reading.with_context(|| file.display().to_string())?;
    for one in &reading.rejected {
        eprintln!("rejected {} {}: {} [{}]", one.origin, one.field, one.message, one.reason);
    }
    Ok(reading)
}

fn counts(reading: &Reading, [created, updated, unchanged, rejected]: [i32; 4]) -> Counts {
    let of = |count: i32| u64::try_from(count).unwrap_or_default();
    Counts {
        read: reading.read,
        created: of(created),
        updated: of(updated),
        unchanged: of(unchanged),
        rejected: of(rejected).saturating_add(reading.rejected_count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_go_in_portions_that_are_neither_too_many_nor_too_large() {
        let (sender, mut portions) = mpsc::channel(10);
        let mut out = Portions::new(sender, |records: Vec<api::VulnerabilityRecord>| records.len());
        let record = |letters: usize| api::VulnerabilityRecord { cve: "x".repeat(letters), ..Default::default() };
        for _ in 0..501 {
            assert!(out.add(record(1)).is_continue());
        }
        assert!(out.add(record(MOST_BYTES)).is_continue());
        assert!(out.send().is_continue());
        drop(out);
        let mut sizes = Vec::new();
        while let Some(size) = portions.blocking_recv() {
            sizes.push(size);
        }
        assert_eq!(sizes, [500, 1, 1]);
    }
}
