//! The service of risks as its callers see it, on SQLite and, where a server is at hand, on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod acceptance;
mod advisory;
mod exposure;
mod finding;
mod insurance;
mod matching;
mod quantification;
mod reaction;
mod register;
mod risk;
mod risk_criteria;
mod risk_method;
mod risk_profile;
mod schema;
mod source;
mod threat;
mod treatment;
mod trend;
mod vulnerability;

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
    Bench::start_at(clock, ::risk::NAME, &::risk::tables(), postgres, &::risk::services(), |database| async move {
        ::risk::service(&database, own).await.unwrap()
    })
    .await
}

pub(crate) use testkit::on_every_database;
