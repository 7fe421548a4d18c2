//! Several replicas of a consumer: one at a time has effect.

use crate::bench::{Keeper, on_every_database, sequences};

on_every_database! {
    async fn two_replicas_take_in_everything_once_and_one_takes_over_from_the_other(bench) {
        let source = bench.serve().await;
        let (one, two) = (bench.open().await, bench.open().await);
        let keepers = [Keeper::default(), Keeper::default()];
        let mut replicas = vec![bench.follow(&one, &keepers[0]).await, bench.follow(&two, &keepers[1]).await];
        let mut made = 0;
        for round in 0..20 {
            let ids: Vec<String> = (0..5).map(|number| format!("s{round:02}-{number}")).collect();
            for id in &ids {
                source.create("acme", &[id]).await;
                made += 1;
            }
            bench.until_effects(&one, made).await;
        }
        let all: Vec<i64> = (1..=100).collect();
        assert_eq!(sequences(&one).await, all, "each once");
        let busier = usize::from(keepers[1].tries() > keepers[0].tries());
        replicas.remove(busier).stop().await;
        source.create("acme", &["after"]).await;
        bench.until_effects(&one, 101).await;
        assert_eq!(sequences(&one).await, (1..=101).collect::<Vec<_>>());
    }

    async fn replicas_that_start_together_share_what_there_is(bench) {
        let source = bench.serve().await;
        for number in 0..50 {
            source.create("acme", &[&format!("s{number:02}")]).await;
        }
        let databases = [bench.open().await, bench.open().await, bench.open().await];
        let keeper = Keeper::default();
        let mut replicas = Vec::new();
        for database in &databases {
            let consumer = bench.consumer(database).at_once(3, 1 << 20);
            replicas.push(consumer.start(keeper.clone()).await.unwrap());
        }
        bench.until_effects(&databases[0], 50).await;
        assert_eq!(sequences(&databases[0]).await, (1..=50).collect::<Vec<_>>());
        for replica in replicas {
            replica.stop().await;
        }
    }
}
