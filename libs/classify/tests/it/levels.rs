//! E.409.

use std::collections::BTreeMap;

use classify::{Direction, Outcome, Refused, Scheme, Standing};
use jiff::Timestamp;

fn decide(answers: &[(&str, &str)]) -> Outcome {
    let answers: BTreeMap<String, String> =
        answers.iter().map(|(question, answer)| ((*question).to_owned(), (*answer).to_owned())).collect();
    Scheme::shipped().unwrap().decide(&answers).unwrap()
}

#[test]
fn four_levels_and_three_domains_are_reached() {
    let scheme = Scheme::shipped().unwrap();
    assert_eq!(scheme.levels, ["event", "incident", "security_incident", "crisis"]);
    assert_eq!(scheme.domains, ["physical", "administrative", "logical"]);
    let level = |answers: &[(&str, &str)]| decide(answers).level.is.unwrap();
    assert_eq!(level(&[("real", "no")]), "event");
    assert_eq!(level(&[("real", "yes"), ("harmful", "yes"), ("security", "no")]), "incident");
    assert_eq!(
        level(&[("real", "yes"), ("harmful", "yes"), ("security", "yes"), ("severe", "no")]),
        "security_incident"
    );
    assert_eq!(
        level(&[("real", "yes"), ("harmful", "yes"), ("security", "yes"), ("severe", "yes"), ("short", "yes")]),
        "crisis"
    );
    let domain = |answers: &[(&str, &str)]| decide(answers).domain.is.unwrap();
    assert_eq!(domain(&[("presence", "yes")]), "physical");
    assert_eq!(domain(&[("presence", "no"), ("conduct", "yes")]), "administrative");
    assert_eq!(domain(&[("presence", "no"), ("conduct", "unknown")]), "logical");
}

#[test]
fn the_path_is_told_and_the_next_question_asked() {
    let outcome = decide(&[("real", "yes"), ("harmful", "unknown"), ("severe", "yes"), ("presence", "yes")]);
    let path: Vec<(&str, &str)> =
        outcome.level.path.iter().map(|step| (step.question.as_str(), step.answer.as_str())).collect();
    assert_eq!(path, [("real", "yes"), ("harmful", "unknown")]);
    assert_eq!(outcome.unasked, ["severe"], "an answer that was not on the way is said to be so");
    let open = decide(&[("real", "yes")]);
    assert_eq!((open.level.is, open.level.ask.unwrap().id.as_str()), (None, "harmful"));
    let answers = [("real".to_owned(), "perhaps".to_owned())].into();
    let refused = Scheme::shipped().unwrap().decide(&answers).unwrap_err().to_string();
    assert!(refused.contains("perhaps") && refused.contains("no, unknown, yes"), "{refused}");
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn levels_go_up_and_down_with_a_reason_and_the_original_stays() {
    let scheme = Scheme::shipped().unwrap();
    let first = Standing::new(&scheme, "incident").unwrap();
    let (up, direction) = first.with(&scheme, "crisis", "emergency calls fail in two regions", "ada", at(1)).unwrap();
    assert_eq!((up.level(), up.original.as_str(), direction), ("crisis", "incident", Direction::Up));
    let (down, direction) = up.with(&scheme, "security_incident", "calls are back", "ada", at(2)).unwrap();
    assert_eq!((down.level(), down.original.as_str(), direction), ("security_incident", "incident", Direction::Down));
    assert_eq!(down.moves.len(), 2);
}

#[test]
fn a_change_without_reason_name_or_way_is_refused() {
    let scheme = Scheme::shipped().unwrap();
    let first = Standing::new(&scheme, "security_incident").unwrap();
    let change = |to: &str, reason: &str, by: &str| first.with(&scheme, to, reason, by, at(1)).unwrap_err();
    assert_eq!(change("incident", " ", "ada"), Refused::NoReason);
    assert_eq!(change("incident", "it was a drill", ""), Refused::Nobody);
    assert_eq!(change("security_incident", "again", "ada"), Refused::Same("security_incident".to_owned()));
    assert!(change("disaster", "worse", "ada").to_string().contains("event, incident, security_incident, crisis"));
    let (crisis, _) = first.with(&scheme, "crisis", "spreads", "ada", at(5)).unwrap();
    let refused = crisis.with(&scheme, "event", "over", "ada", at(6)).unwrap_err();
    assert!(refused.to_string().contains("security_incident"), "a crisis steps down first: {refused}");
    assert_eq!(crisis.with(&scheme, "security_incident", "over", "ada", at(4)).unwrap_err(), Refused::Backwards(at(5)));
    assert!(Standing::new(&scheme, "disaster").is_err());
}

#[test]
fn a_scheme_that_might_not_decide_is_refused() {
    let refused = Scheme::from_yaml(
        "
edition: wrong
document: none
provenance: none
levels: [low, low]
domains: [one]
moves: {low: [high]}
level:
  start: a
  questions:
    - {id: a, text: t, answers: {x: {ask: b}, y: {is: nothing}}}
    - {id: b, text: t, answers: {x: {ask: a}}}
    - {id: c, text: t, answers: {}}
domain:
  start: z
  questions:
    - {id: d, text: t, answers: {x: {ask: nowhere}}}
    - {id: d, text: t, answers: {x: {is: one}}}
",
    )
    .unwrap_err();
    let fields: Vec<&str> = refused.list().iter().map(|violation| violation.field.as_str()).collect();
    for field in [
        "levels",
        "moves.low",
        "level.questions[0].answers.y",
        "level.questions[0]",
        "level.questions[1]",
        "level.questions[2]",
        "level.questions[2].answers",
        "domain.start",
        "domain.questions[0].answers.x",
        "domain.questions[1].id",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
}
