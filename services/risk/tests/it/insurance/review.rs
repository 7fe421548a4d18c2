//! Silent cover of other policies, and what scenarios want that no policy gives.

use testkit::{Bench, reason};
use tonic::Status;
use wire::risk::v1 as api;
use wire::risk::v1::analyze_insurance_need_response::Need;
use wire::risk::v1::insurance_policy::Line;
use wire::risk::v1::risk::LossEstimate;
use wire::risk::v1::silent_cover_review::{Finding, Stance, State};
use wire::risk::v1::silent_cover_review_service_client::SilentCoverReviewServiceClient;
use wire::risk::v1::{InsurancePolicy, Insurer, Risk, SilentCoverReview};

use super::{bind, cyber, exclusion, fields, insurer, policies, quote};
use crate::on_every_database;
use crate::register::{PARENT, create as create_risk, estate, named, signalling};

fn reviews(bench: &Bench) -> SilentCoverReviewServiceClient<testkit::Client> {
    SilentCoverReviewServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

async fn create(bench: &Bench, id: &str, policy: &str, findings: Vec<Finding>) -> Result<SilentCoverReview, Status> {
    let review = SilentCoverReview {
        display_name: "What property says of cyber".to_owned(),
        policy: named("insurancePolicies", policy),
        findings,
        ..SilentCoverReview::default()
    };
    let request = api::CreateSilentCoverReviewRequest {
        parent: PARENT.to_owned(),
        silent_cover_review_id: id.to_owned(),
        silent_cover_review: Some(review),
    };
    reviews(bench).create_silent_cover_review(request).await.map(tonic::Response::into_inner)
}

fn finding(peril: &str, stance: Stance) -> Finding {
    Finding { peril: peril.to_owned(), stance: stance.into(), ..Finding::default() }
}

on_every_database! {
    async fn a_review_says_something_of_every_peril(bench) {
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        let property = InsurancePolicy {
            line: Line::Property.into(), coverages: Vec::new(), exclusions: vec![exclusion("war")], ..cyber()
        };
        quote(&bench, "property", property).await.unwrap();
        quote(&bench, "cyber", cyber()).await.unwrap();
        let wrong = create(&bench, "r", "cyber", Vec::new()).await.unwrap_err();
        assert_eq!(fields(&wrong), ["silent_cover_review.policy"]);
        let twice = vec![finding("ransomware", Stance::Silent), finding("ransomware", Stance::Affirmed), finding("hail", Stance::Silent)];
        let wrong = create(&bench, "r", "property", twice).await.unwrap_err();
        assert_eq!(fields(&wrong), ["silent_cover_review.findings[1].peril", "silent_cover_review.findings[2].peril"]);
        let made = create(&bench, "r", "property", vec![finding("ransomware", Stance::Affirmed)]).await.unwrap();
        assert!(made.state() == State::Open && !made.open_perils.contains(&"ransomware".to_owned()));
        let mut client = reviews(&bench);
        let complete = || api::CompleteSilentCoverReviewRequest { name: made.name.clone(), ..Default::default() };
        let early = client.complete_silent_cover_review(complete()).await.unwrap_err();
        assert_eq!(reason(&early), "SILENT_COVER_REVIEW_INCOMPLETE");
        assert!(early.message().contains("data-breach"), "{}", early.message());
        let suggest = || api::SuggestSilentCoverReviewRequest { name: made.name.clone(), ..Default::default() };
        let suggested = client.suggest_silent_cover_review(suggest()).await.unwrap().into_inner();
        let of = |peril: &str| suggested.findings.iter().find(|one| one.peril == peril).unwrap().stance();
        assert_eq!((of("ransomware"), of("war"), of("data-breach")), (Stance::Affirmed, Stance::Excluded, Stance::Silent));
        assert!(suggested.open_perils.is_empty() && suggested.silent_perils > 5);
        let done = client.complete_silent_cover_review(complete()).await.unwrap().into_inner();
        assert_eq!((done.state(), done.completer.as_str()), (State::Completed, "mia"));
        for refused in [
            client.complete_silent_cover_review(complete()).await.unwrap_err(),
            client.suggest_silent_cover_review(suggest()).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), "STATE_FORBIDS");
        }
        let reopen = api::ReopenSilentCoverReviewRequest { name: made.name.clone(), reason: "renewed".to_owned(), ..Default::default() };
        let open = client.reopen_silent_cover_review(reopen.clone()).await.unwrap().into_inner();
        assert!(open.state() == State::Open && open.completer.is_empty());
        assert_eq!(reason(&client.reopen_silent_cover_review(reopen).await.unwrap_err()), "STATE_FORBIDS");
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn what_no_policy_gives_is_a_need(bench) {
        estate(&bench).await;
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        quote(&bench, "primary", InsurancePolicy { exclusions: vec![exclusion("infrastructure")], ..cyber() }).await.unwrap();
        bind(&bench, "primary").await.unwrap();
        let loss = |value| Some(LossEstimate { currency_code: "EUR".to_owned(), value, exposure_factor: 1.0, ..Default::default() });
        for (id, peril, value) in [
            ("great", "ransomware", 9_000_000.0), ("outage", "infrastructure-outage", 1_000_000.0), ("small", "ransomware", 250_000.0),
            ("system", "system-failure", 250_000.0),
        ] {
            let risk = Risk { display_name: id.to_owned(), peril: peril.to_owned(), loss: loss(value), ..signalling() };
            create_risk(&bench, id, risk).await.unwrap();
        }
        let request = api::AnalyzeInsuranceNeedRequest { parent: PARENT.to_owned(), ..Default::default() };
        let rows = policies(&bench).analyze_insurance_need(request).await.unwrap().into_inner().rows;
        let needs: Vec<_> = rows.iter().map(|row| (row.display_name.as_str(), row.need(), row.retained)).collect();
        assert_eq!(
            needs,
            [
                ("great", Need::UnderInsured, 4_000_000.0), ("outage", Need::Uninsured, 1_000_000.0), ("small", Need::Met, 50_000.0),
                ("system", Need::Undecided, 250_000.0),
            ]
        );
        let filtered = api::AnalyzeInsuranceNeedRequest {
            parent: PARENT.to_owned(), filter: "peril = \"ransomware\"".to_owned(), page_size: 1, ..Default::default()
        };
        let page = policies(&bench).analyze_insurance_need(filtered).await.unwrap().into_inner();
        assert!(page.rows.len() == 1 && !page.next_page_token.is_empty());
    }
}
