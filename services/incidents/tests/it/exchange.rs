//! Incidents from another register and to others, as their callers see it.

use serde_json::{Value, json};
use testkit::{Bench, Client, field, reason};
use wire::incidents::v1 as api;
use wire::incidents::v1::exchange_service_client::ExchangeServiceClient;
use wire::incidents::v1::incident::{Cause, Domain, Level, Precision, State, TrafficLight};
use wire::incidents::v1::{ExchangeAudience, ExchangeFormat, Incident};

use crate::incident::{PARENT, client, created, time};
use crate::obligation::of;
use crate::on_every_database;

fn exchange(bench: &Bench) -> ExchangeServiceClient<Client> {
    ExchangeServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

async fn bring(bench: &Bench, documents: Vec<String>) -> api::ImportIncidentsResponse {
    let record = |(at, document): (usize, String)| api::import_incidents_request::Record {
        place: format!("line {}", at + 1),
        document: ::incidents::exchange::escaped(&document),
    };
    let request = api::ImportIncidentsRequest {
        parent: PARENT.to_owned(),
        format: ExchangeFormat::Veris.into(),
        records: documents.into_iter().enumerate().map(record).collect(),
    };
    exchange(bench).import_incidents(request).await.unwrap().into_inner()
}

async fn give(bench: &Bench, name: &str, audience: ExchangeAudience) -> Result<Value, tonic::Status> {
    given(&mut exchange(bench), name, audience).await
}

async fn given(
    client: &mut ExchangeServiceClient<Client>,
    name: &str,
    audience: ExchangeAudience,
) -> Result<Value, tonic::Status> {
    let request = api::ExportIncidentRequest {
        name: name.to_owned(),
        format: ExchangeFormat::Veris.into(),
        audience: audience.into(),
    };
    let given = client.export_incident(request).await?.into_inner();
    Ok(serde_json::from_str(&given.document).unwrap())
}

async fn stix(bench: &Bench, name: &str, audience: ExchangeAudience) -> Result<Value, tonic::Status> {
    let request = api::ExportIncidentRequest {
        name: name.to_owned(),
        format: ExchangeFormat::Stix.into(),
        audience: audience.into(),
    };
    let given = exchange(bench).export_incident(request).await?.into_inner();
    Ok(serde_json::from_str(&given.document).unwrap())
}

async fn get(bench: &Bench, id: &str) -> Incident {
    client(bench)
        .get_incident(api::GetIncidentRequest { name: format!("{PARENT}/incidents/{id}") })
        .await
        .unwrap()
        .into_inner()
}

/// A record of ours, of the shape that VERIS has.
fn record() -> Value {
    json!({
        "schema_version": "1.3.4", "incident_id": "0A1B-TEST", "source_id": "ours", "security_incident": "Confirmed",
        "summary": "A list of subscribers was sent to the wrong dealer. He deleted it.",
        "timeline": {"incident": {"year": 2024}, "discovery": {"unit": "Days", "value": 2.0}},
        "actor": {"internal": {"variety": ["End-user"], "motive": ["NA"]}},
        "action": {"error": {"variety": ["Misdelivery"], "vector": ["Carelessness"], "notes": "twice"}},
        "asset": {"assets": [{"variety": "M - Documents", "amount": 2}], "cloud": ["NA"]},
        "attribute": {"confidentiality": {"data_disclosure": "Yes", "data_total": 400, "data": [{"variety": "Personal", "amount": 400}]}},
        "discovery_method": {"external": {"variety": ["Customer"]}},
        "victim": {"victim_id": "Norvane", "industry": "517", "employee_count": "Large", "country": ["NO"], "region": ["150154"]},
        "impact": {"overall_amount": 12000, "iso_currency_code": "EUR"},
        "plus": {"master_id": "M1"}
    })
}

on_every_database! {
    async fn stix_goes_out_under_the_label_and_holds_together(bench) {
        let incident = Incident {
            traffic_light: TrafficLight::Green.into(), incident_class: "availability/dos".to_owned(), availability: true,
            description: "Signalling messages beyond all measure.".to_owned(), ..Default::default()
        };
        let made = created(&mut client(&bench), "flood", incident).await.name;
        assert_eq!(reason(&stix(&bench, &made, ExchangeAudience::Public).await.unwrap_err()), "TRAFFIC_LIGHT_FORBIDS");
        let bundle = stix(&bench, &made, ExchangeAudience::Community).await.unwrap();
        assert_eq!(bundle, stix(&bench, &made, ExchangeAudience::Clients).await.unwrap(), "the same each time it goes out");
        let objects = bundle["objects"].as_array().unwrap();
        let ids: Vec<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
        let label = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
        assert_eq!(ids[0], label);
        for object in &objects[1..] {
            assert_eq!(object["object_marking_refs"], json!([label]), "{object}");
            let named = object["object_refs"].as_array().into_iter().flatten().chain(object.get("created_by_ref"));
            assert!(named.into_iter().all(|named| ids.contains(&named.as_str().unwrap())), "what it names is there: {object}");
        }
        let told = objects.iter().find(|object| object["type"] == "incident").unwrap();
        assert_eq!((&told["name"], &told["labels"]), (&json!("Incident flood"), &json!(["rsit:availability/dos"])));
    }

    async fn a_record_becomes_an_incident_with_its_level_class_and_reason_and_is_given_out_whole(bench) {
        let told = bring(&bench, vec![record().to_string()]).await;
        assert_eq!((told.read, told.created, told.rejected), (1, 1, 0), "{told:?}");
        let incident = get(&bench, "0a1b-test").await;
        assert_eq!((incident.level(), incident.state(), incident.domain(), incident.cause()), (Level::SecurityIncident, State::Closed, Domain::Administrative, Cause::HumanError));
        assert_eq!(incident.incident_class, "information-content-security/data-leak");
        assert!(incident.classification_reason.contains("Confirmed") && incident.classification_reason.contains("error, Misdelivery"));
        // Of a year alone, no day is made up.
        assert_eq!((incident.occurrence_precision(), incident.detect_time), (Precision::Year, time("2024-01-03T00:00:00Z")));
        assert_eq!((incident.display_name.as_str(), incident.records_affected, incident.costs.len()), ("A list of subscribers was sent to the wrong dealer", 400, 1));
        // It is history: nothing is to be told of it.
        assert!(of(&bench, &incident.name).await.is_empty());
        assert_eq!(give(&bench, &incident.name, ExchangeAudience::Public).await.unwrap(), record());
        let again = bring(&bench, vec![record().to_string()]).await;
        assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 1));
        assert_eq!(get(&bench, "0a1b-test").await.etag, incident.etag);
        // What is known since is laid over it; what people here said of it stays.
        let mut more = record();
        more["attribute"]["availability"] = json!({});
        let changed = bring(&bench, vec![more.to_string()]).await;
        assert_eq!((changed.created, changed.updated), (0, 1));
        assert!(get(&bench, "0a1b-test").await.availability);
    }

    async fn what_happened_here_goes_out_with_what_the_schema_asks_for(bench) {
        let action = api::incident::Action { category: "social".to_owned(), varieties: vec!["Bribery".to_owned()], ..Default::default() };
        let incident = Incident {
            occurrence_time: time("2021-03-01T17:45:00Z"), detect_time: time("2021-03-02T10:00:00Z"), actions: vec![action], confidentiality: true, availability: true,
            personal_data_breach: api::incident::Known::Yes.into(), ..Default::default()
        };
        let name = created(&mut client(&bench), "bribe", incident).await.name;
        let document = give(&bench, &name, ExchangeAudience::OwnOrganization).await.unwrap();
        assert_eq!(document["action"], json!({"social": {"variety": ["Bribery"], "vector": ["Unknown"], "target": ["Unknown"]}}));
        assert_eq!(document["attribute"], json!({"confidentiality": {"data_disclosure": "Yes"}, "availability": {"variety": ["Unknown"]}}));
        assert_eq!(document["timeline"]["incident"], json!({"year": 2021, "month": 3, "day": 1, "time": "05:45:00 PM"}));
        // And comes back as it went, to the second.
        let mut record = document;
        record["incident_id"] = json!("back");
        assert_eq!(bring(&bench, vec![record.to_string()]).await.created, 1);
        let back = get(&bench, "back").await;
        assert_eq!((back.occurrence_time, back.occurrence_precision()), (time("2021-03-01T17:45:00Z"), Precision::Unspecified));
    }

    async fn what_cannot_be_read_is_refused_alone_by_its_field(bench) {
        let with = |key: &str, value: Value| {
            let mut record = record();
            record[key] = value;
            record.to_string()
        };
        let told = bring(&bench, vec![
            "{".to_owned(),
            "[]".to_owned(),
            with("incident_id", json!("")),
            with("security_incident", json!("Perhaps")),
            with("timeline", json!({})),
            with("timeline", json!({"incident": {"year": 2024, "month": 13}})),
            with("action", json!({"sabotage": {}})),
            with("attribute", json!([])),
            record().to_string(),
        ]).await;
        assert_eq!((told.read, told.created, told.rejected), (9, 1, 8));
        for (at, (one, field)) in told.rejected_records.iter().zip(["document", "document", "incident_id", "security_incident", "timeline.incident", "timeline.incident", "action.sabotage", "attribute"]).enumerate() {
            assert_eq!((one.place.clone(), one.reason.as_str()), (format!("line {}", at + 1), "INCIDENT_RECORD_INVALID"));
            assert!(one.message.starts_with(field), "{}", one.message);
        }
    }

    async fn nothing_is_given_out_beyond_its_label(bench) {
        use ExchangeAudience::{Clients, Community, NamedRecipients, OwnOrganization, Public};
        let mut incidents = client(&bench);
        for (id, label, most) in [
            ("clear", TrafficLight::Clear, Public), ("green", TrafficLight::Green, Community), ("amber", TrafficLight::Amber, Clients),
            ("strict", TrafficLight::AmberStrict, OwnOrganization), ("none", TrafficLight::Unspecified, OwnOrganization), ("red", TrafficLight::Red, NamedRecipients),
        ] {
            let incident = Incident { traffic_light: label.into(), detect_time: time("2026-03-01T10:00:00Z"), ..Default::default() };
            let name = created(&mut incidents, id, incident).await.name;
            for audience in [NamedRecipients, OwnOrganization, Clients, Community, Public] {
                match give(&bench, &name, audience).await {
                    Ok(document) => {
                        assert!(audience <= most, "{id} to {audience:?}");
                        assert_eq!(document["timeline"]["incident"]["year"], 2026);
                    }
                    Err(refused) => {
                        assert!(audience > most, "{id} to {audience:?}: {refused}");
                        assert_eq!((reason(&refused), field(&refused)), ("TRAFFIC_LIGHT_FORBIDS".to_owned(), "audience".to_owned()));
                    }
                }
            }
        }
    }
}

