//! Who runs quantifications: a task of each process, one at a time.
//!
//! `quantification_run` holds what has not ended, outside the ledger. Whoever takes one up holds it by a lease, which it renews while the engine works;
//! a lease that has run out is that of a process that is gone, and whoever finds it begins anew, so many times and no more. Progress is told beside
//! the lease. Cancelling takes it out: the runner looks several times a second whether it is still there, and drops what it has by then.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use access::{Caller, Clock, Context};
use fault::{Fault, Outcome};
use quantify::{Model, Stopped, Watch};
use store::{Collection, Database, Transaction, timestamp};
use wire::risk::v1::Quantification;
use wire::risk::v1::quantification::State;

use super::{Quantifications, figures};
use crate::{id_of, organization_of};

/// How long a lease lasts, in microseconds.
const LEASE: i64 = 10_000_000;
/// How often a runner looks whether what it runs was cancelled.
const LOOK: Duration = Duration::from_millis(200);
/// At how many of these looks it also tells how far it is, and renews its lease: once a second.
const RENEW: u32 = 5;
/// How often one is begun at most.
const ATTEMPTS: i64 = 3;
/// How often it looks for work of which no bell told it, in microseconds: that of another process.
const SEARCH: i64 = 5_000_000;

/// What is being run, and by whom.
struct Taken {
    quantification: Quantification,
    runner: String,
}

/// What nobody runs: QUEUED, or begun by a process that is gone.
struct Waiting {
    organization: String,
    id: String,
    attempts: i64,
}

// === The queue ===

/// Puts one into the queue.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn queue(tx: &mut Transaction, organization: &str, name: &str) -> Outcome<()> {
    let now = tx.context().clock.now();
    let mut sql = tx.sql(
        "INSERT INTO quantification_run (organization, id, runner, lease_time, done, queue_time, attempts) VALUES (",
    );
    sql.bind_all([organization, id_of(name)]).push(", '', 0, 0, ").bind(now).push(", 0)");
    tx.run(sql).await?;
    tx.ring();
    Ok(())
}

/// Takes one out of the queue: who runs it sees that it is gone.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn dismiss(tx: &mut Transaction, organization: &str, name: &str) -> Outcome<()> {
    let mut sql = tx.sql("DELETE FROM quantification_run WHERE organization = ");
    sql.bind(organization).push(" AND id = ").bind(id_of(name));
    tx.run(sql).await.map(drop)
}

/// Tells of those that are running how many years of scenarios are simulated. They are of one organization.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn tell_progress(database: &Database, of: &mut [Quantification]) -> Outcome<()> {
    let running: Vec<&str> =
        of.iter().filter(|one| one.state() == State::Running).map(|one| one.name.as_str()).collect();
    let Some(first) = running.first() else { return Ok(()) };
    let mut sql = database.sql("SELECT id, done FROM quantification_run WHERE organization = ");
    let ids: Vec<&str> = running.iter().map(|name| id_of(name)).collect();
    sql.bind(organization_of(first)).push(" AND ").is_in("id", &ids);
    let mut done = HashMap::new();
    for row in database.rows(sql).await? {
        let id: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let years: i64 = row.try_get_by_index(1).map_err(Fault::defect)?;
        done.insert(id, years);
    }
    for one in of.iter_mut().filter(|one| one.state() == State::Running) {
        one.done_years = done.get(id_of(&one.name)).copied().unwrap_or_default();
    }
    Ok(())
}

// === The task ===

/// Runs what is QUEUED, in a task of its own, until nobody else holds the database.
pub(crate) fn start(database: &Database, clock: Arc<dyn Clock>) {
    let (mut bell, weak) = (database.bell(), database.weak());
    tokio::spawn(async move {
        loop {
            let Some(database) = weak.upgrade() else { return };
            let worked = work(&database, &clock).await;
            // The task that waits does not keep the database open.
            drop(database);
            match worked {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "a quantification came to nothing; looking again later"),
            }
            tokio::select! {
                () = clock.until(clock.now().saturating_add(SEARCH)) => {}
                rung = bell.changed() => if rung.is_err() { return },
            }
        }
    });
}

