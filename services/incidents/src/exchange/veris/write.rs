//! An incident as a VERIS record: what it came as, with what is known of it now.

use fault::{Fault, Outcome};
use serde_json::{Map, Value, json};
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::{Counted, Known, Level, Precision, State};

/// The version of the schema that new records are of.
const VERSION: &str = "1.3.4";

/// Writes an incident as a record.
///
/// # Errors
/// `DEFECT` where the record that it came as cannot be read any more.
pub(crate) fn write(incident: &Incident) -> Outcome<String> {
    let mut record: Map<String, Value> = if incident.source_record.is_empty() {
        new(incident)
    } else {
        serde_json::from_str(&incident.source_record).map_err(Fault::defect)?
    };
    let said = match (incident.state(), incident.level()) {
        (State::Dismissed, _) => "False positive",
        (_, Level::SecurityIncident | Level::Crisis) => "Confirmed",
        (_, Level::Incident | Level::Unspecified) => "Suspected",
        (_, Level::Event) => "Near miss",
    };
    record.insert("security_incident".to_owned(), said.into());
    started(incident, &mut record);
    branches(incident, &mut record);
    attributes(incident, &mut record);
    if let Some(asset) = assets(&incident.asset_kinds, record.get("asset")) {
        record.insert("asset".to_owned(), asset);
    }
    costs(incident, &mut record);
    if incident.source_record.is_empty() {
        unknown(&mut record);
        disclosed(incident, &mut record);
    }
    Ok(super::super::escaped(&Value::Object(record).to_string()))
}

/// A record of what happened here: what the schema requires and is not known says so.
fn new(incident: &Incident) -> Map<String, Value> {
    let id = resource::id_of(&incident.name);
    let summary = if incident.description.is_empty() {
        incident.display_name.clone()
    } else {
        format!("{}. {}", incident.display_name, incident.description)
    };
    let record = json!({
        "schema_version": VERSION, "incident_id": id, "source_id": "telwarden", "summary": summary,
        "victim": {"country": ["Unknown"], "employee_count": "Unknown", "industry": "517", "region": ["000000"]},
        "discovery_method": {"unknown": true}, "actor": {"unknown": {}}, "action": {"unknown": {}},
        "asset": {"assets": [{"variety": "Unknown"}], "cloud": ["Unknown"]}, "attribute": {}, "timeline": {"incident": {}},
    });
    record.as_object().cloned().unwrap_or_default()
}

/// By branch of action, actor and attribute, the lists that the schema asks for.
const ASKED: [(&str, &str, &[&str]); 12] = [
    ("action", "hacking", &["variety", "vector"]),
    ("action", "malware", &["variety", "vector"]),
    ("action", "social", &["variety", "vector", "target"]),
    ("action", "error", &["variety", "vector"]),
    ("action", "misuse", &["variety", "vector"]),
    ("action", "physical", &["variety", "vector"]),
    ("action", "environmental", &["variety"]),
    ("actor", "external", &["variety", "motive"]),
    ("actor", "internal", &["variety", "motive"]),
    ("actor", "partner", &["motive", "country"]),
    ("attribute", "integrity", &["variety"]),
    ("attribute", "availability", &["variety"]),
];

/// Says of what the schema asks for, and nobody knows, that it is not known.
fn unknown(record: &mut Map<String, Value>) {
    for (part, branch, keys) in ASKED {
        let Some(Value::Object(of)) = record.get_mut(part).and_then(|part| part.get_mut(branch)) else { continue };
        for key in keys {
            of.entry((*key).to_owned()).or_insert_with(|| json!(["Unknown"]));
        }
    }
}

/// Whether data was disclosed, where its confidentiality is hit.
fn disclosed(incident: &Incident, record: &mut Map<String, Value>) {
    let said = match incident.personal_data_breach() {
        Known::Yes => "Yes",
        Known::No => "No",
        Known::Unspecified => "Unknown",
    };
    let secret = record.get_mut("attribute").and_then(|of| of.get_mut("confidentiality"));
    if let Some(Value::Object(secret)) = secret {
        secret.insert("data_disclosure".to_owned(), said.into());
    }
}

/// The object under a key; one that is no object becomes one. What is done to it is done within.
fn object<T>(within: &mut Map<String, Value>, key: &str, does: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
    let mut found = match within.remove(key) {
        Some(Value::Object(found)) => found,
        _ => Map::new(),
    };
    let done = does(&mut found);
    within.insert(key.to_owned(), Value::Object(found));
    done
}

