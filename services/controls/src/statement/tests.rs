//! What the rules of statements say of values alone.

use wire::controls::v1::statement::State;
use wire::controls::v1::statement_row::Decision;
use wire::controls::v1::statement_row::migration::Outcome as Became;
use wire::controls::v1::tailoring::{Baseline, Kind};
use wire::controls::v1::{Scope, Statement, StatementRow, Tailoring};

use super::{approve, baseline, migrate, summary};
use crate::shipped;

fn row(control: &str, decision: Decision, justification: &str) -> StatementRow {
    StatementRow {
        name: format!("organizations/acme/statements/s/rows/{control}"),
        decision: decision.into(),
        justification: justification.to_owned(),
        risk_references: vec!["R1".to_owned(), format!("R-{control}")],
        ..Default::default()
    }
}

fn migration() -> shipped::Migration {
    let editions = shipped::catalogue("x1051-2016").zip(shipped::catalogue("x1051-2023"));
    editions.and_then(|(from, to)| shipped::migration(from, to)).unwrap()
}

#[test]
fn what_was_decided_alike_is_carried_and_what_conflicts_is_undecided() {
    use Decision::{Applicable, NotApplicable, Undecided};
    let cases = [
        (vec![Applicable, Applicable], Applicable, false),
        (vec![NotApplicable, NotApplicable], NotApplicable, false),
        (vec![Applicable, NotApplicable], Undecided, true),
        // A part that applies makes the whole apply; a part that does not says nothing of one that nobody decided.
        (vec![Applicable, Undecided], Applicable, false),
        (vec![NotApplicable, Undecided], Undecided, false),
        (vec![], Undecided, false),
    ];
    for (decisions, expected, conflicts) in cases {
        let before: Vec<StatementRow> =
            decisions.iter().zip(["12.1.2", "14.2.2"]).map(|(&decision, id)| row(id, decision, id)).collect();
        let mut after = StatementRow::default();
        let conflict = migrate::carry(&mut after, &before.iter().collect::<Vec<_>>(), &migration());
        assert_eq!((after.decision(), conflict), (expected, conflicts), "{decisions:?}");
        let note = after.migration.clone().unwrap().note;
        assert_eq!(note.contains("conflict"), conflicts, "{decisions:?}: {note}");
        // Whatever becomes of the decision, no reference is lost, and none comes twice.
        let expected: Vec<&str> = ["R1", "R-12.1.2", "R-14.2.2"].into_iter().take(before.len() + 1).collect();
        assert_eq!(after.risk_references, if before.is_empty() { Vec::new() } else { expected }, "{decisions:?}");
    }
}

#[test]
fn justifications_that_differ_are_told_apart_and_the_same_one_comes_once() {
    let told = |one: &str, other: &str| {
        let before = [row("12.1.2", Decision::Applicable, one), row("14.2.2", Decision::Applicable, other)];
        let mut after = StatementRow::default();
        migrate::carry(&mut after, &before.iter().collect::<Vec<_>>(), &migration());
        after.justification
    };
    assert_eq!(told("law", "law"), "law");
    assert_eq!(told("law", "risk"), "12.1.2: law\n14.2.2: risk");
    assert_eq!(told("", "risk"), "risk");
}

#[test]
fn what_was_split_says_so_on_both_of_its_heirs() {
    let before = [row("18.2.2", Decision::Applicable, ""), row("18.2.3", Decision::Applicable, "")];
    let mut after = StatementRow::default();
    migrate::carry(&mut after, &before.iter().collect::<Vec<_>>(), &migration());
    let migration = after.migration.unwrap();
    assert_eq!(migration.outcome(), Became::Split);
    assert!(migration.note.contains("18.2.3") && migration.note.contains("8.8"), "{}", migration.note);
}

#[test]
fn a_baseline_asks_for_less_than_the_next_one() {
    let catalogue = shipped::catalogue("x1051-2023").unwrap();
    let asked = |most: Baseline| {
        catalogue.controls.iter().filter(|control| baseline::level("x1051-2023", &control.id) <= most).count()
    };
    assert!(asked(Baseline::Essential) > 0 && asked(Baseline::Essential) < asked(Baseline::Standard));
    assert!(asked(Baseline::Standard) < asked(Baseline::Full));
    assert_eq!(asked(Baseline::Full), 107);
    // Where no baseline is known, everything is asked for.
    assert_eq!(baseline::level("x1051-2016", "5.1.1"), Baseline::Full);
}

