//! Obligations of the shipped regimes: they start, move and end as facts do.

use jiff::Timestamp;
use statute::{Assessment, Book, Change, Facts, Obligation, PersonalRisk, State, Step, assess};

use crate::at;

const DETECTED: &str = "2026-03-01T10:00:00Z";

fn operator(personal_data_breach: Option<bool>) -> Facts {
    Facts {
        detected: Some(at(DETECTED)),
        operator_kinds: ["public_electronic_communications_provider".to_owned()].into(),
        jurisdictions: ["EU".to_owned()].into(),
        personal_data_breach,
        data_unintelligible: Some(false),
        severe_disruption: Some(false),
        severe_financial_loss: Some(false),
        damage_to_others: Some(false),
        ..Facts::default()
    }
}

fn look(facts: &Facts, standing: &[Obligation], now: &str) -> Assessment {
    let book = Book::shipped().unwrap();
    let found = assess(&book, facts, standing, at(now)).unwrap();
    let again = assess(&book, facts, &found.obligations, at(now)).unwrap();
    assert_eq!((again.changes.len(), &again.obligations), (0, &found.obligations), "a second look changes nothing");
    found
}

fn one<'a>(found: &'a Assessment, regime: &str, stage: &str) -> &'a Obligation {
    let same = |one: &&Obligation| one.regime == regime && one.stage == stage;
    found.obligations.iter().find(same).unwrap_or_else(|| panic!("no {regime}/{stage} in {found:#?}"))
}

fn due(found: &Assessment, regime: &str, stage: &str) -> Option<Timestamp> {
    one(found, regime, stage).due
}

/// As the service records it.
fn send(found: &mut Assessment, regime: &str, stage: &str, when: &str) {
    let same = |one: &&mut Obligation| one.regime == regime && one.stage == stage;
    found.obligations.iter_mut().find(same).expect("the obligation").state = State::Sent { at: at(when) };
}

#[test]
fn the_initial_notification_of_611_is_due_a_day_after_detection() {
    let found = look(&operator(Some(true)), &[], "2026-03-01T11:00:00Z");
    assert_eq!(due(&found, "eu-611-2013", "initial"), Some(at("2026-03-02T10:00:00Z")));
    assert_eq!(due(&found, "eu-611-2013", "second"), None, "its clock runs from the initial one");
    let mut found = found;
    send(&mut found, "eu-611-2013", "initial", "2026-03-02T09:00:00Z");
    let next = look(&operator(Some(true)), &found.obligations, "2026-03-02T09:01:00Z");
    assert_eq!(due(&next, "eu-611-2013", "second"), Some(at("2026-03-06T00:00:00Z")));
}

#[test]
fn nis2_is_due_after_a_day_three_days_and_a_month() {
    let facts = Facts { severe_disruption: Some(true), aware: Some(at(DETECTED)), ..operator(Some(false)) };
    let mut found = look(&facts, &[], "2026-03-01T11:00:00Z");
    assert_eq!(due(&found, "eu-nis2-23", "early-warning"), Some(at("2026-03-02T10:00:00Z")));
    assert_eq!(due(&found, "eu-nis2-23", "notification"), Some(at("2026-03-04T10:00:00Z")));
    assert_eq!(due(&found, "eu-nis2-23", "final-report"), None);
    assert!(!found.obligations.iter().any(|one| one.stage == "intermediate"), "nobody asked for it yet");
    send(&mut found, "eu-nis2-23", "notification", "2026-03-04T09:00:00Z");
    let found = look(&facts, &found.obligations, "2026-03-04T09:00:00Z");
    assert_eq!(due(&found, "eu-nis2-23", "final-report"), Some(at("2026-04-04T09:00:00Z")));
    assert!(one(&found, "eu-nis2-23", "early-warning").overdue(at("2026-03-02T10:00:01Z")));
    assert!(!one(&found, "eu-nis2-23", "early-warning").overdue(at("2026-03-02T10:00:00Z")));
    assert!(!one(&found, "eu-nis2-23", "notification").overdue(at("2027-01-01T00:00:00Z")), "it was sent");
}

