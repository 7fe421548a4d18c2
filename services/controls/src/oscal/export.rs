//! Writing what the service holds as OSCAL documents: plain structs in, a JSON document out that satisfies the schema.
//!
//! | what the service has | its document |
//! |---|---|
//! | a catalogue in its own words | [`catalog()`] |
//! | a Statement of Applicability | [`profile()`] |
//! | implementations of controls | [`component_definition()`] |
//! | tests of controls, and what they found | [`assessment_results()`] |
//! | gaps, exceptions and what is done about them | [`plan_of_action_and_milestones()`] |
//!
//! **The same state gives the same bytes.** UUIDs are made of names ([`uuid_of`]), so a component has one UUID in every
//! document that names it; the time comes in with the [`Header`].
//!
//! **Texts are made to fit.** OSCAL wants one line without blanks around it for titles and values: line breaks become
//! blanks. Ids must be tokens: [`token`] makes one of any id, and says nothing of those that are tokens already. What
//! cannot be made to fit is an [`ExportError`] with the field it stands in.

mod assessment;
mod catalog;
mod component;
mod milestones;
mod profile;

pub use assessment::{AssessmentExport, AssessmentResult, ControlTest, Evidence, Method, Outcome, assessment_results};
pub use catalog::{CatalogControl, CatalogExport, CatalogGroup, CatalogParameter, catalog};
pub use component::{
    ComponentExport, ComponentImplementation, ComponentKind, ExportedComponent, ImplementationStatus, Requirement,
    component_definition,
};
pub use milestones::{
    MilestoneItem, MilestonesExport, Origin, Remediation, RemediationStage, RemediationTask, RiskStatus,
    plan_of_action_and_milestones,
};
pub use profile::{ApplicableControl, ExcludedControl, ProfileExport, ProfileImport, profile};

use super::OSCAL_VERSION;
use super::fields::Writer;
use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;
use uuid::Uuid;

/// The namespace of the UUIDs we make.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x5e1d_7a30_9c42_4c0b_8f6e_2d51_b7a4_c903);

/// The namespace (`ns`) of the properties we define.
pub const PROPERTY_NAMESPACE: &str = "urn:telwarden:oscal";

/// What stands at the head of every document.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The name of what is exported, unique in the world: a resource name. The document's UUID is made of it.
    pub name: String,
    /// The title.
    pub title: String,
    /// The version: an edition, or the revision of what is exported.
    pub version: String,
    /// When what is exported last changed; a year from 1900 to 2999.
    pub last_modified: Timestamp,
    /// The people and organizations that the document names.
    pub parties: Vec<Party>,
    /// Remarks, in Markdown.
    pub remarks: Option<String>,
}

/// A person or an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What the rest of the document calls it; its UUID is made of it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Whether it is a person; else it is an organization.
    pub person: bool,
}

/// A property of our own: it gets the namespace [`PROPERTY_NAMESPACE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; made a token.
    pub name: String,
    /// Its value; made one line. An attribute without a value is not written.
    pub value: String,
    /// Remarks, in Markdown: a justification has as many lines as it needs.
    pub remarks: Option<String>,
}

/// What cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportError {
    /// The field of the input: `results[0].tests[2].control`.
    pub field: String,
    /// What is wrong with it, in a sentence without a full stop.
    pub reason: String,
}

impl fmt::Display for ExportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.reason)
    }
}

impl std::error::Error for ExportError {}

fn refused(field: impl Into<String>, reason: impl Into<String>) -> ExportError {
    ExportError { field: field.into(), reason: reason.into() }
}

/// The UUID (version 5) of something by its kind and its name: the same in every document and every export.
#[must_use]
pub fn uuid_of(kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{kind}\n{name}").as_bytes())
}

fn id(kind: &str, name: &str) -> String {
    uuid_of(kind, name).to_string()
}

