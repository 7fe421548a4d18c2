//! Deadlines as a service relies on them, on SQLite and, where a server is at hand, on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use access::{Caller, Clock, Context, ManualClock};
use deadline::{Deadline, Timer, clear, set};
use store::{Database, Location, MigrationTrait, MigratorTrait, SqlMigration, Tables, Transaction};
use tempfile::TempDir;
use tokio::sync::mpsc;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_700_000_000 * SECOND;
const KIND: &str = "expire";

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let effect = "CREATE TABLE effect (\"name\" TEXT NOT NULL, \"at\" BIGINT NOT NULL);\n";
        vec![
            Box::new(SqlMigration { name: "m0001_deadline", sql: deadline::TABLE }),
            Box::new(SqlMigration { name: "m0002_effect", sql: effect }),
        ]
    }
}

/// A place for a database, and a clock that is turned by hand.
struct Bench {
    location: Location,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Bench {
    async fn new(postgres: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = testkit::location(&folder, "test", postgres).await;
        Self { location, clock: Arc::new(ManualClock::at(START)), _folder: folder }
    }

    async fn open(&self) -> Database {
        Database::open("test", &self.location, &Tables::new::<Migrator>()).await.unwrap()
    }

    async fn begin(&self, database: &Database) -> Transaction {
        let context = Context {
            caller: Arc::new(Caller::service("test", "acme")),
            method: "test".into(),
            trace: String::new(),
            clock: self.clock(),
            roles: Arc::default(),
        };
        database.begin(&context).await.unwrap()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    /// Sets deadlines so many seconds from the start.
    async fn set(&self, database: &Database, deadlines: &[(&str, i64)]) {
        let mut tx = self.begin(database).await;
        set(&mut tx, &at(deadlines)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A timer whose handler leaves a row with who it was for and at which second.
    fn timer(&self, database: &Database) -> Timer {
        Timer::new(database, self.clock()).on(KIND, |tx, deadline| Box::pin(leave(tx, deadline)))
    }
}

fn at(deadlines: &[(&str, i64)]) -> Vec<Deadline> {
    deadlines.iter().map(|(name, second)| Deadline::new("acme", KIND, name, START + second * SECOND)).collect()
}

async fn leave(tx: &mut Transaction, deadline: &Deadline) -> fault::Outcome<()> {
    let second = (tx.context().clock.now() - START) / SECOND;
    tx.insert("effect", &["name", "at"], vec![vec![deadline.name.as_str().into(), second.into()]]).await
}

/// What the handlers left, by name.
async fn left(database: &Database) -> Vec<(String, i64)> {
    let rows = database.rows(database.sql("SELECT name, \"at\" FROM effect ORDER BY name, \"at\"")).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

fn named(left: &[(String, i64)]) -> Vec<(&str, i64)> {
    left.iter().map(|(name, at)| (name.as_str(), *at)).collect()
}

macro_rules! on_every_database {
    ($(async fn $name:ident($bench:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for postgres in testkit::backends() {
                let $bench = Bench::new(postgres.as_deref()).await;
                $body
            }
        }
    )*};
}

on_every_database! {
    async fn what_is_due_is_acted_on_once_and_never_early(bench) {
        let database = bench.open().await;
        let timer = bench.timer(&database);
        bench.set(&database, &[("b", 20), ("a", 10)]).await;
        bench.clock.advance(10 * SECOND - 1);
        assert_eq!(timer.round().await.unwrap(), 0, "a microsecond early is early");
        bench.clock.advance(1);
        assert_eq!(timer.round().await.unwrap(), 1);
        bench.clock.advance(90 * SECOND);
        assert_eq!(timer.round().await.unwrap(), 1);
        assert_eq!(timer.round().await.unwrap(), 0, "nothing is due twice");
        assert_eq!(named(&left(&database).await), [("a", 10), ("b", 100)]);
    }

    async fn what_is_cleared_moved_or_undone_does_not_come(bench) {
        let database = bench.open().await;
        let timer = bench.timer(&database);
        bench.set(&database, &[("cleared", 10), ("moved", 10), ("kept", 10)]).await;
        let mut tx = bench.begin(&database).await;
        clear(&mut tx, "acme", KIND, &["cleared", "never-set"]).await.unwrap();
        clear(&mut tx, "other", KIND, &["kept"]).await.unwrap();
        clear(&mut tx, "acme", "other-kind", &["kept"]).await.unwrap();
        set(&mut tx, &at(&[("moved", 30)])).await.unwrap();
        tx.commit().await.unwrap();
        let mut undone = bench.begin(&database).await;
        set(&mut undone, &at(&[("undone", 1)])).await.unwrap();
        undone.undo().await.unwrap();
        bench.clock.advance(10 * SECOND);
        timer.round().await.unwrap();
        assert_eq!(named(&left(&database).await), [("kept", 10)]);
        bench.clock.advance(20 * SECOND);
        timer.round().await.unwrap();
        assert_eq!(named(&left(&database).await), [("kept", 10), ("moved", 30)]);
    }

    async fn those_who_set_the_same_at_once_wait_for_each_other(bench) {
        let database = bench.open().await;
        let timer = bench.timer(&database);
        let names: Vec<String> = (0..600).map(|n| format!("n{n:03}")).collect();
        let set_all = async |second: i64| {
            let deadlines: Vec<(&str, i64)> = names.iter().rev().map(|name| (name.as_str(), second)).collect();
            bench.set(&database, &deadlines).await;
        };
        tokio::join!(set_all(10), set_all(10), set_all(10));
        bench.clock.advance(10 * SECOND);
        assert_eq!(timer.round().await.unwrap(), 600, "each once");
    }

    async fn kinds_without_a_handler_wait_for_one(bench) {
        let database = bench.open().await;
        bench.set(&database, &[("a", 1)]).await;
        bench.clock.advance(SECOND);
        assert_eq!(Timer::new(&database, bench.clock()).round().await.unwrap(), 0);
        assert_eq!(bench.timer(&database).round().await.unwrap(), 1);
    }

    async fn more_than_a_portion_is_acted_on_in_one_round(bench) {
        let database = bench.open().await;
        let names: Vec<String> = (0..230).map(|n| format!("n{n:03}")).collect();
        let deadlines: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        bench.set(&database, &deadlines).await;
        bench.clock.advance(SECOND);
        assert_eq!(bench.timer(&database).round().await.unwrap(), 230);
    }

    async fn replicas_share_what_is_due_and_nothing_happens_twice(bench) {
        let (one, two) = (bench.open().await, bench.open().await);
        let names: Vec<String> = (0..40).map(|n| format!("n{n:02}")).collect();
        let deadlines: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        bench.set(&one, &deadlines).await;
        bench.clock.advance(SECOND);
        let (first, second) = (bench.timer(&one), bench.timer(&two));
        let (first, second) = tokio::join!(first.round(), second.round());
        assert_eq!(first.unwrap() + second.unwrap(), 40);
        let left = left(&one).await;
        assert_eq!(named(&left), deadlines, "each once");
    }

    async fn a_restart_takes_up_what_fell_due_meanwhile(bench) {
        let before = bench.open().await;
        bench.set(&before, &[("a", 10)]).await;
        before.close().await;
        bench.clock.advance(3600 * SECOND);
        let after = bench.open().await;
        bench.timer(&after).start().await.unwrap();
        assert_eq!(named(&left(&after).await), [("a", 3600)], "before anything else is served");
    }

    async fn a_failure_waits_longer_each_time_and_holds_nobody_up(bench) {
        let database = bench.open().await;
        let broken = Arc::new(AtomicBool::new(true));
        let fails = Arc::clone(&broken);
        let timer = Timer::new(&database, bench.clock()).on(KIND, move |tx, deadline| {
            let fails = fails.load(Ordering::Relaxed) && deadline.name == "broken";
            Box::pin(async move {
                leave(tx, deadline).await?;
                if fails { Err(fault::Fault::defect("a test")) } else { Ok(()) }
            })
        });
        bench.set(&database, &[("broken", 0), ("fine", 0)]).await;
        assert_eq!(timer.round().await.unwrap(), 1);
        assert_eq!(named(&left(&database).await), [("fine", 0)], "what failed is undone");
        broken.store(false, Ordering::Relaxed);
        assert_eq!(timer.round().await.unwrap(), 0, "not before a second has passed");
        bench.clock.advance(SECOND);
        broken.store(true, Ordering::Relaxed);
        assert_eq!(timer.round().await.unwrap(), 0);
        broken.store(false, Ordering::Relaxed);
        bench.clock.advance(SECOND);
        assert_eq!(timer.round().await.unwrap(), 0, "after the second failure it waits two");
        bench.clock.advance(SECOND);
        assert_eq!(timer.round().await.unwrap(), 1);
        assert_eq!(named(&left(&database).await), [("broken", 3), ("fine", 0)]);
    }

    async fn a_handler_may_set_the_next_one(bench) {
        let database = bench.open().await;
        let timer = Timer::new(&database, bench.clock()).on(KIND, |tx, deadline| {
            Box::pin(async move {
                leave(tx, deadline).await?;
                set(tx, &[Deadline { due: deadline.due + 60 * SECOND, ..deadline.clone() }]).await
            })
        });
        bench.set(&database, &[("clock", 0)]).await;
        for _ in 0..3 {
            assert_eq!(timer.round().await.unwrap(), 1);
            assert_eq!(timer.round().await.unwrap(), 0);
            bench.clock.advance(60 * SECOND);
        }
        assert_eq!(named(&left(&database).await), [("clock", 0), ("clock", 60), ("clock", 120)]);
    }

    async fn a_running_timer_wakes_by_the_clock_and_by_a_nearer_deadline(bench) {
        let database = bench.open().await;
        let (told, mut hears) = mpsc::unbounded_channel();
        let timer = Timer::new(&database, bench.clock()).on(KIND, move |_, deadline| {
            told.send(deadline.name.clone()).unwrap();
            Box::pin(async { Ok(()) })
        });
        bench.set(&database, &[("far", 86_400)]).await;
        timer.start().await.unwrap();
        let mut next = async || tokio::time::timeout(Duration::from_secs(20), hears.recv()).await.unwrap().unwrap();
        bench.set(&database, &[("now", 0)]).await;
        assert_eq!(next().await, "now", "the commit woke it");
        bench.set(&database, &[("near", 60)]).await;
        bench.clock.advance(60 * SECOND);
        assert_eq!(next().await, "near");
        bench.clock.advance(86_400 * SECOND);
        assert_eq!(next().await, "far", "the clock woke it");
    }

    async fn what_a_replica_set_that_is_gone_is_acted_on_by_another(bench) {
        let (gone, other) = (bench.open().await, bench.open().await);
        if other.dialect() == store::Dialect::Sqlite {
            // One process has a file; there is no other replica.
            continue;
        }
        let (told, mut hears) = mpsc::unbounded_channel();
        let timer = Timer::new(&other, bench.clock()).on(KIND, move |_, deadline| {
            told.send(deadline.name.clone()).unwrap();
            Box::pin(async { Ok(()) })
        });
        timer.start().await.unwrap();
        bench.set(&gone, &[("a", 1)]).await;
        gone.close().await;
        bench.clock.advance(i64::try_from(deadline::POLL.as_micros()).unwrap());
        assert_eq!(tokio::time::timeout(Duration::from_secs(20), hears.recv()).await.unwrap().unwrap(), "a");
    }

    async fn a_running_timer_does_not_keep_the_database(bench) {
        let database = bench.open().await;
        let (alive, mut gone) = mpsc::channel::<()>(1);
        let timer = Timer::new(&database, bench.clock()).on(KIND, move |_, _| {
            let _held = &alive;
            Box::pin(async { Ok(()) })
        });
        timer.start().await.unwrap();
        drop(database);
        // The handler is dropped with the task that held it.
        assert_eq!(tokio::time::timeout(Duration::from_secs(20), gone.recv()).await.unwrap(), None);
    }
}
