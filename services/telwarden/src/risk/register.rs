//! `telwarden risk register`: the risks of an organization, as a table, JSON or CSV.

use anyhow::Result;
use wire::Choice as _;
use wire::risk::v1::risk::Score;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::{ListRisksRequest, Risk};

use crate::client::{Client, Connection, Output, explain};
use crate::surveys::time;

/// Which risks.
#[derive(Clone, Debug, clap::Args)]
pub struct Register {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// Only those that match, as AIP-160 writes it: `above_appetite = true`, `state = REOPENED`.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// Only those whose current level is above the appetite.
    #[arg(long)]
    pub above_appetite: bool,
    /// At most so many.
    #[arg(long, default_value_t = 10_000)]
    pub limit: usize,
    /// As CSV, one line a risk.
    #[arg(long)]
    pub csv: bool,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Register) -> Result<()> {
    let risks = risks(connection.open().await?, which).await?;
    if which.csv {
        print!("{}", csv(&risks));
        return Ok(());
    }
    match connection.output {
        Output::Json => println!("{}", serde_json::Value::from_iter(risks.iter().map(json))),
        Output::Table => print!("{}", drawn(&risks)),
    }
    Ok(())
}

/// The risks, the highest current level first.
///
/// # Errors
/// What the suite answers, explained.
pub async fn risks(client: Client, which: &Register) -> Result<Vec<Risk>> {
    let mut filter = which.filter.clone();
    if which.above_appetite {
        filter = if filter.is_empty() {
            "above_appetite = true".to_owned()
        } else {
            format!("({filter}) AND above_appetite = true")
        };
    }
    let (mut service, mut risks, mut page_token) = (RiskServiceClient::new(client), Vec::new(), String::new());
    while risks.len() < which.limit {
        let request = ListRisksRequest {
            parent: format!("organizations/{}", which.organization),
            page_size: i32::try_from((which.limit - risks.len()).min(1000)).unwrap_or(1000),
            page_token,
            filter: filter.clone(),
            order_by: "current_level desc".to_owned(),
        };
        let page = service.list_risks(request).await.map_err(|status| explain(&status))?.into_inner();
        risks.extend(page.risks);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(risks)
}

/// What a score comes to, for people.
fn level(score: Option<&Score>) -> String {
    match score {
        Some(score) if score.level >= 0 => format!("{} ({})", score.level_label, score.score),
        _ => "not scored".to_owned(),
    }
}

fn target(risk: &Risk) -> &str {
    let named = [&risk.asset, &risk.service, &risk.selector].into_iter().find(|name| !name.is_empty());
    named.map_or("", |name| {
        name.split_once("/").and_then(|(_, rest)| rest.split_once("/")).map_or(name, |(_, rest)| rest)
    })
}

/// As lines for a person.
#[must_use]
pub fn drawn(risks: &[Risk]) -> String {
    if risks.is_empty() {
        return "There are no such risks.\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(["risk", "what", "about", "inherent", "current", "residual", "state", "owner"]);
    for risk in risks {
        let mark = if risk.above_appetite { " !" } else { "" };
        let state = match risk.acceptance.as_ref().and_then(|given| given.until.as_ref()) {
            Some(until) if risk.state() == wire::risk::v1::risk::State::Accepted => {
                format!("{} until {}", risk.state().text(), time(Some(until)))
            }
            _ => risk.state().text().to_owned(),
        };
        table.add_row([
            risk.name.rsplit('/').next().unwrap_or_default().to_owned(),
            risk.display_name.clone(),
            target(risk).to_owned(),
            level(risk.inherent.as_ref()),
            format!("{}{mark}", level(risk.current.as_ref())),
            level(risk.residual.as_ref()),
            state,
            risk.owner.clone(),
        ]);
    }
    let above = risks.iter().filter(|risk| risk.above_appetite).count();
    format!("{table}\n{} risks, {above} above the appetite (!)\n", risks.len())
}

fn json(risk: &Risk) -> serde_json::Value {
    let score = |score: Option<&Score>| {
        score.map(|score| {
            serde_json::json!({"likelihood": score.likelihood, "consequence": score.consequence, "score": score.score,
                "level": score.level, "levelLabel": score.level_label})
        })
    };
    serde_json::json!({"name": risk.name, "displayName": risk.display_name, "about": target(risk),
        "inherent": score(risk.inherent.as_ref()), "current": score(risk.current.as_ref()),
        "residual": score(risk.residual.as_ref()), "aboveAppetite": risk.above_appetite, "state": risk.state().text(),
        "stateReason": risk.state_reason, "owner": risk.owner})
}

/// As CSV (RFC 4180), a header first.
#[must_use]
pub fn csv(risks: &[Risk]) -> String {
    let cell = |text: &str| {
        // What a spreadsheet would take for a formula is text.
        let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let number = |score: Option<&Score>| score.map_or_else(String::new, |score| score.level.to_string());
    let mut out = String::from(
        "name,display_name,about,inherent,current,residual,current_label,above_appetite,state,owner,threat,vulnerability\n",
    );
    for risk in risks {
        let label = risk.current.as_ref().map(|score| score.level_label.as_str()).unwrap_or_default();
        let cells = [
            cell(&risk.name),
            cell(&risk.display_name),
            cell(target(risk)),
            number(risk.inherent.as_ref()),
            number(risk.current.as_ref()),
            number(risk.residual.as_ref()),
            cell(label),
            risk.above_appetite.to_string(),
            risk.state().text().to_owned(),
            cell(&risk.owner),
            cell(&risk.threat),
            cell(&risk.vulnerability),
        ];
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_commas_and_a_formula_stay_one_cell_each() {
        let risk = Risk { display_name: "=1, \"two\"".to_owned(), above_appetite: true, ..Default::default() };
        let text = csv(&[risk]);
        let line = text.lines().nth(1).unwrap();
        assert!(line.contains(",\"'=1, \"\"two\"\"\","), "{line}");
        assert_eq!(text.lines().next().unwrap().split(',').count(), 12);
    }
}
