//! What is told: drafted from what is known, approved by another, sent, acknowledged; and the clock's pauses and extensions.

use std::collections::BTreeMap;

use access::Context;
use fault::{Fault, Outcome};
use jiff::Timestamp;
use prost::Message as _;
use store::{Move, in_state, micros, parent_of, timestamp};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::obligation::{FormerNotification, State};
use wire::incidents::v1::{
    AcknowledgeNotificationRequest, DraftNotificationRequest, ErrorReason, Obligation, SendNotificationRequest,
};

use super::{Obligations, TO_TELL, clock, contents, follow};
use crate::Registry;
use crate::statute_book::{self, Law};

/// What may be drafted: what is to be told, and what was told, for a further version.
const DRAFT: Move<State> = Move::new(
    &[State::Pending, State::Drafted, State::Approved, State::Sent, State::Acknowledged],
    State::Drafted,
    "drafted",
);
const APPROVE: Move<State> = Move::new(&[State::Drafted], State::Approved, "approved");
const SEND: Move<State> = Move::new(&[State::Approved], State::Sent, "sent");
const ACKNOWLEDGE: Move<State> = Move::new(&[State::Sent], State::Acknowledged, "acknowledged");
/// Nothing is told of what was told already.
pub(super) const DECLINE: Move<State> =
    Move::new(&[State::Undecided, State::Pending, State::Drafted, State::Approved], State::Declined, "declined");

/// What is approved: the contents, in the order of their keys.
pub(super) fn parts(contents: &BTreeMap<String, String>) -> Vec<Vec<u8>> {
    contents.iter().flat_map(|(key, text)| [key.as_bytes().to_vec(), text.as_bytes().to_vec()]).collect()
}

/// Refuses contents that the stage does not ask for.
pub(super) fn keys(new: &Obligation) -> Outcome<()> {
    let known: Vec<&str> = new.asked.iter().map(|asked| asked.key.as_str()).collect();
    match new.contents.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let message = format!("{key} is nothing that this stage asks for: it asks for {}", known.join(", "));
            Err(Fault::invalid(House::FieldInvalid, message).on(format!("obligation.contents.{key}")))
        }
    }
}

/// Approves a draft.
pub(super) fn approve(context: &Context, old: &Obligation, new: &mut Obligation, comment: &str) -> Outcome<()> {
    in_state("obligation", old.state(), &[State::Drafted], "approved")?;
    let missing: Vec<&str> =
        old.asked.iter().filter(|asked| asked.required && asked.missing).map(|asked| asked.key.as_str()).collect();
    if let Some(first) = missing.first() {
        let message =
            format!("the notification lacks what it must tell: {}; write it into contents", missing.join(", "));
        return Err(Fault::precondition(ErrorReason::NotificationIncomplete, message)
            .with("missing", missing.join(", "))
            .on(format!("contents.{first}")));
    }
    let parts = parts(&old.contents);
    // Whoever wrote any of it does not approve it, whoever wrote last.
    for drafter in old.drafters.iter().chain([&old.drafter]) {
        new.approval = Some(approval::approve(context, drafter, &parts, comment)?);
    }
    APPROVE.make::<Obligations>(context, old, new, comment)
}

/// Whoever calls, and for whom, has written of the text that is there now.
pub(super) fn sign(context: &Context, new: &mut Obligation) {
    let caller = &context.caller;
    new.drafter.clone_from(&caller.subject);
    for by in [&caller.subject, &caller.on_behalf_of] {
        if !by.is_empty() && !new.drafters.contains(by) {
            new.drafters.push(by.clone());
        }
    }
}

/// At most so many notifications that were sent before are kept beside the present one.
const MOST_FORMER: usize = 50;

/// At most so many bytes their documents come to.
const MOST_FORMER_BYTES: usize = 2 << 20;

