//! The words of cyber insurance: what ships in `data/insurance.toml`. They are data, since a Recommendation may say more in its next edition.

use std::sync::LazyLock;

use serde::Deserialize;
use wire::Violation;
use wire::risk::v1::Risk;

const TEXT: &str = include_str!("../../data/insurance.toml");

/// All words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// The edition that they follow.
    pub(crate) edition: String,
    /// Kinds of coverage.
    pub(crate) coverage: Vec<Coverage>,
    /// Cost types.
    pub(crate) cost_type: Vec<CostType>,
    /// Perils.
    pub(crate) peril: Vec<Peril>,
    /// Exclusions.
    pub(crate) exclusion: Vec<Exclusion>,
}

/// A kind of coverage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coverage {
    pub(crate) key: String,
    pub(crate) label: String,
    /// `first` or `third`: whose loss it pays for.
    pub(crate) party: String,
    pub(crate) clause: String,
}

/// A cost type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CostType {
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) clause: String,
    /// The coverage that pays for it; empty where none does.
    pub(crate) coverage: String,
    /// Whether it is our own and not the Recommendation's.
    pub(crate) provisional: bool,
}

/// A peril.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peril {
    pub(crate) key: String,
    pub(crate) label: String,
    /// What it costs where a risk does not say.
    pub(crate) cost_types: Vec<String>,
}

/// An exclusion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exclusion {
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) clause: String,
    /// The perils it takes out.
    pub(crate) excludes: Vec<String>,
    /// The perils of which it is not clear whether it takes them out.
    pub(crate) unclear: Vec<String>,
}

/// The words. A file that cannot be read gives none; a test of it fails then.
pub(crate) fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());
    &WORDS
}

impl Words {
    pub(crate) fn coverage(&self, key: &str) -> Option<&Coverage> {
        self.coverage.iter().find(|one| one.key == key)
    }

    pub(crate) fn cost_type(&self, key: &str) -> Option<&CostType> {
        self.cost_type.iter().find(|one| one.key == key)
    }

    pub(crate) fn peril(&self, key: &str) -> Option<&Peril> {
        self.peril.iter().find(|one| one.key == key)
    }

    pub(crate) fn exclusion(&self, key: &str) -> Option<&Exclusion> {
        self.exclusion.iter().find(|one| one.key == key)
    }
}

/// Adds what is wrong with a word that is none of those known.
pub(crate) fn expect<'a>(
    wrong: &mut Vec<Violation>,
    field: String,
    (what, word): (&str, &str),
    mut known: impl Iterator<Item = &'a str> + Clone,
) {
    if known.clone().any(|one| one == word) {
        return;
    }
    let first = known.next().unwrap_or_default();
    let known = known.fold(first.to_owned(), |all, one| format!("{all}, {one}"));
    wrong.push(Violation { field, description: format!("`{word}` is no {what}: give one of {known}") });
}

/// Adds what is wrong with perils.
pub(crate) fn expect_perils(wrong: &mut Vec<Violation>, field: &str, perils: &[String]) {
    for (peril, at) in perils.iter().zip(0..) {
        expect(wrong, format!("{field}[{at}]"), ("peril", peril), words().peril.iter().map(|one| one.key.as_str()));
    }
}

/// Adds what is wrong with a cost type.
pub(crate) fn expect_cost_type(wrong: &mut Vec<Violation>, field: String, cost_type: &str) {
    expect(wrong, field, ("cost type", cost_type), words().cost_type.iter().map(|one| one.key.as_str()));
}

/// What of a risk is no word of insurance.
pub(crate) fn unknown_in_risk(risk: &Risk) -> Vec<Violation> {
    let mut wrong = Vec::new();
    if !risk.peril.is_empty() {
        let known = words().peril.iter().map(|one| one.key.as_str());
        expect(&mut wrong, "risk.peril".to_owned(), ("peril", &risk.peril), known);
    }
    for (cost_type, at) in risk.cost_types.iter().zip(0..) {
        expect_cost_type(&mut wrong, format!("risk.cost_types[{at}]"), cost_type);
    }
    wrong
}

/// The cost types of a risk: its own, else those of its peril.
pub(crate) fn cost_types_of(risk: &Risk) -> &[String] {
    if !risk.cost_types.is_empty() {
        return &risk.cost_types;
    }
    words().peril(&risk.peril).map_or(&[], |peril| &peril.cost_types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_read_whole_and_names_only_what_it_has() {
        let words = words();
        assert!(words.edition.contains("X.1061"));
        // 10.1 has five kinds of the first party, 10.2 four of the third; 10.5 has seven exclusions.
        let of = |party: &str| words.coverage.iter().filter(|one| one.party == party).count();
        assert_eq!((of("first"), of("third"), words.exclusion.len()), (5, 4, 7));
        assert_eq!(words.cost_type.iter().filter(|one| !one.provisional).count(), 6);
        for cost_type in words.cost_type.iter().filter(|one| one.key != "other") {
            assert!(words.coverage(&cost_type.coverage).is_some(), "{}", cost_type.key);
        }
        for peril in &words.peril {
            assert!(!peril.cost_types.is_empty() && !peril.label.is_empty(), "{}", peril.key);
            for cost_type in &peril.cost_types {
                assert!(words.cost_type(cost_type).is_some(), "{}: {cost_type}", peril.key);
            }
        }
        for exclusion in &words.exclusion {
            for peril in exclusion.excludes.iter().chain(&exclusion.unclear) {
                assert!(words.peril(peril).is_some(), "{}: {peril}", exclusion.key);
            }
        }
    }

    #[test]
    fn a_word_that_is_none_is_named_with_those_there_are() {
        let risk = Risk {
            peril: "flu".to_owned(),
            cost_types: vec!["legal-costs".to_owned(), "tax".to_owned()],
            ..Risk::default()
        };
        let wrong = unknown_in_risk(&risk);
        let fields: Vec<&str> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["risk.peril", "risk.cost_types[1]"]);
        assert!(wrong.iter().all(|one| one.description.contains("give one of ")));
    }
}
