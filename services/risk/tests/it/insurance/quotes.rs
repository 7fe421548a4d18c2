//! Quotes rank by the five criteria, as the weights say.

use testkit::{Bench, reason};
use tonic::Status;
use wire::risk::v1 as api;
use wire::risk::v1::compare_insurance_policies_request::Weight;
use wire::risk::v1::insurance_policy::Criterion;
use wire::risk::v1::insurer::ClaimRecord;
use wire::risk::v1::{InsurancePolicy, Insurer, Risk};

use super::{bind, cyber, exclusion, fields, insurer, policies, quote};
use crate::on_every_database;
use crate::register::{PARENT, create, estate, named, signalling};

async fn compare(bench: &Bench, weights: &[(Criterion, f64)]) -> Result<api::CompareInsurancePoliciesResponse, Status> {
    let weights = weights.iter().map(|(criterion, weight)| Weight { criterion: (*criterion).into(), weight: *weight });
    let request = api::CompareInsurancePoliciesRequest {
        parent: PARENT.to_owned(),
        weights: weights.collect(),
        ..Default::default()
    };
    policies(bench).compare_insurance_policies(request).await.map(tonic::Response::into_inner)
}

/// The quotes, by id, in the order of their rank.
async fn order(bench: &Bench, weights: &[(Criterion, f64)]) -> Vec<String> {
    let ranked = compare(bench, weights).await.unwrap();
    let names = ranked.ranks.into_iter().map(|rank| rank.policy.unwrap().name);
    names.map(|name| name.rsplit('/').next().unwrap().to_owned()).collect()
}

/// A cheap quote that excludes outages, and a dear one that does not; a third that is bound takes no part.
async fn market(bench: &Bench) {
    estate(bench).await;
    let outage = Risk { peril: "infrastructure-outage".to_owned(), ..signalling() };
    create(bench, "outage", outage).await.unwrap();
    create(bench, "ransom", Risk { peril: "ransomware".to_owned(), ..signalling() }).await.unwrap();
    for (id, paid_claims, median_days) in [("nordic", 60, 90), ("baltic", 95, 30)] {
        let record = ClaimRecord { claims: 100, paid_claims, median_days, origin: "the broker".to_owned() };
        insurer(bench, id, Insurer { claim_record: Some(record), ..Insurer::default() }).await.unwrap();
    }
    let cheap = InsurancePolicy { premium: 80_000.0, exclusions: vec![exclusion("infrastructure")], ..cyber() };
    let dear =
        InsurancePolicy { insurer: named("insurers", "baltic"), premium: 160_000.0, excess: 25_000.0, ..cyber() };
    for (id, policy) in [("cheap", cheap.clone()), ("dear", dear), ("held", cheap)] {
        quote(bench, id, policy).await.unwrap();
    }
    bind(bench, "held").await.unwrap();
}

on_every_database! {
    async fn the_weights_decide_the_order(bench) {
        market(&bench).await;
        assert_eq!(order(&bench, &[(Criterion::Premium, 1.0)]).await, ["cheap", "dear"]);
        for criterion in [Criterion::Coverage, Criterion::Exclusions, Criterion::Excess, Criterion::ClaimInformation] {
            assert_eq!(order(&bench, &[(criterion, 1.0)]).await, ["dear", "cheap"], "{criterion:?}");
        }
        assert_eq!(order(&bench, &[]).await, ["dear", "cheap"]);
        assert_eq!(order(&bench, &[(Criterion::Premium, 9.0), (Criterion::Coverage, 1.0)]).await, ["cheap", "dear"]);
        let ranked = compare(&bench, &[(Criterion::Exclusions, 1.0), (Criterion::Premium, 1.0)]).await.unwrap();
        assert_eq!(ranked.scenarios, 2);
        let last = ranked.ranks.last().unwrap();
        assert_eq!((last.place, last.insurer_display_name.as_str(), last.scores.len()), (1, "baltic", 5), "both do the same");
        // The cheap one has one of two scenarios excluded and the lowest premium, the dear one twice that and nothing excluded: 0.75 each.
        assert!((last.total - 0.75).abs() < 1e-9, "{}", last.total);
        assert!(last.scores.iter().all(|score| !score.reason.is_empty()));
    }

    async fn what_cannot_be_compared_is_refused(bench) {
        market(&bench).await;
        let nothing = compare(&bench, &[(Criterion::Premium, 0.0)]).await.unwrap_err();
        assert_eq!((reason(&nothing), fields(&nothing)), ("FIELD_INVALID".to_owned(), vec!["weights".to_owned()]));
        let negative = compare(&bench, &[(Criterion::Premium, -1.0)]).await.unwrap_err();
        assert_eq!(fields(&negative), ["weights[0].weight"]);
        let dollars = InsurancePolicy { currency_code: "USD".to_owned(), ..cyber() };
        quote(&bench, "dollars", dollars).await.unwrap();
        let mixed = compare(&bench, &[]).await.unwrap_err();
        assert_eq!(reason(&mixed), "INSURANCE_CURRENCY_MIXED");
        assert!(mixed.message().contains("EUR, USD"));
    }
}
