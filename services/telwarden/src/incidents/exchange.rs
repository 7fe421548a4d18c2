//! `telwarden incidents import veris` and `telwarden incidents export`: records of other registers, brought in and given out.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use incidents::exchange::escaped;
use serde_json::Value;
use wire::incidents::v1 as api;
use wire::incidents::v1::exchange_service_client::ExchangeServiceClient;

use crate::client::{Client, Connection, Output, explain};

/// How many records go with one call, and how many bytes at most.
const MOST_RECORDS: usize = 500;
const MOST_BYTES: usize = 2 << 20;
/// A record is no longer than this, in bytes.
const MOST_RECORD: u64 = 1 << 20;

/// A form of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// VERIS 1.3: one JSON object a line, or a list of them.
    Veris,
    /// STIX 2.1: a bundle.
    Stix,
}

/// Who gets a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Audience {
    /// Those who are named.
    Named,
    /// The organization alone.
    Organization,
    /// The organization and its clients.
    Clients,
    /// The community.
    Community,
    /// Anybody.
    Public,
}

/// What to give out.
#[derive(Clone, Debug, clap::Args)]
pub struct Export {
    /// The incident: its whole name, `organizations/acme/incidents/i`.
    pub incident: String,
    /// As what.
    #[arg(long, default_value = "veris")]
    pub format: Format,
    /// Who gets it; refused beyond the label of the incident.
    #[arg(long, default_value = "organization")]
    pub audience: Audience,
}

/// What became of the records of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that came.
    pub read: i32,
    /// Incidents that are new.
    pub created: i32,
    /// Incidents that said something else.
    pub updated: i32,
    /// Incidents that said the same.
    pub unchanged: i32,
    /// Records that were refused.
    pub rejected: i32,
}

/// Runs an import. What is refused is told on stderr, each with its place.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub(super) async fn import(connection: &Connection, organization: &str, file: &Path) -> Result<()> {
    let done = bring(connection.open().await?, organization, file).await?;
    let Counts { read, created, updated, unchanged, rejected } = done;
    match connection.output {
        Output::Json => println!(
            "{}",
            serde_json::json!({"read": read, "created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected,
                "incidents": created})
        ),
        Output::Table => {
            println!("{read} read, {created} new, {updated} changed, {unchanged} unchanged, {rejected} rejected");
        }
    }
    Ok(())
}

/// Brings a file in, portion by portion.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub async fn bring(client: Client, organization: &str, file: &Path) -> Result<Counts> {
    let records = records(file)?;
    let mut client = ExchangeServiceClient::new(client);
    let mut done = Counts::default();
    let mut rest = records.into_iter().peekable();
    while rest.peek().is_some() {
        let (mut portion, mut bytes) = (Vec::new(), 0);
        while let Some(next) = rest.peek() {
            if portion.len() >= MOST_RECORDS || bytes > 0 && bytes + next.document.len() > MOST_BYTES {
                break;
            }
            bytes += next.document.len();
            portion.extend(rest.next());
        }
        let request = api::ImportIncidentsRequest {
            parent: format!("organizations/{organization}"),
            format: api::ExchangeFormat::Veris.into(),
            records: portion,
        };
        let told = client.import_incidents(request).await.map_err(|status| explain(&status))?.into_inner();
        for one in &told.rejected_records {
            eprintln!("{}: {} ({})", one.place, one.message, one.reason);
        }
        done.read += told.read;
        done.created += told.created;
        done.updated += told.updated;
        done.unchanged += told.unchanged;
        done.rejected += told.rejected;
    }
    Ok(done)
}

/// The records of a file, each with its place: the items of a list, or the lines.
fn records(file: &Path) -> Result<Vec<api::import_incidents_request::Record>> {
    let name = file.display().to_string();
    let opened = std::fs::File::open(file).with_context(|| format!("{name} cannot be read"))?;
    let mut input = BufReader::new(opened);
    let head = input.fill_buf().with_context(|| format!("{name} cannot be read"))?;
    let is_list = head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let record = |place: String, document: String| api::import_incidents_request::Record { place, document };
    if is_list {
        let items: Vec<Value> = serde_json::from_reader(input).with_context(|| format!("{name} is no JSON list"))?;
        return Ok(items
            .iter()
            .enumerate()
            .map(|(at, item)| record(format!("$[{at}]"), escaped(&item.to_string())))
            .collect());
    }
    let mut found = Vec::new();
    for line in 1.. {
        let mut text = String::new();
        let length =
            input.by_ref().take(MOST_RECORD).read_line(&mut text).with_context(|| format!("{name}, line {line}"))?;
        if length == 0 {
            break;
        }
        anyhow::ensure!((length as u64) < MOST_RECORD, "{name}, line {line}: a record has at most {MOST_RECORD} bytes");
        if !text.trim().is_empty() {
            found.push(record(format!("line {line}"), escaped(text.trim())));
        }
    }
    Ok(found)
}

/// Runs an export: the document goes to stdout.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn export(connection: &Connection, which: &Export) -> Result<()> {
    let audience = match which.audience {
        Audience::Named => api::ExchangeAudience::NamedRecipients,
        Audience::Organization => api::ExchangeAudience::OwnOrganization,
        Audience::Clients => api::ExchangeAudience::Clients,
        Audience::Community => api::ExchangeAudience::Community,
        Audience::Public => api::ExchangeAudience::Public,
    };
    let format = match which.format {
        Format::Veris => api::ExchangeFormat::Veris,
        Format::Stix => api::ExchangeFormat::Stix,
    };
    let request =
        api::ExportIncidentRequest { name: which.incident.clone(), format: format.into(), audience: audience.into() };
    let mut client = ExchangeServiceClient::new(connection.open().await?);
    let given = client.export_incident(request).await.map_err(|status| explain(&status))?.into_inner();
    println!("{}", given.document);
    Ok(())
}
