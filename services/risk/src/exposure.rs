//! Exposures: assets that are globally accessible in IP-based networks (ITU-T X.1059).
//!
//! One is a port of a host, found by its address or name, protocol and port. Whatever writes one (a person, a scan, the registry's feed, the
//! timer) goes through the same rules: what it shows is compared with what was approved, its dates follow from its state and the exposure
//! policy, and its score from its findings.

mod due;
mod finding;
pub(crate) mod host;
mod import;
mod reconcile;
mod rules;
pub(crate) mod score;

use access::Context;
use fault::Outcome;
use store::{Referrer, Side, in_state, micros, open, reply, timestamp};
use tonic::{Request, Response, Status, Streaming};
use wire::risk::v1::exposure::State;
use wire::risk::v1::exposure_service_server::ExposureService;
use wire::risk::v1::port_range::Protocol;
use wire::risk::v1::{
    ApproveExposureRequest, ClaimExposureRequest, CreateExposureRequest, ErrorReason, Exposure, GetExposureRequest,
    ImportExposuresRequest, ImportExposuresResponse, ListExposuresRequest, ListExposuresResponse,
    RejectExposureRequest, UpdateExposureRequest, WithdrawExposureRequest,
};

use crate::{Registry, exposure_policy, organization_of};

pub(crate) use due::timer;
pub(crate) use finding::{follow_findings, severities};
pub(crate) use reconcile::follow;
pub(crate) use rules::rescore;

/// A day, in microseconds.
pub(crate) const DAY: i64 = 86_400_000_000;

// === The table ===

/// All exposures.
pub struct Exposures;

impl store::Resource for Exposures {
    type Message = Exposure;
    const TABLE: &'static str = "exposure";
    const COLLECTION: &'static str = "exposures";

    fn columns() -> &'static [store::Column<Exposure>] {
        store::columns![Exposure;
            asset: text order, ip: text order search, fqdn: text order search, port: integer order, protocol: choice(Protocol) order,
            service: text, product: text search, owner: text, state: choice(State) order, stale: boolean order,
            approved_until: time order, first_seen: time, last_seen: time order, score: real order, case_raised: boolean,
        ]
    }

    fn sides() -> &'static [Side<Exposure>] {
        store::sides![Exposure;
            labels: map "exposure_label", behind: set "exposure_behind", sources: set "exposure_source",
            address(value): own "exposure_address" = |exposure| {
                host::address(&exposure.ip).map(|address| vec![host::key(address)]).into_iter().collect()
            } => (ip),
            name_of(value): own "exposure_name" = |exposure| {
                rules::names(exposure).map(|name| vec![name.to_owned()]).collect()
            } => (fqdn, other_names),
        ]
    }

    fn referrers() -> &'static [Referrer] {
        const {
            &[Referrer {
                what: "links to legacy networks",
                table: "legacy_link",
                column: "exposure",
                filter: "exposure=",
                by_id: false,
            }]
        }
    }

    store::head!(Exposure;
        state, state_time, state_reason, claimants, approved_until, approval, decider, decide_time, decision_note, first_seen, last_seen,
        sources, first_scan, last_scan, missed_scans, stale, matched_by, drifts, case, case_due_time, expiring_time, reopen_count,
        reopen_time, score, open_findings, legacy_links, last_missed_time, case_raised,
    );
}

// === The custom methods ===

/// Says who decided, when and why.
fn decide(context: &Context, new: &mut Exposure, note: &str) {
    new.decider.clone_from(&context.caller.subject);
    new.decide_time = timestamp(context.clock.now());
    note.clone_into(&mut new.decision_note);
}

/// None of those who wrote what is decided on decides.
fn by_none_of(context: &Context, claimants: &[String], done: &str) -> Outcome<()> {
    for claimant in claimants {
        approval::by_another(context, claimant, || {
            format!("{claimant} claimed this or wrote parts of the claim and so cannot {done} it: another person must")
        })?;
    }
    Ok(())
}

fn claim(context: &Context, r: ClaimExposureRequest, old: &Exposure, new: &mut Exposure) -> Outcome<()> {
    const CLAIMABLE: [State; 5] = [State::Discovered, State::Unknown, State::Claimed, State::Rejected, State::Expiring];
    in_state("exposure", old.state(), &CLAIMABLE, "claimed")?;
    new.owner = if r.owner.is_empty() { context.caller.subject.clone() } else { r.owner };
    new.business_need = r.business_need;
    if !r.asset.is_empty() {
        new.asset = r.asset;
    }
    if !r.behind.is_empty() {
        new.behind = r.behind;
    }
    rules::sign(context, new);
    rules::enter(new, State::Claimed, "somebody answers for it", context.clock.now());
    Ok(())
}

