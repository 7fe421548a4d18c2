//! TEIV events: those of the shared data replayed here in the plainest way and compared, and by hand what the data has none of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wire::assets::v1::network_identifier::Kind;

use super::{Taken, archive, attempt, take};
use crate::{Format, IntakeError, Settings};

fn event(kind: &str, entities: &Value, relationships: &Value) -> Value {
    json!({"specversion": "1.0", "id": "e", "source": "us", "type": format!("topology-inventory-ingestion.{kind}"),
        "data": {"entities": entities, "relationships": relationships}})
}

fn read(events: &[Value]) -> Taken {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    take(Format::Teiv, &lines.join("\n"))
}

fn rejected(taken: &Taken) -> Vec<String> {
    taken.report.rejected.iter().map(|r| format!("{} {} {}", r.origin, r.reason, r.field)).collect()
}

/// Every object below `member` that is an entry of a list, with the type of its group.
fn entries(event: &Value, member: &str) -> Vec<(String, Value)> {
    let groups = &event["data"][member];
    let groups: Vec<Value> = groups.as_array().cloned().unwrap_or_else(|| vec![groups.clone()]);
    let kinds = groups.iter().filter_map(Value::as_object).flatten();
    kinds
        .flat_map(|(kind, list)| {
            list.as_array().expect("a list").iter().map(move |entry| (kind.clone(), entry.clone()))
        })
        .collect()
}

const VERBS: [&str; 6] = ["_USES_", "_PROVIDES_", "_SERVES_", "_MANAGES_", "_REALISED_BY_", "_DEPLOYED_ON_"];

#[test]
fn the_events_of_the_shared_data_are_replayed() {
    let Some(files) = archive("inventory/oran-teiv-cloudevents.tar.gz") else { return };
    assert_eq!(files.len(), 96);
    let all: Vec<Value> = files.iter().map(|(_, bytes)| serde_json::from_slice(bytes).expect("JSON")).collect();
    let events: Vec<&Value> = all.iter().filter(|value| value["specversion"].is_string()).collect();
    assert_eq!(events.len(), 83, "13 files say what the makers of the data expect of their own database");
    let lines: Vec<String> = all.iter().map(Value::to_string).collect();
    let taken = take(Format::Teiv, &lines.join("\n"));
    // The plainest replay: last type by id; a delete takes away.
    let (mut alive, mut related, mut broken) = (BTreeMap::new(), BTreeMap::new(), 0);
    for event in &events {
        let kind = event["type"].as_str().expect("a type").rsplit('.').next().expect("a word");
        for (kind_of, entry) in entries(event, "entities") {
            match (kind, entry["id"].as_str()) {
                ("create" | "merge", Some(id)) => drop(alive.insert(id.to_owned(), kind_of)),
                ("delete", Some(id)) => drop(alive.remove(id)),
                _ => {}
            }
        }
        for (kind_of, entry) in entries(event, "relationships") {
            let whole = ["id", "aSide", "bSide"].iter().all(|field| entry[*field].is_string());
            let known = VERBS.iter().any(|verb| kind_of.contains(verb)) || kind_of.contains("_INSTALLED_AT_");
            match (kind, entry["id"].as_str()) {
                ("create" | "merge", Some(id)) if whole && known => {
                    related.insert(id.to_owned(), (kind_of, entry));
                }
                ("create" | "merge", _) => broken += 1,
                ("delete", Some(id)) => drop(related.remove(id)),
                _ => {}
            }
        }
    }
    let is_site = |kind: &str| kind.ends_with(":Site");
    let sites: BTreeSet<&str> = alive.iter().filter(|(_, kind)| is_site(kind)).map(|(id, _)| id.as_str()).collect();
    let assets: BTreeSet<&str> = alive.iter().filter(|(_, kind)| !is_site(kind)).map(|(id, _)| id.as_str()).collect();
    let found: BTreeSet<&str> = taken.assets().iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!((found.len(), taken.assets().len()), (assets.len(), assets.len()), "each entity once");
    assert_eq!(found, assets);
    let places: BTreeSet<&str> =
        taken.sites().iter().map(|record| record.external_id.as_str()).filter(|id| !id.starts_with("place:")).collect();
    assert_eq!(places, sites);
    // What was rejected: relationships without a side, an id or a verb; one event of an unknown type; what is no event.
    let strange = taken.report.rejected.iter().filter(|r| r.message.contains("no CloudEvent")).count();
    let unknown = taken.report.rejected.iter().filter(|r| r.message.contains("none of create")).count();
    let relations = taken
        .report
        .rejected
        .iter()
        .filter(|r| ["id", "aSide", "bSide", "type"].contains(&r.field.as_str()) && r.origin.contains("relationships"))
        .count();
    let selves = taken.report.rejected.iter().filter(|r| r.reason == "DEPENDENCY_ON_SELF").count();
    assert_eq!((strange, unknown, relations), (13, 1, broken));
    assert_eq!(taken.report.rejected.len(), strange + unknown + relations + selves, "{:?}", rejected(&taken));
    // Two relationships of one verb between the same two are one dependency; those to sites and of entities that are gone are none.
    let deleted = taken.report.not_imported.get("relationship of a deleted entity").map_or(0, |left| left.count);
    let repeated = taken.report.not_imported.get("dependency, repeated").map_or(0, |left| left.count);
    let placed = related.values().filter(|(kind, _)| kind.contains("_INSTALLED_AT_")).count();
    let accounted = taken.dependencies().len() + selves + placed;
    assert_eq!(related.len(), accounted + usize::try_from(deleted + repeated).expect("small"));
}

