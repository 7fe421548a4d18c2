//! Controls in the posture: which the estate asks for.

use anyhow::Result;
use wire::controls::v1::SuggestControlsResponse;

use crate::client::Client;

/// The catalogue that the posture looks at.
const CATALOGUE: &str = "x1051-2023";

/// Which extended controls of X.1051 the estate asks for.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str) -> Result<SuggestControlsResponse> {
    crate::controls::suggestions(client, organization, CATALOGUE, Vec::new()).await
}

/// The part of the posture as JSON.
#[must_use]
pub fn json(found: &SuggestControlsResponse) -> serde_json::Value {
    crate::controls::json(found)
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: &SuggestControlsResponse) -> String {
    let mut out = format!("\n  Controls of X.1051 that the estate asks for: {}\n", found.suggestions.len());
    for suggestion in &found.suggestions {
        let because = suggestion.grounds.first().map(|ground| ground.condition.as_str()).unwrap_or_default();
        out.push_str(&format!("    {} ({because})\n", suggestion.title));
    }
    out
}
