//! `telwarden risk trend`: how the register went, day by day.

use anyhow::Result;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::trend_risks_response::Point;
use wire::risk::v1::{TrendRisksRequest, TrendRisksResponse};

use crate::client::{Client, Connection, Output, explain};

/// Of which risks, since when.
#[derive(Clone, Debug, clap::Args)]
pub struct Trend {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the criteria.
    #[arg(long, default_value = "matrix-5x5")]
    pub criteria: String,
    /// How many days back.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i32).range(1..=3660))]
    pub days: i32,
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Trend) -> Result<()> {
    let trend = trend(connection.open().await?, which).await?;
    match connection.output {
        Output::Json => println!("{}", json(&trend)),
        Output::Table => print!("{}", drawn(&trend)),
    }
    Ok(())
}

/// How the register of an organization went.
///
/// # Errors
/// What the suite answers, explained.
pub async fn trend(client: Client, which: &Trend) -> Result<TrendRisksResponse> {
    let parent = format!("organizations/{}", which.organization);
    let criteria = format!("{parent}/riskCriteria/{}", which.criteria);
    let request = TrendRisksRequest { parent, criteria, days: which.days };
    let answer = RiskServiceClient::new(client).trend_risks(request).await;
    Ok(answer.map_err(|status| explain(&status))?.into_inner())
}

/// As JSON.
#[must_use]
pub fn json(trend: &TrendRisksResponse) -> serde_json::Value {
    let point = |of: &Point| {
        serde_json::json!({"date": of.date, "count": of.count, "aboveAppetite": of.above_appetite,
            "levels": of.levels, "unscored": of.unscored})
    };
    serde_json::json!({"criteria": trend.criteria, "levelLabels": trend.level_labels,
        "points": trend.points.iter().map(point).collect::<Vec<_>>()})
}

/// As lines for a person: the first day, the last, and those on which something changed.
#[must_use]
pub fn drawn(trend: &TrendRisksResponse) -> String {
    let Some(last) = trend.points.last() else { return "Nothing is known of those days.\n".to_owned() };
    let mut table = comfy_table::Table::new();
    let labels = trend.level_labels.iter().rev().map(String::as_str);
    table.set_header(["day", "risks", "above the appetite"].into_iter().chain(labels).chain(["not scored"]));
    let mut before: Option<&Point> = None;
    for point in &trend.points {
        let same = |one: &Point| Point { date: point.date.clone(), ..one.clone() } == *point;
        if before.is_some_and(same) && point.date != last.date {
            continue;
        }
        before = Some(point);
        let level = |at: usize| point.levels.get(at).copied().unwrap_or_default();
        let levels = (0..trend.level_labels.len()).rev().map(level);
        let numbers = [point.count, point.above_appetite].into_iter().chain(levels).chain([point.unscored]);
        table.add_row(std::iter::once(point.date.clone()).chain(numbers.map(|number| number.to_string())));
    }
    format!("{table}\n")
}
