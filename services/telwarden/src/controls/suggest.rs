//! `telwarden controls suggest`: what the estate asks for, drawn for people.

use anyhow::Result;
use wire::controls::v1::catalogue_service_client::CatalogueServiceClient;
use wire::controls::v1::{SuggestControlsRequest, SuggestControlsResponse};

use crate::client::{Client, Connection, Output, explain};

/// For which catalogue, and which part of the estate.
#[derive(Clone, Debug, clap::Args)]
pub struct Suggest {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the catalogue.
    #[arg(long, default_value = "x1051-2023")]
    pub catalogue: String,
    /// Only what stands at this site; may be given several times.
    #[arg(long = "site")]
    pub sites: Vec<String>,
}

/// Runs a command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Suggest) -> Result<()> {
    let sites = which.sites.iter().map(|site| format!("organizations/{}/sites/{site}", which.organization));
    let found = suggestions(connection.open().await?, &which.organization, &which.catalogue, sites.collect()).await?;
    match connection.output {
        Output::Json => println!("{}", json(&found)),
        Output::Table => print!("{}", drawn(&found)),
    }
    Ok(())
}

/// Which controls of a catalogue the estate asks for.
///
/// # Errors
/// What the suite answers, explained.
pub async fn suggestions(
    client: Client,
    organization: &str,
    catalogue: &str,
    sites: Vec<String>,
) -> Result<SuggestControlsResponse> {
    let name = format!("organizations/{organization}/catalogues/{catalogue}");
    let request = SuggestControlsRequest { name, sites };
    let answer = CatalogueServiceClient::new(client).suggest_controls(request).await;
    Ok(answer.map_err(|status| explain(&status))?.into_inner())
}

/// The answer as JSON.
#[must_use]
pub fn json(found: &SuggestControlsResponse) -> serde_json::Value {
    let controls = found.suggestions.iter().map(|suggestion| {
        let reasons: Vec<&str> = suggestion.grounds.iter().map(|ground| ground.reason.as_str()).collect();
        serde_json::json!({
            "control": suggestion.control, "label": suggestion.label, "title": suggestion.title, "reasons": reasons,
        })
    });
    serde_json::json!({"suggestions": controls.collect::<Vec<_>>()})
}

/// The answer as lines for a person.
#[must_use]
pub fn drawn(found: &SuggestControlsResponse) -> String {
    if found.suggestions.is_empty() {
        return "Nothing that is known of the estate asks for a particular control.\n".to_owned();
    }
    let mut out = String::new();
    for suggestion in &found.suggestions {
        let label = if suggestion.label.is_empty() { "(label not known)" } else { &suggestion.label };
        out.push_str(&format!("{label:<18}{}\n", suggestion.title));
        for ground in &suggestion.grounds {
            let sure = if ground.provisional { " (our reading)" } else { "" };
            out.push_str(&format!("{:<18}because {}: {}{sure}\n", "", ground.condition, ground.reason));
        }
    }
    out
}