/// Refuses a further version where what was told before could not all be kept: nothing of it is ever left out.
fn room(old: &Obligation) -> Outcome<()> {
    let sent = || old.former_notifications.iter().map(|one| &one.document).chain([&old.document]);
    let (count, bytes) = (sent().count(), sent().map(String::len).sum::<usize>());
    if old.version == 0 || count <= MOST_FORMER && bytes <= MOST_FORMER_BYTES {
        return Ok(());
    }
    let message = format!(
        "what was told before comes to {count} notifications of {bytes} bytes, where {MOST_FORMER} of {MOST_FORMER_BYTES} are kept beside a further \
         one: tell what is new at the next stage, or write into the timeline of the incident how it was told"
    );
    Err(Fault::precondition(ErrorReason::NotificationsTooMany, message)
        .with("notifications", count.to_string())
        .with("bytes", bytes.to_string())
        .on("former_notifications"))
}

/// Keeps what was sent before, and what came of it.
fn keep(old: &Obligation, new: &mut Obligation) {
    if old.version == 0 {
        return;
    }
    new.former_notifications.push(FormerNotification {
        version: old.version,
        sent_time: old.last_sent_time,
        channel: old.channel.clone(),
        late_reason: old.late_reason.clone(),
        document: old.document.clone(),
        document_digest: old.document_digest.clone(),
        receipt: old.receipt.clone(),
        acknowledge_time: old.acknowledge_time,
    });
    (new.receipt, new.acknowledge_time) = (String::new(), None);
}

/// When something was done: what was said, not in the future; now where nothing was.
fn when(context: &Context, said: Option<&prost_types::Timestamp>, least: i64, field: &str) -> Outcome<i64> {
    let now = context.clock.now();
    let at = said.map_or(now, |time| micros(Some(time)));
    if at > now || at < least {
        let message = "it lies in the future, or before what it follows: give when it was done, or nothing for now";
        return Err(Fault::invalid(House::FieldInvalid, message).on(field.to_owned()));
    }
    Ok(at)
}

/// Says that a notification is acknowledged.
pub(super) fn acknowledge(
    context: &Context,
    old: &Obligation,
    new: &mut Obligation,
    r: &AcknowledgeNotificationRequest,
) -> Outcome<()> {
    ACKNOWLEDGE.make::<Obligations>(context, old, new, "")?;
    let sent = micros(old.last_sent_time.as_ref());
    new.acknowledge_time = timestamp(when(context, r.acknowledge_time.as_ref(), sent, "acknowledge_time")?);
    new.receipt.clone_from(&r.receipt);
    Ok(())
}

/// Says that a notification was sent, and makes its document.
fn sent(context: &Context, old: &Obligation, new: &mut Obligation, r: &SendNotificationRequest) -> Outcome<()> {
    SEND.make::<Obligations>(context, old, new, "")?;
    if !approval::counts(old.approval.as_ref()) {
        let message = "its approval does not count any more: have it approved again";
        return Err(Fault::precondition(ErrorReason::NotificationIncomplete, message).with("missing", "approval"));
    }
    let begun = old.start_time.as_ref().map_or(i64::MIN, |time| micros(Some(time)));
    let at = when(context, r.sent_time.as_ref(), begun, "sent_time")?;
    let first = old.sent_time.is_none();
    let late = first && old.pause_time.is_none() && old.due_time.as_ref().is_some_and(|due| at > micros(Some(due)));
    if late && r.late_reason.trim().is_empty() {
        let due = old.due_time.map(|due| due.to_string()).unwrap_or_default();
        let message = format!("it was due at {due}: say why it is late");
        return Err(Fault::precondition(ErrorReason::LateReasonMissing, message).with("due", due).on("late_reason"));
    }
    keep(old, new);
    new.late_reason.clone_from(&r.late_reason);
    new.channel.clone_from(&r.channel);
    new.version += 1;
    new.last_sent_time = timestamp(at);
    new.sent_time = new.sent_time.or(new.last_sent_time);
    let late_reason = (!r.late_reason.is_empty()).then_some(&r.late_reason);
    let document = serde_json::json!({
        "regime": old.regime, "stage": old.stage, "title": old.title, "recipient": old.recipient, "incident": old.incident,
        "version": new.version, "channel": r.channel, "sentTime": new.last_sent_time.map(|at| at.to_string()), "lateReason": late_reason,
        "contents": old.contents, "drafter": old.drafter, "drafters": old.drafters, "approver": old.approval.as_ref().map(|given| &given.approver),
    });
    new.document = document.to_string();
    new.document_digest = approval::digest(&[new.document.encode_to_vec()]);
    Ok(())
}

