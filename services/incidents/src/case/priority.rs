//! How soon to look at a case: how bad it is, and how much hangs on it (docs/triage.md).

use wire::incidents::v1::signal::Severity;

/// What the priority of a case follows from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Basis {
    /// The worst that its signals said.
    pub(super) severity: Severity,
    /// Whether one of them is of security.
    pub(super) security: bool,
    /// The highest grade of its assets, 1 the highest; 0 where none is known.
    pub(super) grade: i64,
    /// The most subscribers behind one of them.
    pub(super) users: i64,
}

/// Rows are how bad it is, from worst to least; columns how much hangs on it, from most to least.
const TABLE: [[i32; 4]; 4] = [[1, 1, 2, 2], [1, 2, 3, 3], [2, 3, 4, 4], [3, 4, 5, 5]];

/// From how many subscribers on how much hangs on a case, from most to least.
const USERS: [i64; 3] = [100_000, 10_000, 100];

/// The priority, 1 at once to 5 last, and how it comes about.
pub(super) fn priority(basis: Basis) -> (i32, String) {
    let bad = match basis.severity {
        Severity::Critical => 0,
        Severity::Major => 1,
        Severity::Minor | Severity::Indeterminate | Severity::Unspecified => 2,
        Severity::Warning => 3,
    };
    // What is of security goes to people first, however mild its source holds it to be (X.736).
    let bad = if basis.security { bad.min(1) } else { bad };
    let by_grade = match basis.grade {
        1 => 0,
        2 => 1,
        3.. => 2,
        _ => 3,
    };
    let by_users = USERS.iter().position(|least| basis.users >= *least).unwrap_or(USERS.len());
    let priority = TABLE.get(bad).and_then(|row| row.get(by_grade.min(by_users))).copied().unwrap_or(5);
    let mut reason = vec![basis.severity.as_str_name().to_lowercase()];
    if basis.security {
        reason.push("of security".to_owned());
    }
    reason.push(match basis.grade {
        0 => "no grade known".to_owned(),
        grade => format!("grade {grade}"),
    });
    reason.push(match basis.users {
        0 => "no subscribers known behind it".to_owned(),
        users => format!("{users} subscribers behind it"),
    });
    (priority, reason.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(severity: Severity, security: bool, grade: i64, users: i64) -> i32 {
        priority(Basis { severity, security, grade, users }).0
    }

    #[test]
    fn the_table_of_the_guide_holds() {
        assert_eq!(of(Severity::Critical, false, 1, 0), 1);
        assert_eq!(of(Severity::Critical, false, 0, 0), 2);
        assert_eq!(of(Severity::Major, false, 0, 100_000), 1);
        assert_eq!(of(Severity::Major, false, 2, 99), 2);
        assert_eq!(of(Severity::Minor, false, 3, 0), 4);
        assert_eq!(of(Severity::Warning, false, 0, 0), 5);
    }

    #[test]
    fn what_is_of_security_is_never_last() {
        for severity in [Severity::Indeterminate, Severity::Warning, Severity::Minor, Severity::Major] {
            assert_eq!(of(severity, true, 0, 0), 3, "{severity:?}");
        }
    }

    #[test]
    fn more_on_it_is_never_later() {
        for severity in [Severity::Warning, Severity::Minor, Severity::Major, Severity::Critical] {
            for grade in 0..4 {
                let all = [0, 100, 10_000, 100_000].map(|users| of(severity, false, grade, users));
                assert!(all.is_sorted_by(|few, many| few >= many), "{severity:?} {grade} {all:?}");
            }
        }
    }

    #[test]
    fn the_reason_names_what_it_rests_on() {
        let basis = Basis { severity: Severity::Critical, security: true, grade: 1, users: 120_000 };
        assert_eq!(priority(basis), (1, "critical, of security, grade 1, 120000 subscribers behind it".to_owned()));
    }
}
