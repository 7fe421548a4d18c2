//! A control of a catalogue: its parameters, its texts, and what it says of itself.

use super::catalog::Place;
use super::fields::{Fields, Path, Writer};
use super::metadata::{Link, Property};
use super::problem::Problem;
use serde_json::{Map, Value};

/// A control, or an enhancement of one (which OSCAL nests inside it).
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Its id, unique in the catalogue: `ac-2`, `ac-2.1`, `5.1`.
    pub id: String,
    /// Its class, which tells kinds of controls apart: `SP800-53`, `SP800-53-enhancement`.
    pub class: Option<String>,
    /// Its title.
    pub title: String,
    /// Parameters, in document order.
    pub parameters: Vec<Parameter>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Links.
    pub links: Vec<Link>,
    /// Its texts, in document order: statement, guidance, assessment objectives and so on.
    pub parts: Vec<Part>,
    /// What else the document says of it, as it came; never its enhancements, which are controls of their own.
    pub rest: Map<String, Value>,
    pub(super) place: Place,
}

impl Control {
    /// Reads a control; its enhancements are left to the catalogue.
    pub(super) fn read(value: &Value, path: &Path<'_>, place: Place) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        fields.take_nested("controls");
        Ok(Self {
            id: fields.required("id")?,
            class: fields.text("class")?,
            title: fields.required("title")?,
            parameters: fields.list("params", Parameter::read)?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            parts: fields.list("parts", Part::read)?,
            rest: fields.rest(),
            place,
        })
    }

    pub(super) fn write(&self) -> Map<String, Value> {
        Writer::over(&self.rest)
            .value("id", self.id.as_str())
            .option("class", self.class.as_deref())
            .value("title", self.title.as_str())
            .list("params", &self.parameters, Parameter::write)
            .list("props", &self.properties, Property::write)
            .list("links", &self.links, Link::write)
            .list("parts", &self.parts, Part::write)
            .map()
    }

    /// The value of the first property of this name in the namespace of OSCAL.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|property| property.name == name && property.is_of_oscal());
        found.map(|property| property.value.as_str())
    }

    /// How people write its id: `AC-2(1)`; its id where the document gives no label.
    #[must_use]
    pub fn label(&self) -> &str {
        self.property("label").unwrap_or(&self.id)
    }

    /// What controls are sorted by; none means document order.
    #[must_use]
    pub fn sort_key(&self) -> Option<&str> {
        self.property("sort-id")
    }

    /// Its status, such as `withdrawn`; some catalogues write it with a capital.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.property("status").map(str::to_lowercase)
    }

    /// Whether it was withdrawn from its catalogue.
    #[must_use]
    pub fn withdrawn(&self) -> bool {
        self.status().as_deref() == Some("withdrawn")
    }

    /// The ids this control links to by any of these relations, in document order.
    pub fn related<'a>(&'a self, relations: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.links
            .iter()
            .filter(|link| link.relation.as_deref().is_some_and(|relation| relations.contains(&relation)))
            .filter_map(Link::fragment)
    }

    /// Where a withdrawn control went: the ids of what it was incorporated into or moved to.
    pub fn successors(&self) -> impl Iterator<Item = &str> {
        self.related(&["incorporated-into", "moved-to"])
    }

    /// The part of this name, whatever its class; the first of several.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }
}

impl Property {
    fn is_of_oscal(&self) -> bool {
        self.namespace.as_deref().is_none_or(|namespace| namespace == "http://csrc.nist.gov/ns/oscal")
    }
}

/// What is left open in the text of a control, for an organization to fill in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameter {
    /// Its id, unique in the catalogue: `ac-1_prm_1`.
    pub id: String,
    /// Its class.
    pub class: Option<String>,
    /// What stands in the text while it has no value.
    pub label: Option<String>,
    /// How it is used.
    pub usage: Option<String>,
    /// Its values.
    pub values: Vec<String>,
    /// What there is to choose from.
    pub choice: Option<Choice>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Links.
    pub links: Vec<Link>,
    /// Constraints, guidelines and whatever else, as it came.
    pub rest: Map<String, Value>,
}

impl Parameter {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            id: fields.required("id")?,
            class: fields.text("class")?,
            label: fields.text("label")?,
            usage: fields.text("usage")?,
            values: fields.texts("values")?,
            choice: fields.object("select", Choice::read)?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            rest: fields.rest(),
        })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest)
            .value("id", self.id.as_str())
            .option("class", self.class.as_deref())
            .option("label", self.label.as_deref())
            .option("usage", self.usage.as_deref())
            .texts("values", &self.values)
            .option("select", self.choice.as_ref().map(Choice::write))
            .list("props", &self.properties, Property::write)
            .list("links", &self.links, Link::write)
            .done()
    }
}

/// What a parameter can be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// `one` or `one-or-more`; none means one.
    pub how_many: Option<String>,
    /// What there is to choose from; a choice can hold parameters of its own.
    pub choices: Vec<String>,
    /// What else the document says of it, as it came.
    pub rest: Map<String, Value>,
}

impl Choice {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self { how_many: fields.text("how-many")?, choices: fields.texts("choice")?, rest: fields.rest() })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest).option("how-many", self.how_many.as_deref()).texts("choice", &self.choices).done()
    }
}

/// A text of a control, with texts below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// Its id, which statements of implementations and findings name: `ac-1_smt.a`.
    pub id: Option<String>,
    /// What it is: `statement`, `item`, `guidance`, `assessment-objective`, `assessment-method` and so on.
    pub name: String,
    /// The namespace of the name (`ns`), a URI; none means that of OSCAL.
    pub namespace: Option<String>,
    /// Its class.
    pub class: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its text, in Markdown, with `{{ insert: param, … }}` where parameters go.
    pub prose: Option<String>,
    /// Properties, among them its `label` (`a.`, `(1)`).
    pub properties: Vec<Property>,
    /// Links.
    pub links: Vec<Link>,
    /// The texts below it.
    pub parts: Vec<Part>,
    /// What else the document says of it, as it came.
    pub rest: Map<String, Value>,
}

impl Part {
    pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            id: fields.text("id")?,
            name: fields.required("name")?,
            namespace: fields.text("ns")?,
            class: fields.text("class")?,
            title: fields.text("title")?,
            prose: fields.text("prose")?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            parts: fields.list("parts", Self::read)?,
            rest: fields.rest(),
        })
    }

    pub(super) fn write(&self) -> Value {
        Writer::over(&self.rest)
            .option("id", self.id.as_deref())
            .value("name", self.name.as_str())
            .option("ns", self.namespace.as_deref())
            .option("class", self.class.as_deref())
            .option("title", self.title.as_deref())
            .option("prose", self.prose.as_deref())
            .list("props", &self.properties, Property::write)
            .list("links", &self.links, Link::write)
            .list("parts", &self.parts, Self::write)
            .done()
    }

    /// How people write which text this is: `a.`, `(1)`.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        let found = self.properties.iter().find(|property| property.name == "label");
        found.map(|property| property.value.as_str())
    }
}
