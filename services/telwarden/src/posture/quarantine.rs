//! What imports rejected and nobody has worked off.

use anyhow::Result;
use wire::assets::v1::ListQuarantinedRecordsRequest;

use super::{Tally, count, pages, tallied};
use crate::client::{Client, explain};
use crate::quarantine::client;
use crate::surveys::time;

/// Records to a page: few, since each has what the source said, up to 64 KiB of it.
const PAGE: i32 = 200;

/// The records that wait.
#[derive(Debug, Default)]
pub struct Quarantine {
    /// How many.
    pub open: i64,
    /// By the system they came from.
    pub sources: Tally,
    /// By why they were rejected.
    pub reasons: Tally,
    /// When the one that waits longest was first rejected.
    pub since: Option<prost_types::Timestamp>,
}

/// Counts the open records of an organization.
///
/// # Errors
/// What the service has against a call.
pub async fn read(connected: Client, organization: &str) -> Result<Quarantine> {
    let mut client = client(connected);
    let mut quarantine = Quarantine::default();
    pages(async |page_token| {
        let request = ListQuarantinedRecordsRequest {
            parent: format!("organizations/{organization}"),
            page_size: PAGE,
            page_token,
            filter: "state=OPEN".to_owned(),
            ..Default::default()
        };
        let page = client.list_quarantined_records(request).await.map_err(|status| explain(&status))?.into_inner();
        for record in page.quarantined_records {
            quarantine.open += 1;
            count(&mut quarantine.sources, record.source);
            count(&mut quarantine.reasons, record.reason);
            let earlier = |time: &prost_types::Timestamp| {
                quarantine.since.is_none_or(|since| (time.seconds, time.nanos) < (since.seconds, since.nanos))
            };
            if let Some(time) = record.first_seen_time.filter(earlier) {
                quarantine.since = Some(time);
            }
        }
        Ok(page.next_page_token)
    })
    .await?;
    Ok(quarantine)
}

/// Quarantine for people; nothing where nothing waits.
#[must_use]
pub fn text(quarantine: &Quarantine) -> String {
    if quarantine.open == 0 {
        return String::new();
    }
    format!(
        "\n  Quarantine: {} rejected records wait, the longest since {} (telwarden quarantine list)\n    From  {}\n    Why   {}\n",
        quarantine.open,
        time(quarantine.since.as_ref()),
        tallied(&quarantine.sources),
        tallied(&quarantine.reasons)
    )
}

/// Quarantine for programs.
#[must_use]
pub fn json(quarantine: &Quarantine) -> serde_json::Value {
    serde_json::json!({"open": quarantine.open, "sources": quarantine.sources, "reasons": quarantine.reasons,
        "since": quarantine.since.as_ref().map(ToString::to_string)})
}
