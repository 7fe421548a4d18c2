//! What a scenario wants that no policy gives: none that pays, or less than it is estimated to cost (ITU-T X.1061, 7 and 9).

use wire::risk::v1::analyze_insurance_need_response::{Need, Row};
use wire::risk::v1::insurance_policy::Stance;
use wire::risk::v1::{InsurancePolicy, Risk};

use super::stance::{self, cell, paying};
use super::terms::{begins, layer};
use super::words::cost_types_of;

/// What a scenario wants, by the policies that cover.
pub(crate) fn row(policies: &[InsurancePolicy], risk: &Risk) -> Row {
    let cells: Vec<_> = policies.iter().map(|policy| cell(policy, risk)).collect();
    let best = stance::best(&cells);
    let mut row = Row {
        risk: risk.name.clone(),
        display_name: risk.display_name.clone(),
        peril: risk.peril.clone(),
        ..Row::default()
    };
    let said =
        cells.iter().find(|cell| cell.stance() == best).map_or("no policy covers at present", |cell| &cell.reason);
    let paying: Vec<&InsurancePolicy> = policies
        .iter()
        .zip(&cells)
        .filter(|(_, cell)| matches!(cell.stance(), Stance::Covered | Stance::Partly))
        .map(|(policy, _)| policy)
        .collect();
    let reached = estimate(&mut row, &paying, risk);
    let (need, reason) = match best {
        Stance::Covered if reached => (Need::Met, said.to_owned()),
        Stance::Covered => {
            let reason = format!("one event is estimated at {:.0}, and the policies end below that", row.single_loss);
            (Need::UnderInsured, reason)
        }
        Stance::Partly => (Need::UnderInsured, said.to_owned()),
        Stance::Unclear => (Need::Undecided, said.to_owned()),
        _ => (Need::Uninsured, said.to_owned()),
    };
    row.set_need(need);
    row.reason = reason;
    row
}

/// Works out what one event costs, what is paid of it and what is left, in the currency of the estimate. Gives whether the layers reach that far; they
/// do where nobody knows what it costs.
fn estimate(row: &mut Row, policies: &[&InsurancePolicy], risk: &Risk) -> bool {
    let Some(loss) = risk.loss.as_ref().filter(|loss| loss.single_loss > 0.0) else { return true };
    let same: Vec<&&InsurancePolicy> =
        policies.iter().filter(|policy| policy.currency_code == loss.currency_code).collect();
    row.currency_code.clone_from(&loss.currency_code);
    row.single_loss = loss.single_loss;
    row.paid = same.iter().map(|policy| layer(policy, loss.single_loss.min(most(policy, risk)))).sum();
    row.paid = row.paid.min(row.single_loss);
    row.retained = row.single_loss - row.paid;
    // A policy in another currency is not held against the estimate.
    same.is_empty() || same.iter().any(|policy| loss.single_loss <= begins(policy) + policy.limit)
}

/// The most of an event of a risk that is insured under all coverages of a policy that meet it.
fn most(policy: &InsurancePolicy, risk: &Risk) -> f64 {
    let meeting = cost_types_of(risk).iter().filter_map(|cost_type| paying(policy, &risk.peril, cost_type));
    meeting.map(|one| if one.sublimit > 0.0 { one.sublimit } else { f64::INFINITY }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::insurance_policy::{Coverage, Exclusion};
    use wire::risk::v1::risk::LossEstimate;

    fn ransom(single_loss: f64) -> Risk {
        let loss = LossEstimate { currency_code: "EUR".to_owned(), single_loss, ..LossEstimate::default() };
        Risk {
            peril: "ransomware".to_owned(),
            cost_types: vec!["data-restoration".to_owned()],
            loss: Some(loss),
            ..Risk::default()
        }
    }

    fn layered(attachment: f64, limit: f64) -> InsurancePolicy {
        InsurancePolicy {
            currency_code: "EUR".to_owned(),
            attachment,
            limit,
            coverages: vec![Coverage { kind: "data-restoration".to_owned(), ..Coverage::default() }],
            ..InsurancePolicy::default()
        }
    }

    #[test]
    fn a_tower_meets_what_one_layer_does_not() {
        let primary = InsurancePolicy { excess: 50_000.0, ..layered(0.0, 450_000.0) };
        let alone = row(std::slice::from_ref(&primary), &ransom(800_000.0));
        assert_eq!((alone.need(), alone.paid, alone.retained), (Need::UnderInsured, 450_000.0, 350_000.0));
        let tower = row(&[primary, layered(500_000.0, 1_000_000.0)], &ransom(800_000.0));
        assert_eq!((tower.need(), tower.paid, tower.retained), (Need::Met, 750_000.0, 50_000.0));
    }

    #[test]
    fn what_nobody_pays_for_is_uninsured_and_what_is_open_undecided() {
        let mut policy = layered(0.0, 450_000.0);
        assert_eq!(row(&[], &ransom(1.0)).need(), Need::Uninsured);
        assert_eq!(
            row(&[policy.clone()], &Risk { peril: "media-liability".to_owned(), ..Risk::default() }).need(),
            Need::Uninsured
        );
        policy.exclusions = vec![Exclusion { kind: "infrastructure".to_owned(), ..Exclusion::default() }];
        let outage = Risk { peril: "infrastructure-outage".to_owned(), ..Risk::default() };
        let excluded = row(&[policy.clone()], &outage);
        assert!(excluded.need() == Need::Uninsured && excluded.reason.contains("excluded"), "{}", excluded.reason);
        let system = Risk { peril: "system-failure".to_owned(), ..Risk::default() };
        assert_eq!(row(&[policy], &system).need(), Need::Undecided);
    }
}
