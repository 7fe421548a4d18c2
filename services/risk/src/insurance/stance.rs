//! What a policy says of a scenario: covered, partly, excluded, silent or unclear, with why and what decides (ITU-T X.1061, 10 and 11).
//!
//! A scenario is a risk: its peril, and what it costs. Exclusions are asked first, since cover that is taken out again is none.

use wire::risk::v1::insurance_policy::{Coverage, Exclusion, Stance};
use wire::risk::v1::map_insurance_coverage_response::Cell;
use wire::risk::v1::{InsurancePolicy, Risk};

use super::words::{cost_types_of, words};

/// What an exclusion does to a peril.
enum Reach<'a> {
    Excludes(&'a Exclusion),
    Unclear(&'a Exclusion),
}

/// What a policy says of a scenario.
pub(crate) fn cell(policy: &InsurancePolicy, risk: &Risk) -> Cell {
    let mut cell = Cell { policy: policy.name.clone(), ..Cell::default() };
    let wanted = cost_types_of(risk);
    if risk.peril.is_empty() || wanted.is_empty() {
        return tell(
            cell,
            Stance::Unclear,
            "the risk does not say its peril, so that no policy can be held against it",
            "",
        );
    }
    let reach = reach(policy, &risk.peril);
    if let Some(Reach::Excludes(exclusion)) = reach {
        cell.missing_cost_types = wanted.to_vec();
        let reason = format!("{} is excluded: {}", risk.peril, said(exclusion));
        return tell(cell, Stance::Excluded, &reason, &decided_by_exclusion(exclusion));
    }
    for cost_type in wanted {
        let kinds = if paying(policy, &risk.peril, cost_type).is_some() {
            &mut cell.covered_cost_types
        } else {
            &mut cell.missing_cost_types
        };
        kinds.push(cost_type.clone());
    }
    let first = wanted.iter().find_map(|cost_type| paying(policy, &risk.peril, cost_type));
    let Some(first) = first else {
        let reason = format!("it has neither a coverage nor an exclusion that meets {}", risk.peril);
        return tell(cell, Stance::Silent, &reason, "");
    };
    if let Some(Reach::Unclear(exclusion)) = reach {
        let reason = format!("whether {} is excluded, the wording leaves open: {}", risk.peril, said(exclusion));
        return tell(cell, Stance::Unclear, &reason, &decided_by_exclusion(exclusion));
    }
    let decided_by = decided_by_coverage(first);
    if !cell.missing_cost_types.is_empty() {
        let reason = format!("nothing pays for {}", cell.missing_cost_types.join(", "));
        return tell(cell, Stance::Partly, &reason, &decided_by);
    }
    match short(policy, risk) {
        Some(reason) => tell(cell, Stance::Partly, &reason, &decided_by),
        None => tell(cell, Stance::Covered, "it pays for all cost types of the risk, up to its terms", &decided_by),
    }
}

/// The best that any of them says; SILENT where there is none.
pub(crate) fn best(cells: &[Cell]) -> Stance {
    let order = [Stance::Covered, Stance::Partly, Stance::Unclear, Stance::Silent, Stance::Excluded];
    order.into_iter().find(|stance| cells.iter().any(|cell| cell.stance() == *stance)).unwrap_or(Stance::Silent)
}

/// The coverage of a policy that pays for a cost type of a peril.
pub(crate) fn paying<'a>(policy: &'a InsurancePolicy, peril: &str, cost_type: &str) -> Option<&'a Coverage> {
    let kind = &words().cost_type(cost_type)?.coverage;
    let meets =
        |one: &&Coverage| one.kind == *kind && (one.perils.is_empty() || one.perils.iter().any(|of| of == peril));
    policy.coverages.iter().find(meets)
}

fn tell(mut cell: Cell, stance: Stance, reason: &str, decided_by: &str) -> Cell {
    cell.set_stance(stance);
    reason.clone_into(&mut cell.reason);
    decided_by.clone_into(&mut cell.decided_by);
    cell
}

/// The exclusion that meets a peril: one that takes it out before one of which that is not clear.
fn reach<'a>(policy: &'a InsurancePolicy, peril: &str) -> Option<Reach<'a>> {
    let is = |perils: &[String]| perils.iter().any(|one| one == peril);
    let mut unclear = None;
    for exclusion in policy.exclusions.iter().filter(|one| !is(&one.carve_backs)) {
        let Some(known) = words().exclusion(&exclusion.kind) else { continue };
        if is(&known.excludes) && !exclusion.ambiguous {
            return Some(Reach::Excludes(exclusion));
        }
        if is(&known.excludes) || is(&known.unclear) {
            unclear = Some(Reach::Unclear(exclusion));
        }
    }
    unclear
}

fn said(exclusion: &Exclusion) -> String {
    if !exclusion.wording.is_empty() {
        return exclusion.wording.clone();
    }
    words().exclusion(&exclusion.kind).map_or(String::new(), |known| known.label.clone())
}

fn decided_by_exclusion(exclusion: &Exclusion) -> String {
    let clause = words().exclusion(&exclusion.kind).map_or("", |known| known.clause.as_str());
    decided("exclusion", &exclusion.kind, &exclusion.clause, clause)
}

fn decided_by_coverage(coverage: &Coverage) -> String {
    let clause = words().coverage(&coverage.kind).map_or("", |known| known.clause.as_str());
    decided("coverage", &coverage.kind, &coverage.clause, clause)
}

