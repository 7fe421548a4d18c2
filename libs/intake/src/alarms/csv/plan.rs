//! What to do with each column: by the map, or guessed from the header.

use super::field::Field;
use crate::alarms::out::Out;
use crate::tabular::{Map, wrong};
use crate::{IntakeError, text};

/// What to do with the columns of a file.
pub(super) struct Plan {
    /// The headers.
    pub(super) headers: Vec<String>,
    /// What to do with each of them.
    pub(super) fields: Vec<Field>,
    /// The columns that make the id; none where it is made of what the row says.
    pub(super) key: Vec<usize>,
}

/// Headers of tables of alarms, squeezed, and the fields they mean; the surest names of a field first.
const GUESSES: &[(&str, Field)] = &[
    ("device", Field::Device),
    ("deviceid", Field::Device),
    ("devicename", Field::Device),
    ("managedobject", Field::Device),
    ("alarmedobject", Field::Device),
    ("objectid", Field::Device),
    ("networkelement", Field::Device),
    ("nename", Field::Device),
    ("neid", Field::Device),
    ("ne", Field::Device),
    ("node", Field::Device),
    ("nodename", Field::Device),
    ("hostname", Field::Device),
    ("host", Field::Device),
    ("resource", Field::Device),
    ("sourcename", Field::Device),
    ("kind", Field::Kind),
    ("specificproblem", Field::Kind),
    ("alarmname", Field::Kind),
    ("alarmkind", Field::Kind),
    ("alarmcondition", Field::Kind),
    ("alarmcode", Field::Kind),
    ("problem", Field::Kind),
    ("condition", Field::Kind),
    ("alarm", Field::Kind),
    ("alarmtype", Field::AlarmType),
    ("eventtype", Field::AlarmType),
    ("perceivedseverity", Field::Severity),
    ("severity", Field::Severity),
    ("alarmseverity", Field::Severity),
    ("probablecause", Field::Cause),
    ("cause", Field::Cause),
    ("additionaltext", Field::Text),
    ("alarmtext", Field::Text),
    ("alarmdetails", Field::Text),
    ("description", Field::Text),
    ("message", Field::Text),
    ("text", Field::Text),
    ("alarmraisedtime", Field::RaiseTime),
    ("raisetime", Field::RaiseTime),
    ("raisedtime", Field::RaiseTime),
    ("raised", Field::RaiseTime),
    ("raisedat", Field::RaiseTime),
    ("starttimestamp", Field::RaiseTime),
    ("starttime", Field::RaiseTime),
    ("start", Field::RaiseTime),
    ("eventtime", Field::RaiseTime),
    ("occurrencetime", Field::RaiseTime),
    ("firstoccurrence", Field::RaiseTime),
    ("timestamp", Field::RaiseTime),
    ("time", Field::RaiseTime),
    ("alarmreportingtime", Field::ReportTime),
    ("reporttime", Field::ReportTime),
    ("reported", Field::ReportTime),
    ("alarmclearedtime", Field::ClearTime),
    ("cleartime", Field::ClearTime),
    ("clearedtime", Field::ClearTime),
    ("cleared", Field::ClearTime),
    ("clearedat", Field::ClearTime),
    ("endtimestamp", Field::ClearTime),
    ("endtime", Field::ClearTime),
    ("end", Field::ClearTime),
    ("state", Field::State),
    ("alarmstate", Field::State),
    ("plannedoutage", Field::PlannedOutage),
    ("plannedoutageindicator", Field::PlannedOutage),
    ("serviceaffecting", Field::ServiceAffecting),
    ("acknowledgedby", Field::AcknowledgedBy),
    ("ackuserid", Field::AcknowledgedBy),
    ("sourcesystemid", Field::Source),
];

/// Headers that hold an id, squeezed, the surest first.
const KEYS: &[&str] =
    &["id", "sourceid", "externalalarmid", "eventid", "notificationid", "alarmid", "uuid", "alarmserial"];

/// Headers that hold a kind where nothing surer does, squeezed.
const KINDS: &[&str] =
    &["alarmid", "probablecause", "cause", "alarmtype", "eventtype", "eventname", "type", "name", "event"];

