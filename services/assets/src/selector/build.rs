//! The first look through all assets when a selector is new or its filter changed, in portions, while others go on writing.
//!
//! Every write that begins after the selector is committed already holds its assets against it. So it is enough to wait for
//! those that began before (as PostgreSQL does when it builds an index beside writers), and then to look through what is there,
//! each portion locked against change while it is compared. On SQLite there is one writer, so there is nobody to wait for.
//!
//! A write that lets values flow claims assets in an order of its own. So the build waits for an asset only while it holds no
//! other, passes over what others hold, and comes back to it.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
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
/// How long to wait after a failure, at first and at most, in microseconds.
pub(super) const PAUSE: (i64, i64) = (200_000, 60_000_000);
/// How long to wait before asking again whether writes that began before have ended, at first and at most. Not by the
/// service's clock: however it is turned, the database's other sessions go on at their own pace.
const POLL: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// The selectors that this process builds, each in a database.
static UNDER_WAY: LazyLock<Mutex<HashSet<(String, String)>>> = LazyLock::new(Mutex::default);

/// Builds a selector in a task of its own, and again until it is READY as it stands, or gone. One task a selector.
pub(super) fn start(database: &Database, context: Context, name: String) {
    let registry = Registry::new(database);
    let key = (database.identity().to_owned(), name.clone());
    if !UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
        return;
    }
    let work = async move {
        let mut pause = PAUSE.0;
        loop {
            match build(&registry, &context, &name).await {
                Ok(true) if let_go(&registry, &key).await => return,
                Ok(_) => {}
                Err(fault) => {
                    let (reason, message) = (fault.reason(), fault.message());
                    tracing::warn!(selector = name, reason, "building a selector failed: {message}");
                    context.clock.until(context.clock.now().saturating_add(pause)).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
    };
    tokio::spawn(work.in_current_span());
}

/// Ends a task, unless there is something to build again: whoever changed the selector just before found the task under way.
async fn let_go(registry: &Registry, key: &(String, String)) -> bool {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    // Where it cannot be asked, the look of every minute asks again.
    let building = matches!(building(registry, &key.1).await, Ok(Some(_)));
    !(building && UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()))
}

/// The selector, where it is to be built.
async fn building(registry: &Registry, name: &str) -> Outcome<Option<Selector>> {
    let found = registry.selectors.find(organization_of(name), |sql| {
        sql.push("state = 'BUILDING' AND id = ").bind(id_of(name));
    });
    Ok(found.await?.into_iter().next())
}

/// One build: of the selector, as it was when the build began.
struct Build<'a> {
    registry: &'a Registry,
    context: &'a Context,
    selector: Selector,
}

/// Gives whether there is nothing left to build: the selector is READY, or gone.
async fn build(registry: &Registry, context: &Context, name: &str) -> Outcome<bool> {
    let Some(selector) = building(registry, name).await? else { return Ok(true) };
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
    // Looked at once more: it may have changed meanwhile, and whoever changed it found this task under way.
    Ok(false)
}

/// Returns when every transaction that is under way now has ended.
pub(super) async fn older_writes_end(database: &Database) -> Outcome<()> {
    if database.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let now = database.row(database.sql("SELECT CAST(clock_timestamp() AS TEXT)")).await?;
    let now: String = now.ok_or_else(|| Fault::defect("no time"))?.try_get_by_index(0).map_err(Fault::defect)?;
    let mut pause = POLL.0;
    loop {
        // Who has not written yet reads the selectors after it has, and finds this one.
        let mut sql = database.sql(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND backend_type = 'client backend' AND backend_xid IS NOT NULL AND xact_start < CAST(",
        );
        sql.bind(now.as_str()).push(" AS timestamptz)");
        let row = database.row(sql).await?;
        let under_way: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))?;
        if under_way == 0 {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(POLL.1);
    }
}

