//! The end of an import: what was looked for and not seen has been missed, and the scan is kept.

use std::collections::BTreeSet;

use fault::{Fault, Outcome};
use store::{Choice as _, Hold, Transaction, micros};
use wire::risk::v1::exposure::State;
use wire::risk::v1::exposure_drift::Kind;
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::{Exposure, ExposureDrift, ImportExposuresResponse, ScanRun};

use super::{IMPORTS, MOST_KEPT, Session, count, known, what};
use crate::exposure::reconcile::text;
use crate::exposure::{host, rules};
use crate::exposure_policy;

/// How many prefixes one statement looks into.
const PREFIXES: usize = 200;

impl Session<'_> {
    /// Ends the import.
    pub(super) async fn close(mut self) -> Outcome<ImportExposuresResponse> {
        let registry = self.registry;
        let mut tx = registry.database.begin(self.context).await?;
        tx.hold(IMPORTS, &self.organization, Hold::Alone).await?;
        let same = registry.scan_runs.load(&mut tx, &self.organization, &[&self.id]).await?;
        if let Some(run) = same.into_iter().next() {
            // Another import of the same scan was faster.
            tx.undo().await?;
            return Ok(known(run, self.answer.read));
        }
        self.miss(&mut tx).await?;
        let run = self.run();
        let made = registry.scan_runs.create_in(&mut tx, &self.organization, vec![(self.id.clone(), run)]).await?;
        tx.commit().await?;
        self.answer.scan_run = made.into_iter().next();
        Ok(self.answer)
    }

    /// The scan, as it is kept.
    fn run(&mut self) -> ScanRun {
        self.counts.hosts = count(self.hosts.len());
        self.counts.rejected = self.answer.rejected;
        let start = &self.start;
        ScanRun {
            engine: start.engine.clone(),
            engine_version: start.engine_version.clone(),
            arguments: start.arguments.clone(),
            scope: start.scope.clone(),
            scan_time: start.scan_time,
            source: start.source.clone(),
            source_digest: start.source_digest.clone(),
            importer: self.context.caller.subject.clone(),
            counts: Some(self.counts),
            drifts: std::mem::take(&mut self.drifts),
            drift_count: self.drift_count,
            rejected_records: self.answer.rejected_records.iter().take(MOST_KEPT).cloned().collect(),
            ..Default::default()
        }
    }

    /// Counts a miss to what lies in the scope and was not seen, and takes what missed too many to be gone.
    async fn miss(&mut self, tx: &mut Transaction) -> Outcome<()> {
        let mut missed = self.unseen_ports(tx).await?;
        missed.extend(self.unseen_names(tx).await?);
        let policy = exposure_policy::active(tx, &self.organization).await?;
        let (now, time) = (tx.context().clock.now(), micros(self.start.scan_time.as_ref()));
        let (name, scan_time) = (self.name.as_str(), self.start.scan_time);
        let (mut missing, mut gone) = (0_i32, Vec::new());
        let rule = |old: &Exposure, new: &mut Exposure| {
            if micros(old.last_seen.as_ref()).max(micros(old.last_missed_time.as_ref())) >= time {
                return;
            }
            missing = missing.saturating_add(1);
            new.missed_scans = old.missed_scans.saturating_add(1);
            new.last_missed_time = scan_time;
            if new.missed_scans >= policy.stale_scans {
                new.stale = true;
                let why = format!("{} scans in a row did not see it", new.missed_scans);
                rules::enter(new, State::Withdrawn, &why, now);
                let drift = ExposureDrift {
                    kind: Kind::Gone.into(),
                    exposure: new.name.clone(),
                    scan_run: name.to_owned(),
                    time: scan_time,
                    before: what(new),
                    after: String::new(),
                };
                rules::note(new, drift.clone());
                gone.push(drift);
            }
        };
        let ids: Vec<&str> = missed.iter().map(String::as_str).collect();
        self.registry.exposures.change_many(tx, &self.organization, &ids, rule).await?;
        self.counts.missing = missing;
        self.counts.stale = count(gone.len());
        gone.into_iter().for_each(|drift| self.note(drift));
        Ok(())
    }

    /// The ids of ports in the scope that were not seen.
    async fn unseen_ports(&self, tx: &mut Transaction) -> Outcome<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        if !self.scope.has_ports() {
            return Ok(found);
        }
        let time = micros(self.start.scan_time.as_ref());
        for portion in self.scope.prefixes.chunks(PREFIXES) {
            let mut sql = tx.sql("SELECT e.id, e.protocol, e.port FROM exposure_address a JOIN exposure e ");
            sql.push("ON e.organization = a.organization AND e.id = a.id WHERE a.organization = ");
            sql.bind(self.organization.as_str()).push(" AND e.state <> 'WITHDRAWN' AND e.port > 0 AND e.last_seen < ");
            sql.bind(time).push(" AND (");
            for (at, (first, last)) in portion.iter().map(host::range).enumerate() {
                sql.push(if at > 0 { " OR (a.value >= " } else { "(a.value >= " }).bind(first);
                sql.push(" AND a.value <= ").bind(last).push(")");
            }
            sql.push(")");
            for row in tx.rows(sql).await? {
                let protocol = text(&row, 1)?;
                let protocol =
                    [Protocol::Tcp, Protocol::Udp, Protocol::Sctp].into_iter().find(|one| one.text() == protocol);
                let port: i64 = row.try_get_by_index(2).map_err(Fault::defect)?;
                let port = i32::try_from(port).unwrap_or_default();
                if protocol.is_some_and(|protocol| self.scope.has_port(protocol, port)) {
                    found.insert(text(&row, 0)?);
                }
            }
        }
        Ok(found)
    }

    /// The ids of names in the scope that were not seen, of those that this engine has shown before: a log of certificates does not show
    /// what the DNS does.
    async fn unseen_names(&self, tx: &mut Transaction) -> Outcome<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        if self.scope.domains.is_empty() {
            return Ok(found);
        }
        let mut sql = tx.sql("SELECT e.id, e.fqdn FROM exposure_source s JOIN exposure e ");
        sql.push("ON e.organization = s.organization AND e.id = s.id WHERE s.organization = ");
        sql.bind(self.organization.as_str()).push(" AND s.value = ").bind(self.start.engine.as_str());
        sql.push(" AND e.state <> 'WITHDRAWN' AND e.port = 0 AND e.last_seen < ");
        sql.bind(micros(self.start.scan_time.as_ref()));
        for row in tx.rows(sql).await? {
            if self.scope.has_name(&text(&row, 1)?) {
                found.insert(text(&row, 0)?);
            }
        }
        Ok(found)
    }
}
