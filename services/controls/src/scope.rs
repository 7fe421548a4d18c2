//! Scopes: the parts of an operator for which it is decided which controls apply (ITU-T X.1051 clause 4.2).

use std::collections::HashSet;

use access::Context;
use fault::{Fault, Outcome};
use resource::Name;
use store::{Changed, Referrer, Rules, Side, Transaction};
use tonic::{Request, Response, Status};
use wire::controls::v1::scope_service_server::ScopeService;
use wire::controls::v1::{
    CreateScopeRequest, DeleteScopeRequest, ErrorReason, GetScopeRequest, ListScopesRequest, ListScopesResponse, Scope,
    UpdateScopeRequest,
};

use crate::{Registry, estate, statement};

// === The table ===

/// All scopes.
pub struct Scopes;

impl store::Resource for Scopes {
    type Message = Scope;
    const TABLE: &'static str = "scope";
    const COLLECTION: &'static str = "scopes";

    fn columns() -> &'static [store::Column<Scope>] {
        store::columns![Scope; display_name: text order search, owner: text order]
    }

    fn sides() -> &'static [Side<Scope>] {
        store::sides![Scope;
            labels: map "scope_label", services: set "scope_service", sites: set "scope_site",
        ]
    }

    fn referrers() -> &'static [Referrer] {
        const NAMED: &[Referrer] = &[
            Referrer {
                what: "implementations",
                table: "implementation",
                column: "scope",
                filter: "scope=",
                by_id: false,
            },
            Referrer { what: "statements", table: "statement", column: "scope", filter: "scope=", by_id: false },
        ];
        NAMED
    }

    store::head!(Scope;);
}

// === The rules ===

/// What is known of the estate among what the scopes name, in whose organization.
#[derive(Default)]
pub struct Needs {
    organization: String,
    assets: HashSet<String>,
    sites: HashSet<String>,
}

impl Rules for Scopes {
    type Needs = Needs;

    async fn needs(tx: &mut Transaction, organization: &str, scopes: &[&Scope]) -> Outcome<Needs> {
        let ids = |names: fn(&Scope) -> &[String]| -> Vec<&str> {
            scopes.iter().flat_map(|scope| names(scope)).map(|name| crate::id_of(name)).collect()
        };
        Ok(Needs {
            organization: organization.to_owned(),
            assets: estate::known(tx, organization, "asset", &ids(|scope| &scope.services)).await?,
            sites: estate::known(tx, organization, "site", &ids(|scope| &scope.sites)).await?,
        })
    }

    fn create(_: &Context, needs: &Needs, new: &mut Scope) -> Outcome<()> {
        settle(needs, &Scope::default(), new)
    }

    /// What was known when it was named may be gone from the estate since: it is still what the scope is about.
    fn update(_: &Context, needs: &Needs, old: &Scope, new: &mut Scope) -> Outcome<()> {
        settle(needs, old, new)
    }

    /// What was approved of the scope as it was is approved no more.
    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Scope>]) -> Outcome<()> {
        for change in changed {
            if let (Some(before), Some(after)) = (&change.before, &change.after) {
                statement::scope_changed(tx, organization, before, after).await?;
            }
        }
        Ok(())
    }
}

/// Gives a scope a weight, and refuses what it newly names where the estate knows nothing of it.
fn settle(needs: &Needs, old: &Scope, new: &mut Scope) -> Outcome<()> {
    if new.weight == 0.0 {
        new.weight = 1.0;
    }
    let fields = [
        ("scope.services", "assets", &old.services, &new.services, &needs.assets),
        ("scope.sites", "sites", &old.sites, &new.sites, &needs.sites),
    ];
    for (field, collection, before, after, known) in fields {
        let held: HashSet<&str> = before.iter().map(String::as_str).collect();
        let is_known = |name: &str| {
            Name::parse(name, collection)
                .is_ok_and(|name| name.organization() == needs.organization && known.contains(name.id()))
        };
        if let Some(name) = after.iter().find(|name| !held.contains(name.as_str()) && !is_known(name)) {
            return Err(unknown(name, collection).on(field));
        }
    }
    Ok(())
}

fn unknown(name: &str, collection: &str) -> Box<Fault> {
    let message = format!(
        "{name} is not known here among the {collection} of this organization: create it in the asset registry first; \
         if it has just been created there, wait some seconds and call again"
    );
    Fault::invalid(ErrorReason::EstateUnknown, message).with("name", name)
}

// === The API ===

#[tonic::async_trait]
impl ScopeService for Registry {
    async fn create_scope(&self, request: Request<CreateScopeRequest>) -> Result<Response<Scope>, Status> {
        self.scopes.serve_create(request).await
    }

    async fn get_scope(&self, request: Request<GetScopeRequest>) -> Result<Response<Scope>, Status> {
        self.scopes.serve_get(request).await
    }

    async fn list_scopes(&self, request: Request<ListScopesRequest>) -> Result<Response<ListScopesResponse>, Status> {
        self.scopes.serve_list(request).await
    }

    async fn update_scope(&self, request: Request<UpdateScopeRequest>) -> Result<Response<Scope>, Status> {
        self.scopes.serve_update(request).await
    }

    async fn delete_scope(&self, request: Request<DeleteScopeRequest>) -> Result<Response<()>, Status> {
        self.scopes.serve_delete(request).await
    }
}
