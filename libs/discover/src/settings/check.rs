//! The rules about settings; all violations at once.

use super::{Recogniser, Settings, Validator};
use crate::{
    kind::{About, Kind},
    national,
    recognise::own::compiled,
    violation::{Violation, Violations},
};

/// Settings that are good, with their kinds numbered.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) kinds: Vec<About>,
    pub(crate) recognisers: Vec<(Kind, Recogniser)>,
    /// Words of one's own and of recognisers.
    pub(crate) words: Vec<(Kind, String)>,
    /// Mask of the kinds asked for.
    pub(crate) wanted: u64,
}

const MOST_WORDS: usize = 10_000;
const MOST_LETTERS: usize = 100;
const MOST_PATTERN: usize = 4_096;

#[derive(Default)]
struct Checker {
    violations: Vec<Violation>,
    kinds: Vec<About>,
    words: Vec<(Kind, String)>,
}

pub(crate) fn checked(settings: &Settings) -> Result<Checked, Violations> {
    let mut checker = Checker::default();
    let built_in = Kind::BUILT_IN.into_iter().map(|(name, category)| About { name: name.to_owned(), category });
    checker.kinds.extend(built_in);
    checker.share("threshold", settings.threshold);
    checker.plain(settings);
    let mut recognisers = Vec::new();
    for (at, kind) in settings.national.iter().enumerate() {
        match national::bundled().into_iter().find(|known| known.kind == *kind) {
            Some(known) => recognisers.extend(checker.recogniser(&format!("national[{at}]"), known)),
            None => checker.refuse(
                &format!("national[{at}]"),
                format!("{:?} does not ship with this version", shown(kind)),
                "give one of the kinds of docs/discover.md, or describe it as one of recognisers",
            ),
        }
    }
    for (at, own) in settings.recognisers.iter().enumerate() {
        recognisers.extend(checker.recogniser(&format!("recognisers[{at}]"), own.clone()));
    }
    for (name, words) in &settings.context {
        let field = format!("context.{}", shown(name));
        match checker.known(name) {
            Some(kind) => checker.context(&field, kind, words),
            None => checker.unknown(&field, name),
        }
    }
    let wanted = checker.wanted(&settings.kinds);
    if checker.violations.is_empty() {
        return Ok(Checked { kinds: checker.kinds, recognisers, words: checker.words, wanted });
    }
    Err(Violations(checker.violations))
}

fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

impl Checker {
    fn refuse(&mut self, field: &str, problem: impl Into<String>, remedy: &str) {
        if self.violations.len() < Violations::MOST {
            let (field, remedy) = (field.to_owned(), remedy.to_owned());
            self.violations.push(Violation { field, problem: problem.into(), remedy });
        }
    }