/// `exclusion infrastructure, clause 4.2 (X.1061 10.5)`.
fn decided(what: &str, kind: &str, own: &str, clause: &str) -> String {
    let own = if own.is_empty() { String::new() } else { format!(", clause {own}") };
    format!("{what} {kind}{own} (X.1061 {clause})")
}

/// Why what it pays for one event does not reach what one event of the risk is estimated to cost, if it does not.
fn short(policy: &InsurancePolicy, risk: &Risk) -> Option<String> {
    let loss = risk.loss.as_ref().filter(|loss| loss.currency_code == policy.currency_code)?;
    let top = policy.attachment + policy.excess + policy.limit;
    if loss.single_loss > top {
        return Some(format!("one event is estimated at {:.0}, and its layer ends at {top:.0}", loss.single_loss));
    }
    let sublimits = cost_types_of(risk).iter().filter_map(|cost_type| paying(policy, &risk.peril, cost_type));
    let total: f64 = sublimits.map(|one| if one.sublimit > 0.0 { one.sublimit } else { f64::INFINITY }).sum();
    (loss.single_loss > total)
        .then(|| format!("one event is estimated at {:.0}, and the sublimits come to {total:.0}", loss.single_loss))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::risk::LossEstimate;

    fn coverage(kind: &str) -> Coverage {
        Coverage { kind: kind.to_owned(), ..Coverage::default() }
    }

    fn cyber(exclusions: &[&str]) -> InsurancePolicy {
        InsurancePolicy {
            currency_code: "EUR".to_owned(),
            limit: 5_000_000.0,
            coverages: ["business-interruption", "incident-response", "data-restoration", "cyber-extortion"]
                .map(coverage)
                .to_vec(),
            exclusions: exclusions
                .iter()
                .map(|kind| Exclusion { kind: (*kind).to_owned(), clause: "4.2".to_owned(), ..Exclusion::default() })
                .collect(),
            ..InsurancePolicy::default()
        }
    }

    fn risk(peril: &str) -> Risk {
        Risk { peril: peril.to_owned(), ..Risk::default() }
    }

    #[test]
    fn the_infrastructure_exclusion_takes_an_outage_out_and_makes_that_of_own_systems_unclear() {
        let policy = cyber(&["infrastructure"]);
        let outage = cell(&policy, &risk("infrastructure-outage"));
        assert_eq!(outage.stance(), Stance::Excluded);
        assert_eq!(outage.decided_by, "exclusion infrastructure, clause 4.2 (X.1061 10.5)");
        assert_eq!(cell(&policy, &risk("system-failure")).stance(), Stance::Unclear);
        assert_eq!(cell(&policy, &risk("ransomware")).stance(), Stance::Covered);
        assert_eq!(cell(&cyber(&[]), &risk("infrastructure-outage")).stance(), Stance::Covered);
    }

    #[test]
    fn what_is_carved_back_is_covered_and_what_is_worded_openly_is_unclear() {
        let mut policy = cyber(&["infrastructure"]);
        policy.exclusions[0].carve_backs = vec!["infrastructure-outage".to_owned()];
        assert_eq!(cell(&policy, &risk("infrastructure-outage")).stance(), Stance::Covered);
        policy.exclusions[0].carve_backs.clear();
        policy.exclusions[0].ambiguous = true;
        assert_eq!(cell(&policy, &risk("infrastructure-outage")).stance(), Stance::Unclear);
    }

    #[test]
    fn what_nothing_pays_for_is_partly_covered_or_silent() {
        let breach = cell(&cyber(&[]), &risk("data-breach"));
        assert_eq!(breach.stance(), Stance::Partly);
        assert_eq!(breach.missing_cost_types, ["legal-costs", "privacy-liability", "regulatory-investigation"]);
        assert_eq!(cell(&cyber(&[]), &risk("media-liability")).stance(), Stance::Silent);
        assert_eq!(cell(&cyber(&[]), &risk("")).stance(), Stance::Unclear);
        // A coverage for other perils does not pay for this one.
        let mut narrow = cyber(&[]);
        for one in &mut narrow.coverages {
            one.perils = vec!["ransomware".to_owned()];
        }
        assert_eq!(cell(&narrow, &risk("denial-of-service")).stance(), Stance::Silent);
    }

    #[test]
    fn what_is_greater_than_the_layer_or_its_sublimits_is_partly_covered() {
        let loss =
            |single_loss| LossEstimate { currency_code: "EUR".to_owned(), single_loss, ..LossEstimate::default() };
        let mut great = risk("denial-of-service");
        great.cost_types = vec!["business-interruption".to_owned()];
        great.loss = Some(loss(6_000_000.0));
        assert!(cell(&cyber(&[]), &great).reason.contains("ends at 5000000"));
        great.loss = Some(loss(1_000_000.0));
        let mut policy = cyber(&[]);
        assert_eq!(cell(&policy, &great).stance(), Stance::Covered);
        policy.coverages[0].sublimit = 500_000.0;
        assert!(cell(&policy, &great).reason.contains("sublimits come to 500000"));
    }

    #[test]
    fn the_best_of_several_counts() {
        let of = |stance: Stance| Cell { stance: stance.into(), ..Cell::default() };
        assert_eq!(best(&[of(Stance::Excluded), of(Stance::Partly), of(Stance::Silent)]), Stance::Partly);
        assert_eq!(best(&[]), Stance::Silent);
    }
}
