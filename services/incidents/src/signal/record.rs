//! What a record must say to be a signal, and what a later record about the same changes.

use data_encoding::BASE32_NOPAD;
use fault::Outcome;
use prost_types::Timestamp;
use sha2::{Digest as _, Sha256};
use store::{Resource as _, micros, timestamp};
use wire::Validate as _;
use wire::incidents::v1::signal::{Form, Severity, State};
use wire::incidents::v1::{Signal, SignalRecord};

use super::{Signals, wrong};

/// The id of the signal that a source calls so.
pub(super) fn id(source: &str, source_id: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [source, source_id] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    BASE32_NOPAD.encode(digest.get(..20).unwrap_or(&digest)).to_lowercase()
}

/// The signal that a record says, or why it is none. `now` is in microseconds since 1970.
///
/// # Errors
/// `FIELD_INVALID`.
pub(super) fn read(record: SignalRecord, now: i64) -> Outcome<Signal> {
    let Some(mut signal) = record.signal else { return Err(wrong("kind", "the record has no signal: give one")) };
    let mut violations = Vec::new();
    signal.check(&wire::At::Root.field("signal"), &mut violations);
    if !violations.is_empty() {
        return Err(fault::Fault::violations(violations));
    }
    for (field, text) in [("source", &signal.source), ("source_id", &signal.source_id)] {
        if text.trim().is_empty() {
            return Err(wrong(field, "it is empty: say who tells it and what they call it, so that it is taken once"));
        }
    }
    Signals::clear_output(&mut signal);
    signal.name = String::new();
    signal.etag = String::new();
    for (field, time) in [
        ("raise_time", &mut signal.raise_time),
        ("report_time", &mut signal.report_time),
        ("clear_time", &mut signal.clear_time),
    ] {
        *time = settled(field, time.as_ref())?;
    }
    if signal.form() == Form::Unspecified {
        signal.set_form(Form::Alarm);
    }
    if signal.severity() == Severity::Unspecified && signal.clear_time.is_none() {
        signal.set_severity(Severity::Indeterminate);
    }
    if micros(signal.raise_time.as_ref()) > now {
        // Clocks of network elements are wrong; one alarm from the future must not move the time for all that come after it.
        signal.told_raise_time = signal.raise_time;
        signal.raise_time = timestamp(now);
    }
    if signal.clear_time.is_some() && micros(signal.clear_time.as_ref()) < micros(signal.raise_time.as_ref()) {
        signal.clear_time = signal.raise_time;
    }
    signal.report_time = signal.report_time.or(signal.raise_time);
    signal.set_state(match (signal.planned_outage, signal.clear_time) {
        (true, _) => State::Suppressed,
        (false, Some(_)) => State::Cleared,
        (false, None) => State::Raised,
    });
    Ok(signal)
}

/// A time as it is kept, in whole microseconds.
fn settled(field: &str, time: Option<&Timestamp>) -> Outcome<Option<Timestamp>> {
    let Some(time) = time else { return Ok(None) };
    let at = micros(Some(time));
    if jiff::Timestamp::from_microsecond(at).is_err() {
        return Err(wrong(field, "it cannot be told: give a time between the years 1 and 9999"));
    }
    Ok(timestamp(at))
}

/// At most so many attributes, as of one record.
const MOST_ATTRIBUTES: usize = 64;

/// What becomes of a signal by a later record about the same: nothing, where the record is older than what is known.
pub(super) fn lay(known: &Signal, told: Signal) -> Signal {
    let mut new = known.clone();
    if micros(told.report_time.as_ref()) < micros(known.report_time.as_ref()) {
        return new;
    }
    let cleared = told.clear_time.is_some();
    // The same alarm, raised once more after it was gone.
    let again = !cleared && micros(told.raise_time.as_ref()) > micros(known.clear_time.as_ref());
    if told.severity() != Severity::Unspecified && !cleared {
        new.set_severity(told.severity());
    }
    for (mine, other) in
        [(&mut new.cause, told.cause), (&mut new.text, told.text), (&mut new.acknowledged_by, told.acknowledged_by)]
    {
        if !other.is_empty() {
            *mine = other;
        }
    }
    new.service_affecting |= told.service_affecting;
    for (key, value) in told.attributes {
        // What each record says anew must not make the signal grow without end.
        if new.attributes.len() < MOST_ATTRIBUTES || new.attributes.contains_key(&key) {
            new.attributes.insert(key, value);
        }
    }
    new.report_time = told.report_time;
    if cleared && known.state() == State::Raised {
        new.clear_time = told.clear_time;
        new.set_state(State::Cleared);
    } else if again && known.state() == State::Cleared {
        new.clear_time = None;
        new.raise_time = told.raise_time;
        new.set_state(State::Raised);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    fn told(at: i64) -> Signal {
        Signal {
            source: "nms".to_owned(),
            source_id: "7".to_owned(),
            kind: "link_down".to_owned(),
            device: "mast-7".to_owned(),
            raise_time: timestamp(NOW + at * 1_000_000),
            ..Signal::default()
        }
    }

    fn taken(signal: Signal) -> Signal {
        read(SignalRecord { signal: Some(signal), ..SignalRecord::default() }, NOW).expect("it is a signal")
    }

    #[test]
    fn a_source_and_an_id_are_told_apart_however_they_are_cut() {
        assert_ne!(id("a", "bc"), id("ab", "c"));
        assert_eq!(id("nms", "7"), id("nms", "7"));
        assert!(resource::valid_id(&id("nms", "7")));
    }

    #[test]
    fn what_lies_in_the_future_is_taken_as_now_and_what_was_told_is_kept() {
        let signal = taken(told(3600));
        assert_eq!((signal.raise_time, signal.told_raise_time), (timestamp(NOW), told(3600).raise_time));
    }

    #[test]
    fn a_clear_keeps_what_was_raised_and_the_same_raise_again_changes_nothing() {
        let raised = taken(Signal { severity: Severity::Critical.into(), ..told(-600) });
        let gone = Signal { clear_time: timestamp(NOW), report_time: timestamp(NOW), ..told(-600) };
        let cleared = lay(&raised, taken(gone.clone()));
        assert_eq!((cleared.state(), cleared.severity()), (State::Cleared, Severity::Critical));
        // The file is read once more, from its beginning.
        assert_eq!(lay(&cleared, raised), cleared);
        assert_eq!(lay(&cleared, taken(gone)), cleared);
    }

    #[test]
    fn attributes_that_are_new_each_time_do_not_make_it_grow_without_end() {
        let mut signal = taken(told(-600));
        for number in 0..200 {
            let attributes =
                [(format!("at-{number}"), "x".to_owned()), ("count".to_owned(), number.to_string())].into();
            signal = lay(&signal, taken(Signal { attributes, report_time: timestamp(NOW + number), ..told(-600) }));
        }
        assert_eq!((signal.attributes.len(), signal.attributes["count"].as_str()), (MOST_ATTRIBUTES, "199"));
    }

    #[test]
    fn one_that_is_raised_anew_under_its_id_is_raised() {
        let cleared = taken(Signal { clear_time: timestamp(NOW - 60_000_000), ..told(-600) });
        let again = lay(&cleared, taken(told(-30)));
        assert_eq!((again.state(), again.clear_time, again.raise_time), (State::Raised, None, told(-30).raise_time));
    }

    #[test]
    fn a_record_without_a_source_is_refused_by_its_field() {
        let none =
            SignalRecord { signal: Some(Signal { source: " ".to_owned(), ..told(0) }), ..SignalRecord::default() };
        assert_eq!(read(none, NOW).unwrap_err().field(), "signal.source");
    }
}