impl Registry {
    /// Drafts a notification from what is known of its incident.
    pub(super) async fn draft(&self, context: &Context, r: &DraftNotificationRequest) -> Outcome<Obligation> {
        let mut tx = self.begin_obligations(context, &r.name).await?;
        let incident = self.incidents.get(context, parent_of(&r.name)).await?;
        let law = Law::of(statute_book::in_force(&mut tx, crate::organization_of(&r.name)).await?.as_ref())?;
        let now = Timestamp::from_microsecond(context.clock.now()).map_err(Fault::defect)?;
        let rule = |context: &Context, old: &Obligation, new: &mut Obligation| {
            DRAFT.make::<Obligations>(context, old, new, "")?;
            room(old)?;
            contents::fill(&law, &incident, new, now)?;
            new.asked = contents::asked(&law, new);
            if matches!(old.state(), State::Sent | State::Acknowledged) {
                // What was told was approved; who writes on begins anew.
                new.drafters.clear();
            }
            sign(context, new);
            Ok(())
        };
        let drafted = self.obligations.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        tx.commit().await?;
        Ok(drafted)
    }

    /// Sends a notification. Later stages run from it, and start in the same transaction.
    pub(super) async fn send(&self, context: &Context, r: &SendNotificationRequest) -> Outcome<Obligation> {
        let mut tx = self.begin_obligations(context, &r.name).await?;
        let rule = |context: &Context, old: &Obligation, new: &mut Obligation| sent(context, old, new, r);
        let sent = self.obligations.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        let (organization, id) = (crate::organization_of(&r.name), resource::id_of(&sent.incident));
        for incident in self.incidents.load(&mut tx, organization, &[id]).await? {
            follow(&mut tx, &incident).await?;
        }
        tx.commit().await?;
        Ok(sent)
    }

    /// Does a step to the clock of an obligation, where the law allows it.
    pub(super) async fn step_clock(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        step: impl FnOnce(Timestamp) -> Outcome<statute::Step> + Send,
    ) -> Outcome<Obligation> {
        let now = Timestamp::from_microsecond(context.clock.now()).map_err(Fault::defect)?;
        let mut tx = self.begin_obligations(context, name).await?;
        let step = step(now)?;
        let law = Law::of(statute_book::in_force(&mut tx, crate::organization_of(name)).await?.as_ref())?;
        let rule = |_: &Context, old: &Obligation, new: &mut Obligation| {
            in_state("obligation", old.state(), &TO_TELL, "given another clock")?;
            let Some(standing) = clock::read(old)? else { return Ok(()) };
            let after = standing.after(&law.book, step).map_err(|refusal| {
                Fault::precondition(ErrorReason::ClockForbids, refusal.to_string()).with("obligation", &old.name)
            })?;
            clock::write(&law, &after, new);
            Ok(())
        };
        let stepped = self.obligations.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(stepped)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access::{Caller, SystemClock};

    use super::*;

    fn context(subject: &str, on_behalf_of: &str) -> Context {
        let caller = Caller {
            subject: subject.to_owned(),
            on_behalf_of: on_behalf_of.to_owned(),
            ..Caller::service("incidents", "acme")
        };
        Context {
            caller: Arc::new(caller),
            method: "telwarden.incidents.v1.ObligationService/ApproveNotification".into(),
            trace: String::new(),
            clock: Arc::new(SystemClock),
            roles: Arc::new(access::shipped_roles()),
        }
    }

    #[test]
    fn for_whom_a_text_was_written_does_not_approve_it_either() {
        let mut drafted = Obligation { state: State::Drafted.into(), ..Obligation::default() };
        for by in [("agent", "paul"), ("dora", ""), ("agent", "paul")] {
            sign(&context(by.0, by.1), &mut drafted);
        }
        assert_eq!(drafted.drafters, ["agent", "paul", "dora"]);
        let approved = |by: &str, of: &str| approve(&context(by, of), &drafted, &mut drafted.clone(), "");
        for (by, of) in [("paul", ""), ("dora", ""), ("agent", "pia"), ("pia", "paul")] {
            let refused = approved(by, of).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::PermissionDenied, "{by} for {of}: {refused}");
        }
        assert!(approved("pia", "").is_ok());
    }
}
