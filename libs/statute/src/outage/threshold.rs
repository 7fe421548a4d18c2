//! Thresholds as data: any of several rungs, of which all conditions hold.

use datafile::Violations;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Measured, Surroundings};
use crate::{
    form::{RungForm, ThresholdForm},
    period::{Period, Unit},
};

/// One threshold: a ladder, a number of user-hours.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// What expressions call it.
    pub id: String,
    /// A short title.
    pub title: String,
    /// Where it comes from.
    pub provenance: String,
    /// What of it is uncertain.
    pub provisional: Vec<String>,
    rungs: Vec<Rung>,
}

/// Conditions that hold together.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rung {
    /// Strictly longer.
    longer_than: Option<Period>,
    at_least: Option<Period>,
    users_percent_above: Option<f64>,
    users_at_least: Option<f64>,
    user_hours_above: Option<f64>,
    user_minutes_at_least: Option<f64>,
    emergency_calls: Option<bool>,
}

/// Whether a service's outage crosses a threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crossing {
    /// The threshold.
    pub threshold: String,
    /// The service.
    pub service: String,
    /// Whether it is crossed; nothing where that hangs on what is not known.
    pub crossed: Option<bool>,
    /// If it is not crossed and the outage goes on with the users it has now: when it will be, by time alone.
    pub crosses_after: Option<Timestamp>,
    /// Each rung with what was found, each a sentence.
    pub why: Vec<String>,
}

/// One condition of a rung, seen on an outage.
struct Seen {
    holds: Option<bool>,
    /// Seconds until it holds, while the outage goes on; nothing if never.
    after: Option<f64>,
    why: String,
}

