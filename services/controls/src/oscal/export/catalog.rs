//! A catalogue of ours as an OSCAL catalogue.

use super::{Attribute, ExportError, Header, Ids, line, properties, property, some, title, token};
use crate::oscal::fields::Writer;
use serde_json::Value;

/// A catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogExport {
    /// The head of the document: its version is the edition.
    pub header: Header,
    /// Its groups: themes, clauses, families.
    pub groups: Vec<CatalogGroup>,
    /// Controls without a group.
    pub controls: Vec<CatalogControl>,
}

/// A group of controls.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogGroup {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its class.
    pub class: Option<String>,
    /// Its controls.
    pub controls: Vec<CatalogControl>,
}

/// A control.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CatalogControl {
    /// Its id. The label keeps it as it is where OSCAL cannot.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its class.
    pub class: Option<String>,
    /// How people write its id; none means the id.
    pub label: Option<String>,
    /// What it is sorted by.
    pub sort_key: Option<String>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// What it asks, in Markdown.
    pub statement: Option<String>,
    /// What helps, in Markdown.
    pub guidance: Option<String>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Other controls of the catalogue, with how they relate (`related`, `required`, `incorporated-into`, `moved-to`).
    pub related: Vec<(String, String)>,
    /// What is left open in its texts.
    pub parameters: Vec<CatalogParameter>,
    /// Its enhancements.
    pub enhancements: Vec<CatalogControl>,
}

/// What is left open in a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CatalogParameter {
    /// Its id, which the text inserts; made a token.
    pub id: String,
    /// What stands there while it has no value.
    pub label: String,
    /// Its values; where there are any, choices are not written.
    pub values: Vec<String>,
    /// What there is to choose from.
    pub choices: Vec<String>,
    /// Whether more than one may be chosen.
    pub several: bool,
}

/// Writes a catalogue. A statement gets the id of its control and `_smt`, guidance `_gdn`, as those of NIST have.
///
/// # Errors
///
/// When an id or title is empty, when an id is there twice, and when two ids become one token.
pub fn catalog(export: &CatalogExport) -> Result<Value, ExportError> {
    let mut ids = Ids::default();
    let mut groups = Vec::new();
    for (index, group) in export.groups.iter().enumerate() {
        let field = format!("groups[{index}]");
        let writer = Writer::new()
            .value("id", ids.once(&format!("{field}.id"), &group.id)?)
            .value("title", title(format!("{field}.title"), &group.title)?)
            .option("class", some(group.class.as_ref()).map(token))
            .values("controls", controls(&group.controls, &format!("{field}.controls"), &mut ids)?);
        groups.push(writer.done());
    }
    let own = controls(&export.controls, "controls", &mut ids)?;
    export.header.document("catalog", Writer::new().values("groups", groups).values("controls", own), &[])
}

fn controls(controls: &[CatalogControl], field: &str, ids: &mut Ids) -> Result<Vec<Value>, ExportError> {
    let each = |(index, control)| self::control(control, &format!("{field}[{index}]"), ids);
    controls.iter().enumerate().map(each).collect()
}

fn control(control: &CatalogControl, field: &str, ids: &mut Ids) -> Result<Value, ExportError> {
    let token_of = ids.once(&format!("{field}.id"), &control.id)?;
    let mut parameters = Vec::new();
    for (index, parameter) in control.parameters.iter().enumerate() {
        parameters.push(self::parameter(parameter, &format!("{field}.parameters[{index}]"), ids)?);
    }
    let label = some(control.label.as_ref()).unwrap_or(&control.id);
    let standard = [
        property("label", Some(label)),
        property("sort-id", some(control.sort_key.as_ref())),
        property("status", control.withdrawn.then_some("withdrawn")),
    ];
    let mut links = Vec::new();
    for (index, (relation, other)) in control.related.iter().enumerate() {
        let href = super::reference(format!("{field}.related[{index}]"), &format!("#{}", token(other)))?;
        links.push(Writer::new().value("href", href).value("rel", token(relation)).done());
    }
    let part = |name: &str, suffix: &str, prose: Option<&str>| {
        let writer = Writer::new().value("id", format!("{token_of}_{suffix}")).value("name", name);
        prose.map(|prose| writer.value("prose", prose).done())
    };
    let parts = [
        part("statement", "smt", some(control.statement.as_ref())),
        part("guidance", "gdn", some(control.guidance.as_ref())),
    ];
    let props = standard.into_iter().flatten().chain(properties(&control.attributes)).collect();
    let enhancements = controls(&control.enhancements, &format!("{field}.enhancements"), ids)?;
    let writer = Writer::new()
        .value("title", title(format!("{field}.title"), &control.title)?)
        .option("class", some(control.class.as_ref()).map(token))
        .values("params", parameters)
        .values("props", props)
        .values("links", links)
        .values("parts", parts.into_iter().flatten().collect())
        .values("controls", enhancements);
    Ok(writer.value("id", token_of).done())
}

fn parameter(parameter: &CatalogParameter, field: &str, ids: &mut Ids) -> Result<Value, ExportError> {
    let lines = |texts: &[String]| {
        texts.iter().map(|text| line(text)).filter(|text| !text.is_empty()).map(Value::String).collect::<Vec<_>>()
    };
    let writer = Writer::new()
        .value("id", ids.once(&format!("{field}.id"), &parameter.id)?)
        .value("label", title(format!("{field}.label"), &parameter.label)?);
    let (values, choices) = (lines(&parameter.values), lines(&parameter.choices));
    if !values.is_empty() || choices.is_empty() {
        return Ok(writer.values("values", values).done());
    }
    let how_many = if parameter.several { "one-or-more" } else { "one" };
    Ok(writer.value("select", Writer::new().value("how-many", how_many).values("choice", choices).done()).done())
}
