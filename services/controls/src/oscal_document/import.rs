//! Import: a document becomes rows, in one transaction. What is known and the same is not written.

mod write;

use std::collections::{BTreeMap, HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use store::{Hold, Resource as _, Transaction};
use tonic::Streaming;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::{
    Catalogue, ErrorReason, ImportOscalRequest, ImportOscalResponse, ImportOscalStart, OscalCounts, OscalDocument,
};
use wire::fault::v1::ErrorReason as House;

use super::id::{cut, slug};
use super::rejected::Rejected;
use super::sources::{HREF_LABEL, Known, Meaning, Source, file};
use super::{LIMITS, aside, catalogue, content, mapping, profile, receive, unreadable};
use crate::catalogue::Catalogues;
use crate::mapping::Mappings;
use crate::oscal::{self, Body};
use crate::profile::Profiles;
use crate::{Registry, id_of};

/// One import at a time writes what an organization has: two of the same document would each create what the other does.
const IMPORTS: i32 = 7_310_680;

/// How many notes an import tells.
const MOST_NOTES: usize = 100;

/// What is to be made of a document.
enum Plan {
    Catalogue(Box<catalogue::Plan>),
    Profile(Box<wire::controls::v1::Profile>, serde_json::Value),
    Mapping(mapping::Plan, serde_json::Value),
}

/// A document that was received and read.
struct Read {
    bytes: Vec<u8>,
    /// What is kept of it, without what depends on what is here.
    row: OscalDocument,
    plan: Plan,
}

/// Receives a document, and makes of it what it says.
pub(crate) async fn import(
    registry: &Registry,
    context: &Context,
    mut stream: Streaming<ImportOscalRequest>,
) -> Outcome<ImportOscalResponse> {
    let start = receive::start(&mut stream).await?;
    let organization = store::enter(context, &start.parent, "start.parent")?;
    said(&start, &organization)?;
    let bytes = receive::bytes(&mut stream, &start).await?;
    let place = receive::place().await?;
    let read = aside(move || read(bytes)).await??;
    drop(place);
    let mut tx = registry.database.begin(context).await?;
    tx.hold(IMPORTS, &organization, Hold::Alone).await?;
    let documents = known(registry, &mut tx, &organization).await?;
    let mut import =
        Import { registry, tx, organization, start, documents, rejected: Rejected::default(), notes: Vec::new() };
    let response = import.write(read).await?;
    import.tx.commit().await?;
    Ok(response)
}

/// What the caller says of ids and references must be possible.
fn said(start: &ImportOscalStart, organization: &str) -> Outcome<()> {
    if !start.id.is_empty() && !resource::valid_id(&start.id) {
        let message = "an id has 1 to 50 of `a-z 0-9 - . _` and begins with a letter or digit";
        return Err(Fault::invalid(House::FieldInvalid, message).on("start.id"));
    }
    let known = Known { said: &BTreeMap::new(), documents: &[], organization };
    for (reference, name) in &start.sources {
        let meaning = Meaning { places: vec![name.clone()], titles: Vec::new() };
        if known.find(&meaning).is_none() {
            let message =
                format!("`{name}`, given for `{reference}`, is no catalogue and no profile of this organization");
            return Err(Fault::invalid(House::FieldInvalid, message).on("start.sources"));
        }
    }
    Ok(())
}

/// Reads the bytes, and plans what to make of them.
fn read(bytes: Vec<u8>) -> Outcome<Read> {
    let document = oscal::read(&bytes, &LIMITS).map_err(|error| unreadable(&error))?;
    let metadata = document.metadata();
    let mut row = OscalDocument {
        title: cut(&metadata.title, 500),
        version: cut(&metadata.version, 100),
        oscal_version: cut(&metadata.oscal_version, 40),
        last_modified: cut(&metadata.last_modified, 60),
        uuid: cut(document.uuid(), 100),
        sha256: content::digest(&bytes),
        size_bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        ..Default::default()
    };
    let plan = plan(&document)?;
    row.set_kind(match &plan {
        Plan::Catalogue(_) => Kind::Catalogue,
        Plan::Profile(..) => Kind::Profile,
        Plan::Mapping(..) => Kind::Mapping,
    });
    Ok(Read { bytes, row, plan })
}

fn plan(document: &oscal::Document) -> Outcome<Plan> {
    match &document.body {
        Body::Catalog(catalog) => Ok(Plan::Catalogue(Box::new(catalogue::plan(document, catalog)))),
        Body::Profile(one) => Ok(Plan::Profile(Box::new(profile::row(one)), one.source.clone())),
        Body::MappingCollection(collection) => {
            Ok(Plan::Mapping(mapping::plan(document, collection), collection.source.clone()))
        }
        Body::Other(other) => {
            let kind = other.kind.root();
            let message =
                format!("a `{kind}` is not imported: send a `catalog`, a `profile` or a `mapping-collection`");
            Err(Fault::invalid(ErrorReason::OscalKindUnsupported, message).with("kind", kind).on("chunk"))
        }
    }
}

/// The documents of catalogues and profiles that are still here.
async fn known(registry: &Registry, tx: &mut Transaction, organization: &str) -> Outcome<Vec<OscalDocument>> {
    let mut documents = registry
        .oscal_documents
        .select(tx, organization, |sql| {
            sql.is_in("kind", &["CATALOGUE", "PROFILE"]);
        })
        .await?;
    let ids = |kind: Kind| -> HashSet<String> {
        let of = documents.iter().filter(|document| document.kind() == kind);
        of.filter_map(|document| document.resources.first()).map(|name| id_of(name).to_owned()).collect()
    };
    let (catalogues, profiles) = (ids(Kind::Catalogue), ids(Kind::Profile));
    let catalogues = tx.existing::<Catalogues>(organization, catalogues.iter().map(String::as_str).collect()).await?;
    let profiles = tx.existing::<Profiles>(organization, profiles.iter().map(String::as_str).collect()).await?;
    documents.retain(|document| {
        let id = document.resources.first().map(|name| id_of(name)).unwrap_or_default();
        if document.kind() == Kind::Catalogue { catalogues.contains(id) } else { profiles.contains(id) }
    });
    Ok(documents)
}

/// An import under way.
struct Import<'a> {
    registry: &'a Registry,
    tx: Transaction,
    organization: String,
    start: ImportOscalStart,
    documents: Vec<OscalDocument>,
    rejected: Rejected,
    notes: Vec<String>,
}

