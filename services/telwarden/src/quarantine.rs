//! `telwarden quarantine`: the records that imports rejected, for people to work off.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use prost::Message as _;
use serde_json::Value;
use wire::Choice as _;
use wire::assets::v1::quarantined_record_service_client::QuarantinedRecordServiceClient;
use wire::assets::v1::{
    DismissQuarantinedRecordRequest, GetQuarantinedRecordRequest, ListQuarantinedRecordsRequest,
    ListQuarantinedRecordsResponse, QuarantinedRecord, ReplayQuarantinedRecordRequest,
};

use crate::client::{Client, Connection, explain};
use crate::estate::{id, json, show};
use crate::surveys::{parent, time, whole};

/// The records that imports rejected.
#[derive(Debug, clap::Args)]
pub struct Quarantine {
    /// What to do.
    #[command(subcommand)]
    pub command: What,
    /// Whose register; not needed where a whole name is given.
    #[arg(long, global = true)]
    pub organization: Option<String>,
}

/// What to do with quarantined records.
#[derive(Debug, clap::Subcommand)]
pub enum What {
    /// A table of them.
    List {
        /// Only these (AIP-160): `state=OPEN AND source="netbox" AND kind="asset" AND reason="FIELD_INVALID"`.
        #[arg(long, default_value = "state=OPEN")]
        filter: String,
        /// How many at most, the latest first.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
        limit: i32,
    },
    /// One of them, with the record as it came.
    Show {
        /// Its id, or its whole name.
        name: String,
    },
    /// Imports one again, as it came or corrected.
    Replay {
        /// Its id, or its whole name.
        name: String,
        /// A file with the corrected record as JSON: what `show --output json` prints, `{"asset": {"externalId": …, "asset": {…}}}`.
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        /// Take over the life-cycle state that the record states.
        #[arg(long)]
        accept_states: bool,
    },
    /// Puts one aside that need not be imported.
    Dismiss {
        /// Its id, or its whole name.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command.
///
/// # Errors
/// What the service has against the call; a replay that was rejected again.
pub async fn run(connection: &Connection, quarantine: &Quarantine) -> Result<()> {
    let organization = quarantine.organization.as_deref();
    let named = |name: &str| whole(organization, "quarantinedRecords", name);
    match &quarantine.command {
        What::List { filter, limit } => {
            let request = ListQuarantinedRecordsRequest {
                parent: parent(organization)?,
                page_size: *limit,
                filter: filter.clone(),
                order_by: "last_seen_time desc".to_owned(),
                ..Default::default()
            };
            let mut client = client(connection.open().await?);
            let page = client.list_quarantined_records(request).await.map_err(|status| explain(&status))?.into_inner();
            show(connection, &page, || table(&page))
        }
        What::Show { name } => {
            let request = GetQuarantinedRecordRequest { name: named(name)? };
            let mut client = client(connection.open().await?);
            let record = client.get_quarantined_record(request).await.map_err(|status| explain(&status))?.into_inner();
            let shown = text(&record)?;
            show(connection, &record, || shown)
        }
        What::Replay { name, record, accept_states } => {
            let correction = record.as_deref().map(read).transpose()?.unwrap_or_default();
            let request =
                ReplayQuarantinedRecordRequest { name: named(name)?, accept_states: *accept_states, ..correction };
            let mut client = client(connection.open().await?);
            let answer = client.replay_quarantined_record(request).await.map_err(|status| explain(&status))?;
            let record = answer.into_inner();
            show(connection, &record, || line(&record))?;
            match record.resource.as_str() {
                "" => bail!("rejected again: {} {} [{}]", record.field, record.message, record.reason),
                _ => Ok(()),
            }
        }
        What::Dismiss { name, reason } => {
            let request =
                DismissQuarantinedRecordRequest { name: named(name)?, reason: reason.clone(), ..Default::default() };
            let mut client = client(connection.open().await?);
            let answer = client.dismiss_quarantined_record(request).await.map_err(|status| explain(&status))?;
            let record = answer.into_inner();
            show(connection, &record, || line(&record))
        }
    }
}

/// A page of a thousand records, each with up to 64 KiB of what the source said.
const ANSWER: usize = 128 << 20;

/// Quarantine over a connection.
pub(crate) fn client(connected: Client) -> QuarantinedRecordServiceClient<Client> {
    QuarantinedRecordServiceClient::new(connected).max_decoding_message_size(ANSWER)
}

/// A corrected record of a file: the part of a quarantined record, or of a request, that is one.
fn read(path: &Path) -> Result<ReplayQuarantinedRecordRequest> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    correction(&text).with_context(|| format!("{}", path.display()))
}

fn correction(text: &str) -> Result<ReplayQuarantinedRecordRequest> {
    let whole: Value = serde_json::from_str(text).context("it is no JSON")?;
    let kinds = ["site", "asset", "dependency"];
    let parts = kinds.into_iter().filter_map(|kind| Some((kind.to_owned(), whole.get(kind)?.clone())));
    let parts: serde_json::Map<String, Value> = parts.collect();
    if parts.len() != 1 {
        bail!(
            "it must hold one record, below `site`, `asset` or `dependency`, as `quarantine show --output json` prints it"
        );
    }
    let descriptor = wire::pool()
        .get_message_by_name("telwarden.assets.v1.ReplayQuarantinedRecordRequest")
        .context("the request has no descriptor")?;
    let text = Value::from(parts).to_string();
    let message =
        transcode::message_from_json(&descriptor, text.as_bytes()).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    Ok(ReplayQuarantinedRecordRequest::decode(message.encode_to_vec().as_slice())?)
}

/// The records as a table.
#[must_use]
pub fn table(page: &ListQuarantinedRecordsResponse) -> String {
    if page.quarantined_records.is_empty() {
        return "nothing in quarantine\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(["record", "source", "kind", "external id", "state", "reason", "field", "seen", "last"]);
    for record in &page.quarantined_records {
        table.add_row([
            id(&record.name).to_owned(),
            record.source.clone(),
            record.kind.clone(),
            record.external_id.clone(),
            record.state().text().to_owned(),
            record.reason.clone(),
            record.field.clone(),
            record.times_seen.to_string(),
            time(record.last_seen_time.as_ref()),
        ]);
    }
    let more = if page.next_page_token.is_empty() { "" } else { "there are more: --limit, --filter\n" };
    format!("{table}\n{more}")
}

fn line(record: &QuarantinedRecord) -> String {
    let into = if record.resource.is_empty() { String::new() } else { format!(" as {}", record.resource) };
    format!("{}  {}{into}\n", id(&record.name), record.state().text())
}

/// A record for people.
fn text(record: &QuarantinedRecord) -> Result<String> {
    let mut out = format!(
        "{}  {}\n  {} {} of {}, at {} ({})\n  {} {} [{}]\n  seen {} times, first {}, last {}, by {}\n",
        id(&record.name),
        record.state().text(),
        record.kind,
        record.external_id,
        record.source,
        record.origin,
        record.position,
        record.field,
        record.message,
        record.reason,
        record.times_seen,
        time(record.first_seen_time.as_ref()),
        time(record.last_seen_time.as_ref()),
        record.survey
    );
    if !record.dismiss_reason.is_empty() {
        out.push_str(&format!("  dismissed by {}: {}\n", record.decider, record.dismiss_reason));
    }
    if !record.resource.is_empty() {
        out.push_str(&format!("  resolved as {}\n", record.resource));
    }
    if record.record_too_large {
        out.push_str("  the record was too large to be kept: replay it with --record FILE\n");
    }
    if let Some(came) = json(record)?.get(record.kind.as_str()) {
        out.push_str(&format!("{}\n", serde_json::to_string_pretty(came)?));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use wire::assets::v1::quarantined_record::Record;
    use wire::assets::v1::replay_quarantined_record_request::Record as Correction;
    use wire::assets::v1::{Asset, AssetRecord};

    use super::*;

    #[test]
    fn what_is_shown_can_be_corrected_and_replayed() -> Result<()> {
        let asset = Asset { display_name: "One".to_owned(), r#type: "router".to_owned(), ..Default::default() };
        let asset = AssetRecord { external_id: "a".to_owned(), asset: Some(asset), ..Default::default() };
        let record = QuarantinedRecord {
            name: "organizations/acme/quarantinedRecords/q".to_owned(),
            kind: "asset".to_owned(),
            record: Some(Record::Asset(asset.clone())),
            ..Default::default()
        };
        let read = correction(&json(&record)?.to_string())?;
        assert_eq!(read.record, Some(Correction::Asset(asset)));
        assert!(text(&record)?.contains("\"displayName\": \"One\""));
        for wrong in ["{", "{}", "[]", r#"{"site": {}, "asset": {}}"#, r#"{"asset": {"nothing": 1}}"#] {
            assert!(correction(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }
}
