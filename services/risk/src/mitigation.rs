//! Mitigations: what a threat catalogue names against its threats.

use fault::Outcome;
use store::{Changed, Reference, Referrer, Rules, Side, Transaction, open, reply};
use tonic::{Request, Response, Status};
use wire::risk::v1::mitigation_service_server::MitigationService;
use wire::risk::v1::{
    CreateMitigationRequest, DeleteMitigationRequest, GetMitigationRequest, ListMitigationsRequest,
    ListMitigationsResponse, Mitigation, UpdateMitigationRequest,
};

use crate::Registry;
use crate::threat_catalogue::{ThreatCatalogues, count};

// === The table ===

/// The mitigations.
pub struct Mitigations;

impl store::Resource for Mitigations {
    type Message = Mitigation;
    const TABLE: &'static str = "mitigation";
    const COLLECTION: &'static str = "threatCatalogues/*/mitigations";

    fn columns() -> &'static [store::Column<Mitigation>] {
        store::columns![Mitigation;
            key: text order search, title: text order search, position: integer order, revoked: boolean,
            deprecated: boolean, gone: boolean,
        ]
    }

    fn sides() -> &'static [Side<Mitigation>] {
        store::sides![Mitigation; labels: map "mitigation_label"]
    }

    fn references() -> &'static [Reference<Mitigation>] {
        store::references![Mitigation; name(parent): ThreatCatalogues]
    }

    fn referrers() -> &'static [Referrer] {
        const THREATS: Referrer = Referrer {
            what: "threats",
            table: "threat_mitigation",
            column: "value",
            filter: "mitigations:",
            by_id: false,
        };
        const { &[THREATS] }
    }

    store::head!(Mitigation; imported, gone, gone_time, gone_edition);
}

// === The rules ===

impl Rules for Mitigations {
    type Needs = ();

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Mitigation>]) -> Outcome<()> {
        let names = changed.iter().filter_map(|one| one.after.as_ref().or(one.before.as_ref()));
        count::anew(tx, organization, names.map(|mitigation| mitigation.name.as_str())).await
    }
}

// === The API ===

#[tonic::async_trait]
impl MitigationService for Registry {
    async fn create_mitigation(
        &self,
        request: Request<CreateMitigationRequest>,
    ) -> Result<Response<Mitigation>, Status> {
        let (context, mut r) = open(request)?;
        context.enter(crate::organization_of(&r.parent), &r.parent)?;
        let key = r.mitigation.as_ref().map(|mitigation| mitigation.key.as_str());
        if let Some(key) = key.filter(|_| r.mitigation_id.is_empty()) {
            r.mitigation_id = crate::keyed(key, "mitigation.key")?;
        }
        reply(self.mitigations.create(&context, &r.parent, &r.mitigation_id, r.mitigation).await)
    }

    async fn get_mitigation(&self, request: Request<GetMitigationRequest>) -> Result<Response<Mitigation>, Status> {
        self.mitigations.serve_get(request).await
    }

    async fn list_mitigations(
        &self,
        request: Request<ListMitigationsRequest>,
    ) -> Result<Response<ListMitigationsResponse>, Status> {
        self.mitigations.serve_list(request).await
    }

    async fn update_mitigation(
        &self,
        request: Request<UpdateMitigationRequest>,
    ) -> Result<Response<Mitigation>, Status> {
        self.mitigations.serve_update(request).await
    }

    async fn delete_mitigation(&self, request: Request<DeleteMitigationRequest>) -> Result<Response<()>, Status> {
        self.mitigations.serve_delete(request).await
    }
}
