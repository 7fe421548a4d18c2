//! Terms of others, and what they are in ours.

use std::collections::{BTreeMap, BTreeSet};

use datafile::Violations;
use serde::{Deserialize, Serialize};

/// Taxonomies and the mappings between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Glossary {
    /// Which edition.
    pub edition: String,
    /// The taxonomies.
    pub taxonomies: Vec<Taxonomy>,
    /// What a term of one is in another.
    #[serde(default)]
    pub mappings: Vec<MappingSet>,
}

/// One taxonomy in one edition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// What it is called by.
    pub id: String,
    /// Which edition of it.
    pub edition: String,
    /// A short title.
    pub title: String,
    /// Where its terms come from.
    pub provenance: String,
    /// What of it is uncertain.
    #[serde(default)]
    pub provisional: Vec<String>,
    /// Its terms; `class/type` lies within `class`.
    pub terms: Vec<Term>,
}

/// One term.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// What it is called by.
    pub id: String,
    /// A short title.
    pub title: String,
}

/// What a term is to another: the algebra of mappings between catalogues (domain 25.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same.
    Equal,
    /// All of the first is the second.
    Subset,
    /// All of the second is the first.
    Superset,
    /// Some of the first is the second.
    Intersects,
    /// They are about the same.
    Related,
}

impl Relation {
    /// Seen from the other side.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Subset => Self::Superset,
            Self::Superset => Self::Subset,
            Self::Equal | Self::Intersects | Self::Related => self,
        }
    }
}

/// Mappings of one taxonomy's terms to another's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MappingSet {
    /// From which taxonomy.
    pub from: String,
    /// To which.
    pub to: String,
    /// Who says so.
    pub provenance: String,
    /// What of it is uncertain.
    #[serde(default)]
    pub provisional: Vec<String>,
    /// Term by term.
    pub terms: Vec<Mapping>,
}

/// One term's mapping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The term.
    pub from: String,
    /// What it is mapped to.
    pub to: String,
    /// What the first is to the second.
    pub relation: Relation,
}

/// What a term is in another taxonomy, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Translation {
    /// The term there.
    pub term: String,
    /// What the term asked about is to it.
    pub relation: Relation,
    /// A sentence.
    pub why: String,
    /// Whether the mapping is uncertain.
    pub provisional: bool,
}

const SHIPPED: &str = include_str!("../data/taxonomies.yaml");

impl Glossary {
    /// Most bytes of a file.
    pub const MOST_BYTES: usize = 8 << 20;

    /// Reads and checks a glossary.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with field, problem and remedy.
    pub fn from_yaml(text: &str) -> Result<Self, Violations> {
        let glossary: Self = datafile::read(text, Self::MOST_BYTES, "docs/clocks.md")?;
        glossary.check()?;
        Ok(glossary)
    }

    /// RSIT, the terms of GSMA, ETSI ISI, X.736 and VERIS, and their mappings.
    ///
    /// # Errors
    ///
    /// None that a build with green tests has.
    pub fn shipped() -> Result<Self, Violations> {
        Self::from_yaml(SHIPPED)
    }

    /// One taxonomy.
    #[must_use]
    pub fn taxonomy(&self, id: &str) -> Option<&Taxonomy> {
        self.taxonomies.iter().find(|taxonomy| taxonomy.id == id)
    }

    /// What a term is in another taxonomy, in either direction of a mapping; of several, in the order they are written. A term without a
    /// mapping of its own has that of the class it lies in, of which it is a part.
    #[must_use]
    pub fn translate(&self, from: &str, term: &str, to: &str) -> Vec<Translation> {
        let term = term.trim().to_lowercase();
        let found = self.exactly(from, &term, to);
        if !found.is_empty() {
            return found;
        }
        let mut classes =
            std::iter::successors(term.rsplit_once('/'), |(class, _)| class.rsplit_once('/')).map(|(class, _)| class);
        let Some(class) = classes.find(|class| !self.exactly(from, class, to).is_empty()) else { return found };
        let of_class = self.exactly(from, class, to).into_iter().map(|translation| Translation {
            relation: match translation.relation {
                Relation::Equal | Relation::Subset => Relation::Subset,
                Relation::Superset | Relation::Intersects | Relation::Related => Relation::Related,
            },
            why: format!("{term} lies in {class}; {}", translation.why),
            ..translation
        });
        of_class.collect()
    }

    fn exactly(&self, from: &str, term: &str, to: &str) -> Vec<Translation> {
        let mut found = Vec::new();
        for set in &self.mappings {
            let straight = set.from == from && set.to == to;
            let back = set.from == to && set.to == from;
            for mapping in set.terms.iter().filter(|_| straight || back) {
                let (own, other) = if straight { (&mapping.from, &mapping.to) } else { (&mapping.to, &mapping.from) };
                if own == term {
                    let relation = if straight { mapping.relation } else { mapping.relation.turned() };
                    let why = format!("{from} {own} is mapped to {to} {other} ({})", set.provenance);
                    found.push(Translation {
                        term: other.clone(),
                        relation,
                        why,
                        provisional: !set.provisional.is_empty(),
                    });
                }
            }
        }
        found
    }

    fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::default();
        let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (at, taxonomy) in self.taxonomies.iter().enumerate() {
            let place = format!("taxonomies[{at}]");
            let mut terms = BTreeSet::new();
            for (number, term) in taxonomy.terms.iter().enumerate() {
                let field = format!("{place}.terms[{number}].id");
                if term.id.trim().is_empty() || term.id != term.id.to_lowercase() {
                    violations.refuse(
                        &field,
                        format!("{:?} is not in small letters", term.id),
                        "write ids in small letters: they are looked up so",
                    );
                } else if !terms.insert(term.id.as_str()) {
                    violations.refuse(&field, format!("{:?} is there twice", term.id), "name each once");
                }
                let class = term.id.rsplit_once('/').map(|(class, _)| class);
                if class.is_some_and(|class| taxonomy.id == "rsit" && !terms.contains(class)) {
                    violations.refuse(
                        &field,
                        format!("{:?} lies in no class before it", term.id),
                        "name the class first",
                    );
                }
            }
            if known.insert(&taxonomy.id, terms).is_some() {
                violations.refuse(
                    &format!("{place}.id"),
                    format!("{:?} is there twice", taxonomy.id),
                    "give each an id of its own",
                );
            }
        }
        for (at, set) in self.mappings.iter().enumerate() {
            for (number, mapping) in set.terms.iter().enumerate() {
                for (side, taxonomy, term) in [("from", &set.from, &mapping.from), ("to", &set.to, &mapping.to)] {
                    if !known.get(taxonomy.as_str()).is_some_and(|terms| terms.contains(term.as_str())) {
                        let field = format!("mappings[{at}].terms[{number}].{side}");
                        violations.refuse(
                            &field,
                            format!("{taxonomy} has no term {term:?}"),
                            "name a term of that taxonomy",
                        );
                    }
                }
            }
        }
        if violations.list().is_empty() { Ok(()) } else { Err(violations) }
    }
}