/// An id as OSCAL wants it: a letter or `_`, then letters, digits, `.`, `-` and `_`. An id that is one already stays as
/// it is; in any other, each character that does not fit becomes `_`, and a `_` goes before a digit: `5.1` is written
/// `_5.1`. Our catalogues, profiles and findings all write ids this way, so they fit together.
#[must_use]
pub fn token(id: &str) -> String {
    static MISFIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[^\p{L}\p{N}._-]").ok());
    static START: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\p{L}|_)").ok());
    let fitted = MISFIT.as_ref().map_or_else(String::new, |misfit| misfit.replace_all(id.trim(), "_").into_owned());
    if START.as_ref().is_some_and(|start| start.is_match(&fitted)) { fitted } else { format!("_{fitted}") }
}

/// One line: line breaks, control characters and runs of blanks become one blank.
fn line(text: &str) -> String {
    let blank = |character: char| character.is_whitespace() || character.is_control() || character == '\u{feff}';
    text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// One line that must say something.
fn title(field: impl Into<String>, text: &str) -> Result<String, ExportError> {
    let line = line(text);
    if line.is_empty() { Err(refused(field, "must not be empty")) } else { Ok(line) }
}

/// A text of any number of lines; what has none says what it is instead.
fn description(text: &str, instead: &str) -> String {
    if text.trim().is_empty() { line(instead) } else { text.to_owned() }
}

fn some(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.trim().is_empty())
}

/// A URI reference: what may not stand in one is percent-encoded, and a colon that names no scheme is kept from doing so.
fn reference(field: impl Into<String>, href: &str) -> Result<String, ExportError> {
    let href = href.trim();
    if href.is_empty() {
        return Err(refused(field, "must not be empty"));
    }
    let first = href.split(['/', '?', '#']).next().unwrap_or_default();
    let scheme = first.split_once(':').is_none_or(|(scheme, _)| {
        scheme.starts_with(|character: char| character.is_ascii_alphabetic())
            && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
    });
    let mut written = String::from(if scheme { "" } else { "./" });
    let (mut fragment, bytes) = (false, href.as_bytes());
    for (at, byte) in bytes.iter().enumerate() {
        let hex = |ahead: usize| bytes.get(at + ahead).is_some_and(u8::is_ascii_hexdigit);
        let fits = match byte {
            b'#' => !std::mem::replace(&mut fragment, true),
            b'%' => hex(1) && hex(2),
            byte => byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(byte),
        };
        if fits { written.push(char::from(*byte)) } else { written.push_str(&format!("%{byte:02X}")) }
    }
    Ok(written)
}

/// A point in time; the schema knows years from 1900 to 2999.
fn time(field: impl Into<String>, at: Timestamp) -> Result<String, ExportError> {
    let written = at.to_string();
    let year = written.split('-').next().and_then(|year| year.parse::<u16>().ok());
    if year.is_some_and(|year| (1900..3000).contains(&year)) {
        Ok(written)
    } else {
        Err(refused(field, format!("must be in a year from 1900 to 2999, is {written}")))
    }
}

/// Properties of ours; one without a value is left out.
fn properties(attributes: &[Attribute]) -> Vec<Value> {
    let each = |attribute: &Attribute| {
        let value = line(&attribute.value);
        let writer = Writer::new()
            .value("name", token(&attribute.name))
            .value("ns", PROPERTY_NAMESPACE)
            .option("remarks", some(attribute.remarks.as_ref()));
        (!value.is_empty()).then(|| writer.value("value", value).done())
    };
    attributes.iter().filter_map(each).collect()
}

/// A property in the namespace of OSCAL; none without a value.
fn property(name: &str, value: Option<&str>) -> Option<Value> {
    let value = value.map(line).filter(|value| !value.is_empty())?;
    Some(Writer::new().value("name", name).value("value", value).done())
}