/// What was made of a document.
#[derive(Default)]
struct Made {
    names: Vec<String>,
    resources: OscalCounts,
    controls: OscalCounts,
    entries: OscalCounts,
}

fn taken(counts: &OscalCounts) -> i32 {
    counts.created.saturating_add(counts.updated).saturating_add(counts.unchanged)
}

impl Import<'_> {
    async fn write(&mut self, read: Read) -> Outcome<ImportOscalResponse> {
        let Read { bytes, mut row, plan } = read;
        let id = self.id(&row).await?;
        let document_id = format!("{}{id}", prefix(row.kind()));
        let before = self.registry.oscal_documents.load(&mut self.tx, &self.organization, &[&document_id]).await?.pop();
        let old = match &before {
            Some(before) if before.sha256 != row.sha256 => self.planned_before(before).await?,
            _ => None,
        };
        let made = match plan {
            Plan::Catalogue(plan) => self.catalogue(&id, *plan, old).await?,
            Plan::Profile(plan, source) => self.profile(&id, *plan, &source).await?,
            Plan::Mapping(plan, source) => self.mappings(&id, plan, &source, old).await?,
        };
        row.resources.clone_from(&made.names);
        row.items = taken(&made.controls).saturating_add(taken(&made.entries));
        row.rejected = self.rejected.count();
        row.rejected_items = self.rejected.kept();
        row.location.clone_from(&self.start.location);
        if let Some(before) = &before
            && row.location.is_empty()
        {
            row.location.clone_from(&before.location);
        }
        if before.as_ref().is_none_or(|before| before.sha256 != row.sha256) {
            content::keep(&mut self.tx, &self.organization, &document_id, &bytes).await?;
        }
        let document = self.document(document_id, before, row).await?;
        self.notes.truncate(MOST_NOTES);
        Ok(ImportOscalResponse {
            document: Some(document),
            resources: Some(made.resources),
            controls: Some(made.controls),
            entries: Some(made.entries),
            rejected_items: std::mem::take(&mut self.rejected).told(),
            notes: std::mem::take(&mut self.notes),
        })
    }

    /// What was made of the document before, where it can still be read.
    async fn planned_before(&mut self, before: &OscalDocument) -> Outcome<Option<Plan>> {
        let bytes = content::of_in(&mut self.tx, &self.organization, before).await?;
        aside(move || oscal::read(&bytes, &LIMITS).ok().and_then(|document| plan(&document).ok())).await
    }

    /// The id of what is made of a document.
    async fn id(&mut self, row: &OscalDocument) -> Outcome<String> {
        if !self.start.id.is_empty() {
            return Ok(self.start.id.clone());
        }
        let (kind, uuid) = (row.kind().as_str_name(), row.uuid.clone());
        let same = self
            .registry
            .oscal_documents
            .select(&mut self.tx, &self.organization, |sql| {
                sql.push("uuid = ").bind(uuid.as_str()).push(" AND kind = ").bind(kind).push(" ORDER BY id LIMIT 1");
            })
            .await?;
        if let Some(document) = same.first() {
            let id = id_of(&document.name);
            return Ok(id.strip_prefix(prefix(row.kind())).unwrap_or(id).to_owned());
        }
        let name = file(&self.start.location).to_owned();
        if row.kind() == Kind::Catalogue && !name.is_empty() {
            let waiting = self.waiting().await?;
            let named = waiting.iter().find(|one| one.labels.get(HREF_LABEL).is_some_and(|href| file(href) == name));
            if let Some(catalogue) = named.filter(|catalogue| id_of(&catalogue.name).len() <= 50) {
                return Ok(id_of(&catalogue.name).to_owned());
            }
        }
        let wish = slug(&name).or_else(|| slug(&row.title)).unwrap_or_else(|| "oscal".to_owned());
        if !self.is_taken(row.kind(), &wish).await? {
            return Ok(wish);
        }
        let stem: String = wish.chars().take(41).collect();
        let digest = content::digest(row.uuid.as_bytes());
        Ok(format!("{}-{}", stem.trim_end_matches(['-', '.', '_']), digest.get(..8).unwrap_or_default()))
    }

    /// The catalogues that were made for what mappings name, and whose controls have not come.
    async fn waiting(&mut self) -> Outcome<Vec<Catalogue>> {
        let organization = self.organization.clone();
        let labelled = |sql: &mut store::Sql| {
            sql.push("id IN (SELECT id FROM catalogue_label WHERE organization = ")
                .bind(organization.as_str())
                .push(" AND \"key\" = ")
                .bind(HREF_LABEL)
                .push(") ORDER BY id");
        };
        self.registry.catalogues.select(&mut self.tx, &self.organization, labelled).await
    }

    async fn is_taken(&mut self, kind: Kind, id: &str) -> Outcome<bool> {
        let ids = HashSet::from([id]);
        let organization = self.organization.clone();
        Ok(match kind {
            Kind::Catalogue => {
                Catalogues::shipped().get(id).is_some()
                    || !self.tx.existing::<Catalogues>(&organization, ids).await?.is_empty()
            }
            Kind::Mapping => {
                Mappings::shipped().get(id).is_some()
                    || !self.tx.existing::<Mappings>(&organization, ids).await?.is_empty()
            }
            _ => !self.tx.existing::<Profiles>(&organization, ids).await?.is_empty(),
        })
    }

    /// What a reference stands for.
    fn find(&self, meaning: &Meaning) -> Option<Source> {
        let known = Known { said: &self.start.sources, documents: &self.documents, organization: &self.organization };
        known.find(meaning)
    }

    fn note(&mut self, note: String) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(note);
        }
    }

    fn name(&self, collection: &str, id: &str) -> String {
        resource::written(&self.organization, collection, id)
    }
}

/// What the id of a document begins with.
fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Catalogue => "catalogue-",
        Kind::Profile => "profile-",
        _ => "mapping-",
    }
}

/// Messages by their ids.
fn by_id<M>(messages: Vec<M>, id: impl Fn(&M) -> String) -> HashMap<String, M> {
    messages.into_iter().map(|message| (id(&message), message)).collect()
}
