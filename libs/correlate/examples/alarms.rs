//! How good correlation is on the real network's alarms, and in a storm. Prints what docs/correlation.md tells; it wants the shared data.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "measures, and fails loudly")]

#[path = "../tests/it/network/data.rs"]
mod data;
#[path = "../tests/it/network/storm.rs"]
mod storm;
#[path = "../tests/it/network/truth.rs"]
mod truth;

use std::{collections::BTreeSet, time::Instant};

use correlate::{CauseRule, Engine, Learning, Topology, learn};
use data::{Network, rules, written};
use rand::{Rng, SeedableRng};
use storm::{Weather, storm};
use truth::{Score, Truth};

fn main() {
    let Some(network) = data::network() else { return };
    let topology = network.topology();
    let whole = 0..network.alarms.len();
    let half = network.alarms.len() / 2..network.alarms.len();
    println!(
        "{} alarms, {} devices, {} links, {} edges by experts",
        network.alarms.len(),
        topology.devices(),
        network.links.len(),
        network.experts.len()
    );
    let truth = Truth::new(&network.alarms, &topology, &network.experts);
    println!(
        "{} alarms are explained by the experts' graph within {} s and one link",
        truth.explained(),
        truth::WITHIN
    );
    println!(
        "{:<52} {:>6} {:>9} {:>7} {:>7} {:>8} {:>9}",
        "", "cases", "precision", "recall", "causes", "largest", "alarms/s"
    );
    row("device and kind alone", &truth.baseline(&network.alarms, whole.clone()), None);
    run("shipped rules, no causes", &network, &truth, Vec::new(), whole.clone());
    for share in [25, 50, 75] {
        let part = part(&network, share, 1);
        run(
            &format!("{share} % of the experts' edges written as rules"),
            &network,
            &truth,
            written(&part, 300),
            whole.clone(),
        );
    }
    run("all of the experts' edges written as rules", &network, &truth, written(&network.experts, 300), whole);
    println!("\nthe second half, after learning from the first:");
    row("device and kind alone", &truth.baseline(&network.alarms, half.clone()), None);
    let learnt = learn(&network.alarms[..half.start], &topology, &Learning::default());
    let right = learnt.iter().filter(|rule| network.experts.contains(&edge(rule))).count();
    run(
        &format!("learnt rules ({} of {} are edges of the experts)", right, learnt.len()),
        &network,
        &truth,
        learnt,
        half,
    );
    weather(&network, &topology);
}

fn edge(rule: &CauseRule) -> (String, String) {
    (rule.cause.first().cloned().unwrap_or_default(), rule.effect.first().cloned().unwrap_or_default())
}

fn part(network: &Network, percent: u32, seed: u64) -> BTreeSet<(String, String)> {
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    network.experts.iter().filter(|_| random.random_ratio(percent, 100)).cloned().collect()
}

fn run(name: &str, network: &Network, truth: &Truth, causes: Vec<CauseRule>, range: std::ops::Range<usize>) {
    let mut engine = Engine::new(rules(causes), network.topology());
    let begin = Instant::now();
    let many = range.len() as f64;
    let score = truth.engine(&mut engine, &network.alarms, range, &network.experts);
    row(name, &score, Some(many / begin.elapsed().as_secs_f64()));
}

fn row(name: &str, score: &Score, speed: Option<f64>) {
    let causes = score.causes.map_or("-".to_owned(), |causes| format!("{causes:.3}"));
    let speed = speed.map_or("-".to_owned(), |speed| format!("{speed:.0}"));
    println!(
        "{name:<52} {:>6} {:>9.3} {:>7.3} {causes:>7} {:>8} {speed:>9}",
        score.cases, score.precision, score.recall, score.largest
    );
}

fn weather(network: &Network, topology: &Topology) {
    let devices: BTreeSet<String> = network.alarms.iter().map(|alarm| alarm.device.clone()).collect();
    let devices: Vec<String> = devices.into_iter().collect();
    println!("\nstorms of 100000 alarms of 20 root causes over this topology:");
    println!(
        "{:<28} {:<24} {:>5} {:>6} {:>14} {:>9} {:>6} {:>9}",
        "", "rules", "seed", "cases", "several roots", "attached", "pairs", "alarms/s"
    );
    let learnt = learn(&network.alarms, topology, &Learning::default());
    for (name, apart, late) in
        [("apart, in order", true, 0), ("apart, up to 30 s late", true, 30), ("anywhere, up to 30 s late", false, 30)]
    {
        for (rules, causes) in [
            ("the experts'", written(&network.experts, 300)),
            ("learnt from real alarms", learnt.clone()),
            ("shipped, no causes", Vec::new()),
        ] {
            for seed in 1..=3 {
                let weather = Weather { seed, alarms: 100_000, roots: 20, spread: 1, late, apart };
                let storm = storm(weather, topology, &devices, &network.experts);
                let begin = Instant::now();
                let tally = storm.tell(&mut Engine::new(data::rules(causes.clone()), network.topology()));
                let speed = storm.alarms.len() as f64 / begin.elapsed().as_secs_f64();
                let several = tally.cases.values().filter(|roots| roots.len() > 1).count();
                let (cases, attached, most) = (tally.cases.len(), tally.attached, tally.most);
                println!(
                    "{name:<28} {rules:<24} {seed:>5} {cases:>6} {several:>14} {attached:>9} {most:>6} {speed:>9.0}"
                );
            }
        }
    }
}
