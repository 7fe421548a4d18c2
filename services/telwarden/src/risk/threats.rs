//! Threat catalogues: FiGHT, STIX and MISP galaxies, from a file onto the import stream of the service of risks.

use anyhow::{Context as _, Result};
use intake::threats::{Catalogue, Format};
use wire::risk::v1::import_threats_request::Part;
use wire::risk::v1::threat_catalogue::Format as Written;
use wire::risk::v1::threat_import_service_client::ThreatImportServiceClient;
use wire::risk::v1::{ImportThreatsRequest, ImportThreatsResponse, ImportThreatsStart, ThreatBatch};

use super::import::Counts;
use crate::client::{Client, Connection, explain};

/// How many records go with one message.
const BATCH: usize = 250;

/// How many keys are shown of what an edition added, removed or renamed, and how many rejected records.
const MOST_SHOWN: usize = 20;

/// Where to, and as what.
#[derive(Clone, Copy, Debug)]
pub struct Into<'a> {
    /// Whose.
    pub organization: &'a str,
    /// The id of the catalogue; the file's own where none.
    pub catalogue: Option<&'a str>,
    /// The edition; the file's own where none.
    pub edition: Option<&'a str>,
}

/// Imports a catalogue. What it holds, how its edition differs from the one before and what was rejected is told on stderr.
///
/// # Errors
/// A file that cannot be read, with the place; what the suite answers, explained.
pub async fn import(connection: &Connection, format: Format, bytes: &[u8], into: &Into<'_>) -> Result<Counts> {
    let mut read = intake::threats::read(format, bytes).context("the file cannot be read")?;
    if let Some(edition) = into.edition {
        edition.clone_into(&mut read.catalogue.edition);
    }
    let refused = read.report.rejected.len();
    eprint!("{}", held(&read));
    let done = send(connection.open().await?, format, read, into).await?;
    eprint!("{}", told(&done));
    let count = |number: i32| u64::try_from(number).unwrap_or_default();
    Ok(Counts {
        read: count(done.read) + refused as u64,
        created: count(done.created),
        updated: count(done.updated),
        unchanged: count(done.unchanged),
        rejected: count(done.rejected) + refused as u64,
    })
}

/// Sends what a file holds to the suite, under the edition that it says.
///
/// # Errors
/// What the suite answers, explained.
pub async fn send(client: Client, format: Format, read: Catalogue, into: &Into<'_>) -> Result<ImportThreatsResponse> {
    let format = match format {
        Format::Fight => Written::Fight,
        Format::Stix => Written::Stix,
        Format::Galaxy => Written::MispGalaxy,
    };
    let start = ImportThreatsStart {
        parent: format!("organizations/{}", into.organization),
        threat_catalogue_id: into.catalogue.map_or(read.id, str::to_owned),
        catalogue: Some(read.catalogue),
        records: i32::try_from(read.records.len()).unwrap_or(i32::MAX),
        format: format.into(),
        source_id: read.source_id,
    };
    let mut parts = vec![Part::Start(start)];
    let mut records = read.records.into_iter().peekable();
    while records.peek().is_some() {
        parts.push(Part::Batch(ThreatBatch { records: records.by_ref().take(BATCH).collect() }));
    }
    let messages = parts.into_iter().map(|part| ImportThreatsRequest { part: Some(part) });
    let messages: Vec<ImportThreatsRequest> = messages.collect();
    let answer = ThreatImportServiceClient::new(client).import_threats(tokio_stream::iter(messages)).await;
    Ok(answer.map_err(|status| explain(&status))?.into_inner())
}

/// What a file holds, for people.
#[must_use]
pub fn held(read: &Catalogue) -> String {
    let mut out = format!("{} {}\n", read.catalogue.display_name, read.catalogue.edition);
    for (kind, count) in &read.report.objects {
        out.push_str(&format!("  {count} {kind}\n"));
    }
    for (kind, left) in &read.report.not_imported {
        out.push_str(&format!("  {} {kind}: {}\n", left.count, left.why));
    }
    for rejected in read.report.rejected.iter().take(MOST_SHOWN) {
        out.push_str(&format!("rejected {}: {} [{}]\n", rejected.origin, rejected.message, rejected.reason));
    }
    for warning in &read.report.warnings {
        out.push_str(&format!("note: {warning}\n"));
    }
    out
}

/// What an import did, for people.
#[must_use]
pub fn told(done: &ImportThreatsResponse) -> String {
    let mut out = format!("{}\n", done.threat_catalogue);
    let sorts =
        [("new or back", done.added_count, &done.added), ("gone, flagged and kept", done.removed_count, &done.removed)];
    for (sort, count, keys) in sorts.into_iter().filter(|(_, count, _)| *count > 0) {
        let shown: Vec<&str> = keys.iter().take(MOST_SHOWN).map(String::as_str).collect();
        let more = if keys.len() > shown.len() { ", ..." } else { "" };
        out.push_str(&format!("  {count} {sort}: {}{more}\n", shown.join(", ")));
    }
    if done.renamed_count > 0 {
        out.push_str(&format!("  {} renamed\n", done.renamed_count));
    }
    for renamed in done.renamed.iter().take(MOST_SHOWN) {
        out.push_str(&format!("    {}: {} is now {}\n", renamed.key, renamed.before, renamed.after));
    }
    for refused in done.rejected_items.iter().take(MOST_SHOWN) {
        out.push_str(&format!(
            "rejected {} {}: {} [{}]\n",
            refused.origin, refused.key, refused.message, refused.reason
        ));
    }
    out
}