impl Threshold {
    pub(crate) fn check(place: &str, form: &ThresholdForm, violations: &mut Violations) -> Option<Self> {
        if !(1..=100).contains(&form.any.len()) {
            let problem = format!("{} rungs, where 1 to 100 are allowed", form.any.len());
            violations.refuse(&format!("{place}.any"), problem, "say what crosses the threshold");
        }
        let rungs =
            form.any.iter().enumerate().map(|(at, rung)| Rung::check(&format!("{place}.any[{at}]"), rung, violations));
        let rungs: Vec<_> = rungs.collect();
        Some(Self {
            id: form.id.clone(),
            title: form.title.clone(),
            provenance: form.provenance.clone(),
            provisional: form.provisional.clone(),
            rungs: rungs.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Whether an outage, measured at `now`, crosses it.
    #[must_use]
    pub fn crossing(&self, outage: &Measured, around: &Surroundings, now: Timestamp) -> Crossing {
        let (mut crossed, mut soonest, mut why) = (Some(false), None::<f64>, Vec::with_capacity(self.rungs.len()));
        for rung in &self.rungs {
            let seen = rung.see(outage, around);
            let holds = all(&seen);
            crossed = any(crossed, holds);
            if holds != Some(true) && outage.open {
                // All of its conditions: the last to come true.
                let last = seen.iter().map(|seen| seen.after).try_fold(0.0_f64, |last, after| Some(last.max(after?)));
                soonest = soonest.into_iter().chain(last).min_by(f64::total_cmp);
            }
            let told: Vec<&str> = seen.iter().map(|seen| seen.why.as_str()).collect();
            let said = match holds {
                Some(true) => "crossed",
                Some(false) => "not crossed",
                None => "not known",
            };
            why.push(format!("{said}: {}", told.join("; ")));
        }
        let crosses_after = soonest
            .filter(|_| crossed != Some(true))
            .and_then(|seconds| now.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok());
        let (threshold, service) = (self.id.clone(), outage.service.clone());
        Crossing { threshold, service, crossed, crosses_after, why }
    }
}

fn all(seen: &[Seen]) -> Option<bool> {
    if seen.iter().any(|seen| seen.holds == Some(false)) {
        return Some(false);
    }
    seen.iter().all(|seen| seen.holds == Some(true)).then_some(true)
}

fn any(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

impl Rung {
    fn check(place: &str, form: &RungForm, violations: &mut Violations) -> Option<Self> {
        let before = violations.list().len();
        let mut duration = |key: &str, text: Option<&String>| {
            let period: Option<Period> = text.and_then(|text| text.parse().ok());
            if text.is_some() && period.is_none_or(|period| !period.unit().elapses()) {
                violations.refuse(
                    &format!("{place}.{key}"),
                    "is no length in minutes or hours",
                    "write it as in \"2 hours\"",
                );
            }
            period
        };
        let (longer_than, at_least) =
            (duration("longer_than", form.longer_than.as_ref()), duration("at_least", form.at_least.as_ref()));
        let numbers = [
            ("users_percent_above", form.users_percent_above, 100.0),
            ("users_at_least", form.users_at_least, 1e12),
            ("user_hours_above", form.user_hours_above, 1e15),
            ("user_minutes_at_least", form.user_minutes_at_least, 1e15),
        ];
        for (key, number, most) in numbers {
            if number.is_some_and(|number| !(0.0..=most).contains(&number)) {
                violations.refuse(&format!("{place}.{key}"), "is out of range", format!("give 0 to {most}"));
            }
        }
        let rung = Self {
            longer_than,
            at_least,
            users_percent_above: form.users_percent_above,
            users_at_least: form.users_at_least,
            user_hours_above: form.user_hours_above,
            user_minutes_at_least: form.user_minutes_at_least,
            emergency_calls: form.emergency_calls,
        };
        if rung == Self::default() && violations.list().len() == before {
            violations.refuse(
                place,
                "has no condition, so everything would cross it",
                "give it at least one condition",
            );
        }
        (violations.list().len() == before).then_some(rung)
    }

    fn see(&self, outage: &Measured, around: &Surroundings) -> Vec<Seen> {
        let lasted = outage.duration;
        let longer = self.longer_than.map(|period| {
            let bound = length(period);
            let left = bound.saturating_sub(lasted).as_secs_f64().max(0.0);
            Seen::of(Some(lasted > bound), Some(left), format!("{lasted:#}, and longer than {period} is asked"))
        });
        let at_least = self.at_least.map(|period| {
            let bound = length(period);
            let left = bound.saturating_sub(lasted).as_secs_f64().max(0.0);
            Seen::of(Some(lasted >= bound), Some(left), format!("{lasted:#}, and at least {period} is asked"))
        });
        let percent = self.users_percent_above.map(|above| match outage.users_percent {
            Some(percent) => Seen::of(
                Some(percent > above),
                None,
                format!("{percent:.3} % of users, and more than {above} % is asked"),
            ),
            None => Seen::of(None, None, format!("the share of users is not known, and more than {above} % is asked")),
        });
        let users = self.users_at_least.map(|least| {
            Seen::of(
                Some(outage.users as f64 >= least),
                None,
                format!("{} users, and at least {least} are asked", outage.users),
            )
        });
        let an_hour = outage.users_now as f64;
        let hours = self.user_hours_above.map(|above| {
            let found = outage.user_hours();
            let left = (an_hour > 0.0).then(|| ((above - found) / an_hour * 3_600.0).max(0.0));
            Seen::of(Some(found > above), left, format!("{found:.1} user-hours, and more than {above} are asked"))
        });
        let minutes = self.user_minutes_at_least.map(|least| {
            let found = outage.user_minutes;
            let left = (an_hour > 0.0).then(|| ((least - found) / an_hour * 60.0).max(0.0));
            Seen::of(Some(found >= least), left, format!("{found:.0} user-minutes, and at least {least} are asked"))
        });
        let calls = self.emergency_calls.map(|asked| {
            let holds = around.emergency_calls.map(|fail| fail == asked);
            Seen::of(
                holds,
                None,
                format!("emergency calls fail: {}, and {asked} is asked", told(around.emergency_calls)),
            )
        });
        [longer, at_least, percent, users, hours, minutes, calls].into_iter().flatten().collect()
    }
}

impl Seen {
    fn of(holds: Option<bool>, after: Option<f64>, why: String) -> Self {
        Self { holds, after: if holds == Some(true) { Some(0.0) } else { after }, why }
    }
}

fn told(truth: Option<bool>) -> &'static str {
    match truth {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

fn length(period: Period) -> SignedDuration {
    let amount = i64::from(period.amount());
    if period.unit() == Unit::Hours { SignedDuration::from_hours(amount) } else { SignedDuration::from_mins(amount) }
}
