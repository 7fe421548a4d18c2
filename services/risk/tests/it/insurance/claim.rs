//! Claims: the notice clock, what they come to, how they move.

use access::Clock as _;
use testkit::{Bench, reason};
use tonic::{Code, Status};
use wire::risk::v1 as api;
use wire::risk::v1::insurance_claim::{CostItem, State};
use wire::risk::v1::insurance_claim_service_client::InsuranceClaimServiceClient;
use wire::risk::v1::{InsuranceClaim, InsurancePolicy, Insurer};

use super::{bind, cyber, fields, insurer, quote};
use crate::on_every_database;
use crate::register::{PARENT, changes, manual, named, until};

const HOUR: i64 = 3_600_000_000;

fn claims(bench: &Bench) -> InsuranceClaimServiceClient<testkit::Client> {
    InsuranceClaimServiceClient::new(bench.client("mia", &["acme"], &["risk-manager"]))
}

async fn claim(bench: &Bench, id: &str, claim: InsuranceClaim) -> Result<InsuranceClaim, Status> {
    let request = api::CreateInsuranceClaimRequest {
        parent: PARENT.to_owned(),
        insurance_claim_id: id.to_owned(),
        insurance_claim: Some(claim),
    };
    claims(bench).create_insurance_claim(request).await.map(tonic::Response::into_inner)
}

async fn get(bench: &Bench, id: &str) -> InsuranceClaim {
    let request = api::GetInsuranceClaimRequest { name: named("insuranceClaims", id) };
    claims(bench).get_insurance_claim(request).await.unwrap().into_inner()
}

fn item(cost_type: &str, amount: f64) -> CostItem {
    CostItem { cost_type: cost_type.to_owned(), amount, ..CostItem::default() }
}

/// What a night of ransomware cost, under the policy `held`, which asks to be told within 72 hours.
fn ransom() -> InsuranceClaim {
    InsuranceClaim {
        display_name: "Ransomware in mediation".to_owned(),
        policy: named("insurancePolicies", "held"),
        incident: named("incidents", "2026-17"),
        cost_items: vec![
            item("data-restoration", 90_000.0),
            item("specialist-expertise", 60_000.0),
            item("data-restoration", 30_000.0),
            item("legal-costs", 20_000.0),
        ],
        ..InsuranceClaim::default()
    }
}

async fn held(bench: &Bench) {
    insurer(bench, "nordic", Insurer::default()).await.unwrap();
    quote(bench, "held", InsurancePolicy { claim_notice_hours: 72, ..cyber() }).await.unwrap();
    bind(bench, "held").await.unwrap();
}

fn total(claim: &InsuranceClaim, cost_type: &str) -> f64 {
    claim.totals.iter().find(|one| one.cost_type == cost_type).unwrap().amount
}

