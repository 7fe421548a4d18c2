//! Surveys: each import run is recorded, can be stopped wherever it runs, and says what it found and what it missed.

use std::sync::Arc;
use std::time::Duration;

use access::SystemClock;
use futures::StreamExt as _;
use testkit::{Bench, Client, reason};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use wire::assets::v1::asset::State as AssetState;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::import_service_client::ImportServiceClient;
use wire::assets::v1::resolve_unlisted_request::Decision;
use wire::assets::v1::resolve_unlisted_response::Resolution;
use wire::assets::v1::survey::State;
use wire::assets::v1::survey_service_client::SurveyServiceClient;
use wire::assets::v1::{
    CancelSurveyRequest, GetSurveyRequest, IdentifyAssetRequest, ImportAssetsRequest, ImportAssetsResponse,
    ImportBatch, ImportItem, ImportProgress, ImportStart, ImportSummary, ListAssetsRequest, ListSurveysRequest,
    ResolveUnlistedRequest, ReviewFoundAssetsRequest, Survey,
};

use crate::import::{asset, entries, estate, import};
use crate::{assets, get, on_every_database};

fn surveys(bench: &Bench) -> SurveyServiceClient<Client> {
    SurveyServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]))
}

pub(crate) async fn survey(bench: &Bench, name: &str) -> Survey {
    surveys(bench).get_survey(GetSurveyRequest { name: name.to_owned() }).await.unwrap().into_inner()
}

async fn listed(bench: &Bench, filter: &str) -> Vec<Survey> {
    let request =
        ListSurveysRequest { parent: "organizations/acme".to_owned(), filter: filter.to_owned(), ..Default::default() };
    surveys(bench).list_surveys(request).await.unwrap().into_inner().surveys
}

/// An import that goes on batch by batch.
pub(crate) struct Course {
    parts: mpsc::Sender<ImportAssetsRequest>,
    answers: tonic::Streaming<ImportAssetsResponse>,
    position: i64,
}

impl Course {
    pub(crate) async fn start(bench: &Bench, start: ImportStart) -> Self {
        let (parts, sent) = mpsc::channel(8);
        let start = ImportStart { parent: "organizations/acme".to_owned(), source: "oss".to_owned(), ..start };
        parts.send(ImportAssetsRequest { part: Some(Part::Start(start)) }).await.unwrap();
        let mut client = ImportServiceClient::new(bench.client("oss", &["acme"], &["integrator"]));
        let answers = client.import_assets(ReceiverStream::new(sent)).await.unwrap().into_inner();
        Self { parts, answers, position: 0 }
    }

    /// Sends a batch, and gives how far the import is after it.
    pub(crate) async fn batch(&mut self, records: Vec<Record>) -> Result<ImportProgress, Status> {
        let item = |record| {
            self.position += 1;
            ImportItem { position: self.position, origin: String::new(), record: Some(record) }
        };
        let items = records.into_iter().map(item).collect();
        let part = ImportAssetsRequest { part: Some(Part::Batch(ImportBatch { items })) };
        // An import that has ended takes no more; what it answered is what counts.
        let _ = self.parts.send(part).await;
        loop {
            let answer = self.answers.next().await.expect("an import ends with a summary or an error")?;
            if let News::Progress(progress) = answer.news.unwrap() {
                return Ok(progress);
            }
        }
    }

    /// Sends nothing more, and gives what is left of the import: its end.
    pub(crate) fn close(self) -> impl Future<Output = Result<ImportSummary, Status>> {
        drop(self.parts);
        let mut answers = self.answers;
        async move {
            loop {
                let answer = answers.next().await.expect("an import ends with a summary or an error")?;
                if let News::Summary(summary) = answer.news.unwrap() {
                    return Ok(summary);
                }
            }
        }
    }

    pub(crate) async fn broken(&mut self) -> Status {
        loop {
            match self.answers.next().await.expect("the import ends with an error") {
                Ok(_) => {}
                Err(status) => return status,
            }
        }
    }
}

pub(crate) async fn resolve(bench: &Bench, decision: Decision, ids: &[&str]) -> Vec<Resolution> {
    let request = ResolveUnlistedRequest {
        parent: "organizations/acme".to_owned(),
        source: "oss".to_owned(),
        assets: ids.iter().map(|id| format!("organizations/acme/assets/{id}")).collect(),
        decision: decision.into(),
    };
    surveys(bench).resolve_unlisted(request).await.unwrap().into_inner().resolutions
}

