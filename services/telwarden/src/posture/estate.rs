//! What there is, what it is worth, and how well it is known.

use anyhow::Result;
use wire::assets::v1::asset_service_client::AssetServiceClient;
use wire::assets::v1::{Count, Ratio, SummarizeAssetsRequest, SummarizeAssetsResponse};

use super::share;
use crate::client::{Client, explain};
use crate::estate::id;

/// The estate, summed up.
///
/// # Errors
/// What the service has against the call.
pub async fn read(client: Client, organization: &str) -> Result<SummarizeAssetsResponse> {
    let request = SummarizeAssetsRequest { parent: format!("organizations/{organization}") };
    let mut client = AssetServiceClient::new(client);
    Ok(client.summarize_assets(request).await.map_err(|status| explain(&status))?.into_inner())
}

/// The estate for programs.
#[must_use]
pub fn json(estate: &SummarizeAssetsResponse) -> serde_json::Value {
    let counts = |counts: &[Count]| {
        counts.iter().map(|count| (count.key.clone(), count.count.into())).collect::<serde_json::Map<_, _>>()
    };
    let valuable = estate.most_valuable.iter().map(|asset| {
        serde_json::json!({"name": asset.name, "displayName": asset.display_name, "type": asset.r#type, "effectiveValue": asset.effective_value,
            "value": asset.value, "inheritedFrom": asset.inherited_from, "grade": asset.grade})
    });
    serde_json::json!({
        "assets": estate.assets, "dependencies": estate.dependencies, "sites": estate.sites, "types": counts(&estate.types),
        "states": counts(&estate.states), "grades": counts(&estate.grades), "classifications": counts(&estate.classifications),
        "siteTypes": counts(&estate.site_types), "known": counts(&estate.known), "inheriting": estate.inheriting,
        "mostValuable": valuable.collect::<Vec<_>>(), "deepestDependency": estate.deepest_dependency,
        "coverage": ratio(estate.coverage.as_ref()), "shadow": ratio(estate.shadow.as_ref()), "unlistedRate": ratio(estate.unlisted_rate.as_ref()),
        "siteTypeCoverage": estate.site_type_coverage.iter().map(|of| (of.key.clone(), ratio(Some(of)))).collect::<serde_json::Map<_, _>>(),
        "powerWatts": estate.power_watts, "pastEndOfLife": estate.past_end_of_life, "unlisted": estate.unlisted,
    })
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
    let percent = |count: i64| if estate.assets > 0 { 100 * count / estate.assets } else { 0 };
    let known: Vec<String> =
        estate.known.iter().map(|count| format!("{} {} %", count.key, percent(count.count))).collect();
    out.push_str(&format!("  {:<16}{}\n", "How well known", known.join(" · ")));
    out.push_str(&format!(
        "  {:<16}{} assets are worth more than their own rating, because of what depends on them\n",
        "Inherited", estate.inheriting
    ));
    let rate = |title: &str, ratio: Option<&Ratio>, what: &str| {
        ratio.map_or_else(String::new, |ratio| {
            format!("  {title:<16}{}: {what}\n", share(ratio.numerator, ratio.denominator))
        })
    };
    out.push_str(&rate("Coverage", estate.coverage.as_ref(), "verified within the review cycle"));
    if estate.site_type_coverage.len() > 1 {
        let by = estate.site_type_coverage.iter().take(8).map(|ratio| {
            format!(
                "{} {}",
                if ratio.key.is_empty() { "no site" } else { &ratio.key },
                share(ratio.numerator, ratio.denominator)
            )
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

fn ratio(ratio: Option<&Ratio>) -> serde_json::Value {
    ratio.map_or(
        serde_json::Value::Null,
        |ratio| serde_json::json!({"numerator": ratio.numerator, "denominator": ratio.denominator}),
    )
}
