//! Threats through the API: catalogues come in, by hand and by import, and say what an asset faces.

mod hostile;
mod published;

use std::collections::BTreeMap;
use std::sync::Arc;

use testkit::{Bench, ledger_holds, reason};
use tonic::{Code, Status};
use wire::risk::v1::import_threats_request::Part;
use wire::risk::v1::mitigation_service_client::MitigationServiceClient;
use wire::risk::v1::risk_service_client::RiskServiceClient;
use wire::risk::v1::threat::{Countermeasure, Evidence};
use wire::risk::v1::threat_catalogue::Format;
use wire::risk::v1::threat_catalogue_service_client::ThreatCatalogueServiceClient;
use wire::risk::v1::threat_import_service_client::ThreatImportServiceClient;
use wire::risk::v1::threat_record::Record;
use wire::risk::v1::threat_service_client::ThreatServiceClient;
use wire::risk::v1::{
    CreateMitigationRequest, CreateRiskRequest, CreateThreatCatalogueRequest, CreateThreatRequest,
    DeleteMitigationRequest, DeleteRiskRequest, DeleteThreatCatalogueRequest, DeleteThreatRequest,
    GetThreatCatalogueRequest, GetThreatRequest, ImportThreatsRequest, ImportThreatsResponse, ImportThreatsStart,
    ListThreatsRequest, Mitigation, Risk, SuggestThreatsRequest, SuggestThreatsResponse, Threat, ThreatBatch,
    ThreatCatalogue, ThreatRecord, UpdateThreatRequest,
};

use crate::on_every_database;

const PARENT: &str = "organizations/acme";
const SMALL: &str = "organizations/acme/threatCatalogues/small";

fn client(bench: &Bench) -> testkit::Client {
    bench.client("ana", &["acme"], &["risk-manager"])
}

fn start(edition: &str) -> ImportThreatsStart {
    ImportThreatsStart {
        parent: PARENT.to_owned(),
        threat_catalogue_id: "small".to_owned(),
        catalogue: Some(ThreatCatalogue {
            display_name: "Small".to_owned(),
            edition: edition.to_owned(),
            ..Default::default()
        }),
        format: Format::Fight.into(),
        source_id: "SMALL".to_owned(),
        ..Default::default()
    }
}

fn threat(key: &str, title: &str) -> Threat {
    let counter = |key: &str| Countermeasure { key: key.to_owned(), r#use: "So.".to_owned(), ..Default::default() };
    Threat {
        key: key.to_owned(),
        title: title.to_owned(),
        tactics: vec!["TA1".to_owned(), "TA1".to_owned()],
        mitigations: vec![counter("M1"), counter("M9")],
        architecture_segments: vec!["RAN".to_owned()],
        evidence: Evidence::Observed.into(),
        ..Default::default()
    }
}

fn of_threat(threat: Threat) -> ThreatRecord {
    ThreatRecord { origin: format!("at {}", threat.key), record: Some(Record::Threat(threat)) }
}

fn of_mitigation(key: &str) -> ThreatRecord {
    let mitigation = Mitigation { key: key.to_owned(), title: format!("Do {key}"), ..Default::default() };
    ThreatRecord { origin: String::new(), record: Some(Record::Mitigation(mitigation)) }
}

/// The messages of an import, with few records each, so that there are several.
fn messages(start: ImportThreatsStart, records: Vec<ThreatRecord>) -> Vec<ImportThreatsRequest> {
    let size = if records.len() < 50 { 2 } else { 500 };
    let mut parts = vec![Part::Start(start)];
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        parts.push(Part::Batch(ThreatBatch { records: records.by_ref().take(size).collect() }));
    }
    parts.into_iter().map(|part| ImportThreatsRequest { part: Some(part) }).collect()
}

async fn send(bench: &Bench, messages: Vec<ImportThreatsRequest>) -> Result<ImportThreatsResponse, Status> {
    let mut service = ThreatImportServiceClient::new(client(bench));
    service.import_threats(tokio_stream::iter(messages)).await.map(tonic::Response::into_inner)
}

