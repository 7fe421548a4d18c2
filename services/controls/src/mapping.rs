//! Mappings: how the controls of one catalogue relate to those of another.

use std::sync::LazyLock;

use access::Context;
use fault::{Fault, Outcome};
use store::{Reference, Referrer, Rules, Shipped, Side};
use tonic::{Request, Response, Status};
use wire::controls::v1::mapping_service_server::MappingService;
use wire::controls::v1::{
    CreateMappingRequest, DeleteMappingRequest, GetMappingRequest, ListMappingsRequest, ListMappingsResponse, Mapping,
    UpdateMappingRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::catalogue::Catalogues;
use crate::{Registry, shipped};

/// The mappings: those that ship, and the organization's own.
pub struct Mappings;

/// The mapping sets that ship: those that are data, and the one between the editions of X.1051, which is derived from what each
/// control of the later says it continues.
pub(crate) static SETS: LazyLock<Vec<shipped::MappingSet>> = LazyLock::new(|| {
    let derived = shipped::catalogue("x1051-2016")
        .zip(shipped::catalogue("x1051-2023"))
        .and_then(|(from, to)| shipped::migration(from, to))
        .map(|migration| shipped::MappingSet {
            key: "x1051-2016-to-x1051-2023".to_owned(),
            from: "x1051-2016".to_owned(),
            to: "x1051-2023".to_owned(),
            title: "X.1051, from the 2016 edition to the 2023 edition".to_owned(),
            author: "Telwarden".to_owned(),
            version: 1,
            mark: shipped::Mark::Provisional,
            provenance:
                "Derived from the origins of the 2023 controls; that a control continues another says nothing about \
                         whether both ask the same."
                    .to_owned(),
            mappings: migration.mappings(),
        });
    shipped::mapping_sets().iter().cloned().chain(derived).collect()
});

static SHIPPED: LazyLock<Shipped<Mapping>> =
    LazyLock::new(|| SETS.iter().map(|set| (set.key.clone(), of(set))).collect());

/// A shipped mapping as the API shows it, for no organization yet.
fn of(set: &shipped::MappingSet) -> Mapping {
    Mapping {
        display_name: set.title.clone(),
        source_catalogue: set.from.clone(),
        target_catalogue: set.to.clone(),
        author: set.author.clone(),
        version: set.version.to_string(),
        provenance: set.provenance.clone(),
        provisional: set.mark.is_provisional(),
        shipped: true,
        ..Default::default()
    }
}

impl store::Resource for Mappings {
    type Message = Mapping;
    const TABLE: &'static str = "mapping";
    const COLLECTION: &'static str = "mappings";

    fn columns() -> &'static [store::Column<Mapping>] {
        store::columns![Mapping;
            display_name: text order search, source_catalogue: text index, target_catalogue: text index,
            provisional: boolean, shipped: boolean,
        ]
    }

    fn sides() -> &'static [Side<Mapping>] {
        store::sides![Mapping; labels: map "mapping_label"]
    }

    fn references() -> &'static [Reference<Mapping>] {
        store::references![Mapping; source_catalogue: Catalogues, target_catalogue: Catalogues]
    }

    fn referrers() -> &'static [Referrer] {
        const { &[Referrer::within("entries", "mapping_entry")] }
    }

    fn shipped() -> &'static Shipped<Mapping> {
        &SHIPPED
    }

    fn shipped_to(mapping: &mut Mapping, organization: &str) {
        for catalogue in [&mut mapping.source_catalogue, &mut mapping.target_catalogue] {
            *catalogue = format!("organizations/{organization}/catalogues/{catalogue}");
        }
    }

    store::head!(Mapping; shipped);
}

impl Rules for Mappings {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Mapping) -> Outcome<()> {
        if new.source_catalogue == new.target_catalogue {
            let message = "a catalogue is not mapped to itself: name two different ones";
            return Err(Fault::invalid(House::FieldInvalid, message).on("mapping.target_catalogue"));
        }
        Ok(())
    }

    /// What a mapping is between does not change: its entries are about these two.
    fn update(context: &Context, needs: &(), old: &Mapping, new: &mut Mapping) -> Outcome<()> {
        let between = |mapping: &Mapping| (mapping.source_catalogue.clone(), mapping.target_catalogue.clone());
        if between(old) != between(new) {
            let message = "what a mapping is between does not change: make another mapping";
            return Err(Fault::invalid(House::FieldImmutable, message).on("mapping.source_catalogue"));
        }
        Self::check(context, needs, new)
    }
}

#[tonic::async_trait]
impl MappingService for Registry {
    async fn create_mapping(&self, request: Request<CreateMappingRequest>) -> Result<Response<Mapping>, Status> {
        self.mappings.serve_create(request).await
    }

    async fn get_mapping(&self, request: Request<GetMappingRequest>) -> Result<Response<Mapping>, Status> {
        self.mappings.serve_get(request).await
    }

    async fn list_mappings(
        &self,
        request: Request<ListMappingsRequest>,
    ) -> Result<Response<ListMappingsResponse>, Status> {
        self.mappings.serve_list(request).await
    }

    async fn update_mapping(&self, request: Request<UpdateMappingRequest>) -> Result<Response<Mapping>, Status> {
        self.mappings.serve_update(request).await
    }

    async fn delete_mapping(&self, request: Request<DeleteMappingRequest>) -> Result<Response<()>, Status> {
        self.mappings.serve_delete(request).await
    }
}
