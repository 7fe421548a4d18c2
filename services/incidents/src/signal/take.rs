//! One portion of signals, in one transaction: what is new, what changes what is known, and what becomes of the cases.

use std::collections::{BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use store::Transaction;
use wire::incidents::v1::signal::State;
use wire::incidents::v1::{Signal, SignalRecord};

use super::{Service, place, record};
use crate::Registry;
use crate::case::{self, Tallies};
use crate::correlator::{self, Correlator, Standing};

/// What became of a portion.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Signals that are new.
    pub(super) created: i64,
    /// Signals that say something else now.
    pub(super) updated: i64,
    /// Records that said what was known.
    pub(super) unchanged: i64,
    /// Of the new, those that belong to no case.
    pub(super) suppressed: i64,
    /// Cases that were opened, less those that turned out to be parts of others.
    pub(super) cases: i64,
    /// Records that were refused, by their place in the portion.
    pub(super) refused: Vec<(usize, Box<Fault>)>,
}

/// What of a portion is to be written.
#[derive(Default)]
struct Portion {
    /// New signals with their ids, in the order in which they came.
    news: Vec<(String, Signal)>,
    /// Where a new signal stands among these.
    places: HashMap<String, usize>,
    /// Signals that are known, and what they become.
    changed: HashMap<String, (Signal, Signal)>,
}

impl Service {
    /// Takes a portion in. When this is done, it is durable.
    pub(super) async fn take(
        &self,
        context: &Context,
        organization: &str,
        records: Vec<SignalRecord>,
    ) -> Outcome<Taken> {
        let held = self.1.of(organization);
        let mut held = held.lock().await;
        let mut tx = correlator::begin(&self.0.database, context, organization).await?;
        let standing = correlator::standing(&mut tx, organization).await?;
        // Taken out until it is committed: what is undone must not be remembered.
        let mut correlator = Correlator::in_step(held.take(), &mut tx, organization, standing).await?;
        let taken = portion(&self.0, &mut tx, organization, &mut correlator, records).await?;
        tx.commit().await?;
        *held = Some(correlator);
        Ok(taken)
    }
}

async fn portion(
    registry: &Registry,
    tx: &mut Transaction,
    organization: &str,
    correlator: &mut Correlator,
    records: Vec<SignalRecord>,
) -> Outcome<Taken> {
    let now = tx.context().clock.now();
    let (mut taken, mut arrived) = (Taken::default(), Vec::with_capacity(records.len()));
    for (at, record) in records.into_iter().enumerate() {
        match record::read(record, now) {
            Ok(signal) => arrived.push((record::id(&signal.source, &signal.source_id), signal)),
            Err(fault) => taken.refused.push((at, fault)),
        }
    }
    let mut portion = sort(registry, tx, organization, arrived, &mut taken).await?;
    let position = correlator.standing.position + 1;
    let mut tallies = Tallies::default();
    let episodes = place::place(tx, organization, correlator, &mut portion.news, &mut tallies).await?;
    case::decisions(registry, tx, organization, &mut tallies).await?;
    for (_, signal) in &portion.news {
        tallies.add(signal);
    }
    let into: HashMap<String, String> = tallies.renamed(organization);
    for (before, after) in portion.changed.values() {
        tallies.change(into.get(&before.case).unwrap_or(&before.case), before, after);
    }
    write(registry, tx, organization, portion).await?;
    taken.cases = case::settle(registry, tx, organization, correlator, tallies, position).await?;
    correlator.keep(tx, organization, position, episodes).await?;
    let standing = Standing { position, last_case: correlator.standing.last_case, ..correlator.standing };
    correlator::advance(tx, organization, standing).await?;
    correlator.standing = standing;
    Ok(taken)
}

/// What of the signals is new, and what changes one that is known.
async fn sort(
    registry: &Registry,
    tx: &mut Transaction,
    organization: &str,
    arrived: Vec<(String, Signal)>,
    taken: &mut Taken,
) -> Outcome<Portion> {
    let ids: BTreeSet<&str> = arrived.iter().map(|(id, _)| id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let known = registry.signals.load(tx, organization, &ids).await?;
    let mut known: HashMap<String, Signal> =
        known.into_iter().map(|signal| (crate::id_of(&signal.name).to_owned(), signal)).collect();
    let mut portion = Portion::default();
    for (id, told) in arrived {
        let laid = if let Some((_, new)) = portion.places.get(&id).and_then(|at| portion.news.get_mut(*at)) {
            replaced(new, told)
        } else if let Some((_, new)) = portion.changed.get_mut(&id) {
            replaced(new, told)
        } else if let Some(before) = known.remove(&id) {
            let mut after = before.clone();
            let differs = replaced(&mut after, told);
            portion.changed.insert(id, (before, after));
            differs
        } else {
            taken.created += 1;
            taken.suppressed += i64::from(told.state() == State::Suppressed);
            portion.places.insert(id.clone(), portion.news.len());
            portion.news.push((id, told));
            continue;
        };
        *(if laid { &mut taken.updated } else { &mut taken.unchanged }) += 1;
    }
    portion.changed.retain(|_, (before, after)| before != after);
    Ok(portion)
}

/// Lays what is told over a signal, and says whether it says something else then.
fn replaced(signal: &mut Signal, told: Signal) -> bool {
    let laid = record::lay(signal, told);
    let differs = laid != *signal;
    *signal = laid;
    differs
}

async fn write(registry: &Registry, tx: &mut Transaction, organization: &str, portion: Portion) -> Outcome<()> {
    registry.signals.create_in(tx, organization, portion.news).await?;
    if portion.changed.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = portion.changed.keys().map(String::as_str).collect();
    let rule = |old: &Signal, new: &mut Signal| {
        if let Some((_, after)) = portion.changed.get(crate::id_of(&old.name)) {
            new.clone_from(after);
        }
    };
    registry.signals.change_many(tx, organization, &ids, rule).await.map(drop)
}
