//! Columns and their names. A name is kept only if it is one: what may be somebody's data never gets into a result.

use crate::{context::Hints, recognise::Finder};

/// More columns than this are told as one.
pub(crate) const MOST: usize = 4_096;
/// Names are cut to so many bytes.
const LONGEST: usize = 128;
/// The column that stands for all further ones.
pub(crate) const FURTHER: &str = "(further columns)";

/// The column of values whose path may be personal data.
const UNNAMED: &str = "(unnamed)";

/// A column and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) hints: Hints,
    /// Nearly all first values are numbers of up to six digits.
    pub(crate) numbers: bool,
    /// Nearly all first values are dates or times.
    pub(crate) instants: bool,
}

impl Column {
    /// `place`: from 0, told from 1.
    pub(crate) fn unnamed(place: usize) -> Self {
        Self { name: format!("column_{}", place + 1), hints: Hints::default(), numbers: false, instants: false }
    }

    /// A column of CSV. A name in which something is found, or that is none, is replaced by its place.
    pub(crate) fn named(finder: &Finder, name: &[u8], place: usize) -> Self {
        Self::known(finder, name).unwrap_or_else(|| Self::unnamed(place))
    }

    /// A path of JSON. All whose name must not be kept are one.
    pub(crate) fn at_path(finder: &Finder, path: &[u8]) -> Self {
        let unnamed = || Self { name: UNNAMED.to_owned(), ..Self::unnamed(0) };
        Self::known(finder, path).unwrap_or_else(unnamed)
    }

    fn known(finder: &Finder, name: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(name);
        let mut kept: String = text.trim().chars().filter(|letter| !letter.is_control()).collect();
        let mut end = kept.len().min(LONGEST);
        while !kept.is_char_boundary(end) {
            end -= 1;
        }
        kept.truncate(end);
        if kept.is_empty() || !is_name(finder, name) {
            return None;
        }
        let hints = finder.words.of_name(&kept);
        Some(Self { name: kept, hints, ..Self::unnamed(0) })
    }
}

/// Whether all cells of a record are names, and different.
pub(crate) fn are_names(finder: &Finder, cells: &[Vec<u8>]) -> bool {
    let formed = |cell: &Vec<u8>| {
        let text = cell.trim_ascii();
        let first = text.first().copied().unwrap_or(0);
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        let begins = first.is_ascii_alphabetic() || first >= 0x80 || matches!(first, b'_' | b'#' | b'@' | b'$');
        (1..=LONGEST).contains(&text.len()) && begins && digits * 2 < text.len() && is_name(finder, text)
    };
    let mut sorted: Vec<&Vec<u8>> = cells.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    !cells.is_empty() && sorted.len() == cells.len() && cells.iter().all(formed)
}

fn is_name(finder: &Finder, text: &[u8]) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let mut found = Vec::new();
    finder.find(text, &Hints::default(), &mut found);
    found.is_empty() && digits < 7
}
