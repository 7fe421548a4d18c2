//! Decisions one by one.

use correlate::{Alarm, CaseId, Decision, Engine, Kind, Origin, Rules, Severity, Topology};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const RULES: &str = "
edition: tests
duplicates: 1 hours
repeats: 1 days
late: 60 seconds
causes:
  - {id: power-takes-links, cause: [power], effect: [link, battery], hops: 1, within: 5 minutes}
  - {id: links-take-cells, cause: [link], effect: [cell], hops: 1, within: 5 minutes, confidence: 0.8}
  - {id: off, cause: [door], effect: [cell], hops: 4, within: 1 hours, enabled: false}
together:
  - {id: site, same: [site], within: 2 minutes}
  - {id: cause-nearby, same: [cause], hops: 2, within: 2 minutes, kinds: [other, door]}
";

fn engine() -> Engine {
    let mut topology = Topology::default();
    for (one, other) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("x", "y")] {
        topology.link(one, other);
    }
    topology.place("x", Some("hill"));
    topology.place("z", Some("hill"));
    Engine::new(Rules::from_yaml(RULES).unwrap(), topology)
}

fn alarm(id: usize, seconds: i64, device: &str, kind: &str) -> Alarm {
    let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    Alarm {
        source: "ems".to_owned(),
        id: id.to_string(),
        device: device.to_owned(),
        kind: kind.to_owned(),
        cause: String::new(),
        at: begin + SignedDuration::from_secs(seconds),
        severity: Severity::Major,
    }
}

/// Seconds, device, kind; decisions as (case, kind, root).
fn told(engine: &mut Engine, alarms: &[(i64, &str, &str)]) -> Vec<Decision> {
    alarms.iter().enumerate().map(|(id, (at, device, kind))| engine.decide(&alarm(id, *at, device, kind))).collect()
}

fn short(decision: &Decision) -> (u64, Kind, String) {
    (decision.case.0, decision.kind, format!("{} {}", decision.root.device, decision.root.kind))
}

#[test]
fn effects_attach_to_their_cause_and_chains_have_one_root() {
    let found = told(
        &mut engine(),
        &[(0, "a", "power"), (10, "b", "link"), (20, "c", "cell"), (20, "e", "cell"), (25, "b", "cell")],
    );
    assert_eq!(short(&found[0]), (1, Kind::Opens, "a power".to_owned()));
    assert_eq!(short(&found[1]), (1, Kind::Attaches, "a power".to_owned()));
    assert_eq!(short(&found[2]), (1, Kind::Attaches, "a power".to_owned()));
    assert_eq!(found[2].rule.as_deref(), Some("links-take-cells"));
    assert_eq!(found[2].cause.as_ref().map(|cause| cause.device.as_str()), Some("b"));
    assert_eq!(short(&found[3]), (2, Kind::Opens, "e cell".to_owned()), "too far from any cause");
    assert_eq!(found[4].case, CaseId(1));
}

#[test]
fn a_cause_counts_within_its_window_only() {
    let found = told(&mut engine(), &[(0, "a", "power"), (300, "a", "link"), (0, "x", "power"), (301, "x", "link")]);
    assert_eq!(found[1].kind, Kind::Attaches);
    assert_eq!(found[3].kind, Kind::Opens, "the site's two minutes and the cause's five are over");
}

#[test]
fn a_cause_that_is_told_late_takes_over_what_came_before_it() {
    let found = told(
        &mut engine(),
        &[(5, "a", "link"), (6, "b", "battery"), (7, "c", "battery"), (20, "b", "power"), (30, "b", "link")],
    );
    assert_eq!([found[0].case.0, found[1].case.0, found[2].case.0], [1, 2, 3]);
    assert_eq!(short(&found[3]), (1, Kind::Adopts, "b power".to_owned()));
    assert_eq!(found[3].merged, [CaseId(2), CaseId(3)]);
    assert_eq!(short(&found[4]), (1, Kind::Attaches, "b power".to_owned()));
}

#[test]
fn a_late_cause_does_not_take_over_cases_that_are_old() {
    let found = told(&mut engine(), &[(0, "a", "link"), (61, "a", "power"), (62, "a", "battery")]);
    assert_eq!([found[0].case.0, found[1].case.0, found[2].case.0], [1, 2, 2]);
}

#[test]
fn what_is_sent_twice_is_one_and_what_is_raised_again_repeats() {
    let mut engine = engine();
    let first = engine.decide(&alarm(1, 0, "a", "link"));
    let again = engine.decide(&alarm(1, 0, "a", "link"));
    let repeated = engine.decide(&alarm(2, 80_000, "a", "link"));
    let anew = engine.decide(&alarm(3, 80_000 + 86_401, "a", "link"));
    assert_eq!(
        [first.kind, again.kind, repeated.kind, anew.kind],
        [Kind::Opens, Kind::Duplicate, Kind::Repeats, Kind::Opens]
    );
    assert_eq!((again.case, repeated.case), (first.case, first.case));
    assert_ne!(anew.case, first.case);
}

#[test]
fn a_site_goes_down_as_one_case() {
    let mut topology = Topology::default();
    for number in 0..500 {
        topology.place(&format!("d{number}"), Some("exchange"));
    }
    let mut engine = Engine::new(Rules::shipped().unwrap(), topology);
    let cases: std::collections::BTreeSet<u64> = (0..5_000_usize)
        .map(|id| {
            let (seconds, device) = (i64::try_from(id / 50).unwrap(), format!("d{}", id % 500));
            engine.decide(&alarm(id, seconds, &device, &format!("k{}", id % 7))).case.0
        })
        .collect();
    assert_eq!(cases.len(), 1, "5000 alarms of 500 devices of one site");
}

