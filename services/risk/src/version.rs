//! Versions of products: which comes first, and whether one is among those that a record or an advisory names. Pure.
//!
//! Makers number as they like. What cannot be compared is said to be so, and never guessed.

use std::cmp::Ordering;

use wire::risk::v1::vulnerability::VersionRange;

/// Whether a version is among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Among {
    /// It is not.
    No,
    /// It cannot be said: nothing is known of the version, or they cannot be compared.
    Unknown,
    /// All versions are.
    All,
    /// It is.
    Yes,
}

/// A part of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Digits, without leading zeros.
    Number(String),
    /// Letters, in small ones.
    Word(String),
}

/// What stands before the version it is a step to.
const BEFORE: [&str; 9] = ["alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "milestone", "b"];
/// What stands after the version it adds to.
const AFTER: [&str; 12] = ["sp", "p", "patch", "update", "u", "h", "hotfix", "hf", "fp", "mr", "s", "r"];

fn parts(version: &str) -> Vec<Part> {
    let text = version.trim().to_lowercase();
    let text = match text.strip_prefix("version").map(str::trim_start).unwrap_or(&text) {
        rest if rest.len() > 1 && rest.starts_with('v') && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => {
            rest.get(1..).unwrap_or_default()
        }
        rest => rest,
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut open = false;
    for letter in text.chars() {
        match (letter, parts.last_mut()) {
            (digit, Some(Part::Number(number))) if open && digit.is_ascii_digit() => number.push(digit),
            (digit, _) if digit.is_ascii_digit() => parts.push(Part::Number(digit.to_string())),
            (word, Some(Part::Word(before))) if open && word.is_alphabetic() => before.push(word),
            (word, _) if word.is_alphabetic() => parts.push(Part::Word(word.to_string())),
            _ => {
                open = false;
                continue;
            }
        }
        open = true;
    }
    for part in &mut parts {
        if let Part::Number(number) = part {
            let short = number.trim_start_matches('0').to_owned();
            *number = if short.is_empty() { "0".to_owned() } else { short };
        }
    }
    parts
}

/// Which of two versions comes first; none where they cannot be compared.
pub(crate) fn compare(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (parts(one), parts(other));
    if one.is_empty() || other.is_empty() {
        return None;
    }
    if one == other {
        return Some(Ordering::Equal);
    }
    let most = one.len().max(other.len());
    for at in 0..most {
        let ordering = match (one.get(at), other.get(at)) {
            (Some(Part::Number(one)), Some(Part::Number(other))) => {
                one.len().cmp(&other.len()).then_with(|| one.cmp(other))
            }
            (Some(Part::Word(one)), Some(Part::Word(other))) => words(one, other)?,
            (Some(rest), None) => tail(rest)?,
            (None, Some(rest)) => tail(rest)?.reverse(),
            _ => return None,
        };
        if ordering != Ordering::Equal {
            return Some(ordering);
        }
    }
    Some(Ordering::Equal)
}

fn words(one: &str, other: &str) -> Option<Ordering> {
    let place = |word: &str| BEFORE.iter().position(|known| *known == word);
    match (place(one), place(other)) {
        _ if one == other => Some(Ordering::Equal),
        (Some(one), Some(other)) if one < 3 && other < 3 => Some(one.cmp(&other)),
        // 7.0a, 7.0b; words that mean something else say nothing of order.
        _ if one.len() == 1 && other.len() == 1 => Some(one.cmp(other)),
        _ => None,
    }
}

/// How what one version has more makes it stand to the one without.
fn tail(rest: &Part) -> Option<Ordering> {
    match rest {
        Part::Number(number) if number == "0" => Some(Ordering::Equal),
        Part::Number(_) => Some(Ordering::Greater),
        Part::Word(word) if BEFORE.contains(&word.as_str()) && word.len() > 1 => Some(Ordering::Less),
        Part::Word(word) if AFTER.contains(&word.as_str()) || word.len() == 1 => Some(Ordering::Greater),
        Part::Word(_) => None,
    }
}

/// Versions from one to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Span {
    /// The first, and whether it is in itself.
    from: Option<(String, bool)>,
    /// The last, and whether it is in itself.
    to: Option<(String, bool)>,
}

impl Span {
    fn has(&self, version: &str) -> Among {
        let mut sure = Among::Yes;
        for (bound, wrong) in [(&self.from, Ordering::Less), (&self.to, Ordering::Greater)] {
            let Some((bound, inclusive)) = bound else { continue };
            // `5.4.*` as a last one means whatever begins so.
            let bound = bound.strip_suffix(".*").map_or_else(|| bound.clone(), |stem| format!("{stem}.999999999999"));
            match compare(version, &bound) {
                Some(ordering) if ordering == wrong || (ordering == Ordering::Equal && !inclusive) => return Among::No,
                Some(_) => {}
                None => sure = Among::Unknown,
            }
        }
        if self.from.is_none() && self.to.is_none() { Among::All } else { sure }
    }
}

/// A version, or a range in words, as records and advisories write them: `< 7.2`, `>= 7.0, < 7.2`, `before 7.2`, `7.2 and prior`,
/// `vers:all/*`.
pub(crate) fn among_words(text: &str, version: &str) -> Among {
    let small = text.trim().to_lowercase();
    if matches!(small.as_str(), "*" | "all" | "all versions" | "any" | "vers:all/*") {
        return Among::All;
    }
    if matches!(small.as_str(), "" | "-" | "n/a" | "na" | "unspecified" | "unknown" | "various" | "see references") {
        return Among::Unknown;
    }
    if version.trim().is_empty() {
        return Among::Unknown;
    }
    match span(&small) {
        Some(span) => span.has(version),
        None => match compare(&small, version) {
            Some(Ordering::Equal) => Among::Yes,
            Some(_) => Among::No,
            None => Among::Unknown,
        },
    }
}

/// The range that words stand for; none where they are one version.
fn span(text: &str) -> Option<Span> {
    let text = text.strip_prefix("vers:").and_then(|rest| rest.split_once('/')).map_or(text, |(_, rest)| rest);
    let text = text.strip_prefix("versions ").or_else(|| text.strip_prefix("version ")).unwrap_or(text);
    let mut span = Span::default();
    for piece in text.split([',', '|', '&']).map(str::trim).filter(|piece| !piece.is_empty()) {
        let bound = |rest: &str, inclusive| Some((rest.trim().trim_start_matches('v').to_owned(), inclusive));
        if let Some(rest) = piece.strip_prefix("<=").or_else(|| piece.strip_prefix("up to and including ")) {
            span.to = bound(rest, true);
        } else if let Some(rest) = piece.strip_prefix(">=") {
            span.from = bound(rest, true);
        } else if let Some(rest) = ["<", "before ", "prior to ", "earlier than ", "less than "]
            .iter()
            .find_map(|word| piece.strip_prefix(word))
        {
            span.to = bound(rest, false);
        } else if let Some(rest) = piece.strip_prefix('>').or_else(|| piece.strip_prefix("after ")) {
            span.from = bound(rest, false);
        } else if let Some(rest) = [" and prior", " and earlier", " and below", " or earlier", " and older"]
            .iter()
            .find_map(|word| piece.strip_suffix(word).or_else(|| piece.strip_suffix(&format!("{word} versions"))))
        {
            span.to = bound(rest, true);
        } else if let Some(rest) =
            [" and later", " and above", " and newer"].iter().find_map(|word| piece.strip_suffix(word))
        {
            span.from = bound(rest, true);
        } else if let Some((from, to)) = piece.split_once(" through ").or_else(|| piece.split_once(" to ")) {
            (span.from, span.to) = (bound(from, true), bound(to, true));
        } else {
            return None;
        }
    }
    (span != Span::default()).then_some(span)
}

/// Whether a version is among those that a record says are affected.
pub(crate) fn affected(ranges: &[VersionRange], default_status: &str, version: &str) -> Among {
    let status = |range: &VersionRange, is: &str| range.status.eq_ignore_ascii_case(is);
    let (mut found, mut any) = (Among::No, false);
    for range in ranges {
        let among = among_range(range, version);
        if status(range, "unaffected") && among == Among::Yes {
            return Among::No;
        }
        if status(range, "affected") || range.status.is_empty() {
            any = true;
            found = found.max(among);
        }
    }
    let by_default = default_status.eq_ignore_ascii_case("affected");
    match found {
        Among::No if by_default && version.trim().is_empty() => Among::Unknown,
        Among::No if by_default => Among::All,
        Among::No if !any => Among::Unknown,
        found => found,
    }
}

fn among_range(range: &VersionRange, version: &str) -> Among {
    let to = match (range.less_than.trim(), range.less_than_or_equal.trim()) {
        ("", "") => return among_words(&range.version, version),
        ("*", _) | (_, "*") => None,
        ("", last) => Some((last.to_owned(), true)),
        (first, _) => Some((first.to_owned(), false)),
    };
    let from = Some(range.version.trim())
        .filter(|from| !matches!(from.to_lowercase().as_str(), "" | "0" | "*" | "-" | "unspecified" | "n/a"));
    let span = Span { from: from.map(|from| (from.to_owned(), true)), to };
    if span == Span::default() {
        return Among::All;
    }
    // Digests of commits are not in order.
    if version.trim().is_empty() || range.version_type.eq_ignore_ascii_case("git") {
        return Among::Unknown;
    }
    span.has(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        use Ordering::{Equal, Greater, Less};
        for (one, other, expected) in [
            ("7.2.1", "7.10", Some(Less)),
            ("7.2", "7.2.0", Some(Equal)),
            ("V5.15", "5.15", Some(Equal)),
            ("10.2.9-h1", "10.2.9", Some(Greater)),
            ("10.2.9-h1", "10.2.9-h2", Some(Less)),
            ("1.0-rc1", "1.0", Some(Less)),
            ("1.0-alpha", "1.0-beta", Some(Less)),
            ("21.4R3-S1", "21.4R3", Some(Greater)),
            ("21.4R3", "22.1R1", Some(Less)),
            ("15.1(4)M12a", "15.1(4)M12b", Some(Less)),
            ("007.1", "7.1", Some(Equal)),
            ("123456789012345678901234567890", "2", Some(Greater)),
            ("1.0", "one", None),
            ("1.0-custom", "1.0", None),
            ("", "1", None),
            ("...", "1", None),
        ] {
            assert_eq!(compare(one, other), expected, "{one} with {other}");
            assert_eq!(compare(other, one), expected.map(Ordering::reverse), "{other} with {one}");
        }
    }

    #[test]
    fn a_range_in_words_is_read() {
        for (text, version, expected) in [
            ("< 7.2", "7.1.9", Among::Yes),
            ("< 7.2", "7.2", Among::No),
            ("<V5.15", "V5.14", Among::Yes),
            (">= 7.0, < 7.2", "6.9", Among::No),
            (">= 7.0, < 7.2", "7.0", Among::Yes),
            ("7.2 and prior", "7.2", Among::Yes),
            ("v7.2 and earlier versions", "7.3", Among::No),
            ("before 7.2", "7.1", Among::Yes),
            ("1.0 through 2.0", "1.5", Among::Yes),
            ("vers:generic/<=2.0", "2.0", Among::Yes),
            ("vers:all/*", "", Among::All),
            ("all versions", "9", Among::All),
            ("7.2", "7.2.0", Among::Yes),
            ("7.2", "7.3", Among::No),
            ("n/a", "7.3", Among::Unknown),
            ("7.2", "", Among::Unknown),
            ("< 7.2", "spring release", Among::Unknown),
        ] {
            assert_eq!(among_words(text, version), expected, "{text} with {version}");
        }
    }

    fn range(version: &str, less_than: &str, last: &str, status: &str) -> VersionRange {
        VersionRange {
            version: version.to_owned(),
            less_than: less_than.to_owned(),
            less_than_or_equal: last.to_owned(),
            status: status.to_owned(),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_affected_is_as_the_record_says() {
        let ranges = [range("10.2.0", "10.2.9-h1", "", "affected"), range("11.0.0", "11.0.4-h1", "", "affected")];
        for (version, expected) in [
            ("10.2.8", Among::Yes),
            ("10.2.9-h1", Among::No),
            ("10.2.9", Among::Yes),
            ("11.1", Among::No),
            ("", Among::Unknown),
        ] {
            assert_eq!(affected(&ranges, "unaffected", version), expected, "{version}");
        }
        // Affected by default, but for what is said to be well.
        let well = [range("6.1.2", "", "6.1.*", "unaffected"), range("6.5", "", "*", "unaffected")];
        assert_eq!(affected(&well, "affected", "6.1.9"), Among::No);
        assert_eq!(affected(&well, "affected", "6.6"), Among::No);
        assert_eq!(affected(&well, "affected", "5.0"), Among::All);
        // Nothing is said of versions.
        assert_eq!(affected(&[], "", "1.0"), Among::Unknown);
        assert_eq!(affected(&[range("n/a", "", "", "affected")], "", "1.0"), Among::Unknown);
        assert_eq!(affected(&[range("*", "", "", "affected")], "", ""), Among::All);
        assert_eq!(affected(&[range("0", "*", "", "affected")], "", "3"), Among::All);
        let git =
            VersionRange { version_type: "git".to_owned(), ..range("1da177e4c3f4", "e3b0c44298fc", "", "affected") };
        assert_eq!(affected(&[git], "unaffected", "6.1"), Among::Unknown);
    }
}
