//! Threats: what may happen to a network and its services, as catalogues describe it (X.1055: identification of threats).

pub(crate) mod segments;
mod suggest;

use std::collections::HashSet;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Reference, Referrer, Rules, Side, Transaction, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::threat::Evidence;
use wire::risk::v1::threat_service_server::ThreatService;
use wire::risk::v1::{
    CreateThreatRequest, DeleteThreatRequest, GetThreatRequest, ListThreatsRequest, ListThreatsResponse,
    SuggestThreatsRequest, SuggestThreatsResponse, Threat, UpdateThreatRequest,
};

use crate::Registry;
use crate::mitigation::Mitigations;
use crate::threat_catalogue::{ThreatCatalogues, count};

// === The table ===

/// The threats.
pub struct Threats;

impl store::Resource for Threats {
    type Message = Threat;
    const TABLE: &'static str = "threat";
    const COLLECTION: &'static str = "threatCatalogues/*/threats";

    fn columns() -> &'static [store::Column<Threat>] {
        store::columns![Threat;
            key: text order search, title: text order search, evidence: choice(Evidence) order, parent_key: text index,
            position: integer order, revoked: boolean, deprecated: boolean, gone: boolean, imported: boolean,
        ]
    }

    fn sides() -> &'static [Side<Threat>] {
        store::sides![Threat;
            labels: map "threat_label",
            tactics: set "threat_tactic",
            platforms: set "threat_platform",
            architecture_segments: set "threat_architecture_segment",
            related_keys: set "threat_related_key",
            mitigations: set "threat_mitigation"
                = |threat| mitigations(threat).map(|name| vec![name.to_owned()]).collect() => (mitigations),
        ]
    }

    fn references() -> &'static [Reference<Threat>] {
        const CATALOGUE: Reference<Threat> = Reference {
            field: "name",
            table: <ThreatCatalogues as store::Resource>::TABLE,
            collection: <ThreatCatalogues as store::Resource>::COLLECTION,
            names: |threat| vec![store::parent_of(&threat.name)],
            ships: |_| false,
        };
        const MITIGATIONS: Reference<Threat> = Reference {
            field: "mitigations",
            table: <Mitigations as store::Resource>::TABLE,
            collection: <Mitigations as store::Resource>::COLLECTION,
            names: |threat| mitigations(threat).collect(),
            ships: |_| false,
        };
        const { &[CATALOGUE, MITIGATIONS] }
    }

    fn referrers() -> &'static [Referrer] {
        const RISKS: Referrer =
            Referrer { what: "risks", table: "risk", column: "threat", filter: "threat=", by_id: false };
        const { &[RISKS] }
    }

    store::head!(Threat; imported, gone, gone_time, gone_edition);
}

/// The names of the mitigations that a threat names.
fn mitigations(threat: &Threat) -> impl Iterator<Item = &str> {
    threat.mitigations.iter().map(|one| one.mitigation.as_str()).filter(|name| !name.is_empty())
}

// === The rules ===

impl Rules for Threats {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Threat) -> Outcome<()> {
        for set in [&mut new.tactics, &mut new.platforms, &mut new.architecture_segments, &mut new.related_keys] {
            let mut seen = HashSet::new();
            set.retain(|value| seen.insert(value.clone()));
        }
        if new.parent_key == new.key {
            let message = "a threat does not detail itself: leave parent_key empty, or give the key of the wider one";
            return Err(Fault::invalid(House::FieldInvalid, message).on("threat.parent_key"));
        }
        let mut seen = HashSet::new();
        for (at, one) in new.mitigations.iter().enumerate() {
            if !seen.insert(one.key.as_str()) || (!one.mitigation.is_empty() && !seen.insert(one.mitigation.as_str())) {
                let message = format!("{} counters the threat twice: leave one out", one.key);
                return Err(Fault::invalid(House::FieldInvalid, message).on(format!("threat.mitigations[{at}]")));
            }
        }
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Threat>]) -> Outcome<()> {
        let names = changed.iter().filter_map(|one| one.after.as_ref().or(one.before.as_ref()));
        count::anew(tx, organization, names.map(|threat| threat.name.as_str())).await
    }
}

// === The API ===

#[tonic::async_trait]
impl ThreatService for Registry {
    async fn create_threat(&self, request: Request<CreateThreatRequest>) -> Result<Response<Threat>, Status> {
        let (context, mut r) = open(request)?;
        context.enter(crate::organization_of(&r.parent), &r.parent)?;
        if let Some(key) = r.threat.as_ref().map(|threat| threat.key.as_str()).filter(|_| r.threat_id.is_empty()) {
            r.threat_id = crate::keyed(key, "threat.key")?;
        }
        reply(self.threats.create(&context, &r.parent, &r.threat_id, r.threat).await)
    }

    async fn get_threat(&self, request: Request<GetThreatRequest>) -> Result<Response<Threat>, Status> {
        self.threats.serve_get(request).await
    }

    async fn list_threats(
        &self,
        request: Request<ListThreatsRequest>,
    ) -> Result<Response<ListThreatsResponse>, Status> {
        self.threats.serve_list(request).await
    }

    async fn update_threat(&self, request: Request<UpdateThreatRequest>) -> Result<Response<Threat>, Status> {
        self.threats.serve_update(request).await
    }

    async fn delete_threat(&self, request: Request<DeleteThreatRequest>) -> Result<Response<()>, Status> {
        self.threats.serve_delete(request).await
    }

    async fn suggest_threats(
        &self,
        request: Request<SuggestThreatsRequest>,
    ) -> Result<Response<SuggestThreatsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(suggest::suggest(self, &context, &r).await)
    }
}
