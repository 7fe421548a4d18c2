//! An obligation as the clock library has it, and back.

use fault::{Fault, Outcome};
use jiff::Timestamp;
use statute::{Former, Period, Reading, Step};
use wire::incidents::v1::Obligation;
use wire::incidents::v1::obligation::clock_step::Kind;
use wire::incidents::v1::obligation::{ClockStep, FormerEnd, State};

use crate::incident::instant;
use crate::statute_book::Law;

/// A time of the clock library as messages have it.
pub(super) fn time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// The version of a regime that an obligation comes from, by its first day.
fn since(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok()
}

/// What the law knows of an obligation; nothing of one that is not decided.
pub(super) fn read(message: &Obligation) -> Outcome<Option<statute::Obligation>> {
    let told = |at: Option<&prost_types::Timestamp>| at.map(instant).transpose();
    let changed = told(message.state_time.as_ref())?.unwrap_or_default();
    let state = match (message.state(), told(message.sent_time.as_ref())?) {
        (State::Undecided | State::Decided | State::Unspecified, _) => return Ok(None),
        (State::Declined, _) => statute::State::NotNotified { at: changed },
        (State::NotRequired, None) => statute::State::Ended { at: changed, why: message.state_reason.clone() },
        (_, Some(at)) => statute::State::Sent { at },
        (_, None) => statute::State::Open,
    };
    let former = message.former_ends.iter().map(|end| {
        let at = |time: Option<&prost_types::Timestamp>| Ok::<_, Box<Fault>>(told(time)?.unwrap_or_default());
        Ok(Former { due: at(end.due_time.as_ref())?, until: at(end.until_time.as_ref())?, why: end.reason.clone() })
    });
    Ok(Some(statute::Obligation {
        regime: message.regime.clone(),
        regime_since: since(&message.regime_since),
        stage: message.stage.clone(),
        state,
        start: told(message.start_time.as_ref())?,
        due: told(message.due_time.as_ref())?,
        paused_since: told(message.pause_time.as_ref())?,
        steps: message.clock_steps.iter().map(step).collect::<Outcome<Vec<_>>>()?,
        former: former.collect::<Outcome<Vec<_>>>()?,
        why: message.why.clone(),
    }))
}

fn step(message: &ClockStep) -> Outcome<Step> {
    let at = message.step_time.as_ref().map(instant).transpose()?.unwrap_or_default();
    let reason = message.reason.clone();
    Ok(match message.kind() {
        Kind::Resumed => Step::Resume { at },
        Kind::Extended => {
            let by: Period = message.by.parse().map_err(Fault::defect)?;
            Step::Extend { at, by, reason }
        }
        Kind::Paused | Kind::Unspecified => Step::Pause { at, reason },
    })
}

/// Writes what the law says into a message. Its state is not touched where it is still to be told, was told, or was declined.
pub(super) fn write(law: &Law, of: &statute::Obligation, message: &mut Obligation) {
    message.regime.clone_from(&of.regime);
    message.regime_since = of.regime_since.map(|day| day.to_string()).unwrap_or_default();
    message.stage.clone_from(&of.stage);
    message.start_time = of.start.map(time);
    message.due_time = of.due.map(time);
    message.pause_time = of.paused_since.map(time);
    message.why.clone_from(&of.why);
    let former = |one: &Former| FormerEnd {
        due_time: Some(time(one.due)),
        until_time: Some(time(one.until)),
        reason: one.why.clone(),
    };
    message.former_ends = of.former.iter().map(former).collect();
    message.clock_steps = of.steps.iter().map(written).collect();
    let version = law.book.regimes().iter().find(|one| one.id == of.regime && one.valid_from == of.regime_since);
    let Some(regime) = version else { return };
    message.provisional.clone_from(&regime.provisional);
    let Some(stage) = regime.stage(&of.stage) else { return };
    message.title = format!("{}: {}", regime.title, stage.title);
    message.recipient.clone_from(&stage.recipient);
    let strict = stage.term.zip(law.book.calendar_of(regime)).zip(of.start).and_then(|((term, calendar), start)| {
        let term = statute::Term { reading: Reading::Instant, ..term };
        term.standing(calendar, start, &of.steps).ok()
    });
    message.strict_due_time = strict.map(|standing| time(standing.due)).filter(|_| of.due.is_some());
}

fn written(step: &Step) -> ClockStep {
    let (kind, by, reason) = match step {
        Step::Pause { reason, .. } => (Kind::Paused, String::new(), reason.clone()),
        Step::Resume { .. } => (Kind::Resumed, String::new(), String::new()),
        Step::Extend { by, reason, .. } => (Kind::Extended, by.to_string(), reason.clone()),
        Step::Restart { reason, .. } => (Kind::Resumed, String::new(), reason.clone()),
    };
    ClockStep { kind: kind.into(), step_time: Some(time(step.at())), by, reason }
}
