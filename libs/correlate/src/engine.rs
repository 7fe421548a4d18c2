//! One alarm in, one decision out.

mod index;
mod state;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    alarm::{Alarm, Severity},
    rules::Rules,
    topology::Topology,
};
use index::Index;
use state::{Episode, Key, State};

/// A case as the engine numbers them, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct CaseId(pub u64);

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Its source sent it before: nothing new.
    Duplicate,
    /// A cause rule says what caused it.
    Attaches,
    /// It caused what came before it: it is the case's new root.
    Adopts,
    /// It has something in common with what came before it.
    Joins,
    /// The device raised the same kind not long ago.
    Repeats,
    /// It says that a condition is gone.
    Clears,
    /// Nothing is known that it belongs to.
    Opens,
}

/// Alarms of one kind on one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct Origin {
    /// The device.
    pub device: String,
    /// The kind.
    pub kind: String,
}

/// What was decided about an alarm, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Where it belongs. A case of its own for a clear of what is not known; 0 for a duplicate whose case is closed or forgotten.
    pub case: CaseId,
    /// How.
    pub kind: Kind,
    /// The alarm at the top of the chain of causes; itself, where no cause is known.
    pub root: Origin,
    /// What caused it.
    pub cause: Option<Origin>,
    /// The rule it rests on.
    pub rule: Option<String>,
    /// Cases that turn out to be this one.
    pub merged: Vec<CaseId>,
}

/// The engine: rules, topology, and what came lately.
#[derive(Clone, Debug)]
pub struct Engine {
    rules: Rules,
    topology: Topology,
    index: Index,
    state: State,
}

/// How an alarm was placed, before its decision is told.
struct Placed {
    case: u64,
    kind: Kind,
    rule: Option<String>,
    parent: Option<(Key, i64)>,
}

impl Engine {
    /// An engine that has seen nothing. Rules are those of [`Rules::from_yaml`], or checked by [`Rules::check`].
    #[must_use]
    pub fn new(rules: Rules, topology: Topology) -> Self {
        let index = Index::new(&rules);
        let state = State::new(&rules);
        Self { rules, topology, index, state }
    }

    /// The network, to change it as the registry does.
    pub fn topology_mut(&mut self) -> &mut Topology {
        &mut self.topology
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How many pairs of device and kind are remembered: what the engine's memory is bounded by.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.state.remembered()
    }

    /// Where an alarm belongs.
    pub fn decide(&mut self, alarm: &Alarm) -> Decision {
        let now = alarm.at.as_second();
        self.state.advance(now);
        let key: Key = (Arc::from(alarm.device.as_str()), Arc::from(alarm.kind.as_str()));
        let clears = alarm.severity == Severity::Cleared;
        // A clear has the id of the alarm it clears.
        if !clears && !self.state.first_time(alarm, now) {
            let case = self.state.episode(&key).map(|episode| episode.case);
            return self.told(
                &key,
                Placed { case: case.unwrap_or_default(), kind: Kind::Duplicate, rule: None, parent: None },
                Vec::new(),
            );
        }
        if clears {
            return self.clear(&key);
        }
        let near = self.topology.near(&key.0, self.index.furthest);
        let placed = self.place(alarm, &key, &near, now);
        let merged = self.adopt(&key, &near, now, &placed);
        self.remember(alarm, &key, &placed, now);
        self.told(&key, placed, merged)
    }

    /// Remembers an alarm that was decided before a restart, its case, and what had caused it.
    pub fn recall(&mut self, alarm: &Alarm, case: CaseId, cause: Option<&Origin>) {
        let now = alarm.at.as_second();
        self.state.advance(now);
        self.state.first_time(alarm, now);
        self.state.taken(case.0);
        let key: Key = (Arc::from(alarm.device.as_str()), Arc::from(alarm.kind.as_str()));
        let parent = cause.map(|cause| {
            let parent: Key = (Arc::from(cause.device.as_str()), Arc::from(cause.kind.as_str()));
            (parent, self.index.longest)
        });
        let placed = Placed { case: case.0, kind: Kind::Opens, rule: None, parent };
        self.remember(alarm, &key, &placed, now);
    }

    /// Numbers the cases that are opened from here on after this one, which was given before a restart.
    pub fn number_after(&mut self, case: CaseId) {
        self.state.taken(case.0);
    }

    /// Forgets a case that is closed: what is raised next belongs to another.
    pub fn close(&mut self, case: CaseId) {
        self.state.close(case.0);
    }

    fn clear(&mut self, key: &Key) -> Decision {
        let case = self.state.episode(key).map(|episode| episode.case);
        let case = case.unwrap_or_else(|| self.state.open());
        self.told(key, Placed { case, kind: Kind::Clears, rule: None, parent: None }, Vec::new())
    }

