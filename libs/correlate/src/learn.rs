//! Cause rules proposed from history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    alarm::Alarm,
    rules::{CauseRule, Learnt, Within},
    topology::Topology,
};

/// What makes a rule worth proposing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// How long after a cause its effect is looked for.
    pub within: Within,
    /// How far from it, in links.
    pub hops: u8,
    /// A kind is raised anew on a device after so long without it; what flaps counts once.
    pub quiet: Within,
    /// Fewest effects that must have been seen after the cause.
    pub seen: u64,
    /// How many times as often as by chance.
    pub lift: f64,
}

impl Default for Learning {
    fn default() -> Self {
        // Chosen on the first half of a real network's alarms (docs/correlation.md).
        Self { within: Within(300), hops: 1, quiet: Within(900), seen: 20, lift: 2.0 }
    }
}

/// Rules that a history of alarms, in the order of time, speaks for: an onset of the effect followed an onset of the cause, in reach, more
/// often than chance would have it, and more often than the other way round. Surest first; each has the counts it rests on.
#[must_use]
pub fn learn(alarms: &[Alarm], topology: &Topology, how: &Learning) -> Vec<CauseRule> {
    let onsets = onsets(alarms, how.quiet.0);
    let counts = Counts::of(&onsets, topology, how);
    let kinds: BTreeSet<&str> = onsets.iter().map(|(_, _, kind)| *kind).collect();
    let mut rules: Vec<CauseRule> = kinds
        .iter()
        .flat_map(|cause| kinds.iter().map(move |effect| (*cause, *effect)))
        .filter(|(cause, effect)| cause != effect)
        .filter_map(|(cause, effect)| counts.rule(cause, effect, how))
        .collect();
    rules.sort_by(|one, other| other.confidence.total_cmp(&one.confidence).then_with(|| one.id.cmp(&other.id)));
    rules
}

type Onset<'a> = (i64, &'a str, &'a str);

fn onsets(alarms: &[Alarm], quiet: i64) -> Vec<Onset<'_>> {
    let mut last: HashMap<(&str, &str), i64> = HashMap::new();
    let mut onsets = Vec::new();
    for alarm in alarms {
        let at = alarm.at.as_second();
        let before = last.insert((&alarm.device, &alarm.kind), at);
        if before.is_none_or(|before| at - before > quiet) {
            onsets.push((at, alarm.device.as_str(), alarm.kind.as_str()));
        }
    }
    onsets
}

struct Counts<'a> {
    /// Effects that had the cause before them.
    seen: BTreeMap<(&'a str, &'a str), u64>,
    /// How many would have, were the cause's onsets spread evenly over the history.
    expected: BTreeMap<(&'a str, &'a str), f64>,
    of: BTreeMap<&'a str, u64>,
}

impl<'a> Counts<'a> {
    fn of(onsets: &[Onset<'a>], topology: &Topology, how: &Learning) -> Self {
        let mut counts = Self { seen: BTreeMap::new(), expected: BTreeMap::new(), of: BTreeMap::new() };
        let span = match (onsets.first(), onsets.last()) {
            (Some(first), Some(last)) => (last.0 - first.0).max(1) as f64,
            _ => return counts,
        };
        let mut per_device: HashMap<&str, BTreeMap<&'a str, u64>> = HashMap::new();
        for (_, device, kind) in onsets {
            *per_device.entry(device).or_default().entry(kind).or_default() += 1;
            *counts.of.entry(kind).or_default() += 1;
        }
        let mut recent: HashMap<&str, Vec<(i64, &'a str)>> = HashMap::new();
        for (at, device, kind) in onsets {
            let near = topology.near(device, how.hops);
            let mut before: BTreeSet<&'a str> = BTreeSet::new();
            let mut rates: BTreeMap<&'a str, u64> = BTreeMap::new();
            for (other, _) in &near {
                if let Some(recent) = recent.get_mut(&**other) {
                    recent.retain(|(when, _)| at - when <= how.within.0);
                    before.extend(recent.iter().map(|(_, kind)| *kind));
                }
                for (other, count) in per_device.get(&**other).into_iter().flatten() {
                    *rates.entry(other).or_default() += count;
                }
            }
            for cause in before.into_iter().filter(|cause| cause != kind) {
                *counts.seen.entry((cause, kind)).or_default() += 1;
            }
            for (cause, count) in rates {
                let chance = -(-(count as f64) * how.within.0 as f64 / span).exp_m1();
                *counts.expected.entry((cause, kind)).or_default() += chance;
            }
            recent.entry(device).or_default().push((*at, kind));
        }
        counts
    }

    fn rule(&self, cause: &str, effect: &str, how: &Learning) -> Option<CauseRule> {
        let seen = self.seen.get(&(cause, effect)).copied()?;
        let back = self.seen.get(&(effect, cause)).copied().unwrap_or_default();
        let expected = self.expected.get(&(cause, effect)).copied().unwrap_or_default();
        let of = self.of.get(effect).copied()?;
        let lift = seen as f64 / expected.max(1.0);
        let one_way = seen > back || seen == back && cause < effect;
        if seen < how.seen || lift < how.lift || !one_way {
            return None;
        }
        // The share of effects that the cause explains beyond chance.
        let share = (seen as f64 - expected) / of as f64;
        Some(CauseRule {
            id: format!("learnt: {cause} causes {effect}"),
            cause: [cause.to_owned()].into(),
            effect: [effect.to_owned()].into(),
            hops: how.hops,
            within: how.within,
            confidence: (share * 1_000.0).round().clamp(1.0, 999.0) / 1_000.0,
            enabled: true,
            learnt: Some(Learnt { seen, expected: (expected * 10.0).round() / 10.0, of }),
        })
    }
}