async fn import(bench: &Bench, start: ImportThreatsStart, records: Vec<ThreatRecord>) -> ImportThreatsResponse {
    send(bench, messages(start, records)).await.unwrap()
}

async fn catalogue(bench: &Bench, name: &str) -> ThreatCatalogue {
    let request = GetThreatCatalogueRequest { name: name.to_owned() };
    ThreatCatalogueServiceClient::new(client(bench)).get_threat_catalogue(request).await.unwrap().into_inner()
}

async fn get(bench: &Bench, id: &str) -> Threat {
    let request = GetThreatRequest { name: format!("{SMALL}/threats/{id}") };
    ThreatServiceClient::new(client(bench)).get_threat(request).await.unwrap().into_inner()
}

async fn list(bench: &Bench, parent: &str, filter: &str) -> Vec<Threat> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListThreatsRequest {
            parent: parent.to_owned(),
            page_size: 100,
            page_token,
            filter: filter.to_owned(),
            order_by: "position".to_owned(),
        };
        let page = ThreatServiceClient::new(client(bench)).list_threats(request).await.unwrap().into_inner();
        found.extend(page.threats);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

async fn keys(bench: &Bench, filter: &str) -> Vec<String> {
    list(bench, SMALL, filter).await.into_iter().map(|threat| threat.key).collect()
}

/// How many entries the ledger has.
async fn written(bench: &Bench) -> i64 {
    let row = bench.database.row(bench.database.sql("SELECT COUNT(*) FROM ledger")).await.unwrap();
    row.expect("a count gives a row").try_get_by_index::<i64>(0).unwrap()
}

fn counts(answer: &ImportThreatsResponse) -> (i32, i32, i32, i32, i32) {
    (answer.read, answer.created, answer.updated, answer.unchanged, answer.rejected)
}

fn first() -> Vec<ThreatRecord> {
    let detail = Threat { parent_key: "F1".to_owned(), ..threat("F1.001", "One, in detail") };
    let old = Threat { revoked: true, revoked_by: vec!["F1".to_owned()], ..threat("F0", "Old") };
    vec![
        of_threat(threat("F1", "One")),
        of_threat(detail),
        of_threat(old),
        of_mitigation("M1"),
        of_mitigation("M2"),
        of_threat(Threat { evidence: Evidence::Theoretical.into(), ..threat("F2", "Two") }),
    ]
}

