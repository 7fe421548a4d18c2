//! Documents and streams that are wrong, too large or cut: a clear error, and nothing of them stays.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Bench, reason};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use wire::controls::v1::import_oscal_request::Part;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::oscal_document_service_client::OscalDocumentServiceClient;
use wire::controls::v1::{ImportOscalRequest, ImportOscalStart};

use super::{
    PARENT, catalogue, client, controls, export, ids, import, import_value, messages, metadata, profile, start, uuid,
    written,
};
use crate::on_every_database;

async fn send(bench: &Bench, messages: Vec<ImportOscalRequest>) -> tonic::Status {
    let stream = tokio_stream::iter(messages);
    OscalDocumentServiceClient::new(client(bench)).import_oscal(stream).await.unwrap_err()
}

/// So many controls, as text.
fn many(count: usize) -> String {
    let controls: Vec<String> = (0..count).map(|number| format!(r#"{{"id":"c{number}","title":"t"}}"#)).collect();
    let metadata = metadata("Many", "1");
    format!(r#"{{"catalog":{{"uuid":"{}","metadata":{metadata},"controls":[{}]}}}}"#, uuid(70), controls.join(","))
}

on_every_database! {
    async fn what_cannot_be_read_is_told_with_its_place_and_leaves_nothing(bench) {
        let part = |head: &str| {
            let nested = format!("{}{}", r#"{"parts":["#.repeat(40), "]}".repeat(40));
            format!(r#"{{"catalog":{{"uuid":"x","metadata":{head},"controls":[{{"id":"a","title":"t","parts":[{nested}]}}]}}}}"#)
        };
        let metadata = metadata("t", "1").to_string();
        let plan = json!({"assessment-plan": {"uuid": uuid(1), "metadata": super::metadata("t", "1")}});
        for (bytes, expected, says) in [
            (String::new(), "OSCAL_MALFORMED", "line 1"),
            ("{\"catalog\": {\n  \"uuid\": }}".to_owned(), "OSCAL_MALFORMED", "line 2"),
            ("[1]".to_owned(), "OSCAL_MALFORMED", "not an OSCAL document"),
            ("<catalog/>".to_owned(), "OSCAL_MALFORMED", "line 1"),
            (json!({"catalogue": {}}).to_string(), "OSCAL_MALFORMED", "catalogue"),
            (json!({"catalog": {"uuid": "x"}}).to_string(), "OSCAL_INVALID", "$.catalog.metadata"),
            (profile(1, &json!([{"include-all": {}}])).to_string(), "OSCAL_INVALID", "$.profile.imports[0].href"),
            (plan.to_string(), "OSCAL_KIND_UNSUPPORTED", "assessment-plan"),
            (part(&metadata), "OSCAL_TOO_LARGE", "64 levels of nesting"),
            (many(20_001), "OSCAL_TOO_LARGE", "20000 groups and controls"),
            (many(1_000_000), "OSCAL_TOO_LARGE", "2000000 JSON values"),
        ] {
            let refused = import(&bench, start(), bytes.as_bytes()).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, expected), "{refused:?}");
            assert!(refused.message().contains(says), "{}", refused.message());
        }
        assert_eq!(written(&bench).await, (0, 0));
    }

    async fn streams_that_are_not_whole_leave_nothing(bench) {
        let bytes = catalogue(10).to_string().into_bytes();
        let whole = messages(ImportOscalStart { size_bytes: i64::try_from(bytes.len()).unwrap(), ..start() }, &bytes);
        let chunk = |bytes: Vec<u8>| ImportOscalRequest { part: Some(Part::Chunk(bytes)) };
        let shorter = vec![whole[0].clone(), chunk(bytes[..200].to_vec())];
        let twice = vec![whole[0].clone(), whole[0].clone()];
        let longer = [whole.clone(), vec![chunk(b" ".to_vec())]].concat();
        let announced = ImportOscalStart { size_bytes: (64 << 20) + 1, ..start() };
        let too_much = messages(ImportOscalStart { size_bytes: 0, ..start() }, &[]).into_iter()
            .chain(std::iter::repeat_with(|| chunk(vec![b' '; 1 << 20])).take(65)).collect();
        for (messages, code, expected) in [
            (vec![], Code::InvalidArgument, "OSCAL_IMPORT_NOT_STARTED"),
            (vec![chunk(bytes.clone())], Code::InvalidArgument, "OSCAL_IMPORT_NOT_STARTED"),
            (twice, Code::InvalidArgument, "OSCAL_IMPORT_NOT_STARTED"),
            (shorter, Code::Aborted, "OSCAL_IMPORT_CUT"),
            (longer, Code::Aborted, "OSCAL_IMPORT_CUT"),
            (messages(announced, &bytes), Code::InvalidArgument, "OSCAL_TOO_LARGE"),
            (too_much, Code::InvalidArgument, "OSCAL_TOO_LARGE"),
            (vec![whole[0].clone(), chunk(vec![b' '; (1 << 20) + 1])], Code::InvalidArgument, "OSCAL_TOO_LARGE"),
            (messages(ImportOscalStart { id: "No Id".to_owned(), ..start() }, &bytes), Code::InvalidArgument, "FIELD_INVALID"),
            (messages(ImportOscalStart { sources: [("x".to_owned(), "organizations/other/catalogues/a".to_owned())].into(), ..start() }, &bytes),
                Code::InvalidArgument, "FIELD_INVALID"),
            (messages(ImportOscalStart { parent: "organizations/other".to_owned(), ..start() }, &bytes), Code::NotFound, "RESOURCE_NOT_FOUND"),
        ] {
            let refused = send(&bench, messages).await;
            assert_eq!((refused.code(), reason(&refused).as_str()), (code, expected), "{refused:?}");
        }
        // A caller that goes away in the middle.
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let mut service = OscalDocumentServiceClient::new(client(&bench));
        let call = tokio::spawn(async move { service.import_oscal(ReceiverStream::new(receiver)).await });
        sender.send(whole[0].clone()).await.unwrap();
        sender.send(chunk(bytes[..200].to_vec())).await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(100), async { while !call.is_finished() { tokio::task::yield_now().await } }).await;
        assert!(early.is_err(), "it waits for the rest");
        call.abort();
        drop(sender);
        assert_eq!(written(&bench).await, (0, 0));
        // And the same document, whole, is then new.
        let made = import(&bench, start(), &bytes).await.unwrap();
        assert_eq!(made.controls.unwrap().created, 6);
        let viewer = bench.client("vera", &["acme"], &["viewer"]);
        let refused = OscalDocumentServiceClient::new(viewer).import_oscal(tokio_stream::iter(whole)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }

    async fn what_is_wrong_by_itself_is_rejected_alone_and_comes_out_again(bench) {
        let mut value = catalogue(10);
        let group = &mut value["catalog"]["groups"][0]["controls"];
        let more = [
            json!({"id": "ac-4"}),
            json!("text"),
            json!({"id": "AC-1", "title": "The same id in large letters"}),
            json!({"id": "ß", "title": "No id here"}),
            json!({"id": "ac-5", "title": "Long", "parts": [{"name": "statement", "prose": "x".repeat(40_001)}]}),
            json!({"id": "ac-6", "title": "Good", "controls": [{"id": "AC-3", "title": "Clashes later"}]}),
        ];
        group.as_array_mut().unwrap().extend(more);
        let made = import_value(&bench, ImportOscalStart { id: "own".to_owned(), ..start() }, &value).await;
        let rejected: Vec<(&str, &str)> = made.rejected_items.iter().map(|one| (one.path.as_str(), one.reason.as_str())).collect();
        assert_eq!(rejected, [
            ("$.catalog.groups[0].controls[2].title", "OSCAL_ITEM_INVALID"),
            ("$.catalog.groups[0].controls[3]", "OSCAL_ITEM_INVALID"),
            ("$.catalog.groups[0].controls[4].id", "OSCAL_ID_CLASH"),
            ("$.catalog.groups[0].controls[5].id", "OSCAL_ITEM_INVALID"),
            ("$.catalog.groups[0].controls[6]", "FIELD_INVALID"),
            ("$.catalog.groups[0].groups[0].controls[0].id", "OSCAL_ID_CLASH"),
        ]);
        assert!(made.rejected_items[4].message.contains("40000"), "{:?}", made.rejected_items[4]);
        let document = made.document.unwrap();
        assert_eq!((document.items, document.rejected, document.rejected_items.len()), (7, 6, 6));
        let rows = controls(&bench, "own", "").await;
        assert_eq!(ids(&rows), ["5.7", "ac-1", "ac-1.1", "ac-1.1.1", "ac-2", "ac-6", "ac-3"]);
        assert_eq!(export(&bench, Kind::Catalogue, "catalogues/own").await.unwrap(), value);
        let before = written(&bench).await;
        import_value(&bench, start(), &value).await;
        assert_eq!(written(&bench).await, before);
    }

    async fn many_controls_go_in_few_statements(bench) {
        let bytes = many(5000);
        let before = bench.database.statements();
        let made = import(&bench, start(), bytes.as_bytes()).await.unwrap();
        assert_eq!(made.controls.unwrap().created, 5000);
        let took = bench.database.statements() - before;
        assert!(took < 250, "5000 controls took {took} statements");
        let before = bench.database.statements();
        assert_eq!(import(&bench, start(), bytes.as_bytes()).await.unwrap().controls.unwrap().unchanged, 5000);
        let took = bench.database.statements() - before;
        assert!(took < 20, "the same again took {took} statements");
    }

    async fn a_mapping_of_a_catalogue_to_itself_is_rejected(bench) {
        let same = json!({"type": "catalog", "href": format!("{PARENT}/catalogues/x1051-2023")});
        let value: Value = json!({"mapping-collection": {"uuid": uuid(1), "metadata": metadata("Same", "1"),
            "mappings": [{"uuid": uuid(2), "source-resource": same, "target-resource": same, "maps": [
                {"uuid": uuid(3), "relationship": "equal-to", "sources": [{"type": "control", "id-ref": "5.1"}], "targets": [{"type": "control", "id-ref": "5.2"}]}]}]}});
        let made = import_value(&bench, start(), &value).await;
        assert_eq!(made.rejected_items[0].path, "$.mapping-collection.mappings[0]");
        assert!(made.rejected_items[0].message.contains("sources"), "{:?}", made.rejected_items);
        assert!(made.document.unwrap().resources.is_empty());
    }
}
