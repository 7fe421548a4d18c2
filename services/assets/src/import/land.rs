//! One batch of an import that is not all or nothing, in a transaction of its own: it can begin anew, and so it gives way to
//! whatever it meets.
//!
//! A source sends one batch at a time, since two would each create what the other does. But what two sources call alike, and
//! what people do meanwhile, is met only in the database: a value that was free when it was looked up and is taken when it is
//! claimed, or a row whose holder waits for this batch. Then the batch is undone and looked up anew.

use std::time::Duration;

use access::Context;
use fault::{Fault, Outcome};
use tonic::Code;
use wire::assets::v1::{ImportItem, ImportResult};

use super::Course;
use crate::Registry;
use crate::quarantined_record::keep;

/// How often a batch begins anew. What it meets has ended by then, so each time some other write has succeeded.
const MOST: u32 = 10;
/// So often it waits briefly for a row, after that as long as need be: where others let values flow all the time, it would
/// never come to its turn.
const BRIEFLY: u32 = 3;
/// How long it waits briefly, in milliseconds: clearly less than the second after which PostgreSQL cuts someone off.
const BRIEF: u32 = 300;

/// What a batch changes in memory.
struct Mark {
    session: super::batch::Mark,
    quarantine: Option<keep::Mark>,
    found: i64,
}

/// Writes a batch, and gives what became of each item.
///
/// # Errors
/// `STORE_UNAVAILABLE`; `VALUE_TAKEN` where it met others all the time.
pub(super) async fn land(
    registry: &Registry,
    context: &Context,
    course: &mut Course,
    items: &[ImportItem],
) -> Outcome<Vec<ImportResult>> {
    let mut attempt = 0;
    loop {
        let mark = Mark {
            session: course.session.mark(),
            quarantine: course.quarantine.as_ref().map(keep::Quarantine::mark),
            found: course.found,
        };
        match once(registry, context, course, items, attempt).await {
            Err(fault) if attempt < MOST && met(&fault) => {
                let (survey, reason) = (course.run.survey(), fault.reason());
                tracing::debug!(survey, reason, attempt, "a batch met another write, and begins anew");
            }
            landed => return landed,
        }
        course.session.back_to(mark.session);
        course.found = mark.found;
        if let Some((quarantine, mark)) = course.quarantine.as_mut().zip(mark.quarantine) {
            quarantine.back_to(registry, mark).await?;
        }
        // Not by the clock of the call: what is waited for is another session of the database.
        tokio::time::sleep(Duration::from_millis(5) * attempt).await;
        attempt += 1;
    }
}

async fn once(
    registry: &Registry,
    context: &Context,
    course: &mut Course,
    items: &[ImportItem],
    attempt: u32,
) -> Outcome<Vec<ImportResult>> {
    let (organization, source) = (course.session.organization().to_owned(), course.session.source().to_owned());
    let tx = match attempt {
        ..BRIEFLY => registry.database.begin(context).await?,
        _ => crate::locks::begin_flow(&registry.database, context, &organization).await?,
    };
    let mut tx = tx.bulk();
    crate::locks::import_from(&mut tx, &organization, &source).await?;
    crate::locks::policy(&mut tx, &organization).await?;
    if attempt < BRIEFLY {
        tx.give_way(BRIEF).await?;
    }
    match course.apply(registry, &mut tx, items, false).await {
        Ok(results) => tx.commit().await.map(|()| results),
        Err(fault) => {
            // On SQLite the next write would wait for this one.
            tx.undo().await?;
            Err(fault)
        }
    }
}

/// Whether a batch failed for what another write did at the same moment.
fn met(fault: &Fault) -> bool {
    matches!(fault.code(), Code::Aborted | Code::AlreadyExists)
}
