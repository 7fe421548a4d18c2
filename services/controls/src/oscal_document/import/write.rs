//! Writing what a plan says: what is new is created, what differs is changed, what is the same is left alone, each in few statements.

use std::collections::{HashMap, HashSet};

use fault::{Fault, Outcome};
use store::{Collection, Resource as _, Rules, Transaction};
use tonic::Code;
use wire::controls::v1::{Catalogue, Mapping, OscalCounts, OscalDocument, Profile};
use wire::fault::v1::ErrorReason as House;

use super::{Import, Made, Plan, by_id};
use crate::catalogue::Catalogues;
use crate::id_of;
use crate::mapping::Mappings;
use crate::mapping_entry::MappingEntries;
use crate::oscal::MappingSource;
use crate::oscal_document::id::{cut, slug};
use crate::oscal_document::sources::{HREF_LABEL, Meaning, Source};
use crate::oscal_document::{catalogue, content, mapping, profile, too_large};
use crate::profile::Profiles;

/// How many themes a catalogue may have.
const MOST_THEMES: usize = 500;

/// Lays what a document says over a row.
type Lay<M> = fn(&mut M, &M);

/// Lays items over rows. Gives the counts, and what was refused by its index.
async fn upsert<R: Rules>(
    tx: &mut Transaction,
    collection: &Collection<R>,
    organization: &str,
    existing: &HashMap<String, R::Message>,
    items: Vec<(String, R::Message)>,
    lay: Lay<R::Message>,
) -> Outcome<(OscalCounts, Vec<(usize, Box<Fault>)>)> {
    let laid = collection.lay_over(tx, organization, existing, items, lay).await?;
    Ok((OscalCounts { created: laid.created, updated: laid.updated, unchanged: laid.unchanged }, laid.refused))
}

/// As [`upsert`], for one that must not be refused.
async fn upsert_one<R: Rules>(
    tx: &mut Transaction,
    collection: &Collection<R>,
    organization: &str,
    id: &str,
    message: R::Message,
    lay: Lay<R::Message>,
) -> Outcome<OscalCounts> {
    if R::shipped().get(id).is_some() {
        let name = resource::written(organization, R::COLLECTION, id);
        let message = format!("{name} ships with Telwarden and is not changed: give `id` another value");
        return Err(Fault::new(Code::FailedPrecondition, House::ResourceShipped, message)
            .with("name", name)
            .on("start.id"));
    }
    let existing = by_id(collection.load(tx, organization, &[id]).await?, |_| id.to_owned());
    let (counts, mut refused) =
        upsert(tx, collection, organization, &existing, vec![(id.to_owned(), message)], lay).await?;
    match refused.pop() {
        Some((_, fault)) => Err(fault),
        None => Ok(counts),
    }
}

fn add(counts: &mut OscalCounts, more: &OscalCounts) {
    counts.created += more.created;
    counts.updated += more.updated;
    counts.unchanged += more.unchanged;
}