#[test]
fn a_row_that_is_put_off_need_not_be_decided_below_full() {
    let deferred = Tailoring { kind: Kind::Defer.into(), rationale: "later".to_owned(), due_time: None };
    let rows = [
        StatementRow { tailoring: Some(deferred), ..row("8.30", Decision::Undecided, "") },
        row("5.1", Decision::Applicable, ""),
    ];
    let statement = |baseline: Baseline| Statement { baseline: baseline.into(), ..Default::default() };
    assert!(approve::complete(&statement(Baseline::Essential), &rows).is_ok());
    let refused = approve::complete(&statement(Baseline::Full), &rows).unwrap_err();
    assert!(refused.message().contains("8.30") && !refused.message().contains("5.1"), "{}", refused.message());
    let blank = [row("7.4", Decision::NotApplicable, "  ")];
    assert!(approve::complete(&statement(Baseline::Essential), &blank).is_err(), "spaces are no justification");
}

#[test]
fn whatever_is_approved_is_in_the_digest_and_nothing_else() {
    let (statement, scope) = (Statement { revision: 1, ..Default::default() }, Scope::default());
    let rows = [row("5.1", Decision::Applicable, "law")];
    let digest = |statement: &Statement, scope: &Scope, rows: &[StatementRow]| {
        approval::digest(&approve::parts(statement, scope, rows))
    };
    let approved = digest(&statement, &scope, &rows);
    let with = |change: fn(&mut StatementRow)| {
        let mut rows = rows.clone();
        rows.iter_mut().for_each(change);
        digest(&statement, &scope, &rows)
    };
    let material: [fn(&mut StatementRow); 4] = [
        |row| row.set_decision(Decision::NotApplicable),
        |row| row.justification.push('!'),
        |row| row.legal_references.push("Law".to_owned()),
        |row| row.tailoring = Some(Tailoring::default()),
    ];
    for change in material {
        assert_ne!(with(change), approved);
    }
    assert_eq!(with(|row| row.etag = "x".to_owned()), approved);
    assert_ne!(digest(&statement, &Scope { sites: vec!["s".to_owned()], ..Default::default() }, &rows), approved);
    assert_eq!(digest(&statement, &Scope { weight: 7.0, ..Default::default() }, &rows), approved);
    let moved = Statement { state: State::Approved.into(), undecided: 3, ..statement.clone() };
    assert_eq!(digest(&moved, &scope, &rows), approved);
}

#[test]
fn the_whole_is_weighted_and_what_is_in_force_counts() {
    let scope = |id: &str, weight: f64| Scope { name: id.to_owned(), weight, ..Default::default() };
    let statement = |scope: &str, state: State, revision: i32, done: i32, kept: i32| Statement {
        name: format!("{scope}-{revision}"),
        scope: scope.to_owned(),
        catalogue: "c".to_owned(),
        state: state.into(),
        revision,
        rows: 107,
        kept,
        kept_decided: done,
        applicable: done,
        ..Default::default()
    };
    let scopes = [scope("big", 3.0), scope("small", 1.0), scope("none", 4.0), scope("idle", 100.0)];
    let statements = [
        statement("big", State::Approved, 1, 40, 40),
        // A later draft does not count while an earlier one is in force.
        statement("big", State::Draft, 2, 0, 107),
        statement("small", State::Draft, 1, 10, 40),
        statement("small", State::Proposed, 2, 20, 40),
        statement("idle", State::Draft, 1, 0, 0),
    ];
    let whole = summary::whole(summary::lines_of(&scopes, &statements));
    // (3 × 40/40 + 1 × 20/40 + 4 × 0) / (3 + 1 + 4); nothing is kept of the fourth.
    assert!((whole.weight - 8.0).abs() < 1e-12 && (whole.completion - 3.5 / 8.0).abs() < 1e-12, "{whole:?}");
    let told: Vec<(&str, &str)> =
        whole.scopes.iter().map(|line| (line.scope.as_str(), line.statement.as_str())).collect();
    assert_eq!(told, [("idle", "idle-1"), ("none", ""), ("small", "small-2"), ("big", "big-1")]);
    assert_eq!((whole.rows, whole.decided, whole.kept), (321, 60, 80));
}
