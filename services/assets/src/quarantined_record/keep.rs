//! How an import keeps what it rejects, and lets go of what it takes after all.
//!
//! It costs nothing where nothing is rejected and nothing waits, two or three statements for a batch where something is.

use std::collections::{BTreeMap, HashMap, HashSet};

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use store::Transaction;
use wire::Choice as _;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_result::Outcome as Became;
use wire::assets::v1::quarantined_record::{Record as KeptRecord, State};
use wire::assets::v1::{ImportItem, ImportResult, QuarantinedRecord};

use super::{refuse, reopen, resolve};
use crate::Registry;

/// How many rejected items one run keeps.
const MOST: i64 = 10_000;

/// How much of rejected items one run keeps, in bytes of their records.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The largest record that is kept, in bytes.
const MOST_OF_ONE: usize = 64 * 1024;

/// How many characters of an external id are kept: a longer one is what the record was rejected for.
const LONGEST_ID: usize = 256;

/// The kind of an item that holds no record.
pub(super) const NONE: &str = "none";

/// What one run rejects.
pub(crate) struct Quarantine {
    organization: String,
    source: String,
    survey: String,
    /// The ids of the records of this source that wait for someone, or were put aside.
    waiting: HashSet<String>,
    /// What an import that is all or nothing has rejected: it is written when the rest is undone.
    held: Vec<(String, QuarantinedRecord)>,
    kept: i64,
    bytes: usize,
    not_kept: i64,
}

/// How much was kept before a batch.
pub(crate) struct Mark {
    kept: i64,
    bytes: usize,
    not_kept: i64,
}

impl Quarantine {
    /// Where a batch begins.
    pub(crate) fn mark(&self) -> Mark {
        Mark { kept: self.kept, bytes: self.bytes, not_kept: self.not_kept }
    }

    /// Forgets what came since a mark, of a batch that was undone.
    pub(crate) async fn back_to(&mut self, registry: &Registry, mark: Mark) -> Outcome<()> {
        (self.kept, self.bytes, self.not_kept) = (mark.kept, mark.bytes, mark.not_kept);
        self.waiting = waiting(registry, &self.organization, &self.source).await?;
        Ok(())
    }

    /// The quarantine of a run; a dry run has none.
    pub(crate) async fn open(
        registry: &Registry,
        organization: &str,
        source: &str,
        survey: &str,
    ) -> Outcome<Option<Self>> {
        if survey.is_empty() {
            return Ok(None);
        }
        let waiting = waiting(registry, organization, source).await?;
        Ok(Some(Self {
            organization: organization.to_owned(),
            source: source.to_owned(),
            survey: survey.to_owned(),
            waiting,
            held: Vec::new(),
            kept: 0,
            bytes: 0,
            not_kept: 0,
        }))
    }

    /// How many rejected items are kept, and how many were too many.
    pub(crate) fn counts(&self) -> (i64, i64) {
        (self.kept, self.not_kept)
    }

    /// Keeps what a batch rejected and resolves what it took, in the transaction of the batch. With `hold`, what it rejected
    /// waits for [`Quarantine::write_held`].
    pub(crate) async fn file(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        items: &[ImportItem],
        results: &[ImportResult],
        hold: bool,
    ) -> Outcome<()> {
        let now = tx.context().clock.now();
        let (mut rejected, mut taken) = (BTreeMap::new(), BTreeMap::new());
        for (item, result) in items.iter().zip(results) {
            if result.outcome() == Became::Rejected {
                if let Some((id, record)) = self.admit(item, result, now) {
                    rejected.insert(id, record);
                }
            } else if !self.waiting.is_empty() {
                let id = id(&self.source, item.record.as_ref());
                if self.waiting.contains(&id) {
                    taken.insert(id, result.name.clone());
                }
            }
        }
        if hold {
            self.held.extend(std::mem::take(&mut rejected));
        }
        // The same id twice in a batch: what was taken first counts, but someone has to look at what was not.
        taken.retain(|id, _| !rejected.contains_key(id));
        self.write(registry, tx, rejected, &taken).await
    }

