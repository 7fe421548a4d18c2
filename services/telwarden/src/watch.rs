//! Follows the changes of an organization.

use anyhow::Result;
use futures::StreamExt as _;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use wire::changes::v1::change_service_client::ChangeServiceClient;
use wire::changes::v1::{Change, WatchChangesRequest};

use crate::client::{Connection, Output, explain};

/// What to follow.
#[derive(Clone, Debug, clap::Args)]
pub struct Watch {
    /// Whose changes.
    #[arg(long)]
    pub organization: String,
    /// Where to resume: the cursor of an earlier watch.
    #[arg(long, default_value = "")]
    pub cursor: String,
    /// Start after the newest change.
    #[arg(long)]
    pub from_now: bool,
}

/// Prints changes until interrupted or the gateway goes.
///
/// # Errors
/// What the service has against the call.
pub async fn watch(connection: &Connection, watch: &Watch) -> Result<()> {
    let mut client = ChangeServiceClient::new(connection.open().await?).max_decoding_message_size(256 * 1024 * 1024);
    let request = WatchChangesRequest {
        parent: format!("organizations/{}", watch.organization),
        cursor: watch.cursor.clone(),
        from_now: watch.from_now,
        ..Default::default()
    };
    let mut stream = client.watch_changes(request).await.map_err(|status| explain(&status))?.into_inner();
    while let Some(response) = stream.next().await {
        let response = response.map_err(|status| explain(&status))?;
        match connection.output {
            Output::Json => {
                let changes = response.changes.iter().map(json).collect::<Result<Vec<_>>>()?;
                println!(
                    "{}",
                    serde_json::json!({"cursor": response.cursor, "heartbeat": response.heartbeat, "changes": changes})
                );
            }
            Output::Table => response.changes.iter().for_each(|change| println!("{}", line(change))),
        }
    }
    Ok(())
}

fn json(change: &Change) -> Result<serde_json::Value> {
    let descriptor = wire::pool()
        .get_message_by_name("telwarden.changes.v1.Change")
        .ok_or_else(|| anyhow::anyhow!("no descriptor of Change"))?;
    Ok(transcode::message_to_json(&DynamicMessage::decode(descriptor, change.encode_to_vec().as_slice())?))
}

fn line(change: &Change) -> String {
    let at = change.change_time.and_then(|time| jiff::Timestamp::new(time.seconds, time.nanos).ok());
    let at = at.map(|at| at.strftime("%F %T").to_string()).unwrap_or_default();
    let verb = change.verb().as_str_name().to_lowercase();
    format!(
        "{at}  {:>8}  {verb:8} {}  v{}  by {} ({})",
        change.sequence, change.resource, change.version, change.actor, change.method
    )
}