impl Plan {
    /// Makes a plan for `headers`.
    pub(super) fn new(headers: &[String], map: Option<&Map<Field>>, out: &mut Out<'_>) -> Result<Self, IntakeError> {
        let squeezed: Vec<String> = headers.iter().map(|header| text::squeeze(header)).collect();
        let mut plan = Self {
            headers: headers.to_vec(),
            fields: headers.iter().cloned().map(Field::Attribute).collect(),
            key: Vec::new(),
        };
        match map {
            Some(map) => plan.by_map(map, &squeezed, out)?,
            None => plan.by_guess(&squeezed, out),
        }
        for field in [Field::Device, Field::Kind, Field::RaiseTime] {
            let told = map.is_some_and(|map| map.defaults.iter().any(|(known, _)| *known == field));
            if !told && !plan.fields.contains(&field) {
                return Err(plan.without(&field));
            }
        }
        if plan.key.is_empty() {
            out.warn("no column holds an id: ids are made of device, kind and time, with a number for rows that say the same");
        }
        Ok(plan)
    }

    fn by_map(&mut self, map: &Map<Field>, squeezed: &[String], out: &mut Out<'_>) -> Result<(), IntakeError> {
        for (header, field) in &map.columns {
            match (self.find(header, squeezed), field) {
                (None, Field::Id) => return Err(self.no_column(header)),
                (None, _) => out.warn(format!(
                    "the column map names the column `{header}`, which the file does not have; its field stays empty"
                )),
                (Some(index), field) => {
                    if *field == Field::Id {
                        self.key.push(index);
                    }
                    if let Some(slot) = self.fields.get_mut(index) {
                        *slot = field.clone();
                    }
                }
            }
        }
        // Two columns make one id in the order of the file, whatever the order of the map.
        self.key.sort_unstable();
        if !map.key.is_empty() {
            let found: Result<Vec<usize>, IntakeError> = map
                .key
                .iter()
                .map(|header| self.find(header, squeezed).ok_or_else(|| self.no_column(header)))
                .collect();
            self.key = found?;
        }
        Ok(())
    }

    fn by_guess(&mut self, squeezed: &[String], out: &mut Out<'_>) {
        // The table's order decides between two columns for one field: its surer names come first.
        for (word, field) in GUESSES {
            let Some(index) = squeezed.iter().position(|known| known == word) else { continue };
            if self.fields.contains(field) {
                continue;
            }
            if let Some(slot @ Field::Attribute(_)) = self.fields.get_mut(index) {
                *slot = field.clone();
            }
        }
        if !self.fields.contains(&Field::Kind)
            && let Some(index) = self.first_of(KINDS, squeezed)
        {
            let header = self.headers.get(index).map_or("", String::as_str);
            out.warn(format!("the column `{header}` is taken as the kind, since no other looks like one; name the right one with `kind` in a column map"));
            if let Some(slot) = self.fields.get_mut(index) {
                *slot = Field::Kind;
            }
        }
        let free = |index: &usize| matches!(self.fields.get(*index), Some(Field::Attribute(_)));
        let found = KEYS.iter().find_map(|key| squeezed.iter().position(|header| header == key).filter(free));
        if let Some(index) = found {
            self.key = vec![index];
            if let Some(slot) = self.fields.get_mut(index) {
                *slot = Field::Id;
            }
        }
    }

    fn first_of(&self, words: &[&str], squeezed: &[String]) -> Option<usize> {
        words.iter().find_map(|word| squeezed.iter().position(|header| header == word))
    }

    fn find(&self, header: &str, squeezed: &[String]) -> Option<usize> {
        let exact = self.headers.iter().position(|known| known == header);
        let word = text::squeeze(header);
        exact.or_else(|| squeezed.iter().position(|known| *known == word && !word.is_empty()))
    }

    fn no_column(&self, header: &str) -> IntakeError {
        let remedy = format!("name one of its columns: {}", text::clip(&self.headers.join(", "), 500));
        wrong("key", format!("the file has no column `{header}`, which is to make the id"), remedy)
    }

    fn without(&self, field: &Field) -> IntakeError {
        let name = match field {
            Field::Device => "device",
            Field::Kind => "kind",
            _ => "raise_time",
        };
        let headers = text::clip(&self.headers.join(", "), 500);
        let remedy = format!("send one of its columns to `{name}` under [columns] of a column map: {headers}");
        wrong("columns", format!("no column goes to `{name}`, which every alarm must have"), remedy)
    }
}
