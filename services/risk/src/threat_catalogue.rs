//! Threat catalogues: published sets of threats, each in one edition at a time, and the organization's own.
//!
//! A catalogue counts what it holds. Whoever writes threats or mitigations one by one has them counted anew by `count::anew`; an import counts
//! once, at its end.

mod clear;
pub(crate) mod count;

use store::{Referrer, Rules, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::risk::v1::threat_catalogue::Format;
use wire::risk::v1::threat_catalogue_service_server::ThreatCatalogueService;
use wire::risk::v1::{
    CreateThreatCatalogueRequest, DeleteThreatCatalogueRequest, GetThreatCatalogueRequest, ListThreatCataloguesRequest,
    ListThreatCataloguesResponse, ThreatCatalogue, UpdateThreatCatalogueRequest,
};

use crate::Registry;

// === The table ===

/// The threat catalogues.
pub struct ThreatCatalogues;

impl store::Resource for ThreatCatalogues {
    type Message = ThreatCatalogue;
    const TABLE: &'static str = "threat_catalogue";
    const COLLECTION: &'static str = "threatCatalogues";

    fn columns() -> &'static [store::Column<ThreatCatalogue>] {
        store::columns![ThreatCatalogue;
            display_name: text order search, edition: text order, format: choice(Format), publisher: text search,
            import_time: time order,
        ]
    }

    fn sides() -> &'static [Side<ThreatCatalogue>] {
        store::sides![ThreatCatalogue; labels: map "threat_catalogue_label"]
    }

    fn referrers() -> &'static [Referrer] {
        const { &[Referrer::within("threats", "threat"), Referrer::within("mitigations", "mitigation")] }
    }

    store::head!(ThreatCatalogue;
        format, source_id, threats, detailed_threats, withdrawn_threats, gone_threats, mitigations, import_time,
    );
}

impl Rules for ThreatCatalogues {
    type Needs = ();
}

// === The API ===

#[tonic::async_trait]
impl ThreatCatalogueService for Registry {
    async fn create_threat_catalogue(
        &self,
        request: Request<CreateThreatCatalogueRequest>,
    ) -> Result<Response<ThreatCatalogue>, Status> {
        self.threat_catalogues.serve_create(request).await
    }

    async fn get_threat_catalogue(
        &self,
        request: Request<GetThreatCatalogueRequest>,
    ) -> Result<Response<ThreatCatalogue>, Status> {
        self.threat_catalogues.serve_get(request).await
    }

    async fn list_threat_catalogues(
        &self,
        request: Request<ListThreatCataloguesRequest>,
    ) -> Result<Response<ListThreatCataloguesResponse>, Status> {
        self.threat_catalogues.serve_list(request).await
    }

    async fn update_threat_catalogue(
        &self,
        request: Request<UpdateThreatCatalogueRequest>,
    ) -> Result<Response<ThreatCatalogue>, Status> {
        self.threat_catalogues.serve_update(request).await
    }

    async fn delete_threat_catalogue(
        &self,
        request: Request<DeleteThreatCatalogueRequest>,
    ) -> Result<Response<()>, Status> {
        if !request.get_ref().force {
            return self.threat_catalogues.serve_delete(request).await;
        }
        let (context, r) = open(request)?;
        reply(clear::clear(self, &context, &r).await)
    }
}
