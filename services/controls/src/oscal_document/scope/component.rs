//! Implementations of a scope as a component definition: the scope is the component.

use std::collections::BTreeMap;

use serde_json::Value;
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::State;

use super::{Within, attribute, somebody, time};
use crate::oscal::export::{
    ComponentExport, ComponentImplementation, ComponentKind, ExportError, ExportedComponent, ImplementationStatus,
    Requirement, component_definition,
};

/// The component definition. What is retired is not in it.
pub(crate) fn document(within: &Within) -> Result<Value, ExportError> {
    let mut by_catalogue: BTreeMap<String, Vec<Requirement>> = BTreeMap::new();
    for one in within.implementations.iter().filter(|one| one.state() != State::Retired) {
        let (catalogue, control) = within.ids.of(&one.control);
        by_catalogue.entry(catalogue).or_default().push(requirement(one, control));
    }
    let scope = &within.scope;
    let implementations = by_catalogue.into_iter().map(|(source, requirements)| ComponentImplementation {
        description: format!("Controls of {source} in {}.", scope.display_name),
        source,
        requirements,
    });
    let component = ExportedComponent {
        name: scope.name.clone(),
        kind: ComponentKind::Service,
        title: scope.display_name.clone(),
        description: scope.description.clone(),
        purpose: None,
        owner: somebody(&scope.owner),
        attributes: scope.organizational_units.iter().map(|unit| attribute("unit", unit.as_str())).collect(),
        implementations: implementations.collect(),
    };
    let header = within.header("component-definition", format!("Controls in {}", scope.display_name), None);
    component_definition(&ComponentExport { header, components: vec![component] })
}

fn requirement(one: &Implementation, control: String) -> Requirement {
    let texts = [one.purpose.as_str(), one.design.as_str()];
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
    let mut attributes = vec![
        attribute("title", one.display_name.as_str()),
        attribute("state", one.state().as_str_name()),
        attribute("owner", one.owner.as_str()),
    ];
    if one.scope.is_empty() {
        attributes.push(attribute("extent", "the whole organization"));
    }
    if let Some(effectiveness) = one.effectiveness.as_ref().filter(|_| status(one) == ImplementationStatus::Implemented)
    {
        attributes.push(attribute("effectiveness", format!("{:.2}", effectiveness.score)));
    }
    if let Some(next) = time(one.next_review_time.as_ref()) {
        attributes.push(attribute("next-review", next.to_string()));
    }
    attributes.extend(one.risk_references.iter().map(|risk| attribute("risk", risk.as_str())));
    attributes.extend(one.legal_references.iter().map(|law| attribute("legal", law.as_str())));
    Requirement {
        name: one.name.clone(),
        control,
        description: if texts.is_empty() { one.display_name.clone() } else { texts.join("\n\n") },
        status: status(one),
        operator: somebody(&one.operator),
        parameters: Vec::new(),
        attributes,
    }
}

/// How far an implementation is, in the words of OSCAL.
pub(crate) fn status(one: &Implementation) -> ImplementationStatus {
    match one.state() {
        State::Operating | State::UnderReview => ImplementationStatus::Implemented,
        State::Remediation => ImplementationStatus::Partial,
        _ => ImplementationStatus::Planned,
    }
}