    fn share(&mut self, field: &str, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            self.refuse(field, format!("{value} is outside of 0 to 1"), "give a finite number in this range");
        }
    }

    fn plain(&mut self, settings: &Settings) {
        if let Some(mark) = settings.delimiter
            && (!mark.is_ascii() || matches!(mark, '"' | '\n' | '\r') || mark.is_ascii_alphanumeric())
        {
            self.refuse("delimiter", format!("{mark:?} cannot stand between fields"), "give , ; | or a tab");
        }
        for (at, plmn) in settings.plmns.iter().enumerate() {
            if !(5..=6).contains(&plmn.len()) || !plmn.bytes().all(|byte| byte.is_ascii_digit()) {
                let problem = format!("{:?} is no network", shown(plmn));
                self.refuse(&format!("plmns[{at}]"), problem, "give MCC and MNC together, 5 or 6 digits");
            }
        }
        for (at, region) in settings.regions.iter().enumerate() {
            if region.len() != 2 || !region.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let problem = format!("{:?} is no country", shown(region));
                self.refuse(&format!("regions[{at}]"), problem, "give its two capitals of ISO 3166-1, for example DE");
            }
        }
        if !(1..=1 << 30).contains(&settings.block) {
            self.refuse("block", format!("{} bytes", settings.block), "give 1 to 1073741824, or leave it out");
        }
        if settings.threads > 1_024 {
            self.refuse(
                "threads",
                format!("{} threads", settings.threads),
                "give at most 1024, or 0 for all processors",
            );
        }
    }

    fn known(&self, name: &str) -> Option<Kind> {
        let place = self.kinds.iter().position(|about| about.name == name)?;
        u8::try_from(place).ok().map(Kind)
    }

    fn unknown(&mut self, field: &str, name: &str) {
        let problem = format!("{:?} is no kind that is looked for", shown(name));
        self.refuse(field, problem, "give a built-in kind, or one of national or recognisers");
    }

    fn recogniser(&mut self, field: &str, recogniser: Recogniser) -> Option<(Kind, Recogniser)> {
        let before = self.violations.len();
        self.share(&format!("{field}.score"), recogniser.score);
        self.share(&format!("{field}.validated"), recogniser.validated);
        self.pattern(&format!("{field}.pattern"), &recogniser.pattern);
        self.validator(&format!("{field}.validator"), &recogniser.validator);
        let kind = self.kind(&format!("{field}.kind"), &recogniser)?;
        self.context(&format!("{field}.context"), kind, &recogniser.context);
        (self.violations.len() == before).then_some((kind, recogniser))
    }

    fn kind(&mut self, field: &str, recogniser: &Recogniser) -> Option<Kind> {
        let name = &recogniser.kind;
        let formed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=64).contains(&name.len()) || !name.bytes().all(formed) {
            let problem = format!("{:?} is no name of a kind", shown(name));
            self.refuse(field, problem, "give 1 to 64 capitals, digits and _, for example EMPLOYEE_NUMBER");
            return None;
        }
        if let Some(kind) = self.known(name) {
            return Some(kind);
        }
        let place = self.kinds.len();
        if place >= Kind::MOST {
            self.refuse(field, format!("more than {} kinds", Kind::MOST), "look for fewer kinds in one scan");
            return None;
        }
        self.kinds.push(About { name: name.clone(), category: recogniser.category });
        u8::try_from(place).ok().map(Kind)
    }

    fn pattern(&mut self, field: &str, pattern: &str) {
        if pattern.trim().is_empty() {
            return self.refuse(field, "is missing", "give a regular expression that matches the identifier");
        }
        if pattern.len() > MOST_PATTERN {
            let problem = format!("{} bytes, where at most {MOST_PATTERN} are read", pattern.len());
            return self.refuse(field, problem, "give a shorter one, or several recognisers of the same kind");
        }
        match compiled(pattern) {
            Err(problem) => {
                let problem: String = problem.chars().filter(|letter| !letter.is_control()).take(400).collect();
                self.refuse(field, problem, "correct the expression; look-around and back-references are not known");
            }
            Ok(expression) if expression.is_match(b"") => {
                self.refuse(field, "matches where there is nothing", "ask for at least one letter or digit");
            }
            Ok(_) => {}
        }
    }

    fn validator(&mut self, field: &str, validator: &Validator) {
        match validator {
            Validator::Weighted { weights, modulus } => {
                let heavy = weights.iter().any(|weight| weight.unsigned_abs() > 1_000_000);
                if !(2..=64).contains(&weights.len()) || heavy || !(2..=1_000_000).contains(modulus) {
                    let remedy = "give 2 to 64 weights, each within a million of 0, and a modulus of 2 to 1000000";
                    self.refuse(field, "weights that cannot check anything", remedy);
                }
            }
            Validator::Letter { letters }
                if letters.len() < 2 || !letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                self.refuse(field, "letters that cannot check anything", "give at least 2 letters or digits of ASCII");
            }
            _ => {}
        }
    }

    fn context(&mut self, field: &str, kind: Kind, words: &[String]) {
        for (at, word) in words.iter().enumerate() {
            if self.words.len() >= MOST_WORDS {
                return self.refuse(field, format!("more than {MOST_WORDS} words"), "give fewer");
            }
            if word.trim() != word || !(2..=MOST_LETTERS).contains(&word.chars().count()) {
                let remedy = "give 2 to 100 letters with no space at either end";
                self.refuse(&format!("{field}[{at}]"), "is no word", remedy);
            } else {
                self.words.push((kind, word.clone()));
            }
        }
    }

    fn wanted(&mut self, kinds: &[String]) -> u64 {
        let mut mask = 0;
        for (at, name) in kinds.iter().enumerate() {
            match self.known(name) {
                Some(kind) => mask |= kind.bit(),
                None => self.unknown(&format!("kinds[{at}]"), name),
            }
        }
        if kinds.is_empty() { u64::MAX } else { mask }
    }
}