    /// Writes what an import that was undone had rejected.
    pub(crate) async fn write_held(&mut self, registry: &Registry, context: &Context) -> Outcome<()> {
        let mut held = std::mem::take(&mut self.held);
        while !held.is_empty() {
            let rest = held.split_off(held.len().min(1000));
            let portion = std::mem::replace(&mut held, rest);
            let mut tx = registry.database.begin(context).await?;
            self.write(registry, &mut tx, portion.into_iter().collect(), &BTreeMap::new()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Makes room for one more, or counts that there was none.
    fn admit(&mut self, item: &ImportItem, result: &ImportResult, now: i64) -> Option<(String, QuarantinedRecord)> {
        let size = item.record.as_ref().map_or(0, size);
        let too_large = size > MOST_OF_ONE;
        let weight = if too_large { 0 } else { size };
        if self.kept >= MOST || self.bytes + weight > MOST_BYTES {
            self.not_kept += 1;
            return None;
        }
        self.kept += 1;
        self.bytes += weight;
        let at = store::timestamp(now);
        let mut record = QuarantinedRecord {
            source: self.source.clone(),
            survey: self.survey.clone(),
            kind: kind(item.record.as_ref()).to_owned(),
            external_id: clean(&external_id(item.record.as_ref())),
            origin: clean(&item.origin),
            position: item.position,
            record: item.record.clone().filter(|_| !too_large).map(kept_record),
            record_too_large: too_large,
            first_seen_time: at,
            last_seen_time: at,
            times_seen: 1,
            ..Default::default()
        };
        record.set_state(State::Open);
        refuse(&mut record, result);
        Some((id(&self.source, item.record.as_ref()), record))
    }

    async fn write(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        mut rejected: BTreeMap<String, QuarantinedRecord>,
        taken: &BTreeMap<String, String>,
    ) -> Outcome<()> {
        if rejected.is_empty() && taken.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = rejected.keys().chain(taken.keys()).map(String::as_str).collect();
        let records = &registry.quarantined_records;
        let change = records.change_each(tx, &self.organization, &ids, |_, old, new| {
            let id = crate::id_of(&old.name);
            match (rejected.get(id), taken.get(id)) {
                (Some(again), _) => seen_again(new, again),
                (None, Some(resource)) => resolve(new, resource, ""),
                (None, None) => {}
            }
            Ok(())
        });
        let known: HashMap<String, Outcome<bool>> = change.await?;
        for id in taken.keys() {
            self.waiting.remove(id);
        }
        self.waiting.extend(rejected.keys().cloned());
        rejected.retain(|id, _| !known.contains_key(id));
        for (_, outcome) in known {
            outcome?;
        }
        records.create_in(tx, &self.organization, rejected.into_iter().collect()).await?;
        Ok(())
    }
}

/// The ids of the records of a source that wait for someone, or were put aside.
async fn waiting(registry: &Registry, organization: &str, source: &str) -> Outcome<HashSet<String>> {
    let mut sql = registry.database.sql("SELECT id FROM quarantined_record WHERE organization = ");
    sql.bind(organization).push(" AND source = ").bind(source).push(" AND state <> ").bind(State::Resolved.text());
    let rows = registry.database.rows(sql).await?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}

/// Lays what an import rejected over what is known of it. What was put aside stays so while the reason is the same.
fn seen_again(known: &mut QuarantinedRecord, again: &QuarantinedRecord) {
    if known.state() != State::Dismissed || known.reason != again.reason {
        reopen(known);
    }
    known.survey.clone_from(&again.survey);
    known.origin.clone_from(&again.origin);
    known.position = again.position;
    known.reason.clone_from(&again.reason);
    known.message.clone_from(&again.message);
    known.field.clone_from(&again.field);
    known.record.clone_from(&again.record);
    known.record_too_large = again.record_too_large;
    known.last_seen_time = again.last_seen_time;
    known.times_seen += 1;
}

/// What an item is.
pub(super) fn kind(record: Option<&Record>) -> &'static str {
    match record {
        Some(Record::Site(_)) => "site",
        Some(Record::Asset(_)) => "asset",
        Some(Record::Dependency(_)) => "dependency",
        None => NONE,
    }
}

fn size(record: &Record) -> usize {
    match record {
        Record::Site(site) => site.encoded_len(),
        Record::Asset(asset) => asset.encoded_len(),
        Record::Dependency(dependency) => dependency.encoded_len(),
    }
}

fn kept_record(record: Record) -> KeptRecord {
    match record {
        Record::Site(site) => KeptRecord::Site(site),
        Record::Asset(asset) => KeptRecord::Asset(asset),
        Record::Dependency(dependency) => KeptRecord::Dependency(dependency),
    }
}

/// Its id in the source; of a dependency what makes it one.
fn external_id(record: Option<&Record>) -> String {
    match record {
        Some(Record::Site(site)) => site.external_id.clone(),
        Some(Record::Asset(asset)) => asset.external_id.clone(),
        Some(Record::Dependency(dependency)) => {
            let kind = if dependency.kind.is_empty() { "uses" } else { &dependency.kind };
            let (dependent, supporting) = (&dependency.dependent_external_id, &dependency.supporting_external_id);
            if dependent.is_empty() && supporting.is_empty() {
                String::new()
            } else {
                format!("{dependent} {kind} {supporting}")
            }
        }
        None => String::new(),
    }
}

/// The id of a quarantined record, which follows from what it is of, so that the same is the same row again. What has no
/// external id is known by what it says.
fn id(source: &str, record: Option<&Record>) -> String {
    use sha2::{Digest as _, Sha256};
    let mut digest = Sha256::new();
    for part in [source, kind(record), &external_id(record)] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    match record {
        Some(Record::Site(site)) if site.external_id.is_empty() => digest.update(site.encode_to_vec()),
        Some(Record::Asset(asset)) if asset.external_id.is_empty() => digest.update(asset.encode_to_vec()),
        _ => {}
    }
    data_encoding::HEXLOWER.encode(&digest.finalize()).chars().take(32).collect()
}

/// As much of an id as is kept, without the zero character, which PostgreSQL keeps in no text.
fn clean(id: &str) -> String {
    id.chars().take(LONGEST_ID).map(|c| if c == '\0' { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use wire::assets::v1::{Asset, AssetRecord, DependencyRecord, SiteRecord};

    use super::*;

    fn asset(external_id: &str, display_name: &str) -> Record {
        let asset = Asset { display_name: display_name.to_owned(), ..Default::default() };
        Record::Asset(AssetRecord { external_id: external_id.to_owned(), asset: Some(asset), ..Default::default() })
    }

    #[test]
    fn a_record_is_the_same_by_source_kind_and_external_id() {
        let of = |source: &str, record: &Record| id(source, Some(record));
        let known = of("oss", &asset("a", "one"));
        assert_eq!(of("oss", &asset("a", "two")), known, "what it says does not matter");
        let site = Record::Site(SiteRecord { external_id: "a".to_owned(), ..Default::default() });
        for other in [of("nms", &asset("a", "one")), of("oss", &asset("b", "one")), of("oss", &site)] {
            assert_ne!(other, known);
        }
        assert_ne!(
            of("oss", &asset("", "one")),
            of("oss", &asset("", "two")),
            "without an id, what it says is what it is"
        );
        let edge = |dependent: &str, kind: &str| {
            Record::Dependency(DependencyRecord {
                dependent_external_id: dependent.to_owned(),
                supporting_external_id: "b".to_owned(),
                kind: kind.to_owned(),
                ..Default::default()
            })
        };
        assert_eq!(of("oss", &edge("a", "")), of("oss", &edge("a", "uses")));
        assert_ne!(of("oss", &edge("a", "")), of("oss", &edge("a", "part-of")));
        assert!(resource::valid_id(&known));
    }

    #[test]
    fn what_was_put_aside_comes_back_only_for_another_reason() {
        let mut known = QuarantinedRecord { reason: "OWNER_MISSING".to_owned(), times_seen: 1, ..Default::default() };
        known.set_state(State::Dismissed);
        let again = |reason: &str| QuarantinedRecord { reason: reason.to_owned(), ..Default::default() };
        seen_again(&mut known, &again("OWNER_MISSING"));
        assert_eq!((known.state(), known.times_seen), (State::Dismissed, 2));
        seen_again(&mut known, &again("FIELD_INVALID"));
        assert_eq!((known.state(), known.times_seen), (State::Open, 3));
    }

    #[test]
    fn a_run_keeps_so_many_and_counts_the_rest() {
        let mut quarantine = Quarantine {
            organization: "acme".to_owned(),
            source: "oss".to_owned(),
            survey: "organizations/acme/surveys/s".to_owned(),
            waiting: HashSet::new(),
            held: Vec::new(),
            kept: 0,
            bytes: 0,
            not_kept: 0,
        };
        let item = |name: &str| ImportItem { record: Some(asset("a", name)), ..Default::default() };
        let mut admit =
            |item: &ImportItem| quarantine.admit(item, &ImportResult::default(), 0).map(|(_, record)| record);
        let huge = admit(&item(&"x".repeat(MOST_OF_ONE))).unwrap();
        assert!(huge.record.is_none() && huge.record_too_large);
        for _ in 1..MOST {
            assert!(admit(&item("one")).unwrap().record.is_some());
        }
        assert!(admit(&item("one")).is_none());
        assert_eq!(quarantine.counts(), (MOST, 1));
    }
}
