//! Recognisers that are data: national identifiers and an operator's own numbers.

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::{
    ascii::part,
    candidate::Candidate,
    checksum,
    kind::Kind,
    settings::{Recogniser, Validator},
};

/// A match longer than this is no identifier.
const LONGEST: usize = 256;
/// How large an automaton may get, in bytes, before a pattern is refused.
const SIZE: usize = 4 << 20;

/// The recognisers of a scanner, looked for in one pass and then one by one.
#[derive(Debug, Default)]
pub(crate) struct Own {
    each: Vec<One>,
    any: RegexSet,
}

#[derive(Debug)]
struct One {
    kind: Kind,
    pattern: Regex,
    validator: Validator,
    score: u16,
}

/// A score of settings in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000, as has been checked")]
pub(crate) fn thousandths(score: f64) -> u16 {
    (score.clamp(0.0, 1.0) * 1000.0).round() as u16
}

/// The automaton of a pattern, or what is wrong with it.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(SIZE).build().map_err(|problem| problem.to_string().replace('\n', " "))
}

impl Own {
    /// Recognisers whose patterns have been checked.
    pub(crate) fn new(recognisers: &[(Kind, &Recogniser)]) -> Result<Self, String> {
        let mut each = Vec::new();
        for (kind, recogniser) in recognisers {
            let score = match recogniser.validator {
                Validator::None => recogniser.score,
                _ => recogniser.validated,
            };
            each.push(One {
                kind: *kind,
                pattern: compiled(&recogniser.pattern)?,
                validator: recogniser.validator.clone(),
                score: thousandths(score),
            });
        }
        let any = RegexSetBuilder::new(recognisers.iter().map(|(_, recogniser)| &recogniser.pattern))
            .size_limit(SIZE.saturating_mul(recognisers.len().max(1)))
            .build()
            .map_err(|problem| problem.to_string())?;
        Ok(Self { each, any })
    }

    pub(crate) fn find(&self, text: &[u8], candidates: &mut Vec<Candidate>) {
        if self.each.is_empty() || !self.any.is_match(text) {
            return;
        }
        for at in self.any.matches(text) {
            let Some(one) = self.each.get(at) else { continue };
            for found in one.pattern.find_iter(text) {
                if (1..=LONGEST).contains(&found.len()) && valid(&one.validator, part(text, found.start(), found.end()))
                {
                    candidates.push(Candidate::new(one.kind, one.score, found.start(), found.end()));
                }
            }
        }
    }
}

/// Whether what a pattern has matched has the check digits asked for. Marks between its letters and digits do not count.
fn valid(validator: &Validator, matched: &[u8]) -> bool {
    let plain: Vec<u8> = matched.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    match validator {
        Validator::None => true,
        Validator::Luhn => checksum::luhn(&plain),
        Validator::Verhoeff => checksum::verhoeff(&plain),
        Validator::Mod9710 => checksum::mod97_10(&plain),
        Validator::Mod1110 => checksum::mod11_10(&plain),
        Validator::Complement97 { shifted } => checksum::complement97(&plain, *shifted),
        Validator::Weighted { weights, modulus } => checksum::weighted(&plain, weights, *modulus),
        Validator::Letter { letters } => {
            let last = plain.last().copied().into_iter();
            let body = plain.iter().take(plain.len().saturating_sub(1)).copied().filter(u8::is_ascii_digit);
            checksum::letter(&body.chain(last).collect::<Vec<u8>>(), letters.as_bytes())
        }
    }
}
