//! Dependencies: what depends on what, and how value flows along (ITU-T X.1057: valuation by dependency).

mod flow;
mod graph;
mod propagate;
mod walk;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Reference, Rules, Transaction, open, reply};
use tonic::{Request, Response, Status};
use wire::assets::v1::dependency_service_server::DependencyService;
use wire::assets::v1::{
    CreateDependencyRequest, DeleteDependencyRequest, Dependency, ErrorReason, GetDependencyRequest,
    ListDependenciesRequest, ListDependenciesResponse, UpdateDependencyRequest,
};

pub(crate) use flow::{drain, flow_from, flowing};
pub(crate) use walk::{Step, Walk, Way, around, name};

use crate::asset::Assets;
use crate::{Registry, taxonomy};

/// All dependencies.
pub struct Dependencies;

impl store::Resource for Dependencies {
    type Message = Dependency;
    const TABLE: &'static str = "dependency";
    const COLLECTION: &'static str = "dependencies";

    fn columns() -> &'static [store::Column<Dependency>] {
        store::columns![Dependency;
            dependent: text order, supporting: text order, kind: text, source: text,
        ]
    }

    fn references() -> &'static [Reference<Dependency>] {
        store::references![Dependency; dependent: Assets, supporting: Assets]
    }

    store::head!(Dependency;);
}

impl Rules for Dependencies {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut Dependency) -> Outcome<()> {
        if new.kind.is_empty() {
            "uses".clone_into(&mut new.kind);
        }
        if !taxonomy::dependency_kinds().contains_key(&new.kind) {
            let kinds: Vec<&str> = taxonomy::dependency_kinds().keys().map(String::as_str).collect();
            let message = format!("{} is no dependency kind: use one of {}", new.kind, kinds.join(", "));
            return Err(Fault::invalid(ErrorReason::DependencyKindUnknown, message)
                .with("kind", &new.kind)
                .on("dependency.kind"));
        }
        if new.dependent == new.supporting {
            let message = format!("{} cannot depend on itself: name another asset as supporting", new.dependent);
            return Err(Fault::invalid(ErrorReason::DependencyOnSelf, message)
                .with("asset", &new.dependent)
                .on("dependency.supporting"));
        }
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Dependency>]) -> Outcome<()> {
        // What supports gets its inherited value anew where an edge came or went; other changes of an edge move no value.
        let moved = changed.iter().filter(|change| change.before.is_none() || change.after.is_none());
        let seeds = moved.filter_map(|change| change.after.as_ref().or(change.before.as_ref()));
        let seeds = seeds.filter(|edge| taxonomy::dependency_kinds().get(&edge.kind).copied().unwrap_or(true));
        flow::flow_into(tx, organization, seeds.map(|edge| edge.supporting.clone()).collect()).await
    }
}

#[tonic::async_trait]
impl DependencyService for Registry {
    async fn create_dependency(
        &self,
        request: Request<CreateDependencyRequest>,
    ) -> Result<Response<Dependency>, Status> {
        let (context, request) = open(request)?;
        if let Some(dependency) = request.dependency.as_ref().filter(|_| !request.allow_cycle) {
            let organization = crate::enter(&context, &request.parent)?;
            flow::refuse_circle(self, &organization, dependency).await?;
        }
        reply(self.dependencies.create(&context, &request.parent, &request.dependency_id, request.dependency).await)
    }

    async fn get_dependency(&self, request: Request<GetDependencyRequest>) -> Result<Response<Dependency>, Status> {
        self.dependencies.serve_get(request).await
    }

    async fn list_dependencies(
        &self,
        request: Request<ListDependenciesRequest>,
    ) -> Result<Response<ListDependenciesResponse>, Status> {
        self.dependencies.serve_list(request).await
    }

    async fn update_dependency(
        &self,
        request: Request<UpdateDependencyRequest>,
    ) -> Result<Response<Dependency>, Status> {
        self.dependencies.serve_update(request).await
    }

    async fn delete_dependency(&self, request: Request<DeleteDependencyRequest>) -> Result<Response<()>, Status> {
        self.dependencies.serve_delete(request).await
    }
}
