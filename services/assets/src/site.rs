//! Sites: places where assets stand (ITU-T X.1051: five of its telecommunication controls are about a kind of site).

use std::collections::HashSet;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Rules, Side, SideRole, Transaction};
use tonic::{Request, Response, Status};
use wire::assets::v1::site_service_server::SiteService;
use wire::assets::v1::{
    CreateSiteRequest, DeleteSiteRequest, ErrorReason, GetSiteRequest, ListSitesRequest, ListSitesResponse, Site,
    UpdateSiteRequest,
};
use wire::fault::v1::ErrorReason as House;

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
        &[
            Side {
                table: "site_label",
                columns: &["key", "value"],
                unique: None,
                role: SideRole::Map("labels"),
                rows: |site| site.labels.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect(),
            },
            Side {
                table: "site_external_id",
                columns: &["system", "value"],
                unique: Some("external_ids"),
                role: SideRole::Own,
                rows: |site| site.external_ids.iter().map(|id| vec![id.system.clone(), id.value.clone()]).collect(),
            },
        ]
    }

    store::head!(Site;);
}

impl Rules for Sites {
    type Needs = ();

    async fn needs(_: &mut Transaction, _: &str, _: &[&Site]) -> Outcome<()> {
        Ok(())
    }

    fn create(_: &Context, _: &(), new: &mut Site) -> Outcome<()> {
        if !taxonomy::site_types().contains(&new.r#type) {
            let message = format!("{} is no site type: use one of {}", new.r#type, taxonomy::site_types().join(", "));
            return Err(Fault::invalid(ErrorReason::SiteTypeUnknown, message)
                .with("type", &new.r#type)
                .on("site.type"));
        }
        let mut external = HashSet::new();
        if let Some(twice) = new.external_ids.iter().find(|id| !external.insert((&id.system, &id.value))) {
            let message =
                format!("{} {} stands twice among the external ids: leave one out", twice.system, twice.value);
            return Err(Fault::invalid(House::ValueTaken, message).on("site.external_ids"));
        }
        Ok(())
    }

    fn update(context: &Context, needs: &(), _: &Site, new: &mut Site) -> Outcome<()> {
        Self::create(context, needs, new)
    }

    fn delete(_: &Context, _: &(), _: &Site) -> Outcome<()> {
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Site>]) -> Outcome<()> {
        for gone in changed.iter().filter(|change| change.after.is_none()).filter_map(|change| change.before.as_ref()) {
            let mut sql = tx.sql("SELECT COUNT(*) FROM asset WHERE organization = ");
            sql.bind(organization).push(" AND site = ").bind(gone.name.as_str());
            let count: i64 = tx.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
            if count > 0 {
                let message = format!(
                    "{count} assets stand at the site: move them first (`filter=site=\"{}\"` lists them)",
                    gone.name
                );
                return Err(Fault::precondition(House::StillReferenced, message).with("count", count));
            }
        }
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