#[test]
fn every_single_file_of_the_shared_data_is_read_or_refused_in_words() {
    let Some(files) = archive("inventory/oran-teiv-cloudevents.tar.gz") else { return };
    for (path, bytes) in files {
        match attempt(Format::Teiv, &bytes, &Settings::default()) {
            Ok(taken) => {
                let told =
                    taken.report.rejected.iter().all(|r| !r.message.is_empty() && r.origin.starts_with("line 1"));
                assert!(told && !path.contains("expected-results"), "{path}: {:?}", taken.report.rejected);
            }
            Err(error) => assert!(
                path.contains("expected-results") && error.to_string().contains("no CloudEvent"),
                "{path}: {error}"
            ),
        }
    }
}

const DN: &str = "urn:3gpp:dn:SubNetwork=North,ManagedElement=m7,ODUFunction=1,NRCellDU=cell-9";

#[test]
fn entities_get_names_types_identifiers_and_places() {
    let taken = read(&[event(
        "create",
        &json!([
            {"o-ran-smo-teiv-ran:NRCellCU": [{"id": DN, "attributes": {"nCI": 77, "plmnId": {"mcc": 262, "mnc": "01"}, "list": [1, 2], "none": null}, "sourceIds": ["urn:cmHandle:1", "b"]}]},
            {"o-ran-smo-teiv-equipment:Site": [{"id": "s1", "attributes": {"name": "Hill", "geo-location": {"latitude": 48.5, "longitude": "9.5", "height": 7}, "owner": "us"}}]},
            {"o-ran-smo-teiv-equipment:AntennaModule": [
                {"id": "a1", "attributes": {"geo-location": {"location": {"latitude": 50.5, "longitude": 8.5}}}},
                {"id": "a2"}, {"id": "a3", "attributes": {"geo-location": {"latitude": 5000, "longitude": 1}}}]},
            {"acme:Gizmo": [{"id": "g", "attributes": {"name": "gizmo"}}]},
        ]),
        &json!([{"o-ran-smo-teiv-equipment:ANTENNAMODULE_INSTALLED_AT_SITE": [
            {"id": "r1", "aSide": "a2", "bSide": "s1"}, {"id": "r2", "aSide": "a3", "bSide": "nowhere"}]}]),
    )]);
    let cell = taken.asset(DN);
    assert_eq!((cell.display_name.as_str(), cell.r#type.as_str()), ("cell-9", "cell"));
    let found: Vec<(Kind, &str)> = cell.network_identifiers.iter().map(|i| (i.kind(), i.value.as_str())).collect();
    let name = DN.strip_prefix("urn:3gpp:dn:").expect("a name");
    assert_eq!(found, [(Kind::NetworkElement, name), (Kind::Cell, "262-01-77"), (Kind::Plmn, "262-01")]);
    let kept: Vec<&str> = cell.attributes.keys().map(String::as_str).collect();
    assert_eq!(kept, ["entityType", "list", "nCI", "plmnId", "sourceIds"]);
    let gizmo = taken.asset("g");
    assert_eq!(
        (gizmo.display_name.as_str(), gizmo.r#type.as_str(), gizmo.attributes["source_type"].as_str()),
        ("gizmo", "unclassified", "Gizmo")
    );
    let stands: Vec<(&str, &str)> =
        taken.assets().iter().map(|r| (r.external_id.as_str(), r.site_external_id.as_str())).collect();
    assert_eq!(stands, [(DN, ""), ("a1", "place:50.5,8.5"), ("a2", "s1"), ("a3", ""), ("g", "")]);
    let site = taken.sites()[0].site.clone().expect("a site");
    assert_eq!(
        (site.display_name.as_str(), site.r#type.as_str(), site.labels["owner"].as_str()),
        ("Hill", "isolated-area", "us")
    );
    assert_eq!(site.position.map(|point| (point.latitude, point.longitude)), Some((48.5, 9.5)));
    assert_eq!(taken.report.not_imported["relationship to a site that is not there"].count, 1);
}

#[test]
fn verbs_tell_the_direction() {
    let relation = |kind: &str| json!({format!("o-ran-smo-teiv-x:{kind}"): [{"id": kind, "aSide": "a", "bSide": "b"}]});
    let cases = [
        ("NRCELLDU_USES_NRSECTORCARRIER", "a uses b"),
        ("MODULE_REALISED_BY_MODULE", "a runs-on b"),
        ("NFDEPLOYMENT_DEPLOYED_ON_NODECLUSTER", "a runs-on b"),
        ("ODUFUNCTION_PROVIDES_NRCELLDU", "b runs-on a"),
        ("ANTENNAMODULE_SERVES_ANTENNACAPABILITY", "b uses a"),
        ("MANAGEDELEMENT_MANAGES_ODUFUNCTION", "b part-of a"),
        ("SECTOR_GROUPS_NRCELLDU", "b part-of a"),
        ("ManagedElement_uses_NRCellDU", "a uses b"),
    ];
    for (kind, edge) in cases {
        assert_eq!(read(&[event("create", &json!([]), &json!([relation(kind)]))]).edges(), [edge], "{kind}");
    }
    let taken = read(&[event("create", &json!(null), &json!([relation("NRCELLADMIRESCARRIER")]))]);
    assert_eq!(rejected(&taken).len(), 1, "no verb that is known");
}

#[test]
fn events_are_replayed_in_order() {
    let entity = |id: &str, attributes: Value| json!([{"m:Sector": [{"id": id, "attributes": attributes}]}]);
    let relation = |id: &str, b: &str| json!([{"m:A_USES_B": [{"id": id, "aSide": "a", "bSide": b}]}]);
    let taken = read(&[
        event("create", &entity("a", json!({"x": 1, "y": 2})), &relation("r1", "b")),
        event("create", &entity("b", json!({})), &relation("r2", "c")),
        event("create", &entity("c", json!({})), &json!([])),
        event("merge", &entity("a", json!({"x": 3, "y": null, "z": 4})), &relation("r3", "a2")),
        event("delete", &entity("c", json!({})), &relation("r3", "a2")),
        event("delete", &entity("never", json!({})), &json!([])),
        event("delete", &entity("b", json!({})), &json!([])),
        event("create", &entity("b", json!({"again": true})), &json!([])),
        json!({"specversion": "1.0", "type": "topology-inventory-ingestion.source-entity-delete", "data": {"type": "cmHandle", "value": "1"}}),
    ]);
    let ids: Vec<&str> = taken.assets().iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let attributes = &taken.asset("a").attributes;
    assert_eq!((attributes["x"].as_str(), attributes["z"].as_str(), attributes.contains_key("y")), ("3", "4", false));
    assert_eq!(taken.edges(), ["a uses b"], "c is gone, and r3 too");
    let left = |kind: &str| taken.report.not_imported[kind].count;
    assert_eq!((left("deleted"), left("deleted elsewhere"), left("entity, repeated")), (6, 1, 1));
    assert_eq!((left("relationship of a deleted entity"), left("event source-entity-delete")), (1, 1));
}

#[test]
fn bad_entries_and_events_are_rejected_by_place_and_the_others_land() {
    let taken = read(&[
        event(
            "create",
            &json!([{"m:Sector": [{"attributes": {}}, 7, {"id": 5}]}, "group", {"m:Sector": "text", "m:SMO": null, "m:Site": {"id": "one"}}]),
            &json!([{"m:A_USES_B": [
                {"id": "r1", "bSide": "b"}, {"id": "r2", "aSide": "a"}, {"aSide": "a", "bSide": "b"}, {"id": "r3", "aSide": "a", "bSide": "a"}]}]),
        ),
        event("rename", &json!([]), &json!([])),
        json!({"specversion": "1.0", "type": "topology-inventory-ingestion.create", "data_base64": "e30="}),
        json!({"o-ran-smo-teiv-equipment_Site": []}),
        json!(7),
    ]);
    assert_eq!((taken.assets().len(), taken.sites().len()), (1, 1));
    let expected = [
        "line 1.data.entities[0][\"m:Sector\"][0] FIELD_INVALID id",
        "line 1.data.entities[0][\"m:Sector\"][1] BODY_INVALID ",
        "line 1.data.entities[1] BODY_INVALID ",
        "line 1.data.entities[2][\"m:Sector\"] BODY_INVALID ",
        "line 1.data.relationships[0][\"m:A_USES_B\"][0] FIELD_INVALID aSide",
        "line 1.data.relationships[0][\"m:A_USES_B\"][1] FIELD_INVALID bSide",
        "line 1.data.relationships[0][\"m:A_USES_B\"][2] FIELD_INVALID id",
        "line 2 BODY_INVALID type",
        "line 3 BODY_INVALID data",
        "line 4 BODY_INVALID ",
        "line 5 BODY_INVALID ",
        "line 1.data.relationships[0][\"m:A_USES_B\"][3] DEPENDENCY_ON_SELF supporting_external_id",
    ];
    let found: BTreeSet<String> = rejected(&taken).into_iter().collect();
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn groups_may_be_one_object_and_a_batch_may_be_a_list() {
    let one = event(
        "create",
        &json!({"m:Sector": [{"id": "a"}]}),
        &json!({"m:A_USES_B": [{"id": "r", "aSide": "a", "bSide": "b"}]}),
    );
    let taken = take(Format::Teiv, &json!([one]).to_string());
    assert_eq!((taken.assets().len(), taken.edges().len()), (1, 1));
    assert_eq!(taken.items[0].origin, "$[0].data.entities[\"m:Sector\"][0]");
    for text in ["[1]", r#"{"cellList": []}"#] {
        let error = attempt(Format::Teiv, text.as_bytes(), &Settings::default()).err().expect("another kind");
        assert!(matches!(error, IntakeError::Unexpected { .. }), "{text}: {error}");
    }
}
