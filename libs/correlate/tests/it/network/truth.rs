//! What experts would say caused each alarm, and how often a method says the same.
//!
//! The experts' graph says which kind causes which. An alarm is *explained* if one of a kind that causes its own was raised within five
//! minutes before it, on the same device or one linked with it; its *roots* are where such chains begin. An alarm that nothing explains is
//! its own root.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use correlate::{Alarm, Engine, Kind, Topology};

/// A set of numbers.
#[derive(Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, at: usize) {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own |= other;
        }
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

/// For each alarm, its roots.
pub(crate) struct Truth {
    keys: HashMap<(String, String), usize>,
    roots: Vec<Bits>,
    explained: Vec<bool>,
}

/// How often a method names the root that experts would.
#[derive(Default)]
pub(crate) struct Score {
    pub(crate) cases: usize,
    /// Share of all alarms whose named root is one of the experts'.
    pub(crate) precision: f64,
    /// Share of the explained alarms whose named root is one of the experts'.
    pub(crate) recall: f64,
    /// Share of the alarms given a cause whose cause is one by the experts' graph; nothing if none was given one.
    pub(crate) causes: Option<f64>,
    /// Alarms of the largest case.
    pub(crate) largest: usize,
}

pub(crate) const WITHIN: i64 = 300;

impl Truth {
    pub(crate) fn new(alarms: &[Alarm], topology: &Topology, experts: &BTreeSet<(String, String)>) -> Self {
        let mut truth = Self {
            keys: HashMap::new(),
            roots: vec![Bits::default(); alarms.len()],
            explained: vec![false; alarms.len()],
        };
        for alarm in alarms {
            let next = truth.keys.len();
            truth.keys.entry((alarm.device.clone(), alarm.kind.clone())).or_insert(next);
        }
        let ranks = ranks(experts);
        // Alarms of one second are taken causes first.
        let mut order: Vec<usize> = (0..alarms.len()).collect();
        order
            .sort_by_key(|at| (alarms[*at].at, ranks.get(alarms[*at].kind.as_str()).copied().unwrap_or_default(), *at));
        let mut recent: HashMap<&str, Vec<usize>> = HashMap::new();
        for at in order {
            let alarm = &alarms[at];
            let mut roots = Bits::default();
            for (device, _) in topology.near(&alarm.device, 1) {
                let Some(before) = recent.get_mut(&*device) else { continue };
                before.retain(|other| alarm.at.duration_since(alarms[*other].at).as_secs() <= WITHIN);
                for other in
                    before.iter().filter(|other| experts.contains(&(alarms[**other].kind.clone(), alarm.kind.clone())))
                {
                    roots.join(&truth.roots[*other]);
                    truth.explained[at] = true;
                }
            }
            if !truth.explained[at] {
                roots.insert(truth.keys[&(alarm.device.clone(), alarm.kind.clone())]);
            }
            truth.roots[at] = roots;
            recent.entry(&alarm.device).or_default().push(at);
        }
        truth
    }

    pub(crate) fn explained(&self) -> usize {
        self.explained.iter().filter(|explained| **explained).count()
    }

    fn accepts(&self, at: usize, device: &str, kind: &str) -> bool {
        self.keys.get(&(device.to_owned(), kind.to_owned())).is_some_and(|key| self.roots[at].has(*key))
    }

    fn score(&self, range: std::ops::Range<usize>, right: impl Fn(usize) -> bool) -> (f64, f64) {
        let share = |of: &dyn Fn(usize) -> bool| {
            let all = range.clone().filter(|at| of(*at)).count();
            range.clone().filter(|at| of(*at) && right(*at)).count() as f64 / all.max(1) as f64
        };
        (share(&|_| true), share(&|at| self.explained[at]))
    }

    /// Grouping by device and kind alone: the first of a group is the root of all of it.
    pub(crate) fn baseline(&self, alarms: &[Alarm], range: std::ops::Range<usize>) -> Score {
        let mut groups: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for alarm in &alarms[range.clone()] {
            *groups.entry((&alarm.device, &alarm.kind)).or_default() += 1;
        }
        let (precision, recall) = self.score(range, |at| self.accepts(at, &alarms[at].device, &alarms[at].kind));
        Score {
            cases: groups.len(),
            precision,
            recall,
            causes: None,
            largest: groups.into_values().max().unwrap_or_default(),
        }
    }

    /// The engine, told the alarms of the range in their order.
    pub(crate) fn engine(
        &self,
        engine: &mut Engine,
        alarms: &[Alarm],
        range: std::ops::Range<usize>,
        experts: &BTreeSet<(String, String)>,
    ) -> Score {
        let decisions: Vec<_> = alarms[range.clone()].iter().map(|alarm| engine.decide(alarm)).collect();
        let mut cases: BTreeMap<u64, usize> = BTreeMap::new();
        for decision in &decisions {
            *cases.entry(decision.case.0).or_default() += 1;
            for merged in &decision.merged {
                let alarms = cases.remove(&merged.0).unwrap_or_default();
                *cases.entry(decision.case.0).or_default() += alarms;
            }
        }
        let begin = range.start;
        let (precision, recall) = self.score(range, |at| {
            let root = &decisions[at - begin].root;
            self.accepts(at, &root.device, &root.kind)
        });
        let caused: Vec<bool> = decisions
            .iter()
            .zip(&alarms[begin..])
            .filter(|(decision, _)| decision.kind == Kind::Attaches)
            .filter_map(|(decision, alarm)| {
                Some(experts.contains(&(decision.cause.as_ref()?.kind.clone(), alarm.kind.clone())))
            })
            .collect();
        let causes =
            (!caused.is_empty()).then(|| caused.iter().filter(|right| **right).count() as f64 / caused.len() as f64);
        Score { cases: cases.len(), precision, recall, causes, largest: cases.into_values().max().unwrap_or_default() }
    }
}

/// The length of the longest chain of causes above each kind.
fn ranks(experts: &BTreeSet<(String, String)>) -> BTreeMap<&str, usize> {
    let mut ranks: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..experts.len() {
        let mut changed = false;
        for (cause, effect) in experts {
            let above = ranks.get(cause.as_str()).copied().unwrap_or_default() + 1;
            let rank = ranks.entry(effect).or_default();
            changed |= *rank < above;
            *rank = above.max(*rank);
        }
        if !changed {
            break;
        }
    }
    ranks
}
