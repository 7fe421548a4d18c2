//! Findings: what is weak on one asset or exposure, how bad, by when it must be dealt with, and what was done (ITU-T X.1059).
//!
//! Where each move leads is the table in `finding/moves.rs`. What a finding says of its vulnerability (score, exploitation) follows the
//! vulnerability, and its due time the policy that holds: both are looked up whenever it is written, and `follow` and `date_anew`
//! write those that are behind. Seeing findings again (`sight::sight`) is one path for matching, for scanners and for advisories.

mod due;
mod known;
pub(crate) mod matching;
pub(crate) mod moves;
mod reminder;
pub(crate) mod sight;

use std::collections::BTreeMap;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Collection, Reference, Rules, Side, Transaction, micros, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1 as api;
use wire::risk::v1::finding::basis::Method;
use wire::risk::v1::finding::{Basis, Justification, Severity, State};
use wire::risk::v1::finding_service_server::FindingService;
use wire::risk::v1::{ErrorReason, Finding};

use crate::{Registry, rating};
pub(crate) use known::Facts;
use known::Known;
use moves::{By, Step};
pub(crate) use reminder::timer;

/// The longest a finding may be accepted, in days: a year, with room for a leap day.
const LONGEST_DAYS: i64 = 366;
const DAY: i64 = 86_400_000_000;

// === The table ===

/// All findings.
pub struct Findings;

impl store::Resource for Findings {
    type Message = Finding;
    const TABLE: &'static str = "finding";
    const COLLECTION: &'static str = "findings";

    fn columns() -> &'static [store::Column<Finding>] {
        store::columns![Finding;
            vulnerability: text index, weakness: text search, asset: text index, exposure: text index,
            severity: choice(Severity) order, cvss: real order, epss: real order, known_exploited: boolean, source: text,
            last_seen_time: time order, due_time: time order, state: choice(State) order, open_time: time order,
            overdue: boolean,
        ]
    }

    fn sides() -> &'static [Side<Finding>] {
        store::sides![Finding; labels: map "finding_label"]
    }

    fn references() -> &'static [Reference<Finding>] {
        // What a vulnerability's record says may come after what was found; assets are of another service.
        &[]
    }

    store::head!(Finding;
        epss, known_exploited, last_seen_time, due_time, due_reason, state, state_reason, state_time, open_time, accept_until,
        decider, justification, advisory, overdue, overdue_time, reopen_count, resolution,
    );
}

// === The rules ===

impl Rules for Findings {
    type Needs = Known;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&Finding]) -> Outcome<Known> {
        known::load(tx, organization, messages).await
    }

    fn check(context: &Context, known: &Known, new: &mut Finding) -> Outcome<()> {
        sound(known.organization(), new)?;
        rated(new)?;
        known.tell(new);
        if moves::OPEN.contains(&new.state()) {
            known.date(new);
            let late = new.due_time.as_ref().is_some_and(|due| micros(Some(due)) <= context.clock.now());
            new.overdue &= late;
        } else {
            new.overdue = false;
        }
        Ok(())
    }

    fn create(context: &Context, known: &Known, new: &mut Finding) -> Outcome<()> {
        let now = timestamp(context.clock.now());
        new.set_state(State::Open);
        new.state_time = now;
        new.decider.clone_from(&context.caller.subject);
        new.first_seen_time = new.first_seen_time.or(now);
        new.open_time = since(context, new);
        new.last_seen_time = now;
        if new.r#match.is_none() {
            let by_hand = Basis { confidence: 1.0, ..Default::default() };
            new.r#match.insert(by_hand).set_method(Method::ByHand);
        }
        Self::check(context, known, new)
    }

    fn update(context: &Context, known: &Known, old: &Finding, new: &mut Finding) -> Outcome<()> {
        moves::allowed(old.state(), new.state())?;
        // Whoever leaves it out does not make it young.
        new.first_seen_time = new.first_seen_time.or(old.first_seen_time);
        if old.first_seen_time != new.first_seen_time && old.reopen_count == 0 {
            new.open_time = since(context, new);
        }
        Self::check(context, known, new)
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Finding>]) -> Outcome<()> {
        reminder::follow(tx, organization, changed).await?;
        crate::exposure::follow_findings(tx, organization, changed).await
    }
}

/// Since when a finding is open that was never dealt with: since it was seen, not since it was written down here.
fn since(context: &Context, finding: &Finding) -> Option<prost_types::Timestamp> {
    let now = context.clock.now();
    timestamp(finding.first_seen_time.as_ref().map_or(now, |seen| micros(Some(seen)).min(now)))
}

