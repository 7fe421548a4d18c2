//! What an incident obliges to, as facts become known and change.

mod assess;
mod change;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use assess::assess;
pub use change::{Assessment, Change, Undecided};

use crate::{
    book::Book,
    term::{Former, Refusal, Step},
};

/// Where an obligation stands. Being overdue is no state: [`Obligation::overdue`] says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Something is to be told.
    Open,
    /// It was told.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// Somebody signed that nothing is told.
    NotNotified {
        /// When.
        at: Timestamp,
    },
    /// The facts no longer ask for it.
    Ended {
        /// When that was found.
        at: Timestamp,
        /// Why.
        why: String,
    },
}

/// One stage of one regime, for one incident.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Obligation {
    /// The regime's id.
    pub regime: String,
    /// From when the version of the regime holds that it comes from.
    pub regime_since: Option<Date>,
    /// The stage's id.
    pub stage: String,
    /// Where it stands.
    pub state: State,
    /// What its clock runs from; nothing while that has not happened.
    pub start: Option<Timestamp>,
    /// When it is due; nothing while its clock has not started, or where the law says "without undue delay" only.
    pub due: Option<Timestamp>,
    /// Since when its clock stands still.
    pub paused_since: Option<Timestamp>,
    /// What was done to its clock.
    pub steps: Vec<Step>,
    /// The ends that held before, oldest first.
    pub former: Vec<Former>,
    /// Why there is this obligation, and how its end was found.
    pub why: Vec<String>,
}

impl Obligation {
    /// Whether something is to be told and the time for it is over.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> bool {
        self.state == State::Open && self.paused_since.is_none() && self.due.is_some_and(|due| now > due)
    }

    /// The same obligation after a pause, a resumption or an extension.
    ///
    /// # Errors
    ///
    /// What the regime does not allow ([`Refusal`]); a stage without a clock allows neither.
    pub fn after(&self, book: &Book, step: Step) -> Result<Self, Refusal> {
        let regime =
            book.regimes().iter().find(|regime| regime.id == self.regime && regime.valid_from == self.regime_since);
        let term = regime.and_then(|regime| regime.stage(&self.stage)).and_then(|stage| stage.term);
        let calendar = regime.and_then(|regime| book.calendar_of(regime));
        let (Some(term), Some(calendar), Some(start)) = (term, calendar, self.start) else {
            return Err(if matches!(step, Step::Extend { .. }) { Refusal::NoExtension } else { Refusal::NoPause });
        };
        let at = step.at();
        let standing = term.one_more(calendar, start, &self.steps, &step)?;
        let mut after = self.clone();
        after.steps.push(step);
        if let Some(due) = self.due
            && due != standing.due
        {
            let why = standing.former.last().map_or_else(|| "moved".to_owned(), |former| former.why.clone());
            after.former.push(Former { due, until: at, why });
        }
        (after.due, after.paused_since) = (Some(standing.due), standing.paused_since);
        Ok(after)
    }
}
