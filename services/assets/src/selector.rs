//! Selectors: filters over the assets, saved under a name and followed. Controls and risks attach to what a selector selects.

mod build;
mod clear;
mod follow;

use std::sync::Arc;

use access::{Caller, Clock, Context};
use fault::{Fault, Outcome};
use store::{Collection, Matcher, Reference, Rules, Transaction, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::Choice as _;
use wire::assets::v1::selector::State;
use wire::assets::v1::selector_service_server::SelectorService;
use wire::assets::v1::{
    Count, CreateSelectorRequest, DeleteSelectorRequest, ErrorReason, GetSelectorMembershipRequest, GetSelectorRequest,
    ListSelectorMembershipsRequest, ListSelectorMembershipsResponse, ListSelectorsRequest, ListSelectorsResponse,
    Selector, SelectorMembership, SummarizeSelectorRequest, SummarizeSelectorResponse, UpdateSelectorRequest,
};

use crate::Registry;
use crate::asset::Assets;

pub(crate) use follow::follow;

/// How many selectors an organization may have: every change of an asset is held against each of them.
const MOST: i64 = 500;

// === The tables ===

/// All selectors.
pub struct Selectors;

impl store::Resource for Selectors {
    type Message = Selector;
    const TABLE: &'static str = "selector";
    const COLLECTION: &'static str = "selectors";

    fn columns() -> &'static [store::Column<Selector>] {
        store::columns![Selector; display_name: text order search, filter: text search, state: choice(State)]
    }

    store::head!(Selector; state);
}

/// What every selector selects.
pub struct SelectorMemberships;

impl store::Resource for SelectorMemberships {
    type Message = SelectorMembership;
    const TABLE: &'static str = "selector_membership";
    const COLLECTION: &'static str = "selectorMemberships";

    fn columns() -> &'static [store::Column<SelectorMembership>] {
        store::columns![SelectorMembership; selector: text index, asset: text index]
    }

    fn references() -> &'static [Reference<SelectorMembership>] {
        store::references![SelectorMembership; selector: Selectors]
    }

    store::head!(SelectorMembership; selector, asset);
}

// === The rules ===

/// What the rules need beside the selector: how many there are.
#[derive(Default)]
pub struct Needs {
    count: i64,
}

impl Rules for Selectors {
    type Needs = Needs;

    async fn needs(tx: &mut Transaction, organization: &str, _: &[&Selector]) -> Outcome<Needs> {
        let mut sql = tx.sql("SELECT COUNT(*) FROM selector WHERE organization = ");
        sql.bind(organization);
        let count = tx.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        Ok(Needs { count })
    }

    fn create(_: &Context, needs: &Needs, new: &mut Selector) -> Outcome<()> {
        if needs.count >= MOST {
            let message = format!("the organization has {MOST} selectors, the most there may be: delete one first");
            let code = tonic::Code::ResourceExhausted;
            return Err(Fault::new(code, ErrorReason::SelectorsTooMany, message).with("limit", MOST));
        }
        new.set_state(State::Building);
        readable(new)
    }

    fn update(_: &Context, _: &Needs, old: &Selector, new: &mut Selector) -> Outcome<()> {
        if old.state() == State::Deleting && new != old {
            return in_state("selector", old.state(), &[State::Building, State::Ready], "changed");
        }
        if old.filter != new.filter {
            new.set_state(State::Building);
        }
        readable(new)
    }
}

impl Rules for SelectorMemberships {
    type Needs = ();
}

/// Whether the filter is one that lists of assets take.
fn readable(selector: &Selector) -> Outcome<()> {
    Matcher::<Assets>::new(&selector.filter, "selector.filter").map(|_| ())
}

/// How long a call waits for the selector it deletes to be gone, in microseconds.
const WAIT: i64 = 5_000_000;

/// How often it is looked whether a build was lost: with the replica that did it, or with the call that was to begin it. In
/// microseconds.
const LOOK: i64 = 60_000_000;

/// Goes on, now and again later, with the selectors that nobody builds or clears.
pub(crate) async fn start(registry: &Arc<Registry>, clock: &Arc<dyn Clock>) -> Outcome<()> {
    take_up(registry, clock).await?;
    let (registry, clock) = (Arc::downgrade(registry), Arc::clone(clock));
    let mut next = clock.now().saturating_add(LOOK);
    tokio::spawn(async move {
        loop {
            clock.until(next).await;
            next = clock.now().saturating_add(LOOK);
            let Some(registry) = registry.upgrade() else { return };
            if let Err(fault) = take_up(&registry, &clock).await {
                tracing::warn!(%fault, "selectors that nobody builds or clears could not be looked for");
            }
        }
    });
    Ok(())
}

/// Goes on with the selectors that a stop or a crash left unbuilt, or half deleted.
async fn take_up(registry: &Registry, clock: &Arc<dyn Clock>) -> Outcome<()> {
    let sql = "SELECT organization, id, state FROM selector WHERE state IN ('BUILDING', 'DELETING')";
    let sql = registry.database.sql(sql);
    for row in registry.database.rows(sql).await? {
        let organization: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let id: String = row.try_get_by_index(1).map_err(Fault::defect)?;
        let state: String = row.try_get_by_index(2).map_err(Fault::defect)?;
        let deleting = state == State::Deleting.text();
        let method = match deleting {
            true => "telwarden.assets.v1.SelectorService/DeleteSelector",
            false => "telwarden.assets.v1.SelectorService/CreateSelector",
        };
        let context = Context {
            caller: Arc::new(Caller::service(crate::NAME, &organization)),
            method: method.into(),
            trace: String::new(),
            clock: Arc::clone(clock),
            roles: Arc::default(),
        };
        let name = format!("organizations/{organization}/selectors/{id}");
        match deleting {
            true => drop(clear::start(&registry.database, context, name)),
            false => build::start(&registry.database, context, name),
        }
    }
    Ok(())
}

