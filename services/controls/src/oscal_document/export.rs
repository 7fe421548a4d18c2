//! Export: a resource as the document of a kind.

use access::Context;
use fault::{Fault, Outcome};
use store::Resource as _;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::{ErrorReason, ExportOscalRequest};

use super::{OscalDocuments, aside, scope, whole};
use crate::Registry;
use crate::catalogue::Catalogues;
use crate::mapping::Mappings;
use crate::oscal::export::ExportError;
use crate::profile::Profiles;

/// The bytes of a document.
pub(crate) async fn export(
    registry: &Registry,
    context: &Context,
    organization: &str,
    request: &ExportOscalRequest,
) -> Outcome<Vec<u8>> {
    let (kind, resource) = (request.kind(), request.resource.as_str());
    if let Some(within) = scope::gather(registry, context, organization, resource).await? {
        return of_scope(kind, resource, within).await;
    }
    let mut names = vec![resource.to_owned()];
    let mut all = false;
    if resource::Name::parse(resource, OscalDocuments::COLLECTION).is_ok() {
        let document = registry.oscal_documents.get(context, resource).await?;
        if document.kind() != kind {
            return Err(unsupported(kind, resource));
        }
        names = document.resources;
        all = true;
    }
    let Some(name) = names.first().cloned() else {
        return Err(Fault::not_found(resource));
    };
    let is = |collection: &str| resource::Name::parse(&name, collection).is_ok();
    let whole = match kind {
        Kind::Catalogue if is(Catalogues::COLLECTION) => {
            let (catalogue, controls) = whole::rows(registry, context, organization, &name).await?;
            whole::catalogue(registry, organization, catalogue, controls).await?
        }
        Kind::Profile if is(Profiles::COLLECTION) => {
            let profile = registry.profiles.get(context, &name).await?;
            whole::profile(registry, organization, profile).await?
        }
        Kind::Mapping if is(Mappings::COLLECTION) => {
            whole::mappings(registry, context, organization, &names, all).await?
        }
        _ => return Err(unsupported(kind, resource)),
    };
    aside(move || whole.bytes()).await
}

/// The bytes of a document about a scope, or about one statement.
async fn of_scope(kind: Kind, resource: &str, within: scope::Within) -> Outcome<Vec<u8>> {
    let statement = resource != within.scope.name;
    let write: fn(&scope::Within) -> Result<serde_json::Value, ExportError> = match kind {
        Kind::Profile => scope::statement::document,
        Kind::ComponentDefinition if !statement => scope::component::document,
        Kind::AssessmentResults if !statement => scope::assessment::document,
        Kind::PlanOfActionAndMilestones if !statement => scope::milestones::document,
        _ => return Err(unsupported(kind, resource)),
    };
    let value = aside(move || write(&within)).await?;
    value.map(|value| value.to_string().into_bytes()).map_err(|error| whole::impossible(&error))
}

fn unsupported(kind: Kind, resource: &str) -> Box<Fault> {
    let message = format!(
        "{resource} is not exported as {}: a catalogue is exported as CATALOGUE, a profile or a statement as PROFILE, a mapping as MAPPING, a \
         scope as PROFILE, COMPONENT_DEFINITION, ASSESSMENT_RESULTS or PLAN_OF_ACTION_AND_MILESTONES",
        kind.as_str_name()
    );
    Fault::invalid(ErrorReason::OscalKindUnsupported, message).with("kind", kind.as_str_name()).on("kind")
}
