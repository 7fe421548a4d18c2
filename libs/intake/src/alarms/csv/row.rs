//! Rows as signals.

use prost_types::Timestamp;
use wire::incidents::v1::signal::Form;

use super::field::Field;
use super::ids::Ids;
use super::plan::Plan;
use crate::alarms::draft::Draft;
use crate::alarms::out::Out;
use crate::alarms::{Settings, words};
use crate::out::Go;
use crate::tabular::Map;
use crate::{dates, text};

/// The seconds of the year 9999's end; what is beyond is no time that anybody means.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Turns rows into signals.
pub(super) struct Rows<'a> {
    plan: &'a Plan,
    map: Option<&'a Map<Field>>,
    settings: &'a Settings,
    ids: Ids,
}

/// What a row says besides the fields of its signal.
#[derive(Default)]
struct Told {
    /// The condition is gone, by severity or state.
    gone: bool,
    /// The column and the words of a time of raising that is none.
    no_time: Option<(String, String)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(plan: &'a Plan, map: Option<&'a Map<Field>>, settings: &'a Settings) -> Self {
        Self { plan, map, settings, ids: Ids::new() }
    }

    /// Takes one row over.
    pub(super) fn take(&mut self, cells: &[String], origin: &str, out: &mut Out<'_>) -> Go {
        let mut draft = Draft::alarm(&self.settings.source);
        let mut told = Told::default();
        let columns = self.plan.fields.iter().zip(&self.plan.headers).zip(cells);
        for ((field, header), cell) in columns {
            self.apply(field, header, cell, (&mut draft, &mut told), (origin, out));
        }
        let defaults = self.map.map(|map| map.defaults.as_slice()).unwrap_or_default();
        for (field, value) in defaults {
            let filled =
                self.plan.fields.iter().zip(cells).any(|(known, cell)| known == field && !cell.trim().is_empty());
            if !filled {
                self.apply(field, "default", value, (&mut draft, &mut told), (origin, out));
            }
        }
        if let Some((header, word)) = told.no_time {
            let word = text::line(&word, 60);
            let message = format!(
                "`{word}` is no time; write it as 2026-11-30T12:00:00Z or in seconds since 1970, or name its form with `date_formats` in a column map"
            );
            out.reject(origin, &header, message);
            return Ok(());
        }
        if told.gone && draft.signal.clear_time.is_none() {
            draft.gone([draft.signal.report_time, None]);
        }
        let Some(id) = self.id(cells, &draft, origin, out) else { return Ok(()) };
        draft.signal.source_id = id;
        out.take(draft, origin)
    }

    /// What its source calls it; nothing where the columns that should tell are empty.
    fn id(&mut self, cells: &[String], draft: &Draft, origin: &str, out: &mut Out<'_>) -> Option<String> {
        let signal = &draft.signal;
        if self.plan.key.is_empty() {
            return Some(self.ids.of(&signal.device, &signal.kind, signal.raise_time.as_ref()));
        }
        let parts: Vec<&str> =
            self.plan.key.iter().filter_map(|index| cells.get(*index)).map(|cell| cell.trim()).collect();
        if parts.iter().any(|part| !part.is_empty()) {
            return Some(parts.join("/"));
        }
        let names: Vec<&str> =
            self.plan.key.iter().filter_map(|index| self.plan.headers.get(*index)).map(String::as_str).collect();
        let names = names.join(", ");
        out.reject(
            origin,
            &names,
            format!("the id `{names}` is empty, so a second reading could not find the row again; fill it"),
        );
        None
    }

    /// What a value means by the map.
    fn meaning<'b>(&'b self, field: &Field, cell: &'b str) -> &'b str {
        let tables = self.map.map(|map| map.values.as_slice()).unwrap_or_default();
        let known = tables.iter().filter(|(known, _)| known == field).find_map(|(_, meanings)| meanings.get(cell));
        known.map_or(cell, String::as_str)
    }

    fn apply(
        &self,
        field: &Field,
        header: &str,
        cell: &str,
        (draft, told): (&mut Draft, &mut Told),
        (origin, out): (&str, &mut Out<'_>),
    ) {
        let value = self.meaning(field, cell.trim()).trim();
        if value.is_empty() {
            return;
        }
        let signal = &mut draft.signal;
        match field {
            Field::Id | Field::Ignore => {}
            Field::Source => value.clone_into(&mut signal.source),
            Field::Device => draft.device(value, origin, out),
            Field::Kind => draft.kind(&[value]),
            Field::AlarmType => draft.alarm_type(header, value, out),
            Field::Severity => told.gone |= draft.severity(header, value, out),
            Field::Cause => draft.cause(value),
            Field::Text => draft.text(&[value]),
            Field::RaiseTime | Field::ReportTime | Field::ClearTime => {
                self.set_time(field, header, value, (draft, told), out);
            }
            Field::State => {
                told.gone |=
                    matches!(text::squeeze(value).as_str(), "cleared" | "clear" | "closed" | "ended" | "inactive");
                draft.attributes.put(header, value);
            }
            Field::Form => match text::squeeze(value).as_str() {
                "alarm" => signal.form = Form::Alarm.into(),
                "report" => signal.form = Form::Report.into(),
                "detection" => signal.form = Form::Detection.into(),
                _ => draft.attributes.put(header, value),
            },
            Field::PlannedOutage => match words::yes(value) {
                Some(yes) => signal.planned_outage = yes,
                None => draft.attributes.put(header, value),
            },
            Field::ServiceAffecting => match words::yes(value) {
                Some(yes) => signal.service_affecting = yes,
                None => draft.attributes.put(header, value),
            },
            Field::AcknowledgedBy => signal.acknowledged_by = text::line(value, 200),
            Field::Attribute(key) => draft.attributes.put(key, value),
        }
    }

    /// Puts a time into its field. What is none is kept as an attribute, but for the time of raising, which a row must have.
    fn set_time(
        &self,
        field: &Field,
        header: &str,
        value: &str,
        (draft, told): (&mut Draft, &mut Told),
        out: &mut Out<'_>,
    ) {
        let time = self.time(value);
        match field {
            Field::RaiseTime if time.is_none() => told.no_time = Some((header.to_owned(), value.to_owned())),
            Field::RaiseTime => draft.signal.raise_time = time,
            _ if time.is_none() => {
                draft.attributes.put(header, value);
                out.warn(format!("`{header}`: `{}` is no time; it is kept as an attribute", text::line(value, 60)));
            }
            Field::ReportTime => draft.signal.report_time = time,
            _ => draft.signal.clear_time = time,
        }
    }

    /// A point in time: seconds since 1970, with a fraction or without, or as [`dates::read`] knows them.
    fn time(&self, value: &str) -> Option<Timestamp> {
        let forms = self.map.map(|map| map.date_formats.as_slice()).unwrap_or_default();
        // Digits alone are seconds, unless the map says that they are a date, such as `20261130`.
        if !forms.is_empty()
            && let Some(time) = dates::read(value, forms)
        {
            return Some(time);
        }
        if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return seconds(value);
        }
        dates::read(value, forms)
    }
}

/// Seconds since 1970.
fn seconds(value: &str) -> Option<Timestamp> {
    let whole: f64 = value.parse().ok().filter(|number| (0.0..=LAST_SECOND).contains(number))?;
    let (seconds, fraction) = value.split_once('.').unwrap_or((value, ""));
    let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let seconds = if seconds.is_empty() { 0 } else { seconds.parse().ok()? };
    (whole >= 0.0).then_some(Timestamp { seconds, nanos: nanos.parse().ok()? })
}
