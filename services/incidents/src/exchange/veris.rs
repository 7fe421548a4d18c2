//! VERIS 1.3, the vocabulary for event recording and incident sharing: a record as an incident, and back. Pure.
//!
//! What a record has that an incident has not stays in `source_record`, and is there again when the incident is given out. A date is kept as exactly as it is
//! known: of a year alone, no first of January is made up.

mod class;
mod write;

use serde_json::{Map, Value};
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::{Action, Actor, Cost, Counted, Known, Level, Precision, State, TrafficLight};

use super::Unreadable;

pub(super) use write::write;

/// What an incident that came so says under `source`.
const SOURCE: &str = "VERIS";
/// The most characters of a title that is made of the first sentence.
const TITLE: usize = 120;
/// The branches of `action`, the most telling first: the first one there is says what the incident is.
const ACTIONS: [&str; 8] = ["malware", "hacking", "social", "misuse", "physical", "error", "environmental", "unknown"];
const ACTORS: [&str; 4] = ["external", "internal", "partner", "unknown"];

fn wrong<T>(field: &str, message: impl Into<String>) -> Result<T, Unreadable> {
    Err((field.to_owned(), message.into()))
}

/// Reads a record: the id of the incident, and the incident.
///
/// # Errors
/// The field that cannot be read, and why.
pub(super) fn read(document: &str) -> Result<(String, Incident), Unreadable> {
    let record: Value = match serde_json::from_str(document) {
        Ok(record) => record,
        Err(problem) => return wrong("document", format!("it is no JSON: {problem}")),
    };
    let Some(record) = record.as_object() else {
        return wrong("document", "it is no JSON object: give one incident a record");
    };
    let key = text(record, "incident_id").filter(|id| !id.trim().is_empty());
    let Some(key) = key else { return wrong("incident_id", "it is missing: give the id that the source knows it by") };
    let Some(id) = resource::id_of_key(key) else {
        return wrong(
            "incident_id",
            format!("{key:?} is no key: it has 1 to 63 characters, the first a letter or digit"),
        );
    };
    let (level, state) = match text(record, "security_incident") {
        Some("Confirmed") => (Level::SecurityIncident, State::Closed),
        Some("Suspected") => (Level::Incident, State::Closed),
        Some("Near miss") => (Level::Event, State::Closed),
        Some("False positive") => (Level::Event, State::Dismissed),
        other => {
            let message = format!("{other:?} is none of Confirmed, Suspected, Near miss and False positive");
            return wrong("security_incident", message);
        }
    };
    let (actions, actors) = (actions(record)?, actors(record)?);
    let mut incident =
        Incident { actions, actors, source: SOURCE.to_owned(), source_id: key.to_owned(), ..Incident::default() };
    incident.set_level(level);
    incident.set_original_level(level);
    incident.set_state(state);
    incident.state_reason = format!("brought in from {SOURCE}");
    incident.no_lesson_reason = format!("it was brought in from {SOURCE}");
    incident.set_traffic_light(TrafficLight::Clear);
    words(record, key, &mut incident);
    times(record, &mut incident)?;
    attributes(record, &mut incident)?;
    incident.asset_kinds = counted(record.get("asset"), "assets", "asset.assets")?;
    costs(record, &mut incident);
    let class = class::of(&incident.actions, incident.confidentiality);
    incident.incident_class = class.class.to_owned();
    incident.set_domain(class.domain);
    incident.set_cause(class.cause);
    let said = text(record, "security_incident").unwrap_or_default();
    incident.classification_reason = format!("VERIS calls it {said}; {}", class.why);
    incident.source_record = super::escaped(&Value::Object(record.clone()).to_string());
    Ok((id, incident))
}

/// Writes into an incident what a record says; what people here said of it stays.
pub(super) fn lay(incident: &mut Incident, said: &Incident) {
    let kept = std::mem::take(incident);
    *incident = Incident {
        name: kept.name,
        labels: kept.labels,
        state_time: kept.state_time,
        assets: kept.assets,
        services: kept.services,
        owner: kept.owner,
        handler: kept.handler,
        roles: kept.roles,
        facts: kept.facts,
        root_cause: kept.root_cause,
        particulars: kept.particulars,
        requests: kept.requests,
        traffic_light: kept.traffic_light,
        telecom_class: kept.telecom_class,
        users_affected: kept.users_affected,
        level_rank: kept.level_rank,
        open: kept.open,
        signal_count: kept.signal_count,
        time_corrections: kept.time_corrections,
        level_changes: kept.level_changes,
        create_time: kept.create_time,
        update_time: kept.update_time,
        etag: kept.etag,
        ..said.clone()
    };
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// The texts of a list; a single text is a list of one.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// A whole number, also written as `2.0`.
fn whole(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| {
        value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15).map(|number| number as i64)
    })
}

