//! What became of the objects of a file.

use std::collections::BTreeMap;

/// At most so many rejected objects are listed one by one; the others are counted in [`Report::not_imported`].
pub const MOST_REJECTED: usize = 10_000;

/// At most so many different warnings are kept.
pub const MOST_WARNINGS: usize = 200;

/// What became of the objects of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many objects the file holds, by what it calls them (`dcim.device`, `PhysicalResource`, `row`).
    pub objects: BTreeMap<String, u64>,
    /// What did not become an item of its own, by what it is, and why. Includes what was folded into other items.
    pub not_imported: BTreeMap<String, NotImported>,
    /// Objects, or parts of objects, that could not be taken.
    pub rejected: Vec<Rejected>,
    /// What a person should look at, at most [`MOST_WARNINGS`] and a last one that says how many more there were.
    pub warnings: Vec<String>,
}

/// Things that did not become items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotImported {
    /// How many.
    pub count: u64,
    /// Why, and where they went instead.
    pub why: String,
}

/// One object that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Where the file has it.
    pub origin: String,
    /// A reason of the error index: `FIELD_INVALID`, `BODY_INVALID`, `DEPENDENCY_ON_SELF`.
    pub reason: String,
    /// What is wrong and what to do about it.
    pub message: String,
    /// The field at fault, of the file or of the record; empty where it is the whole object.
    pub field: String,
}
