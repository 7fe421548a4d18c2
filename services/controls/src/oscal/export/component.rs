//! Implementations of controls as an OSCAL component definition.

use super::{
    Attribute, ExportError, Header, Ids, description, id, properties, reference, refused, set_parameters, some, title,
};
use crate::oscal::fields::Writer;
use serde_json::Value;
use std::collections::HashSet;

/// What implements controls.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentExport {
    /// The head of the document.
    pub header: Header,
    /// What implements: systems, services, policies, sites. None is a document without components.
    pub components: Vec<ExportedComponent>,
}

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComponentKind {
    /// A connection to another party.
    Interconnection,
    /// Software.
    Software,
    /// Hardware.
    Hardware,
    /// A service.
    Service,
    /// A policy.
    Policy,
    /// Something physical: a site, a room, a fence.
    Physical,
    /// A process or procedure.
    ProcessProcedure,
    /// A plan.
    Plan,
    /// Guidance.
    Guidance,
    /// A standard.
    Standard,
}

impl ComponentKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Interconnection => "interconnection",
            Self::Software => "software",
            Self::Hardware => "hardware",
            Self::Service => "service",
            Self::Policy => "policy",
            Self::Physical => "physical",
            Self::ProcessProcedure => "process-procedure",
            Self::Plan => "plan",
            Self::Guidance => "guidance",
            Self::Standard => "standard",
        }
    }
}

/// A component.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedComponent {
    /// Its name, unique in the world: a resource name. Tests name it as what they look at.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// Its title.
    pub title: String,
    /// What it is, in Markdown.
    pub description: String,
    /// What it is for.
    pub purpose: Option<String>,
    /// Who owns it: the name of a party of the header.
    pub owner: Option<String>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What it implements, by the catalogue or profile the controls are from.
    pub implementations: Vec<ComponentImplementation>,
}

/// The controls of one document that a component implements.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentImplementation {
    /// Where the catalogue or profile is: a URI reference.
    pub source: String,
    /// How it is implemented as a whole, in Markdown.
    pub description: String,
    /// Control by control; there must be one.
    pub requirements: Vec<Requirement>,
}

/// How far a control is implemented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImplementationStatus {
    /// In full.
    Implemented,
    /// In part.
    Partial,
    /// Not yet.
    Planned,
    /// By something else.
    Alternative,
    /// Not at all, and not needed.
    NotApplicable,
}

impl ImplementationStatus {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Implemented => "implemented",
            Self::Partial => "partial",
            Self::Planned => "planned",
            Self::Alternative => "alternative",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// How one control is implemented.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// The name of the implementation, unique in the world: a resource name.
    pub name: String,
    /// The control, by its id.
    pub control: String,
    /// How it is implemented, in Markdown.
    pub description: String,
    /// How far.
    pub status: ImplementationStatus,
    /// Who operates it: the name of a party of the header.
    pub operator: Option<String>,
    /// What is set for parameters: the id of the parameter and its values.
    pub parameters: Vec<(String, Vec<String>)>,
    /// Its attributes: maturity, state of its life cycle, next review.
    pub attributes: Vec<Attribute>,
}

/// Writes a component definition. The status of an implementation is a property `implementation-status`.
///
/// # Errors
///
/// When a component or an implementation has no name or one that another has, when an implementation has no
/// requirements, and when a party is not in the header.
pub fn component_definition(export: &ComponentExport) -> Result<Value, ExportError> {
    let (mut components, mut names) = (Vec::new(), Names::default());
    for (index, component) in export.components.iter().enumerate() {
        let field = format!("components[{index}]");
        names.once(format!("{field}.name"), "component", &component.name)?;
        let mut implementations = Vec::new();
        for (index, implementation) in component.implementations.iter().enumerate() {
            let field = format!("{field}.implementations[{index}]");
            implementations.push(self::implementation(export, component, implementation, &field, &mut names)?);
        }
        let title = title(format!("{field}.title"), &component.title)?;
        let owner = export.header.responsible(format!("{field}.owner"), "owner", component.owner.as_ref())?;
        components.push(
            Writer::new()
                .value("uuid", id("component", &component.name))
                .value("type", component.kind.word())
                .value("description", description(&component.description, &title))
                .value("title", title)
                .option("purpose", some(component.purpose.as_ref()).map(super::line))
                .values("props", properties(&component.attributes))
                .values("responsible-roles", owner)
                .values("control-implementations", implementations)
                .done(),
        );
    }
    let writer = Writer::new().values("components", components);
    export.header.document("component-definition", writer, &[("owner", "Owner"), ("operator", "Operator")])
}

fn implementation(
    export: &ComponentExport,
    component: &ExportedComponent,
    implementation: &ComponentImplementation,
    field: &str,
    names: &mut Names,
) -> Result<Value, ExportError> {
    if implementation.requirements.is_empty() {
        return Err(refused(format!("{field}.requirements"), "must hold at least one control"));
    }
    let (mut requirements, mut ids) = (Vec::new(), Ids::default());
    for (index, requirement) in implementation.requirements.iter().enumerate() {
        let field = format!("{field}.requirements[{index}]");
        names.once(format!("{field}.name"), "implementation", &requirement.name)?;
        let control = ids.any(&format!("{field}.control"), &requirement.control)?;
        let status =
            Writer::new().value("name", "implementation-status").value("value", requirement.status.word()).done();
        let mut props = vec![status];
        props.extend(properties(&requirement.attributes));
        let operator =
            export.header.responsible(format!("{field}.operator"), "operator", requirement.operator.as_ref())?;
        requirements.push(
            Writer::new()
                .value("uuid", id("implementation", &requirement.name))
                .value("description", description(&requirement.description, &requirement.control))
                .value("control-id", control)
                .values("props", props)
                .values("set-parameters", set_parameters(&requirement.parameters, &format!("{field}.parameters"))?)
                .values("responsible-roles", operator)
                .done(),
        );
    }
    let source = reference(format!("{field}.source"), &implementation.source)?;
    let name = format!("{}\n{source}", component.name);
    names.once(format!("{field}.source"), "control-implementation", &name)?;
    let writer = Writer::new()
        .value("uuid", id("control-implementation", &name))
        .value("description", description(&implementation.description, &component.title))
        .value("source", source)
        .values("implemented-requirements", requirements);
    Ok(writer.done())
}

/// The names of one document, each of one thing: UUIDs are made of them.
#[derive(Default)]
pub(super) struct Names(HashSet<(&'static str, String)>);

impl Names {
    pub(super) fn once(&mut self, field: String, kind: &'static str, name: &str) -> Result<(), ExportError> {
        if name.trim().is_empty() {
            return Err(refused(field, "must not be empty"));
        }
        if self.0.insert((kind, name.to_owned())) {
            Ok(())
        } else {
            Err(refused(field, format!("`{}` is there already", name.lines().last().unwrap_or_default())))
        }
    }
}
