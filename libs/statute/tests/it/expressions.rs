//! What expressions may say, and what they say of facts.

use std::collections::BTreeMap;

use statute::{Answer, Expression, Fact, Facts, Kind, ServiceImpact};

fn declared() -> BTreeMap<String, Kind> {
    [("national_roaming".to_owned(), Kind::Truth), ("cells_down".to_owned(), Kind::Number)].into()
}

fn ask(text: &str, facts: &Facts) -> Answer {
    Expression::compile(text, &declared()).unwrap_or_else(|(problem, _)| panic!("{text}: {problem}")).ask(facts)
}

fn facts() -> Facts {
    let service = |kind: &str, users: Option<f64>| ServiceImpact {
        kind: kind.to_owned(),
        users_affected: users,
        ..ServiceImpact::default()
    };
    Facts {
        operator_kinds: ["provider".to_owned()].into(),
        jurisdictions: ["EU".to_owned(), "IT".to_owned()].into(),
        personal_data_breach: Some(true),
        malicious: Some(false),
        users_affected: Some(12_000.0),
        hours: Some(2.5),
        level: Some("security_incident".to_owned()),
        class: Some("availability/outage".to_owned()),
        services: Some(vec![service("mobile_internet", Some(9_000.0)), service("voice", None)]),
        own: [("cells_down".to_owned(), Fact::Number(7.0))].into(),
        ..Facts::default()
    }
}

#[test]
fn expressions_say_what_they_say() {
    for holds in [
        "personal_data_breach",
        "!malicious && users_affected > 10000",
        "users_affected * hours >= 30000",
        "users_affected / 2 == 6000",
        "users_affected - 2000 < 10001 && -hours < 0",
        "'IT' in jurisdictions",
        "level in ['security_incident', 'crisis']",
        "size(jurisdictions) == 2",
        "hours in [1, 2.5]",
        "class.startsWith('availability/')",
        "services.exists(s, s.kind == 'mobile_internet' && s.users_affected > 5000)",
        "services.all(s, s.kind != 'fixed_internet')",
        "cells_down >= 7",
        "malicious ? false : true",
        "true",
    ] {
        assert_eq!(ask(holds, &facts()), Answer::Holds, "{holds}");
        assert_eq!(ask(&format!("!({holds})"), &facts()), Answer::Fails, "{holds}");
    }
}

