//! A change that cannot be taken in stops the feed: nothing is skipped, and it is tried again.

use access::{Caller, Context};
use fault::Fault;
use wire::assets::v1::ErrorReason;

use crate::bench::{Keeper, SECOND, effects, on_every_database, sequences};

const BAD: &str = "organizations/acme/sites/bad";

fn refuse() -> Box<Fault> {
    Fault::precondition(ErrorReason::SiteTypeUnknown, "no such type of site")
}

on_every_database! {
    async fn a_change_that_cannot_be_taken_in_parks_the_feed_until_it_can(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        for id in ["a", "b", "bad", "c"] {
            source.create("acme", &[id]).await;
        }
        keeper.fail_at(BAD, refuse);
        let running = bench.follow(&database, &keeper).await;
        let standing = running.standing();
        bench.until("parked", async || !feed::parked(&database).await.unwrap().is_empty()).await;
        assert_eq!(sequences(&database).await, [1, 2], "what is before it is taken in, it and what comes after is not");
        let parked = feed::parked(&database).await.unwrap().remove(0);
        assert_eq!((parked.source.as_str(), parked.service.as_str(), parked.sequence), ("assets", "assets", 3));
        assert_eq!((parked.resource.as_str(), parked.reason.as_str()), (BAD, "SITE_TYPE_UNKNOWN"));
        assert!(parked.message.contains("no such type of site"));
        assert!(standing.borrow().parked && !standing.borrow().is_level());

        bench.until("tried five times", async || feed::parked(&database).await.unwrap()[0].attempts >= 5).await;
        let later = feed::parked(&database).await.unwrap().remove(0);
        assert_eq!(later.since, parked.since, "what stopped it first keeps its time");
        assert!(later.try_time - bench.now() > 4 * SECOND, "ever more rarely");
        assert_eq!(sequences(&database).await, [1, 2], "and nothing is skipped");

        keeper.heal();
        bench.until_effects(&database, 4).await;
        assert_eq!(sequences(&database).await, [1, 2, 3, 4]);
        assert_eq!(feed::parked(&database).await.unwrap(), []);
        bench.until("told", async || standing.borrow().is_level()).await;
    }

    async fn a_parked_change_is_tried_at_once_after_a_restart(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        source.create("acme", &["bad"]).await;
        keeper.fail_at(BAD, refuse);
        let running = bench.follow(&database, &keeper).await;
        bench.until("parked for long", async || {
            feed::parked(&database).await.unwrap().first().is_some_and(|parked| parked.attempts >= 8)
        }).await;
        running.stop().await;
        keeper.heal();
        let before = bench.now();
        let _running = bench.follow(&database, &keeper).await;
        bench.until_effects(&database, 1).await;
        assert!(bench.now() - before < 30 * SECOND, "long before its next turn");
        assert_eq!(feed::parked(&database).await.unwrap(), []);
    }

    async fn a_panic_parks_too(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        source.create("acme", &["a"]).await;
        source.create("acme", &["bad"]).await;
        keeper.fail_at(BAD, || panic!("this is no site"));
        let _running = bench.follow(&database, &keeper).await;
        bench.until("parked", async || !feed::parked(&database).await.unwrap().is_empty()).await;
        let parked = feed::parked(&database).await.unwrap().remove(0);
        assert_eq!(parked.reason, "DEFECT");
        assert!(parked.message.contains("this is no site"), "{}", parked.message);
        keeper.heal();
        bench.until_effects(&database, 2).await;
        assert_eq!(sequences(&database).await, [1, 2]);
    }

    async fn the_ledger_of_another_database_is_not_taken_for_the_one_followed(mut bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        source.create("acme", &["a", "b"]).await;
        let _running = bench.follow(&database, &keeper).await;
        bench.until_effects(&database, 2).await;
        bench.cut(source).await;
        bench.replace_source().await;
        let source = bench.serve().await;
        source.create("acme", &["x", "y", "z"]).await;
        bench.until("refused", async || !feed::parked(&database).await.unwrap().is_empty()).await;
        let parked = feed::parked(&database).await.unwrap().remove(0);
        assert_eq!((parked.reason.as_str(), parked.sequence), ("CURSOR_INVALID", 2));
        assert!(parked.message.contains("not the one that was followed"), "{}", parked.message);
        assert_eq!(effects(&database).await.len(), 2, "nothing of it is taken in");

        let context = Context { caller: std::sync::Arc::new(Caller::service("controls", "acme")), ..source.context("acme", "") };
        let mut tx = database.begin(&context).await.unwrap();
        tx.run(tx.sql("DELETE FROM effect")).await.unwrap();
        feed::rewind(&mut tx, "assets").await.unwrap();
        tx.commit().await.unwrap();
        bench.until_effects(&database, 3).await;
        let names: Vec<String> = effects(&database).await.into_iter().map(|(_, _, value)| value).collect();
        assert_eq!(names, ["Site x", "Site y", "Site z"]);
        assert_eq!(feed::parked(&database).await.unwrap(), []);
    }
}
