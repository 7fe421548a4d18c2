//! Mapping collections (from OSCAL 1.2): how the controls of one document relate to those of another.

use super::fields::{Fields, Path, kind};
use super::metadata::{Metadata, Property};
use super::problem::{Problem, ReadError};
use serde_json::Value;

/// How the sources of a map relate to its targets, read from the source: `SubsetOf` says the sources ask for part of
/// what the targets ask. Never to be raised: a subset covers its target only in part.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Relationship {
    /// `equal-to`: the same in wording and meaning.
    Equal,
    /// `equivalent-to`: the same in meaning.
    Equivalent,
    /// `subset-of`: everything in the sources is in the targets, which ask for more.
    Subset,
    /// `superset-of`: everything in the targets is in the sources, which ask for more.
    Superset,
    /// `intersects-with`: something is in both, and each has something of its own.
    Intersects,
    /// `no-relationship`: the two have nothing in common.
    None,
    /// Any other word; a namespace can define its own.
    Other(String),
}

impl Relationship {
    fn of(word: &str) -> Self {
        match word {
            "equal-to" | "equal" => Self::Equal,
            "equivalent-to" | "equivalent" => Self::Equivalent,
            "subset-of" | "subset" => Self::Subset,
            "superset-of" | "superset" => Self::Superset,
            "intersects-with" | "intersects" => Self::Intersects,
            "no-relationship" => Self::None,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word of OSCAL.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Equal => "equal-to",
            Self::Equivalent => "equivalent-to",
            Self::Subset => "subset-of",
            Self::Superset => "superset-of",
            Self::Intersects => "intersects-with",
            Self::None => "no-relationship",
            Self::Other(other) => other,
        }
    }

    /// The same relation, read from the target.
    #[must_use]
    pub fn reversed(&self) -> Self {
        match self {
            Self::Subset => Self::Superset,
            Self::Superset => Self::Subset,
            other => other.clone(),
        }
    }
}

/// What a map names: a control, or a statement of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MappingItem {
    /// `control` or `statement`.
    pub kind: String,
    /// The id in the source or the target document.
    pub id: String,
}

/// One relation between controls.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlMap {
    /// Its UUID, as written there.
    pub uuid: String,
    /// How the sources relate to the targets.
    pub relationship: Relationship,
    /// The sources.
    pub sources: Vec<MappingItem>,
    /// The targets.
    pub targets: Vec<MappingItem>,
    /// On what the relation rests: `syntactic`, `semantic` or `functional`; that of the mapping where a map has none.
    pub rationale: Option<String>,
    /// Remarks: why, in words.
    pub remarks: Option<String>,
    /// Properties.
    pub properties: Vec<Property>,
}

/// A document that a mapping goes from or to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingSource {
    /// `catalog` or `profile`.
    pub kind: String,
    /// A URI reference; `#…` names a resource of the back matter.
    pub href: String,
}

/// The relations between the controls of two documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Its UUID, as written there.
    pub uuid: String,
    /// Where the sources are from.
    pub source: MappingSource,
    /// Where the targets are from.
    pub target: MappingSource,
    /// `complete`, `not-complete`, `draft`, `deprecated` or `superseded`.
    pub status: Option<String>,
    /// How it was made: `human`, `automation` or `hybrid`.
    pub method: Option<String>,
    /// On what it rests: `syntactic`, `semantic` or `functional`.
    pub rationale: Option<String>,
    /// The relations, in document order.
    pub maps: Vec<ControlMap>,
}

/// A mapping collection.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingCollection {
    /// Its UUID, as written there.
    pub uuid: String,
    /// Its metadata.
    pub metadata: Metadata,
    /// Its mappings.
    pub mappings: Vec<Mapping>,
    /// The whole value at the root, as it came: what is written back.
    pub source: Value,
}

