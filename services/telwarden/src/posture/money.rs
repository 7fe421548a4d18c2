//! What risks cost in the posture: the expected and the tail loss of a year, with and without insurance, by the newest quantification of many risks.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};
use wire::risk::v1::{AnnualLosses, LossFigures, Quantification};

use super::may;
use crate::client::{Client, explain};
use crate::money::newest;
use crate::risk::quantify::amount;
use crate::surveys::time;

/// What the newest quantification of a portfolio came to.
#[derive(Debug)]
pub struct Money {
    /// The quantification.
    pub of: Quantification,
    /// Before insurance.
    pub gross: LossFigures,
    /// After insurance; none where there is no policy.
    pub retained: Option<LossFigures>,
    /// What the policies cost a year.
    pub premium: f64,
}

/// What it takes to read it: not every viewer may, since a model may hold the terms of insurance policies.
const RESTRICTED: &str = "risk.quantifications.readRestricted";

/// Reads how it stands; none where no portfolio was quantified, or where `roles` are known not to hold what reading takes: who looks at a screen is not
/// to leave the trace of an attempt.
///
/// # Errors
/// What the service has against a call.
pub async fn read(client: Client, organization: &str, roles: Option<&BTreeSet<String>>) -> Result<Option<Money>> {
    if !may(roles, RESTRICTED) {
        return Ok(None);
    }
    let parent = format!("organizations/{organization}");
    let newest = match newest(&client, &parent, "state = DONE AND risk = \"\"").await {
        Err(status) if status.code() == tonic::Code::PermissionDenied => return Ok(None),
        answer => answer.map_err(|status| explain(&status))?,
    };
    Ok(newest.and_then(|mut of| {
        let AnnualLosses { gross, retained, .. } = of.portfolio.take()?;
        let outcome = of.outcome.take().map(wire::json::of_struct).unwrap_or_default();
        let policies = outcome.pointer("/portfolio/policies").and_then(Value::as_object).into_iter().flatten();
        let premium = policies.filter_map(|(_, policy)| policy["premium"].as_f64()).sum();
        Some(Money { of, gross: gross?, retained, premium })
    }))
}

/// The part of the posture as JSON.
#[must_use]
pub fn json(found: Option<&Money>) -> Value {
    let losses = |of: &LossFigures| json!({"expectedLoss": of.mean, "expectedLossError": of.mean_error, "tailLoss": of.tvar99, "tailLossError": of.tvar99_error});
    found.map_or(Value::Null, |found| {
        json!({
            "quantification": found.of.name, "currencyCode": found.of.currency_code, "years": found.of.years,
            "risks": found.of.scenarios.len(), "premium": found.premium,
            "withoutInsurance": losses(&found.gross), "withInsurance": found.retained.as_ref().map(losses),
        })
    })
}

/// The part of the posture as lines for a person.
#[must_use]
pub fn text(found: Option<&Money>) -> String {
    let Some(found) = found else {
        return "\n  Money: no risks were quantified together, or you may not see it (docs/quantify.md)\n".to_owned();
    };
    let of = &found.of;
    let mut out = format!(
        "\n  Money, {} a year, by {} scenarios and {} simulated years of {}\n",
        if of.currency_code.is_empty() { "in the currency of the model" } else { &of.currency_code },
        of.scenarios.len(),
        amount(Some(of.years as f64)),
        time(of.end_time.as_ref()),
    );
    let mut line = |what: &str, of: &LossFigures| {
        let (expected, tail) = (amount(Some(of.mean)), amount(Some(of.tvar99)));
        out.push_str(&format!("    {what}: expected {expected}, the worst hundredth of the years {tail}\n"));
    };
    line("without insurance", &found.gross);
    if let Some(retained) = &found.retained {
        line("with insurance   ", retained);
        out.push_str(&format!("    premiums: {}\n", amount(Some(found.premium))));
    }
    out
}
