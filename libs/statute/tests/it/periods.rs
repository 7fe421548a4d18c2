//! Ends of periods: month ends, leap days, clock changes, weekends, holidays.

use statute::{Book, Calendar, Period, Reading, Reading::*};

use crate::at;

fn calendar(id: &str) -> Calendar {
    Book::shipped().expect("the shipped book").calendar(id).expect("a calendar").clone()
}

fn due(calendar: &Calendar, start: &str, period: &str, reading: Reading) -> String {
    let period: Period = period.parse().expect("a period");
    calendar.end(at(start), period, reading).expect("in reach").due.to_string()
}

#[test]
fn a_month_is_the_same_day_clipped_to_the_months_end() {
    let eu = calendar("eu");
    for (start, end) in [
        ("2026-03-04T09:00:00Z", "2026-04-04T09:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"),
        ("2024-01-31T12:00:00Z", "2024-02-29T12:00:00Z"),
        ("2024-02-29T12:00:00Z", "2024-03-29T12:00:00Z"),
        ("2026-08-31T00:00:00Z", "2026-09-30T00:00:00Z"),
        ("2026-12-31T23:59:59Z", "2027-01-31T23:59:59Z"),
    ] {
        assert_eq!(due(&eu, start, "1 month", Instant), end, "{start}");
    }
    assert_eq!(due(&eu, "2024-02-29T12:00:00Z", "1 year", Instant), "2025-02-28T12:00:00Z");
    assert_eq!(due(&eu, "2026-11-30T12:00:00Z", "3 months", Instant), "2027-02-28T12:00:00Z");
    let end = eu.end(at("2026-01-31T12:00:00Z"), "1 month".parse().unwrap(), Instant).unwrap();
    assert!(end.why.iter().any(|why| why.contains("last day of its month")), "{:?}", end.why);
}

#[test]
fn hours_pass_over_clock_changes_weekends_and_holidays() {
    let rome = calendar("it");
    // Saturday 10:00 before the clocks go forward: 24 hours on it is 11:00 in Rome.
    assert_eq!(due(&rome, "2026-03-28T09:00:00Z", "24 hours", Eu118271), "2026-03-29T09:00:00Z");
    assert_eq!(due(&rome, "2026-12-24T22:00:00Z", "72 hours", Eu118271), "2026-12-27T22:00:00Z");
    assert_eq!(due(&rome, "2026-12-24T22:00:00Z", "120 minutes", Eu118271), "2026-12-25T00:00:00Z");
}

#[test]
fn days_and_months_keep_the_time_of_day_over_clock_changes() {
    let rome = calendar("it");
    // 10:00 in Rome on both days, though 23 hours lie between them.
    assert_eq!(due(&rome, "2026-03-28T09:00:00Z", "1 day", Instant), "2026-03-29T08:00:00Z");
    assert_eq!(due(&rome, "2026-03-04T09:00:00Z", "1 month", Instant), "2026-04-04T08:00:00Z");
    // 02:30 is not on the clocks of 29 March; the same distance after the gap is.
    assert_eq!(due(&rome, "2026-03-28T01:30:00Z", "1 day", Instant), "2026-03-29T01:30:00Z");
    // 02:30 comes twice on 25 October; the first counts.
    assert_eq!(due(&rome, "2026-10-24T00:30:00Z", "1 day", Instant), "2026-10-25T00:30:00Z");
}

