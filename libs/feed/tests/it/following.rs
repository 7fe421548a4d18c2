//! What is told is taken in once, whole and in order, whatever becomes of either side.

use std::sync::Arc;

use access::{ManualClock, ServiceToken};
use fault::Fault;
use futures::FutureExt as _;
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::bench::{Keeper, Sites, effects, on_every_database, sequences};

on_every_database! {
    async fn changes_of_every_organization_are_taken_in_as_they_are_told(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        source.create("acme", &["a", "b"]).await;
        source.create("other", &["c"]).await;
        let running = bench.follow(&database, &keeper).await;
        bench.until_effects(&database, 3).await;
        source.rename("organizations/acme/sites/a", "Renamed").await;
        source.delete("organizations/other/sites/c").await;
        bench.until_effects(&database, 5).await;
        let told = effects(&database).await;
        let told: Vec<(i64, &str, &str)> = told.iter().map(|(at, name, value)| (*at, name.as_str(), value.as_str())).collect();
        assert_eq!(told, [
            (1, "organizations/acme/sites/a", "Site a"),
            (2, "organizations/acme/sites/b", "Site b"),
            (3, "organizations/other/sites/c", "Site c"),
            (4, "organizations/acme/sites/a", "Renamed"),
            (5, "organizations/other/sites/c", "gone"),
        ]);
        let standing = running.standing();
        bench.until("level", async || standing.borrow().is_level()).await;
        assert_eq!(standing.borrow().sequence, 5);
        assert_eq!(standing.borrow().behind(), 0);
    }

    async fn transactions_of_the_source_come_whole(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        let ids: Vec<String> = (0..60).map(|number| format!("s{number:02}")).collect();
        for group in ids.chunks(3) {
            let group: Vec<&str> = group.iter().map(String::as_str).collect();
            source.create("acme", &group).await;
        }
        let large: Vec<String> = (0..40).map(|number| format!("l{number:02}")).collect();
        source.create("acme", &large.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let running = bench.consumer(&database).at_once(7, 1 << 20).start(keeper.clone()).await.unwrap();
        bench.until_effects(&database, 100).await;
        running.stop().await;
        let portions = keeper.portions.lock().clone();
        for pair in portions.windows(2) {
            assert_ne!(pair[0].last().unwrap().0, pair[1].first().unwrap().0, "no transaction is in two portions");
        }
        let sizes: Vec<usize> = portions.iter().map(Vec::len).collect();
        assert!(sizes.iter().all(|size| *size <= 6 || *size == 40), "two of three fit, the large one is alone: {sizes:?}");
        assert!(sizes.contains(&6), "several are taken in at once when behind: {sizes:?}");
        assert_eq!(sequences(&database).await, (1..=100).collect::<Vec<_>>());
    }

    async fn a_restart_goes_on_where_it_was(bench) {
        let (source, keeper) = (bench.serve().await, Keeper::default());
        let before = bench.open().await;
        source.create("acme", &["a"]).await;
        let running = bench.follow(&before, &keeper).await;
        bench.until_effects(&before, 1).await;
        running.stop().await;
        before.close().await;
        source.create("acme", &["b"]).await;
        let after = bench.open().await;
        let _running = bench.follow(&after, &keeper).await;
        bench.until_effects(&after, 2).await;
        source.create("acme", &["c"]).await;
        bench.until_effects(&after, 3).await;
        assert_eq!(sequences(&after).await, [1, 2, 3]);
    }

    async fn a_crash_while_a_change_is_taken_in_leaves_nothing_of_it(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        let (reached, held) = (Arc::new(tokio::sync::Notify::new()), Arc::clone(&bench.clock));
        let signal = Arc::clone(&reached);
        keeper.set(move |_| {
            signal.notify_one();
            let held: Arc<ManualClock> = Arc::clone(&held);
            async move { access::Clock::until(held.as_ref(), i64::MAX).map(Ok).await }.boxed()
        });
        source.create("acme", &["a"]).await;
        let running = bench.follow(&database, &keeper).await;
        reached.notified().await;
        running.stop().await;
        assert_eq!(effects(&database).await, [], "what was written was not committed");
        keeper.heal();
        let _running = bench.follow(&database, &keeper).await;
        bench.until_effects(&database, 1).await;
        source.create("acme", &["b"]).await;
        bench.until_effects(&database, 2).await;
        assert_eq!(sequences(&database).await, [1, 2]);
    }

    async fn a_failure_that_passes_is_tried_again_and_parks_nothing(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        for code in [Code::Unavailable, Code::Aborted] {
            keeper.fail_at("organizations/acme/sites/a", move || Fault::new(code, ErrorReason::StoreUnavailable, "busy"));
            source.create("acme", &["a"]).await;
            let running = bench.follow(&database, &keeper).await;
            let tried = keeper.tries();
            bench.until("tried again", async || keeper.tries() > tried + 3).await;
            assert_eq!(effects(&database).await, []);
            assert_eq!(feed::parked(&database).await.unwrap(), []);
            running.stop().await;
            source.delete("organizations/acme/sites/a").await;
        }
        keeper.heal();
        let _running = bench.follow(&database, &keeper).await;
        bench.until_effects(&database, 4).await;
        assert_eq!(sequences(&database).await, [1, 2, 3, 4]);
    }

    async fn a_source_that_is_gone_is_called_again_until_it_is_back(bench) {
        let (database, keeper) = (bench.open().await, Keeper::default());
        let running = bench.follow(&database, &keeper).await;
        bench.until("called in vain", async || bench.line.calls() > 2).await;
        assert!(!running.standing().borrow().is_level());
        let source = bench.serve().await;
        source.create("acme", &["a"]).await;
        bench.until_effects(&database, 1).await;
        bench.cut(source).await;
        let standing = running.standing();
        bench.until("found gone", async || !standing.borrow().connected).await;
        assert!(standing.borrow().seconds_behind(i64::MAX) > 0.0);
        let source = bench.serve().await;
        source.create("acme", &["b"]).await;
        bench.until_effects(&database, 2).await;
        assert_eq!(sequences(&database).await, [1, 2]);
    }

    async fn a_source_elsewhere_is_followed_over_a_channel_however_large_its_transactions(bench) {
        let source = bench.serve().await;
        let (database, keeper) = (bench.open().await, Keeper::default());
        let address = source.listen(&bench).await;
        let settings = channel::Settings::described_by(wire::pool());
        let endpoints = channel::Endpoints::Static(vec![format!("http://{address}")]);
        let upstream = channel::Upstream::remote("assets", &endpoints, &settings).unwrap();
        let token = ServiceToken::minted(bench.key.clone(), "controls", bench.clock()).unwrap();
        let consumer = feed::Consumer::new(&database, "assets", token.around(upstream), bench.clock());
        let _running = consumer.start(keeper.clone()).await.unwrap();
        source.create("acme", &["a"]).await;
        bench.until_effects(&database, 1).await;
        let ids: Vec<String> = (0..600).map(|number| format!("s{number:03}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        source.create_named("acme", &ids, |_| "x".repeat(20_000)).await;
        bench.until_effects(&database, 601).await;
        assert_eq!(sequences(&database).await, (1..=601).collect::<Vec<_>>());
        assert_eq!(keeper.portions.lock().iter().map(Vec::len).max(), Some(600), "12 MB, and whole");
    }

    async fn a_feed_that_has_nothing_for_us_moves_the_cursor_all_the_same(bench) {
        let (source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        source.create("acme", &["a", "b"]).await;
        let consumer = bench.consumer(&database).kinds(&["telwarden.assets.v1.Asset"]);
        let running = consumer.start(keeper.clone()).await.unwrap();
        let standing = running.standing();
        bench.until("moved on", async || standing.borrow().sequence == 2).await;
        running.stop().await;
        assert_eq!(keeper.tries(), 0);
        // A second consumer that wants them starts where the first is by now, unless it has a name of its own.
        let _running = bench.follow(&database, &keeper).await;
        source.create("acme", &["c"]).await;
        bench.until_effects(&database, 1).await;
        assert_eq!(sequences(&database).await, [3]);
    }

    async fn what_follows_is_told_in_the_trace_of_its_cause(bench) {
        struct Copy(store::Collection<Sites>);
        #[tonic::async_trait]
        impl feed::Handler for Copy {
            async fn apply(&self, tx: &mut store::Transaction, changes: &[wire::changes::v1::Change]) -> fault::Outcome<()> {
                for change in changes {
                    let Some(site) = feed::after::<wire::assets::v1::Site>(change)? else { continue };
                    let (organization, id) = (site.name.split('/').nth(1).unwrap(), site.name.rsplit('/').next().unwrap());
                    feed::react(tx, "copy-site", change);
                    self.0.create_in(tx, organization, vec![(id.to_owned(), site.clone())]).await?;
                }
                Ok(())
            }
        }
        let (source, database) = (bench.serve().await, bench.open().await);
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        source.create_traced("acme", &["a"], trace).await;
        source.create_traced("other", &["b"], "").await;
        let copy = Copy(store::Collection::new(database.clone()));
        let running = bench.consumer(&database).start(copy).await.unwrap();
        let standing = running.standing();
        bench.until("taken in", async || standing.borrow().sequence == 2).await;
        let entry = async |name: &str| database.life(name, 0, 10).await.unwrap().remove(0).1;
        let a = entry("organizations/acme/sites/a").await;
        assert_eq!((a.actor.as_str(), a.method.as_str()), ("service:controls", "reaction/copy-site"));
        assert_eq!(a.organization, "acme");
        assert_eq!(a.trace[..36], trace[..36]);
        let b = entry("organizations/other/sites/b").await;
        assert_eq!(b.organization, "other");
        let cause = source.database.life("organizations/other/sites/b", 0, 10).await.unwrap().remove(0).1;
        let digest: String = cause.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(b.trace[3..35], digest[..32], "a cause without a trace is found by its digest");
        store::verify(&database, &crate::bench::tables()).await.unwrap().expect("the ledger holds");
    }

    async fn a_consumer_does_not_keep_its_database(bench) {
        let (_source, database, keeper) = (bench.serve().await, bench.open().await, Keeper::default());
        let running = bench.follow(&database, &keeper).await;
        let mut standing = running.standing();
        bench.until("level", async || standing.borrow().is_level()).await;
        drop(database);
        // The sender is dropped with the task.
        let ended = async { while standing.changed().await.is_ok() {} };
        tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.unwrap();
    }
}
