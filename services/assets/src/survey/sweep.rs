//! Runs that died without a word: their process was killed, or lost its database for good.

use std::sync::Arc;

use access::{Caller, Clock, Context};
use fault::{Fault, Outcome, Reason as _};
use store::Dialect;
use wire::Choice as _;
use wire::assets::v1::survey::State;
use wire::assets::v1::{ErrorReason, Survey};

use crate::Registry;

/// How long a run may be silent before it is taken for dead, in microseconds. It says that it lives at least every minute.
const SILENT: i64 = 5 * 60 * 1_000_000;

/// How often it is looked for dead runs, in microseconds.
const ROUND: i64 = 60_000_000;

/// Marks dead runs now, and from now on for as long as the registry is held elsewhere.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn start(registry: &Arc<Registry>, clock: &Arc<dyn Clock>) -> Outcome<()> {
    // An embedded database has one process: what runs there when that process begins is of one that is gone. A database of
    // several replicas may have runs of the others, so only the silent ones are dead.
    let silent = if registry.database.dialect() == Dialect::Sqlite { 0 } else { SILENT };
    sweep(registry, clock, silent).await?;
    let (held, clock) = (Arc::downgrade(registry), Arc::clone(clock));
    let mut next = clock.now().saturating_add(ROUND);
    tokio::spawn(async move {
        loop {
            clock.until(next).await;
            next = clock.now().saturating_add(ROUND);
            let Some(registry) = held.upgrade() else { return };
            if let Err(fault) = sweep(&registry, &clock, SILENT).await {
                tracing::warn!(%fault, "imports that broke off could not be looked for; trying again in a minute");
            }
        }
    });
    Ok(())
}

/// Marks runs CUT that have been silent for so long, in microseconds, and lets the values flow that wait for their end.
async fn sweep(registry: &Registry, clock: &Arc<dyn Clock>, silent: i64) -> Outcome<()> {
    let latest = clock.now().saturating_sub(silent);
    let mut sql = registry.database.sql("SELECT organization, id FROM survey WHERE state = ");
    sql.bind(State::Running.text()).push(" AND update_time <= ").bind(latest);
    for row in registry.database.rows(sql).await? {
        let organization: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let id: String = row.try_get_by_index(1).map_err(Fault::defect)?;
        let context = Context {
            caller: Arc::new(Caller::service(crate::NAME, &organization)),
            method: "telwarden.assets.v1.ImportService/ImportAssets".into(),
            trace: String::new(),
            clock: Arc::clone(clock),
            roles: Arc::default(),
        };
        // Before the survey is claimed, as by an import that ends.
        let mut tx = crate::locks::begin_flow(&registry.database, &context, &organization).await?.bulk();
        let name = format!("organizations/{organization}/surveys/{id}");
        let rule = |_: &Context, old: &Survey, new: &mut Survey| {
            bury(latest, old, new);
            Ok(())
        };
        let survey = registry.surveys.change_in(&mut tx, &name, "", rule).await?;
        crate::dependency::drain(&mut tx, &organization).await?;
        tx.commit().await?;
        if survey.state() == State::Running {
            continue;
        }
        tracing::warn!(survey = name, "an import broke off without a word; its survey is marked CUT");
    }
    Ok(())
}

/// Another replica may have marked it, or the run may have said that it lives, since the survey was found.
fn bury(latest: i64, old: &Survey, new: &mut Survey) {
    if old.state() != State::Running || store::micros(old.update_time.as_ref()) > latest {
        return;
    }
    new.set_state(State::Cut);
    new.end_time = old.alive_time;
    ErrorReason::ImportCut.name().clone_into(&mut new.cut_reason);
    "the service that ran the import stopped before its end; import again, from the resume token or from the start"
        .clone_into(&mut new.cut_message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_silent_run_that_still_runs_is_buried() {
        for (state, updated, wanted) in [
            (State::Running, 10, State::Cut),
            (State::Running, 11, State::Running),
            (State::Completed, 1, State::Completed),
            (State::Cancelled, 1, State::Cancelled),
        ] {
            let mut old = Survey { update_time: store::timestamp(updated), ..Default::default() };
            old.set_state(state);
            let mut new = old.clone();
            bury(10, &old, &mut new);
            assert_eq!(new.state(), wanted, "{state:?} {updated}");
        }
    }
}
