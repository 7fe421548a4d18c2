//! What holds for a treatment however it is written, and what follows for its risk.

use std::collections::{BTreeSet, HashMap};

use access::Context;
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use resource::Name;
use store::{Changed, Collection, Life as _, Resource as _, Rules, Transaction, in_state, micros, parent_of};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::treatment::State;
use wire::risk::v1::{Risk, Treatment};

use super::Treatments;
use super::part::material;
use crate::risk::{LIVING, Risks, treatments_changed};
use crate::{id_of, organization_of, score, ties};

/// The deadline at which a treatment is overdue.
const OVERDUE: &str = "overdue-treatment";
/// The states in which there is still something to do.
const OPEN: [State; 2] = [State::Planned, State::InProgress];

impl Rules for Treatments {
    /// The risks that the treatments are within, by name.
    type Needs = HashMap<String, Risk>;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&Treatment]) -> Outcome<Self::Needs> {
        ties::hold(tx, organization).await?;
        let ids: BTreeSet<&str> = messages.iter().map(|one| id_of(parent_of(&one.name))).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        let risks = Collection::<Risks>::new(tx.database().clone()).load(tx, organization, &ids).await?;
        Ok(risks.into_iter().map(|risk| (risk.name.clone(), risk)).collect())
    }

    fn create(context: &Context, risks: &Self::Needs, new: &mut Treatment) -> Outcome<()> {
        Treatments::enter(new, State::Planned, "", context.clock.now());
        if let Some(risk) = risks.get(parent_of(&new.name)) {
            in_state("risk", risk.state(), &LIVING, "given a treatment")?;
        }
        Self::check(context, risks, new)
    }

    fn check(_: &Context, risks: &Self::Needs, new: &mut Treatment) -> Outcome<()> {
        for (name, at) in new.implementations.iter().zip(0..) {
            let ours = Name::parse(name, "implementations")
                .is_ok_and(|parsed| parsed.organization() == organization_of(&new.name));
            let twice = new.implementations.iter().take(at).any(|before| before == name);
            if ours && !twice {
                continue;
            }
            let message = if twice {
                format!("{name} stands twice among implementations: leave one out")
            } else {
                format!("{name} is no implementation of this organization")
            };
            let field = format!("treatment.implementations[{at}]");
            return Err(Fault::invalid(House::FieldInvalid, message).on(field));
        }
        new.security_return = returned(risks.get(parent_of(&new.name)), new);
        Ok(())
    }

    fn update(context: &Context, risks: &Self::Needs, old: &Treatment, new: &mut Treatment) -> Outcome<()> {
        if !OPEN.contains(&old.state()) && written(old) != written(new) {
            return in_state("treatment", old.state(), &OPEN, "changed");
        }
        let due = micros(new.due_time.as_ref());
        if !OPEN.contains(&new.state()) || new.due_time.is_none() || due > context.clock.now() {
            new.overdue = false;
        }
        Self::check(context, risks, new)
    }

    fn delete(_: &Context, _: &Self::Needs, old: &Treatment) -> Outcome<()> {
        in_state("treatment", old.state(), &[State::Planned], "deleted: cancel it instead")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Treatment>]) -> Outcome<()> {
        deadline::follow(tx, organization, OVERDUE, changed, |one| &one.name, due).await?;
        let mut risks: BTreeSet<String> = BTreeSet::new();
        let mut last = "";
        for change in changed {
            if counts(change.before.as_ref()) == counts(change.after.as_ref()) {
                continue;
            }
            if let Some(one) = change.after.as_ref().or(change.before.as_ref()) {
                risks.insert(parent_of(&one.name).to_owned());
                last = &one.name;
            }
        }
        let risks: Vec<String> = risks.into_iter().collect();
        treatments_changed(tx, organization, &risks, last).await
    }
}

/// What of a treatment counts for its risk; nothing where it is cancelled.
fn counts(treatment: Option<&Treatment>) -> Option<String> {
    treatment.filter(|one| one.state() != State::Cancelled).map(material)
}

/// What callers write of it.
fn written(treatment: &Treatment) -> Treatment {
    let mut written = treatment.clone();
    Treatments::clear_output(&mut written);
    Treatment { etag: String::new(), ..written }
}

/// The return on a treatment, by the loss estimate of its risk in the same currency; 0 where that is not known.
fn returned(risk: Option<&Risk>, treatment: &Treatment) -> f64 {
    let (Some(loss), Some(cost)) = (risk.and_then(|risk| risk.loss.as_ref()), treatment.cost.as_ref()) else {
        return 0.0;
    };
    if loss.currency_code != cost.currency_code {
        return 0.0;
    }
    score::return_on_investment(loss.annual_loss, treatment.annual_loss_after, cost.yearly_cost).unwrap_or_default()
}

/// When a treatment is overdue, if it is not yet.
fn due(treatment: &Treatment) -> Option<i64> {
    let open = OPEN.contains(&treatment.state()) && !treatment.overdue;
    Some(micros(Some(treatment.due_time.as_ref().filter(|_| open)?)))
}

/// The timer, with what is due for treatments.
pub(super) fn timer(timer: Timer) -> Timer {
    timer.on(OVERDUE, |tx, deadline| Box::pin(flag(tx, deadline)))
}

/// Flags a treatment whose time has come; one that was moved at the same moment stays as it is.
async fn flag(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    ties::hold(tx, organization_of(&deadline.name)).await?;
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Treatment, new: &mut Treatment| {
        if due(old).is_some_and(|due| due <= now) {
            new.overdue = true;
        }
        Ok(())
    };
    let treatments = Collection::<Treatments>::new(tx.database().clone());
    match treatments.change_in(tx, &deadline.name, "", rule).await {
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        changed => changed.map(drop),
    }
}