#[test]
fn ends_on_weekends_and_holidays_move_to_the_next_working_days_end() {
    let (eu, rome) = (calendar("eu"), calendar("it"));
    // 4 April 2026 is the Saturday before Easter; Italy rests on Easter Monday too.
    assert_eq!(due(&eu, "2026-03-04T09:00:00Z", "1 month", Eu118271), "2026-04-07T00:00:00Z");
    assert_eq!(due(&rome, "2026-03-04T09:00:00Z", "1 month", Eu118271), "2026-04-07T22:00:00Z");
    // A working day: to its end.
    assert_eq!(due(&eu, "2026-03-02T09:00:00Z", "3 days", Eu118271), "2026-03-06T00:00:00Z");
    // Friday and three days: Monday, and it must hold two working days.
    assert_eq!(due(&eu, "2026-03-06T09:00:00Z", "3 days", Eu118271), "2026-03-11T00:00:00Z");
    assert_eq!(due(&eu, "2026-03-06T09:00:00Z", "1 day", Eu118271), "2026-03-10T00:00:00Z");
    // The same by its other readings.
    assert_eq!(due(&eu, "2026-03-06T09:00:00Z", "3 days", WholeDays), "2026-03-10T00:00:00Z");
    assert_eq!(due(&eu, "2026-03-06T09:00:00Z", "3 days", Instant), "2026-03-09T09:00:00Z");
    let end = rome.end(at("2026-03-04T09:00:00Z"), "1 month".parse().unwrap(), Eu118271).unwrap();
    assert_eq!(end.strict, at("2026-04-04T08:00:00Z"));
    assert!(end.why.iter().any(|why| why.contains("2026-04-04 is Saturday")), "{:?}", end.why);
}

#[test]
fn working_days_are_counted_without_the_day_of_the_event() {
    let rome = calendar("it");
    // 7 working days from Thursday 24 December 2026: 28, 29, 30, 31, 4, 5, 7 (25, 26, 1 and 6 are holidays).
    assert_eq!(due(&rome, "2026-12-24T09:00:00Z", "7 working days", Instant), "2027-01-07T09:00:00Z");
    assert_eq!(due(&rome, "2026-12-24T09:00:00Z", "7 working days", Eu118271), "2027-01-07T23:00:00Z");
    assert_eq!(due(&rome, "2026-03-06T09:00:00Z", "1 working day", Instant), "2026-03-09T09:00:00Z");
}

/// What comes on a Saturday at midnight must not be due before what came on the Friday.
#[test]
fn working_days_from_a_day_of_rest_count_whole() {
    let eu = calendar("eu");
    for (start, end) in [
        ("2030-09-20T02:56:11Z", "2030-09-23T02:56:11Z"),
        ("2030-09-20T23:59:59Z", "2030-09-23T23:59:59Z"),
        ("2030-09-21T00:00:00Z", "2030-09-24T00:00:00Z"),
        ("2030-09-22T23:00:00Z", "2030-09-24T00:00:00Z"),
        ("2030-09-23T00:00:00Z", "2030-09-24T00:00:00Z"),
    ] {
        assert_eq!(due(&eu, start, "1 working day", Instant), end, "{start}");
    }
    let end = eu.end(at("2030-09-21T00:00:00Z"), "1 working day".parse().unwrap(), Eu118271).unwrap();
    assert_eq!((end.due, end.strict), (at("2030-09-24T00:00:00Z"), at("2030-09-24T00:00:00Z")));
    assert!(end.why.iter().any(|why| why.contains("is Saturday")), "{:?}", end.why);
}

#[test]
fn periods_are_read_as_they_are_written() {
    for text in ["72 hours", "1 month", "7 working days", "120 minutes", "2 years", "1 week"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    for text in
        ["", "72", "hours", "0 hours", "-1 hours", "1.5 hours", "100001 days", "3 fortnights", "99999999999 days"]
    {
        let refused = text.parse::<Period>().unwrap_err().to_string();
        assert!(refused.contains("72 hours"), "{refused}");
    }
}

#[test]
fn what_no_calendar_reaches_is_refused() {
    let eu = calendar("eu");
    let refused = eu.end(at("9000-01-01T00:00:00Z"), "100000 years".parse().unwrap(), Instant);
    assert!(refused.unwrap_err().to_string().contains("no year"), "the year is out of reach");
    assert!(Calendar::plain("here", "Europe/Atlantis").unwrap_err().to_string().contains("IANA"));
}