impl MappingCollection {
    pub(super) fn read(value: Value, limit: usize, problems: &mut Vec<Problem>) -> Result<Self, ReadError> {
        let path = Path::Key(&Path::Root, "mapping-collection");
        let mut fields = Fields::of(&value, &path)?;
        let uuid = fields.required("uuid")?;
        let metadata = fields
            .object("metadata", Metadata::read)?
            .ok_or_else(|| Path::Key(&path, "metadata").problem("is missing"))?;
        let provenance = value.get("provenance").unwrap_or(&Value::Null);
        let above = Path::Key(&path, "mappings");
        // The schema allows one mapping without an array around it.
        let mappings = match value.get("mappings") {
            Some(Value::Array(mappings)) => mappings.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            Some(other) => return Err(above.problem(format!("must be an array, is {}", kind(other))).into()),
            None => return Err(above.problem("is missing").into()),
        };
        let (mut read, mut left) = (Vec::new(), limit);
        for (index, mapping) in mappings.iter().enumerate() {
            match Mapping::read(mapping, &Path::Item(&above, index), provenance, (&mut left, limit), problems) {
                Ok(mapping) => read.push(mapping),
                Err(ReadError::Document(problem)) => problems.push(problem),
                Err(error) => return Err(error),
            }
        }
        Ok(Self { uuid, metadata, mappings: read, source: value })
    }
}

impl Mapping {
    fn read(
        value: &Value,
        path: &Path<'_>,
        provenance: &Value,
        (left, limit): (&mut usize, usize),
        problems: &mut Vec<Problem>,
    ) -> Result<Self, ReadError> {
        let mut fields = Fields::of(value, path)?;
        let inherited =
            |key: &str| provenance.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let end = |found: Option<MappingSource>, key| found.ok_or_else(|| Path::Key(path, key).problem("is missing"));
        let mut mapping = Self {
            uuid: fields.required("uuid")?,
            source: end(fields.object("source-resource", MappingSource::read)?, "source-resource")?,
            target: end(fields.object("target-resource", MappingSource::read)?, "target-resource")?,
            status: fields.text("status")?.or_else(|| inherited("status")),
            method: fields.text("method")?.or_else(|| inherited("method")),
            rationale: fields.text("matching-rationale")?.or_else(|| inherited("matching-rationale")),
            maps: Vec::new(),
        };
        let above = Path::Key(path, "maps");
        let maps = match value.get("maps") {
            Some(Value::Array(maps)) => maps,
            Some(other) => return Err(above.problem(format!("must be an array, is {}", kind(other))).into()),
            None => return Err(above.problem("is missing").into()),
        };
        *left = left.checked_sub(maps.len()).ok_or(ReadError::Limit { what: "maps", limit, found: limit + 1 })?;
        for (index, map) in maps.iter().enumerate() {
            match ControlMap::read(map, &Path::Item(&above, index), mapping.rationale.as_ref()) {
                Ok(map) => mapping.maps.push(map),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(mapping)
    }
}

impl ControlMap {
    fn read(value: &Value, path: &Path<'_>, rationale: Option<&String>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let some = |items: Vec<MappingItem>, key| {
            if items.is_empty() { Err(Path::Key(path, key).problem("must name at least one")) } else { Ok(items) }
        };
        Ok(Self {
            uuid: fields.required("uuid")?,
            relationship: Relationship::of(&fields.required("relationship")?),
            sources: some(fields.list("sources", MappingItem::read)?, "sources")?,
            targets: some(fields.list("targets", MappingItem::read)?, "targets")?,
            rationale: fields.text("matching-rationale")?.or_else(|| rationale.cloned()),
            remarks: fields.text("remarks")?,
            properties: fields.list("props", Property::read)?,
        })
    }
}

impl MappingItem {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self { kind: fields.required("type")?, id: fields.required("id-ref")? })
    }
}

impl MappingSource {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self { kind: fields.required("type")?, href: fields.required("href")? })
    }
}
