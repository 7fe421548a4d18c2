//! Where and when people work: a time zone, the weekend, the holidays. All of it is data.

use jiff::{Span, Timestamp, civil::Date, civil::Weekday, tz::TimeZone};
use serde::{Deserialize, Serialize};

use datafile::Violations;

/// A day of the week as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }
}

/// One holiday: exactly one of `date`, `every` (`12-25`) and `easter` (days after Western Easter Sunday; negative before).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holiday {
    pub(crate) name: String,
    pub(crate) date: Option<Date>,
    pub(crate) every: Option<String>,
    pub(crate) easter: Option<i16>,
}

/// A calendar as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarForm {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) weekend: Vec<Day>,
    #[serde(default)]
    pub(crate) holidays: Vec<Holiday>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rest {
    On(Date),
    Every(i8, i8),
    Easter(i16),
}

/// A checked calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    id: String,
    zone: TimeZone,
    weekend: Vec<Weekday>,
    holidays: Vec<(Rest, String)>,
}

impl Calendar {
    /// Most holidays of one calendar.
    pub const MOST_HOLIDAYS: usize = 2_000;

    /// A calendar with Saturday and Sunday as weekend and no holidays.
    ///
    /// # Errors
    ///
    /// A zone that the IANA time zone database does not know.
    pub fn plain(id: &str, zone: &str) -> Result<Self, Violations> {
        let form = CalendarForm {
            id: id.to_owned(),
            zone: zone.to_owned(),
            weekend: vec![Day::Saturday, Day::Sunday],
            holidays: Vec::new(),
        };
        let mut violations = Violations::default();
        Self::check("calendar", &form, &mut violations).ok_or(violations)
    }

    pub(crate) fn check(place: &str, form: &CalendarForm, violations: &mut Violations) -> Option<Self> {
        let before = violations.list().len();
        let zone = zone(&format!("{place}.zone"), &form.zone, violations);
        let weekend: Vec<Weekday> = form.weekend.iter().map(|day| day.weekday()).collect();
        let working = (0..7)
            .filter(|day| !Weekday::from_monday_zero_offset(*day).is_ok_and(|weekday| weekend.contains(&weekday)));
        if working.count() == 0 {
            let field = format!("{place}.weekend");
            violations.refuse(
                &field,
                "no day of the week is left to work",
                "leave at least one day out of the weekend",
            );
        }
        if form.holidays.len() > Self::MOST_HOLIDAYS {
            let problem = format!("{} holidays, where {} are allowed", form.holidays.len(), Self::MOST_HOLIDAYS);
            violations.refuse(&format!("{place}.holidays"), problem, "leave out those of years long past");
        }
        let holidays = form.holidays.iter().take(Self::MOST_HOLIDAYS).enumerate();
        let holidays: Vec<_> = holidays
            .filter_map(|(at, holiday)| {
                let rest = rest(holiday);
                if rest.is_none() {
                    let field = format!("{place}.holidays[{at}]");
                    let problem = "is not one of a date, a day of every year and a distance from Easter";
                    violations.refuse(&field, problem, "give one of date: 2026-05-14, every: \"12-25\", easter: 1");
                }
                Some((rest?, holiday.name.clone()))
            })
            .collect();
        let zone = zone?;
        (violations.list().len() == before).then_some(Self { id: form.id.clone(), zone, weekend, holidays })
    }

    /// What regimes call it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The zone its days are days of.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day it is there.
    #[must_use]
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// Why nobody works that day; nothing on a working day.
    #[must_use]
    pub fn rest(&self, day: Date) -> Option<String> {
        if self.weekend.contains(&day.weekday()) {
            return Some(format!("{:?}", day.weekday()));
        }
        let rests = |rest: &Rest| match *rest {
            Rest::On(date) => date == day,
            Rest::Every(month, of) => (day.month(), day.day()) == (month, of),
            Rest::Easter(after) => {
                easter(day.year()).and_then(|sunday| sunday.checked_add(Span::new().days(after)).ok()) == Some(day)
            }
        };
        self.holidays.iter().find(|(rest, _)| rests(rest)).map(|(_, name)| name.clone())
    }
}

fn zone(field: &str, name: &str, violations: &mut Violations) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let shown: String = name.chars().take(60).collect();
        violations.refuse(
            field,
            format!("{shown:?} is no time zone"),
            "name a zone of the IANA database, such as Europe/Brussels",
        );
    }
    zone
}

fn rest(holiday: &Holiday) -> Option<Rest> {
    match (holiday.date, &holiday.every, holiday.easter) {
        (Some(date), None, None) => Some(Rest::On(date)),
        (None, Some(every), None) => {
            let (month, day) = every.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // A leap year, so that 29 February can be one.
            Date::new(2024, month, day).ok().map(|_| Rest::Every(month, day))
        }
        (None, None, Some(after)) if (-180..=180).contains(&after) => Some(Rest::Easter(after)),
        _ => None,
    }
}

/// Easter Sunday of the Gregorian calendar (the rule of Meeus, Jones and Butcher).
fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let golden = year_number.rem_euclid(19);
    let (century, rest) = (year_number.div_euclid(100), year_number.rem_euclid(100));
    let moon_shift = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - century.div_euclid(4) - moon_shift + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * rest.div_euclid(4) - epact - rest.rem_euclid(4)).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday).div_euclid(451);
    let days = epact + weekday - 7 * late + 114;
    Date::new(year, i8::try_from(days.div_euclid(31)).ok()?, i8::try_from(days.rem_euclid(31) + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_where_the_tables_have_it() {
        for (year, month, day) in
            [(1818, 3, 22), (1943, 4, 25), (2000, 4, 23), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5)]
        {
            assert_eq!(easter(year), Date::new(year, month, day).ok(), "{year}");
        }
    }
}
