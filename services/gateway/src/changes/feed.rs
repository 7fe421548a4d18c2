//! Many feeds made into one.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::{join_all, ready};
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
    let whole = Whole { cursor, ledgers: sources.len(), quiet: BTreeSet::new() };
    let opened = stream::once(async move {
        let mut first = Vec::new();
        if together {
            first = join_all(sources.iter_mut().map(|source| source.next())).await;
        }
        let first: Vec<Event> = first.into_iter().flatten().collect();
        let first = if first.is_empty() { Vec::new() } else { vec![first] };
        stream::iter(first).chain(select_all(sources).map(|event| vec![event]))
    });
    let answers = opened.flatten().scan(Some(whole), |place, events| ready(step(place, events)));
    answers.filter_map(ready).boxed()
}

/// The feeds as one: how far each has been read, and which have had nothing to tell since the last answer.
struct Whole {
    cursor: Cursor,
    ledgers: usize,
    quiet: BTreeSet<Arc<str>>,
}

/// What to answer to these events, if anything. The outer none: the end, once a ledger has ended or failed.
fn step(place: &mut Option<Whole>, events: Vec<Event>) -> Option<Option<Result<WatchChangesResponse, Status>>> {
    let mut whole = place.take()?;
    let mut changes = Vec::new();
    for Event { service, answer } in events {
        match answer? {
            Ok(part) => {
                changes.extend(part.changes);
                if !part.cursor.is_empty() {
                    whole.cursor.advance(&service, part.cursor);
                }
                if part.heartbeat {
                    whole.quiet.insert(service);
                }
            }
            Err(status) => return Some(Some(Err(status))),
        }
    }
    // A heartbeat says that every ledger lives and is quiet; only then does it mean what its reader takes it for.
    let heartbeat = changes.is_empty() && whole.quiet.len() == whole.ledgers;
    let answer = (heartbeat || !changes.is_empty()).then(|| {
        whole.quiet.clear();
        Ok(WatchChangesResponse { changes, cursor: whole.cursor.write(), heartbeat, ..Default::default() })
    });
    *place = Some(whole);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use wire::changes::v1::Change;

    use super::*;

    fn change(sequence: i64) -> Option<Result<WatchChangesResponse, Status>> {
        let changes = vec![Change { sequence, ..Default::default() }];
        Some(Ok(WatchChangesResponse { changes, cursor: sequence.to_string(), ..Default::default() }))
    }

    fn beat(cursor: &str) -> Option<Result<WatchChangesResponse, Status>> {
        Some(Ok(WatchChangesResponse { cursor: cursor.to_owned(), heartbeat: true, ..Default::default() }))
    }

    /// The events of two ledgers in the order given, and what a reader is told.
    fn told(events: Vec<(&str, Option<Result<WatchChangesResponse, Status>>)>) -> Vec<Result<String, Code>> {
        let mut place = Some(Whole { cursor: Cursor::default(), ledgers: 2, quiet: BTreeSet::new() });
        let mut told = Vec::new();
        for (service, answer) in events {
            let Some(answer) = step(&mut place, vec![Event { service: service.into(), answer }]) else { break };
            told.extend(answer.map(|answer| {
                let answer = answer.map_err(|status| status.code())?;
                let what = answer.changes.first().map_or("beat".to_owned(), |change| change.sequence.to_string());
                let place = Cursor::read(&answer.cursor).unwrap();
                Ok(format!("{what} at {}/{}", place.of("a"), place.of("b")))
            }));
        }
        told
    }

    #[test]
    fn a_heartbeat_is_told_once_all_are_quiet() {
        let events = vec![("a", beat("1")), ("a", beat("1")), ("b", beat("7")), ("b", beat("7")), ("a", beat("1"))];
        assert_eq!(told(events), [Ok("beat at 1/7".to_owned()), Ok("beat at 1/7".to_owned())]);
        let busy = vec![("a", beat("1")), ("b", change(8)), ("a", beat("1")), ("b", change(9)), ("a", beat("2"))];
        assert_eq!(told(busy), [Ok("8 at 1/8".to_owned()), Ok("9 at 1/9".to_owned())]);
    }

    #[test]
    fn the_feed_ends_with_the_first_ledger_that_ends_or_fails() {
        let ended = vec![("a", change(1)), ("b", None), ("a", change(2))];
        assert_eq!(told(ended), [Ok("1 at 1/".to_owned())]);
        let failed = vec![("a", change(1)), ("b", Some(Err(Status::unavailable("gone")))), ("a", change(2))];
        assert_eq!(told(failed), [Ok("1 at 1/".to_owned()), Err(Code::Unavailable)]);
    }
}
