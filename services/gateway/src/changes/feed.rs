//! Many feeds made into one.

use std::sync::Arc;

use futures::future::join_all;
use futures::stream::{BoxStream, select_all};
use futures::{StreamExt as _, stream};
use tonic::Status;
use wire::changes::v1::WatchChangesResponse;

use super::cursor::Cursor;

/// What one ledger says; no answer is its end.
pub(crate) struct Event {
    pub(crate) service: Arc<str>,
    pub(crate) answer: Option<Result<WatchChangesResponse, Status>>,
}

/// Whatever comes, as it comes, each with the place in every ledger. Ends where the first ledger does: a reader that
/// resumes misses nothing, one that reads on would.
///
/// With `together`, nothing is sent before every ledger has said where it stands, and that is sent as one: a reader who
/// starts at "now" gets one "now" for all ledgers, and can resume from there.
pub(crate) fn merge(
    mut sources: Vec<BoxStream<'static, Event>>,
    cursor: Cursor,
    together: bool,
) -> BoxStream<'static, Result<WatchChangesResponse, Status>> {
    let opened = stream::once(async move {
        let mut first = Vec::new();
        if together {
            first = join_all(sources.iter_mut().map(|source| source.next())).await;
        }
        let first: Vec<Event> = first.into_iter().flatten().collect();
        let first = if first.is_empty() { Vec::new() } else { vec![first] };
        stream::iter(first).chain(select_all(sources).map(|event| vec![event]))
    });
    let answers = opened.flatten().scan(Some(cursor), |place, events| {
        let answer = one(place, events);
        std::future::ready(answer)
    });
    answers.boxed()
}

/// One answer of several; none once a ledger has ended or failed.
fn one(place: &mut Option<Cursor>, events: Vec<Event>) -> Option<Result<WatchChangesResponse, Status>> {
    let mut cursor = place.take()?;
    let mut whole = WatchChangesResponse { heartbeat: true, ..Default::default() };
    for Event { service, answer } in events {
        match answer? {
            Ok(part) => {
                whole.changes.extend(part.changes);
                whole.heartbeat &= part.heartbeat;
                if !part.cursor.is_empty() {
                    cursor.advance(&service, part.cursor);
                }
            }
            Err(status) => return Some(Err(status)),
        }
    }
    whole.cursor = cursor.write();
    *place = Some(cursor);
    Some(Ok(whole))
}
