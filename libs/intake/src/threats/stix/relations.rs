//! What the relationships of a bundle say about its threats.

use std::collections::{BTreeMap, HashMap};

use wire::risk::v1::Threat;
use wire::risk::v1::threat::{Countermeasure, Evidence, Remark};

use super::super::books::Books;
use super::super::pieces::{Fields, MOST_EXAMPLES, MOST_REMARKS, add_remarks, line, prose, remark, yes};
use super::{Bundle, key};
use crate::text;

/// What is said about one threat.
#[derive(Default)]
struct Said {
    parent: String,
    replaced_by: Vec<String>,
    mitigations: Vec<Countermeasure>,
    examples: Vec<Remark>,
    detections: Vec<Remark>,
    /// How many use it, by their type.
    used: BTreeMap<String, usize>,
}

/// What is said, by the id of the threat.
pub(super) struct Relations<'a>(HashMap<&'a str, Said>);

impl<'a> Relations<'a> {
    pub(super) fn of(bundle: &Bundle<'a>, books: &mut Books) -> Self {
        let mut said: HashMap<&'a str, Said> = HashMap::new();
        for (_, _, relation) in bundle.of_type("relationship") {
            let kind = line(relation, "relationship_type", 100);
            let label = format!("relationship {kind}");
            if yes(relation, "revoked") || yes(relation, "x_mitre_deprecated") {
                books.folded(&format!("{label}, withdrawn"), 1, "its publisher has withdrawn it");
                continue;
            }
            let end = |field: &str| bundle.by_id.get_key_value(relation.get(field)?.as_str()?);
            let (Some((from, source)), Some((to, target))) = (end("source_ref"), end("target_ref")) else {
                books.folded(&format!("{label} of what is not here"), 1, "the file does not hold both its ends");
                continue;
            };
            let ends = (text::word(source, "type"), text::word(target, "type"));
            let taken = match (kind.as_str(), ends.0.as_str(), ends.1.as_str()) {
                ("subtechnique-of", "attack-pattern", "attack-pattern") => {
                    said.entry(from).or_default().parent = key(target);
                    true
                }
                ("revoked-by", "attack-pattern", "attack-pattern") => {
                    said.entry(from).or_default().replaced_by.push(key(target));
                    true
                }
                (_, of, "attack-pattern") => said.entry(to).or_default().told(&kind, of, source, relation),
                _ => false,
            };
            match taken {
                true => books.folded(&label, 1, "told in the threats that it joins"),
                false => books.folded(&format!("{label}, not about a threat"), 1, "left out"),
            }
        }
        Self(said)
    }

    /// The threat, with what is said about it.
    pub(super) fn laid(&self, id: &str, mut threat: Threat, books: &mut Books) -> Threat {
        let Some(said) = self.0.get(id) else { return threat };
        if !said.parent.is_empty() {
            threat.parent_key.clone_from(&said.parent);
        }
        threat.revoked_by = said.replaced_by.iter().take(20).cloned().collect();
        threat.mitigations = said.mitigations.iter().take(200).cloned().collect();
        add_remarks(&mut threat.detections, said.detections.iter().cloned(), MOST_REMARKS);
        add_remarks(&mut threat.examples, said.examples.iter().cloned(), MOST_EXAMPLES);
        if said.examples.len() > MOST_EXAMPLES {
            books.warn(format!("{}: of {} examples {MOST_EXAMPLES} are kept", threat.key, said.examples.len()));
        }
        if !said.used.is_empty() {
            let counts: Vec<String> = said.used.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            threat.set_evidence(Evidence::Observed);
            threat.evidence_note = text::clip(&format!("used by {}", counts.join(", ")), 1000);
        }
        threat
    }
}

impl Said {
    /// Takes what an object of a type says about the threat; false where it says nothing that is kept.
    fn told(&mut self, kind: &str, of: &str, source: &Fields, relation: &Fields) -> bool {
        let (name, text) = (line(source, "name", 500), prose(relation, "description", 8000));
        match (kind, of) {
            ("mitigates", "course-of-action") => {
                self.mitigations.push(Countermeasure { key: key(source), r#use: text, ..Countermeasure::default() });
            }
            ("uses", _) => {
                *self.used.entry(of.to_owned()).or_default() += 1;
                self.examples.extend(remark(&name, &text));
            }
            ("detects", _) => self.detections.extend(remark(&name, &text)),
            _ => return false,
        }
        true
    }
}
