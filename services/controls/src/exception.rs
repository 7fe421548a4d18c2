//! Exceptions: controls that need not be kept for a time (ITU-T X.1051, life cycle of a control).
//!
//! An exception counts while it is GRANTED, and that is a state: it ends at its time by the timer. The approval is bound to exactly what
//! was asked and until when it was granted. Where something else is asked, it is void, and the exception is REQUESTED again. When
//! an exception stops counting, its implementation comes under review where it operates, in the same transaction.

use std::collections::{BTreeMap, HashSet};

use access::Context;
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use prost::Message as _;
use store::{
    Changed, Choice as _, Collection, Hold, Reference, Rules, Side, Transaction, in_state, micros, open, reply,
    timestamp,
};
use tonic::{Request, Response, Status};
use wire::controls::v1::exception::State;
use wire::controls::v1::exception_service_server::ExceptionService;
use wire::controls::v1::{
    CreateExceptionRequest, ErrorReason, Exception, GetExceptionRequest, GrantExceptionRequest, ListExceptionsRequest,
    ListExceptionsResponse, RefuseExceptionRequest, RevokeExceptionRequest, UpdateExceptionRequest,
    WithdrawExceptionRequest,
};

use crate::Registry;
use crate::control::Controls;
use crate::implementation::{Implementations, lapse};

/// The longest an exception may be asked or granted for, in days: two years, with room for a leap day.
const LONGEST_DAYS: i64 = 731;
const DAY: i64 = 86_400_000_000;

// === The table ===

/// All exceptions.
pub struct Exceptions;

impl store::Resource for Exceptions {
    type Message = Exception;
    const TABLE: &'static str = "exception";
    const COLLECTION: &'static str = "exceptions";

    fn columns() -> &'static [store::Column<Exception>] {
        store::columns![Exception;
            display_name: text order search, implementation: text index, control: text index, requester: text,
            decider: text, state: choice(State) order, request_until: time order, grant_until: time order,
        ]
    }

    fn sides() -> &'static [Side<Exception>] {
        store::sides![Exception; labels: map "exception_label", risk_references: set "exception_risk_reference"]
    }

    fn references() -> &'static [Reference<Exception>] {
        store::references![Exception; implementation: Implementations, control: Controls]
    }

    store::head!(Exception; requester, authors, state, grant_until, approval, decider, decide_time, decision_note, end_time);
}

// === The rules ===

impl Rules for Exceptions {
    type Needs = ();

    fn create(context: &Context, (): &(), new: &mut Exception) -> Outcome<()> {
        new.set_state(State::Requested);
        new.requester.clone_from(&context.caller.subject);
        sign(context, new);
        sound(context, new)
    }

    fn update(context: &Context, (): &(), old: &Exception, new: &mut Exception) -> Outcome<()> {
        if asked(old) == asked(new) {
            return Ok(());
        }
        in_state("exception", old.state(), &[State::Requested, State::Granted], "changed")?;
        sound(context, new)?;
        sign(context, new);
        let parts = parts(new);
        if approval::hold(context, &mut new.approval, &parts) {
            new.set_state(State::Requested);
            new.grant_until = None;
        }
        Ok(())
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Exception>]) -> Outcome<()> {
        deadline::follow(tx, organization, EXPIRE, changed, |exception| &exception.name, ends).await?;
        reopen(tx, organization, changed).await
    }
}

/// What is asked.
fn asked(exception: &Exception) -> Exception {
    let Exception {
        name, implementation, control, reason, compensating_measures, request_until, risk_references, ..
    } = exception.clone();
    Exception {
        name,
        implementation,
        control,
        reason,
        compensating_measures,
        request_until,
        risk_references,
        ..Default::default()
    }
}

/// What is approved: what is asked, by whom, and until when it is granted.
fn parts(exception: &Exception) -> [Vec<u8>; 1] {
    let granted =
        Exception { requester: exception.requester.clone(), grant_until: exception.grant_until, ..asked(exception) };
    [granted.encode_to_vec()]
}

