//! A storm over the real network's topology: so many alarms of so few root causes.

use std::collections::{BTreeMap, BTreeSet};

use correlate::{Alarm, Engine, Kind, Severity, Topology};
use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Alarms in the order they arrive, each with the number of its root cause.
pub(crate) struct Storm {
    pub(crate) alarms: Vec<(Alarm, usize)>,
}

/// What became of a storm.
#[derive(Default)]
pub(crate) struct Tally {
    /// The root causes of each case's alarms.
    pub(crate) cases: BTreeMap<u64, BTreeSet<usize>>,
    /// Alarms that have a case.
    pub(crate) attached: usize,
    /// Pairs of device and kind remembered, at most, until half of the alarms and until all.
    pub(crate) half: usize,
    pub(crate) most: usize,
}

impl Storm {
    pub(crate) fn tell(&self, engine: &mut Engine) -> Tally {
        let mut tally = Tally::default();
        for (at, (alarm, root)) in self.alarms.iter().enumerate() {
            let decision = engine.decide(alarm);
            let merged: BTreeSet<usize> =
                decision.merged.iter().filter_map(|merged| tally.cases.remove(&merged.0)).flatten().collect();
            let case = tally.cases.entry(decision.case.0).or_default();
            case.extend(merged);
            case.insert(*root);
            tally.attached += usize::from(decision.case.0 > 0 && decision.kind != Kind::Duplicate);
            tally.most = tally.most.max(engine.remembered());
            if at == self.alarms.len() / 2 {
                tally.half = tally.most;
            }
        }
        tally
    }
}

/// How alarms arrive.
#[derive(Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) seed: u64,
    pub(crate) alarms: usize,
    pub(crate) roots: usize,
    /// Furthest from its root that an alarm is raised, in links.
    pub(crate) spread: u8,
    /// How many seconds late an alarm may be told.
    pub(crate) late: i64,
    /// Whether root causes are far enough apart to be told apart by anybody.
    pub(crate) apart: bool,
}

/// All roots break out within ten minutes and go on for an hour: each alarm is caused by one before it, as the experts' graph allows.
pub(crate) fn storm(
    weather: Weather,
    topology: &Topology,
    devices: &[String],
    experts: &BTreeSet<(String, String)>,
) -> Storm {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(weather.seed);
    let begin: Timestamp = "2026-03-01T00:00:00Z".parse().expect("an instant");
    let mut effects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (cause, effect) in experts {
        effects.entry(cause).or_default().push(effect);
    }
    let caused: BTreeSet<&str> = experts.iter().map(|(_, effect)| effect.as_str()).collect();
    // Kinds that nothing causes, or little does: what a storm begins with.
    let begins: Vec<&str> =
        effects.keys().copied().filter(|kind| !caused.contains(kind) || effects[kind].len() > 12).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut raised: Vec<(i64, Alarm, usize)> = Vec::new();
    for root in 0..weather.roots {
        let place = place(weather, topology, devices, &taken, &mut random);
        let reach = topology.near(&place, weather.spread * 2 + 1);
        taken.extend(reach.iter().map(|(device, _)| device.to_string()));
        let inner: BTreeSet<String> =
            topology.near(&place, weather.spread).iter().map(|(device, _)| device.to_string()).collect();
        let kind = (*begins.choose(&mut random).expect("a kind")).to_owned();
        let mut live: Vec<(i64, String, String)> = vec![(random.random_range(0..600), place, kind)];
        let many = weather.alarms / weather.roots + usize::from(root < weather.alarms % weather.roots);
        for number in 0..many {
            let (at, device, kind) =
                if number == 0 { live[0].clone() } else { next(&live, &effects, topology, &inner, &mut random) };
            let told = at + random.random_range(0..=weather.late);
            let alarm = Alarm {
                source: "storm".to_owned(),
                id: format!("{root}-{number}"),
                device: device.clone(),
                kind: kind.clone(),
                cause: String::new(),
                at: begin + SignedDuration::from_secs(at),
                severity: Severity::Major,
            };
            raised.push((told, alarm, root));
            live.push((at, device, kind));
            if live.len() > 40 {
                // The outbreak goes on from what came last, and from its root, which is raised again and again.
                live.remove(1);
            }
        }
    }
    raised.sort_by(|one, other| (one.0, one.2, &one.1.id).cmp(&(other.0, other.2, &other.1.id)));
    Storm { alarms: raised.into_iter().map(|(_, alarm, root)| (alarm, root)).collect() }
}

fn place(
    weather: Weather,
    topology: &Topology,
    devices: &[String],
    taken: &BTreeSet<String>,
    random: &mut Xoshiro256PlusPlus,
) -> String {
    let apart = |device: &&String| {
        !weather.apart || topology.near(device, weather.spread).iter().all(|(near, _)| !taken.contains(&**near))
    };
    let mut free: Vec<&String> =
        devices.iter().filter(|device| topology.near(device, 1).len() > 1).filter(apart).collect();
    if free.is_empty() {
        free = devices.iter().filter(apart).collect();
    }
    (*free.choose(random).expect("a free device")).clone()
}

/// One more alarm that is caused by one before it, or the root again.
fn next(
    live: &[(i64, String, String)],
    effects: &BTreeMap<&str, Vec<&str>>,
    topology: &Topology,
    inner: &BTreeSet<String>,
    random: &mut Xoshiro256PlusPlus,
) -> (i64, String, String) {
    let newest = live.iter().map(|(at, ..)| *at).max().unwrap_or_default();
    let (at, device, kind) = live.choose(random).expect("an alarm");
    let later = newest.max(*at) + i64::from(random.random_ratio(3, 4));
    // A kind that causes nothing, and now and then any, is the root raised again.
    let Some(kinds) = effects.get(kind.as_str()).filter(|_| random.random_ratio(9, 10)) else {
        return (later, live[0].1.clone(), live[0].2.clone());
    };
    let near: Vec<String> =
        topology.near(device, 1).iter().map(|(near, _)| near.to_string()).filter(|near| inner.contains(near)).collect();
    let place = near.choose(random).unwrap_or(device);
    (later, place.clone(), (*kinds.choose(random).expect("an effect")).to_owned())
}
