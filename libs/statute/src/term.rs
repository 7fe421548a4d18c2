//! A term that runs: started on awareness, paused and extended where the law allows it, its former ends kept.
//!
//! It serves every legal deadline of the suite: notifications, requests of persons, acceptances, evidence, exceptions.

mod refusal;
mod step;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use refusal::Refusal;
pub use step::Step;

use crate::{
    calendar::Calendar,
    count::{Reading, TooFar},
    period::Period,
};

/// How often and by how much a term may be extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The longest one extension may be, counted from the end it extends.
    pub most: Period,
    /// How often; once, unless given.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// What a law says about one deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// How long.
    pub period: Period,
    /// How its end is read.
    #[serde(default)]
    pub reading: Reading,
    /// Whether it may stand still for a reason.
    #[serde(default)]
    pub pause: bool,
    /// Whether it may be extended.
    pub extension: Option<Extension>,
}

/// An end that no longer holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Former {
    /// The end that held.
    pub due: Timestamp,
    /// Until when it held.
    pub until: Timestamp,
    /// Why it no longer holds.
    pub why: String,
}

/// How a term stands after all that was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// When it ends; while it is paused, when it would if it had run on.
    pub due: Timestamp,
    /// The end read strictly ([`Reading::Instant`]), moved by the same pauses and extensions.
    pub strict: Timestamp,
    /// Since when it stands still.
    pub paused_since: Option<Timestamp>,
    /// How often it was extended.
    pub extended: u32,
    /// The ends that held before, oldest first.
    pub former: Vec<Former>,
    /// How the end was found.
    pub why: Vec<String>,
}

impl Standing {
    /// Whether it is over and nothing stopped it.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> bool {
        self.paused_since.is_none() && now > self.due
    }

    /// What is left of it; below zero once it is over. A paused term keeps what it had when it was paused.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> SignedDuration {
        self.due.duration_since(self.paused_since.unwrap_or(now))
    }
}

impl Term {
    /// How a term stands that runs from an instant, after the steps done to it, in their order.
    ///
    /// # Errors
    ///
    /// The first step that is not admitted: the law does not allow it, it comes after the end, it lacks a reason, or is out of order. So
    /// whether a step is admitted is asked with the steps so far and it behind them.
    pub fn standing(&self, calendar: &Calendar, start: Timestamp, steps: &[Step]) -> Result<Standing, Refusal> {
        let mut standing = self.begun(calendar, start)?;
        let mut before = start;
        for (done, step) in steps.iter().enumerate() {
            // A corrected start may be before the one that was believed.
            if done > 0 || !matches!(step, Step::Restart { .. }) {
                in_order(before, step)?;
            }
            if let Step::Restart { at, start, reason } = step {
                reasoned(step)?;
                let mut anew = self.replay(calendar, *start, steps.get(..done).unwrap_or_default())?;
                standing.supersede(*at, format!("runs from {start}: {reason}"));
                anew.former = standing.former;
                standing = anew;
            } else {
                self.admit(calendar, &mut standing, step)?;
            }
            before = step.at();
        }
        Ok(standing)
    }

    /// How a term stands after one more step, where those before it were admitted, though perhaps while it ran from another instant.
    pub(crate) fn one_more(
        &self,
        calendar: &Calendar,
        start: Timestamp,
        steps: &[Step],
        step: &Step,
    ) -> Result<Standing, Refusal> {
        let mut standing = self.replay(calendar, start, steps)?;
        in_order(steps.last().map_or(start, Step::at), step)?;
        self.admit(calendar, &mut standing, step)?;
        Ok(standing)
    }

    fn admit(&self, calendar: &Calendar, standing: &mut Standing, step: &Step) -> Result<(), Refusal> {
        reasoned(step)?;
        if !matches!(step, Step::Resume { .. }) {
            self.allowed(standing, step)?;
        }
        self.step(calendar, standing, step)
    }

    /// How it would stand had it run from an instant, with the pauses and extensions that were admitted when it ran from another.
    pub(crate) fn replay(&self, calendar: &Calendar, start: Timestamp, steps: &[Step]) -> Result<Standing, Refusal> {
        let mut standing = self.begun(calendar, start)?;
        for step in steps {
            self.step(calendar, &mut standing, step)?;
        }
        standing.former.clear();
        Ok(standing)
    }