impl Build<'_> {
    fn organization(&self) -> &str {
        organization_of(&self.selector.name)
    }

    /// The version that the build is of.
    fn version(&self) -> i64 {
        self.selector.etag.trim_matches('"').parse().unwrap_or_default()
    }

    /// Whether the selector is still what it was when the build began: once it changed, writes may have followed another
    /// filter meanwhile, even if this one is back.
    async fn stands(&self, tx: &mut Transaction) -> Outcome<bool> {
        let mut sql = tx.sql("SELECT 1 FROM selector WHERE organization = ");
        sql.bind(self.organization()).push(" AND id = ").bind(id_of(&self.selector.name));
        sql.push(" AND state = 'BUILDING' AND version = ").bind(self.version());
        if tx.database().dialect() == Dialect::Postgres {
            sql.push(" FOR NO KEY UPDATE");
        }
        Ok(tx.row(sql).await?.is_some())
    }

    /// Makes every asset a member that the filter selects; false where the build is overtaken.
    async fn enter(&self) -> Outcome<bool> {
        let prefix = format!("organizations/{}/assets/", self.organization());
        let (mut after, mut left) = (String::new(), Vec::new());
        loop {
            let mut tx = self.registry.database.begin(self.context).await?.bulk();
            if !self.stands(&mut tx).await? {
                tx.undo().await?;
                return Ok(false);
            }
            if left.is_empty() {
                let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
                sql.bind(self.organization()).push(" AND id > ").bind(after.as_str());
                sql.push(" ORDER BY id LIMIT ").bind(PORTION);
                left = ids(&mut tx, sql).await?;
                let Some(last) = left.last() else {
                    tx.undo().await?;
                    return Ok(true);
                };
                after.clone_from(last);
            }
            let held = self.hold(&mut tx, &left).await?;
            let (now, later) = std::mem::take(&mut left).into_iter().partition(|id| held.contains(id));
            left = later;
            let found = self.matching(&mut tx, &now).await?;
            let pairs = found.iter().map(|id| (self.selector.name.clone(), format!("{prefix}{id}"))).collect();
            follow::enter(&mut tx, self.organization(), pairs).await?;
            tx.commit().await?;
        }
    }

    /// Ends every membership of an asset that the filter does not select any more; false where the build is overtaken.
    async fn leave(&self) -> Outcome<bool> {
        let prefix = format!("organizations/{}/assets/", self.organization());
        let (mut after, mut left) = (String::new(), Vec::new());
        loop {
            let mut tx = self.registry.database.begin(self.context).await?.bulk();
            if !self.stands(&mut tx).await? {
                tx.undo().await?;
                return Ok(false);
            }
            if left.is_empty() {
                let members = self.members(&mut tx, &after).await?;
                let Some((last, _)) = members.last() else {
                    tx.undo().await?;
                    return Ok(true);
                };
                after.clone_from(last);
                left = members.iter().map(|(_, asset)| id_of(asset).to_owned()).collect();
            }
            let held = self.hold(&mut tx, &left).await?;
            let (now, later) = std::mem::take(&mut left).into_iter().partition(|id| held.contains(id));
            left = later;
            let stay: HashSet<String> = self.matching(&mut tx, &now).await?.into_iter().collect();
            let gone = now.iter().filter(|id| !stay.contains(*id));
            let gone = gone.map(|id| (self.selector.name.clone(), format!("{prefix}{id}"))).collect();
            follow::leave(&mut tx, self.organization(), gone).await?;
            tx.commit().await?;
        }
    }

    /// Keeps assets as they are until the transaction ends: the first, waiting for it, and of the others those that nobody else
    /// holds. Gives which; the first also where it is gone, so that the rest gets shorter each time.
    async fn hold(&self, tx: &mut Transaction, assets: &[String]) -> Outcome<HashSet<String>> {
        let Some((first, others)) = assets.split_first() else { return Ok(HashSet::new()) };
        if tx.database().dialect() == Dialect::Sqlite {
            return Ok(assets.iter().cloned().collect());
        }
        let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
        sql.bind(self.organization()).push(" AND id = ").bind(first.as_str()).push(" FOR SHARE");
        tx.rows(sql).await?;
        let mut held = HashSet::from([first.clone()]);
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
            sql.bind(self.organization()).push(" AND ").is_in("id", &others).push(" FOR SHARE SKIP LOCKED");
            held.extend(ids(tx, sql).await?);
        }
        Ok(held)
    }

    /// Which of the assets the filter selects. Asked after they are held, in a statement of its own, so that it sees them, and
    /// what stands beside them, as they will stay.
    async fn matching(&self, tx: &mut Transaction, assets: &[String]) -> Outcome<Vec<String>> {
        if assets.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<&str> = assets.iter().map(String::as_str).collect();
        let mut sql = tx.sql("SELECT id FROM asset WHERE organization = ");
        sql.bind(self.organization()).push(" AND ").is_in("id", &wanted).push(" AND ");
        Collection::<Assets>::matching(self.organization(), &self.selector.filter, "filter", &mut sql)?;
        ids(tx, sql).await
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

async fn ids(tx: &mut Transaction, sql: store::Sql) -> Outcome<Vec<String>> {
    tx.rows(sql).await?.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}