/// What is set for parameters.
fn set_parameters(parameters: &[(String, Vec<String>)], field: &str) -> Result<Vec<Value>, ExportError> {
    let each = |(index, (id, values)): (usize, &(String, Vec<String>))| {
        let values: Vec<Value> =
            values.iter().map(|value| line(value)).filter(|value| !value.is_empty()).map(Value::String).collect();
        if id.trim().is_empty() || values.is_empty() {
            return Err(refused(format!("{field}[{index}]"), "must have an id and at least one value"));
        }
        Ok(Writer::new().value("param-id", token(id)).values("values", values).done())
    };
    parameters.iter().enumerate().map(each).collect()
}

impl Header {
    /// The document of this header: the contents in `writer`, and the roles that they name.
    fn document(&self, root: &str, writer: Writer, roles: &[(&str, &str)]) -> Result<Value, ExportError> {
        let mut names = HashMap::new();
        let mut parties = Vec::new();
        for (index, party) in self.parties.iter().enumerate() {
            if names.insert(&party.name, index).is_some() {
                return Err(refused(format!("header.parties[{index}].name"), "is the name of another party"));
            }
            let kind = if party.person { "person" } else { "organization" };
            parties.push(
                Writer::new()
                    .value("uuid", id("party", &party.name))
                    .value("type", kind)
                    .value("name", title(format!("header.parties[{index}].title"), &party.title)?)
                    .done(),
            );
        }
        let roles = if self.parties.is_empty() { &[] } else { roles };
        let metadata = Writer::new()
            .value("title", title("header.title", &self.title)?)
            .value("last-modified", time("header.last_modified", self.last_modified)?)
            .value("version", title("header.version", &self.version)?)
            .value("oscal-version", OSCAL_VERSION)
            .list("roles", roles, |(id, title)| Writer::new().value("id", *id).value("title", *title).done())
            .values("parties", parties)
            .option("remarks", some(self.remarks.as_ref()));
        let body = writer.value("uuid", id(root, &self.name)).value("metadata", metadata.done());
        Ok(Writer::new().value(root, body.done()).done())
    }

    /// The UUID of a party by its name.
    fn party(&self, field: impl Into<String>, name: &str) -> Result<String, ExportError> {
        if self.parties.iter().any(|party| party.name == name) {
            Ok(id("party", name))
        } else {
            Err(refused(field, format!("`{name}` is not among the parties of the header")))
        }
    }

    /// Who has a role, where it is said.
    fn responsible(&self, field: String, role: &str, name: Option<&String>) -> Result<Vec<Value>, ExportError> {
        let Some(name) = name else { return Ok(Vec::new()) };
        let party = Value::String(self.party(field, name)?);
        Ok(vec![Writer::new().value("role-id", role).values("party-uuids", vec![party]).done()])
    }

    /// Who something is from.
    fn origins(&self, field: String, name: Option<&String>) -> Result<Vec<Value>, ExportError> {
        let Some(name) = name else { return Ok(Vec::new()) };
        let actor = Writer::new().value("type", "party").value("actor-uuid", self.party(field, name)?).done();
        Ok(vec![Writer::new().values("actors", vec![actor]).done()])
    }
}

/// The ids of one document, each of one thing: two that are different must not become the same token.
#[derive(Default)]
struct Ids(HashMap<String, String>);

impl Ids {
    /// The token of an id that may stand in the document once.
    fn once(&mut self, field: &str, id: &str) -> Result<String, ExportError> {
        let known = self.0.contains_key(&token(id));
        let token = self.any(field, id)?;
        if known { Err(refused(field, format!("`{id}` is there already"))) } else { Ok(token) }
    }

    /// The token of an id that may stand in the document any number of times.
    fn any(&mut self, field: &str, id: &str) -> Result<String, ExportError> {
        if id.trim().is_empty() {
            return Err(refused(field, "must not be empty"));
        }
        let token = token(id);
        match self.0.insert(token.clone(), id.to_owned()) {
            Some(other) if other != id => {
                Err(refused(field, format!("`{id}` and `{other}` would both be written as `{token}`")))
            }
            _ => Ok(token),
        }
    }
}
