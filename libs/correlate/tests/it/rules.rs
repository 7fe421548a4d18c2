//! Rules as data: what ships, what is learnt, what is refused.

use correlate::{Alarm, Learning, Rules, Severity, Topology, learn};

#[test]
fn shipped_rules_are_good_and_claim_no_causes() {
    let rules = Rules::shipped().unwrap();
    assert!(rules.causes.is_empty(), "which kind causes which is an operator's own knowledge");
    assert!(rules.together.len() >= 3);
}

#[test]
fn all_that_is_wrong_with_rules_is_told_at_once() {
    let refused = Rules::from_yaml(
        "
edition: wrong
duplicates: 1 hours
repeats: 1 days
late: 1 minutes
causes:
  - {id: a, cause: [], effect: [x], hops: 0, within: 1 minutes}
  - {id: a, cause: [x, y], effect: [y], hops: 9, within: 1 minutes, confidence: 0}
together:
  - {id: ' ', within: 1 minutes}
",
    )
    .unwrap_err();
    let fields: Vec<&str> = refused.list().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "causes[0]",
            "causes[1].id",
            "causes[1].hops",
            "causes[1]",
            "causes[1].confidence",
            "together[0].id",
            "together[0]"
        ]
    );
    assert!(refused.list().iter().all(|violation| !violation.remedy.is_empty()));
}

#[test]
fn what_is_no_rule_says_the_line() {
    for text in [
        "",
        "edition: e",
        "edition: e\nduplicates: soon\nrepeats: 1 days\nlate: 1 minutes",
        "edition: e\nduplicates: 1 hours\nrepeats: 32 days\nlate: 1 minutes",
    ] {
        let refused = Rules::from_yaml(text).unwrap_err();
        assert!(refused.list().len() == 1 && refused.list()[0].remedy.contains("docs/correlation.md"), "{refused}");
    }
}

#[test]
fn history_proposes_a_rule_with_the_counts_it_rests_on() {
    let mut topology = Topology::default();
    let mut alarms = Vec::new();
    let mut raise = |at: i64, device: String, kind: &str| {
        let (source, id, cause) = ("ems".to_owned(), alarms.len().to_string(), String::new());
        let at = jiff::Timestamp::from_second(at).unwrap();
        alarms.push(Alarm { source, id, device, kind: kind.to_owned(), cause, at, severity: Severity::Major });
    };
    for hour in 0..100_i64 {
        let at = 1_772_000_000 + hour * 7_200;
        let (one, other) = (format!("m{}", hour % 9), format!("n{}", hour % 9));
        topology.link(&one, &other);
        raise(at, one, "power");
        raise(at + 20, other.clone(), "link");
        raise(at + 3_600, other, "door");
    }
    let rules = learn(&alarms, &topology, &Learning::default());
    assert_eq!(rules.len(), 1, "{rules:#?}");
    assert_eq!(
        (rules[0].cause.first().unwrap().as_str(), rules[0].effect.first().unwrap().as_str()),
        ("power", "link")
    );
    let learnt = rules[0].learnt.as_ref().unwrap();
    assert_eq!((learnt.seen, learnt.of), (100, 100));
    assert!(rules[0].confidence > 0.8, "{}", rules[0].confidence);
    let book = Rules { causes: rules, ..Rules::shipped().unwrap() };
    assert_eq!(book.check(), Ok(()), "what is learnt can be used");
}

#[test]
fn the_guide_is_right() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/correlation.md")).unwrap();
    let blocks: Vec<&str> = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let rules = Rules::from_yaml(blocks[0]).unwrap();
    assert_eq!((rules.causes.len(), rules.together.len()), (1, 3));
    let learnt = format!("edition: e\nduplicates: 1 hours\nrepeats: 1 days\nlate: 1 minutes\ncauses:\n{}", blocks[1]);
    assert!(Rules::from_yaml(&learnt).unwrap().causes[0].learnt.is_some());
}