/// What holds of 2000 real records, published under CC BY-SA; none of it is kept here.
#[tokio::test(flavor = "multi_thread")]
async fn the_real_records_come_whole_twice_without_change_and_go_out_as_they_came() {
    let Some(folder) = std::env::var_os("TELWARDEN_DATA") else {
        eprintln!("SKIPPED: TELWARDEN_DATA does not name the folder of real data");
        return;
    };
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join("incidents/vcdb-veris-1.3.4.jsonl")).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2000);
    for postgres in testkit::backends() {
        let bench = crate::registry(postgres.as_deref()).await;
        for (created, unchanged) in [(500, 0), (0, 500)] {
            for portion in lines.chunks(500) {
                let told = bring(&bench, portion.to_vec()).await;
                assert_eq!(
                    (told.read, told.created, told.unchanged, told.rejected),
                    (500, created, unchanged, 0),
                    "{:?}",
                    told.rejected_records.first()
                );
            }
        }
        let (mut page_token, mut all) = (String::new(), Vec::new());
        loop {
            let request = api::ListIncidentsRequest {
                parent: PARENT.to_owned(),
                page_size: 1000,
                page_token,
                ..Default::default()
            };
            let page = client(&bench).list_incidents(request).await.unwrap().into_inner();
            all.extend(page.incidents);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let count = |such: &dyn Fn(&Incident) -> bool| all.iter().filter(|one| such(one)).count();
        assert_eq!(all.len(), 2000);
        // The counts that were taken of the file beforehand.
        assert_eq!(
            [Level::SecurityIncident, Level::Incident, Level::Event].map(|level| count(&|one| one.level() == level)),
            [1981, 15, 4]
        );
        assert_eq!(
            [Precision::Day, Precision::Year, Precision::Month, Precision::Unspecified]
                .map(|exact| count(&|one| one.occurrence_precision() == exact)),
            [951, 631, 416, 2]
        );
        assert_eq!(
            (count(&|one| one.confidentiality), count(&|one| one.availability), count(&|one| one.integrity)),
            (1841, 583, 516)
        );
        assert_eq!(
            (
                count(&|one| one.actions.len() > 1),
                count(&|one| one.costs.iter().any(|cost| cost.cost_type == "overall"))
            ),
            (222, 75)
        );
        assert_eq!(
            count(&|one| one.incident_class.is_empty() || one.classification_reason.is_empty()),
            0,
            "each has its class and its reason"
        );
        let came: std::collections::HashMap<String, Value> = lines
            .iter()
            .map(|line| {
                let record: Value = serde_json::from_str(line).unwrap();
                (record["incident_id"].as_str().unwrap().to_owned(), record)
            })
            .collect();
        let mut client = exchange(&bench);
        for one in &all {
            assert_eq!(
                given(&mut client, &one.name, ExchangeAudience::Public).await.unwrap(),
                came[&one.source_id],
                "{}",
                one.source_id
            );
        }
    }
}
