//! The first look through all assets when a selector is new or its filter changed, in portions, while others go on writing.
//!
//! Every write that begins after the selector is committed already holds its assets against it. So it is enough to wait for
//! those that began before (as PostgreSQL does when it builds an index beside writers), and then to look through what is there,
//! each portion locked against change while it is compared. On SQLite there is one writer, so there is nobody to wait for.

use std::time::Duration;

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Database, Dialect, Transaction};
use tracing::Instrument as _;
use wire::assets::v1::Selector;
use wire::assets::v1::selector::State;

use super::follow;
use crate::asset::Assets;
use crate::{Registry, id_of, organization_of};

/// How many assets are looked at in one transaction.
const PORTION: i64 = 1000;
/// How long to wait after a failure, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(60));
/// How often to ask whether writes that began before have ended.
const POLL: Duration = Duration::from_millis(20);

/// Builds a selector in a task of its own, and tries again until it succeeds or the selector is gone.
pub(super) fn start(database: &Database, context: Context, name: String) {
    let registry = Registry::new(database);
    let work = async move {
        let mut pause = PAUSE.0;
        while let Err(fault) = build(&registry, &context, &name).await {
            tracing::warn!(selector = name, reason = fault.reason(), "building a selector failed: {}", fault.message());
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    };
    tokio::spawn(work.in_current_span());
}

/// One build: of the selector, as it was when the build began.
struct Build<'a> {
    registry: &'a Registry,
    context: &'a Context,
    selector: Selector,
}

async fn build(registry: &Registry, context: &Context, name: &str) -> Outcome<()> {
    let found = registry.selectors.find(organization_of(name), |sql| {
        sql.push("id = ").bind(id_of(name));
    });
    let Some(selector) = found.await?.into_iter().next() else { return Ok(()) };
    older_writes_end(&registry.database).await?;
    let build = Build { registry, context, selector };
    if build.enter().await? && build.leave().await? {
        let mut tx = registry.database.begin(context).await?;
        if build.stands(&mut tx).await? {
            let ready = |_: &Context, _: &Selector, new: &mut Selector| {
                new.set_state(State::Ready);
                Ok(())
            };
            registry.selectors.change_in(&mut tx, name, "", ready).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Returns when every transaction that is under way now has ended.
async fn older_writes_end(database: &Database) -> Outcome<()> {
    if database.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let now = database.row(database.sql("SELECT CAST(clock_timestamp() AS TEXT)")).await?;
    let now: String = now.ok_or_else(|| Fault::defect("no time"))?.try_get_by_index(0).map_err(Fault::defect)?;
    loop {
        let mut sql = database.sql(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND backend_type = 'client backend' AND state <> 'idle' AND xact_start < CAST(",
        );
        sql.bind(now.as_str()).push(" AS timestamptz)");
        let row = database.row(sql).await?;
        let under_way: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        if under_way == 0 {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

impl Build<'_> {
    fn organization(&self) -> &str {
        organization_of(&self.selector.name)
    }

    /// Whether the selector is still to be built as it was: another filter is another build's.
    async fn stands(&self, tx: &mut Transaction) -> Outcome<bool> {
        let mut sql = tx.sql("SELECT 1 FROM selector WHERE organization = ");
        sql.bind(self.organization()).push(" AND id = ").bind(id_of(&self.selector.name));
        sql.push(" AND state = 'BUILDING' AND filter = ").bind(self.selector.filter.as_str());
        if tx.database().dialect() == Dialect::Postgres {
            sql.push(" FOR NO KEY UPDATE");
        }
        Ok(tx.row(sql).await?.is_some())
    }

    /// Makes every asset a member that the filter selects; false where the build is overtaken.
    async fn enter(&self) -> Outcome<bool> {
        let mut after = String::new();
        loop {
            let mut tx = self.registry.database.begin(self.context).await?.bulk();
            if !self.stands(&mut tx).await? {
                tx.undo().await?;
                return Ok(false);
            }
            let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
            sql.bind(self.organization()).push(" AND id > ").bind(after.as_str()).push(" AND ");
            Collection::<Assets>::matching(self.organization(), &self.selector.filter, "filter", &mut sql)?;
            sql.push(" ORDER BY id LIMIT ").bind(PORTION);
            held(&mut sql);
            let ids = ids(&mut tx, sql).await?;
            let prefix = format!("organizations/{}/assets/", self.organization());
            let pairs = ids.iter().map(|id| (self.selector.name.clone(), format!("{prefix}{id}"))).collect();
            follow::enter(&mut tx, self.organization(), pairs).await?;
            tx.commit().await?;
            match ids.into_iter().last() {
                Some(last) => after = last,
                None => return Ok(true),
            }
        }
    }

    /// Ends every membership of an asset that the filter does not select any more; false where the build is overtaken.
    async fn leave(&self) -> Outcome<bool> {
        let mut after = String::new();
        loop {
            let mut tx = self.registry.database.begin(self.context).await?.bulk();
            if !self.stands(&mut tx).await? {
                tx.undo().await?;
                return Ok(false);
            }
            let members = self.members(&mut tx, &after).await?;
            let Some((last, _)) = members.last() else {
                tx.undo().await?;
                return Ok(true);
            };
            after.clone_from(last);
            let assets: Vec<&str> = members.iter().map(|(_, asset)| id_of(asset)).collect();
            let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
            sql.bind(self.organization()).push(" AND ").is_in("id", &assets).push(" ORDER BY id");
            held(&mut sql);
            tx.rows(sql).await?;
            let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
            sql.bind(self.organization()).push(" AND ").is_in("id", &assets).push(" AND ");
            Collection::<Assets>::matching(self.organization(), &self.selector.filter, "filter", &mut sql)?;
            let stay: std::collections::HashSet<String> = ids(&mut tx, sql).await?.into_iter().collect();
            let gone = members.into_iter().filter(|(_, asset)| !stay.contains(id_of(asset)));
            let gone = gone.map(|(_, asset)| (self.selector.name.clone(), asset)).collect();
            follow::leave(&mut tx, self.organization(), gone).await?;
            tx.commit().await?;
        }
    }

    /// The next memberships: their ids and the assets.
    async fn members(&self, tx: &mut Transaction, after: &str) -> Outcome<Vec<(String, String)>> {
        let mut sql = tx.sql("SELECT id, asset FROM selector_membership WHERE organization = ");
        sql.bind(self.organization()).push(" AND selector = ").bind(self.selector.name.as_str());
        sql.push(" AND id > ").bind(after).push(" ORDER BY id LIMIT ").bind(PORTION);
        let rows = tx.rows(sql).await?;
        let pair = |row: &sea_orm::QueryResult| {
            Ok((row.try_get_by_index(0).map_err(Fault::defect)?, row.try_get_by_index(1).map_err(Fault::defect)?))
        };
        rows.iter().map(pair).collect()
    }
}

/// Keeps the rows of a read as they are until the transaction ends.
fn held(sql: &mut store::Sql) {
    if sql.dialect() == Dialect::Postgres {
        sql.push(" FOR SHARE");
    }
}

async fn ids(tx: &mut Transaction, sql: store::Sql) -> Outcome<Vec<String>> {
    tx.rows(sql).await?.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}
