//! An operator's own book, and books that are refused.

use statute::{
    Book, Facts, Obligation, Step, assess,
    outage::{Outage, Surroundings, measure},
};

use crate::at;

fn packs() -> Book {
    Book::shipped().unwrap().with(Book::from_yaml(include_str!("packs.yaml")).unwrap())
}

fn obligations(book: &Book, facts: &Facts) -> Vec<Obligation> {
    assess(book, facts, &[], at("2026-06-30T12:00:00Z")).unwrap().obligations
}

fn american() -> Facts {
    Facts {
        detected: Some(at("2026-06-30T12:00:00Z")),
        jurisdictions: ["US".to_owned()].into(),
        personal_data_breach: Some(true),
        thresholds: Some(["us-nors".to_owned()].into()),
        own: [("customers_told_by_others".to_owned(), statute::Fact::Truth(false))].into(),
        ..Facts::default()
    }
}

#[test]
fn minutes_hours_days_and_business_days_of_another_zone() {
    let found: Vec<(String, String)> =
        obligations(&packs(), &american()).into_iter().map(|one| (one.stage, one.due.unwrap().to_string())).collect();
    let expected = [
        // 3 July is observed as a holiday: 1, 2, 6, 7, 8, 9, 10 July, to its end in New York.
        ("authorities", "2026-07-11T04:00:00Z"),
        ("customers", "2026-07-30T12:00:00Z"),
        ("notification", "2026-06-30T14:00:00Z"),
        ("initial", "2026-07-03T12:00:00Z"),
        ("final", "2026-07-31T04:00:00Z"),
    ];
    assert_eq!(found, expected.map(|(stage, due)| (stage.to_owned(), due.to_owned())));
}

#[test]
fn an_obligation_is_paused_and_extended_where_its_book_allows_it() {
    let book = packs();
    let found = obligations(&book, &american());
    let customers = found.iter().find(|one| one.stage == "customers").unwrap();
    let pause = Step::Pause { at: at("2026-07-01T12:00:00Z"), reason: "a court asked".to_owned() };
    let paused = customers.after(&book, pause).unwrap();
    assert!(!paused.overdue(at("2026-12-01T00:00:00Z")));
    let resumed = paused.after(&book, Step::Resume { at: at("2026-07-03T12:00:00Z") }).unwrap();
    assert_eq!(resumed.due, Some(at("2026-08-01T12:00:00Z")));
    let extend =
        Step::Extend { at: at("2026-07-04T12:00:00Z"), by: "10 days".parse().unwrap(), reason: "many".to_owned() };
    let extended = resumed.after(&book, extend).unwrap();
    assert_eq!(extended.due, Some(at("2026-08-11T12:00:00Z")));
    assert_eq!(extended.former.len(), 2);
    // Awareness was an hour earlier: the pause and the extension keep their lengths.
    let earlier = Facts { aware: Some(at("2026-06-30T11:00:00Z")), ..american() };
    let now = at("2026-07-05T00:00:00Z");
    let moved = assess(&book, &earlier, std::slice::from_ref(&extended), now).unwrap();
    let moved = moved.obligations.iter().find(|one| one.stage == "customers").unwrap();
    assert_eq!(moved.due, Some(at("2026-08-11T11:00:00Z")));
    let again =
        Step::Extend { at: at("2026-07-06T00:00:00Z"), by: "5 days".parse().unwrap(), reason: "more".to_owned() };
    assert_eq!(moved.after(&book, again).unwrap().due, Some(at("2026-08-16T11:00:00Z")));
}

#[test]
fn an_operators_own_regime_steps_in_place_of_the_shipped() {
    let facts = Facts {
        detected: Some(at("2026-06-30T12:00:00Z")),
        jurisdictions: ["EU".to_owned(), "XX".to_owned()].into(),
        operator_kinds: ["essential_entity".to_owned()].into(),
        severe_disruption: Some(true),
        ..Facts::default()
    };
    let nis2: Vec<Obligation> =
        obligations(&packs(), &facts).into_iter().filter(|one| one.regime == "eu-nis2-23").collect();
    assert_eq!(nis2.len(), 1);
    assert_eq!(nis2[0].due, Some(at("2026-07-01T12:00:00Z")));
}

#[test]
fn thresholds_of_a_book_take_minutes_users_and_emergency_calls() {
    let book = packs();
    let outage = Outage {
        service: "voice".to_owned(),
        population: "all".to_owned(),
        from: at("2026-06-30T10:00:00Z"),
        to: Some(at("2026-06-30T11:00:00Z")),
        users: 30_000,
    };
    let now = at("2026-06-30T12:00:00Z");
    let crossed = |id: &str, emergency_calls: Option<bool>| {
        let around = Surroundings { emergency_calls, ..Surroundings::default() };
        let measured = measure(std::slice::from_ref(&outage), &around, now).unwrap().remove(0);
        book.thresholds().iter().find(|one| one.id == id).unwrap().crossing(&measured, &around, now).crossed
    };
    assert_eq!(crossed("us-nors", None), Some(true), "30 minutes at least, 1 800 000 user-minutes");
    assert_eq!(crossed("jp-serious", Some(true)), Some(true));
    assert_eq!(crossed("jp-serious", Some(false)), Some(false));
    assert_eq!(crossed("jp-serious", None), None);
}

