//! Advisories: what makers and coordinators say of their products (CSAF 2.0), VEX among them.
//!
//! They come by import alone (`advisory/import.rs`). What one says is known not to be affected makes findings of these products NOT_AFFECTED
//! (`advisory/vex.rs`): when the advisory comes, and when findings are matched.

mod import;
pub(crate) mod vex;

use std::collections::BTreeSet;
use std::sync::Arc;

use access::Context;
use fault::Outcome;
use store::{Rules, Side};
use tonic::{Request, Response, Status, Streaming};
use wire::risk::v1::advisory::Tlp;
use wire::risk::v1::advisory_service_server::AdvisoryService;
use wire::risk::v1::{
    Advisory, DeleteAdvisoryRequest, GetAdvisoryRequest, ImportAdvisoriesRequest, ImportAdvisoriesResponse,
    ListAdvisoriesRequest, ListAdvisoriesResponse,
};

use crate::Registry;

/// How many names of makers and products are kept for filters.
const MOST_NAMES: usize = 500;

/// The longest of them.
const MOST_LETTERS: usize = 160;

// === The table ===

/// All advisories.
pub struct Advisories;

impl store::Resource for Advisories {
    type Message = Advisory;
    const TABLE: &'static str = "advisory";
    const COLLECTION: &'static str = "advisories";

    fn columns() -> &'static [store::Column<Advisory>] {
        store::columns![Advisory;
            tracking_id: text order, title: text order search, category: text, publisher: text, tlp: choice(Tlp),
            status: text, release_time: time order,
        ]
    }

    fn sides() -> &'static [Side<Advisory>] {
        store::sides![Advisory;
            vulnerabilities: set "advisory_vulnerability", vendors: set "advisory_vendor", products: set "advisory_product",
            product_tree(maker, product): own "advisory_subject" = vex::subjects => (product_tree),
        ]
    }

    store::head!(Advisory; vulnerabilities, vendors, products);
}

// === The rules ===

impl Rules for Advisories {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Advisory) -> Outcome<()> {
        derive(new);
        Ok(())
    }
}

/// What follows from the rest.
fn derive(one: &mut Advisory) {
    let first = |names: BTreeSet<String>| names.into_iter().take(MOST_NAMES).collect();
    let small = |name: &str| name.trim().to_lowercase().chars().take(MOST_LETTERS).collect::<String>();
    let named = |names: Vec<&str>| first(names.into_iter().map(small).filter(|name| !name.is_empty()).collect());
    one.vulnerabilities = named(one.statements.iter().map(|said| said.cve.as_str()).collect());
    one.vendors = named(one.product_tree.iter().map(|product| product.vendor.as_str()).collect());
    one.products = named(one.product_tree.iter().map(|product| product.product.as_str()).collect());
}

// === The API ===

/// Serves advisories. Imports hold the registry by themselves.
pub(crate) struct Service(pub(crate) Arc<Registry>);

#[tonic::async_trait]
impl AdvisoryService for Service {
    async fn get_advisory(&self, request: Request<GetAdvisoryRequest>) -> Result<Response<Advisory>, Status> {
        self.0.advisories.serve_get(request).await
    }

    async fn list_advisories(
        &self,
        request: Request<ListAdvisoriesRequest>,
    ) -> Result<Response<ListAdvisoriesResponse>, Status> {
        self.0.advisories.serve_list(request).await
    }

    async fn delete_advisory(&self, request: Request<DeleteAdvisoryRequest>) -> Result<Response<()>, Status> {
        self.0.advisories.serve_delete(request).await
    }

    async fn import_advisories(
        &self,
        request: Request<Streaming<ImportAdvisoriesRequest>>,
    ) -> Result<Response<ImportAdvisoriesResponse>, Status> {
        let context = Context::of(&request)?;
        store::reply(import::import(&self.0, &context, request.into_inner()).await)
    }
}