#[test]
fn a_cause_in_common_joins_what_is_near() {
    let mut engine = engine();
    let named =
        |id: usize, device: &str, cause: &str| Alarm { cause: cause.to_owned(), ..alarm(id, 0, device, "other") };
    let decisions = [("a", "rain"), ("c", "rain"), ("e", "rain"), ("b", "snow"), ("y", "rain"), ("d", "")];
    let found: Vec<u64> = decisions
        .iter()
        .enumerate()
        .map(|(id, (device, cause))| engine.decide(&named(id, device, cause)).case.0)
        .collect();
    assert_eq!(
        found,
        [1, 1, 1, 2, 3, 4],
        "c is two links from a, e from c; y is nowhere near; no cause is not a common one"
    );
}

#[test]
fn rules_that_run_in_circles_still_have_a_root() {
    let text = RULES
        .replace("enabled: false", "enabled: true")
        .replace("cause: [door], effect: [cell]", "cause: [cell], effect: [power]");
    let mut engine = Engine::new(Rules::from_yaml(&text).unwrap(), Topology::default());
    for second in 0..200 {
        let kind = ["power", "link", "cell", "battery"][usize::try_from(second * 7 % 4).unwrap()];
        let decision = engine.decide(&alarm(usize::try_from(second).unwrap(), second, "a", kind));
        assert_ne!(decision.cause.as_ref(), Some(&correlate::Origin { device: "a".to_owned(), kind: kind.to_owned() }));
        assert_eq!(decision.case, CaseId(1));
    }
}

#[test]
fn a_clear_says_which_case_and_opens_nothing_else() {
    let mut engine = engine();
    let first = engine.decide(&alarm(1, 0, "a", "link"));
    let clear = engine.decide(&Alarm { severity: Severity::Cleared, ..alarm(1, 50, "a", "link") });
    assert_eq!((clear.kind, clear.case), (Kind::Clears, first.case));
    let unknown = engine.decide(&Alarm { severity: Severity::Cleared, ..alarm(9, 50, "q", "link") });
    assert_eq!(unknown.kind, Kind::Clears);
    assert_ne!(unknown.case, first.case);
}

#[test]
fn what_comes_after_a_case_is_closed_is_another() {
    let mut engine = engine();
    let first = engine.decide(&alarm(1, 0, "a", "power"));
    engine.close(first.case);
    let next = engine.decide(&alarm(2, 10, "a", "link"));
    assert_eq!(next.kind, Kind::Opens);
    assert_ne!(next.case, first.case);
    assert_eq!(engine.remembered(), 1);
}

#[test]
fn after_a_restart_alarms_go_on_where_they_were() {
    let mut before = engine();
    let first = before.decide(&alarm(1, 0, "a", "power"));
    let mut after = engine();
    after.recall(&alarm(1, 0, "a", "power"), CaseId(41), None);
    let (there, here) = (before.decide(&alarm(2, 9, "b", "link")), after.decide(&alarm(2, 9, "b", "link")));
    assert_eq!((there.kind, there.root.clone(), there.case), (here.kind, here.root.clone(), first.case));
    assert_eq!(here.case, CaseId(41));
    assert_eq!(after.decide(&alarm(3, 9, "q", "link")).case, CaseId(42), "numbers go on");
    assert_eq!(after.decide(&alarm(1, 0, "a", "power")).kind, Kind::Duplicate);
}

#[test]
fn after_a_restart_a_chain_still_begins_where_it_began_and_numbers_go_on() {
    let mut after = engine();
    let power = Origin { device: "a".to_owned(), kind: "power".to_owned() };
    after.recall(&alarm(1, 0, "a", "power"), CaseId(41), None);
    after.recall(&alarm(2, 10, "b", "link"), CaseId(41), Some(&power));
    after.number_after(CaseId(57));
    let cell = after.decide(&alarm(3, 20, "c", "cell"));
    assert_eq!(short(&cell), (41, Kind::Attaches, "a power".to_owned()));
    assert_eq!(after.decide(&alarm(4, 20, "q", "link")).case, CaseId(58));
}

proptest! {
    #[test]
    fn the_same_alarms_give_the_same_decisions_and_memory_is_bounded(
        alarms in proptest::collection::vec((0_i64..5_000, 0_usize..8, 0_usize..6), 1..200)
    ) {
        let devices = ["a", "b", "c", "d", "e", "x", "z", "q"];
        let kinds = ["power", "link", "cell", "battery", "door", "other"];
        let alarms: Vec<(i64, &str, &str)> = alarms.into_iter().map(|(at, device, kind)| (at, devices[device], kinds[kind])).collect();
        let (mut one, mut other) = (engine(), engine());
        let found = told(&mut one, &alarms);
        prop_assert_eq!(&found, &told(&mut other, &alarms));
        prop_assert!(one.remembered() <= devices.len() * kinds.len());
        let mut merged = std::collections::BTreeSet::new();
        for decision in &found {
            prop_assert!(decision.case.0 > 0 && !merged.contains(&decision.case), "no alarm goes to a case that became another: {decision:?}");
            merged.extend(decision.merged.iter().copied());
        }
        // A day and an hour later nothing of it is remembered.
        one.decide(&alarm(9_999, 100_000, "q", "door"));
        prop_assert_eq!(one.remembered(), 1);
    }
}
