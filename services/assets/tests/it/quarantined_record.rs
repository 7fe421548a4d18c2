//! Quarantine: what an import rejects is kept once, and worked off by a person or by the next import.

use testkit::{Bench, Client, reason};
use tonic::Code;
use wire::assets::v1::asset::State as AssetState;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::quarantined_record::{Record as Kept, State};
use wire::assets::v1::quarantined_record_service_client::QuarantinedRecordServiceClient;
use wire::assets::v1::replay_quarantined_record_request::Record as Correction;
use wire::assets::v1::survey_service_client::SurveyServiceClient;
use wire::assets::v1::{
    DismissQuarantinedRecordRequest, GetQuarantinedRecordRequest, GetSurveyRequest, ImportStart,
    ListQuarantinedRecordsRequest, QuarantinedRecord, ReplayQuarantinedRecordRequest,
};

use crate::import::{asset, edge, entries, estate, import};
use crate::{get, on_every_database};

fn quarantine(bench: &Bench) -> QuarantinedRecordServiceClient<Client> {
    QuarantinedRecordServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

async fn listed(bench: &Bench, filter: &str) -> Vec<QuarantinedRecord> {
    let request = ListQuarantinedRecordsRequest {
        parent: "organizations/acme".to_owned(),
        filter: filter.to_owned(),
        ..Default::default()
    };
    quarantine(bench).list_quarantined_records(request).await.unwrap().into_inner().quarantined_records
}

async fn one(bench: &Bench, external_id: &str) -> QuarantinedRecord {
    let mut found = listed(bench, &format!("external_id=\"{external_id}\"")).await;
    assert_eq!(found.len(), 1, "{external_id}");
    found.remove(0)
}

async fn replay(bench: &Bench, record: &QuarantinedRecord, correction: Option<Record>) -> QuarantinedRecord {
    let correction = correction.map(|record| match record {
        Record::Site(site) => Correction::Site(site),
        Record::Asset(asset) => Correction::Asset(asset),
        Record::Dependency(dependency) => Correction::Dependency(dependency),
    });
    let request =
        ReplayQuarantinedRecordRequest { name: record.name.clone(), record: correction, ..Default::default() };
    quarantine(bench).replay_quarantined_record(request).await.unwrap().into_inner()
}

fn nameless(id: &str) -> Record {
    let Record::Asset(mut record) = asset(id, "", 1) else { unreachable!() };
    record.asset.as_mut().unwrap().display_name = String::new();
    Record::Asset(record)
}

on_every_database! {
    async fn an_id_that_no_database_keeps_takes_nothing_else_with_it(bench) {
        let items = vec![asset("a", "", 1), asset("x\u{0}y", "", 1), asset("b", "", 1)];
        let (summary, results, _) = import(&bench, items, ImportStart::default()).await;
        let counts = summary.counts.unwrap();
        assert_eq!((counts.created, counts.rejected), (2, 1));
        assert_eq!(results[1].reason, "FIELD_INVALID");
        let record = one(&bench, "x\u{FFFD}y").await;
        assert_eq!((record.state(), record.reason.as_str()), (State::Open, "FIELD_INVALID"));
    }

    async fn what_is_rejected_is_kept_once_and_resolved_by_the_import_that_takes_it(bench) {
        let (first, results, _) = import(&bench, vec![asset("a", "", 1), nameless("x"), edge("a", "ghost")], ImportStart::default()).await;
        let record = one(&bench, "x").await;
        assert_eq!((record.state(), record.source.as_str(), record.kind.as_str(), &record.survey), (State::Open, "oss", "asset", &first.survey));
        let rejected = &results[1];
        assert_eq!((&record.reason, &record.message, &record.field), (&rejected.reason, &rejected.message, &rejected.field));
        assert_eq!((record.position, record.origin.as_str(), record.times_seen), (2, "line 1", 1));
        let Record::Asset(came) = nameless("x") else { unreachable!() };
        assert_eq!(record.record, Some(Kept::Asset(came)), "it is kept as it came");
        assert_eq!(one(&bench, "a uses ghost").await.reason, "IMPORT_REFERENCE_UNKNOWN");
        let survey = SurveyServiceClient::new(bench.client("ana", &["acme"], &["viewer"]))
            .get_survey(GetSurveyRequest { name: first.survey }).await.unwrap().into_inner();
        assert_eq!((survey.quarantined, survey.not_quarantined), (2, 0));

        let (second, ..) = import(&bench, vec![nameless("x")], ImportStart::default()).await;
        let again = one(&bench, "x").await;
        assert_eq!((again.times_seen, &again.survey, again.first_seen_time), (2, &second.survey, record.first_seen_time));

        import(&bench, vec![asset("ghost", "", 1), asset("x", "", 1), edge("a", "ghost")], ImportStart::default()).await;
        let resolved = one(&bench, "x").await;
        assert_eq!((resolved.state(), resolved.resource.as_str()), (State::Resolved, "organizations/acme/assets/x"));
        assert!(listed(&bench, "state=OPEN").await.is_empty());
        let before = entries(&bench).await;
        import(&bench, vec![asset("ghost", "", 1), asset("x", "", 1), edge("a", "ghost")], ImportStart::default()).await;
        assert_eq!(entries(&bench).await, before, "what is resolved is not touched again");
        import(&bench, vec![nameless("x")], ImportStart::default()).await;
        assert_eq!(one(&bench, "x").await.state(), State::Open, "what is rejected anew is looked at anew");
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn lists_are_narrowed_down_by_state_source_kind_and_reason(bench) {
        import(&bench, vec![nameless("x"), asset("y", "nowhere", 1), edge("a", "a")], ImportStart::default()).await;
        for (filter, wanted) in [
            ("", 3), ("state=OPEN", 3), ("state=RESOLVED", 0), ("source=\"oss\"", 3), ("source=\"nms\"", 0), ("kind=\"asset\"", 2),
            ("reason=\"FIELD_INVALID\"", 1), ("reason=\"IMPORT_REFERENCE_UNKNOWN\" AND kind=\"asset\"", 1), ("nowhere", 1),
        ] {
            assert_eq!(listed(&bench, filter).await.len(), wanted, "{filter}");
        }
    }

    async fn nothing_is_kept_of_a_dry_run_and_all_of_an_undone_one(bench) {
        let records = || { let mut records = estate(); records.push(nameless("x")); records.push(nameless("y")); records };
        import(&bench, records(), ImportStart { dry_run: true, ..Default::default() }).await;
        assert!(listed(&bench, "").await.is_empty());
        let (undone, ..) = import(&bench, records(), ImportStart { atomic: true, ..Default::default() }).await;
        assert!(!undone.committed);
        assert_eq!(listed(&bench, "state=OPEN").await.len(), 2);
        // All or nothing also holds for what it would have resolved.
        let mut records = estate();
        records.extend([asset("x", "", 1), nameless("z")]);
        import(&bench, records, ImportStart { atomic: true, ..Default::default() }).await;
        assert_eq!(one(&bench, "x").await.state(), State::Open);
        let mut records = estate();
        records.extend([asset("x", "", 1), asset("y", "", 1)]);
        let (whole, ..) = import(&bench, records, ImportStart { atomic: true, ..Default::default() }).await;
        assert!(whole.committed);
        assert_eq!((one(&bench, "x").await.state(), one(&bench, "z").await.state()), (State::Resolved, State::Open));
    }

    async fn a_record_is_replayed_as_it_came_or_corrected(bench) {
        import(&bench, vec![asset("a", "", 3), edge("a", "b"), nameless("x")], ImportStart::default()).await;
        let dependency = one(&bench, "a uses b").await;
        assert_eq!(replay(&bench, &dependency, None).await.state(), State::Open, "nothing has changed");
        import(&bench, vec![asset("b", "", 1)], ImportStart::default()).await;
        let done = replay(&bench, &dependency, None).await;
        assert_eq!((done.state(), done.decider.as_str()), (State::Resolved, "ana"));
        assert!(done.resource.starts_with("organizations/acme/dependencies/"), "{}", done.resource);
        assert_eq!(get(&bench, "b").await.inherited_value, 9.0, "value has flowed when the replay ends");

        let record = one(&bench, "x").await;
        let Record::Asset(mut wrong) = asset("x", "", 1) else { unreachable!() };
        wrong.asset.as_mut().unwrap().r#type = "ruter".to_owned();
        let refused = replay(&bench, &record, Some(Record::Asset(wrong))).await;
        assert_eq!((refused.state(), refused.reason.as_str()), (State::Open, "ASSET_TYPE_UNKNOWN"));
        assert_eq!(refused.record, record.record, "what the source said is kept");
        let stale = ReplayQuarantinedRecordRequest { name: record.name.clone(), etag: record.etag.clone(), ..Default::default() };
        let status = quarantine(&bench).replay_quarantined_record(stale).await.unwrap_err();
        assert_eq!(reason(&status), "ETAG_MISMATCH");
        let done = replay(&bench, &record, Some(asset("x", "", 2))).await;
        assert_eq!((done.state(), done.resource.as_str()), (State::Resolved, "organizations/acme/assets/x"));
        assert_eq!((get(&bench, "x").await.integrity, get(&bench, "x").await.state()), (2, AssetState::Surveyed));
        let status = quarantine(&bench).replay_quarantined_record(ReplayQuarantinedRecordRequest { name: record.name, ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&status), "STATE_FORBIDS");
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn a_replay_asks_what_an_import_would(bench) {
        import(&bench, vec![nameless("x")], ImportStart::default()).await;
        let name = one(&bench, "x").await.name;
        let mut integrator = QuarantinedRecordServiceClient::new(bench.client("oss", &["acme"], &["integrator"]));
        let request = ReplayQuarantinedRecordRequest { name: name.clone(), accept_states: true, ..Default::default() };
        let refused = integrator.replay_quarantined_record(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));
        let Record::Dependency(other) = edge("a", "b") else { unreachable!() };
        let request = ReplayQuarantinedRecordRequest { name: name.clone(), record: Some(Correction::Dependency(other)), ..Default::default() };
        let refused = integrator.replay_quarantined_record(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        let mut foreign = QuarantinedRecordServiceClient::new(bench.client("eve", &["elsewhere"], &["administrator"]));
        for name in [name, "organizations/acme/quarantinedRecords/none".to_owned()] {
            let refused = foreign.get_quarantined_record(GetQuarantinedRecordRequest { name }).await.unwrap_err();
            assert_eq!(refused.code(), Code::NotFound);
        }
    }

    async fn what_is_too_large_is_replayed_only_with_a_record(bench) {
        let Record::Asset(mut huge) = nameless("x") else { unreachable!() };
        huge.asset.as_mut().unwrap().description = "x".repeat(70_000);
        import(&bench, vec![Record::Asset(huge)], ImportStart::default()).await;
        let record = one(&bench, "x").await;
        assert!(record.record_too_large && record.record.is_none());
        let request = ReplayQuarantinedRecordRequest { name: record.name.clone(), ..Default::default() };
        let refused = quarantine(&bench).replay_quarantined_record(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "RECORD_NOT_KEPT"));
        assert_eq!(replay(&bench, &record, Some(asset("x", "", 1))).await.state(), State::Resolved);
    }

    async fn what_is_dismissed_stays_so_while_the_reason_is_the_same(bench) {
        import(&bench, vec![nameless("x")], ImportStart::default()).await;
        let name = one(&bench, "x").await.name;
        let dismiss = DismissQuarantinedRecordRequest { name, reason: "a test rig".to_owned(), ..Default::default() };
        let dismissed = quarantine(&bench).dismiss_quarantined_record(dismiss.clone()).await.unwrap().into_inner();
        assert_eq!((dismissed.state(), dismissed.decider.as_str(), dismissed.dismiss_reason.as_str()), (State::Dismissed, "ana", "a test rig"));
        let refused = quarantine(&bench).dismiss_quarantined_record(dismiss).await.unwrap_err();
        assert_eq!(reason(&refused), "STATE_FORBIDS");
        import(&bench, vec![nameless("x")], ImportStart::default()).await;
        assert_eq!((one(&bench, "x").await.state(), one(&bench, "x").await.times_seen), (State::Dismissed, 2));
        import(&bench, vec![asset("x", "nowhere", 1)], ImportStart::default()).await;
        assert_eq!(one(&bench, "x").await.state(), State::Open);
        import(&bench, vec![asset("x", "", 1), asset("x", "", 1)], ImportStart::default()).await;
        let twice = one(&bench, "x").await;
        assert_eq!((twice.state(), twice.reason.as_str()), (State::Open, "IMPORT_DUPLICATE"), "someone has to look at the second one");
    }
}