/// Whoever calls has written parts of what is asked, and so does not grant it.
fn sign(context: &Context, new: &mut Exception) {
    for author in [&context.caller.subject, &context.caller.on_behalf_of] {
        if !author.is_empty() && !new.authors.contains(author) {
            new.authors.push(author.clone());
        }
    }
}

/// What holds for what is asked.
fn sound(context: &Context, exception: &Exception) -> Outcome<()> {
    if exception.implementation.is_empty() && exception.control.is_empty() {
        let message = "an exception is from something: name an implementation, or a control";
        return Err(Fault::invalid(ErrorReason::ExceptionFromNothing, message).on("exception.implementation"));
    }
    within(context, micros(exception.request_until.as_ref()), i64::MAX, "exception.request_until")
}

/// Refuses a time that is over, later than was asked, or later than any exception may last.
fn within(context: &Context, until: i64, asked: i64, field: &str) -> Outcome<()> {
    let now = context.clock.now();
    if until > now && until <= now.saturating_add(LONGEST_DAYS * DAY) && until <= asked {
        return Ok(());
    }
    let message = if until > asked {
        "an exception is not granted for longer than was asked: give a time until request_until, or none".to_owned()
    } else {
        format!("an exception must end after now and at most {LONGEST_DAYS} days ahead: ask again when it ends")
    };
    Err(Fault::invalid(ErrorReason::ExceptionTooLong, message).with("limit", LONGEST_DAYS).on(field.to_owned()))
}

// === What ends ===

/// The kind of the deadline at which an exception expires.
const EXPIRE: &str = "expire-exception";

/// When an exception expires, if it does.
fn ends(exception: &Exception) -> Option<i64> {
    let until = exception.grant_until.as_ref().filter(|_| exception.state() == State::Granted)?;
    Some(micros(Some(until)))
}

/// The implementation that an exception covers; none unless it counts.
fn covered(exception: Option<&Exception>) -> Option<&str> {
    let exception = exception.filter(|exception| exception.state() == State::Granted)?;
    Some(exception.implementation.as_str()).filter(|name| !name.is_empty())
}

/// Brings implementations under review that these changes have left without their exception.
async fn reopen(tx: &mut Transaction, organization: &str, changed: &[Changed<Exception>]) -> Outcome<()> {
    // By implementation: the exception that no longer covers it.
    let mut ended: BTreeMap<&str, &Exception> = BTreeMap::new();
    for change in changed {
        let (before, after) = (covered(change.before.as_ref()), covered(change.after.as_ref()));
        if let (Some(name), Some(exception)) = (before.filter(|_| before != after), change.after.as_ref()) {
            ended.insert(name, exception);
        }
    }
    if ended.is_empty() {
        return Ok(());
    }
    for name in ended.keys() {
        one_at_a_time(tx, name).await?;
    }
    let names: Vec<&str> = ended.keys().copied().collect();
    let covered = still_covered(tx, organization, &names).await?;
    for (name, exception) in ended.into_iter().filter(|(name, _)| !covered.contains(*name)) {
        lapse(tx, organization, &[name], &why(exception)).await?;
    }
    Ok(())
}

/// What ends an exception from an implementation waits for what else ends one: else each would take the other's to cover it still.
async fn one_at_a_time(tx: &mut Transaction, implementation: &str) -> Outcome<()> {
    const COVER: i32 = 7_310_643;
    tx.hold(COVER, implementation, Hold::Alone).await
}