// === The API ===

impl Registry {
    /// The selector, once what it selects is being looked for where that is to be done.
    fn building(&self, context: &Context, selector: Selector) -> Selector {
        if selector.state() == State::Building {
            let organization = crate::organization_of(&selector.name);
            let caller = Arc::new(Caller::service(crate::NAME, organization));
            let context = Context { caller, ..context.clone() };
            build::start(&self.database, context, selector.name.clone());
        }
        selector
    }

    /// Deletes a selector, and waits for it a while.
    async fn delete_selector(&self, context: &Context, name: &str, etag: &str) -> Outcome<()> {
        let mark = |_: &Context, _: &Selector, new: &mut Selector| {
            new.set_state(State::Deleting);
            Ok(())
        };
        let selector = self.selectors.change(context, name, etag, mark).await?;
        let gone = clear::start(&self.database, context.clone(), selector.name);
        tokio::select! {
            // Where someone else clears it, or it cannot be done now, it is gone later.
            _ = gone => {}
            () = context.clock.until(context.clock.now().saturating_add(WAIT)) => {}
        }
        Ok(())
    }

    async fn summarize_selector(&self, context: &Context, name: &str) -> Outcome<SummarizeSelectorResponse> {
        let selector = self.selectors.get(context, name).await?;
        let organization = crate::organization_of(&selector.name);
        let mut sql = self.database.sql("SELECT COUNT(*) FROM selector_membership WHERE organization = ");
        sql.bind(organization).push(" AND selector = ").bind(selector.name.as_str());
        let row = self.database.row(sql).await?;
        let assets = row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        Ok(SummarizeSelectorResponse {
            assets,
            types: self.counted("a.type", &selector.name, 1000).await?,
            grades: self.counted("CAST(a.grade AS TEXT)", &selector.name, 100).await?,
            sites: self.counted("a.site", &selector.name, 20).await?,
        })
    }

    async fn counted(&self, by: &str, selector: &str, most: i64) -> Outcome<Vec<Count>> {
        let organization = crate::organization_of(selector);
        let from = format!("organizations/{organization}/assets/").len() + 1;
        let mut sql = self.database.sql(format!(
            "SELECT {by}, COUNT(*) FROM selector_membership m JOIN asset a ON a.organization = m.organization \
             AND a.id = SUBSTR(m.asset, {from}) WHERE m.organization = "
        ));
        sql.bind(organization).push(" AND m.selector = ").bind(selector);
        sql.push(&format!(" GROUP BY {by} ORDER BY 2 DESC, 1 LIMIT {most}"));
        let rows = self.database.rows(sql).await?;
        let count = |row: &sea_orm::QueryResult| {
            Ok(Count {
                key: row.try_get_by_index(0).map_err(Fault::defect)?,
                count: row.try_get_by_index(1).map_err(Fault::defect)?,
            })
        };
        rows.iter().map(count).collect()
    }
}

/// All memberships, for those who hold no [`Registry`].
fn memberships(tx: &Transaction) -> Collection<SelectorMemberships> {
    Collection::new(tx.database().clone())
}

#[tonic::async_trait]
impl SelectorService for Registry {
    async fn create_selector(&self, request: Request<CreateSelectorRequest>) -> Result<Response<Selector>, Status> {
        let (context, r) = open(request)?;
        let made = self.selectors.create(&context, &r.parent, &r.selector_id, r.selector).await;
        reply(made.map(|selector| self.building(&context, selector)))
    }

    async fn get_selector(&self, request: Request<GetSelectorRequest>) -> Result<Response<Selector>, Status> {
        self.selectors.serve_get(request).await
    }

    async fn list_selectors(
        &self,
        request: Request<ListSelectorsRequest>,
    ) -> Result<Response<ListSelectorsResponse>, Status> {
        self.selectors.serve_list(request).await
    }

    async fn update_selector(&self, request: Request<UpdateSelectorRequest>) -> Result<Response<Selector>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let changed = self.selectors.update(&context, r.selector, r.update_mask).await;
        reply(changed.map(|selector| self.building(&context, selector)))
    }

    async fn delete_selector(&self, request: Request<DeleteSelectorRequest>) -> Result<Response<()>, Status> {
        let (context, r) = open(request)?;
        reply(self.delete_selector(&context, &r.name, &r.etag).await)
    }

    async fn summarize_selector(
        &self,
        request: Request<SummarizeSelectorRequest>,
    ) -> Result<Response<SummarizeSelectorResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.summarize_selector(&context, &r.name).await)
    }

    async fn get_selector_membership(
        &self,
        request: Request<GetSelectorMembershipRequest>,
    ) -> Result<Response<SelectorMembership>, Status> {
        self.selector_memberships.serve_get(request).await
    }

    async fn list_selector_memberships(
        &self,
        request: Request<ListSelectorMembershipsRequest>,
    ) -> Result<Response<ListSelectorMembershipsResponse>, Status> {
        self.selector_memberships.serve_list(request).await
    }
}
