//! The service of controls as its callers see it, on SQLite and, where a server is at hand, on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod catalogue;
mod control_test;
mod coverage;
mod evidence;
mod evidence_file;
mod exception;
mod implementation;
mod mapping;
mod oscal;
mod schema;
mod scope;
mod statement;
mod statement_light;

use std::sync::Arc;

use access::SystemClock;
use testkit::Bench;

/// The service, serving.
async fn registry(postgres: Option<&str>) -> Bench {
    registry_at(Arc::new(SystemClock), postgres).await
}

/// The service, serving by a clock.
async fn registry_at(clock: Arc<dyn access::Clock>, postgres: Option<&str>) -> Bench {
    let own = Arc::clone(&clock);
    Bench::start_at(
        clock,
        controls::NAME,
        &controls::tables(),
        postgres,
        &controls::services(),
        |database| async move { controls::service(&database, own).await.unwrap() },
    )
    .await
}

pub(crate) use testkit::on_every_database;
