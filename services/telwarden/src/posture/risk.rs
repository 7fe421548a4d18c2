//! Risks in the posture: the heat map, what is above the appetite, and which acceptances end.

use anyhow::Result;
use wire::risk::v1 as api;
use wire::risk::v1::risk::State;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::{HeatmapRisksResponse, ListRisksRequest, Risk, SummarizeRisksResponse, TrendRisksResponse};

use super::{Tally, tallied};
use crate::client::{Client, explain};
use crate::risk::heatmap::{self, Heatmap, Seen};
use crate::risk::trend::{self, Trend};
use crate::surveys::time;

/// The criteria whose heat map is shown.
const CRITERIA: &str = "matrix-5x5";
/// What ends within so many days is shown.
const SOON: i32 = 30;
/// How many of each list are shown.
const SHOWN: i32 = 10;

/// How it stands with risks.
#[derive(Debug, Default)]
pub struct Risks {
    /// How many stand where.
    pub heatmap: HeatmapRisksResponse,
    /// How it went in the last days.
    pub trend: TrendRisksResponse,
    /// The sums.
    pub summary: SummarizeRisksResponse,
    /// Some of those above the appetite, the highest first.
    pub above_appetite: Vec<Risk>,
    /// Some of those whose acceptance ends soon, what ends first first.
    pub ending_acceptances: Vec<Risk>,
}

/// Reads how it stands.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str) -> Result<Risks> {
    let parent = format!("organizations/{organization}");
    let which = Heatmap {
        organization: organization.to_owned(),
        criteria: CRITERIA.to_owned(),
        view: Seen::Current,
        filter: String::new(),
        svg: None,
    };
    let heatmap = heatmap::heatmap(client.clone(), &which).await?;
    let which = Trend { organization: organization.to_owned(), criteria: CRITERIA.to_owned(), days: SOON };
    let trend = trend::trend(client.clone(), &which).await?;
    let mut service = RiskServiceClient::new(client);
    let request = api::SummarizeRisksRequest { parent: parent.clone(), expiring_days: SOON };
    let summary = service.summarize_risks(request).await.map_err(|status| explain(&status))?.into_inner();
    let mut list = async |filter: &str, order_by: &str| {
        let (parent, filter, order_by) = (parent.clone(), filter.to_owned(), order_by.to_owned());
        let request = ListRisksRequest { parent, filter, order_by, page_size: SHOWN, ..Default::default() };
        Ok::<_, anyhow::Error>(service.list_risks(request).await.map_err(|status| explain(&status))?.into_inner().risks)
    };
    let above_appetite = list("above_appetite = true", "current_level desc").await?;
    let mut ending = list("state = ACCEPTED", "acceptance_until").await?;
    let until = |risk: &Risk| risk.acceptance.as_ref().and_then(|given| given.until);
    ending.retain(|risk| super::within(until(risk).as_ref(), SOON.into()));
    Ok(Risks { heatmap, trend, summary, above_appetite, ending_acceptances: ending })
}

/// Risks by state.
fn states(found: &Risks) -> Tally {
    found
        .summary
        .states
        .iter()
        .map(|one| (State::try_from(one.state).unwrap_or_default().as_str_name().to_owned(), one.count))
        .collect()
}

/// The part of the posture as JSON.
#[must_use]
pub fn json(found: &Risks) -> serde_json::Value {
    let until = |risk: &Risk| risk.acceptance.as_ref().and_then(|given| given.until.as_ref()).map(ToString::to_string);
    serde_json::json!({
        "heatmap": heatmap::json(&found.heatmap), "trend": trend::json(&found.trend), "count": found.summary.count, "states": states(found),
        "aboveAppetite": found.summary.above_appetite, "acceptancesExpiring": found.summary.acceptances_expiring,
        "treatmentsOverdue": found.summary.treatments_overdue,
        "highestAboveAppetite": found.above_appetite.iter().map(|risk| serde_json::json!({"name": risk.name,
            "displayName": risk.display_name, "level": risk.current.as_ref().map(|score| score.level_label.as_str())})).collect::<Vec<_>>(),
        "endingAcceptances": found.ending_acceptances.iter().map(|risk| serde_json::json!({"name": risk.name, "until": until(risk)})).collect::<Vec<_>>(),
    })
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: &Risks) -> String {
    let of = &found.summary;
    let mut out = format!("\n  Risks: {}, by state {}\n", of.count, tallied(&states(found)));
    if of.count == 0 {
        return out;
    }
    for line in heatmap::grid(&found.heatmap).lines() {
        out.push_str(&format!("    {line}\n"));
    }
    out.push_str(&format!(
        "    above the appetite: {}; treatments OVERDUE: {}\n",
        of.above_appetite, of.treatments_overdue
    ));
    if let [first, .., last] = found.trend.points.as_slice() {
        out.push_str(&format!(
            "    since {}: {} risks became {}, {} above the appetite became {}\n",
            first.date, first.count, last.count, first.above_appetite, last.above_appetite
        ));
    }
    for risk in &found.above_appetite {
        let level = risk.current.as_ref().map(|score| score.level_label.as_str()).unwrap_or_default();
        out.push_str(&format!("      {level}: {} ({})\n", risk.display_name, risk.state().as_str_name()));
    }
    out.push_str(&format!("    acceptances that end within {SOON} days: {}\n", of.acceptances_expiring));
    for risk in &found.ending_acceptances {
        let until = risk.acceptance.as_ref().and_then(|given| given.until.as_ref());
        out.push_str(&format!("      {}, until {}\n", risk.display_name, time(until)));
    }
    out
}