#[test]
fn every_shipped_regime_says_where_it_comes_from_and_what_is_uncertain() {
    let book = Book::shipped().unwrap();
    assert!(book.regimes().iter().all(|regime| !regime.provenance.is_empty()));
    for id in ["eu-611-2013", "eu-nis2-23", "eu-eecc-40", "it-2019-01-21"] {
        assert!(!book.regime(id, None).unwrap().provisional.is_empty(), "{id}");
    }
    assert_eq!(book.regime("eu-eecc-40", None).unwrap().superseded_by.as_deref(), Some("eu-nis2-23"));
}

const WRONG: &str = "
edition: wrong
facts: {Users: number, malicious: truth}
calendars:
  - {id: here, zone: Europe/Atlantis, weekend: [saturday, sunday]}
  - {id: never, zone: UTC, weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}
  - {id: odd, zone: UTC, weekend: [], holidays: [{name: none, every: \"02-30\"}, {name: two, easter: 1, every: \"12-25\"}]}
thresholds:
  - {id: nothing, title: t, provenance: p, any: []}
  - {id: all, title: t, provenance: p, any: [{}, {longer_than: 2 days}, {users_percent_above: 120}]}
regimes:
  - id: Not an id
    title: t
    jurisdiction: XX
    valid_from: 2026-02-01
    valid_to: 2026-01-01
    provenance: ' '
    calendar: elsewhere
    applies_if: users_affected
    trigger: nothing_known
    stages:
      - {id: a, title: t, recipient: r, starts: [{from: sent b}], when: 'size('}
      - {id: a, title: t, recipient: r, starts: [{from: someday}, {from: aware, after_sent: a}]}
      - {id: c, title: t, recipient: r, starts: [], fields: [{key: k, title: t}, {key: k, title: t}]}
  - {id: twice, title: t, jurisdiction: XX, provenance: p, calendar: here, applies_if: 'true', trigger: 'true', stages: []}
  - {id: twice, title: t, jurisdiction: XX, provenance: p, calendar: here, applies_if: 'true', trigger: 'true', stages: []}
";

#[test]
fn all_that_is_wrong_with_a_book_is_told_at_once() {
    let refused = Book::from_yaml(WRONG).unwrap_err();
    let fields: Vec<&str> = refused.list().iter().map(|violation| violation.field.as_str()).collect();
    for field in [
        "facts.Users",
        "facts.malicious",
        "calendars[0].zone",
        "calendars[1].weekend",
        "calendars[2].holidays[0]",
        "calendars[2].holidays[1]",
        "thresholds[0].any",
        "thresholds[1].any[0]",
        "thresholds[1].any[1].longer_than",
        "thresholds[1].any[2].users_percent_above",
        "regimes[0].id",
        "regimes[0].provenance",
        "regimes[0].valid_to",
        "regimes[0].calendar",
        "regimes[0].applies_if",
        "regimes[0].trigger",
        "regimes[0].stages[0].when",
        "regimes[0].stages[0].starts[0].from",
        "regimes[0].stages[1].id",
        "regimes[0].stages[1].starts[0].from",
        "regimes[0].stages[1].starts",
        "regimes[0].stages[2].starts",
        "regimes[0].stages[2].fields[1].key",
        "regimes[1].stages",
        "regimes[2].id",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:#?}");
    }
    assert!(refused.list().iter().all(|violation| !violation.remedy.is_empty()));
}

#[test]
fn what_is_no_book_says_the_line() {
    for text in [
        "",
        "edition: [",
        "edition: e\nregimes: 3",
        "edition: e\nregime: []",
        "- 1",
        "edition: e\ncalendars: [{id: a, zone: UTC, weekend: [moonday]}]",
    ] {
        let refused = Book::from_yaml(text).unwrap_err();
        assert_eq!(refused.list().len(), 1, "{text}");
        assert!(
            !refused.list()[0].problem.is_empty() && refused.list()[0].remedy.contains("docs/clocks.md"),
            "{refused}"
        );
    }
    assert!(Book::from_yaml(&" ".repeat(Book::MOST_BYTES + 1)).unwrap_err().to_string().contains("split"));
}

/// The YAML of the guide that begins with a word.
fn of_the_guide(begin: &str) -> String {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/clocks.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let mut blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.find(|block| block.starts_with(begin)).unwrap().to_owned()
}

#[test]
fn the_guide_is_right() {
    let parts = ["calendars:", "thresholds:", "regimes:"].map(of_the_guide);
    let book = Book::from_yaml(&format!("edition: guide\n{}", parts.concat())).unwrap();
    assert_eq!((book.regimes().len(), book.thresholds().len()), (1, 1));
    assert!(of_the_guide("term:").contains("extension"));
}

#[test]
fn the_guide_names_every_fact_and_every_regime_that_ships() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/clocks.md")).unwrap();
    let book = Book::shipped().unwrap();
    let regimes = book.regimes().iter().map(|regime| regime.id.clone());
    for name in regimes.chain(statute::Facts::names().map(str::to_owned)) {
        assert!(guide.contains(&format!("`{name}`")), "{name} is not in docs/clocks.md");
    }
}