#[test]
fn a_progress_report_makes_the_final_report_wait_for_the_end_of_handling() {
    let facts = Facts { damage_to_others: Some(true), ..operator(Some(false)) };
    let mut found = look(&facts, &[], DETECTED);
    send(&mut found, "eu-nis2-23", "notification", "2026-03-04T09:00:00Z");
    let mut found = look(&facts, &found.obligations, "2026-03-04T09:00:00Z");
    send(&mut found, "eu-nis2-23", "progress-report", "2026-04-01T09:00:00Z");
    let waits = look(&facts, &found.obligations, "2026-04-01T09:00:00Z");
    let last = one(&waits, "eu-nis2-23", "final-report");
    assert_eq!((last.due, last.former.len()), (None, 1));
    assert_eq!(last.former[0].due, at("2026-04-04T09:00:00Z"));
    let handled = Facts { handled: Some(at("2026-05-31T12:00:00Z")), ..facts };
    let found = look(&handled, &waits.obligations, "2026-05-31T12:00:00Z");
    assert_eq!(due(&found, "eu-nis2-23", "final-report"), Some(at("2026-06-30T12:00:00Z")));
}

#[test]
fn who_handled_it_in_time_needs_no_progress_report() {
    let facts = Facts { damage_to_others: Some(true), ..operator(Some(false)) };
    let mut found = look(&facts, &[], DETECTED);
    send(&mut found, "eu-nis2-23", "notification", "2026-03-04T09:00:00Z");
    let handled = Facts { handled: Some(at("2026-03-20T00:00:00Z")), ..facts };
    let found = look(&handled, &found.obligations, "2026-03-20T00:00:00Z");
    assert!(matches!(one(&found, "eu-nis2-23", "progress-report").state, State::Ended { .. }));
    assert_eq!(due(&found, "eu-nis2-23", "final-report"), Some(at("2026-04-04T09:00:00Z")));
}

#[test]
fn a_report_on_request_starts_when_it_is_asked_for() {
    let mut facts = Facts { severe_disruption: Some(true), ..operator(Some(false)) };
    let found = look(&facts, &[], DETECTED);
    facts.requested.insert("eu-nis2-23/intermediate".to_owned(), at("2026-03-10T00:00:00Z"));
    let asked = look(&facts, &found.obligations, "2026-03-10T00:00:00Z");
    assert_eq!(one(&asked, "eu-nis2-23", "intermediate").start, Some(at("2026-03-10T00:00:00Z")));
}

#[test]
fn one_breach_obliges_under_three_regimes() {
    let facts = Facts {
        severe_disruption: Some(true),
        personal_risk: Some(PersonalRisk::High),
        adverse_effect_likely: Some(true),
        ..operator(Some(true))
    };
    let found = look(&facts, &[], DETECTED);
    let mut regimes: Vec<&str> = found.obligations.iter().map(|one| one.regime.as_str()).collect();
    regimes.dedup();
    assert_eq!(regimes, ["eu-611-2013", "eu-gdpr-33", "eu-gdpr-34", "eu-nis2-23"]);
    assert_eq!(due(&found, "eu-gdpr-33", "authority"), Some(at("2026-03-04T10:00:00Z")));
    assert_eq!(due(&found, "eu-gdpr-34", "subjects"), None, "without undue delay");
    assert!(found.undecided.is_empty(), "{:?}", found.undecided);
    assert_eq!(found.changes.len(), found.obligations.len());
    assert!(found.obligations.iter().all(|one| !one.why.is_empty()));
}

#[test]
fn what_is_not_known_is_told_with_the_time_left_to_find_out() {
    let found = look(&operator(Some(true)), &[], DETECTED);
    let gdpr = found.undecided.iter().find(|one| one.regime == "eu-gdpr-33").unwrap();
    assert_eq!(gdpr.missing, ["personal_risk"]);
    assert_eq!(gdpr.due_if, Some(at("2026-03-04T10:00:00Z")));
    let subscribers = found.undecided.iter().find(|one| one.regime == "eu-611-2013").unwrap();
    assert_eq!(
        (subscribers.stage.as_deref(), subscribers.missing.as_slice()),
        (Some("subscribers"), &["adverse_effect_likely".to_owned()][..])
    );
}

#[test]
fn obligations_move_and_end_as_facts_change() {
    let facts = operator(Some(true));
    let found = look(&facts, &[], DETECTED);
    let earlier = Facts { detected: Some(at("2026-03-01T04:00:00Z")), ..facts.clone() };
    let moved = look(&earlier, &found.obligations, "2026-03-01T12:00:00Z");
    let initial = one(&moved, "eu-611-2013", "initial");
    assert_eq!(initial.due, Some(at("2026-03-02T04:00:00Z")));
    assert_eq!(
        (initial.former[0].due, initial.former[0].until),
        (at("2026-03-02T10:00:00Z"), at("2026-03-01T12:00:00Z"))
    );
    assert!(moved.changes.iter().any(|change| matches!(change, Change::Moves { stage, .. } if stage == "initial")));
    let false_alarm = Facts { personal_data_breach: Some(false), ..earlier.clone() };
    let ended = look(&false_alarm, &moved.obligations, "2026-03-01T13:00:00Z");
    let initial = one(&ended, "eu-611-2013", "initial");
    assert!(matches!(&initial.state, State::Ended { why, .. } if why.contains("personal_data_breach")));
    assert_eq!(initial.former.len(), 2, "the end it had is kept");
    let again = look(&earlier, &ended.obligations, "2026-03-01T14:00:00Z");
    assert_eq!(one(&again, "eu-611-2013", "initial").state, State::Open);
    assert_eq!(due(&again, "eu-611-2013", "initial"), Some(at("2026-03-02T04:00:00Z")));
}

