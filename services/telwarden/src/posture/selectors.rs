//! The filters that the organization follows under a name.

use anyhow::Result;
use wire::assets::v1::selector_service_client::SelectorServiceClient;
use wire::assets::v1::{ListSelectorsRequest, Selector, SummarizeSelectorRequest};

use crate::client::{Client, explain};

/// How many selectors are shown.
const SELECTORS: i32 = 20;

/// The first selectors of an organization, each with how many assets it selects.
///
/// # Errors
/// What the service has against the call.
pub async fn read(client: Client, organization: &str) -> Result<Vec<(Selector, i64)>> {
    let mut client = SelectorServiceClient::new(client);
    let request = ListSelectorsRequest {
        parent: format!("organizations/{organization}"),
        page_size: SELECTORS,
        order_by: "display_name".to_owned(),
        ..Default::default()
    };
    let listed = client.list_selectors(request).await.map_err(|status| explain(&status))?.into_inner();
    let mut counted = Vec::with_capacity(listed.selectors.len());
    for selector in listed.selectors {
        let request = SummarizeSelectorRequest { name: selector.name.clone() };
        let summary = client.summarize_selector(request).await.map_err(|status| explain(&status))?.into_inner();
        counted.push((selector, summary.assets));
    }
    Ok(counted)
}

/// Selectors for people; nothing where there are none.
#[must_use]
pub fn text(selectors: &[(Selector, i64)]) -> String {
    let mut out = String::new();
    if !selectors.is_empty() {
        out.push_str("\n  Selectors, followed\n");
    }
    for (selector, assets) in selectors {
        out.push_str(&format!("    {assets:>8} assets  {} ({})\n", selector.display_name, selector.filter));
    }
    out
}

/// Selectors for programs.
#[must_use]
pub fn json(selectors: &[(Selector, i64)]) -> serde_json::Value {
    let one = |(selector, assets): &(Selector, i64)| serde_json::json!({"name": selector.name, "displayName": selector.display_name, "filter": selector.filter, "assets": assets});
    selectors.iter().map(one).collect()
}
