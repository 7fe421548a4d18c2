//! What every document carries: metadata, properties, links and the resources of its back matter.

use super::fields::{Fields, Path, Writer};
use super::problem::Problem;
use serde_json::{Map, Value};

/// A property: a name and a value, in a namespace (that of OSCAL where none is given).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Property {
    /// The name, unique only together with the namespace.
    pub name: String,
    /// The namespace (`ns`), a URI; none means that of OSCAL.
    pub namespace: Option<String>,
    /// The value; one line.
    pub value: String,
    /// The class, which tells properties of one name apart.
    pub class: Option<String>,
    /// Remarks, in Markdown.
    pub remarks: Option<String>,
    /// What else the document says of it, as it came.
    pub rest: Map<String, Value>,
}

impl Property {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            name: fields.required("name")?,
            namespace: fields.text("ns")?,
            value: fields.text("value")?.ok_or_else(|| Path::Key(path, "value").problem("is missing"))?,
            class: fields.text("class")?,
            remarks: fields.text("remarks")?,
            rest: fields.rest(),
        })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest)
            .value("name", self.name.as_str())
            .option("ns", self.namespace.as_deref())
            .value("value", self.value.as_str())
            .option("class", self.class.as_deref())
            .option("remarks", self.remarks.as_deref())
            .done()
    }
}

/// A link to somewhere else; `#…` stays within the document: a resource of the back matter, or a control by its id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// Where it leads: a URI reference.
    pub href: String,
    /// What it is: `related`, `required`, `reference`, `incorporated-into`, `moved-to` and so on.
    pub relation: Option<String>,
    /// What is shown.
    pub text: Option<String>,
    /// What else the document says of it, as it came.
    pub rest: Map<String, Value>,
}

impl Link {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            href: fields.required("href")?,
            relation: fields.text("rel")?,
            text: fields.text("text")?,
            rest: fields.rest(),
        })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest)
            .value("href", self.href.as_str())
            .option("rel", self.relation.as_deref())
            .option("text", self.text.as_deref())
            .done()
    }

    /// The part after `#` of a link that stays within the document.
    #[must_use]
    pub fn fragment(&self) -> Option<&str> {
        self.href.strip_prefix('#')
    }
}

/// The metadata of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// The title.
    pub title: String,
    /// When the document last changed, as written there (RFC 3339).
    pub last_modified: String,
    /// The version of the document: the edition of a catalogue.
    pub version: String,
    /// The version of OSCAL it follows, as written there (`1.0.0`, `v1.2.2`).
    pub oscal_version: String,
    /// When it was published, as written there.
    pub published: Option<String>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Links.
    pub links: Vec<Link>,
    /// Roles, parties, revisions and whatever else, as it came.
    pub rest: Map<String, Value>,
}

impl Metadata {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            title: fields.required("title")?,
            last_modified: fields.required("last-modified")?,
            version: fields.required("version")?,
            oscal_version: fields.required("oscal-version")?,
            published: fields.text("published")?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            rest: fields.rest(),
        })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest)
            .value("title", self.title.as_str())
            .value("last-modified", self.last_modified.as_str())
            .value("version", self.version.as_str())
            .value("oscal-version", self.oscal_version.as_str())
            .option("published", self.published.as_deref())
            .list("props", &self.properties, Property::write)
            .list("links", &self.links, Link::write)
            .done()
    }
}

/// Where a resource of the back matter can be had.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResourceLink {
    /// A URI reference.
    pub href: String,
    /// Its media type, such as `application/oscal.catalog+json`.
    pub media_type: Option<String>,
    /// Hashes and whatever else, as it came.
    pub rest: Map<String, Value>,
}

impl ResourceLink {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self { href: fields.required("href")?, media_type: fields.text("media-type")?, rest: fields.rest() })
    }

    fn write(&self) -> Value {
        Writer::over(&self.rest)
            .value("href", self.href.as_str())
            .option("media-type", self.media_type.as_deref())
            .done()
    }
}

/// A resource of the back matter, which links name by `#` and its UUID.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// Its UUID, as written there.
    pub uuid: String,
    /// Its title.
    pub title: Option<String>,
    /// What it is, in Markdown.
    pub description: Option<String>,
    /// Where it can be had.
    pub locations: Vec<ResourceLink>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Citation, contents and whatever else, as it came.
    pub rest: Map<String, Value>,
}

impl Resource {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            uuid: fields.required("uuid")?,
            title: fields.text("title")?,
            description: fields.text("description")?,
            locations: fields.list("rlinks", ResourceLink::read)?,
            properties: fields.list("props", Property::read)?,
            rest: fields.rest(),
        })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest)
            .value("uuid", self.uuid.as_str())
            .option("title", self.title.as_deref())
            .option("description", self.description.as_deref())
            .list("rlinks", &self.locations, ResourceLink::write)
            .list("props", &self.properties, Property::write)
            .done()
    }
}
