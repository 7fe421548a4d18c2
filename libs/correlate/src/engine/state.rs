//! What came lately, and no more than that.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use crate::{
    alarm::Alarm,
    rules::{Common, Rules, TogetherRule},
    topology::Topology,
};

/// Device and kind.
pub(super) type Key = (Arc<str>, Arc<str>);

/// Alarms of one kind on one device, as long as they follow each other.
#[derive(Clone, Debug)]
pub(super) struct Episode {
    pub(super) kind: Arc<str>,
    /// Seconds since 1970.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) case: u64,
    /// What caused it, and for how many seconds without an alarm that holds on.
    pub(super) parent: Option<(Key, i64)>,
}

/// Rule, what its alarms have in common, and the device where the rule asks for nearness.
type Shared = (usize, u128, Option<Arc<str>>);

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    now: i64,
    next: u64,
    /// Longest window, in seconds; what is older is forgotten.
    horizon: i64,
    duplicates: i64,
    devices: HashMap<Arc<str>, Vec<Episode>>,
    episodes: VecDeque<(i64, Key)>,
    shared: HashMap<Shared, (u64, i64)>,
    sharers: VecDeque<(i64, Shared)>,
    ids: HashSet<u128>,
    id_order: VecDeque<(i64, u128)>,
    /// When each case was opened.
    opened: HashMap<u64, i64>,
    opening: VecDeque<(i64, u64)>,
    /// Cases that turned out to be others.
    merged: HashMap<u64, u64>,
    mergers: VecDeque<(i64, u64)>,
}

/// Most ids of alarms that are remembered to know duplicates by; a store knows the older ones.
const MOST_IDS: usize = 500_000;

impl State {
    pub(super) fn new(rules: &Rules) -> Self {
        let windows =
            rules.causes.iter().map(|rule| rule.within.0).chain(rules.together.iter().map(|rule| rule.within.0));
        let horizon = windows.fold(rules.repeats.0, i64::max) + rules.late.0;
        Self { now: i64::MIN, next: 1, horizon, duplicates: rules.duplicates.0, ..Self::default() }
    }

    pub(super) fn remembered(&self) -> usize {
        self.devices.values().map(Vec::len).sum()
    }

    /// Time goes on to the latest alarm; an earlier one does not turn it back.
    pub(super) fn advance(&mut self, now: i64) {
        self.now = self.now.max(now);
        let before = self.now.saturating_sub(self.horizon);
        while let Some((_, key)) = self.episodes.pop_front_if(|(at, _)| *at < before) {
            let Some(there) = self.devices.get_mut(&key.0) else { continue };
            match there.iter().position(|episode| episode.kind == key.1) {
                Some(at) if there.get(at).is_some_and(|episode| episode.last < before) => {
                    there.swap_remove(at);
                }
                Some(at) => self.episodes.extend(there.get(at).map(|episode| (episode.last, key.clone()))),
                None => {}
            }
            if there.is_empty() {
                self.devices.remove(&key.0);
            }
        }
        while let Some((_, shared)) = self.sharers.pop_front_if(|(at, _)| *at < before) {
            match self.shared.get(&shared) {
                Some((_, last)) if *last >= before => self.sharers.push_back((*last, shared)),
                _ => {
                    self.shared.remove(&shared);
                }
            }
        }
        while let Some((_, case)) = self.opening.pop_front_if(|(at, _)| *at < before) {
            self.opened.remove(&case);
        }
        while let Some((_, case)) = self.mergers.pop_front_if(|(at, _)| *at < before) {
            self.merged.remove(&case);
        }
        let before = self.now.saturating_sub(self.duplicates);
        while self.id_order.front().is_some_and(|(at, _)| *at < before) || self.id_order.len() > MOST_IDS {
            let Some((_, id)) = self.id_order.pop_front() else { break };
            self.ids.remove(&id);
        }
    }

    /// Whether a source sends an id for the first time in a while.
    pub(super) fn first_time(&mut self, alarm: &Alarm, now: i64) -> bool {
        let id = digest(&(&alarm.source, &alarm.id));
        let first = self.ids.insert(id);
        if first {
            self.id_order.push_back((now.max(self.now), id));
        }
        first
    }

    pub(super) fn open(&mut self) -> u64 {
        let case = self.next;
        self.next += 1;
        self.opened.insert(case, self.now);
        self.opening.push_back((self.now, case));
        case
    }

    /// A number that is in use already.
    pub(super) fn taken(&mut self, case: u64) {
        self.next = self.next.max(case + 1);
    }

    /// The case that one turned out to be.
    pub(super) fn is(&self, case: u64) -> u64 {
        let mut at = case;
        // Chains are short, since what is merged into is looked up first; a bound keeps a mistake from being endless.
        for _ in 0..64 {
            match self.merged.get(&at) {
                Some(other) => at = *other,
                None => break,
            }
        }
        at
    }

    /// Makes one case another if it was opened no earlier than `since`.
    pub(super) fn merge(&mut self, case: u64, into: u64, since: i64) -> bool {
        let into = self.is(into);
        let young = self.opened.get(&case).is_some_and(|opened| *opened >= since);
        if case == into || !young {
            return false;
        }
        self.merged.insert(case, into);
        self.mergers.push_back((self.now, case));
        true
    }

