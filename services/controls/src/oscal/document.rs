//! Any OSCAL document: which kind it is, and reading it within limits.

use super::catalog::Catalog;
use super::fields::{Fields, Path};
use super::mapping::MappingCollection;
use super::metadata::Metadata;
use super::problem::{Problem, ReadError};
use super::profile::Profile;
use serde_json::{Map, Value};

/// What a document is, by the key at its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `catalog`: controls.
    Catalog,
    /// `profile`: a selection of controls, and changes to them.
    Profile,
    /// `mapping-collection`: how the controls of one document relate to those of another (from 1.2).
    MappingCollection,
    /// `component-definition`: how components implement controls.
    ComponentDefinition,
    /// `system-security-plan`: how a system implements controls.
    SystemSecurityPlan,
    /// `assessment-plan`: how controls will be assessed.
    AssessmentPlan,
    /// `assessment-results`: what an assessment found.
    AssessmentResults,
    /// `plan-of-action-and-milestones`: what will be done about it.
    PlanOfActionAndMilestones,
}

impl Kind {
    /// Every kind, in the order of the layers of OSCAL.
    pub const ALL: [Self; 8] = [
        Self::Catalog,
        Self::Profile,
        Self::MappingCollection,
        Self::ComponentDefinition,
        Self::SystemSecurityPlan,
        Self::AssessmentPlan,
        Self::AssessmentResults,
        Self::PlanOfActionAndMilestones,
    ];

    /// The key at the root of such a document.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Profile => "profile",
            Self::MappingCollection => "mapping-collection",
            Self::ComponentDefinition => "component-definition",
            Self::SystemSecurityPlan => "system-security-plan",
            Self::AssessmentPlan => "assessment-plan",
            Self::AssessmentResults => "assessment-results",
            Self::PlanOfActionAndMilestones => "plan-of-action-and-milestones",
        }
    }
}

/// How much of a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// How deeply arrays and objects nest; at most 120.
    pub depth: usize,
    /// JSON values in the document: what bounds the memory it takes.
    pub values: usize,
    /// Groups and controls of a catalogue; maps of a mapping collection.
    pub controls: usize,
}

impl Default for Limits {
    /// Ten times what the largest published catalogue (SP 800-53 rev 5) has of everything.
    fn default() -> Self {
        Self { bytes: 32 << 20, depth: 64, values: 2_000_000, controls: 20_000 }
    }
}

/// A document without a closer model here: it is recognised, and kept as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Other {
    /// What it is.
    pub kind: Kind,
    /// Its UUID, as written there.
    pub uuid: String,
    /// Its metadata.
    pub metadata: Metadata,
    /// The whole value at the root, its UUID and metadata included.
    pub source: Value,
}

/// What stands at the root of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A catalogue.
    Catalog(Catalog),
    /// A profile.
    Profile(Profile),
    /// A mapping collection.
    MappingCollection(MappingCollection),
    /// Any other document of OSCAL.
    Other(Other),
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What stands at the root.
    pub body: Body,
    /// What stands beside it, such as `$schema`.
    pub rest: Map<String, Value>,
    /// What could not be understood, in document order; kept as it came, and written back.
    pub problems: Vec<Problem>,
}

impl Document {
    /// What this document is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.body {
            Body::Catalog(_) => Kind::Catalog,
            Body::Profile(_) => Kind::Profile,
            Body::MappingCollection(_) => Kind::MappingCollection,
            Body::Other(other) => other.kind,
        }
    }

    /// Its UUID, as written there.
    #[must_use]
    pub fn uuid(&self) -> &str {
        match &self.body {
            Body::Catalog(catalog) => &catalog.uuid,
            Body::Profile(profile) => &profile.uuid,
            Body::MappingCollection(collection) => &collection.uuid,
            Body::Other(other) => &other.uuid,
        }
    }

    /// Its metadata.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        match &self.body {
            Body::Catalog(catalog) => &catalog.metadata,
            Body::Profile(profile) => &profile.metadata,
            Body::MappingCollection(collection) => &collection.metadata,
            Body::Other(other) => &other.metadata,
        }
    }

    /// The document as JSON. Of a document as it was read, the same JSON that came in; the order of keys may differ.
    /// A catalogue is written with its changes, every other document as it came.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let body = match &self.body {
            Body::Catalog(catalog) => catalog.to_value(),
            Body::Profile(profile) => profile.source.clone(),
            Body::MappingCollection(collection) => collection.source.clone(),
            Body::Other(other) => other.source.clone(),
        };
        let mut root = self.rest.clone();
        root.insert(self.kind().root().to_owned(), body);
        Value::Object(root)
    }

    /// The bytes of [`Self::to_value`], on one line.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_value().to_string().into_bytes()
    }
}

/// Reads any document of OSCAL in JSON, with or without a byte order mark.
///
/// # Errors
///
/// When the bytes are not JSON, are not one OSCAL document, are past a limit, or when something is wrong without which
/// the document means nothing: its UUID, its metadata, an import or a change of a profile. A control, group or map that
/// is wrong by itself is no error but a [`Problem`] of the document. Of two equal keys in one object the last counts, as
/// JSON parsers have it.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    survey(bytes, limits)?;
    let root: Value = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    let Value::Object(mut root) = root else { return Err(ReadError::Root { found: Vec::new() }) };
    let mut roots = Kind::ALL.into_iter().filter(|kind| root.contains_key(kind.root()));
    let (Some(kind), None) = (roots.next(), roots.next()) else {
        let found = root.keys().take(10).map(|key| key.chars().take(60).collect()).collect();
        return Err(ReadError::Root { found });
    };
    let value = root.remove(kind.root()).unwrap_or_default();
    let mut problems = Vec::new();
    let body = match kind {
        Kind::Catalog => Body::Catalog(Catalog::read(&value, limits.controls, &mut problems)?),
        Kind::Profile => Body::Profile(Profile::read(value)?),
        Kind::MappingCollection => {
            Body::MappingCollection(MappingCollection::read(value, limits.controls, &mut problems)?)
        }
        kind => Body::Other(Other::read(kind, value)?),
    };
    Ok(Document { body, rest: root, problems })
}

impl Other {
    fn read(kind: Kind, value: Value) -> Result<Self, Problem> {
        let path = Path::Key(&Path::Root, kind.root());
        let mut fields = Fields::of(&value, &path)?;
        let uuid = fields.required("uuid")?;
        let metadata = fields
            .object("metadata", Metadata::read)?
            .ok_or_else(|| Path::Key(&path, "metadata").problem("is missing"))?;
        Ok(Self { kind, uuid, metadata, source: value })
    }
}

fn malformed(error: &serde_json::Error) -> ReadError {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let reason = whole.strip_suffix(&place).unwrap_or(&whole).to_owned();
    ReadError::Malformed { line: error.line(), column: error.column(), reason }
}

/// Counts before anything is built: the bytes of one document must not decide how much memory and stack it takes.
fn survey(bytes: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let over = |what, limit, found| Err(ReadError::Limit { what, limit, found });
    if bytes.len() > limits.bytes {
        return over("bytes", limits.bytes, bytes.len());
    }
    // serde_json itself stops at 128.
    let deepest = limits.depth.min(120);
    let (mut depth, mut values, mut quoted, mut escaped) = (0_usize, 1_usize, false, false);
    for byte in bytes {
        if quoted {
            quoted = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => (depth, values) = (depth + 1, values + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > deepest {
            return over("levels of nesting", deepest, depth);
        }
        if values > limits.values {
            return over("JSON values", limits.values, values);
        }
    }
    Ok(())
}
