//! The import of a scan: what was seen is laid over what is known, message by message; at the end what was looked for and not seen has been
//! missed, and the scan is kept as a scan run. A scan that was cut leaves no run, so the same scan again goes on where it was.

mod close;
mod receive;
mod scope;
mod seen;

use std::collections::{BTreeMap, HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use sha2::{Digest as _, Sha256};
use store::{Hold, Resource as _, Transaction, micros};
use tonic::{Code, Streaming};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::exposure_drift::Kind;
use wire::risk::v1::{
    ErrorReason, Exposure, ExposureDrift, ExposureRecord, ImportExposuresRequest, ImportExposuresResponse,
    ImportExposuresStart, RejectedExposure, ScanCounts, ScanRun,
};

use super::{Exposures, rules};
use crate::scan_run::ScanRuns;
use crate::{Registry, id_of};
use scope::Scope;

/// One import at a time writes what an organization has: of two, each would take what the other finds for new.
const IMPORTS: i32 = 7_310_680;

/// How many rejected records an import tells, and how many of them a scan run keeps.
const MOST_TOLD: usize = 1000;
const MOST_KEPT: usize = 100;

/// How many changes a scan run keeps.
const MOST_DRIFTS: usize = 1000;

/// How often a message is tried where somebody changes an exposure at the same moment.
const TRIES: usize = 4;

/// How far ahead of ours the clock of a scanner may be, in microseconds.
const AHEAD: i64 = 3_600_000_000;

/// Imports a scan.
pub(super) async fn import(
    registry: &Registry,
    context: &Context,
    mut stream: Streaming<ImportExposuresRequest>,
) -> Outcome<ImportExposuresResponse> {
    let start = receive::start(&mut stream).await?;
    let organization = crate::enter(context, &start.parent, "start.parent")?;
    let scope = Scope::read(start.scope.as_ref())?;
    timely(context, &start)?;
    let mut session = Session::new(registry, context, organization, start, scope);
    if let Some(run) = session.run_before().await? {
        let mut read = 0_i32;
        while let Some(records) = receive::records(&mut stream, read).await? {
            read = read.saturating_add(count(records.len()));
        }
        return Ok(known(run, read));
    }
    while let Some(records) = receive::records(&mut stream, session.answer.read).await? {
        session.take(records).await?;
    }
    session.close().await
}

/// What a scan that lies in the future would hide.
fn timely(context: &Context, start: &ImportExposuresStart) -> Outcome<()> {
    let limit = context.clock.now().saturating_add(AHEAD);
    if micros(start.scan_time.as_ref()) <= limit {
        return Ok(());
    }
    let limit = store::timestamp(limit).map(|time| time.to_string()).unwrap_or_default();
    let message =
        format!("the scan is said to have begun after {limit}: look at the clock and the time zone of the scanner");
    Err(Fault::invalid(ErrorReason::ScanTimeUnlikely, message).with("limit", limit).on("start.scan_time"))
}

/// The answer to a scan that was imported before.
fn known(run: ScanRun, read: i32) -> ImportExposuresResponse {
    let rejected = run.counts.as_ref().map_or(0, |counts| counts.rejected);
    ImportExposuresResponse {
        read,
        unchanged: read.saturating_sub(rejected),
        rejected,
        rejected_records: run.rejected_records.clone(),
        known: true,
        scan_run: Some(run),
        ..Default::default()
    }
}

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

/// An import under way.
struct Session<'a> {
    registry: &'a Registry,
    context: &'a Context,
    organization: String,
    start: ImportExposuresStart,
    scope: Scope,
    /// The id of the scan run, and its name.
    id: String,
    name: String,
    answer: ImportExposuresResponse,
    counts: ScanCounts,
    drifts: Vec<ExposureDrift>,
    drift_count: i32,
    hosts: HashSet<String>,
    /// Exposures that were counted, by id.
    counted: HashSet<String>,
    /// Hosts that this scan shows for the first time.
    new_hosts: HashSet<String>,
}

