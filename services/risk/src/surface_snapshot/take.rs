//! Takes a snapshot: counts and the score of the whole, in a handful of statements however large the surface is.

use std::collections::BTreeMap;

use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::{Collection, Hold, Transaction, timestamp};
use wire::risk::v1::SurfaceSnapshot;

use super::SurfaceSnapshots;
use crate::exposure::{self, score};
use crate::exposure_policy;

/// One snapshot of an organization at a time: each is compared with the one before.
const SNAPSHOTS: i32 = 7_310_682;

/// What is counted of exposures that are not withdrawn.
struct Counted {
    exposures: i32,
    hosts: i32,
    cases: i32,
    score: f64,
}

/// Takes a snapshot of now.
pub(super) async fn take(tx: &mut Transaction, organization: &str) -> Outcome<SurfaceSnapshot> {
    tx.hold(SNAPSHOTS, organization, Hold::Alone).await?;
    let snapshots = Collection::<SurfaceSnapshots>::new(tx.database().clone());
    let before = snapshots
        .select(tx, organization, |sql| {
            sql.push("1 = 1 ORDER BY take_time DESC, id DESC LIMIT 1");
        })
        .await?;
    let counted = counted(tx, organization).await?;
    let severities = exposure::severities(tx, organization).await?;
    let (previous, earlier) = before.first().map(|one| (one.name.clone(), one.score)).unzip();
    // The first one has nothing to have risen from.
    let delta = score::rounded(counted.score - earlier.unwrap_or(counted.score));
    let now = tx.context().clock.now();
    let snapshot = SurfaceSnapshot {
        take_time: timestamp(now),
        exposures_by_state: by_state(tx, organization).await?,
        exposures: counted.exposures,
        hosts: counted.hosts,
        cases: counted.cases,
        findings_by_severity: severities.by_severity,
        overdue_findings: severities.overdue,
        score: counted.score,
        previous: previous.unwrap_or_default(),
        delta,
        rose: delta > 0.0,
        taker: tx.context().caller.subject.clone(),
        ..Default::default()
    };
    let made = snapshots.create_in(tx, organization, vec![(id(now), snapshot)]).await?;
    made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))
}

/// When it was taken, in letters that an id may have and that are in the order of time.
fn id(now: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y%m%d-%H%M%S-%6f").to_string()
}

fn number(row: &QueryResult, at: usize) -> Outcome<i32> {
    let number: i64 = row.try_get_by_index(at).map_err(Fault::defect)?;
    Ok(i32::try_from(number).unwrap_or(i32::MAX))
}

async fn by_state(tx: &mut Transaction, organization: &str) -> Outcome<BTreeMap<String, i32>> {
    let mut sql = tx.sql("SELECT state, COUNT(*) FROM exposure WHERE organization = ");
    sql.bind(organization).push(" GROUP BY state");
    let rows = tx.rows(sql).await?;
    let mut counts = BTreeMap::new();
    for row in &rows {
        let state: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        counts.insert(state, number(row, 1)?);
    }
    Ok(counts)
}

/// Counts what is reachable, and weighs its scores by the values of assets.
async fn counted(tx: &mut Transaction, organization: &str) -> Outcome<Counted> {
    let policy = exposure_policy::active(tx, organization).await?;
    let prefix = i64::try_from(format!("organizations/{organization}/assets/").chars().count()).unwrap_or_default();
    let mut sql = tx.sql("SELECT COUNT(*), COUNT(DISTINCT CASE WHEN ip = '' THEN fqdn ELSE ip END), ");
    sql.push("COUNT(CASE WHEN case_raised > 0 THEN 1 END), COALESCE(SUM(worth * score), 0.0), COALESCE(SUM(worth), 0.0) FROM (");
    sql.push("SELECT e.ip, e.fqdn, e.score, e.case_raised, ");
    sql.push("CASE WHEN t.value > 0 THEN t.value ELSE CAST(").bind(policy.unknown_value);
    sql.push(" AS DOUBLE PRECISION) END AS worth FROM exposure e LEFT JOIN estate_thing t ON t.organization = ");
    sql.bind(organization).push(" AND t.kind = 'asset' AND t.id = substr(e.asset, CAST(").bind(prefix + 1);
    sql.push(" AS INTEGER)) WHERE e.organization = ")
        .bind(organization)
        .push(" AND e.state <> 'WITHDRAWN') AS reachable");
    let Some(row) = tx.row(sql).await? else { return Err(Fault::defect("a count gave no row")) };
    let real = |at| row.try_get_by_index::<f64>(at).map_err(Fault::defect);
    Ok(Counted {
        exposures: number(&row, 0)?,
        hosts: number(&row, 1)?,
        cases: number(&row, 2)?,
        score: score::surface(real(3)?, real(4)?),
    })
}
