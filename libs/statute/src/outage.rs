//! How bad an outage was, and which thresholds of the law it crosses: from intervals to user-hours, with the reasons.

mod measure;
mod threshold;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use measure::measure;
pub use threshold::{Crossing, Threshold};

/// One thing that was down, with those who depend on it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Outage {
    /// The service, for example `mobile_internet`.
    pub service: String,
    /// Whose users these are: a site, a cell, a region. Intervals of one population overlap in users, those of several add up.
    pub population: String,
    /// When it went down.
    pub from: Timestamp,
    /// When it came back; nothing while it is down.
    pub to: Option<Timestamp>,
    /// Users behind it.
    pub users: u64,
}

/// What a service lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The service.
    pub service: String,
    /// Whether it is still down.
    pub open: bool,
    /// How long any of it was down: the union of the intervals.
    pub duration: SignedDuration,
    /// Users hit at one time or another: of each population the most, added up, at most all of the service's.
    pub users: u64,
    /// Most users hit at one time.
    pub peak: u64,
    /// Users in percent of the national users of the service, 0 to 100; nothing where these are not known.
    pub users_percent: Option<f64>,
    /// Users times minutes: the integral of the users who were without it.
    pub user_minutes: f64,
    /// Users without it now.
    pub users_now: u64,
    /// How it was found, each a sentence.
    pub why: Vec<String>,
}

impl Measured {
    /// Users times hours.
    #[must_use]
    pub fn user_hours(&self) -> f64 {
        self.user_minutes / 60.0
    }
}

/// What is known of services besides their outages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Surroundings {
    /// National users of each service, of all operators, which shares are of.
    pub national_users: BTreeMap<String, u64>,
    /// The operator's own users of each service: no more can be hit.
    pub own_users: BTreeMap<String, u64>,
    /// Whether calls to emergency numbers fail; nothing while that is not known.
    pub emergency_calls: Option<bool>,
}

/// Why intervals are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It came back before it went down.
    #[error("outages[{at}].to: {to} is before {from}; end an outage after it begins")]
    Backwards {
        /// Which.
        at: usize,
        /// Its begin.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// It begins in the future.
    #[error("outages[{at}].from: {from} is after {now}, the instant it is measured at; leave out what has not begun")]
    NotYet {
        /// Which.
        at: usize,
        /// Its begin.
        from: Timestamp,
        /// The instant.
        now: Timestamp,
    },
    /// More than [`Outage::MOST`].
    #[error("outages: {0} intervals, where {most} are measured at once; merge those of one population", most = Outage::MOST)]
    TooMany(usize),
    /// More users than there are people.
    #[error("outages[{at}].users: {users} are more than {most}; count users, not sessions", most = Outage::MOST_USERS)]
    Users {
        /// Which.
        at: usize,
        /// How many.
        users: u64,
    },
}

impl Outage {
    /// Most intervals at once.
    pub const MOST: usize = 1_000_000;
    /// Most users of one interval.
    pub const MOST_USERS: u64 = 100_000_000_000;
}
