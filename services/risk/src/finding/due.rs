//! By when a finding must be dealt with. Pure.

use wire::risk::v1::RemediationPolicy;
use wire::risk::v1::finding::Severity;

const DAY: i64 = 86_400_000_000;

/// What a due time is made of. Times are in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// When it came open.
    pub(crate) open: i64,
    /// Whether it is known to be exploited, and since when a list says so; none of the two where it is not.
    pub(crate) exploited: Option<i64>,
    /// The end of the day by which CISA's list wants it dealt with.
    pub(crate) listed_due: Option<i64>,
}

/// The earliest of what the policy sets, and which rule that is; none where it sets none.
pub(crate) fn due(policy: &RemediationPolicy, case: &Case) -> Option<(i64, String)> {
    let (days, named) = match case.severity {
        Severity::Critical => (policy.critical_days, "CRITICAL"),
        Severity::High => (policy.high_days, "HIGH"),
        Severity::Medium => (policy.medium_days, "MEDIUM"),
        Severity::Low => (policy.low_days, "LOW"),
        Severity::Unspecified => (policy.unrated_days, "not rated"),
    };
    let by_severity = after(case.open, days).map(|due| (due, format!("{named}: {days} days")));
    let days = policy.known_exploited_days;
    // What is listed while it is open has the whole time from then.
    let by_exploitation = case
        .exploited
        .and_then(|since| after(case.open.max(since), days))
        .map(|due| (due, format!("known to be exploited: {days} days")));
    let by_list = case
        .listed_due
        .filter(|_| policy.follows_bod_22_01)
        .map(|due| (due, "the due date of CISA's list (BOD 22-01)".to_owned()));
    [by_severity, by_exploitation, by_list].into_iter().flatten().min_by_key(|(due, _)| *due)
}

fn after(start: i64, days: i32) -> Option<i64> {
    (days > 0).then(|| start.saturating_add(i64::from(days).saturating_mul(DAY)))
}

/// The beginning of a date `YYYY-MM-DD` in UTC; none where it is none.
pub(crate) fn beginning(date: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok().map(jiff::Timestamp::as_microsecond)
}

/// The end of a date `YYYY-MM-DD` in UTC; none where it is none.
pub(crate) fn end(date: &str) -> Option<i64> {
    beginning(date).map(|start| start.saturating_add(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RemediationPolicy {
        RemediationPolicy {
            known_exploited_days: 3,
            critical_days: 7,
            high_days: 30,
            medium_days: 90,
            unrated_days: 90,
            ..Default::default()
        }
    }

    fn days(policy: &RemediationPolicy, case: &Case) -> Option<i64> {
        due(policy, case).map(|(due, _)| (due - case.open) / DAY)
    }

    #[test]
    fn days_are_by_severity_and_three_where_it_is_exploited() {
        let case = |severity, exploited| Case { severity, open: 1000 * DAY, exploited, listed_due: None };
        let of = |severity| days(&policy(), &case(severity, None));
        assert_eq!(of(Severity::Critical), Some(7));
        assert_eq!(of(Severity::High), Some(30));
        assert_eq!(of(Severity::Medium), Some(90));
        assert_eq!(of(Severity::Unspecified), Some(90));
        assert_eq!(of(Severity::Low), None);
        assert_eq!(days(&policy(), &case(Severity::Low, Some(0))), Some(3));
        // Listed ten days after it came open: three days from then, unless its severity asks for less.
        assert_eq!(days(&policy(), &case(Severity::High, Some(1010 * DAY))), Some(13));
        assert_eq!(days(&policy(), &case(Severity::Critical, Some(1010 * DAY))), Some(7));
    }

    #[test]
    fn the_date_of_the_list_holds_for_who_follows_it_and_where_it_is_earlier() {
        let case = Case {
            severity: Severity::High,
            open: 1000 * DAY,
            exploited: Some(1000 * DAY),
            listed_due: Some(1002 * DAY),
        };
        assert_eq!(days(&policy(), &case), Some(3));
        let follower = RemediationPolicy { follows_bod_22_01: true, ..policy() };
        assert_eq!(days(&follower, &case), Some(2));
        assert_eq!(days(&follower, &Case { listed_due: Some(1020 * DAY), ..case }), Some(3));
    }

    #[test]
    fn a_date_ends_when_the_next_begins() {
        assert_eq!(beginning("1970-01-02"), Some(DAY));
        assert_eq!(end("1970-01-02"), Some(2 * DAY));
        assert_eq!((beginning(""), end("2025-02-30")), (None, None));
    }
}
