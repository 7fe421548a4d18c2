//! The fields a column of alarms can go to.

use crate::tabular::Target;

/// A field a column can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::alarms) enum Field {
    Id,
    Source,
    Device,
    Kind,
    AlarmType,
    Severity,
    Cause,
    Text,
    RaiseTime,
    ReportTime,
    ClearTime,
    State,
    Form,
    PlannedOutage,
    ServiceAffecting,
    AcknowledgedBy,
    Attribute(String),
    Ignore,
}

/// The names of the fields in a column map. The documentation of [`super::ColumnMap`] lists them.
const NAMES: &[(&str, Field)] = &[
    ("id", Field::Id),
    ("source", Field::Source),
    ("device", Field::Device),
    ("kind", Field::Kind),
    ("alarm_type", Field::AlarmType),
    ("severity", Field::Severity),
    ("cause", Field::Cause),
    ("text", Field::Text),
    ("raise_time", Field::RaiseTime),
    ("report_time", Field::ReportTime),
    ("clear_time", Field::ClearTime),
    ("state", Field::State),
    ("form", Field::Form),
    ("planned_outage", Field::PlannedOutage),
    ("service_affecting", Field::ServiceAffecting),
    ("acknowledged_by", Field::AcknowledgedBy),
    ("ignore", Field::Ignore),
];

impl Target for Field {
    fn named(name: &str) -> Option<Self> {
        if let Some(attribute) = name.strip_prefix("attribute.") {
            return (!attribute.is_empty()).then(|| Self::Attribute(attribute.to_owned()));
        }
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| field.clone())
    }

    fn names() -> String {
        let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        known.join(", ")
    }

    fn takes_many(&self) -> bool {
        matches!(self, Self::Id | Self::Attribute(_) | Self::Ignore)
    }

    fn is_key(&self) -> bool {
        *self == Self::Id
    }
}
