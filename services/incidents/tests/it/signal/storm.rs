//! A storm of alarms, over restarts and with two replicas: few cases, every signal in one of them, none lost and none doubled.

use std::collections::BTreeSet;
use std::sync::Arc;

use access::SystemClock;
use testkit::Bench;
use wire::incidents::v1::Signal;

use super::{alarm, cases, listed, taken};
use crate::on_every_database;

/// Alarms of so many devices far from each other, some kinds each, within minutes.
fn storm(devices: usize, each: usize) -> Vec<Signal> {
    let kinds = ["power_lost", "link_down", "cell_down", "ber"];
    let of = |number: usize| {
        let (device, turn) = (number % devices, number / devices);
        let second = i64::try_from(turn * 10 + device).unwrap();
        let kind = kinds.iter().cycle().nth(turn).unwrap();
        alarm(&format!("s-{number}"), &format!("ne-{device}"), kind, second)
    };
    (0..devices * each).map(of).collect()
}

/// The same service once more on the same database: another replica, or this one after a restart.
async fn replica(bench: &Bench) -> Bench {
    let serve = |database: store::Database| async move {
        ::incidents::service(&database, Arc::new(SystemClock)).await.unwrap()
    };
    bench.beside(&::incidents::services(), serve).await
}

on_every_database! {
    async fn a_storm_is_few_cases_and_every_signal_is_in_one(bench) {
        let signals = storm(8, 120);
        for portion in signals.chunks(200) {
            taken(&bench, portion).await;
        }
        let queue = cases(&bench, "state = OPEN").await;
        assert_eq!(queue.len(), 8);
        assert_eq!(queue.iter().map(|case| case.signal_count).sum::<i64>(), 960);
        let known = listed(&bench, "").await;
        assert_eq!(known.len(), 960);
        let of: BTreeSet<&str> = known.iter().map(|signal| signal.case.as_str()).collect();
        assert_eq!(of, queue.iter().map(|case| case.name.as_str()).collect());
    }

    async fn replicas_and_restarts_go_on_with_the_same_cases(bench) {
        let signals = storm(3, 40);
        let (first, rest) = signals.split_at(40);
        let (second, third) = rest.split_at(40);
        taken(&bench, first).await;
        // One that was not there before takes the next, and the first one what comes then.
        let other = replica(&bench).await;
        taken(&other, second).await;
        let told = taken(&bench, third).await;
        assert_eq!(told.cases, 0, "no case is opened twice");
        assert_eq!(cases(&bench, "").await.len(), 3);
        let again = taken(&other, &signals).await;
        assert_eq!((again.created, again.unchanged), (0, 120));
    }
}