/// What holds for what a finding is of.
fn sound(organization: &str, finding: &Finding) -> Outcome<()> {
    let nothing = |field: &str, missing: &str| {
        let message = format!("a finding has a {missing}: name one");
        Err(Fault::invalid(ErrorReason::FindingOfNothing, message)
            .with("missing", missing)
            .on(format!("finding.{field}")))
    };
    if finding.vulnerability.is_empty() && finding.weakness.trim().is_empty() {
        return nothing("vulnerability", "vulnerability or weakness");
    }
    if finding.asset.is_empty() && finding.exposure.is_empty() {
        return nothing("asset", "asset or exposure");
    }
    let named = [
        ("vulnerability", &finding.vulnerability, "vulnerabilities"),
        ("asset", &finding.asset, "assets"),
        ("exposure", &finding.exposure, "exposures"),
    ];
    for (field, name, collection) in named {
        crate::ours(organization, collection, name, format!("finding.{field}"))?;
    }
    Ok(())
}

/// What follows from the vector and the score that a finding gives itself.
fn rated(finding: &mut Finding) -> Outcome<()> {
    let mut version = "3.1";
    if !finding.cvss_vector.is_empty() {
        let scored = rating::scored(&finding.cvss_vector).map_err(|why| vector_invalid(&finding.cvss_vector, &why))?;
        version = scored.version;
        finding.cvss = scored.base;
    }
    let severity = rating::severity(version, finding.cvss);
    if severity != Severity::Unspecified {
        finding.set_severity(severity);
    }
    Ok(())
}

fn vector_invalid(vector: &str, why: &str) -> Box<Fault> {
    let message = format!("this is no CVSS vector of 2.0 to 4.0: {why}");
    Fault::invalid(ErrorReason::CvssVectorInvalid, message).with("vector", vector).on("finding.cvss_vector")
}

// === What follows other rows ===

