//! Obligations, each within its incident: what must be told, to whom, until when (EU 611/2013, GDPR 33 and 34, NIS2 23 and others, all of it data).
//!
//! They follow from what is known of the incident, in the transaction in which that changes (`obligation/follow.rs`): they start, move and end; ends that
//! held before stay. What is told is drafted, approved by another, sent, acknowledged (`obligation/notify.rs`); that nothing is told is signed. One that was
//! not told when it was due is flagged once, by the timer. Reading needs `readRestricted`.

mod clock;
mod contents;
mod facts;
mod follow;
mod notify;
mod watch;

use access::Context;
use deadline::{Deadline, Timer};
use fault::Outcome;
use store::{Changed, Collection, Reference, Rules, Transaction, in_state, micros, open, parent_of, reply};
use tonic::{Request, Response, Status};
use wire::incidents::v1 as api;
use wire::incidents::v1::Obligation;
use wire::incidents::v1::obligation::State;
use wire::incidents::v1::obligation_service_server::ObligationService;

use crate::incident::Incidents;
use crate::{Registry, organization_of};

pub(crate) use facts::outage;
pub(crate) use follow::follow;
pub(crate) use watch::look_at_all;

// === The table ===

/// All obligations.
pub struct Obligations;

impl store::Resource for Obligations {
    type Message = Obligation;
    const TABLE: &'static str = "obligation";
    const COLLECTION: &'static str = "incidents/*/obligations";

    fn columns() -> &'static [store::Column<Obligation>] {
        store::columns![Obligation;
            regime: text, stage: text, recipient: text, state: choice(State) order, start_time: time order, due_time: time order,
            overdue: boolean index, open: boolean index, incident: text index,
        ]
    }

    fn references() -> &'static [Reference<Obligation>] {
        store::references![Obligation; name(parent): Incidents]
    }

    store::head!(Obligation;
        incident, regime, regime_since, stage, title, recipient, state, state_reason, state_time, start_time, due_time, strict_due_time, overdue,
        open, former_ends, clock_steps, pause_time, why, missing_facts, provisional, asked, drafter, drafters, former_notifications, approval, version, channel, sent_time,
        last_sent_time, late_reason, document, document_digest, receipt, acknowledge_time, signer,
    );
}

store::life!(Obligations; State, "obligation");

/// The states in which something is still to be told.
const TO_TELL: [State; 3] = [State::Pending, State::Drafted, State::Approved];

// === The rules ===

impl Rules for Obligations {
    type Needs = ();

    fn create(_: &Context, _: &(), new: &mut Obligation) -> Outcome<()> {
        parent_of(&new.name).clone_into(&mut new.incident);
        new.open = is_open(new);
        Ok(())
    }

    fn update(context: &Context, _: &(), old: &Obligation, new: &mut Obligation) -> Outcome<()> {
        let by_hand = old.contents != new.contents && old.state() == new.state();
        if by_hand {
            in_state("obligation", old.state(), &[State::Drafted, State::Approved], "written: draft it first")?;
            notify::keys(new)?;
            notify::sign(context, new);
        }
        // What was approved is not what is there now: it is approved again.
        let void = approval::hold(context, &mut new.approval, &notify::parts(&new.contents));
        if void && new.state() == State::Approved {
            use store::Life as _;
            Self::enter(new, State::Drafted, "what was approved was changed", context.clock.now());
        }
        for asked in &mut new.asked {
            asked.missing = new.contents.get(&asked.key).is_none_or(|text| text.trim().is_empty());
        }
        let past = new.due_time.is_some() && micros(new.due_time.as_ref()) < context.clock.now();
        new.overdue = new.overdue && past && waits(new);
        new.open = is_open(new);
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Obligation>]) -> Outcome<()> {
        deadline::follow(tx, organization, OVERDUE, changed, |one| &one.name, due).await
    }
}

/// Whether somebody still has to tell it, or to find out whether it must be told.
fn waits(one: &Obligation) -> bool {
    one.state() == State::Undecided || TO_TELL.contains(&one.state())
}

fn is_open(one: &Obligation) -> bool {
    one.state() == State::Undecided || TO_TELL.contains(&one.state()) && one.sent_time.is_none()
}

// === The clock ===

/// The deadline at which an obligation is overdue.
const OVERDUE: &str = "overdue-obligation";

/// When an obligation is overdue, if it is not yet. What is told at the very instant is told in time.
fn due(one: &Obligation) -> Option<i64> {
    let runs = waits(one) && one.sent_time.is_none() && one.pause_time.is_none() && !one.overdue;
    Some(micros(Some(one.due_time.as_ref().filter(|_| runs)?)).saturating_add(1))
}

/// The timer, with what is due for obligations.
pub(crate) fn timer(timer: Timer) -> Timer {
    let timer = timer.on(OVERDUE, |tx, deadline| Box::pin(flag(tx, deadline)));
    let timer = timer.on(watch::CROSSING, |tx, deadline| Box::pin(watch::look(tx, deadline)));
    timer.on(watch::OTHER_LAW, |tx, deadline| Box::pin(watch::go_on(tx, deadline)))
}