fn started(incident: &Incident, record: &mut Map<String, Value>) {
    let at = incident.occurrence_time.or(incident.detect_time);
    let Some(at) = at.and_then(|at| jiff::Timestamp::from_second(at.seconds).ok()) else { return };
    let at = jiff::tz::TimeZone::UTC.to_datetime(at);
    let precision = incident.occurrence_precision();
    let begin = |begun: &mut Map<String, Value>| {
        begun.insert("year".to_owned(), at.year().into());
        if precision != Precision::Year {
            begun.insert("month".to_owned(), at.month().into());
        }
        if !matches!(precision, Precision::Year | Precision::Month) {
            begun.insert("day".to_owned(), at.day().into());
        }
        if precision == Precision::Unspecified && !begun.contains_key("time") {
            begun.insert("time".to_owned(), at.strftime("%I:%M:%S %p").to_string().into());
        }
    };
    object(record, "timeline", |timeline| object(timeline, "incident", begin));
}

/// Writes lists that hold something; one that is empty stays as it was.
fn list(within: &mut Map<String, Value>, key: &str, texts: &[String]) {
    if !texts.is_empty() {
        within.insert(key.to_owned(), texts.into());
    }
}

fn branches(incident: &Incident, record: &mut Map<String, Value>) {
    let action = |of: &mut Map<String, Value>| {
        of.retain(|key, _| incident.actions.iter().any(|one| one.category == *key));
        for one in &incident.actions {
            object(of, &one.category, |branch| {
                list(branch, "variety", &one.varieties);
                list(branch, "vector", &one.vectors);
            });
        }
    };
    if !incident.actions.is_empty() {
        object(record, "action", action);
    }
    let actor = |of: &mut Map<String, Value>| {
        of.retain(|key, _| incident.actors.iter().any(|one| one.category == *key));
        for one in &incident.actors {
            object(of, &one.category, |branch| {
                list(branch, "variety", &one.varieties);
                list(branch, "motive", &one.motives);
                list(branch, "country", &one.countries);
            });
        }
    };
    if !incident.actors.is_empty() {
        object(record, "actor", actor);
    }
}

/// Kinds as VERIS lists them; what else stood with a kind stays with it.
fn kinds(kinds: &[Counted], before: Option<&Value>) -> Vec<Value> {
    let before: Vec<&Value> = before.and_then(Value::as_array).into_iter().flatten().collect();
    let one = |(at, kind): (usize, &Counted)| {
        let same = |item: &&&Value| item.get("variety").and_then(Value::as_str) == Some(kind.kind.as_str());
        let mut item =
            before.get(at).filter(same).map(|item| (**item).clone()).unwrap_or_else(|| json!({"variety": kind.kind}));
        if let (Some(item), true) = (item.as_object_mut(), kind.count > 0) {
            let same = item.get("amount").and_then(Value::as_f64) == Some(kind.count as f64);
            if !same {
                item.insert("amount".to_owned(), kind.count.into());
            }
        }
        item
    };
    kinds.iter().enumerate().map(one).collect()
}

fn assets(of: &[Counted], before: Option<&Value>) -> Option<Value> {
    if of.is_empty() {
        return None;
    }
    let mut asset = before.cloned().unwrap_or_else(|| json!({}));
    let listed = kinds(of, asset.get("assets"));
    asset.as_object_mut()?.insert("assets".to_owned(), listed.into());
    Some(asset)
}

fn attributes(incident: &Incident, record: &mut Map<String, Value>) {
    object(record, "attribute", |of| attribute(incident, of));
}

fn attribute(incident: &Incident, of: &mut Map<String, Value>) {
    for (key, hit) in [
        ("confidentiality", incident.confidentiality),
        ("integrity", incident.integrity),
        ("availability", incident.availability),
    ] {
        match (hit, of.contains_key(key)) {
            (true, false) => drop(of.insert(key.to_owned(), json!({}))),
            (false, true) => drop(of.remove(key)),
            _ => {}
        }
    }
    if incident.confidentiality {
        object(of, "confidentiality", |secret| {
            if !incident.data_kinds.is_empty() {
                let listed = kinds(&incident.data_kinds, secret.get("data"));
                secret.insert("data".to_owned(), listed.into());
            }
            let same = secret.get("data_total").and_then(Value::as_f64) == Some(incident.records_affected as f64);
            if incident.records_affected > 0 && !same {
                secret.insert("data_total".to_owned(), incident.records_affected.into());
            }
        });
    }
}

fn costs(incident: &Incident, record: &mut Map<String, Value>) {
    if !incident.source_record.is_empty() || incident.costs.is_empty() {
        return;
    }
    object(record, "impact", |impact| {
        let losses = incident.costs.iter().map(|cost| json!({"variety": "Other", "amount": cost.amount}));
        impact.insert("loss".to_owned(), losses.collect::<Vec<_>>().into());
        if let Some(first) = incident.costs.first() {
            impact.insert("iso_currency_code".to_owned(), first.currency_code.clone().into());
        }
    });
}