/// On its own account, the service itself.
fn context(database: &Database, clock: &Arc<dyn Clock>, organization: &str) -> Context {
    Context {
        caller: Arc::new(Caller::service(database.service(), organization)),
        method: "run/quantification".into(),
        trace: String::new(),
        clock: Arc::clone(clock),
        roles: Arc::default(),
    }
}

/// Runs one; false where there is none to run.
async fn work(database: &Database, clock: &Arc<dyn Clock>) -> Outcome<bool> {
    let Some(waiting) = waiting(database, clock.now()).await? else { return Ok(false) };
    let context = context(database, clock, &waiting.organization);
    let Some(taken) = take(database, &context, &waiting).await? else { return Ok(true) };
    let ended = run(database, &context, &taken).await?;
    finish(database, &context, &taken, ended).await?;
    Ok(true)
}

/// The one that waits longest.
async fn waiting(database: &Database, now: i64) -> Outcome<Option<Waiting>> {
    let mut sql = database.sql("SELECT organization, id, attempts FROM quantification_run WHERE lease_time <= ");
    sql.bind(now).push(" ORDER BY queue_time, id LIMIT 1");
    let Some(row) = database.row(sql).await? else { return Ok(None) };
    let text = |index: usize| row.try_get_by_index::<String>(index).map_err(Fault::defect);
    let attempts = row.try_get_by_index(2).map_err(Fault::defect)?;
    Ok(Some(Waiting { organization: text(0)?, id: text(1)?, attempts }))
}

/// Takes one up; none where another was faster, it was cancelled or deleted meanwhile, or it was begun too often.
async fn take(database: &Database, context: &Context, waiting: &Waiting) -> Outcome<Option<Taken>> {
    let (now, runner) = (context.clock.now(), context.clock.id());
    let mut tx = database.begin(context).await?;
    let name = format!("organizations/{}/quantifications/{}", waiting.organization, waiting.id);
    let given_up = waiting.attempts >= ATTEMPTS;
    let rule = |_: &Context, old: &Quantification, new: &mut Quantification| {
        new.set_state(if given_up { State::Failed } else { State::Running });
        let anew = old.state() == State::Running;
        new.state_reason = match (given_up, anew) {
            (true, _) => format!(
                "it was begun {ATTEMPTS} times and never ended: its result could not be written, or whoever ran it stopped"
            ),
            (_, true) => "begun anew: who ran it is gone".to_owned(),
            _ => String::new(),
        };
        if given_up {
            new.end_time = timestamp(now);
        } else {
            new.start_time = timestamp(now);
        }
        Ok(())
    };
    let changed = Collection::<Quantifications>::new(database.clone()).change_in(&mut tx, &name, "", rule).await;
    let quantification = match changed {
        Err(fault) if fault.code() == tonic::Code::NotFound => return undo(tx).await,
        changed => changed?,
    };
    // Its row is locked by now, as whoever cancels it locks it first too; so the lease is the last word.
    if !lease(&mut tx, waiting, &runner).await? {
        return undo(tx).await;
    }
    if given_up {
        dismiss(&mut tx, &waiting.organization, &name).await?;
    }
    tx.commit().await?;
    Ok((!given_up).then_some(Taken { quantification, runner }))
}

async fn undo(tx: Transaction) -> Outcome<Option<Taken>> {
    tx.undo().await?;
    Ok(None)
}

/// Takes the lease, where it is still to be had.
async fn lease(tx: &mut Transaction, waiting: &Waiting, runner: &str) -> Outcome<bool> {
    let now = tx.context().clock.now();
    let mut sql = tx.sql("UPDATE quantification_run SET done = 0, attempts = attempts + 1, runner = ");
    sql.bind(runner).push(", lease_time = ").bind(now.saturating_add(LEASE));
    sql.push(" WHERE organization = ").bind(waiting.organization.as_str()).push(" AND id = ").bind(waiting.id.as_str());
    sql.push(" AND lease_time <= ").bind(now);
    Ok(tx.run(sql).await? == 1)
}

