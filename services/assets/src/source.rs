//! Sources: the systems imports come from, and what each may overwrite in the register (survey by import, ITU-T X.1057
//! clause 7.2). How a policy is applied: `import/policy.rs`.

use std::collections::HashSet;

use access::Context;
use fault::{Fault, Outcome};
use store::{Rules, Side, SideRole};
use tonic::{Request, Response, Status};
use wire::Choice as _;
use wire::assets::v1::source_service_server::SourceService;
use wire::assets::v1::{
    CreateSourceRequest, DeleteSourceRequest, GetSourceRequest, ListSourcesRequest, ListSourcesResponse, Source,
    UpdateSourceRequest,
};
use wire::fault::v1::ErrorReason;

use crate::Registry;

/// The sources an organization has said something about.
pub struct Sources;

impl store::Resource for Sources {
    type Message = Source;
    const TABLE: &'static str = "source";
    const COLLECTION: &'static str = "sources";

    fn columns() -> &'static [store::Column<Source>] {
        store::columns![Source; display_name: text order search, source: text order, rank: integer order, people_win: boolean]
    }

    fn sides() -> &'static [Side<Source>] {
        // Two policies of one source would contradict each other.
        const SIDES: &[Side<Source>] = &[Side {
            table: "source_key",
            columns: &["value"],
            unique: Some("source"),
            role: SideRole::Own,
            rows: |source| vec![vec![source.source.clone()]],
            same: |a, b| a.source == b.source,
        }];
        SIDES
    }

    store::head!(Source;);
}

impl Rules for Sources {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut Source) -> Outcome<()> {
        let mut seen = HashSet::new();
        for (index, policy) in new.group_policies.iter().enumerate() {
            if !seen.insert(policy.group()) {
                let group = policy.group().text();
                let message = format!("{group} stands twice among the policies: leave one out");
                let field = format!("source.group_policies[{index}].group");
                return Err(Fault::invalid(ErrorReason::FieldInvalid, message).on(field));
            }
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl SourceService for Registry {
    async fn create_source(&self, request: Request<CreateSourceRequest>) -> Result<Response<Source>, Status> {
        self.sources.serve_create(request).await
    }

    async fn get_source(&self, request: Request<GetSourceRequest>) -> Result<Response<Source>, Status> {
        self.sources.serve_get(request).await
    }

    async fn list_sources(
        &self,
        request: Request<ListSourcesRequest>,
    ) -> Result<Response<ListSourcesResponse>, Status> {
        self.sources.serve_list(request).await
    }

    async fn update_source(&self, request: Request<UpdateSourceRequest>) -> Result<Response<Source>, Status> {
        self.sources.serve_update(request).await
    }

    async fn delete_source(&self, request: Request<DeleteSourceRequest>) -> Result<Response<()>, Status> {
        self.sources.serve_delete(request).await
    }
}
