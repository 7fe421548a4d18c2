//! What holds in every zone, on every day, whatever the clocks do.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use statute::{Answer, Book, Calendar, Expression, Extension, Fact, Facts, Period, Reading, Step, Term, Unit, assess};

const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Rome",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Africa/Casablanca",
];
const UNITS: [Unit; 7] =
    [Unit::Minutes, Unit::Hours, Unit::Days, Unit::WorkingDays, Unit::Weeks, Unit::Months, Unit::Years];
const READINGS: [Reading; 3] = [Reading::Instant, Reading::WholeDays, Reading::Eu118271];

fn calendars() -> impl Strategy<Value = Calendar> {
    proptest::sample::select(&ZONES[..]).prop_map(|zone| Calendar::plain("any", zone).expect("a zone"))
}

/// 1990 to 2060.
fn instants() -> impl Strategy<Value = Timestamp> {
    (631_152_000_i64..2_840_140_800).prop_map(|second| Timestamp::from_second(second).expect("an instant"))
}

fn periods() -> impl Strategy<Value = Period> {
    (proptest::sample::select(&UNITS[..]), 1_u32..60)
        .prop_map(|(unit, amount)| Period::new(amount, unit).expect("a period"))
}

fn readings() -> impl Strategy<Value = Reading> {
    proptest::sample::select(&READINGS[..])
}

