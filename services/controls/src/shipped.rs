//! What ships: documents and their editions, catalogues of controls, other groupings of them, mappings between catalogues,
//! and the rules that suggest what applies.
//!
//! Everything here is read once from `data/*.toml`, which is compiled in. Identifiers, short titles, structures and counts are
//! facts of the documents; every sentence is our own. What a document leaves open, or what is not known here, is in the data as
//! well, marked [`Mark::Provisional`] with its provenance: nothing is invented to fill a gap, and a row that is not known stays
//! a row without a label, for an operator who holds the text to fill in.
//!
//! To add a catalogue: write `data/KEY.toml`, name its document in `data/documents.toml`, and add it to the list in
//! `shipped/load.rs`. The tests then hold it to the same rules as the others.

mod applicability;
mod attribute;
mod catalogue;
mod document;
mod grouping;
mod load;
mod mapping;
mod mark;
mod migration;
#[cfg(test)]
mod tests;

pub use applicability::{Fact, Facts, Rule, Suggestion, facts, rules, suggestions};
pub use attribute::{Attribute, AttributeValue, Wanted, attribute, attributes, matching};
pub use catalogue::{Catalogue, Control, Group, Layer, catalogue, catalogues};
pub use document::{Document, Status, document, documents};
pub use grouping::{Grouping, Kind, Part, SizeClass, grouping, groupings, size_class, size_classes};
pub use load::unreadable;
pub use mapping::{Mapping, MappingSet, Relation, mapping_set, mapping_sets};
pub use mark::Mark;
pub use migration::{Arrived, Counts, Fate, Migration, Moved, migration};