    fn begun(&self, calendar: &Calendar, start: Timestamp) -> Result<Standing, Refusal> {
        let end = calendar.end(start, self.period, self.reading)?;
        let (due, strict, why) = (end.due, end.strict, end.why);
        Ok(Standing { due, strict, paused_since: None, extended: 0, former: Vec::new(), why })
    }

    fn allowed(&self, standing: &Standing, step: &Step) -> Result<(), Refusal> {
        let at = step.at();
        match step {
            Step::Pause { .. } if !self.pause => return Err(Refusal::NoPause),
            Step::Extend { .. } => {
                let allowed = self.extension.ok_or(Refusal::NoExtension)?;
                if standing.extended >= allowed.times {
                    return Err(Refusal::ExtendedOften(standing.extended));
                }
            }
            Step::Pause { .. } | Step::Resume { .. } | Step::Restart { .. } => {}
        }
        if let Some(since) = standing.paused_since {
            return Err(Refusal::Paused(since));
        }
        if at > standing.due {
            return Err(Refusal::Over { due: standing.due, at });
        }
        Ok(())
    }

    fn step(&self, calendar: &Calendar, standing: &mut Standing, step: &Step) -> Result<(), Refusal> {
        match step {
            Step::Restart { .. } => Ok(()),
            Step::Pause { at, reason } => {
                standing.paused_since = Some(*at);
                standing.why.push(format!("paused at {at}: {reason}"));
                Ok(())
            }
            Step::Resume { at } => resume(standing, *at),
            Step::Extend { at, by, reason } => self.extend(calendar, standing, (*at, *by, reason)),
        }
    }

    fn extend(
        &self,
        calendar: &Calendar,
        standing: &mut Standing,
        asked: (Timestamp, Period, &str),
    ) -> Result<(), Refusal> {
        let (at, by, reason) = asked;
        let allowed = self.extension.ok_or(Refusal::NoExtension)?;
        // The end of a whole day is the midnight after it; what is counted from there begins with the day before.
        let whole = self.reading != Reading::Instant && !self.period.unit().elapses();
        let from = if whole { last_instant(standing.due) } else { standing.due };
        let longest = calendar.end(from, allowed.most, self.reading)?;
        let end = calendar.end(from, by, self.reading)?;
        if end.due > longest.due {
            return Err(Refusal::ExtendedLong { by, most: allowed.most });
        }
        standing.supersede(at, format!("extended by {by}: {reason}"));
        standing.strict = calendar.end(standing.strict, by, Reading::Instant)?.due;
        standing.due = end.due;
        standing.extended += 1;
        standing.why.push(format!("extended by {by} at {at}: {reason}"));
        standing.why.extend(end.why.into_iter().skip(1));
        Ok(())
    }
}

fn in_order(after: Timestamp, step: &Step) -> Result<(), Refusal> {
    let at = step.at();
    if at < after { Err(Refusal::Backwards { at, after }) } else { Ok(()) }
}

fn reasoned(step: &Step) -> Result<(), Refusal> {
    if step.reason().is_some_and(|reason| reason.trim().is_empty()) { Err(Refusal::NoReason) } else { Ok(()) }
}

fn last_instant(due: Timestamp) -> Timestamp {
    due.checked_add(SignedDuration::from_nanos(-1)).unwrap_or(due)
}

fn resume(standing: &mut Standing, at: Timestamp) -> Result<(), Refusal> {
    let since = standing.paused_since.ok_or(Refusal::NotPaused)?;
    let stood = at.duration_since(since);
    let moved = |end: Timestamp| end.checked_add(stood).map_err(|_| TooFar);
    let (due, strict) = (moved(standing.due)?, moved(standing.strict)?);
    if due != standing.due {
        standing.supersede(at, format!("stood still from {since} to {at}"));
    }
    (standing.due, standing.strict, standing.paused_since) = (due, strict, None);
    standing.why.push(format!("resumed at {at}"));
    Ok(())
}

impl Standing {
    fn supersede(&mut self, until: Timestamp, why: String) {
        self.former.push(Former { due: self.due, until, why });
    }
}