#[test]
fn what_is_not_known_leaves_undecided_only_what_hangs_on_it() {
    let unknown = |names: &[&str]| Answer::Unknown(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(ask("national_roaming", &facts()), unknown(&["national_roaming"]));
    assert_eq!(ask("personal_data_breach && national_roaming", &facts()), unknown(&["national_roaming"]));
    assert_eq!(ask("national_roaming && malicious", &facts()), Answer::Fails);
    assert_eq!(ask("malicious && national_roaming", &facts()), Answer::Fails);
    assert_eq!(ask("national_roaming || personal_data_breach", &facts()), Answer::Holds);
    assert_eq!(ask("personal_risk != 'unlikely'", &facts()), unknown(&["personal_risk"]));
    assert_eq!(ask("services.exists(s, s.users_affected > 10000)", &facts()), unknown(&["services"]));
    assert_eq!(ask("services.exists(s, s.users_affected > 5000)", &facts()), Answer::Holds);
    assert_eq!(ask("services.exists(s, has(s.users_affected))", &facts()), Answer::Holds);
}

#[test]
fn a_threshold_that_is_not_known_leaves_open_only_what_asks_for_it() {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let many: Vec<String> = (0..40).map(|at| format!("own-{at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).chain(["ladder"]).collect();
    // However many others are open.
    for open in [&["ladder"][..], &many] {
        let facts = Facts {
            thresholds: Some(ids(&["user-hours"])),
            thresholds_open: ids(open),
            malicious: Some(false),
            ..Facts::default()
        };
        let thresholds = Answer::Unknown(vec!["thresholds".to_owned()]);
        for (text, answer) in [
            ("'user-hours' in thresholds", Answer::Holds),
            ("!('user-hours' in thresholds)", Answer::Fails),
            ("'calls' in thresholds", Answer::Fails),
            ("'ladder' in thresholds", thresholds.clone()),
            ("'ladder' in thresholds || 'user-hours' in thresholds", Answer::Holds),
            ("'ladder' in thresholds && 'calls' in thresholds", Answer::Fails),
            ("'ladder' in thresholds && malicious", Answer::Fails),
            ("'ladder' in thresholds || 'calls' in thresholds", thresholds.clone()),
            ("malicious ? 'ladder' in thresholds : 'user-hours' in thresholds", Answer::Holds),
            ("services.exists(thresholds, thresholds.kind == 'voice')", Answer::Unknown(vec!["services".to_owned()])),
            // How many there are hangs on every one of them.
            ("size(thresholds) > 0", thresholds.clone()),
            ("level in thresholds", Answer::Unknown(vec!["level".to_owned(), "thresholds".to_owned()])),
        ] {
            assert_eq!(ask(text, &facts), answer, "{text}");
        }
    }
    let nothing = Answer::Unknown(vec!["thresholds".to_owned()]);
    assert_eq!(ask("'user-hours' in thresholds", &Facts::default()), nothing, "nobody measured");
    let asking = Expression::compile("'a' in thresholds || 'b' in thresholds || malicious", &declared()).unwrap();
    assert_eq!(asking.asks().collect::<Vec<_>>(), ["malicious", "thresholds"]);
}

#[test]
fn a_fact_that_is_none_is_not_known() {
    let text = Facts { own: [("cells_down".to_owned(), Fact::Text("many".to_owned()))].into(), ..Facts::default() };
    assert_eq!(ask("cells_down > 1", &text), Answer::Unknown(vec!["cells_down".to_owned()]));
    let odd = Facts { users_affected: Some(f64::NAN), ..Facts::default() };
    assert_eq!(ask("!(users_affected > 1)", &odd), Answer::Unknown(vec!["users_affected".to_owned()]));
    let smuggled = Facts { own: [("malicious".to_owned(), Fact::Truth(true))].into(), ..Facts::default() };
    assert_eq!(ask("malicious", &smuggled), Answer::Unknown(vec!["malicious".to_owned()]));
    let services = vec![ServiceImpact::default(); Facts::MOST_ITEMS + 1];
    let many = Facts { services: Some(services), ..Facts::default() };
    assert_eq!(ask("services.all(s, s.kind == '')", &many), Answer::Unknown(vec!["services".to_owned()]));
}

#[test]
fn what_is_not_an_expression_over_facts_is_refused_with_a_remedy() {
    let long = "personal_data_breach || ".repeat(50) + "malicious";
    let many = "true||".repeat(160) + "true";
    let deep = "(".repeat(40) + "true" + &")".repeat(40);
    for text in [
        "",
        "  ",
        "personal_data_breach &&",
        "personal_data_braech",
        "users_affected",
        "users_affected > 'many'",
        "level > 'a'",
        "personal_data_breach == 1",
        "users_affected / hours > 1",
        "1 / 0 > 1",
        "hours / 0 > 1",
        "jurisdictions.map(j, j + j) == []",
        "jurisdictions.exists(j, j == 'EU')",
        "services.exists(s, services.exists(t, true))",
        "services.exists(s, s.nothing == 1)",
        "services.map(s, s.kind) == ['a']",
        "services == services.filter(s, true)",
        "matches(level, '.*')",
        "level.matches('(a+)+')",
        "{'a': 1} == {'a': 1}",
        "jurisdictions[0] == 'EU'",
        "timestamp('2026-01-01T00:00:00Z') > timestamp('2025-01-01T00:00:00Z')",
        "level + level == 'a'",
        "b'abc' == b'abc'",
        "null == null",
        "personal_data_breach; malicious",
        "level == 'caf\u{e9}'",
        "!!!!!!!!malicious",
        "x.y.z",
        "true ? 1 : 'a'",
        "[1, 'a'] == [1, 'a']",
        long.as_str(),
        many.as_str(),
        deep.as_str(),
    ] {
        let refused = Expression::compile(text, &declared());
        let (problem, remedy) = refused.err().unwrap_or_else(|| panic!("{text} is let in"));
        assert!(!problem.is_empty() && !remedy.is_empty(), "{text}");
    }
}
