//! `telwarden risk quotes`: insurance quotes, ranked by the five criteria of ITU-T X.1061.

use anyhow::{Result, bail};
use clap::ValueEnum as _;
use wire::Choice as _;
use wire::risk::v1::compare_insurance_policies_request::Weight;
use wire::risk::v1::insurance_policy_service_client::InsurancePolicyServiceClient;
use wire::risk::v1::{CompareInsurancePoliciesRequest, CompareInsurancePoliciesResponse, insurance_policy};

use crate::client::{Client, Connection, Output, explain};

/// Which quotes, and what counts how much.
#[derive(Clone, Debug, clap::Args)]
pub struct Quotes {
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// A quote or policy, by its id; several times for several. All quotes where none is given.
    #[arg(long = "policy", value_name = "ID")]
    pub policies: Vec<String>,
    /// How much a criterion counts: `premium=2`; several times for several. All count the same where none is given.
    #[arg(long = "weight", value_name = "CRITERION=NUMBER", value_parser = weighed)]
    pub weights: Vec<(Criterion, f64)>,
    /// Judged only by the risks that match, as AIP-160 writes it.
    #[arg(long, default_value = "")]
    pub filter: String,
    /// Says of each score how it comes about.
    #[arg(long)]
    pub why: bool,
}

/// A criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Criterion {
    /// What is covered, and up to how much.
    Coverage,
    /// What is excluded.
    Exclusions,
    /// The excess and the waiting period.
    Excess,
    /// The premium.
    Premium,
    /// How the insurer deals with claims.
    ClaimInformation,
}

impl From<Criterion> for insurance_policy::Criterion {
    fn from(criterion: Criterion) -> Self {
        match criterion {
            Criterion::Coverage => Self::Coverage,
            Criterion::Exclusions => Self::Exclusions,
            Criterion::Excess => Self::Excess,
            Criterion::Premium => Self::Premium,
            Criterion::ClaimInformation => Self::ClaimInformation,
        }
    }
}

/// Reads `premium=2`.
fn weighed(text: &str) -> Result<(Criterion, f64)> {
    let known = Criterion::value_variants().iter().filter_map(|one| one.to_possible_value());
    let known = known.map(|one| one.get_name().to_owned()).collect::<Vec<_>>().join(", ");
    let Some((criterion, weight)) = text.split_once('=') else {
        bail!("write CRITERION=NUMBER, such as premium=2; criteria are {known}");
    };
    let Ok(criterion) = Criterion::from_str(criterion, true) else {
        bail!("{criterion} is no criterion: give one of {known}");
    };
    match weight.parse::<f64>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok((criterion, weight)),
        _ => bail!("{weight} is no weight: give a number from 0"),
    }
}

/// Runs the command.
///
/// # Errors
/// What the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Quotes) -> Result<()> {
    let ranked = quotes(connection.open().await?, which).await?;
    match connection.output {
        Output::Json => println!("{}", json(&ranked)),
        Output::Table => print!("{}", drawn(&ranked, which.why)),
    }
    Ok(())
}

/// The ranking.
///
/// # Errors
/// What the suite answers, explained.
pub async fn quotes(client: Client, which: &Quotes) -> Result<CompareInsurancePoliciesResponse> {
    let parent = format!("organizations/{}", which.organization);
    let weight = |(criterion, weight): &(Criterion, f64)| Weight {
        criterion: insurance_policy::Criterion::from(*criterion).into(),
        weight: *weight,
    };
    let request = CompareInsurancePoliciesRequest {
        policies: which.policies.iter().map(|id| format!("{parent}/insurancePolicies/{id}")).collect(),
        weights: which.weights.iter().map(weight).collect(),
        filter: which.filter.clone(),
        parent,
    };
    let answer = InsurancePolicyServiceClient::new(client).compare_insurance_policies(request).await;
    Ok(answer.map_err(|status| explain(&status))?.into_inner())
}

/// As lines for a person.
#[must_use]
pub fn drawn(ranked: &CompareInsurancePoliciesResponse, why: bool) -> String {
    if ranked.ranks.is_empty() {
        return "There are no quotes.\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(
        [
            "place",
            "quote",
            "insurer",
            "total",
            "coverage",
            "exclusions",
            "excess",
            "premium",
            "claims",
            "limit",
            "a year",
        ]
        .map(str::to_owned),
    );
    for rank in &ranked.ranks {
        let policy = rank.policy.clone().unwrap_or_default();
        let scores = rank.scores.iter().map(|score| format!("{:.2}", score.score));
        let first = [
            rank.place.to_string(),
            policy.name.rsplit('/').next().unwrap_or_default().to_owned(),
            rank.insurer_display_name.clone(),
            format!("{:.3}", rank.total),
        ];
        let money = |amount: f64| format!("{amount:.0} {}", policy.currency_code);
        table.add_row(first.into_iter().chain(scores).chain([money(policy.limit), money(policy.premium)]));
    }
    let mut out =
        format!("{table}\njudged by {} scenarios; each score 0 to 1, the higher the better\n", ranked.scenarios);
    for rank in ranked.ranks.iter().filter(|_| why) {
        let id = rank.policy.as_ref().and_then(|policy| policy.name.rsplit('/').next()).unwrap_or_default();
        for score in &rank.scores {
            let criterion = score.criterion().text().to_lowercase().replace('_', " ");
            out.push_str(&format!("{id}, {criterion} ({:.0} %): {}\n", 100.0 * score.weight, score.reason));
        }
    }
    out
}

fn json(ranked: &CompareInsurancePoliciesResponse) -> serde_json::Value {
    let score = |score: &wire::risk::v1::compare_insurance_policies_response::Score| serde_json::json!({"criterion": score.criterion().text(), "score": score.score, "weight": score.weight, "reason": score.reason});
    let rank = |rank: &wire::risk::v1::compare_insurance_policies_response::Rank| {
        let policy = rank.policy.clone().unwrap_or_default();
        serde_json::json!({"place": rank.place, "policy": policy.name, "insurer": rank.insurer_display_name, "total": rank.total,
            "premium": policy.premium, "limit": policy.limit, "currencyCode": policy.currency_code,
            "scores": rank.scores.iter().map(score).collect::<Vec<_>>()})
    };
    serde_json::json!({"scenarios": ranked.scenarios, "ranks": ranked.ranks.iter().map(rank).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_and_what_is_none_is_refused_with_what_there_is() {
        assert_eq!(weighed("claim-information=2.5").unwrap(), (Criterion::ClaimInformation, 2.5));
        for (text, part) in [
            ("premium", "CRITERION=NUMBER"),
            ("price=1", "claim-information"),
            ("premium=-1", "from 0"),
            ("premium=NaN", "from 0"),
        ] {
            let refused = weighed(text).unwrap_err().to_string();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }
}
