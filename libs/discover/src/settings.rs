//! What to look for and how: everything a caller may say, as values or as YAML.

mod check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use check::checked;

use crate::{category::Category, violation::Violations};

/// How a sample is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Found out from the first 256 KiB.
    #[default]
    Auto,
    /// Lines of text; no columns.
    Text,
    /// Records of fields with one mark between them, quoted as RFC 4180 says.
    Csv,
    /// A JSON object a line; each path to a value is a column.
    JsonLines,
}

/// Which digits or letters of an identifier check the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validator {
    /// None do.
    #[default]
    None,
    /// [`crate::checksum::luhn`]
    Luhn,
    /// [`crate::checksum::verhoeff`]
    Verhoeff,
    /// [`crate::checksum::mod97_10`]
    #[serde(rename = "mod97_10")]
    Mod9710,
    /// [`crate::checksum::mod11_10`]
    #[serde(rename = "mod11_10")]
    Mod1110,
    /// [`crate::checksum::complement97`]
    Complement97 {
        /// A 2 is also tried in front.
        #[serde(default)]
        shifted: bool,
    },
    /// [`crate::checksum::weighted`]
    Weighted {
        /// One a digit, that of the check digit included.
        weights: Vec<i32>,
        /// By which the sum leaves nothing.
        modulus: u32,
    },
    /// [`crate::checksum::letter`]
    Letter {
        /// By the rest of the number.
        letters: String,
    },
}

/// An identifier that is described by data: a national one, or one of the operator's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recogniser {
    /// What is found is told under this name: capitals, digits and `_`, at most 64. The name of a built-in kind adds to that kind.
    pub kind: String,
    /// A regular expression (the syntax of the Rust crate `regex`), which must not match nothing. A match is at most 256 bytes.
    #[serde(default)]
    pub pattern: String,
    /// What must hold besides; what does not hold is not told at all.
    #[serde(default)]
    pub validator: Validator,
    /// How sure the pattern makes where there is no validator, 0 to 1.
    #[serde(default = "Recogniser::default_score")]
    pub score: f64,
    /// How sure the pattern with its validator makes, 0 to 1.
    #[serde(default = "Recogniser::default_validated")]
    pub validated: f64,
    /// Words near it or in its column's name that speak for it.
    #[serde(default)]
    pub context: Vec<String>,
    /// The category of PII it belongs to.
    #[serde(default = "Recogniser::default_category")]
    pub category: Category,
    /// Nobody has compared it with its issuer's document yet.
    #[serde(default)]
    pub provisional: bool,
}

impl Recogniser {
    fn default_score() -> f64 {
        0.4
    }

    fn default_validated() -> f64 {
        0.55
    }

    fn default_category() -> Category {
        Category::Identity
    }
}

/// What to look for and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How the sample is written.
    pub format: Format,
    /// The mark between fields of CSV; found out if not given.
    pub delimiter: Option<char>,
    /// Whether the first record of CSV names the columns; found out if not given.
    pub header: Option<bool>,
    /// What is less sure than this is not told, 0 to 1.
    pub threshold: f64,
    /// The kinds to look for; all if empty.
    pub kinds: Vec<String>,
    /// Countries (ISO 3166-1 alpha-2) whose numbers are also found as they are written at home, and trusted more.
    pub regions: Vec<String>,
    /// Networks of one's own, MCC and MNC as digits, whose IMSI are trusted more.
    pub plmns: Vec<String>,
    /// National identifiers that ship with the crate and are to be looked for, by kind ([`crate::national_kinds`]).
    pub national: Vec<String>,
    /// Own recognisers.
    pub recognisers: Vec<Recogniser>,
    /// More words that speak for a kind, by kind.
    pub context: BTreeMap<String, Vec<String>>,
    /// Threads; 0 for as many as there are processors. The result is the same.
    pub threads: usize,
    /// Bytes that a thread is given at a time. The result is the same.
    pub block: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            delimiter: None,
            header: None,
            threshold: 0.5,
            kinds: Vec::new(),
            regions: Vec::new(),
            plmns: Vec::new(),
            national: Vec::new(),
            recognisers: Vec::new(),
            context: BTreeMap::new(),
            threads: 0,
            block: 1 << 20,
        }
    }
}

impl Settings {
    /// Longer settings are refused.
    pub const MOST_BYTES: usize = 1 << 20;

    /// Reads settings; every key may be left out.
    ///
    /// # Errors
    /// Says where the text cannot be read. What the values mean is checked by [`crate::Scanner::new`].
    pub fn from_yaml(yaml: &str) -> Result<Self, Violations> {
        if yaml.len() > Self::MOST_BYTES {
            let problem = format!("{} bytes, where at most {} are read", yaml.len(), Self::MOST_BYTES);
            return Err(Violations::one("settings", problem, "give shorter ones"));
        }
        if yaml.trim().is_empty() {
            return Ok(Self::default());
        }
        let budget = serde_saphyr::budget! { max_depth: 16, max_aliases: 0, max_anchors: 0, max_documents: 1 };
        // What is not finite is refused by the field it is in.
        let options = serde_saphyr::options! {
            budget: budget,
            non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        };
        serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
            let at = error.location().map(|place| format!("line {} column {}", place.line(), place.column()));
            // The first line says what is wrong, after the place; those after it draw the place.
            let said = error.to_string();
            let line = said.lines().next().unwrap_or_default();
            let parts = at.as_ref().and_then(|at| line.split_once(at));
            let line = parts.map_or(line, |(_, rest)| rest.trim_start_matches(": "));
            let problem: String = line.chars().filter(|letter| !letter.is_control()).take(300).collect();
            let at = at.unwrap_or_else(|| "settings".to_owned());
            Violations::one(&at, problem, "mend the settings there; docs/discover.md has every key")
        })
    }
}
