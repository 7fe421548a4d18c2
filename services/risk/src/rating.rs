//! CVSS: what a vector scores, and how bad that is. Pure; the arithmetic is that of the `cvss` crate.

use cvss::Cvss;
use wire::risk::v1::finding::Severity;

/// The parts of a CVSS 4.0 vector that make its base score.
const BASE_OF_4: [&str; 11] = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];

/// The parts that every vector of CVSS 3.0 and 3.1 has.
const BASE_OF_3: [&str; 8] = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];

/// What a vector scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    /// `2.0`, `3.0`, `3.1` or `4.0`.
    pub(crate) version: &'static str,
    /// The base score, 0 to 10.
    pub(crate) base: f64,
    /// The score of the whole vector, with its temporal, threat and environmental parts; the base score where it has none.
    pub(crate) overall: f64,
}

/// What a vector scores.
///
/// # Errors
/// Why it is no vector, in words.
pub(crate) fn scored(vector: &str) -> Result<Scored, String> {
    // Records of CVSS 2.0 put theirs in brackets now and then.
    let vector = vector.trim().trim_start_matches('(').trim_end_matches(')');
    let parsed: Cvss = vector.parse().map_err(|error: cvss::Error| error.to_string())?;
    whole(&parsed, vector)?;
    let (version, base, overall) = match &parsed {
        Cvss::CvssV20(two) => {
            let overall = two.metrics().count() > 6;
            ("2.0", two.score().value(), if overall { two.environmental_score().value() } else { two.score().value() })
        }
        Cvss::CvssV30(three) => ("3.0", three.base_score().value(), three.environmental_score().value()),
        Cvss::CvssV31(three) => ("3.1", three.base_score().value(), three.environmental_score().value()),
        Cvss::CvssV40(four) => ("4.0", base_of_4(vector).unwrap_or_else(|| four.score().value()), four.score().value()),
        other => return Err(format!("{other} is of a version that is not known: 2.0, 3.0, 3.1 and 4.0 are")),
    };
    Ok(Scored { version, base, overall })
}

/// Refuses a vector that lacks a part of the base: the crate counts what is missing as nothing.
fn whole(parsed: &Cvss, vector: &str) -> Result<(), String> {
    let needed: &[&str] = match parsed {
        Cvss::CvssV30(_) | Cvss::CvssV31(_) => &BASE_OF_3,
        Cvss::CvssV40(_) => &BASE_OF_4,
        _ => &[],
    };
    let has = |metric: &str| vector.split('/').any(|part| part.split_once(':').is_some_and(|(name, _)| name == metric));
    let lacking: Vec<&str> = needed.iter().copied().filter(|metric| !has(metric)).collect();
    if lacking.is_empty() { Ok(()) } else { Err(format!("it lacks {}", lacking.join(", "))) }
}

/// The base score of a vector of CVSS 4.0: without what it says of threats and of the environment.
fn base_of_4(vector: &str) -> Option<f64> {
    let parts = vector.split('/').enumerate();
    let base: Vec<&str> = parts
        .filter(|(at, part)| *at == 0 || part.split_once(':').is_some_and(|(metric, _)| BASE_OF_4.contains(&metric)))
        .map(|(_, part)| part)
        .collect();
    base.join("/").parse::<Cvss>().ok().map(|parsed| parsed.score())
}

/// How bad a score is, by the bands of its version: CVSS 2.0 knows no critical. Unspecified for 0.
pub(crate) fn severity(version: &str, score: f64) -> Severity {
    match score {
        score if score < 0.05 => Severity::Unspecified,
        score if score < 3.95 => Severity::Low,
        score if score < 6.95 => Severity::Medium,
        score if score < 8.95 || version == "2.0" => Severity::High,
        _ => Severity::Critical,
    }
}

/// Whether two scores are the same: they have one decimal.
pub(crate) fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.05
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_of_each_version_scores_as_first_says() {
        // From the examples of the specifications of CVSS 2.0 (3.3.1), 3.0, 3.1 and 4.0.
        for (vector, version, base) in [
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", "2.0", 7.8),
            ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", "2.0", 10.0),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "3.0", 6.1),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "4.0", 10.0),
        ] {
            let found = scored(vector).unwrap_or(Scored { version: "none", base: 0.0, overall: 0.0 });
            assert_eq!((found.version, found.base, found.overall), (version, base, base), "{vector}");
        }
    }

    #[test]
    fn temporal_and_threat_parts_change_the_whole_score_and_not_the_base_score() {
        let found =
            scored("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:X/RC:X").map(|one| (one.base, one.overall));
        assert_eq!(found, Ok((9.8, 9.3)));
        let four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:H/UI:N/VC:N/VI:N/VA:N/SC:L/SI:N/SA:N";
        assert_eq!(scored(four).map(|one| one.base), Ok(5.1));
        assert_eq!(scored(&format!("{four}/E:U")).map(|one| (one.base, one.overall)), Ok((5.1, 1.2)));
    }

    #[test]
    fn what_is_no_vector_says_why() {
        for wrong in [
            "",
            "CVSS:3.1",
            "CVSS:3.1/AV:N",
            "CVSS:5.0/AV:N/AC:L",
            "AV:N/AC:L",
            "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        ] {
            assert!(scored(wrong).is_err_and(|why| !why.is_empty()), "{wrong}");
        }
    }

    #[test]
    fn bands_are_those_of_the_version() {
        let bands =
            |version: &str| [0.0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10.0].map(|score| severity(version, score));
        use Severity::{Critical as C, High as H, Low as L, Medium as M, Unspecified as U};
        assert_eq!(bands("3.1"), [U, L, L, M, M, H, H, C, C]);
        assert_eq!(bands("2.0"), [U, L, L, M, M, H, H, H, H]);
    }
}
