//! The real network's alarms, and storms over it. `examples/alarms.rs` prints more.

use std::collections::BTreeSet;

use correlate::{Engine, Learning, learn};

use crate::network::{
    data::{network, rules, written},
    storm::{Weather, storm},
    truth::Truth,
};

#[test]
fn learnt_rules_name_more_roots_than_device_and_kind_alone_in_fewer_cases() {
    let Some(network) = network() else { return };
    let (topology, alarms) = (network.topology(), &network.alarms);
    let truth = Truth::new(alarms, &topology, &network.experts);
    // Rules are learnt from the first half and asked about the second.
    let (half, all) = (alarms.len() / 2, alarms.len());
    let learnt = learn(&alarms[..half], &topology, &Learning::default());
    let baseline = truth.baseline(alarms, half..all);
    let found = truth.engine(&mut Engine::new(rules(learnt), network.topology()), alarms, half..all, &network.experts);
    println!(
        "{} cases for {}, precision {:.3} for {:.3}, recall {:.3} for {:.3}",
        found.cases, baseline.cases, found.precision, baseline.precision, found.recall, baseline.recall
    );
    assert!(found.cases * 3 < baseline.cases, "{} cases, where there were {}", found.cases, baseline.cases);
    assert!(found.precision > baseline.precision + 0.03 && found.recall > baseline.recall + 0.3);
}

#[test]
fn rules_that_experts_wrote_find_their_roots() {
    let Some(network) = network() else { return };
    let truth = Truth::new(&network.alarms, &network.topology(), &network.experts);
    let mut engine = Engine::new(rules(written(&network.experts, 300)), network.topology());
    let found = truth.engine(&mut engine, &network.alarms, 0..network.alarms.len(), &network.experts);
    println!(
        "{} cases, precision {:.3}, recall {:.3}, causes {:?}",
        found.cases, found.precision, found.recall, found.causes
    );
    assert_eq!((network.alarms.len(), network.links.len(), network.experts.len()), (48_572, 440, 148));
    assert!(truth.explained() > 20_000, "experts explain many alarms: {}", truth.explained());
    assert!(found.largest < network.alarms.len() / 4, "no case swallows the network: {}", found.largest);
    assert_eq!(found.causes, Some(1.0), "no cause is named that no rule says");
    assert!(found.precision > 0.9 && found.recall > 0.85 && found.cases < 500);
}

#[test]
fn a_storm_of_twenty_root_causes_is_twenty_cases() {
    let Some(network) = network() else { return };
    let devices: BTreeSet<String> = network.alarms.iter().map(|alarm| alarm.device.clone()).collect();
    let devices: Vec<String> = devices.into_iter().collect();
    for (seed, late) in [(1, 0), (2, 30)] {
        let weather = Weather { seed, alarms: 100_000, roots: 20, spread: 1, late, apart: true };
        let storm = storm(weather, &network.topology(), &devices, &network.experts);
        let tally = storm.tell(&mut Engine::new(rules(written(&network.experts, 300)), network.topology()));
        let (cases, half, most) = (tally.cases.len(), tally.half, tally.most);
        println!("{cases} cases, {} alarms attached, {half} pairs remembered at half, {most} at most", tally.attached);
        assert!((18..=22).contains(&cases), "{cases} cases");
        assert_eq!(tally.attached, 100_000);
        assert!(tally.cases.values().all(|roots| roots.len() == 1), "no case has two root causes");
        assert!(most <= half + half / 10, "memory is flat: {half} at half, {most} at most");
    }
}
