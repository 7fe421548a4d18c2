//! Pauses, extensions, corrected starts.

use jiff::Timestamp;
use statute::{Calendar, Extension, Reading, Refusal, Standing, Step, Term};

use crate::at;

/// A request of a person: one month, two more with a reason, paused while the person is asked who they are.
fn request() -> Term {
    Term {
        period: "1 month".parse().unwrap(),
        reading: Reading::Instant,
        pause: true,
        extension: Some(Extension { most: "2 months".parse().unwrap(), times: 1 }),
    }
}

fn hours_only() -> Term {
    Term { period: "72 hours".parse().unwrap(), reading: Reading::Instant, pause: false, extension: None }
}

fn pause(when: &str) -> Step {
    Step::Pause { at: at(when), reason: "asked who they are".to_owned() }
}

fn resume(when: &str) -> Step {
    Step::Resume { at: at(when) }
}

fn extend(when: &str, by: &str) -> Step {
    Step::Extend { at: at(when), by: by.parse().unwrap(), reason: "many records".to_owned() }
}

fn standing(term: &Term, steps: &[Step]) -> Result<Standing, Refusal> {
    term.standing(&Calendar::plain("utc", "UTC").unwrap(), at("2026-01-10T10:00:00Z"), steps)
}

fn due(term: &Term, steps: &[Step]) -> Timestamp {
    standing(term, steps).unwrap().due
}

#[test]
fn a_pause_moves_the_end_by_as_long_as_it_lasts() {
    let steps = [pause("2026-01-20T10:00:00Z"), resume("2026-01-25T16:30:00Z")];
    assert_eq!(due(&request(), &steps), at("2026-02-15T16:30:00Z"));
    let paused = standing(&request(), &steps[..1]).unwrap();
    assert!(!paused.overdue(at("2026-06-01T00:00:00Z")), "a paused term does not run out");
    assert_eq!(paused.left(at("2026-06-01T00:00:00Z")).as_hours(), 21 * 24);
    let former = &standing(&request(), &steps).unwrap().former;
    assert_eq!(former.len(), 1);
    assert_eq!((former[0].due, former[0].until), (at("2026-02-10T10:00:00Z"), at("2026-01-25T16:30:00Z")));
}

#[test]
fn an_extension_is_counted_from_the_end() {
    let extended = standing(&request(), &[extend("2026-02-01T00:00:00Z", "2 months")]).unwrap();
    assert_eq!(extended.due, at("2026-04-10T10:00:00Z"));
    assert_eq!(extended.extended, 1);
    assert!(extended.former[0].why.contains("many records"));
}

#[test]
fn an_extension_of_whole_days_is_counted_from_the_last_day() {
    let term = Term { reading: Reading::Eu118271, ..request() };
    // Tuesday 10 February, to its end; two months on it is Friday 10 April.
    assert_eq!(due(&term, &[]), at("2026-02-11T00:00:00Z"));
    assert_eq!(due(&term, &[extend("2026-02-01T00:00:00Z", "2 months")]), at("2026-04-11T00:00:00Z"));
}

#[test]
fn what_the_law_does_not_allow_is_refused() {
    let early = "2026-01-11T10:00:00Z";
    assert_eq!(standing(&hours_only(), &[pause(early)]), Err(Refusal::NoPause));
    assert_eq!(standing(&hours_only(), &[extend(early, "1 month")]), Err(Refusal::NoExtension));
    let twice = [extend(early, "1 month"), extend(early, "1 month")];
    assert_eq!(standing(&request(), &twice), Err(Refusal::ExtendedOften(1)));
    assert!(matches!(standing(&request(), &[extend(early, "3 months")]), Err(Refusal::ExtendedLong { .. })));
    let late = "2026-02-10T10:00:01Z";
    assert!(matches!(standing(&request(), &[pause(late)]), Err(Refusal::Over { .. })));
    assert!(matches!(standing(&request(), &[extend(late, "1 month")]), Err(Refusal::Over { .. })));
    assert!(standing(&request(), &[extend("2026-02-10T10:00:00Z", "1 month")]).is_ok(), "at its end is in time");
    assert_eq!(standing(&request(), &[resume(early)]), Err(Refusal::NotPaused));
    assert!(matches!(standing(&request(), &[pause(early), pause(early)]), Err(Refusal::Paused(_))));
    assert!(matches!(standing(&request(), &[pause("2026-01-09T00:00:00Z")]), Err(Refusal::Backwards { .. })));
    let silent = Step::Pause { at: at(early), reason: " ".to_owned() };
    assert_eq!(standing(&request(), &[silent]), Err(Refusal::NoReason));
    for refused in [Refusal::NoPause, Refusal::NoExtension, Refusal::NoReason, Refusal::ExtendedOften(1)] {
        assert!(refused.to_string().contains([';', ':']), "{refused} says what to do");
    }
}

#[test]
fn a_corrected_start_moves_the_end_and_keeps_what_was_granted() {
    let steps = [
        pause("2026-01-12T10:00:00Z"),
        resume("2026-01-13T10:00:00Z"),
        Step::Restart {
            at: at("2026-01-14T10:00:00Z"),
            start: at("2026-01-08T10:00:00Z"),
            reason: "the call came on the 8th".to_owned(),
        },
    ];
    let corrected = standing(&request(), &steps).unwrap();
    assert_eq!(corrected.due, at("2026-02-09T10:00:00Z"));
    let former: Vec<String> = corrected.former.iter().map(|former| former.due.to_string()).collect();
    assert_eq!(former, ["2026-02-10T10:00:00Z", "2026-02-11T10:00:00Z"]);
    assert!(corrected.former[1].why.contains("the call came on the 8th"));
    let earlier = Step::Restart {
        at: at("2026-01-09T00:00:00Z"),
        start: at("2026-01-08T00:00:00Z"),
        reason: "read late".to_owned(),
    };
    assert_eq!(due(&request(), &[earlier]), at("2026-02-08T00:00:00Z"));
}
