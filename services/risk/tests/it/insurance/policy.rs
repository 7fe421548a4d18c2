//! Policies: what is refused, how they move, what they say of the risks of an organization.

use access::Clock as _;
use testkit::{Bench, reason};
use tonic::Code;
use wire::risk::v1 as api;
use wire::risk::v1::insurance_policy::{Coverage, Stance, State};
use wire::risk::v1::insurance_policy_service_client::InsurancePolicyServiceClient;
use wire::risk::v1::{InsurancePolicy, Insurer, Risk};

use super::{bind, cyber, exclusion, fields, insurer, policies, policy, quote};
use crate::on_every_database;
use crate::register::{DAY, PARENT, changes, close, create, estate, manual, named, signalling, until};

/// A risk of a peril.
async fn of_peril(bench: &Bench, id: &str, peril: &str) {
    create(bench, id, Risk { display_name: id.to_owned(), peril: peril.to_owned(), ..signalling() }).await.unwrap();
}

async fn map(bench: &Bench, policies_named: &[&str]) -> api::MapInsuranceCoverageResponse {
    let request = api::MapInsuranceCoverageRequest {
        parent: PARENT.to_owned(),
        policies: policies_named.iter().map(|id| named("insurancePolicies", id)).collect(),
        ..Default::default()
    };
    policies(bench).map_insurance_coverage(request).await.unwrap().into_inner()
}

/// What the first policy says of each risk, by the risk's id.
fn stances(map: &api::MapInsuranceCoverageResponse) -> Vec<(&str, Stance)> {
    map.rows.iter().map(|row| (row.display_name.as_str(), row.cells.first().unwrap().stance())).collect()
}

