//! Entries of mappings: what some controls of the one catalogue have to do with some of the other.

use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use store::{Reference, Rules, Shipped, Side};
use tonic::{Request, Response, Status};
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::mapping_entry_service_server::MappingEntryService;
use wire::controls::v1::{
    CreateMappingEntryRequest, DeleteMappingEntryRequest, GetMappingEntryRequest, ListMappingEntriesRequest,
    ListMappingEntriesResponse, MappingEntry, UpdateMappingEntryRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::mapping::{Mappings, SETS};
use crate::{Registry, shipped};

/// The entries of mappings: those that ship, and the organization's own.
pub struct MappingEntries;

static SHIPPED: LazyLock<Shipped<MappingEntry>> = LazyLock::new(|| {
    let of_one = |set: &'static shipped::MappingSet| {
        let numbered = set.mappings.iter().zip(1..);
        numbered.map(|(entry, number)| (format!("{}/{number:04}", set.key), of(entry)))
    };
    SETS.iter().flat_map(of_one).collect()
});

/// A shipped entry as the API shows it.
fn of(entry: &shipped::Mapping) -> MappingEntry {
    let relation = match entry.relation {
        shipped::Relation::Equal => Relation::Equal,
        shipped::Relation::Subset => Relation::Subset,
        shipped::Relation::Superset => Relation::Superset,
        shipped::Relation::Intersects => Relation::Intersects,
        shipped::Relation::Related => Relation::Related,
    };
    MappingEntry {
        sources: entry.from.clone(),
        targets: entry.to.clone(),
        relation: relation.into(),
        rationale: entry.rationale.clone().unwrap_or_default(),
        shipped: true,
        ..Default::default()
    }
}

impl store::Resource for MappingEntries {
    type Message = MappingEntry;
    const TABLE: &'static str = "mapping_entry";
    const COLLECTION: &'static str = "mappings/*/entries";

    fn columns() -> &'static [store::Column<MappingEntry>] {
        store::columns![MappingEntry; relation: choice(Relation) order, relationship: text, shipped: boolean]
    }

    fn sides() -> &'static [Side<MappingEntry>] {
        store::sides![MappingEntry; sources: set "mapping_entry_source", targets: set "mapping_entry_target"]
    }

    fn references() -> &'static [Reference<MappingEntry>] {
        store::references![MappingEntry; name(parent): Mappings]
    }

    fn shipped() -> &'static Shipped<MappingEntry> {
        &SHIPPED
    }

    store::head!(MappingEntry; shipped);
}

impl Rules for MappingEntries {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut MappingEntry) -> Outcome<()> {
        if new.relation() == Relation::Unspecified {
            let message = "say how the two sides relate: EQUAL, SUBSET, SUPERSET, INTERSECTS, RELATED or NONE";
            return Err(Fault::invalid(House::FieldInvalid, message).on("mapping_entry.relation"));
        }
        for (ids, field) in [(&new.sources, "mapping_entry.sources"), (&new.targets, "mapping_entry.targets")] {
            if ids.is_empty() && new.relation() != Relation::None {
                let message = "an entry relates at least one control on each side: name them, or say relation NONE";
                return Err(Fault::invalid(House::FieldInvalid, message).on(field));
            }
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl MappingEntryService for Registry {
    async fn create_mapping_entry(
        &self,
        request: Request<CreateMappingEntryRequest>,
    ) -> Result<Response<MappingEntry>, Status> {
        self.mapping_entries.serve_create(request).await
    }

    async fn get_mapping_entry(
        &self,
        request: Request<GetMappingEntryRequest>,
    ) -> Result<Response<MappingEntry>, Status> {
        self.mapping_entries.serve_get(request).await
    }

    async fn list_mapping_entries(
        &self,
        request: Request<ListMappingEntriesRequest>,
    ) -> Result<Response<ListMappingEntriesResponse>, Status> {
        self.mapping_entries.serve_list(request).await
    }

    async fn update_mapping_entry(
        &self,
        request: Request<UpdateMappingEntryRequest>,
    ) -> Result<Response<MappingEntry>, Status> {
        self.mapping_entries.serve_update(request).await
    }

    async fn delete_mapping_entry(&self, request: Request<DeleteMappingEntryRequest>) -> Result<Response<()>, Status> {
        self.mapping_entries.serve_delete(request).await
    }
}