fn words(record: &Map<String, Value>, key: &str, incident: &mut Incident) {
    let plain = |key: &str| -> String {
        let of = text(record, key).unwrap_or_default().trim().chars();
        of.map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
    };
    let (summary, notes) = (plain("summary"), plain("notes"));
    let first = summary.split_inclusive(['.', '\n']).next().unwrap_or_default().trim().trim_end_matches('.');
    let title: String = first.chars().take(TITLE).collect();
    incident.display_name = if title.trim().is_empty() { format!("VERIS {key}") } else { title };
    let all: Vec<&str> = [summary.as_str(), &notes].into_iter().filter(|part| !part.is_empty()).collect();
    incident.description = all.join("\n\n").chars().take(8_000).collect();
}

/// Branches of an object, by name.
type Branches<'a> = Vec<(&'static str, &'a Map<String, Value>)>;

/// The branches of an object that are objects themselves, in an order of ours.
fn branches<'a>(record: &'a Map<String, Value>, key: &str, order: &[&'static str]) -> Result<Branches<'a>, Unreadable> {
    let Some(Value::Object(found)) = record.get(key) else { return wrong(key, "it is missing or no object") };
    if let Some(foreign) = found.keys().find(|name| !order.contains(&name.as_str())) {
        return wrong(&format!("{key}.{foreign}"), format!("there is no such {key}; there are {}", order.join(", ")));
    }
    Ok(order.iter().filter_map(|name| Some((*name, found.get(*name)?.as_object()?))).collect())
}

fn actions(record: &Map<String, Value>) -> Result<Vec<Action>, Unreadable> {
    let found = branches(record, "action", &ACTIONS)?;
    let action = |(category, of): (&str, &Map<String, Value>)| Action {
        category: category.to_owned(),
        varieties: texts(of.get("variety")),
        vectors: texts(of.get("vector")),
    };
    Ok(found.into_iter().map(action).collect())
}

fn actors(record: &Map<String, Value>) -> Result<Vec<Actor>, Unreadable> {
    let found = branches(record, "actor", &ACTORS)?;
    let actor = |(category, of): (&str, &Map<String, Value>)| Actor {
        category: category.to_owned(),
        varieties: texts(of.get("variety")),
        motives: texts(of.get("motive")),
        countries: texts(of.get("country")),
    };
    Ok(found.into_iter().map(actor).collect())
}

/// Kinds with how many there are.
fn counted(of: Option<&Value>, key: &str, field: &str) -> Result<Vec<Counted>, Unreadable> {
    let Some(Value::Array(items)) = of.and_then(|of| of.get(key)) else { return Ok(Vec::new()) };
    let one = |(at, item): (usize, &Value)| match item.get("variety").and_then(Value::as_str) {
        Some(kind) => {
            Ok(Counted { kind: kind.to_owned(), count: whole(item.get("amount")).unwrap_or_default().max(0) })
        }
        None => wrong(&format!("{field}[{at}].variety"), "it is missing"),
    };
    items.iter().enumerate().map(one).collect()
}

/// A time of day: `05:45:00 PM` as the schema has it, and `17:45` as people write it.
fn clock(text: &str) -> Option<jiff::civil::Time> {
    let read = |format: &str| jiff::civil::Time::strptime(format, text.trim()).ok();
    read("%I:%M:%S %p").or_else(|| read("%I:%M %p")).or_else(|| read("%H:%M:%S")).or_else(|| read("%H:%M"))
}

/// When it began, as exactly as it is known, and what is counted from there.
fn times(record: &Map<String, Value>, incident: &mut Incident) -> Result<(), Unreadable> {
    let timeline = record.get("timeline").and_then(Value::as_object);
    let Some(begun) = timeline.and_then(|timeline| timeline.get("incident")) else {
        return wrong("timeline.incident", "it is missing");
    };
    let Some(year) = whole(begun.get("year")) else {
        return wrong("timeline.incident.year", "it is missing or no whole number");
    };
    let (month, day) = (whole(begun.get("month")), whole(begun.get("day")));
    let time = begun.get("time").and_then(Value::as_str).and_then(clock);
    let precision = match (month, day, time) {
        (None, ..) => Precision::Year,
        (_, None, _) => Precision::Month,
        (_, _, None) => Precision::Day,
        _ => Precision::Unspecified,
    };
    let small = |number: i64| i8::try_from(number).ok();
    let date = i16::try_from(year).ok().zip(small(month.unwrap_or(1))).zip(small(day.unwrap_or(1)));
    let date = date.and_then(|((year, month), day)| jiff::civil::Date::new(year, month, day).ok());
    let Some(date) = date else { return wrong("timeline.incident", format!("{begun} is no day of the calendar")) };
    let at = jiff::tz::TimeZone::UTC.to_timestamp(date.to_datetime(time.unwrap_or_default()));
    let Ok(at) = at else { return wrong("timeline.incident", "it is in no year that can be told") };
    incident.set_occurrence_precision(precision);
    incident.occurrence_time = Some(prost_types::Timestamp { seconds: at.as_second(), nanos: 0 });
    let after = |key: &str| {
        let of = timeline?.get(key)?;
        let (unit, value) = (of.get("unit")?.as_str()?, of.get("value")?.as_f64()?);
        let seconds = match unit {
            "Seconds" => 1.0,
            "Minutes" => 60.0,
            "Hours" => 3_600.0,
            "Days" => 86_400.0,
            "Weeks" => 604_800.0,
            "Months" => 2_629_746.0,
            "Years" => 31_556_952.0,
            _ => return None,
        };
        let seconds = value * seconds;
        (0.0..1e10)
            .contains(&seconds)
            .then(|| prost_types::Timestamp { seconds: at.as_second() + seconds as i64, nanos: 0 })
    };
    incident.detect_time = after("discovery");
    incident.contain_time = after("containment");
    Ok(())
}

fn attributes(record: &Map<String, Value>, incident: &mut Incident) -> Result<(), Unreadable> {
    let Some(Value::Object(of)) = record.get("attribute") else {
        return wrong("attribute", "it is missing or no object");
    };
    incident.confidentiality = of.contains_key("confidentiality");
    incident.integrity = of.contains_key("integrity");
    incident.availability = of.contains_key("availability");
    let secret = of.get("confidentiality");
    incident.data_kinds = counted(secret, "data", "attribute.confidentiality.data")?;
    incident.records_affected = whole(secret.and_then(|secret| secret.get("data_total"))).unwrap_or_default().max(0);
    let disclosed = secret.and_then(|secret| secret.get("data_disclosure")).and_then(Value::as_str);
    let personal = incident
        .data_kinds
        .iter()
        .any(|one| ["Personal", "Medical", "Credentials", "Bank", "Payment"].contains(&one.kind.as_str()));
    incident.set_personal_data_breach(match disclosed {
        Some("Yes") if personal => Known::Yes,
        Some("No") => Known::No,
        _ => Known::Unspecified,
    });
    Ok(())
}

fn costs(record: &Map<String, Value>, incident: &mut Incident) {
    let impact = record.get("impact");
    let currency = impact.and_then(|impact| impact.get("iso_currency_code")).and_then(Value::as_str);
    // ISO 4217 has XXX for what has no currency, or none that is known.
    let currency = currency.filter(|code| code.len() == 3).unwrap_or("XXX");
    let cost = |cost_type: &str, amount: &Value| {
        let amount = amount.as_f64().filter(|amount| (0.0..=1e15).contains(amount))?;
        Some(Cost { cost_type: cost_type.to_owned(), amount, currency_code: currency.to_owned(), note: String::new() })
    };
    let losses = impact.and_then(|impact| impact.get("loss")).and_then(Value::as_array).into_iter().flatten();
    incident.costs = losses.filter_map(|loss| cost(loss.get("variety")?.as_str()?, loss.get("amount")?)).collect();
    incident.costs.extend(impact.and_then(|impact| cost("overall", impact.get("overall_amount")?)));
}
