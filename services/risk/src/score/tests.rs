//! The vectors of domain.md §17, and what holds for every risk.

use proptest::prelude::*;
use wire::risk::v1::risk_criteria::MatrixRow;

use super::*;
use crate::risk_criteria::shipped;

fn criteria(key: &str) -> RiskCriteria {
    shipped::criteria().into_iter().find(|(id, _)| id == key).map(|(_, criteria)| criteria).unwrap_or_default()
}

fn inputs(likelihood: i32, ease: i32, service: i32, asset_value: f64) -> Inputs {
    let consequences = Consequences { service, confidentiality: service, ..Consequences::default() };
    Inputs { likelihood, ease, consequences, asset_value }
}

/// The score with controls and treatments.
fn scored(criteria: &RiskCriteria, inputs: &Inputs, reductions: &[Reduction], targets: &[Target]) -> Score {
    scores(criteria, inputs, reductions, targets).residual
}

#[test]
fn the_matrix_of_27005() {
    let criteria = criteria("matrix-5x5");
    let grid = [[0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [1, 1, 2, 3, 3], [1, 2, 3, 3, 4], [2, 3, 3, 4, 4]];
    for (row, likelihood) in grid.iter().zip(1..) {
        for (level, consequence) in row.iter().zip(1..) {
            let score = scored(&criteria, &inputs(likelihood, 0, consequence, 0.0), &[], &[]);
            let expected = (likelihood, consequence, *level, *level);
            assert_eq!((score.likelihood, score.consequence, score.score, score.level), expected);
            assert_eq!(level_at(&criteria, likelihood, consequence), *level);
        }
    }
    assert_eq!(scored(&criteria, &inputs(5, 0, 5, 0.0), &[], &[]).level_label, "very high");
}

#[test]
fn a_matrix_that_has_holes_or_falls_is_refused_with_the_place() {
    let rows = |rows: &[&[i32]]| -> Vec<MatrixRow> {
        rows.iter().map(|levels| MatrixRow { levels: levels.to_vec() }).collect()
    };
    assert_eq!(sound(&rows(&[&[0, 1], &[0, 2]]), 2, 2, 3), Ok(()));
    assert_eq!(sound(&rows(&[&[0, 1]]), 2, 2, 3), Err(Unsound::Rows(1, 2)));
    assert_eq!(sound(&rows(&[&[0, 1], &[0]]), 2, 2, 3), Err(Unsound::Cells(2, 1, 2)));
    assert_eq!(sound(&rows(&[&[0, 3], &[0, 3]]), 2, 2, 3), Err(Unsound::Level(1, 2)));
    assert_eq!(sound(&rows(&[&[0, -1], &[0, 1]]), 2, 2, 3), Err(Unsound::Level(1, 2)));
    assert_eq!(sound(&rows(&[&[1, 0], &[1, 1]]), 2, 2, 3), Err(Unsound::FallsRight(1, 2)));
    assert_eq!(sound(&rows(&[&[0, 2], &[0, 1]]), 2, 2, 3), Err(Unsound::FallsDown(2, 2)));
}

#[test]
fn the_ranks_of_0_to_8() {
    let criteria = criteria("additive-0-8");
    // Asset value, threat, ease; the rank, the band.
    for (value, threat, ease, rank, level, label) in
        [(4, 2, 2, 8, 2, "high"), (2, 1, 0, 3, 1, "medium"), (0, 0, 1, 1, 0, "low")]
    {
        assert_eq!(additive(value, threat, ease), rank);
        assert_eq!(banded(&criteria, rank), level);
        // By an asset value that has this position.
        let of_asset = [1.0, 3.0, 5.0, 7.0, 8.0][usize::try_from(value).unwrap_or_default()];
        let score = scored(&criteria, &inputs(threat + 1, ease + 1, 0, of_asset), &[], &[]);
        assert_eq!((score.score, score.level, score.level_label.as_str()), (rank, level, label));
        assert_eq!((score.likelihood, score.consequence), (threat + ease, value));
    }
    let bands: Vec<i32> = (0..=8).map(|rank| banded(&criteria, rank)).collect();
    assert_eq!(bands, [0, 0, 0, 1, 1, 1, 2, 2, 2]);
}

#[test]
fn the_product_of_each_property() {
    assert_eq!(product([2, 4, 1], 3, 5), ([30, 60, 15], 60));
    assert_eq!(product([2, -1, 1], 3, 5), ([30, UNKNOWN, 15], 30), "what is not set is not known, and the rest is");
    assert_eq!(product([-1, -1, -1], 3, 5).1, UNKNOWN);
    assert_eq!(product([2, 4, 1], -1, 5).1, UNKNOWN);
    assert_eq!(residual_product([2, 4, 1], 3, 5, 2), 36);
    assert_eq!(residual_product([2, 4, 1], 3, 5, 9), 0, "nothing is less than nothing");
    assert_eq!(residual_product([2, 4, 1], 3, -1, 2), UNKNOWN);
    let criteria = criteria("product-cia");
    let consequences =
        Consequences { confidentiality: 2, integrity: 4, availability: 1, finance: 4, ..Default::default() };
    let inputs = Inputs { likelihood: 3, ease: 5, consequences, ..Default::default() };
    let inherent = scored(&criteria, &inputs, &[], &[]);
    assert_eq!((inherent.likelihood, inherent.consequence, inherent.score, inherent.level), (15, 4, 60, 2));
    let two = Reduction { origin: "i".to_owned(), steps: (2, 0), note: String::new() };
    assert_eq!(scored(&criteria, &inputs, &[two], &[]).score, 36);
    let consequences = Consequences { finance: 4, ..Default::default() };
    assert_eq!(scored(&criteria, &Inputs { consequences, ..inputs }, &[], &[]).score, UNKNOWN);
}

#[test]
fn losses_in_money() {
    let close = |one: f64, other: f64| (one - other).abs() < 1e-6;
    let once = single_loss(500_000.0, 0.3);
    assert!(close(once, 150_000.0));
    let yearly = annual_loss(once, 0.4);
    assert!(close(yearly, 60_000.0));
    assert!(return_on_investment(yearly, 20_000.0, 10_000.0).is_some_and(|ratio| close(ratio, 3.0)));
    assert!(return_on_investment(yearly, 60_000.0, 10_000.0).is_some_and(|ratio| close(ratio, -1.0)));
    assert_eq!(return_on_investment(yearly, 0.0, 0.0), None);
}

#[test]
fn what_a_control_takes_off_is_rounded_down() {
    for (steps, effectiveness, taken) in
        [(2, 1.0, 2), (2, 0.99, 1), (2, 0.5, 1), (2, 0.49, 0), (1, 0.8, 0), (0, 1.0, 0), (3, 2.0, 3), (3, -1.0, 0)]
    {
        assert_eq!(floored(steps, effectiveness), taken, "{steps} at {effectiveness}");
    }
    // Ten times a tenth, as floating numbers make it, is one.
    assert_eq!(floored(1, (0..10).map(|_| 0.1).sum()), 1);
}

#[test]
fn every_step_of_a_calculation_is_told() {
    let criteria = criteria("matrix-5x5");
    let firewall = Reduction { origin: "firewall".to_owned(), steps: (1, 0), note: "2 x 0.5".to_owned() };
    let idle = Reduction { origin: "idle".to_owned(), steps: (0, 0), note: "REMEDIATION".to_owned() };
    let target = Target { origin: "move it".to_owned(), likelihood: 2, consequence: 0 };
    let told = |score: &Score| -> Vec<(String, i32, String)> {
        score.steps.iter().map(|step| (step.what.clone(), step.value, step.origin.clone())).collect()
    };
    let steps = |steps: &[(&str, i32, &str)]| -> Vec<(String, i32, String)> {
        steps.iter().map(|(what, value, origin)| ((*what).to_owned(), *value, (*origin).to_owned())).collect()
    };
    let scores = scores(&criteria, &inputs(5, 0, 4, 0.0), &[firewall, idle], &[target]);
    let inherent =
        [("likelihood", 5, "likelihood"), ("consequence", 4, "consequences.confidentiality"), ("level", 4, "")];
    assert_eq!(told(&scores.inherent), steps(&inherent));
    let current = [
        ("likelihood", 5, "inherent"),
        ("likelihood", -1, "firewall"),
        ("likelihood", 0, "idle"),
        ("consequence", 4, "inherent"),
        ("level", 3, ""),
    ];
    assert_eq!(told(&scores.current), steps(&current));
    let residual =
        [("likelihood", 4, "current"), ("likelihood", 2, "move it"), ("consequence", 4, "current"), ("level", 2, "")];
    assert_eq!(told(&scores.residual), steps(&residual));
    assert_eq!((scores.residual.likelihood, scores.residual.consequence, scores.residual.level), (2, 4, 2));
    let alone = super::scores(&criteria, &inputs(5, 0, 4, 0.0), &[], &[]);
    assert_eq!(told(&alone.current), steps(&[("level", 4, "inherent")]));
    assert_eq!(told(&alone.residual), steps(&[("level", 4, "current")]));
    assert_eq!(alone.residual.level_label, "very high");
}

#[test]
fn what_is_not_set_is_not_scored_and_said() {
    let criteria = criteria("matrix-5x5");
    let score = scored(&criteria, &Inputs::default(), &[], &[]);
    assert_eq!((score.likelihood, score.score, score.level), (UNKNOWN, UNKNOWN, UNKNOWN));
    let missing: Vec<&str> = score.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(missing, ["likelihood", "consequences"]);
}

proptest! {
    /// More likely, worse or less controlled is never a lower level, by any of the kinds.
    #[test]
    fn more_is_never_less(kind in 0..3_usize, likelihood in 1..3, ease in 1..3, consequence in 1..4, value in 0.1..9.0_f64, off in 0..4) {
        let criteria = criteria(["matrix-5x5", "additive-0-8", "product-cia"][kind]);
        let level = |likelihood, ease, consequence, value, off| {
            let lowered = Reduction { steps: (off, off), ..Default::default() };
            scored(&criteria, &inputs(likelihood, ease, consequence, value), &[lowered], &[]).level
        };
        let here = level(likelihood, ease, consequence, value, off);
        prop_assert!(here >= 0);
        prop_assert!(here <= level(likelihood + 1, ease, consequence, value, off));
        prop_assert!(here <= level(likelihood, ease + 1, consequence, value, off));
        prop_assert!(here <= level(likelihood, ease, consequence + 1, value + 2.0, off));
        prop_assert!(here >= level(likelihood, ease, consequence, value, off + 1));
    }
}