/// Which of the implementations an exception covers at this moment.
async fn still_covered(tx: &mut Transaction, organization: &str, names: &[&str]) -> Outcome<HashSet<String>> {
    let now = tx.context().clock.now();
    let mut sql = tx.sql("SELECT DISTINCT implementation FROM exception WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("implementation", names);
    sql.push(" AND state = ").bind(State::Granted.text()).push(" AND grant_until > ").bind(now);
    let rows = tx.rows(sql).await?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}

/// Why an implementation comes under review.
fn why(exception: &Exception) -> String {
    let what = match exception.state() {
        State::Expired => "has expired",
        State::Revoked => "was revoked",
        _ => "is no longer what was granted",
    };
    format!("exception {} {what}, and no other covers it at present", exception.name)
}

/// Ends an exception whose time has come; one that was changed at the same moment stays as it is.
async fn expire(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Exception, new: &mut Exception| {
        if ends(old).is_some_and(|due| due <= now) {
            new.set_state(State::Expired);
            new.end_time = timestamp(now);
        }
        Ok(())
    };
    let exceptions = Collection::<Exceptions>::new(tx.database().clone());
    exceptions.change_in(tx, &deadline.name, "", rule).await.map(drop)
}

/// The timer, with what is due for exceptions.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(EXPIRE, |tx, deadline| Box::pin(expire(tx, deadline)))
}

// === The custom methods ===

/// Says who decided, when and why.
fn decide(context: &Context, new: &mut Exception, state: State, note: String) {
    new.set_state(state);
    new.decider.clone_from(&context.caller.subject);
    new.decide_time = timestamp(context.clock.now());
    new.decision_note = note;
}

/// Grants what is asked.
fn grant(context: &Context, r: &GrantExceptionRequest, old: &Exception, new: &mut Exception) -> Outcome<()> {
    in_state("exception", old.state(), &[State::Requested], "granted")?;
    for author in &old.authors {
        approval::by_another(context, author, || {
            format!("{author} wrote what is asked and so cannot grant it: another person must")
        })?;
    }
    let asked = micros(old.request_until.as_ref());
    let until = r.until.as_ref().map_or(asked, |until| micros(Some(until)));
    within(context, until, asked, "until")?;
    // To what deadlines keep, so that what is shown is when it ends.
    new.grant_until = timestamp(until);
    new.approval = Some(approval::approve(context, &old.requester, &parts(new), &r.comment)?);
    decide(context, new, State::Granted, r.comment.clone());
    Ok(())
}

// === The API ===

#[tonic::async_trait]
impl ExceptionService for Registry {
    async fn create_exception(&self, request: Request<CreateExceptionRequest>) -> Result<Response<Exception>, Status> {
        self.exceptions.serve_create(request).await
    }

    async fn get_exception(&self, request: Request<GetExceptionRequest>) -> Result<Response<Exception>, Status> {
        self.exceptions.serve_get(request).await
    }

    async fn list_exceptions(
        &self,
        request: Request<ListExceptionsRequest>,
    ) -> Result<Response<ListExceptionsResponse>, Status> {
        self.exceptions.serve_list(request).await
    }

    async fn update_exception(&self, request: Request<UpdateExceptionRequest>) -> Result<Response<Exception>, Status> {
        self.exceptions.serve_update(request).await
    }

    async fn grant_exception(&self, request: Request<GrantExceptionRequest>) -> Result<Response<Exception>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Exception, new: &mut Exception| grant(context, &r, old, new);
        reply(self.exceptions.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn refuse_exception(&self, request: Request<RefuseExceptionRequest>) -> Result<Response<Exception>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Exception, new: &mut Exception| {
            in_state("exception", old.state(), &[State::Requested], "refused")?;
            approval::by_someone_else(context, &old.requester)?;
            decide(context, new, State::Refused, r.reason);
            Ok(())
        };
        reply(self.exceptions.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn revoke_exception(&self, request: Request<RevokeExceptionRequest>) -> Result<Response<Exception>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Exception, new: &mut Exception| {
            in_state("exception", old.state(), &[State::Granted], "revoked")?;
            decide(context, new, State::Revoked, r.reason);
            new.end_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.exceptions.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn withdraw_exception(
        &self,
        request: Request<WithdrawExceptionRequest>,
    ) -> Result<Response<Exception>, Status> {
        let (context, r) = open(request)?;
        let rule = |_: &Context, old: &Exception, new: &mut Exception| {
            in_state("exception", old.state(), &[State::Requested], "withdrawn")?;
            new.set_state(State::Withdrawn);
            Ok(())
        };
        reply(self.exceptions.change(&context, &r.name, &r.etag, rule).await)
    }
}
