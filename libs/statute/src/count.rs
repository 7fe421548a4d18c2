//! From an instant and a period to its end.

use jiff::{Span, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    period::{Period, Unit},
};

/// How the end of a period is read. Periods in minutes and hours are elapsed time under every reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The same time of day on the last day, whatever day that is: never later than another reading. Working days counted from a day of
    /// rest have no part of a working day behind them, so they run to the end of the last one; what came the evening before has no
    /// more time than what came in that night.
    #[default]
    Instant,
    /// The end of the last day, whatever day that is.
    WholeDays,
    /// Regulation (EEC, Euratom) 1182/71 Article 3: the day of the event does not count, the last day counts to its end, an end on a
    /// weekend or holiday moves to the end of the next working day, and two days or more hold at least two working days.
    #[serde(rename = "eu_1182_71")]
    Eu118271,
}

/// When a period ends, and how that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// The instant at which it is over. What is done at this instant is done in time.
    pub due: Timestamp,
    /// The end under [`Reading::Instant`]: who keeps it is in time under every reading.
    pub strict: Timestamp,
    /// The steps to it, each a sentence.
    pub why: Vec<String>,
}

/// The end lies outside the years that can be told (-9999 to 9999).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the period ends in no year that can be told")]
pub struct TooFar;

impl Calendar {
    /// When a period from an instant ends.
    ///
    /// # Errors
    ///
    /// [`TooFar`].
    pub fn end(&self, start: Timestamp, period: Period, reading: Reading) -> Result<End, TooFar> {
        let mut why = vec![format!("{period} from {start}")];
        if period.unit().elapses() {
            let due = elapse(start, period).ok_or(TooFar)?;
            return Ok(End { due, strict: due, why });
        }
        let from = self.zone().to_datetime(start);
        let last = self.last_day(from.date(), period).ok_or(TooFar)?;
        let rested = if period.unit() == Unit::WorkingDays { self.rest(from.date()) } else { None };
        let strict = match &rested {
            Some(rest) => {
                why.push(format!("{} is {rest}, so every working day counts whole", from.date()));
                self.day_after(last)
            }
            None => self.zone().to_timestamp(last.to_datetime(from.time())).ok(),
        };
        let strict = strict.ok_or(TooFar)?;
        if matches!(period.unit(), Unit::Months | Unit::Years) && last.day() != from.date().day() {
            why.push(format!("{last} is the last day of its month, which has no day {}", from.date().day()));
        }
        let last = match reading {
            Reading::Instant => return Ok(End { due: strict, strict, why }),
            Reading::WholeDays => last,
            Reading::Eu118271 => self.working_end(from.date(), last, period, &mut why).ok_or(TooFar)?,
        };
        why.push(format!("it runs to the end of {last} in its time zone"));
        let due = self.day_after(last).ok_or(TooFar)?;
        Ok(End { due, strict, why })
    }

    /// The instant at which a day is over.
    fn day_after(&self, day: Date) -> Option<Timestamp> {
        let next = day.tomorrow().and_then(|next| self.zone().to_zoned_datetime(next.at(0, 0, 0, 0)));
        next.ok().map(|next| next.timestamp())
    }

    fn last_day(&self, first: Date, period: Period) -> Option<Date> {
        let amount = i64::from(period.amount());
        let span = match period.unit() {
            Unit::Minutes | Unit::Hours => None?,
            Unit::Days => Span::new().try_days(amount),
            Unit::Weeks => Span::new().try_weeks(amount),
            Unit::Months => Span::new().try_months(amount),
            Unit::Years => Span::new().try_years(amount),
            Unit::WorkingDays => return self.working_day_after(first, period.amount()),
        };
        first.checked_add(span.ok()?).ok()
    }

    /// The so many-th working day after a day.
    fn working_day_after(&self, first: Date, amount: u32) -> Option<Date> {
        let mut day = first;
        for _ in 0..amount {
            day = self.next_working_day(day.tomorrow().ok()?)?;
        }
        Some(day)
    }

    /// The day itself, or the first after it on which people work.
    fn next_working_day(&self, from: Date) -> Option<Date> {
        let mut day = from;
        // No calendar rests for two years on end; one that does is refused here rather than counted for ever.
        for _ in 0..800 {
            if self.rest(day).is_none() {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Article 3(4) and 3(5).
    fn working_end(&self, first: Date, last: Date, period: Period, why: &mut Vec<String>) -> Option<Date> {
        let mut last = last;
        if let Some(rest) = self.rest(last) {
            let next = self.next_working_day(last)?;
            why.push(format!("{last} is {rest}, so it ends with {next} (Regulation 1182/71 Article 3(4))"));
            last = next;
        }
        let counted = period.unit() != Unit::WorkingDays && (period.unit() != Unit::Days || period.amount() >= 2);
        while counted && self.working_days_within(first, last)? < 2 {
            let next = self.next_working_day(last.tomorrow().ok()?)?;
            why.push(format!(
                "fewer than two working days lie in it, so it ends with {next} (Regulation 1182/71 Article 3(5))"
            ));
            last = next;
        }
        Some(last)
    }

    fn working_days_within(&self, first: Date, last: Date) -> Option<usize> {
        let (mut day, mut count) = (first.tomorrow().ok()?, 0);
        while day <= last && count < 2 {
            count += usize::from(self.rest(day).is_none());
            day = day.tomorrow().ok()?;
        }
        Some(count)
    }
}

fn elapse(start: Timestamp, period: Period) -> Option<Timestamp> {
    let amount = i64::from(period.amount());
    let span =
        if period.unit() == Unit::Hours { Span::new().try_hours(amount) } else { Span::new().try_minutes(amount) };
    start.checked_add(span.ok()?).ok()
}
