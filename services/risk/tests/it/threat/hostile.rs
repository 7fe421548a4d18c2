//! Imports that are cut, too large, of another organization, or hold what is no threat.

use testkit::reason;
use tonic::Code;
use wire::risk::v1::import_threats_request::Part;
use wire::risk::v1::threat_import_service_client::ThreatImportServiceClient;
use wire::risk::v1::{ImportThreatsRequest, ImportThreatsStart, Threat, ThreatBatch, ThreatRecord};

use super::{
    SMALL, catalogue, counts, first, import, keys, messages, of_mitigation, of_threat, send, start, threat, written,
};
use crate::on_every_database;

fn batch(records: Vec<ThreatRecord>) -> ImportThreatsRequest {
    ImportThreatsRequest { part: Some(Part::Batch(ThreatBatch { records })) }
}

on_every_database! {
    async fn what_is_no_threat_is_rejected_and_the_rest_lands(bench) {
        import(&bench, start("1"), first()).await;
        let records = vec![
            of_threat(threat("F1", "One")),
            of_threat(threat("F1.001", "")),
            of_threat(threat("f1", "The same id")),
            of_threat(threat("---", "No key")),
            of_threat(Threat { title: "x".repeat(501), ..threat("F7", "") }),
            of_threat(Threat { parent_key: "F8".to_owned(), ..threat("F8", "Of itself") }),
            ThreatRecord { origin: "line 9".to_owned(), record: None },
            of_mitigation("M1"),
            of_threat(threat("F9", "Nine")),
        ];
        let answer = import(&bench, start("2"), records).await;
        assert_eq!(counts(&answer), (9, 1, 0, 2, 6), "{:?}", answer.rejected_items);
        let why: Vec<(&str, &str, &str)> = answer.rejected_items.iter().map(|one| (one.origin.as_str(), one.reason.as_str(), one.field.as_str())).collect();
        assert_eq!(why, [
            ("at F1.001", "FIELD_INVALID", "threat.title"),
            ("at f1", "THREAT_KEY_TWICE", "threat.key"),
            ("at ---", "FIELD_INVALID", "threat.key"),
            ("at F7", "FIELD_INVALID", "threat.title"),
            ("line 9", "FIELD_INVALID", "record"),
            ("at F8", "FIELD_INVALID", "threat.parent_key"),
        ]);
        assert!(answer.rejected_items.iter().all(|one| !one.message.is_empty()));
        // What came and could not be taken is not gone.
        assert_eq!(answer.removed, ["F0", "F2"]);
        assert_eq!(keys(&bench, "gone = true").await, ["F0", "F2"]);
    }

    async fn nothing_is_kept_of_a_stream_that_breaks_the_rules(bench) {
        import(&bench, start("1"), first()).await;
        let (before, made) = (written(&bench).await, catalogue(&bench, SMALL).await);
        let new = || of_threat(threat("F7", "Seven"));
        let begin = || messages(start("2"), Vec::new()).remove(0);
        let short = ImportThreatsStart { records: 3, ..start("2") };
        let huge = ImportThreatsStart { records: 20_001, ..start("2") };
        let many = |count: usize| (0..count).map(|at| of_threat(threat(&format!("K{at}"), "K"))).collect::<Vec<_>>();
        let other = ImportThreatsStart { source_id: "OTHER".to_owned(), ..start("2") };
        let id = |id: &str| ImportThreatsStart { threat_catalogue_id: id.to_owned(), ..start("2") };
        let nameless = ImportThreatsStart { catalogue: None, ..start("2") };
        let cases = [
            (vec![batch(vec![new()])], "THREAT_IMPORT_NOT_STARTED"),
            (vec![], "THREAT_IMPORT_NOT_STARTED"),
            (vec![begin(), batch(vec![new()]), begin()], "THREAT_IMPORT_NOT_STARTED"),
            (vec![begin(), ImportThreatsRequest { part: None }], "THREAT_IMPORT_NOT_STARTED"),
            (messages(short, vec![new()]), "THREAT_IMPORT_CUT"),
            (messages(huge, vec![new()]), "THREAT_IMPORT_TOO_LARGE"),
            (vec![begin(), batch(many(501))], "THREAT_IMPORT_TOO_LARGE"),
            (messages(other, vec![new()]), "THREAT_SOURCE_OTHER"),
            (messages(id("UPPER"), vec![new()]), "FIELD_INVALID"),
            (messages(id("a/b"), vec![new()]), "FIELD_INVALID"),
            (messages(id(""), vec![new()]), "FIELD_INVALID"),
            (messages(nameless, vec![new()]), "FIELD_INVALID"),
            (std::iter::once(begin()).chain((0..41).map(|_| batch(many(490)))).collect(), "THREAT_IMPORT_TOO_LARGE"),
        ];
        for (at, (stream, expected)) in cases.into_iter().enumerate() {
            let refused = send(&bench, stream).await.unwrap_err();
            assert_eq!(reason(&refused), expected, "{at}: {refused}");
            assert!(!matches!(refused.code(), Code::Internal | Code::Unknown), "{at}: {refused}");
        }
        assert_eq!(written(&bench).await, before);
        assert_eq!(catalogue(&bench, SMALL).await, made);
        // Nothing at all flags nothing.
        let answer = send(&bench, messages(start("1"), Vec::new())).await.unwrap();
        assert_eq!((answer.read, answer.removed_count), (0, 0));
        assert_eq!(written(&bench).await, before);
    }

    async fn an_import_is_for_those_who_may_and_of_ones_own_organization(bench) {
        let call = async |organizations: &[&str], roles: &[&str]| {
            let mut service = ThreatImportServiceClient::new(bench.client("eve", organizations, roles));
            service.import_threats(tokio_stream::iter(messages(start("1"), first()))).await.map(drop)
        };
        assert_eq!(call(&["acme"], &["viewer"]).await.unwrap_err().code(), Code::PermissionDenied);
        let foreign = call(&["other"], &["administrator"]).await.unwrap_err();
        assert!(matches!(foreign.code(), Code::NotFound | Code::PermissionDenied), "{foreign}");
        assert_eq!(written(&bench).await, 0);
        call(&["acme"], &["integrator"]).await.unwrap();
        assert_eq!(keys(&bench, "").await.len(), 4);
    }
}
