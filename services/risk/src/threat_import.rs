//! Imports of threats: a catalogue is brought to an edition, as a whole or not at all.
//!
//! A record is known by the id that its key becomes. What the source says is laid over the row there is; labels are the organization's, and left
//! alone. What is known and the same is not written, so the same stream again writes nothing. What the catalogue had from imports and the stream
//! does not bring is flagged as gone and kept, since risks may name it.

mod bring;
mod edition;
mod lay;
mod receive;

use access::Context;
use fault::{Fault, Outcome};
use store::{Hold, Resource as _, Transaction, reply};
use tonic::{Request, Response, Status, Streaming};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::threat_import_service_server::ThreatImportService;
use wire::risk::v1::{ErrorReason, ImportThreatsRequest, ImportThreatsResponse, ImportThreatsStart, ThreatCatalogue};

use crate::Registry;
use crate::threat_catalogue::{ThreatCatalogues, count};
use edition::Edition;
use receive::Received;

#[tonic::async_trait]
impl ThreatImportService for Registry {
    async fn import_threats(
        &self,
        request: Request<Streaming<ImportThreatsRequest>>,
    ) -> Result<Response<ImportThreatsResponse>, Status> {
        let context = Context::of(&request)?;
        reply(import(self, &context, request.into_inner()).await)
    }
}

async fn import(
    registry: &Registry,
    context: &Context,
    mut stream: Streaming<ImportThreatsRequest>,
) -> Outcome<ImportThreatsResponse> {
    let start = receive::start(&mut stream).await?;
    let organization = resource::parse_parent(&start.parent)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on("start.parent"))?;
    context.enter(&organization, &start.parent)?;
    let id = start.threat_catalogue_id.clone();
    if !resource::valid_id(&id) {
        let message = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit: give another one";
        return Err(Fault::invalid(House::FieldInvalid, message).on("start.threat_catalogue_id"));
    }
    let received = receive::records(&mut stream, start.records).await?;
    let mut tx = registry.database.begin(context).await?.bulk();
    let name = resource::written(&organization, ThreatCatalogues::COLLECTION, &id);
    tx.hold(count::CATALOGUES, &name, Hold::Alone).await?;
    let mut import = Import { registry, tx, organization, id, name, edition: Edition::new(received.read) };
    import.write(&start, received).await?;
    import.tx.commit().await?;
    Ok(import.edition.answer)
}

/// An import that is being written.
struct Import<'a> {
    registry: &'a Registry,
    tx: Transaction,
    organization: String,
    /// The id of the catalogue.
    id: String,
    /// Its name.
    name: String,
    /// What the import did.
    edition: Edition,
}

impl Import<'_> {
    async fn write(&mut self, start: &ImportThreatsStart, received: Received) -> Outcome<()> {
        self.edition.answer.threat_catalogue.clone_from(&self.name);
        self.begin(start).await?;
        self.edition.reject(received.rejected);
        let edition = start.catalogue.as_ref().map(|catalogue| catalogue.edition.clone()).unwrap_or_default();
        let registry = self.registry;
        let brought = self.bring(&registry.mitigations, received.mitigations, &edition).await?;
        self.edition.removed_mitigations(brought.gone.clone());
        let known = brought.known();
        let mut threats = received.threats;
        for item in &mut threats.items {
            lay::name_mitigations(&mut item.message, &self.name, &known);
        }
        let titles: Vec<String> = threats.items.iter().map(|item| item.message.title.clone()).collect();
        let brought = self.bring(&registry.threats, threats, &edition).await?;
        for (place, title) in brought.places.iter().zip(titles).filter(|(place, _)| !place.refused) {
            self.edition.came(&place.key, title, brought.existing.get(&place.id));
        }
        self.edition.removed(brought.gone);
        self.end(start).await
    }

    /// Makes the catalogue, where it is not there yet.
    async fn begin(&mut self, start: &ImportThreatsStart) -> Outcome<()> {
        let registry = self.registry;
        let found = registry.threat_catalogues.load(&mut self.tx, &self.organization, &[self.id.as_str()]).await?;
        let Some(known) = found.into_iter().next() else {
            let mut catalogue = ThreatCatalogue::default();
            lay::catalogue(&mut catalogue, start);
            let drafts = vec![(self.id.clone(), catalogue)];
            return registry.threat_catalogues.create_in(&mut self.tx, &self.organization, drafts).await.map(drop);
        };
        self.edition.answer.edition_before.clone_from(&known.edition);
        // To bring the wrong file to a catalogue would flag all of it as gone.
        let other = !known.source_id.is_empty() && !start.source_id.is_empty() && known.source_id != start.source_id;
        if other {
            let message = format!(
                "{} came from the source `{}`, and this is `{}`: give another `threat_catalogue_id`",
                self.name, known.source_id, start.source_id
            );
            return Err(Fault::precondition(ErrorReason::ThreatSourceOther, message)
                .with("catalogue", &self.name)
                .with("source", &known.source_id)
                .on("start.source_id"));
        }
        Ok(())
    }

    /// Brings the catalogue itself to the edition.
    async fn end(&mut self, start: &ImportThreatsStart) -> Outcome<()> {
        let counts = count::of(&mut self.tx, &self.organization, &self.id).await?;
        let wrote = self.edition.wrote();
        let registry = self.registry;
        let change = |context: &Context, old: &ThreatCatalogue, new: &mut ThreatCatalogue| {
            lay::catalogue(new, start);
            counts.lay(new);
            if wrote || *new != *old {
                new.import_time = store::timestamp(context.clock.now());
            }
            Ok(())
        };
        registry.threat_catalogues.change_in(&mut self.tx, &self.name, "", change).await.map(drop)
    }
}