fn approve(
    context: &Context,
    longest_days: i64,
    r: &ApproveExposureRequest,
    old: &Exposure,
    new: &mut Exposure,
) -> Outcome<()> {
    in_state("exposure", old.state(), &[State::Claimed, State::Expiring], "approved")?;
    by_none_of(context, &old.claimants, "approve")?;
    let (now, until) = (context.clock.now(), micros(r.until.as_ref()));
    if until <= now || until > now.saturating_add(longest_days * DAY) {
        let message = format!("an approval ends after now and at most {longest_days} days ahead: give another time");
        return Err(fault::Fault::invalid(ErrorReason::ExposureApprovedTooLong, message)
            .with("limit", longest_days)
            .on("until"));
    }
    new.approved_until = timestamp(until);
    new.approval = Some(approval::approve(context, "", &rules::parts(new), &r.comment)?);
    decide(context, new, &r.comment);
    rules::enter(new, State::Approved, "it was approved", now);
    Ok(())
}

fn reject(context: &Context, r: &RejectExposureRequest, old: &Exposure, new: &mut Exposure) -> Outcome<()> {
    const REJECTABLE: [State; 6] =
        [State::Discovered, State::Unknown, State::Claimed, State::Approved, State::Monitored, State::Expiring];
    in_state("exposure", old.state(), &REJECTABLE, "rejected")?;
    by_none_of(context, &old.claimants, "reject")?;
    decide(context, new, &r.reason);
    rules::enter(new, State::Rejected, &r.reason, context.clock.now());
    Ok(())
}

fn withdraw(context: &Context, r: &WithdrawExposureRequest, old: &Exposure, new: &mut Exposure) -> Outcome<()> {
    const REACHABLE: [State; 7] = [
        State::Discovered,
        State::Unknown,
        State::Claimed,
        State::Approved,
        State::Monitored,
        State::Expiring,
        State::Rejected,
    ];
    in_state("exposure", old.state(), &REACHABLE, "withdrawn")?;
    let why = if r.reason.is_empty() { "it was withdrawn" } else { &r.reason };
    rules::enter(new, State::Withdrawn, why, context.clock.now());
    Ok(())
}

// === The API ===

#[tonic::async_trait]
impl ExposureService for Registry {
    async fn create_exposure(&self, request: Request<CreateExposureRequest>) -> Result<Response<Exposure>, Status> {
        let (context, mut r) = open(request)?;
        crate::enter(&context, &r.parent, "parent")?;
        if let Some(exposure) = r.exposure.as_mut() {
            rules::sound(exposure)?;
            if r.exposure_id.is_empty() {
                r.exposure_id = host::id(&exposure.ip, &exposure.fqdn, exposure.port, exposure.protocol());
            }
        }
        reply(self.exposures.create(&context, &r.parent, &r.exposure_id, r.exposure).await)
    }

    async fn get_exposure(&self, request: Request<GetExposureRequest>) -> Result<Response<Exposure>, Status> {
        self.exposures.serve_get(request).await
    }

    async fn list_exposures(
        &self,
        request: Request<ListExposuresRequest>,
    ) -> Result<Response<ListExposuresResponse>, Status> {
        self.exposures.serve_list(request).await
    }

    async fn update_exposure(&self, request: Request<UpdateExposureRequest>) -> Result<Response<Exposure>, Status> {
        self.exposures.serve_update(request).await
    }

    async fn claim_exposure(&self, request: Request<ClaimExposureRequest>) -> Result<Response<Exposure>, Status> {
        let (context, r) = open(request)?;
        let (name, etag) = (r.name.clone(), r.etag.clone());
        let rule = |context: &Context, old: &Exposure, new: &mut Exposure| claim(context, r, old, new);
        reply(self.exposures.change(&context, &name, &etag, rule).await)
    }

    async fn approve_exposure(&self, request: Request<ApproveExposureRequest>) -> Result<Response<Exposure>, Status> {
        let (context, r) = open(request)?;
        let longest = self.longest_approval(&context, &r.name).await?;
        let rule = |context: &Context, old: &Exposure, new: &mut Exposure| approve(context, longest, &r, old, new);
        reply(self.exposures.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn reject_exposure(&self, request: Request<RejectExposureRequest>) -> Result<Response<Exposure>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Exposure, new: &mut Exposure| reject(context, &r, old, new);
        reply(self.exposures.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn withdraw_exposure(&self, request: Request<WithdrawExposureRequest>) -> Result<Response<Exposure>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Exposure, new: &mut Exposure| withdraw(context, &r, old, new);
        reply(self.exposures.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn import_exposures(
        &self,
        request: Request<Streaming<ImportExposuresRequest>>,
    ) -> Result<Response<ImportExposuresResponse>, Status> {
        let context = Context::of(&request)?;
        reply(import::import(self, &context, request.into_inner()).await)
    }
}

impl Registry {
    /// For how many days an exposure may be approved at most. Whether the caller may see the organization is asked where it is changed.
    async fn longest_approval(&self, context: &Context, name: &str) -> Outcome<i64> {
        let organization = organization_of(name);
        if organization.is_empty() {
            return Ok(0);
        }
        context.enter(organization, name)?;
        let policy = exposure_policy::active_now(self, organization).await?;
        Ok(i64::from(policy.longest_approval_days))
    }
}