impl<'a> Session<'a> {
    fn new(
        registry: &'a Registry,
        context: &'a Context,
        organization: String,
        start: ImportExposuresStart,
        scope: Scope,
    ) -> Self {
        let id = run_id(&start);
        let name = resource::written(&organization, ScanRuns::COLLECTION, &id);
        Self {
            registry,
            context,
            organization,
            start,
            scope,
            id,
            name,
            answer: ImportExposuresResponse::default(),
            counts: ScanCounts::default(),
            drifts: Vec::new(),
            drift_count: 0,
            hosts: HashSet::new(),
            counted: HashSet::new(),
            new_hosts: HashSet::new(),
        }
    }

    /// The run of this scan, where it was imported before.
    async fn run_before(&self) -> Outcome<Option<ScanRun>> {
        let found = self.registry.scan_runs.find(&self.organization, |sql| {
            sql.push("id = ").bind(self.id.as_str());
        });
        Ok(found.await?.into_iter().next())
    }

    /// Takes the records of a message.
    async fn take(&mut self, records: Vec<ExposureRecord>) -> Outcome<()> {
        self.answer.read = self.answer.read.saturating_add(count(records.len()));
        let basis = seen::Basis { engine: &self.start.engine, scan_run: &self.name, scan_time: self.start.scan_time };
        // By id, in the order of these; where the file has a port twice, both tell of it.
        let mut items: BTreeMap<String, (String, Exposure)> = BTreeMap::new();
        let mut rejected = Vec::new();
        for record in records {
            match seen::of(&record, &basis) {
                Err(fault) => rejected.push((record.origin, fault)),
                Ok((id, item)) => match items.get_mut(&id) {
                    None => drop(items.insert(id, (record.origin, item))),
                    Some((_, known)) => {
                        seen::lay(known, &item);
                        self.answer.unchanged = self.answer.unchanged.saturating_add(1);
                    }
                },
            }
        }
        for (origin, fault) in rejected {
            self.reject(&origin, &fault);
        }
        if items.is_empty() {
            return Ok(());
        }
        for _ in 1..TRIES {
            match self.write(&items).await {
                Err(fault) if fault.code() == Code::Aborted && fault.reason() == House::EtagMismatch.as_str_name() => {}
                written => return written,
            }
        }
        self.write(&items).await
    }

    /// Lays what was seen over what is known, in one transaction.
    async fn write(&mut self, items: &BTreeMap<String, (String, Exposure)>) -> Outcome<()> {
        let registry = self.registry;
        let mut tx = registry.database.begin(self.context).await?;
        tx.hold(IMPORTS, &self.organization, Hold::Alone).await?;
        let ids: Vec<&str> = items.keys().map(String::as_str).collect();
        let rows = registry.exposures.load(&mut tx, &self.organization, &ids).await?;
        let existing: HashMap<String, Exposure> =
            rows.into_iter().map(|row| (id_of(&row.name).to_owned(), row)).collect();
        let news = items.iter().filter(|(id, _)| !existing.contains_key(*id)).map(|(_, (_, item))| item);
        let known_hosts = known_hosts(&mut tx, &self.organization, &news.collect::<Vec<_>>()).await?;
        let mut drafts = Vec::with_capacity(items.len());
        let mut new_hosts = HashSet::new();
        for (id, (_, item)) in items {
            let mut item = item.clone();
            if !existing.contains_key(id) {
                let host = host(&item).to_owned();
                let new = !known_hosts.contains(&host) || self.new_hosts.contains(&host);
                item.name = resource::written(&self.organization, Exposures::COLLECTION, id);
                let (kind, found) = (if new { Kind::NewHost } else { Kind::NewPort }, what(&item));
                rules::drift(&mut item, kind, String::new(), found);
                item.name.clear();
                if new {
                    new_hosts.insert(host);
                }
            }
            drafts.push((id.clone(), item));
        }
        let laid = registry.exposures.lay_over(&mut tx, &self.organization, &existing, drafts, seen::lay).await?;
        let rows = registry.exposures.load(&mut tx, &self.organization, &ids).await?;
        tx.commit().await?;
        self.new_hosts.extend(new_hosts);
        self.answer.created = self.answer.created.saturating_add(laid.created);
        self.answer.updated = self.answer.updated.saturating_add(laid.updated);
        self.answer.unchanged = self.answer.unchanged.saturating_add(laid.unchanged);
        let origins: Vec<&String> = items.values().map(|(origin, _)| origin).collect();
        for (at, fault) in laid.refused {
            self.reject(origins.get(at).map_or("", |origin| origin.as_str()), &fault);
        }
        for row in &rows {
            self.tally(row);
        }
        Ok(())
    }

