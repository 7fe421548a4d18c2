//! STIX 2.1: an incident as a bundle that others' tools read. Pure.
//!
//! The bundle has the label of the incident (the marking definition of TLP 2.0), the organization, the incident, a note with what STIX has no field for, and a
//! report that holds them together. Ids follow from names, so the same incident has the same ids each time it goes out.

use classify::TrafficLight;
use fault::{Fault, Outcome};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Choice as _, micros};
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::Level;

use crate::{id_of, organization_of};

/// The extension by which STIX 2.1 has TLP 2.0, and its marking definitions, as OASIS publishes them.
const TLP: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// The marking definition of a label: its id, and what the extension calls it.
fn marking(label: TrafficLight) -> (&'static str, &'static str) {
    match label {
        TrafficLight::Clear => ("94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"),
        TrafficLight::Green => ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"),
        TrafficLight::Amber => ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"),
        TrafficLight::AmberStrict => ("939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"),
        TrafficLight::Red => ("e828b379-4e03-4974-9ac4-e53a884c97c1", "red"),
    }
}

/// An incident as a bundle. `label` is the one it leaves under.
///
/// # Errors
/// A time in no year that can be told.
pub(super) fn write(incident: &Incident, label: TrafficLight) -> Outcome<String> {
    let organization = organization_of(&incident.name);
    let (created, modified) = (time(incident.create_time.as_ref())?, time(incident.update_time.as_ref())?);
    let (label_id, label_name) = marking(label);
    let label_id = format!("marking-definition--{label_id}");
    let identity = id("identity", organization);
    let common = |kind: &str| {
        json!({
            "type": kind, "spec_version": "2.1", "id": id(kind, &incident.name), "created": created, "modified": modified,
            "created_by_ref": identity, "object_marking_refs": [label_id],
        })
    };
    let marking = json!({
        "type": "marking-definition", "spec_version": "2.1", "id": label_id, "created": "2022-10-01T00:00:00.000Z",
        "name": format!("TLP:{label}"), "extensions": {TLP: {"extension_type": "property-extension", "tlp_2_0": label_name}},
    });
    let who = json!({
        "type": "identity", "spec_version": "2.1", "id": identity, "created": created, "modified": created, "name": organization,
        "identity_class": "organization", "sectors": ["telecommunications"], "object_marking_refs": [label_id],
    });
    let mut of = common("incident");
    fill(&mut of, "name", &incident.display_name);
    fill(&mut of, "description", &incident.description);
    let labels = labels(incident);
    if !labels.is_empty() {
        put(&mut of, "labels", json!(labels));
    }
    put(&mut of, "external_references", json!([{"source_name": "telwarden", "external_id": id_of(&incident.name)}]));
    let mut note = common("note");
    put(&mut note, "abstract", json!("What STIX has no field for"));
    put(&mut note, "content", json!(content(incident)?));
    put(&mut note, "object_refs", json!([id("incident", &incident.name)]));
    let mut report = common("report");
    fill(&mut report, "name", &incident.display_name);
    put(&mut report, "report_types", json!(["threat-report"]));
    put(&mut report, "published", json!(modified));
    put(&mut report, "object_refs", json!([identity, id("incident", &incident.name), id("note", &incident.name)]));
    let bundle =
        json!({"type": "bundle", "id": id("bundle", &incident.name), "objects": [marking, who, of, note, report]});
    Ok(bundle.to_string())
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(key.to_owned(), value);
    }
}

fn fill(object: &mut Value, key: &str, text: &str) {
    if !text.is_empty() {
        put(object, key, json!(text));
    }
}

/// The id of an object that is made of something with a name: 122 bits of its digest, in the form of a random UUID.
fn id(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\n{name}").as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default().to_owned());
    format!("{kind}--{}", parts.join("-"))
}

/// A time as STIX has it, to the millisecond.
fn time(at: Option<&prost_types::Timestamp>) -> Outcome<String> {
    let at = jiff::Timestamp::from_microsecond(micros(at)).map_err(Fault::defect)?;
    Ok(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// What it is, by the taxonomies that we class by.
fn labels(incident: &Incident) -> Vec<String> {
    let level = match incident.level() {
        Level::Unspecified => String::new(),
        level => level.text().to_lowercase(),
    };
    let named = [("rsit", &incident.incident_class), ("telecom", &incident.telecom_class), ("e409", &level)];
    named
        .into_iter()
        .filter(|(_, term)| !term.is_empty())
        .map(|(taxonomy, term)| format!("{taxonomy}:{term}"))
        .collect()
}

/// What STIX has no field for, a line each.
fn content(incident: &Incident) -> Outcome<String> {
    let mut lines = vec![format!("state: {}", incident.state().text())];
    for (what, at) in [
        ("began", incident.occurrence_time.as_ref()),
        ("detected", incident.detect_time.as_ref()),
        ("contained", incident.contain_time.as_ref()),
        ("recovered", incident.recover_time.as_ref()),
        ("closed", incident.close_time.as_ref()),
    ] {
        if at.is_some() {
            lines.push(format!("{what}: {}", time(at)?));
        }
    }
    if incident.users_affected > 0 {
        lines.push(format!("users affected: {}", incident.users_affected));
    }
    let harmed = [
        ("confidentiality", incident.confidentiality),
        ("integrity", incident.integrity),
        ("availability", incident.availability),
    ];
    let harmed: Vec<&str> = harmed.into_iter().filter(|(_, so)| *so).map(|(what, _)| what).collect();
    if !harmed.is_empty() {
        lines.push(format!("harmed: {}", harmed.join(", ")));
    }
    if !incident.root_cause.is_empty() {
        lines.push(format!("root cause: {}", incident.root_cause));
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_form_of_a_random_uuid_and_is_the_same_each_time() {
        let one = id("incident", "organizations/acme/incidents/one");
        assert_eq!(one, id("incident", "organizations/acme/incidents/one"));
        assert_ne!(one, id("incident", "organizations/acme/incidents/two"));
        let uuid = one.strip_prefix("incident--").expect("it says what it is of");
        let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
    }
}
