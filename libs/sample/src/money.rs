//! What the operator's risks cost: the models they are quantified by, in the form of docs/quantify.md.
//!
//! It is the same for every seed and size. Amounts are in euro a year or an event. The kinds of coverage are those of ITU-T X.1061, so that the
//! operator's insurance meets them.

/// What is quantified, and how.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// The currency of all amounts, as ISO 4217 codes it.
    pub currency: &'static str,
    /// How many years are simulated.
    pub years: i64,
    /// Where the draws begin.
    pub seed: i64,
    /// Each risk and its model.
    pub models: &'static [(&'static str, &'static str)],
    /// The quantification of all of them together: its id, and what people call it.
    pub portfolio: (&'static str, &'static str),
}

/// The quantified risks of the operator.
#[must_use]
pub fn money() -> &'static Money {
    &Money {
        currency: "EUR",
        years: 20_000,
        seed: 1,
        models: MODELS,
        portfolio: ("all-risks", "All quantified risks, as they are insured"),
    }
}

const MODELS: &[(&str, &str)] = &[
    ("flood-border", FLOOD),
    ("emergency-overload", OVERLOAD),
    ("core-unpatched", UNPATCHED),
    ("signalling-tracking", TRACKING),
    ("room-fire", FIRE),
    ("maintainer-access", MAINTAINER),
];

const FLOOD: &str = "\
scenarios:
  - id: flood
    frequency: {distribution: poisson, rate: 1.5}
    losses:
      - {coverage: business-interruption, severity: {distribution: outage, hours: {distribution: lognormal, p05: 0.5, p95: 10}, rate_per_hour: 45000}}
      - {coverage: incident-response, severity: {distribution: pert, low: 5000, mode: 20000, high: 120000}}
";

const OVERLOAD: &str = "\
scenarios:
  - id: overload
    frequency: {distribution: poisson, rate: 0.15}
    losses:
      - {coverage: incident-response, severity: {distribution: pert, low: 20000, mode: 60000, high: 400000}}
      - {coverage: regulatory-investigation, severity: {distribution: pert, low: 100000, mode: 400000, high: 3000000}}
";

const UNPATCHED: &str = "\
scenarios:
  - id: weakness
    fair:
      threat_event_frequency: {distribution: pert, low: 1, mode: 3, high: 12}
      threat_capability: {distribution: pert, low: 0.2, mode: 0.6, high: 0.95}
      resistance_strength: {distribution: pert, low: 0.4, mode: 0.75, high: 0.98}
      primary_loss: {distribution: lognormal, p05: 40000, p95: 1500000}
      secondary_loss_event_frequency: {distribution: uniform, low: 0.05, high: 0.25}
      secondary_loss_magnitude: {distribution: pert, low: 100000, mode: 500000, high: 5000000}
";

const TRACKING: &str = "\
scenarios:
  - id: tracking
    fair:
      contact_frequency: {distribution: pert, low: 20, mode: 60, high: 200}
      probability_of_action: {distribution: uniform, low: 0.02, high: 0.08}
      vulnerability: {distribution: pert, low: 0.1, mode: 0.3, high: 0.6}
      primary_loss: {distribution: lognormal, p05: 5000, p95: 120000}
      secondary_loss_event_frequency: {distribution: uniform, low: 0.01, high: 0.1}
      secondary_loss_magnitude: {distribution: pert, low: 50000, mode: 300000, high: 4000000}
";

const FIRE: &str = "\
scenarios:
  - id: fire
    frequency: {distribution: poisson, rate: 0.05}
    severity: {distribution: lognormal, p05: 300000, p95: 9000000}
";

const MAINTAINER: &str = "\
scenarios:
  - id: account
    frequency: {distribution: negative_binomial, mean: 0.6, variance: 1.1}
    severity: {distribution: lognormal, p05: 30000, p95: 2500000}
";

#[cfg(test)]
mod tests {
    use super::money;

    #[test]
    fn every_model_is_of_a_risk_of_the_operator() {
        for (risk, model) in money().models {
            assert!(crate::risks().iter().any(|one| one.id == *risk), "{risk}");
            assert!(model.starts_with("scenarios:\n"), "{risk}");
        }
    }
}