async fn told(bench: &Bench, assets: &[(&str, &str, &str)]) {
    let context = access::Context {
        caller: Arc::new(access::Caller::service(risk::NAME, "acme")),
        method: "telwarden.risk.v1.ThreatService/CreateThreat".into(),
        trace: String::new(),
        clock: Arc::new(access::SystemClock),
        roles: Arc::default(),
    };
    let mut tx = bench.database.begin(&context).await.unwrap();
    let columns = [
        "organization",
        "kind",
        "id",
        "key",
        "display_name",
        "site",
        "owner",
        "vendor",
        "product",
        "product_version",
        "state",
        "value",
    ];
    let rows = assets.iter().map(|(organization, id, key)| {
        let texts = [*organization, "asset", *id, *key, *id, "", "", "", "", "", "IN_SERVICE"];
        texts.iter().map(|text| sea_orm::Value::from(*text)).chain([sea_orm::Value::from(1.0)]).collect()
    });
    tx.insert("estate_thing", &columns, rows.collect()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn suggest(bench: &Bench, request: SuggestThreatsRequest) -> Result<SuggestThreatsResponse, Status> {
    let request = SuggestThreatsRequest { parent: PARENT.to_owned(), ..request };
    ThreatServiceClient::new(client(bench)).suggest_threats(request).await.map(tonic::Response::into_inner)
}

fn of_type(key: &str) -> SuggestThreatsRequest {
    SuggestThreatsRequest { asset_type: key.to_owned(), ..Default::default() }
}

on_every_database! {
    async fn a_catalogue_is_imported_once_and_the_second_time_writes_nothing(bench) {
        let answer = import(&bench, start("1"), first()).await;
        assert_eq!(counts(&answer), (6, 6, 0, 0, 0), "{:?}", answer.rejected_items);
        assert_eq!((answer.added.join(" "), answer.removed_count), ("F1 F1.001 F0 F2".to_owned(), 0));
        let made = catalogue(&bench, SMALL).await;
        assert_eq!((made.threats, made.detailed_threats, made.withdrawn_threats, made.mitigations), (3, 1, 1, 2));
        assert_eq!((made.edition.as_str(), made.format()), ("1", Format::Fight));
        let one = get(&bench, "f1.001").await;
        assert!(one.imported && !one.gone && one.tactics == ["TA1"]);
        let named: Vec<&str> = one.mitigations.iter().map(|one| one.mitigation.as_str()).collect();
        assert_eq!(named, [format!("{SMALL}/mitigations/m1").as_str(), ""]);

        let before = written(&bench).await;
        let again = import(&bench, start("1"), first()).await;
        assert_eq!(counts(&again), (6, 0, 0, 6, 0));
        assert_eq!((again.added_count, again.removed_count, again.renamed_count), (0, 0, 0));
        assert_eq!(written(&bench).await, before);
        assert_eq!(catalogue(&bench, SMALL).await, made);
        ledger_holds(&bench, &risk::tables()).await;
    }

    async fn an_edition_says_what_was_added_removed_and_renamed(bench) {
        import(&bench, start("1"), first()).await;
        let mut own = get(&bench, "f2").await;
        own.labels = BTreeMap::from([("owner".to_owned(), "core".to_owned())]).into_iter().collect();
        let request = UpdateThreatRequest { threat: Some(own), update_mask: None };
        ThreatServiceClient::new(client(&bench)).update_threat(request).await.unwrap();
        let by_hand = CreateThreatRequest {
            parent: SMALL.to_owned(),
            threat_id: "own".to_owned(),
            threat: Some(Threat { mitigations: Vec::new(), ..threat("OWN", "Ours") }),
        };
        ThreatServiceClient::new(client(&bench)).create_threat(by_hand).await.unwrap();
        assert_eq!(catalogue(&bench, SMALL).await.threats, 4);

        let records = vec![
            of_threat(threat("F1", "One, renamed")), of_threat(threat("F3", "Three")), of_mitigation("M1"),
            of_threat(Threat { evidence: Evidence::Theoretical.into(), ..threat("F2", "Two") }),
        ];
        let answer = import(&bench, start("2"), records.clone()).await;
        assert_eq!(counts(&answer), (4, 1, 1, 2, 0), "{answer:?}");
        assert_eq!((answer.edition_before.as_str(), answer.added.join(" ")), ("1", "F3".to_owned()));
        assert_eq!((answer.removed.join(" "), answer.removed_mitigations.join(" ")), ("F0 F1.001".to_owned(), "M2".to_owned()));
        let renamed = answer.renamed.first().unwrap();
        assert_eq!((renamed.key.as_str(), renamed.before.as_str(), renamed.after.as_str()), ("F1", "One", "One, renamed"));
        let gone = get(&bench, "f1.001").await;
        assert!(gone.gone && gone.gone_time.is_some() && gone.gone_edition == "2");
        assert_eq!(keys(&bench, "gone = true").await.len(), 2);
        assert_eq!(get(&bench, "f2").await.labels.len(), 1);
        assert!(!get(&bench, "own").await.gone);
        let now = catalogue(&bench, SMALL).await;
        assert_eq!((now.threats, now.gone_threats, now.mitigations, now.edition.as_str()), (4, 2, 1, "2"));

        let before = written(&bench).await;
        import(&bench, start("2"), records).await;
        assert_eq!(written(&bench).await, before);
        let back = import(&bench, start("1"), first()).await;
        assert_eq!((back.added.join(" "), back.removed.join(" ")), ("F1.001 F0".to_owned(), "F3".to_owned()));
        assert!(!get(&bench, "f1.001").await.gone);
        ledger_holds(&bench, &risk::tables()).await;
    }

    async fn threats_are_found_by_what_they_say(bench) {
        import(&bench, start("1"), first()).await;
        let cases = [
            ("tactics:\"TA1\"", 4), ("architecture_segments:\"RAN\"", 4), ("platforms:\"Android\"", 0),
            ("evidence = THEORETICAL", 1), ("parent_key = \"F1\"", 1), ("gone = false", 4), ("revoked = true", 1),
            ("key = \"F1.001\"", 1), ("detail", 1), ("related_keys:\"T1\"", 0),
            ("mitigations:\"organizations/acme/threatCatalogues/small/mitigations/m1\"", 4),
        ];
        for (filter, count) in cases {
            assert_eq!(keys(&bench, filter).await.len(), count, "{filter}");
        }
        assert_eq!(list(&bench, "organizations/acme/threatCatalogues/-", "key = \"F2\"").await.len(), 1);
    }

    async fn a_catalogue_of_ones_own_is_kept_by_hand(bench) {
        let mut catalogues = ThreatCatalogueServiceClient::new(client(&bench));
        let mut threats = ThreatServiceClient::new(client(&bench));
        let mut mitigations = MitigationServiceClient::new(client(&bench));
        let create = CreateThreatCatalogueRequest {
            parent: PARENT.to_owned(),
            threat_catalogue_id: "small".to_owned(),
            threat_catalogue: Some(ThreatCatalogue { display_name: "Ours".to_owned(), ..Default::default() }),
        };
        catalogues.create_threat_catalogue(create).await.unwrap();
        let create = |mitigation: &str| CreateThreatRequest {
            parent: SMALL.to_owned(),
            threat_id: "own-1".to_owned(),
            threat: Some(Threat {
                key: "OWN-1".to_owned(),
                title: "Theft of copper".to_owned(),
                mitigations: vec![Countermeasure { key: "G".to_owned(), mitigation: mitigation.to_owned(), ..Default::default() }],
                imported: true,
                ..Default::default()
            }),
        };
        let guards = format!("{SMALL}/mitigations/guards");
        assert_eq!(reason(&threats.create_threat(create(&guards)).await.unwrap_err()), "REFERENCE_MISSING");
        let mitigation = Mitigation { key: "G".to_owned(), title: "Guards".to_owned(), ..Default::default() };
        let request = CreateMitigationRequest {
            parent: SMALL.to_owned(),
            mitigation_id: "guards".to_owned(),
            mitigation: Some(mitigation),
        };
        mitigations.create_mitigation(request).await.unwrap();
        let made = threats.create_threat(create(&guards)).await.unwrap().into_inner();
        assert!(!made.imported);
        let counted = catalogue(&bench, SMALL).await;
        assert_eq!((counted.threats, counted.mitigations), (1, 1));

        let twice = Threat { mitigations: [made.mitigations.clone(), made.mitigations.clone()].concat(), ..made.clone() };
        let request = UpdateThreatRequest { threat: Some(twice), update_mask: None };
        assert_eq!(reason(&threats.update_threat(request).await.unwrap_err()), "FIELD_INVALID");
        let delete = DeleteMitigationRequest { name: guards.clone(), ..Default::default() };
        assert_eq!(reason(&mitigations.delete_mitigation(delete.clone()).await.unwrap_err()), "STILL_REFERENCED");
        let catalogue_delete = DeleteThreatCatalogueRequest { name: SMALL.to_owned(), ..Default::default() };
        let refused = catalogues.delete_threat_catalogue(catalogue_delete.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "STILL_REFERENCED");
        threats.delete_threat(DeleteThreatRequest { name: made.name, ..Default::default() }).await.unwrap();
        mitigations.delete_mitigation(delete).await.unwrap();
        let counted = catalogue(&bench, SMALL).await;
        assert_eq!((counted.threats, counted.mitigations), (0, 0));
        catalogues.delete_threat_catalogue(catalogue_delete).await.unwrap();
        ledger_holds(&bench, &risk::tables()).await;
    }

    async fn an_asset_faces_the_threats_of_its_segments(bench) {
        told(&bench, &[("acme", "mast", "gnodeb"), ("acme", "paper", "paper"), ("other", "theirs", "gnodeb")]).await;
        let segments = |of: &[&str]| of.iter().map(|&segment| segment.to_owned()).collect::<Vec<_>>();
        let records = vec![
            of_threat(threat("A", "Seen in the RAN")),
            of_threat(Threat { architecture_segments: segments(&["RAN", "O-RAN"]), ..threat("B", "Seen in both") }),
            of_threat(Threat { evidence: Evidence::Theoretical.into(), ..threat("C", "Thought of") }),
            of_threat(Threat { architecture_segments: segments(&["UE"]), ..threat("D", "Elsewhere") }),
            of_threat(Threat { revoked: true, ..threat("E", "Revoked") }),
        ];
        import(&bench, start("1"), records).await;
        let asset = |id: &str| SuggestThreatsRequest { asset: format!("{PARENT}/assets/{id}"), ..Default::default() };
        let keys = |answer: &SuggestThreatsResponse| answer.suggestions.iter().map(|one| one.key.clone()).collect::<String>();
        let found = suggest(&bench, asset("mast")).await.unwrap();
        assert_eq!((keys(&found).as_str(), found.asset_type.as_str(), found.total_size), ("BAC", "gnodeb", 3));
        assert_eq!((found.segments.join(" "), found.provisional), ("RAN O-RAN".to_owned(), true));
        assert_eq!(found.suggestions.first().unwrap().segments, ["O-RAN", "RAN"]);
        let page = suggest(&bench, SuggestThreatsRequest { page_size: 2, ..of_type("gnodeb") }).await.unwrap();
        assert_eq!(keys(&page), "BA");
        let next = SuggestThreatsRequest { page_token: page.next_page_token.clone(), page_size: 2, ..of_type("gnodeb") };
        let last = suggest(&bench, next).await.unwrap();
        assert_eq!((keys(&last).as_str(), last.next_page_token.as_str()), ("C", ""));
        let strong = SuggestThreatsRequest { evidence: Evidence::Observed.into(), threat_catalogue: SMALL.to_owned(), ..of_type("gnodeb") };
        assert_eq!(keys(&suggest(&bench, strong).await.unwrap()), "BA");
        assert_eq!(suggest(&bench, asset("paper")).await.unwrap().total_size, 0);

        let other = SuggestThreatsRequest { asset: "organizations/other/assets/theirs".to_owned(), ..Default::default() };
        assert_eq!(suggest(&bench, other).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(suggest(&bench, asset("none")).await.unwrap_err().code(), Code::NotFound);
        let refused = suggest(&bench, SuggestThreatsRequest::default()).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        let wrong = SuggestThreatsRequest { page_token: page.next_page_token, ..of_type("cell") };
        assert_eq!(reason(&suggest(&bench, wrong).await.unwrap_err()), "PAGE_TOKEN_INVALID");
    }

    async fn a_threat_that_a_risk_names_stays(bench) {
        told(&bench, &[("acme", "mast", "gnodeb")]).await;
        import(&bench, start("1"), first()).await;
        let mut risks = RiskServiceClient::new(client(&bench));
        let create = |id: &str, threat: &str| CreateRiskRequest {
            parent: PARENT.to_owned(),
            risk_id: id.to_owned(),
            risk: Some(Risk {
                display_name: "Listening".to_owned(),
                asset: format!("{PARENT}/assets/mast"),
                threat: format!("{SMALL}/threats/{threat}"),
                ..Default::default()
            }),
        };
        assert_eq!(reason(&risks.create_risk(create("a", "none")).await.unwrap_err()), "REFERENCE_MISSING");
        risks.create_risk(create("b", "f2")).await.unwrap();
        let delete = DeleteThreatRequest { name: format!("{SMALL}/threats/f2"), ..Default::default() };
        let refused = ThreatServiceClient::new(client(&bench)).delete_threat(delete).await.unwrap_err();
        assert_eq!(reason(&refused), "STILL_REFERENCED");
        // Its next edition may drop it all the same: it is flagged, and the risk keeps what it names.
        import(&bench, start("2"), vec![of_threat(threat("F1", "One")), of_mitigation("M1")]).await;
        assert!(get(&bench, "f2").await.gone);
        let mut catalogues = ThreatCatalogueServiceClient::new(client(&bench));
        let delete = |etag: &str| DeleteThreatCatalogueRequest { name: SMALL.to_owned(), etag: etag.to_owned(), force: true };
        let before = written(&bench).await;
        assert_eq!(reason(&catalogues.delete_threat_catalogue(delete("")).await.unwrap_err()), "STILL_REFERENCED");
        assert_eq!(reason(&catalogues.delete_threat_catalogue(delete("x")).await.unwrap_err()), "ETAG_MISMATCH");
        assert_eq!(written(&bench).await, before);
        let risk = DeleteRiskRequest { name: format!("{PARENT}/risks/b"), ..Default::default() };
        risks.delete_risk(risk).await.unwrap();
        catalogues.delete_threat_catalogue(delete("")).await.unwrap();
        assert_eq!(list(&bench, "organizations/acme/threatCatalogues/-", "").await, []);
        assert_eq!(catalogues.delete_threat_catalogue(delete("")).await.unwrap_err().code(), Code::NotFound);
        ledger_holds(&bench, &risk::tables()).await;
    }

    async fn two_imports_at_once_make_one_edition(bench) {
        let all = || (0..300).map(|at| of_threat(threat(&format!("K{at}"), "K"))).collect::<Vec<_>>();
        let (one, other) = tokio::join!(
            send(&bench, messages(start("1"), all())),
            send(&bench, messages(start("1"), all())),
        );
        let answers = [one.unwrap(), other.unwrap()];
        assert_eq!(answers.iter().map(|answer| answer.created).sum::<i32>(), 300);
        assert_eq!(answers.iter().map(|answer| answer.unchanged).sum::<i32>(), 300);
        assert_eq!(catalogue(&bench, SMALL).await.threats, 300);
        let create = |at: usize| {
            let (bench, id) = (&bench, format!("own-{at}"));
            async move {
                let threat = Threat { mitigations: Vec::new(), ..threat(&id, "By hand") };
                let request = CreateThreatRequest { parent: SMALL.to_owned(), threat_id: id, threat: Some(threat) };
                ThreatServiceClient::new(client(bench)).create_threat(request).await.map(drop)
            }
        };
        for made in futures::future::join_all((0..8).map(create)).await {
            made.unwrap();
        }
        assert_eq!(catalogue(&bench, SMALL).await.threats, 308);
        ledger_holds(&bench, &risk::tables()).await;
    }

    async fn what_is_written_by_hand_has_the_id_of_its_key(bench) {
        import(&bench, start("1"), Vec::new()).await;
        let create = async |key: &str| {
            let threat = Threat { mitigations: Vec::new(), ..threat(key, "By hand") };
            let request = CreateThreatRequest { parent: SMALL.to_owned(), threat: Some(threat), ..Default::default() };
            ThreatServiceClient::new(client(&bench)).create_threat(request).await
        };
        assert_eq!(create("OWN 1.2").await.unwrap().into_inner().name, format!("{SMALL}/threats/own-1.2"));
        assert_eq!(reason(&create("own-1.2").await.unwrap_err()), "RESOURCE_EXISTS", "it would be the same key");
        let wrong = create("-").await.unwrap_err();
        assert_eq!((wrong.code(), reason(&wrong).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        assert!(wrong.message().contains("`-` is no key"), "{}", wrong.message());
        let mitigation = Mitigation { key: "M/7".to_owned(), title: "Guards".to_owned(), ..Default::default() };
        let request =
            CreateMitigationRequest { parent: SMALL.to_owned(), mitigation: Some(mitigation), ..Default::default() };
        let made = MitigationServiceClient::new(client(&bench)).create_mitigation(request).await.unwrap();
        assert_eq!(made.into_inner().name, format!("{SMALL}/mitigations/m-7"));
    }
}
