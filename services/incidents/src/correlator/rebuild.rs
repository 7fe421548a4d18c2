//! How an engine comes to know what was decided before it was there: after a restart, by another replica, or by other rules.

use std::collections::{BTreeMap, BTreeSet};

use correlate::{Alarm, CaseId, Origin, Severity};
use fault::{Fault, Outcome};
use sea_orm::QueryResult;
use store::Transaction;

use super::{Correlator, Standing};
use crate::correlation_book;
use crate::estate::text;

/// Signals of one kind about one device, as they are kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Episode {
    /// The device, as the engine knows it.
    pub(crate) device: String,
    /// The kind.
    pub(crate) kind: String,
    /// Who said it last.
    pub(crate) source: String,
    /// The probable cause that was named.
    pub(crate) cause: String,
    /// The number of the case.
    pub(crate) case: i64,
    /// When it was last raised, in microseconds since 1970.
    pub(crate) last: i64,
    /// What caused it.
    pub(crate) origin: Option<(String, String)>,
}

const COLUMNS: &str = "device, kind, source, cause, case_number, last, cause_device, cause_kind";

impl Episode {
    /// What it is known by.
    fn key(&self) -> String {
        format!("{}\n{}", self.device, self.kind)
    }

    fn read(row: &QueryResult) -> Outcome<Self> {
        let number = |index: usize| row.try_get_by_index::<i64>(index).map_err(Fault::defect);
        let origin = (text(row, 6)?, text(row, 7)?);
        Ok(Self {
            device: text(row, 0)?,
            kind: text(row, 1)?,
            source: text(row, 2)?,
            cause: text(row, 3)?,
            case: number(4)?,
            last: number(5)?,
            origin: Some(origin).filter(|(_, kind)| !kind.is_empty()),
        })
    }

    /// Tells an engine of it.
    fn recall(self, engine: &mut correlate::Engine) -> Outcome<()> {
        let alarm = Alarm {
            source: self.source,
            id: String::new(),
            at: jiff::Timestamp::from_microsecond(self.last).map_err(Fault::defect)?,
            device: self.device,
            kind: self.kind,
            cause: self.cause,
            severity: Severity::Indeterminate,
        };
        let cause = self.origin.map(|(device, kind)| Origin { device, kind });
        engine.recall(&alarm, CaseId(u64::try_from(self.case).unwrap_or_default()), cause.as_ref());
        Ok(())
    }
}

impl Correlator {
    /// Brings what is remembered in step with what is written; nothing remembered begins anew.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(crate) async fn in_step(
        remembered: Option<Self>,
        tx: &mut Transaction,
        organization: &str,
        standing: Standing,
    ) -> Outcome<Self> {
        let same = |one: &Self| one.standing.generation == standing.generation && !one.is_full();
        let (mut correlator, since) = match remembered.filter(same) {
            Some(one) if one.standing == standing => return Ok(one),
            Some(one) => {
                let since = one.standing.position;
                (one, since)
            }
            None => (Self::new(correlation_book::rules(tx, organization).await?, standing), -1),
        };
        let episodes = correlator.episodes(tx, organization, since).await?;
        let devices: BTreeSet<&str> = episodes.iter().map(|one| one.device.as_str()).collect();
        correlator.surround(tx, organization, &devices).await?;
        for episode in episodes {
            episode.recall(&mut correlator.engine)?;
        }
        correlator.standing = standing;
        correlator.engine.number_after(CaseId(u64::try_from(standing.last_case).unwrap_or_default()));
        Ok(correlator)
    }

    /// The episodes that were written after a portion and are not too long ago, in the order of time.
    async fn episodes(&self, tx: &mut Transaction, organization: &str, since: i64) -> Outcome<Vec<Episode>> {
        let mut sql = tx.sql("SELECT COALESCE(MAX(last), 0) FROM signal_episode WHERE organization = ");
        sql.bind(organization);
        let latest = tx.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0).map_err(Fault::defect))?;
        let mut sql = tx.sql(format!("SELECT {COLUMNS} FROM signal_episode WHERE organization = "));
        sql.bind(organization).push(" AND position > ").bind(since);
        sql.push(" AND last >= ").bind(latest.saturating_sub(self.horizon)).push(" ORDER BY last, key");
        tx.rows(sql).await?.iter().map(Episode::read).collect()
    }

    /// Writes the episodes of a portion, and at times forgets those that no rule looks at any more.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(crate) async fn keep(
        &self,
        tx: &mut Transaction,
        organization: &str,
        position: i64,
        episodes: Vec<Episode>,
    ) -> Outcome<()> {
        const SWEEP: i64 = 256;
        let Some(latest) = episodes.iter().map(|one| one.last).max() else { return Ok(()) };
        let by_key: BTreeMap<String, Episode> = episodes.into_iter().map(|one| (one.key(), one)).collect();
        let keys: Vec<&str> = by_key.keys().map(String::as_str).collect();
        let mut sql = tx.sql("DELETE FROM signal_episode WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("key", &keys);
        tx.run(sql).await?;
        if position % SWEEP == 0 {
            let mut sql = tx.sql("DELETE FROM signal_episode WHERE organization = ");
            sql.bind(organization).push(" AND last < ").bind(latest.saturating_sub(self.horizon));
            tx.run(sql).await?;
        }
        let row = |(key, one): (String, Episode)| {
            let (cause_device, cause_kind) = one.origin.unwrap_or_default();
            vec![
                organization.into(),
                key.into(),
                one.device.into(),
                one.kind.into(),
                one.source.into(),
                one.cause.into(),
                one.case.into(),
                one.last.into(),
                cause_device.into(),
                cause_kind.into(),
                position.into(),
            ]
        };
        let columns: Vec<&str> =
            ["organization", "key"].into_iter().chain(COLUMNS.split(", ")).chain(["position"]).collect();
        tx.insert("signal_episode", &columns, by_key.into_iter().map(row).collect()).await
    }
}

/// Says that the episodes of a case are those of another.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn hand_over(
    tx: &mut Transaction,
    organization: &str,
    (from, into): (i64, i64),
    position: i64,
) -> Outcome<()> {
    let mut sql = tx.sql("UPDATE signal_episode SET case_number = ");
    sql.bind(into).push(", position = ").bind(position).push(" WHERE organization = ").bind(organization);
    sql.push(" AND case_number = ").bind(from);
    tx.run(sql).await.map(drop)
}

/// Forgets the episodes of a case: what is raised next belongs to another.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn forget(tx: &mut Transaction, organization: &str, case: i64) -> Outcome<()> {
    let mut sql = tx.sql("DELETE FROM signal_episode WHERE organization = ");
    sql.bind(organization).push(" AND case_number = ").bind(case);
    tx.run(sql).await.map(drop)
}
