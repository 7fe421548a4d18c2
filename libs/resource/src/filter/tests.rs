use proptest::prelude::*;

use super::*;

const STATES: &[(&str, i32)] = &[("SURVEYED", 1), ("IN_SERVICE", 6), ("RETIRED", 7)];

const FIELDS: &[FilterField] = &[
    FilterField { name: "display_name", field_type: FieldType::Text },
    FilterField { name: "vendor", field_type: FieldType::Text },
    FilterField { name: "maintenance.contract", field_type: FieldType::Text },
    FilterField { name: "grade", field_type: FieldType::Integer },
    FilterField { name: "value", field_type: FieldType::Real },
    FilterField { name: "manned", field_type: FieldType::Boolean },
    FilterField { name: "create_time", field_type: FieldType::Time },
    FilterField { name: "state", field_type: FieldType::Enum(STATES) },
    FilterField { name: "labels", field_type: FieldType::Map },
    FilterField { name: "legal_tags", field_type: FieldType::Set },
];

fn read(text: &str) -> Condition {
    parse_filter(text, FIELDS).unwrap_or_else(|problem| panic!("{text}: {problem}")).unwrap()
}

fn equals(field: &'static str, value: Literal) -> Condition {
    Condition::Compare { field, operator: Comparison::Equal, value }
}

