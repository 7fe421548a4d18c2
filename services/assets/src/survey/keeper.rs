//! What brings the survey of a run up to date while the run reads and writes, so that no batch waits for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::Context;
use tokio::sync::{oneshot, watch};
use wire::assets::v1::Survey;
use wire::assets::v1::survey::State;

use super::run::{Standing, held};
use crate::Registry;

/// How long a survey at least stays as it is while its counts change, in microseconds.
const BRIEF: i64 = 2_000_000;

/// How long a survey at most stays as it is while its run lives, in microseconds. Well below [`super::sweep::SILENT`].
const LONG: i64 = 60_000_000;

/// How often it is looked whether the survey is to be brought up to date.
const LOOK: Duration = Duration::from_millis(500);

/// Brings the survey of a run up to date until told to stop.
pub(super) async fn keep(
    registry: Arc<Registry>,
    context: Context,
    survey: String,
    standing: Arc<Mutex<Standing>>,
    cancelled: watch::Sender<Option<String>>,
    mut stop: oneshot::Receiver<()>,
) {
    let (mut at, mut written) = (context.clock.now(), Standing::default());
    loop {
        tokio::select! {
            _ = &mut stop => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let (now, reached) = (context.clock.now(), held(&standing).clone());
        if !due(now, at, reached != written) {
            continue;
        }
        // Not within the select: a write that has begun is not dropped halfway.
        let rule = |context: &Context, old: &Survey, new: &mut Survey| {
            // A run that was taken for dead, and is not, says so.
            if matches!(old.state(), State::Running | State::Cut) {
                new.set_state(State::Running);
                reached.put(new);
                new.alive_time = store::timestamp(context.clock.now());
                new.end_time = None;
                new.cut_reason.clear();
                new.cut_message.clear();
            }
            Ok(())
        };
        match registry.surveys.change(&context, &survey, "", rule).await {
            Ok(known) if known.state() == State::Cancelled => drop(cancelled.send_replace(Some(known.canceller))),
            Ok(_) => {}
            Err(fault) => tracing::warn!(%fault, survey, "a survey could not be brought up to date"),
        }
        (at, written) = (now, reached);
    }
}

/// Whether a survey written `at` is to be written again. A clock that was set back makes it so, too.
fn due(now: i64, at: i64, changed: bool) -> bool {
    let since = now.saturating_sub(at);
    since < 0 || since >= if changed { BRIEF } else { LONG }
}

#[cfg(test)]
mod tests {
    use super::due;

    #[test]
    fn a_survey_is_written_every_two_seconds_and_only_when_there_is_news() {
        let second = 1_000_000;
        for (since, changed, wanted) in [
            (0, true, false),
            (2 * second - 1, true, false),
            (2 * second, true, true),
            (2 * second, false, false),
            (59 * second, false, false),
            (60 * second, false, true),
            (-1, false, true),
        ] {
            assert_eq!(due(100 * second + since, 100 * second, changed), wanted, "{since} {changed}");
        }
    }
}
