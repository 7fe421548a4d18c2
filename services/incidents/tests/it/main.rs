//! The service of incidents as its callers see it, on SQLite and, where a server is at hand, on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

mod case;
mod correlation_book;
mod evidence_item;
mod exchange;
mod incident;
mod lesson;
mod obligation;
mod schema;
mod signal;
mod statute_book;
mod timeline_entry;

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
    let (tables, services) = (::incidents::tables(), ::incidents::services());
    Bench::start_at(clock, ::incidents::NAME, &tables, postgres, &services, |database| async move {
        ::incidents::service(&database, own).await.unwrap()
    })
    .await
}

pub(crate) use testkit::on_every_database;
