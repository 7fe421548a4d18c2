//! `telwarden risk coverage`: what insurance policies say of each scenario, as a matrix.

use anyhow::Result;
use wire::Choice as _;
use wire::risk::v1::insurance_policy::Stance;
use wire::risk::v1::insurance_policy_service_client::InsurancePolicyServiceClient;
use wire::risk::v1::map_insurance_coverage_response::Row;
use wire::risk::v1::{MapInsuranceCoverageRequest, MapInsuranceCoverageResponse};

use crate::client::{Client, Connection, Output, explain};

/// Scenarios to a page: each holds a text for each policy.
const PAGE: usize = 200;

/// Which scenarios, against which policies.
#[derive(Clone, Debug, clap::Args)]
pub struct Coverage {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// A policy or quote, by its id; several times for several. Those that cover at present where none is given.
    #[arg(long = "policy", value_name = "ID")]
    pub policies: Vec<String>,
    /// Only the risks that match, as AIP-160 writes it: `above_appetite = true`, `peril = "ransomware"`.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// Says of everything that is not covered why, and which clause decides.
    #[arg(long)]
    pub why: bool,
    /// At most so many scenarios.
    #[arg(long, default_value_t = 10_000)]
    pub limit: usize,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Coverage) -> Result<()> {
    let map = coverage(connection.open().await?, which).await?;
    match connection.output {
        Output::Json => println!("{}", json(&map)),
        Output::Table => print!("{}", drawn(&map, which.why)),
    }
    Ok(())
}

/// The matrix, page by page.
///
/// # Errors
/// What the suite answers, explained.
pub async fn coverage(client: Client, which: &Coverage) -> Result<MapInsuranceCoverageResponse> {
    let parent = format!("organizations/{}", which.organization);
    let mut service = InsurancePolicyServiceClient::new(client);
    let (mut whole, mut page_token) = (MapInsuranceCoverageResponse::default(), String::new());
    while whole.rows.len() < which.limit {
        let request = MapInsuranceCoverageRequest {
            parent: parent.clone(),
            policies: which.policies.iter().map(|id| format!("{parent}/insurancePolicies/{id}")).collect(),
            filter: which.filter.clone(),
            page_size: i32::try_from((which.limit - whole.rows.len()).min(PAGE)).unwrap_or_default(),
            page_token,
        };
        let page = service.map_insurance_coverage(request).await.map_err(|status| explain(&status))?.into_inner();
        whole.policies = page.policies;
        whole.rows.extend(page.rows);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(whole)
}

/// A stance in a word.
fn word(stance: Stance) -> String {
    stance.text().to_lowercase()
}

/// As lines for a person.
#[must_use]
pub fn drawn(map: &MapInsuranceCoverageResponse, why: bool) -> String {
    if map.rows.is_empty() {
        return "There are no such risks.\n".to_owned();
    }
    if map.policies.is_empty() {
        return "No policy covers at present: name quotes with --policy.\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    let named = map.policies.iter().map(|policy| policy.display_name.clone());
    table.set_header(["risk".to_owned(), "peril".to_owned()].into_iter().chain(named).chain(["best".to_owned()]));
    for row in &map.rows {
        let peril = if row.peril.is_empty() { "not set" } else { &row.peril };
        let cells = row.cells.iter().map(|cell| word(cell.stance()));
        table.add_row([row.display_name.clone(), peril.to_owned()].into_iter().chain(cells).chain([word(row.best())]));
    }
    let mut out = format!("{table}\n{}\n", counted(&map.rows));
    for row in map.rows.iter().filter(|_| why) {
        if row.peril.is_empty() {
            // It is the same for every policy.
            out.push_str(&format!("{}: unclear: the risk does not say its peril\n", row.display_name));
            continue;
        }
        for (cell, policy) in row.cells.iter().zip(&map.policies).filter(|(cell, _)| cell.stance() != Stance::Covered) {
            let clause = if cell.decided_by.is_empty() { String::new() } else { format!(" [{}]", cell.decided_by) };
            let stance = word(cell.stance());
            out.push_str(&format!(
                "{}, {}: {stance}: {}{clause}\n",
                row.display_name, policy.display_name, cell.reason
            ));
        }
    }
    out
}

/// `7 scenarios: 2 covered, 3 partly, 1 excluded, 1 unclear`, by the best of the policies.
#[must_use]
pub fn counted(rows: &[Row]) -> String {
    let order = [Stance::Covered, Stance::Partly, Stance::Excluded, Stance::Silent, Stance::Unclear];
    let count = |stance: &Stance| rows.iter().filter(|row| row.best() == *stance).count();
    let told =
        order.iter().filter(|stance| count(stance) > 0).map(|stance| format!("{} {}", count(stance), word(*stance)));
    format!("{} scenarios: {}", rows.len(), told.collect::<Vec<_>>().join(", "))
}

/// As JSON.
#[must_use]
pub fn json(map: &MapInsuranceCoverageResponse) -> serde_json::Value {
    let cell = |cell: &wire::risk::v1::map_insurance_coverage_response::Cell| {
        serde_json::json!({"policy": cell.policy, "stance": cell.stance().text(), "reason": cell.reason, "decidedBy": cell.decided_by,
            "coveredCostTypes": cell.covered_cost_types, "missingCostTypes": cell.missing_cost_types})
    };
    let row = |row: &Row| {
        serde_json::json!({"risk": row.risk, "displayName": row.display_name, "peril": row.peril, "best": row.best().text(),
            "cells": row.cells.iter().map(cell).collect::<Vec<_>>()})
    };
    serde_json::json!({"policies": map.policies.iter().map(|policy| &policy.name).collect::<Vec<_>>(),
        "rows": map.rows.iter().map(row).collect::<Vec<_>>()})
}