    fn reject(&mut self, origin: &str, fault: &Fault) {
        self.answer.rejected = self.answer.rejected.saturating_add(1);
        if self.answer.rejected_records.len() < MOST_TOLD {
            let field = fault.field();
            self.answer.rejected_records.push(RejectedExposure {
                origin: origin.chars().take(200).collect(),
                field: field.strip_prefix("exposure.").unwrap_or(field).to_owned(),
                reason: fault.reason().to_owned(),
                message: fault.message().to_owned(),
            });
        }
    }

    /// Counts an exposure that was seen, as it is now.
    fn tally(&mut self, row: &Exposure) {
        if !self.counted.insert(id_of(&row.name).to_owned()) {
            return;
        }
        self.hosts.insert(host(row).to_owned());
        self.counts.ports = self.counts.ports.saturating_add(1);
        let own: Vec<&ExposureDrift> = row.drifts.iter().filter(|drift| drift.scan_run == self.name).collect();
        let counts = &mut self.counts;
        let counter = if row.first_scan == self.name {
            &mut counts.created
        } else if own.iter().any(|drift| drift.kind() == Kind::Reappeared) {
            &mut counts.reappeared
        } else if own.is_empty() {
            &mut counts.seen_again
        } else {
            &mut counts.changed
        };
        *counter = counter.saturating_add(1);
        let own: Vec<ExposureDrift> = own.into_iter().cloned().collect();
        own.into_iter().for_each(|drift| self.note(drift));
    }

    fn note(&mut self, drift: ExposureDrift) {
        self.drift_count = self.drift_count.saturating_add(1);
        if self.drifts.len() < MOST_DRIFTS {
            self.drifts.push(drift);
        }
    }
}

/// The host of an exposure: its address, else its name.
fn host(exposure: &Exposure) -> &str {
    if exposure.ip.is_empty() { &exposure.fqdn } else { &exposure.ip }
}

/// What was found, for people.
fn what(exposure: &Exposure) -> String {
    if exposure.port == 0 {
        return host(exposure).to_owned();
    }
    format!("{} {}/{}", host(exposure), exposure.port, exposure.protocol().as_str_name())
}

/// The hosts among these that are known.
async fn known_hosts(tx: &mut Transaction, organization: &str, news: &[&Exposure]) -> Outcome<HashSet<String>> {
    let mut known = HashSet::new();
    for (column, by_address) in [("ip", true), ("fqdn", false)] {
        let hosts = news.iter().filter(|one| one.ip.is_empty() != by_address).map(|one| host(one));
        let mut hosts: Vec<&str> = hosts.collect();
        hosts.sort_unstable();
        hosts.dedup();
        if hosts.is_empty() {
            continue;
        }
        let mut sql = tx.sql(format!("SELECT DISTINCT {column} FROM exposure WHERE organization = "));
        sql.bind(organization).push(" AND ").is_in(column, &hosts);
        for row in tx.rows(sql).await? {
            known.insert(super::reconcile::text(&row, 0)?);
        }
    }
    Ok(known)
}

/// The id of a scan: its time, and what tells it from others of the same time. The same scan has the same.
fn run_id(start: &ImportExposuresStart) -> String {
    let time = micros(start.scan_time.as_ref());
    let mut hasher = Sha256::new();
    for part in [start.engine.as_str(), &start.source_digest, &time.to_string()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    if start.source_digest.is_empty() {
        hasher.update(&start.source);
    }
    let digest = data_encoding::HEXLOWER.encode(&hasher.finalize());
    let time = jiff::Timestamp::from_microsecond(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{}-{}", time.strftime("%Y%m%d-%H%M%S"), digest.get(..10).unwrap_or_default())
}
