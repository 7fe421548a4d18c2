//! Sites: places where assets stand (ITU-T X.1051: five of its telecommunication controls are about a kind of site).

use access::Context;
use fault::{Fault, Outcome};
use store::{Referrer, Rules, Side};
use tonic::{Request, Response, Status};
use wire::assets::v1::site_service_server::SiteService;
use wire::assets::v1::{
    CreateSiteRequest, DeleteSiteRequest, ErrorReason, GetSiteRequest, ListSitesRequest, ListSitesResponse, Site,
    UpdateSiteRequest,
};

use crate::{Registry, taxonomy};

/// The register of sites.
pub struct Sites;

impl store::Resource for Sites {
    type Message = Site;
    const TABLE: &'static str = "site";
    const COLLECTION: &'static str = "sites";

    fn columns() -> &'static [store::Column<Site>] {
        store::columns![Site;
            display_name: text order search, r#type: text order, manned: boolean, region: text order, owner_party: text,
        ]
    }

    fn sides() -> &'static [Side<Site>] {
        store::sides![Site; labels: map "site_label", external_ids(system, value): unique "site_external_id"]
    }

    fn referrers() -> &'static [Referrer] {
        &[
            Referrer { what: "assets", table: "asset", column: "site", filter: "site=", by_id: false },
            Referrer { what: "interconnects", table: "interconnect", column: "site", filter: "site=", by_id: false },
        ]
    }

    store::head!(Site; provenance);
}

impl Rules for Sites {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut Site) -> Outcome<()> {
        if !taxonomy::site_types().contains(&new.r#type) {
            let message = format!("{} is no site type: use one of {}", new.r#type, taxonomy::site_types().join(", "));
            return Err(Fault::invalid(ErrorReason::SiteTypeUnknown, message)
                .with("type", &new.r#type)
                .on("site.type"));
        }
        crate::distinct(&new.external_ids, "site.external_ids")
    }

    fn create(context: &Context, needs: &(), new: &mut Site) -> Outcome<()> {
        Self::check(context, needs, new)?;
        crate::provenance::stamp(context, None, new);
        Ok(())
    }

    fn update(context: &Context, needs: &(), old: &Site, new: &mut Site) -> Outcome<()> {
        Self::check(context, needs, new)?;
        crate::provenance::stamp(context, Some(old), new);
        Ok(())
    }
}

#[tonic::async_trait]
impl SiteService for Registry {
    async fn create_site(&self, request: Request<CreateSiteRequest>) -> Result<Response<Site>, Status> {
        self.sites.serve_create(request).await
    }

    async fn get_site(&self, request: Request<GetSiteRequest>) -> Result<Response<Site>, Status> {
        self.sites.serve_get(request).await
    }

    async fn list_sites(&self, request: Request<ListSitesRequest>) -> Result<Response<ListSitesResponse>, Status> {
        self.sites.serve_list(request).await
    }

    async fn update_site(&self, request: Request<UpdateSiteRequest>) -> Result<Response<Site>, Status> {
        self.sites.serve_update(request).await
    }

    async fn delete_site(&self, request: Request<DeleteSiteRequest>) -> Result<Response<()>, Status> {
        self.sites.serve_delete(request).await
    }
}