fn vendor(text: &str) -> Condition {
    equals("vendor", Literal::Text(text.to_owned()))
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn found(text: &str) -> Condition {
    Condition::Search(text.to_owned())
}

fn pattern(field: &'static str, place: Match, text: &str, ignore_case: bool) -> Condition {
    Condition::Pattern { field, place, text: text.to_owned(), ignore_case }
}

#[test]
fn nothing_lets_everything_through() {
    for text in ["", " ", "\t\n "] {
        assert_eq!(parse_filter(text, FIELDS), Ok(None));
    }
}

#[test]
fn or_binds_tighter_than_a_sequence_and_that_tighter_than_and() {
    let (a, b, c, d) = (found("a"), found("b"), found("c"), found("d"));
    let either = |parts: &[&Condition]| Condition::Or(parts.iter().map(|part| (*part).clone()).collect());
    let both = |parts: &[&Condition]| Condition::And(parts.iter().map(|part| (*part).clone()).collect());
    assert_eq!(read("a AND b OR c"), both(&[&a, &either(&[&b, &c])]));
    assert_eq!(read("a OR b AND c"), both(&[&either(&[&a, &b]), &c]));
    assert_eq!(read("a b OR c d"), both(&[&a, &either(&[&b, &c]), &d]));
    assert_eq!(read("(a AND b) OR c"), either(&[&both(&[&a, &b]), &c]));
    assert_eq!(read("a AND (b AND (c d))"), both(&[&a, &b, &c, &d]));
    assert_eq!(read("NOT a OR b"), either(&[&not(a.clone()), &b]));
    assert_eq!(read("-a AND NOT (b OR c)"), both(&[&not(a.clone()), &not(either(&[&b, &c]))]));
    assert_eq!(read("NOT(a) AND(b)"), both(&[&not(a), &b]));
    // The sequence of the standard: (a b) AND c is grouped, not a AND (b AND c); the meaning is the same here.
    let Some(Expression::And(parts)) = parse_expression("a b AND c").unwrap() else { panic!() };
    assert!(matches!(parts.as_slice(), [Expression::Sequence(_), Expression::Search(_)]));
}

#[test]
fn values_are_read_as_what_the_field_holds() {
    for (text, field, operator, value) in [
        ("vendor=acme", "vendor", Comparison::Equal, Literal::Text("acme".into())),
        ("vendor = \"a \\\"b\\\" \\\\ \\*\\n\"", "vendor", Comparison::Equal, Literal::Text("a \"b\" \\ *\n".into())),
        ("vendor != 'it\"s'", "vendor", Comparison::NotEqual, Literal::Text("it\"s".into())),
        ("vendor > a.b:c/d@e-f", "vendor", Comparison::Greater, Literal::Text("a.b:c/d@e-f".into())),
        ("displayName = Zürich", "display_name", Comparison::Equal, Literal::Text("Zürich".into())),
        ("maintenance.contract <= m", "maintenance.contract", Comparison::LessOrEqual, Literal::Text("m".into())),
        ("grade >= -3", "grade", Comparison::GreaterOrEqual, Literal::Integer(-3)),
        ("grade : 3", "grade", Comparison::Equal, Literal::Integer(3)),
        ("grade < 9223372036854775807", "grade", Comparison::Less, Literal::Integer(i64::MAX)),
        ("value > 2.5", "value", Comparison::Greater, Literal::Real(2.5)),
        ("value = -1e-3", "value", Comparison::Equal, Literal::Real(-0.001)),
        ("value = 3", "value", Comparison::Equal, Literal::Real(3.0)),
        ("manned = true", "manned", Comparison::Equal, Literal::Boolean(true)),
        ("manned != false", "manned", Comparison::NotEqual, Literal::Boolean(false)),
        ("state = IN_SERVICE", "state", Comparison::Equal, Literal::Enum(6)),
        ("state != \"RETIRED\"", "state", Comparison::NotEqual, Literal::Enum(7)),
        ("state:SURVEYED", "state", Comparison::Equal, Literal::Enum(1)),
        ("createTime > 1970-01-01T00:00:01Z", "create_time", Comparison::Greater, Literal::Time(1_000_000)),
        ("create_time < \"1970-01-01T01:00:00+01:00\"", "create_time", Comparison::Less, Literal::Time(0)),
        ("create_time = 1969-12-31T23:59:59.5Z", "create_time", Comparison::Equal, Literal::Time(-500_000)),
    ] {
        assert_eq!(read(text), Condition::Compare { field, operator, value }, "{text}");
    }
}

#[test]
fn a_time_finer_than_a_microsecond_keeps_the_comparison_right() {
    for (operator, micros) in [(">=", 2), ("<", 2), (">", 1), ("<=", 1)] {
        let Condition::Compare { value, .. } = read(&format!("create_time {operator} 1970-01-01T00:00:00.0000015Z"))
        else {
            panic!()
        };
        assert_eq!(value, Literal::Time(micros), "{operator}");
    }
    let Condition::Compare { value, .. } = read("create_time >= 1969-12-31T23:59:59.9999985Z") else { panic!() };
    assert_eq!(value, Literal::Time(-1));
}

#[test]
fn wildcards_and_has_look_into_text() {
    for (text, expected) in [
        ("vendor = \"ac*\"", pattern("vendor", Match::StartsWith, "ac", false)),
        ("vendor = ac*", pattern("vendor", Match::StartsWith, "ac", false)),
        ("vendor = *me", pattern("vendor", Match::EndsWith, "me", false)),
        ("vendor = '*c%_m*'", pattern("vendor", Match::Contains, "c%_m", false)),
        ("vendor != ac*", not(pattern("vendor", Match::StartsWith, "ac", false))),
        ("vendor = \"\\**\"", pattern("vendor", Match::StartsWith, "*", false)),
        ("vendor = *", Condition::Present { field: "vendor" }),
        ("vendor != \"*\"", not(Condition::Present { field: "vendor" })),
        ("vendor:*", Condition::Present { field: "vendor" }),
        ("vendor:CM", pattern("vendor", Match::Contains, "CM", true)),
        ("vendor:\"a \\*\"", pattern("vendor", Match::Contains, "a *", true)),
        ("grade:*", Condition::Present { field: "grade" }),
        ("create_time:*", Condition::Present { field: "create_time" }),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn maps_and_sets_are_asked_for_keys_and_values() {
    let map = |key: &str, operator, value: &str| Condition::MapEquals {
        field: "labels",
        key: key.to_owned(),
        operator,
        value: value.to_owned(),
    };
    let has = |key: &str| Condition::MapHas { field: "labels", key: key.to_owned() };
    let starts =
        Condition::MapPattern { field: "labels", key: "env".into(), place: Match::StartsWith, text: "pr".into() };
    for (text, expected) in [
        ("labels:env", has("env")),
        ("labels:\"a b\"", has("a b")),
        ("labels.env:*", has("env")),
        ("labels:*", Condition::Present { field: "labels" }),
        ("labels.env = prod", map("env", Comparison::Equal, "prod")),
        ("labels.env:prod", map("env", Comparison::Equal, "prod")),
        ("labels.env != prod", map("env", Comparison::NotEqual, "prod")),
        ("labels.tier >= 2", map("tier", Comparison::GreaterOrEqual, "2")),
        ("labels.a.b/c_d-e = x", map("a.b/c_d-e", Comparison::Equal, "x")),
        ("labels.\"a.b c\" = x", map("a.b c", Comparison::Equal, "x")),
        ("labels.AND = x", map("AND", Comparison::Equal, "x")),
        ("labels.env = pr*", starts.clone()),
        ("labels.env != pr*", not(starts)),
        ("legalTags:pii", Condition::SetHas { field: "legal_tags", value: "pii".into() }),
        ("legal_tags:*", Condition::Present { field: "legal_tags" }),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn values_in_parentheses_are_compared_one_by_one() {
    let (a, b) = (vendor("a"), vendor("b"));
    assert_eq!(read("vendor = (a OR b)"), Condition::Or(vec![a.clone(), b.clone()]));
    assert_eq!(read("vendor != (a OR b)"), not(Condition::Or(vec![a.clone(), b])));
    assert_eq!(read("vendor = (NOT a)"), not(a));
    assert_eq!(
        read("legal_tags:(pii AND traffic-data)"),
        Condition::And(vec![
            Condition::SetHas { field: "legal_tags", value: "pii".into() },
            Condition::SetHas { field: "legal_tags", value: "traffic-data".into() },
        ])
    );
    assert_eq!(
        read("value = (2.5 OR 3)"),
        Condition::Or(vec![equals("value", Literal::Real(2.5)), equals("value", Literal::Real(3.0))])
    );
}

#[test]
fn a_value_on_its_own_is_searched_for() {
    assert_eq!(read("router"), found("router"));
    assert_eq!(read("\"core router\""), found("core router"));
    assert_eq!(read("192.0.2.7"), found("192.0.2.7"));
    assert_eq!(read("\"AND\""), found("AND"));
    assert_eq!(read("core router"), Condition::And(vec![found("core"), found("router")]));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, position, says) in [
        ("a = ", 4, "ends where"),
        ("vendor = a AND", 14, "ends where"),
        ("AND vendor = a", 0, "AND stands where a condition should be"),
        ("vendor = a AND AND", 15, "AND stands where"),
        ("vendor = a OR OR vendor = b", 14, "OR stands where"),
        ("OR<a", 0, "OR stands where"),
        ("vendor = a and vendor = b", 11, "write AND in capitals"),
        ("vendor = a || vendor = b", 11, "write OR in capitals"),
        ("vendor == a", 8, "write = once"),
        ("vendor = AND", 9, "in quotes"),
        ("vendor = a = b", 11, "'='"),
        ("(vendor = a", 0, "not closed"),
        ("vendor = a)", 10, "not opened"),
        ("()", 1, "nothing is between"),
        ("vendor = \"a", 9, "not closed"),
        ("vendor = \"a\\d\"", 11, "backslash"),
        ("vendor = \"a\\", 11, "backslash"),
        ("vendor = a, b", 10, "','"),
        ("(vendor = a)(grade = 1)", 12, "write a space"),
        ("vendor.", 7, "ends where"),
        (".vendor", 0, "'.'"),
        ("vendor = \"a\0\"", 11, "zero character"),
        ("NOT NOT vendor = a", 4, "negates twice"),
        ("--a", 1, "negates twice"),
        ("- a", 1, "without a space"),
        ("regex(vendor, \"a\")", 5, "functions cannot be used"),
        ("vendor = lower(\"A\")", 14, "functions cannot be used"),
        ("vendor = (grade = 1)", 10, "a comparison stands among"),
        ("rout*", 0, "leave the star out"),
    ] {
        let problem = parse_filter(text, FIELDS).unwrap_err();
        let message = problem.to_string();
        assert!(message.contains(says), "{text:?}: {message}");
        assert!(message.contains(&format!("at position {position}")), "{text:?}: {message}");
        assert_eq!(problem.metadata().first(), Some(&("position", position.to_string())), "{text:?}");
        assert_eq!(problem.field(), Some("filter"));
        assert_eq!(problem.reason(), wire::fault::v1::ErrorReason::FilterInvalid);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_what_is_expected() {
    for (text, position, says) in [
        ("grade = high", 8, "whole number"),
        ("grade = 2.5", 8, "whole number"),
        ("grade = 9223372036854775808", 8, "9223372036854775807"),
        ("value = NaN", 8, "a number"),
        ("value = inf", 8, "a number"),
        ("value = 1e999", 8, "a number"),
        ("value = \"\"", 8, "a number"),
        ("manned = yes", 9, "true or false"),
        ("manned > false", 0, "no order"),
        ("state < RETIRED", 0, "no order"),
        ("vendor = a AND state = GONE", 23, "SURVEYED, IN_SERVICE, RETIRED"),
        ("state = retired", 8, "SURVEYED, IN_SERVICE, RETIRED"),
        ("create_time > yesterday", 14, "RFC 3339"),
        ("create_time > 2026-01-31", 14, "2026-01-31T00:00:00Z"),
        ("create_time > 2026-13-31T00:00:00Z", 14, "RFC 3339"),
        ("labels = env", 0, "labels.key = value"),
        ("legal_tags = pii", 0, "legal_tags:value"),
        ("legal_tags:p*", 11, "star"),
        ("vendor:a*", 7, "star"),
        ("vendor = a*b", 9, "at the start or the end only"),
        ("vendor < a*", 9, "= and != only"),
        ("grade = 1*", 8, "star"),
        ("create_time = 99999999999-01-01T00:00:00Z", 14, "RFC 3339"),
    ] {
        let problem = parse_filter(text, FIELDS).unwrap_err();
        let message = problem.to_string();
        assert!(message.contains(says), "{text:?}: {message}");
        assert!(message.contains(&format!("at position {position}")), "{text:?}: {message}");
    }
}

#[test]
fn an_unknown_field_is_refused_with_those_there_are() {
    for text in ["colour = red", "vendor.x = a", "Vendor = a", "grade.x = 1", "displayname = a", "state.labels.a = b"] {
        let problem = parse_filter(text, FIELDS).unwrap_err();
        assert!(matches!(problem, Problem::UnknownFilterField { position: 0, .. }), "{text}: {problem}");
        assert!(problem.to_string().contains("display_name, vendor, maintenance.contract"), "{problem}");
        assert!(problem.to_string().contains("labels.{key}"), "{problem}");
    }
    let problem = parse_filter("a = 1", &[]).unwrap_err();
    assert!(problem.to_string().contains("no filter here"), "{problem}");
}

#[test]
fn the_limits_hold_and_hold_quickly() {
    let conditions = |count: usize| vec!["grade=1"; count].join(" OR ");
    assert!(parse_filter(&conditions(64), FIELDS).is_ok());
    assert!(parse_filter(&conditions(65), FIELDS).unwrap_err().to_string().contains("64 conditions"));
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse_filter(&deep(32), FIELDS).is_ok());
    assert!(parse_filter(&deep(33), FIELDS).unwrap_err().to_string().contains("32 deep"));
    let values = vec!["1"; 64].join(" OR ");
    assert!(parse_filter(&format!("grade = ({values})"), FIELDS).unwrap_err().to_string().contains("64 conditions"));
    assert!(parse_filter(&format!("vendor = \"{}\"", "a".repeat(4085)), FIELDS).is_ok());
    for text in ["(".repeat(10_000), "\"".repeat(10_001), "NOT ".repeat(2500), "a ".repeat(5000), "é".repeat(5_000_000)]
    {
        let problem = parse_filter(&text, FIELDS).unwrap_err();
        assert!(problem.to_string().contains("4096 bytes"));
        assert!(problem.to_string().len() < 300);
    }
}

/// Words that are no keyword and do not begin with a sign.
fn word() -> impl Strategy<Value = String> {
    "[a-z0-9_é][a-z0-9_/@-]{0,5}"
}

fn value() -> impl Strategy<Value = Value> {
    let bare = proptest::collection::vec("[a-z0-9_]{1,4}", 1..3).prop_map(|pieces| Value {
        pieces,
        quoted: false,
        position: Position(0),
    });
    let quoted = proptest::collection::vec("[^\0]{0,4}", 1..4).prop_map(|pieces| Value {
        pieces,
        quoted: true,
        position: Position(0),
    });
    prop_oneof![bare, quoted]
}

fn member() -> impl Strategy<Value = Member> {
    proptest::collection::vec(value(), 1..3).prop_map(|segments| Member { segments, position: Position(0) })
}

fn operator() -> impl Strategy<Value = Operator> {
    prop_oneof![
        Just(Operator::Has),
        Just(Operator::Compare(Comparison::Equal)),
        Just(Operator::Compare(Comparison::NotEqual)),
        Just(Operator::Compare(Comparison::Less)),
        Just(Operator::Compare(Comparison::LessOrEqual)),
        Just(Operator::Compare(Comparison::Greater)),
        Just(Operator::Compare(Comparison::GreaterOrEqual)),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    let argument = value().prop_map(Argument::Value);
    let leaf = prop_oneof![
        member().prop_map(Expression::Search),
        (member(), operator(), argument).prop_map(|(member, operator, argument)| Expression::Restriction(
            Restriction { member, operator, argument }
        )),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts.clone().prop_map(Expression::And),
            parts.clone().prop_map(Expression::Sequence),
            parts.prop_map(Expression::Or),
            inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
            (member(), operator(), inner).prop_map(|(member, operator, inner)| Expression::Restriction(Restriction {
                member,
                operator,
                argument: Argument::Composite(Box::new(inner)),
            })),
        ]
    })
}

/// Our expression as the other parser has it.
fn theirs(expression: &Expression) -> aip_160::Expression {
    let many = |parts: &[Expression]| parts.iter().map(theirs).collect();
    let value = |value: &Value| {
        if value.quoted { aip_160::Value::String(value.text()) } else { aip_160::Value::Text(value.text()) }
    };
    let comparable = |segments: &[Value]| {
        let mut segments = segments.iter().map(value);
        let first = segments.next().unwrap();
        aip_160::Comparable::Member(aip_160::Member { value: first, fields: segments.collect() })
    };
    match expression {
        Expression::And(parts) => aip_160::Expression::And(many(parts)),
        Expression::Sequence(parts) => aip_160::Expression::Sequence(many(parts)),
        Expression::Or(parts) => aip_160::Expression::Or(many(parts)),
        Expression::Not(inner) => aip_160::Expression::Not(Box::new(theirs(inner))),
        Expression::Search(member) => aip_160::Expression::Global(comparable(&member.segments)),
        Expression::Restriction(restriction) => aip_160::Expression::Restriction(aip_160::Restriction {
            comparable: comparable(&restriction.member.segments),
            comparator: match restriction.operator {
                Operator::Has => aip_160::Comparator::Has,
                Operator::Compare(Comparison::Equal) => aip_160::Comparator::Equal,
                Operator::Compare(Comparison::NotEqual) => aip_160::Comparator::NotEqual,
                Operator::Compare(Comparison::Less) => aip_160::Comparator::LessThan,
                Operator::Compare(Comparison::LessOrEqual) => aip_160::Comparator::LessThanOrEqual,
                Operator::Compare(Comparison::Greater) => aip_160::Comparator::GreaterThan,
                Operator::Compare(Comparison::GreaterOrEqual) => aip_160::Comparator::GreaterThanOrEqual,
            },
            arg: match &restriction.argument {
                Argument::Value(value) => aip_160::Arg::Comparable(comparable(std::slice::from_ref(value))),
                Argument::Composite(inner) => aip_160::Arg::Composite(Box::new(theirs(inner))),
            },
        }),
    }
}

/// A term, and the signs between terms: text that is a filter more often than not.
fn near_filter() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        4 => word(),
        4 => (word(), operator(), word()).prop_map(|(left, operator, right)| format!("{left}{operator}{right}")),
        1 => (word(), operator()).prop_map(|(left, operator)| format!("{left} {operator} \"x y\"")),
        1 => (word(), operator()).prop_map(|(left, operator)| format!("{left} {operator} -5")),
    ];
    let sign = prop_oneof![
        4 => Just(" AND ".to_owned()),
        4 => Just(" OR ".to_owned()),
        3 => Just(" ".to_owned()),
        2 => Just(" NOT ".to_owned()),
        2 => Just(" -".to_owned()),
        1 => Just(" (".to_owned()),
        1 => Just(") ".to_owned()),
        1 => Just(" AND (".to_owned()),
        1 => Just(") OR ".to_owned()),
    ];
    proptest::collection::vec((term, sign), 1..8)
        .prop_map(|parts| parts.into_iter().map(|(term, sign)| format!("{term}{sign}")).collect::<String>() + "z")
        .prop_map(|text| {
            // Close what is open, so that more than a few of them are filters.
            let open = text.matches('(').count().saturating_sub(text.matches(')').count());
            text + &")".repeat(open)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_text_is_a_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            if let Err(problem) = parse_filter(&text, FIELDS) {
                let position: usize = problem.metadata()[0].1.parse().unwrap();
                prop_assert!(text.is_char_boundary(position), "{problem}");
                prop_assert!(problem.to_string().len() < 1200, "{problem}");
            }
        }
    }

    #[test]
    fn no_text_of_the_signs_of_filters_is_a_panic(text in "(AND|OR|NOT|vendor|labels|grade|[ a().,:=<>!*'\"\\\\-]){0,24}") {
        if let Ok(Some(expression)) = parse_expression(&text) {
            prop_assert_eq!(parse_expression(&expression.to_string()).unwrap().unwrap(), expression);
        }
        let _ = parse_filter(&text, FIELDS);
    }

    #[test]
    fn printing_and_reading_agree(expression in expression()) {
        let text = expression.to_string();
        prop_assume!(text.len() <= 4096);
        prop_assert_eq!(parse_expression(&text).unwrap().unwrap(), expression, "{}", text);
    }

    #[test]
    fn the_structure_is_the_one_another_parser_sees(text in near_filter()) {
        match (parse_expression(&text), aip_160::parse_filter(&text)) {
            (Ok(ours), Ok(other)) => prop_assert_eq!(ours.as_ref().map(theirs), other.expression, "{}", text),
            (Err(_), Err(_)) => {}
            (ours, other) => prop_assert!(false, "{text}\nours: {ours:?}\ntheirs: {other:?}"),
        }
    }
}