on_every_database! {
    async fn a_claim_comes_to_what_its_items_come_to(bench) {
        held(&bench).await;
        let made = claim(&bench, "c", ransom()).await.unwrap();
        assert_eq!((made.state(), made.currency_code.as_str(), made.total_amount), (State::CircumstanceNoticed, "EUR", 200_000.0));
        assert_eq!((total(&made, "data-restoration"), total(&made, "legal-costs")), (120_000.0, 20_000.0));
        // No coverage pays for legal costs; of the other 180,000 the excess of 50,000 is borne.
        assert_eq!(made.expected_payout, 130_000.0);
        let more = InsuranceClaim { cost_items: vec![item("extortion-payment", 70_000.0)], ..made };
        let update = api::UpdateInsuranceClaimRequest {
            insurance_claim: Some(more),
            update_mask: Some(prost_types::FieldMask { paths: vec!["cost_items".to_owned()] }),
        };
        let less = claims(&bench).update_insurance_claim(update).await.unwrap().into_inner();
        assert_eq!((less.total_amount, less.expected_payout, less.totals.len()), (70_000.0, 20_000.0, 1));
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn a_claim_goes_its_way_and_no_other(bench) {
        held(&bench).await;
        let made = claim(&bench, "c", ransom()).await.unwrap();
        let mut client = claims(&bench);
        let name = || made.name.clone();
        let acknowledge = || api::AcknowledgeInsuranceClaimRequest {
            name: name(), insurer_reference: "N-4711".to_owned(), ..Default::default()
        };
        let adjust = || api::AdjustInsuranceClaimRequest { name: name(), ..Default::default() };
        let agree = |agreed_amount| api::AgreeInsuranceClaimRequest { name: name(), agreed_amount, ..Default::default() };
        let dispute = || api::DisputeInsuranceClaimRequest { name: name(), reason: "the excess".to_owned(), ..Default::default() };
        let pay = |paid_amount| api::PayInsuranceClaimRequest { name: name(), paid_amount, ..Default::default() };
        let notify = || api::NotifyInsuranceClaimRequest { name: name(), ..Default::default() };
        for refused in [
            client.acknowledge_insurance_claim(acknowledge()).await.unwrap_err(),
            client.adjust_insurance_claim(adjust()).await.unwrap_err(),
            client.agree_insurance_claim(agree(1.0)).await.unwrap_err(),
            client.dispute_insurance_claim(dispute()).await.unwrap_err(),
            client.pay_insurance_claim(pay(1.0)).await.unwrap_err(),
        ] {
            assert_eq!(reason(&refused), "STATE_FORBIDS");
            assert!(refused.message().contains("CIRCUMSTANCE_NOTICED"), "{}", refused.message());
        }
        let told = client.notify_insurance_claim(notify()).await.unwrap().into_inner();
        assert!(told.state() == State::Notified && told.notify_time.is_some() && !told.notice_overdue);
        assert_eq!(reason(&client.notify_insurance_claim(notify()).await.unwrap_err()), "STATE_FORBIDS");
        let delete = api::DeleteInsuranceClaimRequest { name: name(), ..Default::default() };
        assert_eq!(reason(&client.delete_insurance_claim(delete).await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(client.acknowledge_insurance_claim(acknowledge()).await.unwrap().into_inner().insurer_reference, "N-4711");
        client.adjust_insurance_claim(adjust()).await.unwrap();
        assert_eq!(client.dispute_insurance_claim(dispute()).await.unwrap().into_inner().dispute, "the excess");
        assert_eq!(fields(&client.agree_insurance_claim(agree(200_001.0)).await.unwrap_err()), ["agreed_amount"]);
        assert_eq!(client.agree_insurance_claim(agree(130_000.0)).await.unwrap().into_inner().agreed_amount, 130_000.0);
        let late = api::UpdateInsuranceClaimRequest {
            insurance_claim: Some(InsuranceClaim { name: name(), cost_items: Vec::new(), ..ransom() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["cost_items".to_owned()] }),
        };
        assert_eq!(reason(&client.update_insurance_claim(late).await.unwrap_err()), "STATE_FORBIDS");
        assert_eq!(fields(&client.pay_insurance_claim(pay(130_001.0)).await.unwrap_err()), ["paid_amount"]);
        assert_eq!(client.pay_insurance_claim(pay(130_000.0)).await.unwrap().into_inner().state(), State::Paid);
        let close = || api::CloseInsuranceClaimRequest { name: name(), reason: "paid".to_owned(), ..Default::default() };
        assert_eq!(client.close_insurance_claim(close()).await.unwrap().into_inner().state(), State::Closed);
        assert_eq!(reason(&client.close_insurance_claim(close()).await.unwrap_err()), "STATE_FORBIDS");
        testkit::ledger_holds(&bench, &::risk::tables()).await;
    }

    async fn a_claim_that_makes_no_sense_is_refused(bench) {
        held(&bench).await;
        quote(&bench, "offer", cyber()).await.unwrap();
        let offered = InsuranceClaim { policy: named("insurancePolicies", "offer"), ..ransom() };
        let refused = claim(&bench, "c", offered).await.unwrap_err();
        assert_eq!(reason(&refused), "INSURANCE_POLICY_NOT_BOUND");
        assert!(refused.message().contains("QUOTED"));
        let ahead = store::timestamp(access::SystemClock.now() + HOUR);
        for (field, wrong) in [
            ("cost_items[0].amount", InsuranceClaim { cost_items: vec![item("legal-costs", -1.0)], ..ransom() }),
            ("cost_items[0].cost_type", InsuranceClaim { cost_items: vec![item("lunch", 1.0)], ..ransom() }),
            ("aware_time", InsuranceClaim { aware_time: ahead, ..ransom() }),
            ("occur_time", InsuranceClaim { occur_time: ahead, ..ransom() }),
            ("incident", InsuranceClaim { incident: "a storm".to_owned(), ..ransom() }),
        ] {
            let refused = claim(&bench, "c", wrong).await.unwrap_err();
            assert!(fields(&refused).contains(&format!("insurance_claim.{field}")), "{field}: {:?}", fields(&refused));
        }
        let mut viewer = InsuranceClaimServiceClient::new(bench.client("vic", &["acme"], &["viewer"]));
        let list = api::ListInsuranceClaimsRequest { parent: PARENT.to_owned(), ..Default::default() };
        assert_eq!(viewer.list_insurance_claims(list).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_clock_is_overdue_once() {
    for postgres in testkit::backends() {
        let (bench, clock) = manual(postgres.as_deref()).await;
        held(&bench).await;
        for id in ["late", "told"] {
            let made = claim(&bench, id, ransom()).await.unwrap();
            assert_eq!(made.notice_due_time, store::timestamp(clock.now() + 72 * HOUR));
        }
        let notify =
            |id: &str| api::NotifyInsuranceClaimRequest { name: named("insuranceClaims", id), ..Default::default() };
        clock.advance(72 * HOUR - 1);
        claims(&bench).notify_insurance_claim(notify("told")).await.unwrap();
        assert!(!get(&bench, "late").await.notice_overdue, "not early");
        clock.advance(1);
        until("it is overdue", async || get(&bench, "late").await.notice_overdue).await;
        clock.advance(72 * HOUR);
        let told = claims(&bench).notify_insurance_claim(notify("late")).await.unwrap().into_inner();
        assert!(told.notice_overdue, "that it was late stays");
        assert!(!get(&bench, "told").await.notice_overdue);
        for (id, count) in [("late", 1), ("told", 0)] {
            let flagged = changes(&bench, &named("insuranceClaims", id), "deadline/overdue-claim-notice").await;
            assert_eq!(flagged, count, "{id}");
        }
    }
}
