//! One screen that a security lead would put before a board. Every capability adds its part.

use anyhow::Result;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::selector_service_client::SelectorServiceClient;
use wire::assets::v1::{
    Count, ListSelectorsRequest, Ratio, Selector, SummarizeAssetsRequest, SummarizeAssetsResponse,
    SummarizeSelectorRequest,
};

use crate::client::{Client, Connection, Output, explain};

/// Prints the posture of an organization.
///
/// # Errors
/// What the service has against the call.
pub async fn posture(connection: &Connection, organization: &str) -> Result<()> {
    let estate = estate(connection.open().await?, organization).await?;
    let selectors = selectors(connection.open().await?, organization).await?;
    match connection.output {
        Output::Json => {
            let mut json = json(organization, &estate);
            let selected = selectors.iter().map(|(selector, assets)| {
                serde_json::json!({"name": selector.name, "displayName": selector.display_name, "filter": selector.filter, "assets": assets})
            });
            if let Some(parts) = json.as_object_mut() {
                parts.insert("selectors".to_owned(), selected.collect());
            }
            println!("{json}");
        }
        Output::Table => print!("{}{}", text(organization, &estate), selected(&selectors)),
    }
    Ok(())
}

/// How many selectors are shown.
const SELECTORS: i32 = 20;

/// The first selectors of an organization, each with how many assets it selects.
///
/// # Errors
/// What the service has against the call.
pub async fn selectors(client: Client, organization: &str) -> Result<Vec<(Selector, i64)>> {
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
pub fn selected(selectors: &[(Selector, i64)]) -> String {
    let mut out = String::new();
    if !selectors.is_empty() {
        out.push_str("\n  Selectors, followed\n");
    }
    for (selector, assets) in selectors {
        out.push_str(&format!("    {assets:>8} assets  {} ({})\n", selector.display_name, selector.filter));
    }
    out
}

/// The estate, summed up.
///
/// # Errors
/// What the service has against the call.
pub async fn estate(client: Client, organization: &str) -> Result<SummarizeAssetsResponse> {
    let request = SummarizeAssetsRequest { parent: format!("organizations/{organization}") };
    let mut client = AssetServiceClient::new(client);
    Ok(client.summarize_assets(request).await.map_err(|status| explain(&status))?.into_inner())
}

fn json(organization: &str, estate: &SummarizeAssetsResponse) -> serde_json::Value {
    let counts = |counts: &[Count]| {
        counts.iter().map(|count| (count.key.clone(), count.count.into())).collect::<serde_json::Map<_, _>>()
    };
    let valuable = estate.most_valuable.iter().map(|asset| {
        serde_json::json!({"name": asset.name, "displayName": asset.display_name, "type": asset.r#type, "effectiveValue": asset.effective_value,
            "value": asset.value, "inheritedFrom": asset.inherited_from, "grade": asset.grade})
    });
    serde_json::json!({"organization": organization, "estate": {
        "assets": estate.assets, "dependencies": estate.dependencies, "sites": estate.sites, "types": counts(&estate.types),
        "states": counts(&estate.states), "grades": counts(&estate.grades), "classifications": counts(&estate.classifications),
        "siteTypes": counts(&estate.site_types), "known": counts(&estate.known), "inheriting": estate.inheriting,
        "mostValuable": valuable.collect::<Vec<_>>(), "deepestDependency": estate.deepest_dependency,
        "coverage": ratio(estate.coverage.as_ref()), "shadow": ratio(estate.shadow.as_ref()), "unlistedRate": ratio(estate.unlisted_rate.as_ref()),
        "siteTypeCoverage": estate.site_type_coverage.iter().map(|of| (of.key.clone(), ratio(Some(of)))).collect::<serde_json::Map<_, _>>(),
        "powerWatts": estate.power_watts, "pastEndOfLife": estate.past_end_of_life, "unlisted": estate.unlisted,
    }})
}

/// The estate for people.
#[must_use]
pub fn text(organization: &str, estate: &SummarizeAssetsResponse) -> String {
    let mut out = format!(
        "\nEstate of {organization}\n  {} assets at {} sites, {} dependencies, {:.1} kW; {} past the end of their maker's support\n",
        estate.assets,
        estate.sites,
        estate.dependencies,
        estate.power_watts / 1000.0,
        estate.past_end_of_life
    );
    let line = |title: &str, counts: &[Count], most: usize| {
        let shown: Vec<String> = counts
            .iter()
            .take(most)
            .map(|count| format!("{} {}", if count.key.is_empty() { "none" } else { &count.key }, count.count))
            .collect();
        let more = counts.len().saturating_sub(most);
        let rest = if more > 0 { format!(" … and {more} more") } else { String::new() };
        format!("  {title:<16}{}{rest}\n", shown.join(" · "))
    };
    out.push_str(&line("Types", &estate.types, 12));
    out.push_str(&line("Sites", &estate.site_types, 7));
    out.push_str(&line("States", &estate.states, 8));
    out.push_str(&line("Grades", &estate.grades, 5));
    out.push_str(&line("Classification", &estate.classifications, 6));
    let share = |count: i64| if estate.assets > 0 { 100 * count / estate.assets } else { 0 };
    let known: Vec<String> =
        estate.known.iter().map(|count| format!("{} {} %", count.key, share(count.count))).collect();
    out.push_str(&format!("  {:<16}{}\n", "How well known", known.join(" · ")));
    out.push_str(&format!(
        "  {:<16}{} assets are worth more than their own rating, because of what depends on them\n",
        "Inherited", estate.inheriting
    ));
    let rate = |title: &str, ratio: Option<&Ratio>, what: &str| {
        ratio.map_or_else(String::new, |ratio| format!("  {title:<16}{}: {what}\n", share_of(ratio)))
    };
    out.push_str(&rate("Coverage", estate.coverage.as_ref(), "verified within the review cycle"));
    if estate.site_type_coverage.len() > 1 {
        let by =
            estate.site_type_coverage.iter().take(8).map(|ratio| {
                format!("{} {}", if ratio.key.is_empty() { "no site" } else { &ratio.key }, share_of(ratio))
            });
        out.push_str(&format!("  {:<16}{}\n", "  by site type", by.collect::<Vec<_>>().join(" · ")));
    }
    let shadow = "found, but nobody answers for it (filter (state=SURVEYED OR state=IDENTIFIED) AND owner=\"\")";
    out.push_str(&rate("Shadow", estate.shadow.as_ref(), shadow));
    let unlisted = "no longer listed by their source: gone, or forgotten (filter unlisted_by:*)";
    out.push_str(&rate("Unlisted", estate.unlisted_rate.as_ref(), unlisted));
    if !estate.most_valuable.is_empty() {
        out.push_str("\n  Most valuable, and why\n");
    }
    for asset in estate.most_valuable.iter().take(5) {
        let why = if asset.inherited_value > asset.value {
            format!("inherited from {}", id(&asset.inherited_from))
        } else {
            format!("rated C{} I{} A{}", asset.confidentiality, asset.integrity, asset.availability)
        };
        out.push_str(&format!(
            "    {:>4} grade {}  {} ({}): {why}\n",
            asset.effective_value, asset.grade, asset.display_name, asset.r#type
        ));
    }
    if estate.deepest_dependency.len() > 1 {
        let chain: Vec<&str> = estate.deepest_dependency.iter().map(|name| id(name)).collect();
        out.push_str(&format!("\n  Deepest dependency ({} assets)\n    {}\n", chain.len(), chain.join(" → ")));
    }
    out
}

/// `12.5 % (5 of 40)`; `none` where there is nothing to take a share of.
fn share_of(ratio: &Ratio) -> String {
    match ratio.denominator {
        ..=0 => "none".to_owned(),
        all => format!("{:.1} % ({} of {all})", 100.0 * ratio.numerator as f64 / all as f64, ratio.numerator),
    }
}

fn ratio(ratio: Option<&Ratio>) -> serde_json::Value {
    ratio.map_or(
        serde_json::Value::Null,
        |ratio| serde_json::json!({"numerator": ratio.numerator, "denominator": ratio.denominator}),
    )
}

fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}