pub(crate) async fn unlisted(bench: &Bench) -> Vec<String> {
    let request = ListAssetsRequest {
        parent: "organizations/acme".to_owned(),
        filter: "unlisted_by:\"oss\"".to_owned(),
        ..Default::default()
    };
    let listed = assets(bench).list_assets(request).await.unwrap().into_inner().assets;
    listed.into_iter().map(|asset| asset.display_name).collect()
}

async fn found(bench: &Bench, name: &str, page_size: i32) -> Vec<String> {
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ReviewFoundAssetsRequest { name: name.to_owned(), page_size, page_token };
        let page = surveys(bench).review_found_assets(request).await.unwrap().into_inner();
        names.extend(page.assets.into_iter().map(|asset| asset.display_name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

fn context(bench_clock: &Arc<access::ManualClock>) -> access::Context {
    access::Context {
        caller: Arc::new(access::Caller::service(assets::NAME, "acme")),
        method: "test".into(),
        trace: String::new(),
        roles: Arc::default(),
        clock: Arc::clone(bench_clock) as Arc<dyn access::Clock>,
    }
}

on_every_database! {
    async fn each_run_is_recorded_and_a_dry_run_is_not(bench) {
        let (summary, ..) = import(&bench, estate(), ImportStart { full: true, ..Default::default() }).await;
        let recorded = survey(&bench, &summary.survey).await;
        assert_eq!((recorded.state(), recorded.source.as_str(), recorded.importer.as_str()), (State::Completed, "oss", "oss"));
        assert_eq!((recorded.full, recorded.committed, recorded.found_assets), (true, true, 0), "an empty register is filled");
        assert_eq!((recorded.counts, &recorded.by_kind), (summary.counts, &summary.by_kind));
        assert_eq!(recorded.revalued_assets, summary.revalued_assets);
        assert_eq!(recorded.resume_token, "", "there is nothing to go on with");
        assert!(store::micros(recorded.end_time.as_ref()) >= store::micros(recorded.start_time.as_ref()));

        let before = entries(&bench).await;
        let (again, ..) = import(&bench, estate(), ImportStart::default()).await;
        assert_ne!(again.survey, summary.survey);
        assert_eq!(entries(&bench).await, before, "an unchanged import leaves nothing but its survey");
        let (dry, ..) = import(&bench, estate(), ImportStart { dry_run: true, ..Default::default() }).await;
        assert_eq!(dry.survey, "");
        assert_eq!(listed(&bench, "state=COMPLETED AND source=\"oss\"").await.len(), 2);
        assert_eq!(listed(&bench, "full=true").await.len(), 1);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn a_run_is_cancelled_after_the_batch_in_hand_and_what_landed_stays(bench) {
        let mut course = Course::start(&bench, ImportStart::default()).await;
        let progress = course.batch(vec![asset("a", "", 1), asset("b", "", 1)]).await.unwrap();
        assert_eq!(survey(&bench, &progress.survey).await.state(), State::Running);
        let cancelled = surveys(&bench).cancel_survey(CancelSurveyRequest { name: progress.survey.clone() }).await.unwrap().into_inner();
        assert_eq!((cancelled.state(), cancelled.canceller.as_str()), (State::Cancelled, "ana"));
        // The caller is silent, and hears of it all the same.
        let told = course.broken().await;
        assert_eq!((told.code(), reason(&told).as_str()), (Code::Cancelled, "IMPORT_CANCELLED"));
        assert!(told.message().contains(&progress.survey), "{}", told.message());
        let ended = survey(&bench, &progress.survey).await;
        assert_eq!((ended.state(), ended.counts.unwrap().created), (State::Cancelled, 2));
        assert_eq!(ended.resume_token, progress.resume_token);
        assert_eq!(get(&bench, "b").await.display_name, "Asset b");

        let again = surveys(&bench).cancel_survey(CancelSurveyRequest { name: progress.survey }).await.unwrap().into_inner();
        assert_eq!(again, ended, "to cancel twice is to cancel once");
        let all = vec![asset("a", "", 1), asset("b", "", 1), asset("c", "", 1)];
        let (rest, ..) = import(&bench, all, ImportStart { resume_token: ended.resume_token, ..Default::default() }).await;
        let counts = rest.counts.unwrap();
        assert_eq!((counts.skipped, counts.created), (2, 1));
        assert!(survey(&bench, &rest.survey).await.resumed);
        let refused = surveys(&bench).cancel_survey(CancelSurveyRequest { name: rest.survey }).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    }

    async fn a_run_of_another_replica_is_cancelled_before_its_next_batch(bench) {
        let mut course = Course::start(&bench, ImportStart::default()).await;
        let progress = course.batch(vec![asset("a", "", 1)]).await.unwrap();
        // Another replica on the same database knows nothing of the run but what is written there.
        let clock = Arc::new(access::ManualClock::at(access::Clock::now(&SystemClock)));
        let others = store::Collection::<::assets::survey::Surveys>::new(bench.database.clone());
        let cancel = |_: &access::Context, _: &Survey, new: &mut Survey| { new.set_state(State::Cancelled); Ok(()) };
        others.change(&context(&clock), &progress.survey, "", cancel).await.unwrap();
        let told = course.batch(vec![asset("b", "", 1)]).await.unwrap_err();
        assert_eq!(reason(&told), "IMPORT_CANCELLED");
        assert_eq!(survey(&bench, &progress.survey).await.counts.unwrap().created, 1);
    }

    async fn a_cancelled_atomic_run_leaves_nothing_but_its_survey(bench) {
        let mut course = Course::start(&bench, ImportStart { atomic: true, ..Default::default() }).await;
        let progress = course.batch(vec![asset("a", "", 1)]).await.unwrap();
        let name = progress.survey;
        surveys(&bench).cancel_survey(CancelSurveyRequest { name: name.clone() }).await.unwrap();
        assert_eq!(reason(&course.broken().await), "IMPORT_CANCELLED");
        let ended = survey(&bench, &name).await;
        assert_eq!((ended.state(), ended.committed, ended.canceller.as_str()), (State::Cancelled, false, "ana"));
        let request = ListAssetsRequest { parent: "organizations/acme".to_owned(), ..Default::default() };
        assert!(assets(&bench).list_assets(request).await.unwrap().into_inner().assets.is_empty());
    }

    async fn a_broken_run_is_cut_and_one_that_died_is_found(bench) {
        let mut course = Course::start(&bench, ImportStart::default()).await;
        let progress = course.batch(vec![asset("a", "", 1)]).await.unwrap();
        let again = ImportStart { parent: "organizations/acme".to_owned(), source: "oss".to_owned(), ..Default::default() };
        course.parts.send(ImportAssetsRequest { part: Some(Part::Start(again)) }).await.unwrap();
        assert_eq!(reason(&course.broken().await), "IMPORT_NOT_STARTED");
        let cut = survey(&bench, &progress.survey).await;
        assert_eq!((cut.state(), cut.cut_reason.as_str(), cut.counts.unwrap().created), (State::Cut, "IMPORT_NOT_STARTED", 1));

        // Two runs of processes that are gone: the one silent for long, the other for a moment.
        let now = access::Clock::now(&SystemClock);
        let table = store::Collection::<::assets::survey::Surveys>::new(bench.database.clone());
        for (id, since) in [("long", 3600), ("brief", 10)] {
            let clock = Arc::new(access::ManualClock::at(now - since * 1_000_000));
            let mut tx = bench.database.begin(&context(&clock)).await.unwrap();
            let mut dead = Survey { source: "oss".to_owned(), alive_time: store::timestamp(now - since * 1_000_000), ..Default::default() };
            dead.set_state(State::Running);
            table.create_in(&mut tx, "acme", vec![(id.to_owned(), dead)]).await.unwrap();
            tx.commit().await.unwrap();
        }
        ::assets::service(&bench.database, Arc::new(SystemClock)).await.unwrap();
        let long = survey(&bench, "organizations/acme/surveys/long").await;
        assert_eq!((long.state(), long.cut_reason.as_str()), (State::Cut, "IMPORT_CUT"));
        assert_eq!(long.end_time, long.alive_time, "it ended when it last said that it lives, as far as anyone knows");
        let brief = survey(&bench, "organizations/acme/surveys/brief").await.state();
        match bench.database.dialect() {
            store::Dialect::Sqlite => assert_eq!(brief, State::Cut, "an embedded database has one process"),
            store::Dialect::Postgres => assert_eq!(brief, State::Running, "it may be another replica's"),
        }
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn the_counts_follow_a_run_while_it_runs(bench) {
        let mut course = Course::start(&bench, ImportStart::default()).await;
        let name = course.batch(vec![asset("a", "", 1)]).await.unwrap().survey;
        let reached = async {
            while survey(&bench, &name).await.counts.unwrap().created < 1 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reached).await.expect("the counts are brought up to date");
        assert_eq!(survey(&bench, &name).await.state(), State::Running);
    }

    async fn what_the_register_did_not_know_is_worked_off(bench) {
        import(&bench, vec![asset("a", "", 1)], ImportStart::default()).await;
        let all: Vec<Record> = ["a", "b", "c", "d"].map(|id| asset(id, "", 1)).into();
        let (summary, ..) = import(&bench, all, ImportStart::default()).await;
        assert_eq!(survey(&bench, &summary.survey).await.found_assets, 3);
        assert_eq!(found(&bench, &summary.survey, 0).await, ["Asset b", "Asset c", "Asset d"]);
        assert_eq!(found(&bench, &summary.survey, 2).await, ["Asset b", "Asset c", "Asset d"]);
        let request = IdentifyAssetRequest { name: "organizations/acme/assets/c".to_owned(), ..Default::default() };
        assets(&bench).identify_asset(request).await.unwrap();
        assert_eq!(found(&bench, &summary.survey, 1).await, ["Asset b", "Asset d"]);
        let request = ReviewFoundAssetsRequest { name: summary.survey, page_token: "!".to_owned(), ..Default::default() };
        let refused = surveys(&bench).review_found_assets(request).await.unwrap_err();
        assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    }

    async fn what_the_source_no_longer_lists_is_decided_asset_by_asset(bench) {
        let full = || ImportStart { full: true, ..Default::default() };
        let all = || ["a", "b", "c", "d"].map(|id| asset(id, "", 1)).to_vec();
        import(&bench, all(), full()).await;
        // One of them is in service, as far as the register goes.
        let table = store::Collection::<::assets::asset::Assets>::new(bench.database.clone());
        let clock = Arc::new(access::ManualClock::at(access::Clock::now(&SystemClock)));
        let serve = |_: &access::Context, _: &wire::assets::v1::Asset, new: &mut wire::assets::v1::Asset| {
            new.set_state(AssetState::InService);
            Ok(())
        };
        table.change(&context(&clock), "organizations/acme/assets/b", "", serve).await.unwrap();
        let few = || vec![asset("a", "", 1)];
        let (summary, ..) = import(&bench, few(), full()).await;
        assert_eq!(survey(&bench, &summary.survey).await.unlisted_assets, 3);
        assert_eq!(unlisted(&bench).await, ["Asset b", "Asset c", "Asset d"]);

        let retired = resolve(&bench, Decision::Retire, &["a", "b", "c", "ghost"]).await;
        let said: Vec<(bool, &str)> = retired.iter().map(|said| (said.resolved, said.reason.as_str())).collect();
        assert_eq!(said, [(false, "ASSET_NOT_UNLISTED"), (true, ""), (false, "STATE_FORBIDS"), (false, "RESOURCE_NOT_FOUND")]);
        assert_eq!((get(&bench, "b").await.state(), get(&bench, "c").await.state()), (AssetState::Retired, AssetState::Surveyed));
        assert!(resolve(&bench, Decision::Keep, &["c"]).await[0].resolved);
        assert_eq!(unlisted(&bench).await, ["Asset d"]);
        let (summary, ..) = import(&bench, few(), full()).await;
        assert_eq!(summary.unlisted_assets, 0, "what is retired or kept is not asked about again");

        import(&bench, all(), full()).await;
        import(&bench, few(), full()).await;
        assert_eq!(unlisted(&bench).await, ["Asset c", "Asset d"], "it was listed again, so that its silence is news");
        let viewer = SurveyServiceClient::new(bench.client("vic", &["acme"], &["integrator"]));
        let request = ResolveUnlistedRequest {
            parent: "organizations/acme".to_owned(),
            source: "oss".to_owned(),
            assets: vec!["organizations/acme/assets/c".to_owned()],
            decision: Decision::Keep.into(),
        };
        let refused = viewer.clone().resolve_unlisted(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "a system does not decide for people");
        let undecided = ResolveUnlistedRequest { decision: 0, ..request };
        let refused = surveys(&bench).resolve_unlisted(undecided).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }
}