impl Import<'_> {
    pub(super) async fn catalogue(&mut self, id: &str, plan: catalogue::Plan, old: Option<Plan>) -> Outcome<Made> {
        self.rejected = plan.rejected;
        if plan.catalogue.themes.len() > MOST_THEMES {
            let message = format!("a catalogue has at most {MOST_THEMES} groups with an id: split it into several");
            return Err(too_large(message, "groups", MOST_THEMES).on("chunk"));
        }
        let registry = self.registry;
        let organization = self.organization.clone();
        let lay = catalogue::lay_catalogue;
        let resources = upsert_one(&mut self.tx, &registry.catalogues, &organization, id, plan.catalogue, lay).await?;
        let rows = registry.controls.select(&mut self.tx, &organization, |sql| {
            sql.within(id);
        });
        let existing = by_id(rows.await?, |control| format!("{id}/{}", id_of(&control.name)));
        let news: HashSet<String> = plan.controls.iter().map(|planned| format!("{id}/{}", planned.id)).collect();
        let places: Vec<(String, String)> =
            plan.controls.iter().map(|planned| (planned.path.clone(), planned.oscal_id.clone())).collect();
        let items =
            plan.controls.into_iter().map(|planned| (format!("{id}/{}", planned.id), planned.control)).collect();
        let lay = catalogue::lay_control;
        let (controls, refused) =
            upsert(&mut self.tx, &registry.controls, &organization, &existing, items, lay).await?;
        for (at, fault) in refused {
            let (path, id) = places.get(at).cloned().unwrap_or_default();
            self.rejected.refuse(&path, &id, &fault);
        }
        if let Some(Plan::Catalogue(old)) = old {
            let gone = old.controls.iter().map(|planned| format!("{id}/{}", planned.id));
            let gone: Vec<String> = gone.filter(|id| !news.contains(id) && existing.contains_key(id)).collect();
            self.withdraw(&gone).await?;
        }
        Ok(Made { names: vec![self.name(Catalogues::COLLECTION, id)], resources, controls, ..Made::default() })
    }

    /// A control that the document no longer holds is marked, not deleted: others may name it.
    async fn withdraw(&mut self, gone: &[String]) -> Outcome<()> {
        let ids: Vec<&str> = gone.iter().map(String::as_str).collect();
        let registry = self.registry;
        let rule = |_: &_, control: &mut wire::controls::v1::Control| control.withdrawn = true;
        let count = registry.controls.change_many(&mut self.tx, &self.organization, &ids, rule).await?;
        if count > 0 {
            let first: Vec<&str> = gone.iter().take(20).map(|id| id_of(id)).collect();
            let note = format!(
                "{count} controls that the document no longer holds are marked as withdrawn, among them {}",
                first.join(", ")
            );
            self.note(note);
        }
        Ok(())
    }

    pub(super) async fn profile(&mut self, id: &str, mut row: Profile, source: &serde_json::Value) -> Outcome<Made> {
        let own = self.name(Profiles::COLLECTION, id);
        self.documents.retain(|document| !document.resources.contains(&own));
        for at in 0..row.imports.len() {
            let Some(import) = row.imports.get_mut(at) else { continue };
            let meaning = Meaning::of(&import.href, source);
            let known = super::Known {
                said: &self.start.sources,
                documents: &self.documents,
                organization: &self.organization,
            };
            match known.find(&meaning) {
                Some(Source::Catalogue(name)) => import.catalogue = name,
                Some(Source::Profile(name)) => import.profile = name,
                None => {}
            }
        }
        fault::check(&row)?;
        let registry = self.registry;
        let organization = self.organization.clone();
        let lay = profile::lay_profile;
        let resources = upsert_one(&mut self.tx, &registry.profiles, &organization, id, row, lay).await?;
        let written = registry.profiles.load(&mut self.tx, &organization, &[id]).await?.pop().unwrap_or_default();
        for import in written.imports {
            if import.catalogue.is_empty() && import.profile.is_empty() {
                let href = import.href;
                self.note(format!("what `{href}` names is not here, and the profile cannot be resolved before it is"));
            }
        }
        Ok(Made { names: vec![own], resources, ..Made::default() })
    }

    pub(super) async fn mappings(
        &mut self,
        id: &str,
        plan: mapping::Plan,
        source: &serde_json::Value,
        old: Option<Plan>,
    ) -> Outcome<Made> {
        self.rejected = plan.rejected;
        let several = plan.mappings.len() > 1;
        let mut before: HashMap<String, Vec<String>> = HashMap::new();
        if let Some(Plan::Mapping(old, _)) = old {
            for planned in old.mappings {
                before.insert(planned.uuid, planned.entries.into_iter().map(|entry| entry.id).collect());
            }
        }
        let mut made = Made::default();
        for (planned, number) in plan.mappings.into_iter().zip(1..) {
            let id = if several { format!("{id}-{number}") } else { id.to_owned() };
            let gone = before.remove(&planned.uuid).unwrap_or_default();
            self.mapping(&id, planned, source, &gone, &mut made).await?;
        }
        Ok(made)
    }

    async fn mapping(
        &mut self,
        id: &str,
        planned: mapping::Planned,
        source: &serde_json::Value,
        before: &[String],
        made: &mut Made,
    ) -> Outcome<()> {
        let registry = self.registry;
        let organization = self.organization.clone();
        let row = Mapping {
            source_catalogue: self.end(&planned.source, source).await?,
            target_catalogue: self.end(&planned.target, source).await?,
            ..planned.mapping
        };
        if row.source_catalogue == row.target_catalogue {
            let message = "both its sides are the same catalogue here: give `sources` for its references";
            let fault = Fault::invalid(House::FieldInvalid, message);
            self.rejected.refuse(&planned.path, &planned.uuid, &fault);
            return Ok(());
        }
        let lay = mapping::lay_mapping;
        let counts = upsert_one(&mut self.tx, &registry.mappings, &organization, id, row, lay).await?;
        add(&mut made.resources, &counts);
        made.names.push(self.name(Mappings::COLLECTION, id));
        let rows = registry.mapping_entries.select(&mut self.tx, &organization, |sql| {
            sql.within(id);
        });
        let existing = by_id(rows.await?, |entry| format!("{id}/{}", id_of(&entry.name)));
        let news: HashSet<String> = planned.entries.iter().map(|entry| format!("{id}/{}", entry.id)).collect();
        let places: Vec<(String, String)> =
            planned.entries.iter().map(|entry| (entry.path.clone(), entry.uuid.clone())).collect();
        let items = planned.entries.into_iter().map(|entry| (format!("{id}/{}", entry.id), entry.entry)).collect();
        let lay = mapping::lay_entry;
        let (entries, refused) =
            upsert::<MappingEntries>(&mut self.tx, &registry.mapping_entries, &organization, &existing, items, lay)
                .await?;
        add(&mut made.entries, &entries);
        for (at, fault) in refused {
            let (path, uuid) = places.get(at).cloned().unwrap_or_default();
            self.rejected.refuse(&path, &uuid, &fault);
        }
        // What the document no longer says is taken back: nothing else names an entry.
        let gone: Vec<String> = before.iter().map(|entry| format!("{id}/{entry}")).collect();
        let gone: Vec<&str> =
            gone.iter().filter(|id| !news.contains(*id) && existing.contains_key(*id)).map(String::as_str).collect();
        let count = registry.mapping_entries.delete_many(&mut self.tx, &organization, &gone).await?;
        if count > 0 {
            self.note(format!("{count} entries that the document no longer holds are deleted"));
        }
        Ok(())
    }

    /// The catalogue of one side of a mapping: what its reference stands for, else one that is made for it.
    async fn end(&mut self, side: &MappingSource, source: &serde_json::Value) -> Outcome<String> {
        let meaning = Meaning::of(&side.href, source);
        match self.find(&meaning) {
            Some(Source::Catalogue(name)) => return Ok(name),
            Some(Source::Profile(name)) => {
                let registry = self.registry;
                let found = registry.profiles.load(&mut self.tx, &self.organization, &[id_of(&name)]).await?;
                if let [profile] = found.as_slice()
                    && let ([catalogue], []) = (profile.catalogues.as_slice(), profile.profiles.as_slice())
                {
                    return Ok(catalogue.clone());
                }
            }
            None => {}
        }
        let label = cut(&side.href, 256);
        let waiting = self.waiting().await?;
        if let Some(catalogue) = waiting.iter().find(|catalogue| catalogue.labels.get(HREF_LABEL) == Some(&label)) {
            return Ok(catalogue.name.clone());
        }
        self.stand_in(&meaning, label).await
    }

    /// A catalogue without controls, for what a mapping names and is not here. When its document is imported, it becomes that.
    async fn stand_in(&mut self, meaning: &Meaning, label: String) -> Outcome<String> {
        let wish = slug(&label).or_else(|| slug(meaning.title())).unwrap_or_else(|| "oscal-source".to_owned());
        let id = if self.is_taken(wire::controls::v1::oscal_document::Kind::Catalogue, &wish).await? {
            let stem: String = wish.chars().take(41).collect();
            let digest = content::digest(label.as_bytes());
            format!("{}-{}", stem.trim_end_matches(['-', '.', '_']), digest.get(..8).unwrap_or_default())
        } else {
            wish
        };
        let title = Some(cut(meaning.title(), 200)).filter(|title| !title.is_empty()).unwrap_or_else(|| id.clone());
        let row = Catalogue {
            display_name: title,
            provenance: format!("Named as `{label}` by a mapping that was imported; its controls are not here."),
            labels: [(HREF_LABEL.to_owned(), label.clone())].into(),
            ..Default::default()
        };
        let registry = self.registry;
        let organization = self.organization.clone();
        registry.catalogues.create_in(&mut self.tx, &organization, vec![(id.clone(), row)]).await?;
        let name = self.name(Catalogues::COLLECTION, &id);
        self.note(format!("what `{label}` names is not here: the catalogue {name} stands in for it, without controls"));
        Ok(name)
    }

    /// Writes the row of the document itself.
    pub(super) async fn document(
        &mut self,
        id: String,
        before: Option<OscalDocument>,
        row: OscalDocument,
    ) -> Outcome<OscalDocument> {
        let registry = self.registry;
        let organization = self.organization.clone();
        let Some(before) = before else {
            let made = registry.oscal_documents.create_in(&mut self.tx, &organization, vec![(id, row)]).await?;
            return made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"));
        };
        let name = before.name.clone();
        registry
            .oscal_documents
            .change_in(&mut self.tx, &name, "", |_, old, new| {
                let head = old.clone();
                *new = OscalDocument {
                    name: head.name,
                    create_time: head.create_time,
                    update_time: head.update_time,
                    etag: head.etag,
                    ..row
                };
                Ok(())
            })
            .await
    }
}
