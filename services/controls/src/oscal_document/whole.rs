//! What is here as an OSCAL document: what was imported with what was changed since, or what was made here.

use access::Context;
use fault::{Fault, Outcome};
use store::Resource as _;
use wire::controls::v1::{Catalogue, Control, ErrorReason, Mapping, MappingEntry, OscalDocument, Profile};

use super::{aside, content, overlay, unreadable};
use crate::control::Controls;
use crate::mapping_entry::MappingEntries;
use crate::oscal::export::ExportError;
use crate::oscal::{self, Body, Document, Limits};
use crate::{Registry, id_of};

/// What is read of our own documents: whatever the import let in, and what was added here since.
const OURS: Limits = Limits { bytes: 256 << 20, depth: 120, values: 20_000_000, controls: 200_000 };

/// A document, as it was read or as it has become.
pub(crate) enum Whole {
    /// Nothing was changed since.
    AsRead(Box<Document>),
    /// It was changed, or made here.
    Made(serde_json::Value),
}

impl Whole {
    /// The bytes of the document.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::AsRead(document) => document.to_bytes(),
            Self::Made(value) => value.to_string().into_bytes(),
        }
    }

    /// The document.
    ///
    /// # Errors
    /// `OSCAL_TOO_LARGE` for one that has grown beyond what is read.
    pub(crate) fn document(self) -> Outcome<Document> {
        match self {
            Self::AsRead(document) => Ok(*document),
            Self::Made(value) => read(value.to_string().as_bytes()),
        }
    }
}

fn read(bytes: &[u8]) -> Outcome<Document> {
    oscal::read(bytes, &OURS).map_err(|error| unreadable(&error))
}

/// What a caller hears of what cannot be written as OSCAL.
pub(crate) fn impossible(error: &ExportError) -> Box<Fault> {
    let message = format!("it cannot be written as OSCAL: {error}");
    Fault::precondition(ErrorReason::OscalExportImpossible, message).with("field", &error.field)
}

/// The document that a resource was made of, the newest of several.
pub(crate) async fn kept(registry: &Registry, organization: &str, resource: &str) -> Outcome<Option<OscalDocument>> {
    let mut found = registry
        .oscal_documents
        .find(organization, |sql| {
            sql.push("id IN (SELECT id FROM oscal_document_resource WHERE organization = ")
                .bind(organization)
                .push(" AND \"value\" = ")
                .bind(resource)
                .push(") ORDER BY update_time, id");
        })
        .await?;
    Ok(found.pop())
}

/// The document of a resource, read; none where it was made here.
async fn original(registry: &Registry, organization: &str, resource: &str) -> Outcome<Option<Vec<u8>>> {
    match kept(registry, organization, resource).await? {
        Some(document) => content::of(&registry.database, organization, &document).await.map(Some),
        None => Ok(None),
    }
}

/// A catalogue with its controls, in their order.
pub(crate) async fn rows(
    registry: &Registry,
    context: &Context,
    organization: &str,
    name: &str,
) -> Outcome<(Catalogue, Vec<Control>)> {
    let catalogue = registry.catalogues.get(context, name).await?;
    let id = id_of(name);
    let mut controls: Vec<Control> = if catalogue.shipped {
        let named = |(id, control): (&str, &Control)| Control {
            name: resource::written(organization, Controls::COLLECTION, id),
            ..control.clone()
        };
        Controls::shipped().within(id).map(named).collect()
    } else {
        let found = registry.controls.find(organization, |sql| {
            sql.within(id);
        });
        found.await?
    };
    controls.sort_by(|a, b| a.position.cmp(&b.position).then_with(|| a.name.cmp(&b.name)));
    Ok((catalogue, controls))
}

/// A catalogue as a document.
pub(crate) async fn catalogue(
    registry: &Registry,
    organization: &str,
    catalogue: Catalogue,
    controls: Vec<Control>,
) -> Outcome<Whole> {
    let original = original(registry, organization, &catalogue.name).await?;
    aside(move || {
        let Some(bytes) = original else {
            return overlay::catalogue::made(&catalogue, &controls)
                .map(Whole::Made)
                .map_err(|error| impossible(&error));
        };
        let document = read(&bytes)?;
        let Body::Catalog(catalog) = &document.body else {
            return Err(Fault::defect(format!("the document of {} is no catalogue", catalogue.name)));
        };
        match overlay::catalogue::laid(&document, catalog, &catalogue, &controls).map_err(|error| impossible(&error))? {
            Some(value) => Ok(Whole::Made(value)),
            None => Ok(Whole::AsRead(Box::new(document))),
        }
    })
    .await?
}

/// A profile as a document, and the profile of OSCAL that it was made of.
pub(crate) async fn profile(registry: &Registry, organization: &str, profile: Profile) -> Outcome<Whole> {
    let original = original(registry, organization, &profile.name).await?;
    aside(move || {
        let Some(bytes) = original else {
            return overlay::profile::made(&profile).map(Whole::Made).map_err(|error| impossible(&error));
        };
        let document = read(&bytes)?;
        let Body::Profile(one) = &document.body else {
            return Err(Fault::defect(format!("the document of {} is no profile", profile.name)));
        };
        match overlay::profile::laid(&document, one, &profile) {
            Some(value) => Ok(Whole::Made(value)),
            None => Ok(Whole::AsRead(Box::new(document))),
        }
    })
    .await?
}

/// Mappings of one document, or one of none, as a document. `all` says whether `mappings` are all of the document.
pub(crate) async fn mappings(
    registry: &Registry,
    context: &Context,
    organization: &str,
    names: &[String],
    all: bool,
) -> Outcome<Whole> {
    let mut mappings: Vec<(Mapping, Vec<MappingEntry>)> = Vec::new();
    for name in names {
        let mapping = match registry.mappings.get(context, name).await {
            // One of several that a document holds may have been deleted since.
            Err(fault) if all && fault.code() == tonic::Code::NotFound => continue,
            other => other?,
        };
        let id = id_of(name);
        let entries = if mapping.shipped {
            MappingEntries::shipped()
                .within(id)
                .map(|(id, entry)| MappingEntry {
                    name: resource::written(organization, MappingEntries::COLLECTION, id),
                    ..entry.clone()
                })
                .collect()
        } else {
            let found = registry.mapping_entries.find(organization, |sql| {
                sql.within(id).push(" ORDER BY id");
            });
            found.await?
        };
        mappings.push((mapping, entries));
    }
    let original = match names.first() {
        Some(name) => original(registry, organization, name).await?,
        None => None,
    };
    aside(move || {
        let Some(bytes) = original else {
            return overlay::mapping::made(&mappings).map(Whole::Made).map_err(|error| impossible(&error));
        };
        let document = read(&bytes)?;
        let Body::MappingCollection(collection) = &document.body else {
            return Err(Fault::defect("the document of a mapping is no mapping collection"));
        };
        match overlay::mapping::laid(&document, collection, &mappings, all) {
            Some(value) => Ok(Whole::Made(value)),
            None => Ok(Whole::AsRead(Box::new(document))),
        }
    })
    .await?
}