on_every_database! {
    async fn an_outage_is_excluded_by_the_infrastructure_exclusion(bench) {
        estate(&bench).await;
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        for (id, peril) in [
            ("breach", "data-breach"), ("outage", "infrastructure-outage"), ("ransom", "ransomware"), ("slander", "media-liability"),
            ("system", "system-failure"), ("unsaid", ""),
        ] {
            of_peril(&bench, id, peril).await;
        }
        of_peril(&bench, "over", "ransomware").await;
        close(&bench, "over").await.unwrap();
        let excluding = InsurancePolicy { exclusions: vec![exclusion("infrastructure")], ..cyber() };
        quote(&bench, "primary", excluding).await.unwrap();
        assert!(map(&bench, &[]).await.policies.is_empty(), "a quote does not cover");
        assert_eq!(bind(&bench, "primary").await.unwrap().state(), State::InForce, "its start has passed");
        let seen = map(&bench, &[]).await;
        assert_eq!(
            stances(&seen),
            [
                ("breach", Stance::Partly), ("outage", Stance::Excluded), ("ransom", Stance::Covered), ("slander", Stance::Silent),
                ("system", Stance::Unclear), ("unsaid", Stance::Unclear),
            ]
        );
        let outage = &seen.rows[1];
        assert_eq!(outage.cells[0].decided_by, "exclusion infrastructure, clause 4.2 (X.1061 10.5)");
        assert!(outage.cells[0].reason.contains("Failure of infrastructure"), "{}", outage.cells[0].reason);
        assert_eq!(seen.rows[0].cells[0].missing_cost_types, ["legal-costs", "privacy-liability", "regulatory-investigation"]);
        // Another policy carves it back: the best of the two counts.
        let mut carved = exclusion("infrastructure");
        carved.carve_backs = vec!["infrastructure-outage".to_owned()];
        quote(&bench, "other", InsurancePolicy { exclusions: vec![carved], ..cyber() }).await.unwrap();
        let both = map(&bench, &["primary", "other"]).await;
        assert_eq!(both.policies.len(), 2);
        assert_eq!((both.rows[1].cells.len(), both.rows[1].best()), (2, Stance::Covered));
        let none = api::MapInsuranceCoverageRequest {
            parent: PARENT.to_owned(), policies: vec![named("insurancePolicies", "none")], ..Default::default()
        };
        assert_eq!(policies(&bench).map_insurance_coverage(none).await.unwrap_err().code(), Code::NotFound);
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn what_a_policy_must_not_say_is_refused_by_field(bench) {
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        let sublimited = |kind: &str, sublimit| Coverage { kind: kind.to_owned(), sublimit, ..Coverage::default() };
        let base = cyber();
        for (field, wrong) in [
            ("premium", InsurancePolicy { premium: -1.0, ..base.clone() }),
            ("limit", InsurancePolicy { limit: 0.0, ..base.clone() }),
            ("limit", InsurancePolicy { limit: f64::NAN, ..base.clone() }),
            ("excess", InsurancePolicy { excess: 6_000_000.0, ..base.clone() }),
            ("coinsurance", InsurancePolicy { coinsurance: 1.5, ..base.clone() }),
            ("coinsurance", InsurancePolicy { coinsurance: -0.1, ..base.clone() }),
            ("end_time", InsurancePolicy { end_time: base.start_time, ..base.clone() }),
            ("retroactive_time", InsurancePolicy { retroactive_time: base.end_time, ..base.clone() }),
            ("coverages[0].sublimit", InsurancePolicy { coverages: vec![sublimited("legal", 5_000_001.0)], ..base.clone() }),
            ("coverages[0].sublimit", InsurancePolicy { coverages: vec![sublimited("legal", -5.0)], ..base.clone() }),
            ("coverages[0].kind", InsurancePolicy { coverages: vec![sublimited("flood", 0.0)], ..base.clone() }),
            ("coverages[1].kind", InsurancePolicy { coverages: vec![sublimited("legal", 0.0); 2], ..base.clone() }),
            ("exclusions[0].kind", InsurancePolicy { exclusions: vec![exclusion("rain")], ..base.clone() }),
            ("aggregate_deductible", InsurancePolicy { aggregate_limit: 1.0, aggregate_deductible: 2.0, ..base.clone() }),
            ("currency_code", InsurancePolicy { currency_code: "euro".to_owned(), ..base.clone() }),
        ] {
            let refused = quote(&bench, "wrong", wrong).await.unwrap_err();
            assert_eq!(reason(&refused), "FIELD_INVALID", "{field}: {}", refused.message());
            assert!(fields(&refused).contains(&format!("insurance_policy.{field}")), "{field}: {:?}", fields(&refused));
        }
        let stranger = InsurancePolicy { insurer: named("insurers", "nobody"), ..base.clone() };
        assert_eq!(reason(&quote(&bench, "wrong", stranger).await.unwrap_err()), "REFERENCE_MISSING");
        let many = InsurancePolicy { excess: 6_000_000.0, end_time: base.start_time, ..base };
        assert_eq!(fields(&quote(&bench, "wrong", many).await.unwrap_err()).len(), 2, "all at once");
        let paid = api::insurer::ClaimRecord { claims: 1, paid_claims: 2, ..Default::default() };
        let boast = insurer(&bench, "boast", Insurer { claim_record: Some(paid), ..Insurer::default() }).await;
        assert_eq!(fields(&boast.unwrap_err()), ["insurer.claim_record.paid_claims"]);
        estate(&bench).await;
        let flu = create(&bench, "flu", Risk { peril: "flu".to_owned(), ..signalling() }).await.unwrap_err();
        assert_eq!((reason(&flu), fields(&flu)), ("FIELD_INVALID".to_owned(), vec!["risk.peril".to_owned()]));
    }

    async fn only_the_moves_there_are_are_made(bench) {
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        quote(&bench, "a", cyber()).await.unwrap();
        quote(&bench, "b", cyber()).await.unwrap();
        let mut client = policies(&bench);
        let name = named("insurancePolicies", "a");
        let renew = |successor: &str| api::RenewInsurancePolicyRequest {
            name: name.clone(), successor: named("insurancePolicies", successor), ..Default::default()
        };
        let terminate = || api::TerminateInsurancePolicyRequest { name: name.clone(), reason: "sold".to_owned(), ..Default::default() };
        let evaluate = || api::EvaluateInsurancePolicyRequest { name: name.clone(), ..Default::default() };
        let decline = || api::DeclineInsurancePolicyRequest { name: name.clone(), ..Default::default() };
        // Of a quote neither renewal nor termination.
        for refused in [
            client.renew_insurance_policy(renew("b")).await.unwrap_err(),
            client.terminate_insurance_policy(terminate()).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), "STATE_FORBIDS");
            assert!(refused.message().contains("QUOTED"), "{}", refused.message());
        }
        assert_eq!(client.evaluate_insurance_policy(evaluate()).await.unwrap().into_inner().state(), State::Evaluated);
        assert_eq!(reason(&client.evaluate_insurance_policy(evaluate()).await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(bind(&bench, "a").await.unwrap().state(), State::InForce);
        for refused in [
            bind(&bench, "a").await.unwrap_err(),
            client.decline_insurance_policy(decline()).await.unwrap_err(),
            client.renew_insurance_policy(renew("b")).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), "STATE_FORBIDS");
        }
        // What was agreed stays; who answers for it may change.
        let update = |policy: InsurancePolicy, path: &str| api::UpdateInsurancePolicyRequest {
            insurance_policy: Some(InsurancePolicy { etag: String::new(), ..policy }),
            update_mask: Some(prost_types::FieldMask { paths: vec![path.to_owned()] }),
        };
        let held = policy(&bench, "a").await;
        let dearer = update(InsurancePolicy { limit: 1e7, ..held.clone() }, "limit");
        assert_eq!(reason(&client.update_insurance_policy(dearer).await.unwrap_err()), "STATE_FORBIDS");
        let owned = update(InsurancePolicy { owner: "olga".to_owned(), ..held }, "owner");
        client.update_insurance_policy(owned).await.unwrap();
        let delete = api::DeleteInsurancePolicyRequest { name: name.clone(), ..Default::default() };
        assert_eq!(reason(&client.delete_insurance_policy(delete).await.unwrap_err()), "STATE_FORBIDS");
        bind(&bench, "b").await.unwrap();
        let renewed = client.renew_insurance_policy(renew("b")).await.unwrap().into_inner();
        assert_eq!((renewed.state(), renewed.successor), (State::Renewed, named("insurancePolicies", "b")));
        assert_eq!(reason(&client.terminate_insurance_policy(terminate()).await.unwrap_err()), "STATE_FORBIDS");
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn terms_read_as_the_engine_takes_them(bench) {
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        let low = InsurancePolicy { tower: "cyber".to_owned(), aggregate_limit: 5_000_000.0, ..cyber() };
        let high = InsurancePolicy {
            tower: "cyber".to_owned(), attachment: 5_050_000.0, excess: 0.0, limit: 10_000_000.0, share: 0.5, ..cyber()
        };
        for (id, policy) in [("high", high), ("low", low)] {
            quote(&bench, id, policy).await.unwrap();
            bind(&bench, id).await.unwrap();
        }
        let ask = |tower| api::DescribeInsuranceTermsRequest { name: named("insurancePolicies", "low"), tower };
        let mut client = policies(&bench);
        let alone = client.describe_insurance_terms(ask(false)).await.unwrap().into_inner();
        assert_eq!((alone.excess, alone.limit, alone.aggregate_limit), (50_000.0, 5_000_000.0, 5_000_000.0));
        let tower = client.describe_insurance_terms(ask(true)).await.unwrap().into_inner();
        let layers: Vec<_> = tower.layers.iter().map(|layer| (layer.attachment, layer.limit, layer.share)).collect();
        assert_eq!(layers, [(50_000.0, 5_000_000.0, 1.0), (5_050_000.0, 10_000_000.0, 0.5)]);
        assert_eq!(tower.premium, 200_000.0);
        for terms in [alone, tower] {
            let model = format!(
                "scenarios: [{{id: s, frequency: {{distribution: poisson, rate: 2}}, severity: {{distribution: exponential, mean: 100000}}, policy: {}}}]",
                terms.yaml
            );
            let request = api::CreateQuantificationRequest {
                parent: PARENT.to_owned(),
                quantification: Some(api::Quantification { model, years: 100, ..Default::default() }),
                ..Default::default()
            };
            let client = bench.client("mia", &["acme"], &["risk-manager"]);
            let mut client = api::quantification_service_client::QuantificationServiceClient::new(client);
            client.create_quantification(request).await.unwrap();
        }
    }

    async fn what_policies_say_is_not_for_every_viewer(bench) {
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        quote(&bench, "a", cyber()).await.unwrap();
        let mut viewer = InsurancePolicyServiceClient::new(bench.client("vic", &["acme"], &["viewer"]));
        let name = named("insurancePolicies", "a");
        let refused = [
            viewer.get_insurance_policy(api::GetInsurancePolicyRequest { name: name.clone() }).await.unwrap_err(),
            viewer.describe_insurance_terms(api::DescribeInsuranceTermsRequest { name, tower: false }).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|one| one.code() == Code::PermissionDenied));
        let mut auditor = InsurancePolicyServiceClient::new(bench.client("aud", &["acme"], &["auditor"]));
        let request = api::ListInsurancePoliciesRequest { parent: PARENT.to_owned(), ..Default::default() };
        assert_eq!(auditor.list_insurance_policies(request).await.unwrap().into_inner().insurance_policies.len(), 1);
        let mut words = api::insurer_service_client::InsurerServiceClient::new(bench.client("vic", &["acme"], &["viewer"]));
        let request = api::DescribeInsuranceWordsRequest { parent: PARENT.to_owned() };
        assert_eq!(words.describe_insurance_words(request).await.unwrap().into_inner().exclusions.len(), 7);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_turn_a_policy_once_each() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        insurer(&bench, "nordic", Insurer::default()).await.unwrap();
        let now = clock.now();
        let dated = InsurancePolicy {
            start_time: store::timestamp(now + DAY),
            end_time: store::timestamp(now + 100 * DAY),
            renewal_notice_days: 30,
            ..cyber()
        };
        quote(&bench, "a", dated).await.unwrap();
        assert_eq!(bind(&bench, "a").await.unwrap().state(), State::Bound);
        for (days, state) in [(1, State::InForce), (69, State::RenewalDue), (30, State::Lapsed)] {
            clock.advance(days * DAY);
            until(&format!("it is {state:?}"), async || policy(&bench, "a").await.state() == state).await;
        }
        let turned = changes(&bench, &named("insurancePolicies", "a"), "deadline/turn-insurance-policy").await;
        assert_eq!(turned, 3);
    }
}
