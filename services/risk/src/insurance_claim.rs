//! Insurance claims: what happened, until when the insurer is to be told, what it cost, what was agreed and paid (ITU-T X.1061, 7.4, Appendix I).
//!
//! The notice clock runs from when something was found out, as long as the policy gives, and is overdue once (`insurance_claim/notice.rs`). What it cost
//! is added up by cost type whenever the claim is written, and held against the terms of its policy. Reading needs `readRestricted`.

mod notice;
mod rules;

use access::Context;
use fault::{Fault, Outcome};
use store::{Life as _, Reference, Side, in_state, micros, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1 as api;
use wire::risk::v1::InsuranceClaim;
use wire::risk::v1::insurance_claim::State;
use wire::risk::v1::insurance_claim_service_server::InsuranceClaimService;

use crate::Registry;
use crate::insurance_policy::InsurancePolicies;
use crate::risk::Risks;

pub(crate) use notice::timer;

const NOUN: &str = "insurance claim";

// === The table ===

/// All insurance claims.
pub struct InsuranceClaims;

impl store::Resource for InsuranceClaims {
    type Message = InsuranceClaim;
    const TABLE: &'static str = "insurance_claim";
    const COLLECTION: &'static str = "insuranceClaims";

    fn columns() -> &'static [store::Column<InsuranceClaim>] {
        store::columns![InsuranceClaim;
            display_name: text order search, policy: text index, incident: text index, risk: text index, owner: text,
            notice_due_time: time order, notice_overdue: boolean, notify_time: time, total_amount: real order,
            expected_payout: real, paid_amount: real, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<InsuranceClaim>] {
        store::sides![InsuranceClaim; labels: map "insurance_claim_label"]
    }

    fn references() -> &'static [Reference<InsuranceClaim>] {
        store::references![InsuranceClaim; policy: InsurancePolicies, risk: Risks]
    }

    store::head!(InsuranceClaim;
        currency_code, notice_due_time, notice_overdue, notify_time, insurer_reference, totals, total_amount, expected_payout, agreed_amount,
        paid_amount, dispute, state, state_reason, state_time
    );
}

/// The states in which what it cost may still change.
const COUNTING: [State; 5] =
    [State::CircumstanceNoticed, State::Notified, State::Acknowledged, State::Adjusted, State::Disputed];
/// The states from which it can be closed.
const LIVING: [State; 7] = [
    State::CircumstanceNoticed,
    State::Notified,
    State::Acknowledged,
    State::Adjusted,
    State::Agreed,
    State::Disputed,
    State::Paid,
];

store::life!(InsuranceClaims; State, NOUN);

/// Refuses an amount above another.
fn at_most(field: &str, amount: f64, (most, of): (f64, &str)) -> Outcome<()> {
    if amount <= most {
        return Ok(());
    }
    let message = format!("{amount} is more than {of}, {most}: give at most that");
    Err(Fault::invalid(House::FieldInvalid, message).on(field.to_owned()))
}

impl Registry {
    /// Moves a claim from one of some states into another, and writes what the move says beside.
    async fn step_claim(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        (from, to, done): (&[State], State, &str),
        reason: &str,
        said: impl FnOnce(i64, &mut InsuranceClaim) -> Outcome<()> + Send,
    ) -> Outcome<InsuranceClaim> {
        let rule = |context: &Context, old: &InsuranceClaim, new: &mut InsuranceClaim| {
            in_state(NOUN, old.state(), from, done)?;
            let now = context.clock.now();
            InsuranceClaims::enter(new, to, reason, now);
            said(now, new)
        };
        self.insurance_claims.change(context, name, etag, rule).await
    }
}

/// Writes down when the insurer was told.
fn told(at: Option<&prost_types::Timestamp>, now: i64, new: &mut InsuranceClaim) -> Outcome<()> {
    let when = at.map_or(now, |time| micros(Some(time)));
    let aware = micros(new.aware_time.as_ref());
    if when > now || when < aware {
        let message = "the insurer is told after it was found out and not in the future: give a time between the two";
        return Err(Fault::invalid(House::FieldInvalid, message).on("notify_time"));
    }
    new.notify_time = timestamp(when);
    // One that was told in time, and only written down late, is not overdue.
    new.notice_overdue = new.notice_due_time.is_some() && when > micros(new.notice_due_time.as_ref());
    Ok(())
}

// === The API ===

#[tonic::async_trait]
impl InsuranceClaimService for Registry {
    async fn create_insurance_claim(
        &self,
        request: Request<api::CreateInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        self.insurance_claims.serve_create(request).await
    }

    async fn get_insurance_claim(
        &self,
        request: Request<api::GetInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        self.insurance_claims.serve_get(request).await
    }

    async fn list_insurance_claims(
        &self,
        request: Request<api::ListInsuranceClaimsRequest>,
    ) -> Result<Response<api::ListInsuranceClaimsResponse>, Status> {
        self.insurance_claims.serve_list(request).await
    }

    async fn update_insurance_claim(
        &self,
        request: Request<api::UpdateInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        self.insurance_claims.serve_update(request).await
    }

    async fn delete_insurance_claim(
        &self,
        request: Request<api::DeleteInsuranceClaimRequest>,
    ) -> Result<Response<()>, Status> {
        self.insurance_claims.serve_delete(request).await
    }

    async fn notify_insurance_claim(
        &self,
        request: Request<api::NotifyInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::CircumstanceNoticed][..], State::Notified, "notified");
        let said = |now, new: &mut InsuranceClaim| told(r.notify_time.as_ref(), now, new);
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, said).await)
    }

    async fn acknowledge_insurance_claim(
        &self,
        request: Request<api::AcknowledgeInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Notified][..], State::Acknowledged, "acknowledged");
        let said = |_, new: &mut InsuranceClaim| {
            new.insurer_reference.clone_from(&r.insurer_reference);
            Ok(())
        };
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, said).await)
    }

    async fn adjust_insurance_claim(
        &self,
        request: Request<api::AdjustInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Acknowledged, State::Disputed][..], State::Adjusted, "adjusted");
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, |_, _| Ok(())).await)
    }

    async fn agree_insurance_claim(
        &self,
        request: Request<api::AgreeInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Adjusted, State::Disputed][..], State::Agreed, "agreed");
        let said = |_, new: &mut InsuranceClaim| {
            new.agreed_amount = r.agreed_amount;
            at_most("agreed_amount", r.agreed_amount, (new.total_amount, "it cost"))
        };
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, said).await)
    }

    async fn dispute_insurance_claim(
        &self,
        request: Request<api::DisputeInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Acknowledged, State::Adjusted, State::Agreed][..], State::Disputed, "disputed");
        let said = |_, new: &mut InsuranceClaim| {
            new.dispute.clone_from(&r.reason);
            Ok(())
        };
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, said).await)
    }

    async fn pay_insurance_claim(
        &self,
        request: Request<api::PayInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&[State::Agreed][..], State::Paid, "paid");
        let said = |_, new: &mut InsuranceClaim| {
            new.paid_amount = r.paid_amount;
            at_most("paid_amount", r.paid_amount, (new.agreed_amount, "was agreed"))
        };
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, said).await)
    }

    async fn close_insurance_claim(
        &self,
        request: Request<api::CloseInsuranceClaimRequest>,
    ) -> Result<Response<InsuranceClaim>, Status> {
        let (context, r) = open(request)?;
        let step = (&LIVING[..], State::Closed, "closed");
        reply(self.step_claim(&context, (&r.name, &r.etag), step, &r.reason, |_, _| Ok(())).await)
    }
}
