//! Telephone numbers (E.164), by the metadata of libphonenumber.
//!
//! The crate `phonenumber` parses a number in microseconds, which is too slow for a column of a billion digits. So its patterns for each calling
//! code are joined into one table, made when the code is first seen; a test holds the answers against the crate's own.

use std::sync::OnceLock;

use phonenumber::{Metadata, country, metadata::DATABASE};
use regex::bytes::{Regex, RegexBuilder};
use regex_automata::{
    Anchored, MatchKind,
    dfa::{Automaton, StartKind, dense},
    util::{start, syntax},
};

use crate::ascii::part;

/// The most digits of an international number (E.164).
pub(crate) const MOST_DIGITS: usize = 15;
/// Fewer digits are no international number that is told from others.
pub(crate) const LEAST_DIGITS: usize = 7;

/// The numbers of one calling code.
type Plan = Option<Numbers>;

/// What decides whether a number is assigned.
#[derive(Debug)]
enum Numbers {
    /// A table: a nanosecond a digit.
    Table(Box<dense::DFA<Vec<u32>>>),
    /// Where a table would be too large.
    Search(Regex),
}

impl Numbers {
    /// Bytes of a table, and of making it.
    const TABLE: usize = 4 << 20;
    const MAKING: usize = 32 << 20;

    /// All numbers that a pattern matches as a whole.
    fn new(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(Self::TABLE))
            .determinize_size_limit(Some(Self::MAKING));
        let syntax = syntax::Config::new().unicode(false).utf8(false).ignore_whitespace(true);
        let made = dense::Builder::new().configure(config).syntax(syntax).build(pattern);
        if let Ok(table) = made {
            return Some(Self::Table(Box::new(table)));
        }
        let whole = format!("^(?:{pattern})$");
        let search = RegexBuilder::new(&whole).unicode(false).ignore_whitespace(true).size_limit(Self::MAKING).build();
        search.ok().map(Self::Search)
    }

    fn has(&self, number: &[u8]) -> bool {
        let table = match self {
            Self::Table(table) => table,
            Self::Search(search) => return search.is_match(number),
        };
        let Ok(mut state) = table.start_state(&start::Config::new().anchored(Anchored::Yes)) else { return false };
        for byte in number {
            state = table.next_state(state, *byte);
            if table.is_dead_state(state) {
                return false;
            }
        }
        table.is_match_state(table.next_eoi_state(state))
    }
}

/// Whether numbers are assigned, worldwide and in some countries.
#[derive(Debug)]
pub(crate) struct Phones {
    /// By calling code, made at first use.
    plans: Vec<OnceLock<Plan>>,
    /// How numbers are written within the countries asked for.
    national: Vec<National>,
}

#[derive(Debug)]
struct National {
    numbers: Numbers,
    /// What is dialled in front of a number within the country, for example `0`.
    prefix: Vec<u8>,
}

impl Phones {
    /// Calling codes have up to three digits.
    const CODES: usize = 1000;

    /// For numbers from abroad, and for those written as within `regions` (ISO 3166-1 alpha-2). Fails with the first region that is unknown.
    pub(crate) fn new(regions: &[String]) -> Result<Self, String> {
        let mut national = Vec::new();
        for region in regions {
            let known = region.parse::<country::Id>().ok().and_then(|_| DATABASE.by_id(region.as_str()));
            let made = known.and_then(|metadata| {
                let prefix = metadata.national_prefix().unwrap_or_default().as_bytes().to_vec();
                Some(National { numbers: automaton(&[metadata])?, prefix })
            });
            national.push(made.ok_or_else(|| region.clone())?);
        }
        Ok(Self { plans: (0..Self::CODES).map(|_| OnceLock::new()).collect(), national })
    }

    /// Whether the digits, calling code first, are a number that is assigned.
    pub(crate) fn international(&self, digits: &[u8]) -> bool {
        if !(LEAST_DIGITS..=MOST_DIGITS).contains(&digits.len()) || digits.first() == Some(&b'0') {
            return false;
        }
        // No calling code is the beginning of another.
        (1..=3).any(|length| {
            let code = crate::ascii::number(part(digits, 0, length));
            let plan = usize::try_from(code).ok().and_then(|code| self.plans.get(code));
            plan.and_then(|plan| plan.get_or_init(|| plan_of(code)).as_ref())
                .is_some_and(|numbers| numbers.has(part(digits, length, digits.len())))
        })
    }