/// Simulates, and tells meanwhile how far it is. None where it was cancelled, or another has taken it.
async fn run(
    database: &Database,
    context: &Context,
    taken: &Taken,
) -> Outcome<Option<Result<quantify::Outcome, Stopped>>> {
    let (watch, settings) = (Watch::new(), figures::settings(&taken.quantification));
    let (watched, text) = (watch.clone(), taken.quantification.model.clone());
    let mut running = tokio::task::spawn_blocking(move || {
        let model = Model::from_yaml(&text).map_err(Stopped::Refused)?;
        quantify::run(&model, &settings, &watched)
    });
    for look in 1_u32.. {
        tokio::select! {
            ended = &mut running => return ended.map(Some).map_err(Fault::defect),
            () = tokio::time::sleep(LOOK) => {}
        }
        let held = if look % RENEW == 1 {
            renew(database, context, taken, &watch).await
        } else {
            holds(database, taken).await
        };
        match held {
            Ok(true) => {}
            Ok(false) => {
                watch.cancel();
                // So that nothing of it runs beside what comes next.
                drop(running.await);
                return Ok(None);
            }
            // Whatever it comes to is written when it is done; a database that is away for longer costs the lease.
            Err(fault) => tracing::warn!(%fault, name = taken.quantification.name, "its progress could not be told"),
        }
    }
    Ok(None)
}

/// Whether it is still this runner's.
async fn holds(database: &Database, taken: &Taken) -> Outcome<bool> {
    let name = taken.quantification.name.as_str();
    let mut sql = database.sql("SELECT 1 FROM quantification_run WHERE organization = ");
    sql.bind(organization_of(name))
        .push(" AND id = ")
        .bind(id_of(name))
        .push(" AND runner = ")
        .bind(taken.runner.as_str());
    Ok(database.row(sql).await?.is_some())
}

/// Tells how far it is, and holds on to it; false where it is no longer this runner's.
async fn renew(database: &Database, context: &Context, taken: &Taken, watch: &Watch) -> Outcome<bool> {
    let name = taken.quantification.name.as_str();
    let done = i64::try_from(watch.progress().done).unwrap_or(i64::MAX);
    let mut tx = database.begin(context).await?;
    let mut sql = tx.sql("UPDATE quantification_run SET done = ");
    sql.bind(done).push(", lease_time = ").bind(context.clock.now().saturating_add(LEASE));
    sql.push(" WHERE organization = ").bind(organization_of(name)).push(" AND id = ").bind(id_of(name));
    sql.push(" AND runner = ").bind(taken.runner.as_str());
    let held = tx.run(sql).await? == 1;
    tx.commit().await?;
    Ok(held)
}

/// Writes down what it came to, unless it was cancelled or is another's by now.
async fn finish(
    database: &Database,
    context: &Context,
    taken: &Taken,
    ended: Option<Result<quantify::Outcome, Stopped>>,
) -> Outcome<()> {
    let Some(ended) = ended else { return Ok(()) };
    let name = taken.quantification.name.as_str();
    let mut tx = database.begin(context).await?;
    let rule = |context: &Context, old: &Quantification, new: &mut Quantification| {
        if old.state() != State::Running {
            return Ok(());
        }
        new.end_time = timestamp(context.clock.now());
        match &ended {
            Ok(outcome) => {
                new.set_state(State::Done);
                figures::tell(new, outcome)?;
            }
            Err(stopped) => {
                new.set_state(State::Failed);
                new.state_reason = stopped.to_string().chars().take(4000).collect();
            }
        }
        Ok(())
    };
    Collection::<Quantifications>::new(database.clone()).change_in(&mut tx, name, "", rule).await?;
    let mut sql = tx.sql("DELETE FROM quantification_run WHERE organization = ");
    sql.bind(organization_of(name)).push(" AND id = ").bind(id_of(name));
    sql.push(" AND runner = ").bind(taken.runner.as_str());
    if tx.run(sql).await? == 1 { tx.commit().await } else { tx.undo().await }
}
