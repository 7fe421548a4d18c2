//! What is said near a candidate: words of its line, or the name of its column.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::{
    ascii::{before, byte, part},
    kind::Kind,
    words,
};

/// How far back words count, in bytes.
const BACK: usize = 64;
/// How far ahead words count, in bytes.
const AHEAD: usize = 32;
/// What is beside a number is at most so many bytes from it.
const BESIDE: usize = 12;
/// The bit of words that speak against; kinds have the others.
const AGAINST: u64 = 1 << Kind::MOST;

/// What words near a candidate say, as masks of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Near {
    /// Kinds of the nearest word.
    pub(crate) strong: u64,
    /// Kinds of the other words.
    pub(crate) weak: u64,
    /// The nearest word says that it is something else.
    pub(crate) against: bool,
}

/// What is known of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// Kinds its name speaks for.
    pub(crate) named: u64,
    /// Its name says that its numbers are something else.
    pub(crate) against: bool,
    /// Kinds that the first values have the check digits of, more often than chance would.
    pub(crate) confirmed: u64,
    /// Kinds that the first values have the shape of, and not the check digits.
    pub(crate) doubted: u64,
}

/// All words, found in one pass.
#[derive(Debug)]
pub(crate) struct Words {
    search: AhoCorasick,
    /// What each word speaks for.
    masks: Vec<u64>,
    names: Vec<(String, u64)>,
}

impl Words {
    /// The words of the built-in kinds and `own` ones. Fails if there are too many to search for.
    pub(crate) fn new(own: &[(Kind, String)]) -> Result<Self, String> {
        let built_in =
            words::FOR.iter().flat_map(|(kind, words)| words.iter().map(|word| ((*word).to_owned(), kind.bit())));
        let against = words::AGAINST.iter().map(|word| ((*word).to_owned(), AGAINST));
        let own = own.iter().map(|(kind, word)| (word.to_lowercase(), kind.bit()));
        let mut all: Vec<(String, u64)> = Vec::new();
        for (word, mask) in built_in.chain(against).chain(own) {
            match all.iter_mut().find(|(known, _)| *known == word) {
                Some((_, known)) => *known |= mask,
                None => all.push((word, mask)),
            }
        }
        let search = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(all.iter().map(|(word, _)| word))
            .map_err(|problem| problem.to_string())?;
        let in_names = words::AGAINST_IN_NAMES.iter().map(|word| (words::spaced(word), AGAINST));
        let names = all.iter().map(|(word, mask)| (words::spaced(word), *mask)).chain(in_names).collect();
        Ok(Self { search, masks: all.into_iter().map(|(_, mask)| mask).collect(), names })
    }

    /// What a column's name says. Kinds win over words against: `called_number_count` is odd, and looked at.
    pub(crate) fn of_name(&self, name: &str) -> Hints {
        let spaced = words::spaced(name);
        let mut found: Vec<(&str, u64)> = Vec::new();
        for (word, mask) in &self.names {
            if spaced.contains(word.as_str()) {
                found.push((word, *mask));
            }
        }
        // `sim card` holds `card`, which then says nothing.
        let whole = |(word, _): &&(&str, u64)| {
            !found.iter().any(|(longer, _)| longer.len() > word.len() && longer.contains(*word))
        };
        let mask = found.iter().filter(whole).fold(0, |mask, (_, one)| mask | one);
        Hints { named: mask & !AGAINST, against: mask == AGAINST, ..Hints::default() }
    }

    /// What is said around `start..end` in a line.
    ///
    /// The nearest word before it counts most, unless another number stands between, which it then is about; a word behind it only if it follows
    /// at once. A word against counts only beside the number: `order 4711`, `4711 bytes`.
    pub(crate) fn near(&self, text: &[u8], start: usize, end: usize) -> Near {
        let from = start.saturating_sub(BACK);
        let mut near = Near::default();
        let mut all = 0_u64;
        let mut nearest = (0_u64, 0);
        for (mask, _, finish) in self.words_of(text, from, start) {
            all |= mask;
            nearest = (mask, finish);
        }
        let between = part(text, nearest.1, start);
        if nearest.0 == AGAINST {
            near.against = between.len() <= BESIDE && digits(between) == 0;
        } else if digits(between) < 4 {
            near.strong = nearest.0 & !AGAINST;
        }
        for (at, (mask, begin, _)) in self.words_of(text, end, (end + AHEAD).min(text.len())).enumerate() {
            all |= mask;
            let between = part(text, end, begin);
            // Behind a comma something else begins: `4711, order 4712`.
            let joined = !between.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b';' | b'.'));
            let next = at == 0 && near.strong == 0 && !near.against && joined;
            if next && mask == AGAINST {
                near.against = between.len() <= 1;
            } else if next && between.len() <= BESIDE {
                near.strong = mask & !AGAINST;
            }
        }
        near.weak = all & !AGAINST & !near.strong;
        near
    }

    /// Words of a part of a text: what each speaks for, its beginning and its end.
    fn words_of(&self, text: &[u8], from: usize, to: usize) -> impl Iterator<Item = (u64, usize, usize)> {
        self.search.find_iter(part(text, from, to)).filter_map(move |found| {
            let (begin, end) = (from + found.start(), from + found.end());
            let mask = self.masks.get(found.pattern().as_usize()).copied().unwrap_or(0);
            whole(text, begin, end).then_some((mask, begin, end))
        })
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// Whether the word at `start..end` is one of its own, or a part of `camelCase`.
fn whole(text: &[u8], start: usize, end: usize) -> bool {
    let (first, last) = (byte(text, start), before(text, end));
    let (ahead, behind) = (before(text, start), byte(text, end));
    let begins = !letter(ahead) || (ahead.is_ascii_lowercase() && first.is_ascii_uppercase());
    let plural = behind == b's' && !letter(byte(text, end + 1));
    let ends = !letter(behind) || plural || (last.is_ascii_lowercase() && behind.is_ascii_uppercase());
    begins && ends
}

fn letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// How sure a candidate is, in thousandths: its base, what is said near it, and what is known of its column.
///
/// Words for the kind take away 60 % (weak ones 30 %, a column's name 70 %, its values 60 %) of the doubt that is left; words for other kinds
/// only, or against all, and values that fail the kind's check digits leave a part of the base.
pub(crate) fn judge(kind: Kind, base: u16, near: Near, hints: &Hints) -> u16 {
    let bit = kind.bit();
    let mut score = u32::from(base.min(1000));
    let surer = |score: u32, percent: u32| score + (1000 - score) * percent / 100;
    if near.strong & bit != 0 {
        score = surer(score, 60);
    } else if near.against && base < 800 {
        score = score * 50 / 100;
    } else if near.weak & bit != 0 {
        score = surer(score, 30);
    } else if near.strong != 0 && base < 800 {
        score = score * 70 / 100;
    }
    if hints.named & bit != 0 {
        score = surer(score, 70);
    } else if base < 900 && (hints.named != 0 || hints.against) {
        score = score * 60 / 100;
    }
    if hints.confirmed & bit != 0 {
        score = surer(score, 60);
    } else if base < 800 && hints.doubted & bit != 0 {
        score = score * 40 / 100;
    }
    u16::try_from(score.min(1000)).unwrap_or(1000)
}
