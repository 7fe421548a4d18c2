//! Who runs quantifications: a task of each process, one at a time.
//!
//! Whoever takes one up holds it by a lease, which it renews while the engine works; a lease that has run out is that of a process that is gone, and
//! whoever finds it begins anew. Progress is told beside the lease, outside the ledger. Cancelling changes the state alone: the runner looks at it
//! several times a second, and what it has by then is dropped.

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
/// How often a runner looks at the state of what it runs, and tells how far it is.
const LOOK: Duration = Duration::from_millis(200);
/// How often it looks for work of which no bell told it, in microseconds: that of another process.
const SEARCH: i64 = 5_000_000;

/// What is being run, and by whom.
struct Taken {
    quantification: Quantification,
    runner: String,
}

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

/// How many years of scenarios of a quantification are simulated; 0 of one that nobody runs.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn progress(database: &Database, name: &str) -> Outcome<i64> {
    let mut sql = database.sql("SELECT done FROM quantification_run WHERE organization = ");
    sql.bind(organization_of(name)).push(" AND id = ").bind(id_of(name));
    database.row(sql).await?.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(Fault::defect))
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
    let Some((organization, id)) = waiting(database, clock.now()).await? else { return Ok(false) };
    let context = context(database, clock, &organization);
    let Some(taken) = take(database, &context, &organization, &id).await? else { return Ok(true) };
    let ended = run(database, &context, &taken).await?;
    finish(database, &context, &taken, ended).await?;
    Ok(true)
}

/// The oldest that is QUEUED, or that is RUNNING without anybody who runs it: organization and id.
async fn waiting(database: &Database, now: i64) -> Outcome<Option<(String, String)>> {
    let mut sql = database.sql(
        "SELECT q.organization, q.id FROM quantification q LEFT JOIN quantification_run r \
         ON r.organization = q.organization AND r.id = q.id WHERE q.state IN ('QUEUED', 'RUNNING') AND (r.id IS NULL OR r.lease_time <= ",
    );
    sql.bind(now).push(") ORDER BY q.create_time, q.id LIMIT 1");
    let Some(row) = database.row(sql).await? else { return Ok(None) };
    let text = |index: usize| row.try_get_by_index::<String>(index).map_err(Fault::defect);
    Ok(Some((text(0)?, text(1)?)))
}

/// Takes one up; none where another was faster, or it was cancelled meanwhile.
async fn take(database: &Database, context: &Context, organization: &str, id: &str) -> Outcome<Option<Taken>> {
    let (now, runner) = (context.clock.now(), context.clock.id());
    let mut tx = database.begin(context).await?;
    let name = format!("organizations/{organization}/quantifications/{id}");
    let mut alive = false;
    let rule = |_: &Context, old: &Quantification, new: &mut Quantification| {
        alive = matches!(old.state(), State::Queued | State::Running);
        if alive {
            new.set_state(State::Running);
            new.start_time = timestamp(now);
            let anew = old.state() == State::Running;
            new.state_reason = if anew { "begun anew: who ran it is gone".to_owned() } else { String::new() };
        }
        Ok(())
    };
    let changed = Collection::<Quantifications>::new(database.clone()).change_in(&mut tx, &name, "", rule).await;
    let quantification = match changed {
        Err(fault) if fault.code() == tonic::Code::NotFound => return undo(tx).await,
        changed => changed?,
    };
    // The row is locked by now, so the lease is the last word.
    if !alive || !lease(&mut tx, organization, id, &runner).await? {
        return undo(tx).await;
    }
    tx.commit().await?;
    Ok(Some(Taken { quantification, runner }))
}

async fn undo(tx: Transaction) -> Outcome<Option<Taken>> {
    tx.undo().await?;
    Ok(None)
}

/// Takes the lease, where nobody has it.
async fn lease(tx: &mut Transaction, organization: &str, id: &str, runner: &str) -> Outcome<bool> {
    let now = tx.context().clock.now();
    let mut sql = tx.sql("INSERT INTO quantification_run (organization, id, runner, lease_time, done) VALUES (");
    sql.bind_all([organization, id, runner]).push(", ").bind(now.saturating_add(LEASE)).push(", ").bind(0_i64);
    sql.push(
        ") ON CONFLICT (organization, id) DO UPDATE SET runner = excluded.runner, lease_time = excluded.lease_time, done = 0 \
         WHERE quantification_run.lease_time <= ",
    );
    sql.bind(now);
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
    loop {
        tokio::select! {
            ended = &mut running => return ended.map(Some).map_err(Fault::defect),
            () = tokio::time::sleep(LOOK) => {}
        }
        match renew(database, context, taken, &watch).await {
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
}

/// Tells how far it is, and holds on to it; false where it is no longer this runner's.
async fn renew(database: &Database, context: &Context, taken: &Taken, watch: &Watch) -> Outcome<bool> {
    let name = taken.quantification.name.as_str();
    let (organization, id) = (organization_of(name), id_of(name));
    let mut sql = database.sql("SELECT state FROM quantification WHERE organization = ");
    sql.bind(organization).push(" AND id = ").bind(id);
    let row = database.row(sql).await?;
    let state = row.map_or(Ok(String::new()), |row| row.try_get_by_index::<String>(0).map_err(Fault::defect))?;
    if state != "RUNNING" {
        return Ok(false);
    }
    let done = i64::try_from(watch.progress().done).unwrap_or(i64::MAX);
    let mut tx = database.begin(context).await?;
    let mut sql = tx.sql("UPDATE quantification_run SET done = ");
    sql.bind(done).push(", lease_time = ").bind(context.clock.now().saturating_add(LEASE));
    sql.push(" WHERE organization = ").bind(organization).push(" AND id = ").bind(id);
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
    let name = taken.quantification.name.as_str();
    let mut tx = database.begin(context).await?;
    let mut sql = tx.sql("DELETE FROM quantification_run WHERE organization = ");
    sql.bind(organization_of(name)).push(" AND id = ").bind(id_of(name));
    sql.push(" AND runner = ").bind(taken.runner.as_str());
    let held = tx.run(sql).await? == 1;
    if let (true, Some(ended)) = (held, ended) {
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
    }
    tx.commit().await
}
