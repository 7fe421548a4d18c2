//! OSCAL documents, read and written: plain values in, plain values out.
//!
//! NIST's Open Security Controls Assessment Language (1.0 to 1.2, JSON) is how catalogues, baselines, mappings and
//! assessments travel between organizations. This module is pure: no database, no clock, no network. The service gives
//! it bytes or its own values, and gets values or bytes back.
//!
//! | to | call |
//! |---|---|
//! | read any document | [`read`], which names the [`Kind`] from the root of the document |
//! | walk the controls of a catalogue | [`Catalog::controls`], flat and in document order |
//! | show a text with its parameters filled in | [`render`] |
//! | turn a baseline into the catalogue it stands for | [`resolve`] |
//! | write a document back | [`Document::to_value`], [`Document::to_bytes`] |
//! | export what the service holds | the functions of [`export`] |
//!
//! What this module does not model is kept as it came (the `rest` of every value), so that reading and writing a
//! document loses nothing. A control that cannot be understood is reported as a [`Problem`] with its JSON path, kept
//! aside as it came, and does not hold up the others.

mod alter;
mod arrange;
mod catalog;
mod control;
mod document;
pub mod export;
mod fields;
mod mapping;
mod metadata;
mod problem;
mod profile;
mod prose;
mod prune;
mod resolve;
mod select;
#[cfg(test)]
mod tests;

pub use catalog::{Catalog, Group, Unread};
pub use control::{Choice, Control, Parameter, Part};
pub use document::{Body, Document, Kind, Limits, Other, read};
pub use mapping::{ControlMap, Mapping, MappingCollection, MappingItem, MappingSource, Relationship};
pub use metadata::{Link, Metadata, Property, Resource, ResourceLink};
pub use problem::{Problem, ReadError, ResolveError};
pub use profile::{
    Add, Alter, Combine, Import, InsertControls, Position, Profile, ProfileGroup, Remove, Select, SetParameter,
    Structure,
};
pub use prose::render;
pub use resolve::{Library, Resolution, Settings, resolve};

/// The version of OSCAL that is written.
pub const OSCAL_VERSION: &str = "1.2.1";
