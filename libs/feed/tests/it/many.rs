//! A consumer far behind catches up quickly, and holds little meanwhile.

use std::time::Instant;

use crate::bench::{Keeper, SITE, on_every_database};

const MANY: usize = 100_000;

/// How much memory this process holds, in MiB; none where the system does not tell.
fn memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? / 1024)
}

on_every_database! {
    async fn a_hundred_thousand_changes_are_caught_up_with_in_little_memory(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        for batch in 0..MANY / 1000 {
            let ids: Vec<String> = (0..1000).map(|number| format!("s{batch:03}-{number:03}")).collect();
            source.create("acme", &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        bench.until("placed", async || source.database.newest().await.unwrap() == MANY as i64).await;
        let (before, began) = (memory(), Instant::now());
        let running = bench.consumer(&database).kinds(&[SITE]).start(keeper.clone()).await.unwrap();
        let standing = running.standing();
        let mut most = before;
        bench.until("level", async || {
            most = most.max(memory());
            let standing = *standing.borrow();
            standing.sequence == MANY as i64 && standing.is_level()
        }).await;
        let took = began.elapsed();
        let grown = most.zip(before).map(|(most, before)| most - before);
        let rate = MANY as f64 / took.as_secs_f64();
        eprintln!("{:?}: {MANY} changes in {took:?}, {rate:.0} a second, memory grew by {grown:?} MiB", database.dialect());
        let row = database.row(database.sql("SELECT COUNT(*), COUNT(DISTINCT sequence), MAX(sequence) FROM effect")).await;
        let row = row.unwrap().unwrap();
        let number = |index| row.try_get_by_index::<i64>(index).unwrap();
        assert_eq!((number(0), number(1), number(2)), (MANY as i64, MANY as i64, MANY as i64));
        assert!(keeper.tries() <= MANY / 500, "many at once: {} portions", keeper.tries());
        // All of them together would be several times as much.
        assert!(grown.is_none_or(|grown| grown < 96), "memory grew by {grown:?} MiB");
    }
}