#[test]
fn what_was_told_or_signed_stays() {
    let mut found = look(&operator(Some(true)), &[], DETECTED);
    send(&mut found, "eu-611-2013", "initial", "2026-03-01T12:00:00Z");
    let second = found.obligations.iter_mut().find(|one| one.stage == "second").unwrap();
    second.state = State::NotNotified { at: at("2026-03-01T12:00:00Z") };
    let ended = look(&operator(Some(false)), &found.obligations, "2026-03-01T13:00:00Z");
    assert!(matches!(one(&ended, "eu-611-2013", "initial").state, State::Sent { .. }));
    assert!(matches!(one(&ended, "eu-611-2013", "second").state, State::NotNotified { .. }));
}

#[test]
fn the_regime_in_force_on_the_day_of_awareness_is_the_one() {
    let on = |day: &str| {
        let facts = Facts {
            detected: Some(at(day)),
            severe_disruption: Some(true),
            thresholds: Some([].into()),
            ..operator(Some(false))
        };
        let found = look(&facts, &[], day);
        found.obligations.iter().map(|one| one.regime.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(on("2024-10-17T23:59:59Z").into_iter().collect::<Vec<_>>(), ["eu-eecc-40"]);
    assert_eq!(on("2024-10-18T00:00:00Z").into_iter().collect::<Vec<_>>(), ["eu-nis2-23"]);
    // A corrected day of awareness ends what was begun under the other regime.
    let facts = |day: &str| Facts { detected: Some(at(day)), severe_disruption: Some(true), ..operator(Some(false)) };
    let found = look(&facts("2024-10-18T01:00:00Z"), &[], "2024-10-18T01:00:00Z");
    let found = look(&facts("2024-10-17T22:00:00Z"), &found.obligations, "2024-10-18T02:00:00Z");
    assert!(matches!(one(&found, "eu-nis2-23", "early-warning").state, State::Ended { .. }));
    assert_eq!(one(&found, "eu-eecc-40", "notification").state, State::Open);
}

#[test]
fn the_national_ladder_obliges_its_operators() {
    let facts = Facts {
        jurisdictions: ["EU".to_owned(), "IT".to_owned()].into(),
        thresholds: Some(["outage-ladder".to_owned()].into()),
        ..operator(Some(false))
    };
    let mut found = look(&facts, &[], DETECTED);
    assert_eq!(due(&found, "it-2019-01-21", "initial"), Some(at("2026-03-02T10:00:00Z")));
    send(&mut found, "it-2019-01-21", "initial", "2026-03-27T10:00:00Z");
    let found = look(&facts, &found.obligations, "2026-03-27T10:00:00Z");
    // The clocks go forward on the 29th.
    assert_eq!(due(&found, "it-2019-01-21", "further"), Some(at("2026-04-01T09:00:00Z")));
}

#[test]
fn a_stage_that_lacks_a_field_names_it() {
    let book = Book::shipped().unwrap();
    let day = Some("2026-03-01".parse().unwrap());
    let stage = book.regime("eu-gdpr-33", day).unwrap().stage("authority").unwrap();
    let missing: Vec<&str> = stage.missing(|key| key != "consequences").map(|field| field.key.as_str()).collect();
    assert_eq!(missing, ["consequences"], "late_reason is not required");
}

#[test]
fn a_clock_of_hours_is_neither_paused_nor_extended() {
    let book = Book::shipped().unwrap();
    let found = look(&operator(Some(true)), &[], DETECTED);
    let initial = one(&found, "eu-611-2013", "initial");
    let pause = Step::Pause { at: at(DETECTED), reason: "the expert is ill".to_owned() };
    assert!(initial.after(&book, pause).unwrap_err().to_string().contains("no pause"));
    let extend = Step::Extend { at: at(DETECTED), by: "1 day".parse().unwrap(), reason: "more time".to_owned() };
    assert!(initial.after(&book, extend).unwrap_err().to_string().contains("no extension"));
}