    /// Whether the digits are a number as it is written within one of the countries asked for.
    pub(crate) fn national(&self, digits: &[u8]) -> bool {
        self.national.iter().any(|country| {
            let stripped = digits.strip_prefix(country.prefix.as_slice()).unwrap_or(digits);
            country.numbers.has(stripped) || country.numbers.has(digits)
        })
    }
}

/// The digits with which numbers of a country begin when called from abroad.
pub(crate) fn calling_code(region: &str) -> Option<Vec<u8>> {
    DATABASE.by_id(region).map(|metadata| metadata.country_code().to_string().into_bytes())
}

fn plan_of(code: u64) -> Plan {
    let code = u16::try_from(code).ok()?;
    automaton(&DATABASE.by_code(&code)?)
}

/// One automaton for all numbers of these regions that have a type (fixed, mobile, …), as `phonenumber::is_valid` asks.
fn automaton(regions: &[&Metadata]) -> Plan {
    let mut patterns: Vec<String> = Vec::new();
    for region in regions {
        let descriptors = region.descriptors();
        let kinds = [
            descriptors.fixed_line(),
            descriptors.mobile(),
            descriptors.toll_free(),
            descriptors.premium_rate(),
            descriptors.shared_cost(),
            descriptors.personal_number(),
            descriptors.voip(),
            descriptors.pager(),
            descriptors.uan(),
            descriptors.voicemail(),
        ];
        for descriptor in kinds.into_iter().flatten() {
            let pattern = format!("(?:{})", descriptor.national_number().as_str());
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
    }
    Numbers::new(&patterns.join("|"))
}

#[cfg(test)]
mod tests {
    use phonenumber::{country, is_valid, metadata::DATABASE, parse};

    use super::{Phones, calling_code};
    use crate::generate::Draw;

    /// Every example number of the metadata, with its calling code.
    fn examples() -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for region in DATABASE.iter() {
            let descriptors = region.descriptors();
            let some = [descriptors.fixed_line(), descriptors.mobile(), descriptors.toll_free(), descriptors.voip()];
            for example in some.into_iter().flatten().filter_map(|descriptor| descriptor.example()) {
                all.push((region.id().to_owned(), region.country_code().to_string(), example.to_owned()));
            }
        }
        all
    }

    #[test]
    fn every_example_of_every_country_is_assigned() {
        let phones = Phones::new(&[]).unwrap();
        let all = examples();
        assert!(all.len() > 400, "{}", all.len());
        for (region, code, example) in all {
            let whole = format!("{code}{example}");
            if (7..=15).contains(&whole.len()) {
                assert!(phones.international(whole.as_bytes()), "{region} {whole}");
            }
        }
    }

    #[test]
    fn what_is_assigned_here_is_valid_there() {
        let phones = Phones::new(&[]).unwrap();
        let mut draw = Draw::new(1);
        let (mut here, mut only_here, mut only_there) = (0, 0, 0);
        for (_, code, example) in examples() {
            // The end of an example changed: near the borders of what is assigned.
            for _ in 0..4 {
                let kept = example.len().saturating_sub(3);
                let number = format!("{code}{}{}", &example[..kept], draw.number() % 1_000);
                let there = parse(None, format!("+{number}")).is_ok_and(|parsed| is_valid(&parsed));
                let ours = phones.international(number.as_bytes());
                here += usize::from(ours);
                only_here += usize::from(ours && !there);
                only_there += usize::from(there && !ours);
            }
        }
        println!("{here} assigned here; {only_here} only here, {only_there} only there");
        // The crate takes the first territory that a prefix names, and matches the beginning of a number only.
        assert!(only_here * 100 <= here && only_there * 20 <= here, "{here} {only_here} {only_there}");
    }

    #[test]
    fn numbers_at_home() {
        let phones = Phones::new(&["DE".to_owned(), "IT".to_owned()]).unwrap();
        assert!(phones.national(b"01711234567") && phones.national(b"1711234567") && phones.national(b"0236618300"));
        assert!(!phones.national(b"0") && !phones.national(b"") && !phones.national(b"99999999999999"));
        assert_eq!(Phones::new(&["QQ".to_owned()]).unwrap_err(), "QQ");
        assert_eq!(calling_code("BF").unwrap(), b"226");
        assert!("DE".parse::<country::Id>().is_ok());
    }
}