    fn place(&mut self, alarm: &Alarm, key: &Key, near: &[(Arc<str>, u8)], now: i64) -> Placed {
        if let Some((parent, rule)) = self.cause(key, near, now) {
            let case = self.state.episode(&parent).map_or(0, |episode| episode.case);
            let (id, within) =
                self.rules.causes.get(rule).map_or((String::new(), 0), |rule| (rule.id.clone(), rule.within.0));
            return Placed { case, kind: Kind::Attaches, rule: Some(id), parent: Some((parent, within)) };
        }
        let before = self.state.episode(key).map(|episode| (episode.case, episode.last, episode.parent.clone()));
        // The cause it had holds on while it repeats within the cause's own window.
        let parent =
            before.as_ref().and_then(|(_, last, parent)| parent.clone().filter(|(_, within)| now - last <= *within));
        let young = self
            .effects(key, near, now)
            .into_iter()
            .filter_map(|effect| self.state.episode(&effect).map(|one| one.case))
            .min();
        for (at, rule) in self.rules.together.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            if let Some(case) = self.state.together(at, rule, alarm, &self.topology, now) {
                return Placed { case, kind: Kind::Joins, rule: Some(rule.id.clone()), parent };
            }
        }
        if let Some((case, last, _)) = before
            && now - last <= self.rules.repeats.0
        {
            return Placed { case, kind: Kind::Repeats, rule: None, parent };
        }
        if let Some(case) = young {
            return Placed { case, kind: Kind::Adopts, rule: None, parent: None };
        }
        Placed { case: self.state.open(), kind: Kind::Opens, rule: None, parent: None }
    }

    /// The surest cause in reach; of equals the latest, of those the nearest.
    fn cause(&self, key: &Key, near: &[(Arc<str>, u8)], now: i64) -> Option<(Key, usize)> {
        let causes = self.index.causes_of(&key.1)?;
        let mut best: Option<(f64, i64, u8, Key, usize)> = None;
        for (device, away) in near {
            for episode in self.state.on(device) {
                let Some(rules) = causes.get(&*episode.kind) else { continue };
                for at in rules {
                    let Some(rule) = self.rules.causes.get(*at) else { continue };
                    let since = now - episode.last;
                    if *away > rule.hops || since > rule.within.0 || since < -self.rules.late.0 {
                        continue;
                    }
                    let better = best.as_ref().is_none_or(|(sure, last, hops, ..)| {
                        (rule.confidence, episode.last)
                            .partial_cmp(&(*sure, *last))
                            .is_some_and(|order| order.is_gt() || order.is_eq() && away < hops)
                    });
                    let candidate: Key = (device.clone(), episode.kind.clone());
                    if better && !self.state.descends(&candidate, key) {
                        best = Some((rule.confidence, episode.last, *away, candidate, *at));
                    }
                }
            }
        }
        best.map(|(_, _, _, key, rule)| (key, rule))
    }

    /// What came lately without a known cause, and is an effect of this.
    fn effects(&self, key: &Key, near: &[(Arc<str>, u8)], now: i64) -> Vec<Key> {
        let Some(effects) = self.index.effects_of(&key.1) else { return Vec::new() };
        let late = self.rules.late.0;
        let mut found = Vec::new();
        for (device, away) in near {
            for episode in
                self.state.on(device).iter().filter(|one| one.parent.is_none() && (now - one.first).abs() <= late)
            {
                let rules = effects.get(&*episode.kind).map_or(&[][..], Vec::as_slice);
                let reached = rules.iter().any(|at| self.rules.causes.get(*at).is_some_and(|rule| *away <= rule.hops));
                let effect: Key = (device.clone(), episode.kind.clone());
                if reached && effect != *key && !self.state.descends(key, &effect) {
                    found.push(effect);
                }
            }
        }
        found
    }

    /// Gives those effects their cause, and makes their cases this one if they were opened just before.
    fn adopt(&mut self, key: &Key, near: &[(Arc<str>, u8)], now: i64, placed: &Placed) -> Vec<CaseId> {
        let mut merged = Vec::new();
        for effect in self.effects(key, near, now) {
            // Rules may run in circles; what an alarm descends from is not its effect.
            if placed.parent.as_ref().is_some_and(|(parent, _)| self.state.descends(parent, &effect)) {
                continue;
            }
            let Some(other) = self.state.adopted(&effect, key, self.index.longest) else { continue };
            if other != placed.case && self.state.merge(other, placed.case, now - self.rules.late.0) {
                merged.push(CaseId(other));
            }
        }
        merged.sort_unstable();
        merged.dedup();
        merged
    }

    fn remember(&mut self, alarm: &Alarm, key: &Key, placed: &Placed, now: i64) {
        let (kind, parent) = (key.1.clone(), placed.parent.clone());
        self.state.keep(key, Episode { kind, first: now, last: now, case: placed.case, parent });
        for (at, rule) in self.rules.together.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            self.state.share(at, rule, alarm, &self.topology, (placed.case, now));
        }
    }

    fn told(&self, key: &Key, placed: Placed, merged: Vec<CaseId>) -> Decision {
        let origin = |(device, kind): Key| Origin { device: (*device).to_owned(), kind: (*kind).to_owned() };
        let root = origin(self.state.top(key));
        let cause = placed.parent.map(|(parent, _)| origin(parent));
        Decision { case: CaseId(self.state.is(placed.case)), kind: placed.kind, root, cause, rule: placed.rule, merged }
    }
}