    /// Forgets what belongs to a case. Its places in the queues are passed over when their time comes.
    pub(super) fn close(&mut self, case: u64) {
        let case = self.is(case);
        let merged = self.merged.clone();
        let is = |mut at: u64| {
            while let Some(other) = merged.get(&at) {
                at = *other;
            }
            at
        };
        for there in self.devices.values_mut() {
            there.retain(|episode| is(episode.case) != case);
        }
        self.devices.retain(|_, there| !there.is_empty());
        self.shared.retain(|_, (of, _)| is(*of) != case);
    }

    pub(super) fn on(&self, device: &str) -> &[Episode] {
        self.devices.get(device).map_or(&[], Vec::as_slice)
    }

    /// With its case as it is now.
    pub(super) fn episode(&self, key: &Key) -> Option<Episode> {
        let found = self.on(&key.0).iter().find(|episode| episode.kind == key.1)?;
        Some(Episode { case: self.is(found.case), ..found.clone() })
    }

    pub(super) fn keep(&mut self, key: &Key, episode: Episode) {
        let there = self.devices.entry(key.0.clone()).or_default();
        match there.iter_mut().find(|known| known.kind == key.1) {
            Some(known) => {
                known.last = known.last.max(episode.last);
                (known.case, known.parent) = (episode.case, episode.parent);
            }
            None => {
                self.episodes.push_back((episode.last, key.clone()));
                there.push(episode);
            }
        }
    }

    /// Gives an episode a cause; its case as it is now.
    pub(super) fn adopted(&mut self, effect: &Key, cause: &Key, within: i64) -> Option<u64> {
        let there = self.devices.get_mut(&effect.0)?;
        let found = there.iter_mut().find(|episode| episode.kind == effect.1)?;
        found.parent = Some((cause.clone(), within));
        let case = found.case;
        Some(self.is(case))
    }

    /// The top of the chain of causes.
    pub(super) fn top(&self, key: &Key) -> Key {
        let mut at = key.clone();
        for _ in 0..32 {
            let parent =
                self.on(&at.0).iter().find(|episode| episode.kind == at.1).and_then(|episode| episode.parent.clone());
            match parent {
                Some((parent, _)) if self.on(&parent.0).iter().any(|episode| episode.kind == parent.1) => at = parent,
                _ => break,
            }
        }
        at
    }

    /// Whether one is, by its chain of causes, another's effect (or the same): the other must not become its effect.
    pub(super) fn descends(&self, one: &Key, other: &Key) -> bool {
        let mut at = one.clone();
        for _ in 0..32 {
            if at == *other {
                return true;
            }
            let episode = self.on(&at.0).iter().find(|episode| episode.kind == at.1);
            let Some((parent, _)) = episode.and_then(|episode| episode.parent.clone()) else { return false };
            at = parent;
        }
        true
    }

    /// The case of the latest alarm that has in common with this what a rule asks.
    pub(super) fn together(
        &self,
        at: usize,
        rule: &TogetherRule,
        alarm: &Alarm,
        topology: &Topology,
        now: i64,
    ) -> Option<u64> {
        let common = common(rule, alarm, topology)?;
        let fresh = |place: Option<Arc<str>>| {
            let (case, last) = self.shared.get(&(at, common, place))?;
            ((now - last).abs() <= rule.within.0).then_some((*last, *case))
        };
        let found = match rule.hops {
            None => fresh(None),
            Some(hops) => {
                topology.near(&alarm.device, hops).into_iter().filter_map(|(device, _)| fresh(Some(device))).max()
            }
        };
        found.map(|(_, case)| self.is(case))
    }

    pub(super) fn share(&mut self, at: usize, rule: &TogetherRule, alarm: &Alarm, topology: &Topology, of: (u64, i64)) {
        let Some(common) = common(rule, alarm, topology) else { return };
        let shared = (at, common, rule.hops.map(|_| Arc::from(alarm.device.as_str())));
        if self.shared.insert(shared.clone(), of).is_none() {
            self.sharers.push_back((of.1, shared));
        }
    }
}

/// What an alarm has in common with others by a rule, as a number; nothing where it lacks it or the rule is not about its kind.
fn common(rule: &TogetherRule, alarm: &Alarm, topology: &Topology) -> Option<u128> {
    if !rule.kinds.is_empty() && !rule.kinds.contains(&alarm.kind) {
        return None;
    }
    let mut parts = Vec::with_capacity(rule.same.len());
    for part in &rule.same {
        let part = match part {
            Common::Device => alarm.device.as_str(),
            Common::Site => topology.site(&alarm.device)?,
            Common::Cause => Some(alarm.cause.as_str()).filter(|cause| !cause.is_empty())?,
            Common::Kind => alarm.kind.as_str(),
            Common::Source => alarm.source.as_str(),
        };
        parts.push(part);
    }
    Some(digest(&parts))
}

/// Two hashes of 64 bits: texts may be long, and what is remembered must be small.
fn digest(of: &impl Hash) -> u128 {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        of.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    hash(0) << 64 | hash(1)
}