/// Flags an obligation whose time has come; one that was told or moved at the same moment stays as it is.
async fn flag(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    hold(tx, organization_of(&deadline.name)).await?;
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Obligation, new: &mut Obligation| {
        new.overdue |= due(old).is_some_and(|due| due <= now);
        Ok(())
    };
    match Collection::<Obligations>::new(tx.database().clone()).change_in(tx, &deadline.name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}

// === One at a time ===

/// The lock, by organization.
const OBLIGATIONS: i32 = 7_310_692;

/// Holds the obligations of an organization until the transaction ends. Whoever writes one holds them before any row: what follows from an incident is
/// made of what was read, and must not be laid over what somebody sent meanwhile.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
async fn hold(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    tx.hold(OBLIGATIONS, organization, store::Hold::Alone).await
}

impl Registry {
    /// Begins a transaction that holds the obligations of the organization of a name.
    async fn begin_obligations(&self, context: &Context, name: &str) -> Outcome<Transaction> {
        let organization = organization_of(name);
        context.enter(organization, name)?;
        let mut tx = self.database.begin(context).await?;
        hold(&mut tx, organization).await?;
        Ok(tx)
    }

    async fn change_obligation(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        rule: impl FnOnce(&Context, &Obligation, &mut Obligation) -> Outcome<()> + Send,
    ) -> Outcome<Obligation> {
        let mut tx = self.begin_obligations(context, name).await?;
        let changed = self.obligations.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

// === The API ===

#[tonic::async_trait]
impl ObligationService for Registry {
    async fn get_obligation(
        &self,
        request: Request<api::GetObligationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        self.obligations.serve_get(request).await
    }

    async fn list_obligations(
        &self,
        mut request: Request<api::ListObligationsRequest>,
    ) -> Result<Response<api::ListObligationsResponse>, Status> {
        // Those of an organization are those of every incident.
        let parent = &mut request.get_mut().parent;
        if resource::parse_parent(parent).is_ok() {
            parent.push_str("/incidents/-");
        }
        self.obligations.serve_list(request).await
    }

    async fn update_obligation(
        &self,
        request: Request<api::UpdateObligationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let context = Context::of(&request)?;
        let r = request.into_inner();
        let obligation = r.obligation.unwrap_or_default();
        let mut tx = self.begin_obligations(&context, &obligation.name).await?;
        let updated = self.obligations.update_in(&mut tx, obligation, r.update_mask).await?;
        tx.commit().await?;
        Ok(Response::new(updated))
    }

    async fn draft_notification(
        &self,
        request: Request<api::DraftNotificationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        reply(self.draft(&context, &r).await)
    }

    async fn approve_notification(
        &self,
        request: Request<api::ApproveNotificationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        let rule =
            |context: &Context, old: &Obligation, new: &mut Obligation| notify::approve(context, old, new, &r.comment);
        reply(self.change_obligation(&context, (&r.name, &r.etag), rule).await)
    }

    async fn send_notification(
        &self,
        request: Request<api::SendNotificationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        reply(self.send(&context, &r).await)
    }

    async fn acknowledge_notification(
        &self,
        request: Request<api::AcknowledgeNotificationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        let rule =
            |context: &Context, old: &Obligation, new: &mut Obligation| notify::acknowledge(context, old, new, &r);
        reply(self.change_obligation(&context, (&r.name, &r.etag), rule).await)
    }

    async fn decline_notification(
        &self,
        request: Request<api::DeclineNotificationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Obligation, new: &mut Obligation| {
            notify::DECLINE.make::<Obligations>(context, old, new, &r.reason)?;
            new.signer.clone_from(&context.caller.subject);
            Ok(())
        };
        reply(self.change_obligation(&context, (&r.name, &r.etag), rule).await)
    }

    async fn pause_obligation(
        &self,
        request: Request<api::PauseObligationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        let step = |at| Ok(statute::Step::Pause { at, reason: r.reason.clone() });
        reply(self.step_clock(&context, (&r.name, &r.etag), step).await)
    }

    async fn resume_obligation(
        &self,
        request: Request<api::ResumeObligationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_clock(&context, (&r.name, &r.etag), |at| Ok(statute::Step::Resume { at })).await)
    }

    async fn extend_obligation(
        &self,
        request: Request<api::ExtendObligationRequest>,
    ) -> Result<Response<Obligation>, Status> {
        let (context, r) = open(request)?;
        let step = |at| {
            let by = r.by.parse().map_err(|problem: statute::NoPeriod| {
                let reason = wire::fault::v1::ErrorReason::FieldInvalid;
                fault::Fault::invalid(reason, problem.to_string()).on("by")
            })?;
            Ok(statute::Step::Extend { at, by, reason: r.reason.clone() })
        };
        reply(self.step_clock(&context, (&r.name, &r.etag), step).await)
    }
}