static BOOK: std::sync::LazyLock<Book> = std::sync::LazyLock::new(|| Book::shipped().expect("the shipped book"));

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_period_ends_after_it_begins_and_never_before_its_strict_end(
        calendar in calendars(), start in instants(), period in periods(), reading in readings()
    ) {
        let end = calendar.end(start, period, reading).unwrap();
        prop_assert!(start < end.strict && end.strict <= end.due, "{start} {end:?}");
    }

    #[test]
    fn hours_are_elapsed_time_everywhere(calendar in calendars(), start in instants(), hours in 1_u32..10_000, reading in readings()) {
        let end = calendar.end(start, Period::new(hours, Unit::Hours).unwrap(), reading).unwrap();
        prop_assert_eq!(end.due.duration_since(start), SignedDuration::from_hours(i64::from(hours)));
    }

    #[test]
    fn a_later_start_or_a_longer_period_never_ends_earlier(
        calendar in calendars(), start in instants(), later in 0_i64..5_000_000, period in periods(), reading in readings()
    ) {
        let end = |start, period| calendar.end(start, period, reading).unwrap().due;
        let other = start + SignedDuration::from_secs(later);
        prop_assume!(later >= 7_200 || calendar.zone().to_datetime(other) >= calendar.zone().to_datetime(start));
        let (one, two) = (end(start, period), end(other, period));
        // The 29th to the 31st end on one day where the month has no such day, each at its own time of day.
        let clipped = matches!(period.unit(), Unit::Months | Unit::Years) && reading == Reading::Instant;
        let same_day = clipped && calendar.day_of(one) == calendar.day_of(two) && calendar.day_of(start) != calendar.day_of(other);
        prop_assert!(one <= two || same_day, "{start} {other} {period}");
        let longer = Period::new(period.amount() + 1, period.unit()).unwrap();
        prop_assert!(end(start, period) <= end(start, longer));
    }

    #[test]
    fn months_keep_the_time_of_day_and_the_day_or_take_the_months_last(
        calendar in calendars(), start in instants(), months in 1_u32..50
    ) {
        let end = calendar.end(start, Period::new(months, Unit::Months).unwrap(), Reading::Instant).unwrap();
        let (from, to) = (calendar.zone().to_datetime(start), calendar.zone().to_datetime(end.due));
        let whole = i32::from(from.year()) * 12 + i32::from(from.month()) - 1 + i32::try_from(months).unwrap();
        let reached = i32::from(to.year()) * 12 + i32::from(to.month()) - 1;
        // A gap of a whole day (Apia, 2011) or of an hour at midnight carries an end past midnight, and no further.
        let gap = to.date() != from.date().checked_add(jiff::Span::new().months(i64::from(months))).unwrap();
        prop_assert!(whole == reached || gap && whole + 1 == reached, "{from} {to}");
        prop_assert!(gap || to.day() == from.day() || to.day() == to.date().days_in_month(), "{from} {to}");
        let same = to.time() == from.time();
        let (before, after) = (calendar.zone().to_offset(end.due - SignedDuration::from_hours(25)), calendar.zone().to_offset(end.due));
        prop_assert!(same || before != after, "only a change of the clocks changes the time of day: {from} {to}");
    }

    #[test]
    fn under_1182_71_no_period_of_days_ends_on_a_day_of_rest(calendar in calendars(), start in instants(), days in 1_u32..60) {
        let end = calendar.end(start, Period::new(days, Unit::Days).unwrap(), Reading::Eu118271).unwrap();
        let last = calendar.day_of(end.due - SignedDuration::from_nanos(1));
        prop_assert_eq!(calendar.rest(last), None, "{}", last);
        prop_assert!(calendar.day_of(end.due) > last, "it runs to the last hour of the day");
    }

    #[test]
    fn working_days_are_as_many_as_were_asked(calendar in calendars(), start in instants(), days in 1_u32..40) {
        let end = calendar.end(start, Period::new(days, Unit::WorkingDays).unwrap(), Reading::WholeDays).unwrap();
        let last = calendar.day_of(end.due - SignedDuration::from_nanos(1));
        let mut day = calendar.day_of(start);
        let mut worked = 0;
        while day < last {
            day = day.tomorrow().unwrap();
            worked += u32::from(calendar.rest(day).is_none());
        }
        prop_assert_eq!(worked, days);
    }

    #[test]
    fn pauses_move_the_end_by_their_sum(
        calendar in calendars(), start in instants(), period in periods(), reading in readings(), pauses in proptest::collection::vec((0_i64..600, 0_i64..1_000_000), 0..6)
    ) {
        let extension = Some(Extension { most: Period::new(2, Unit::Months).unwrap(), times: 1 });
        let term = Term { period, reading, pause: true, extension };
        let (mut steps, mut now, mut stood) = (Vec::new(), start, 0);
        let due = term.standing(&calendar, start, &[]).unwrap().due;
        for (run, stand) in pauses {
            // Long enough that no pause comes after the end.
            let run = run.min(due.duration_since(start).as_secs() / 10);
            now += SignedDuration::from_secs(run);
            steps.push(Step::Pause { at: now, reason: "asked".to_owned() });
            now += SignedDuration::from_secs(stand);
            steps.push(Step::Resume { at: now });
            stood += stand;
        }
        let standing = term.standing(&calendar, start, &steps).unwrap();
        prop_assert_eq!(standing.due, due + SignedDuration::from_secs(stood));
        prop_assert!(!standing.overdue(standing.due));
        prop_assert!(standing.overdue(standing.due + SignedDuration::from_nanos(1)));
    }

    #[test]
    fn facts_that_come_one_by_one_end_where_all_at_once_do(
        breach in any::<Option<bool>>(), disruption in any::<Option<bool>>(), unintelligible in any::<Option<bool>>(),
        detected in instants(), aware in proptest::option::of(0_i64..100_000), order in 0_usize..6
    ) {
        let book = &*BOOK;
        let base = Facts {
            detected: Some(detected),
            operator_kinds: ["public_electronic_communications_provider".to_owned()].into(),
            jurisdictions: ["EU".to_owned()].into(),
            ..Facts::default()
        };
        let full = Facts {
            personal_data_breach: breach,
            severe_disruption: disruption,
            data_unintelligible: unintelligible,
            aware: aware.map(|later| detected + SignedDuration::from_secs(later)),
            ..base.clone()
        };
        let half = match order {
            0 => Facts { personal_data_breach: breach, ..base.clone() },
            1 => Facts { severe_disruption: disruption, personal_data_breach: Some(true), ..base.clone() },
            2 => Facts { aware: full.aware, ..base.clone() },
            3 => Facts { personal_data_breach: Some(false), severe_disruption: Some(true), ..base.clone() },
            4 => Facts { data_unintelligible: Some(true), personal_data_breach: breach, ..base.clone() },
            _ => base.clone(),
        };
        let now = detected + SignedDuration::from_hours(200);
        let first = assess(book, &half, &[], detected).unwrap();
        let stepped = assess(book, &full, &first.obligations, now).unwrap();
        let at_once = assess(book, &full, &[], now).unwrap();
        let open = |obligations: &[statute::Obligation]| {
            let mut open: Vec<_> = obligations
                .iter()
                .filter(|one| one.state == statute::State::Open)
                .map(|one| (one.regime.clone(), one.stage.clone(), one.due))
                .collect();
            open.sort();
            open
        };
        for one in open(&at_once.obligations) {
            prop_assert!(open(&stepped.obligations).contains(&one), "{one:?}");
        }
        let again = assess(book, &full, &stepped.obligations, now).unwrap();
        prop_assert!(again.changes.is_empty() && again.obligations == stepped.obligations);
    }

    #[test]
    fn no_text_makes_an_expression_panic(text in "[a-z_'\" ()\\[\\]{}!&|<>=+*/?:.,0-9-]{0,80}") {
        if let Ok(expression) = Expression::compile(&text, &Default::default()) {
            prop_assert_ne!(expression.ask(&Facts::default()), Answer::Unknown(Vec::new()), "what is missing is named");
        }
    }

    #[test]
    fn what_is_put_together_of_parts_is_answered_when_all_is_known(
        parts in proptest::collection::vec(proptest::sample::select(&PARTS[..]), 1..6), joins in proptest::collection::vec(any::<(bool, bool)>(), 6)
    ) {
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            let (and, not) = joins[at];
            let part = if not { format!("!({part})") } else { (*part).to_owned() };
            text = if at == 0 { part } else { format!("({text}) {} {part}", if and { "&&" } else { "||" }) };
        }
        let expression = Expression::compile(&text, &Default::default()).unwrap();
        let answer = expression.ask(&known());
        prop_assert!(answer == Answer::Holds || answer == Answer::Fails, "{text}: {answer:?}");
    }
}

const PARTS: [&str; 8] = [
    "personal_data_breach",
    "users_affected > 100",
    "hours * users_affected <= 12.5 + 3",
    "level in ['crisis', 'incident']",
    "'EU' in jurisdictions",
    "services.all(s, s.users_affected < 10 || s.kind == 'voice')",
    "size(services) > 1",
    "class.contains('outage') ? malicious : true",
];

fn known() -> Facts {
    Facts {
        personal_data_breach: Some(true),
        malicious: Some(false),
        users_affected: Some(3.0),
        hours: Some(4.0),
        level: Some("crisis".to_owned()),
        class: Some("availability/outage".to_owned()),
        services: Some(vec![statute::ServiceImpact {
            kind: "voice".to_owned(),
            users_affected: Some(5.0),
            ..Default::default()
        }]),
        own: [("unasked".to_owned(), Fact::Number(1.0))].into(),
        ..Facts::default()
    }
}