/// Brings up findings of vulnerabilities of which something else is known now.
pub(crate) async fn follow(tx: &mut Transaction, organization: &str, vulnerabilities: &[&str]) -> Outcome<()> {
    if vulnerabilities.is_empty() {
        return Ok(());
    }
    let mut sql = tx.sql("SELECT id FROM finding WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("vulnerability", vulnerabilities);
    let rows = tx.rows(sql).await?;
    let ids: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
    renew(tx, organization, &ids).await
}

/// Dates open findings anew, since the policy that holds is another.
pub(crate) async fn date_anew(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    let mut after = String::new();
    loop {
        let mut sql = tx.sql("SELECT id FROM finding WHERE organization = ");
        sql.bind(organization).push(" AND id > ").bind(after.as_str()).push(" AND ");
        sql.is_in("state", &moves::OPEN.map(|state| state.as_str_name()));
        sql.push(" ORDER BY id LIMIT 1000");
        let rows = tx.rows(sql).await?;
        let ids: Vec<String> =
            rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
        let Some(last) = ids.last() else { return Ok(()) };
        after.clone_from(last);
        renew(tx, organization, &ids).await?;
    }
}

/// Closes what was found on assets that are no more: names, each with why.
pub(crate) async fn retire(tx: &mut Transaction, organization: &str, assets: &BTreeMap<&str, &str>) -> Outcome<()> {
    let names: Vec<&str> = assets.keys().copied().collect();
    let mut sql = tx.sql("SELECT id FROM finding WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("asset", &names).push(" AND state <> 'CLOSED'");
    let rows = tx.rows(sql).await?;
    let ids: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (now, decider) = (tx.context().clock.now(), tx.context().caller.subject.clone());
    let rule = |old: &Finding, new: &mut Finding| {
        let reason = assets.get(old.asset.as_str()).copied().unwrap_or_default();
        if let Err(fault) = moves::make(Step::Retire, old, new, &By { decider: &decider, reason, now }) {
            tracing::warn!(finding = old.name, %fault, "not closed with its asset");
        }
    };
    Collection::<Findings>::new(tx.database().clone()).change_allowed(tx, organization, &ids, rule).await.map(drop)
}

/// Writes findings anew by their rules, which look up what they follow.
async fn renew(tx: &mut Transaction, organization: &str, ids: &[String]) -> Outcome<()> {
    let findings = Collection::<Findings>::new(tx.database().clone());
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    // What the rules write anew; one that is untouched would be passed over.
    let rule = |_: &Finding, new: &mut Finding| match moves::OPEN.contains(&new.state()) {
        true => new.due_reason = String::from("?"),
        false => new.epss = -1.0,
    };
    findings.change_allowed(tx, organization, &ids, rule).await.map(drop)
}

// === The API ===

#[tonic::async_trait]
impl FindingService for Registry {
    async fn create_finding(&self, request: Request<api::CreateFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        reply(self.record_finding(&context, r).await)
    }

    async fn get_finding(&self, request: Request<api::GetFindingRequest>) -> Result<Response<Finding>, Status> {
        self.findings.serve_get(request).await
    }

    async fn list_findings(
        &self,
        request: Request<api::ListFindingsRequest>,
    ) -> Result<Response<api::ListFindingsResponse>, Status> {
        self.findings.serve_list(request).await
    }

    async fn update_finding(&self, request: Request<api::UpdateFindingRequest>) -> Result<Response<Finding>, Status> {
        self.findings.serve_update(request).await
    }

    async fn mitigate_finding(
        &self,
        request: Request<api::MitigateFindingRequest>,
    ) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Mitigate, &r.reason, |_| {}).await)
    }

    async fn fix_finding(&self, request: Request<api::FixFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Fix, &r.reason, |_| {}).await)
    }

    async fn accept_finding(&self, request: Request<api::AcceptFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        context.enter(crate::organization_of(&r.name), &r.name)?;
        let until = micros(r.until.as_ref());
        within(&context, until)?;
        let more = |new: &mut Finding| new.accept_until = timestamp(until);
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Accept, &r.reason, more).await)
    }

    async fn dismiss_finding(&self, request: Request<api::DismissFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        context.enter(crate::organization_of(&r.name), &r.name)?;
        let justification = r.justification();
        if justification == Justification::Unspecified {
            let message = "say why its target is not affected: one of the justifications of VEX";
            return Err(Fault::invalid(House::FieldInvalid, message).on("justification").into());
        }
        let more = |new: &mut Finding| {
            new.set_justification(justification);
            new.advisory.clear();
        };
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Dismiss, &r.reason, more).await)
    }

    async fn verify_finding(&self, request: Request<api::VerifyFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Verify, &r.reason, |_| {}).await)
    }

    async fn close_finding(&self, request: Request<api::CloseFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Close, &r.reason, |_| {}).await)
    }

    async fn reopen_finding(&self, request: Request<api::ReopenFindingRequest>) -> Result<Response<Finding>, Status> {
        let (context, r) = open(request)?;
        reply(self.step_finding(&context, (&r.name, &r.etag), Step::Reopen, &r.reason, |_| {}).await)
    }

    async fn match_findings(
        &self,
        request: Request<api::MatchFindingsRequest>,
    ) -> Result<Response<api::MatchFindingsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(matching::run(self, &context, &r).await)
    }
}

/// Refuses a time that is over, or later than any finding may be accepted until.
fn within(context: &Context, until: i64) -> Outcome<()> {
    let now = context.clock.now();
    if until > now && until <= now.saturating_add(LONGEST_DAYS * DAY) {
        return Ok(());
    }
    let message = format!("a finding is accepted until a time after now and at most {LONGEST_DAYS} days ahead");
    Err(Fault::invalid(ErrorReason::FindingAcceptedTooLong, message).with("limit", LONGEST_DAYS).on("until"))
}

impl Registry {
    /// Records a finding. Without an id of its own it has that of its vulnerability and target, and so is not recorded twice.
    async fn record_finding(&self, context: &Context, r: api::CreateFindingRequest) -> Outcome<Finding> {
        let finding = r.finding.unwrap_or_default();
        let id = match r.finding_id.as_str() {
            "" if !finding.vulnerability.is_empty() => sight::id(&finding),
            given => given.to_owned(),
        };
        self.findings.create(context, &r.parent, &id, Some(finding)).await
    }

    async fn step_finding(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        step: Step,
        reason: &str,
        more: impl FnOnce(&mut Finding) + Send,
    ) -> Outcome<Finding> {
        let rule = |context: &Context, old: &Finding, new: &mut Finding| {
            let by = By { decider: &context.caller.subject, reason, now: context.clock.now() };
            moves::make(step, old, new, &by)?;
            more(new);
            Ok(())
        };
        self.findings.change(context, name, etag, rule).await
    }
}
