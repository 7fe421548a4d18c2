//! Lives: which move leads from where to where, and what every move leaves behind.
//!
//! A resource whose state has a reason and a time says so in one line, `store::life!(Treatment; State, "treatment")`; a move is one line too, and a
//! method that does nothing more is answered by [`Collection::step`].

use access::Context;
use fault::{Fault, Outcome};
use wire::Choice;
use wire::fault::v1::ErrorReason;

use crate::{Collection, Rules, Transaction, in_state};

/// A resource with a life: a state that methods move, why it is there, and since when.
pub trait Life: Rules {
    /// Its states.
    type State: Choice + Send + Sync + 'static;
    /// What one is called in a refusal: `treatment`.
    const NOUN: &'static str;

    /// Where it is.
    fn state(message: &Self::Message) -> Self::State;

    /// Brings it into a state. `now` is in microseconds since 1970.
    fn enter(message: &mut Self::Message, to: Self::State, reason: &str, now: i64);
}

/// A move of a life: from where, to where, and what is done by it, for people.
#[derive(Clone, Copy, Debug)]
pub struct Move<S: 'static> {
    /// The states it starts from.
    pub from: &'static [S],
    /// The state it leads to.
    pub to: S,
    /// What is done by it: `closed`.
    pub done: &'static str,
}

impl<S: Choice + 'static> Move<S> {
    /// A move.
    pub const fn new(from: &'static [S], to: S, done: &'static str) -> Self {
        Self { from, to, done }
    }

    /// Moves a resource as a rule of [`Collection::change`] does.
    ///
    /// # Errors
    /// `STATE_FORBIDS`, with the states it starts from.
    pub fn make<R: Life<State = S>>(
        &self,
        context: &Context,
        old: &R::Message,
        new: &mut R::Message,
        reason: &str,
    ) -> Outcome<()> {
        in_state(R::NOUN, R::state(old), self.from, self.done)?;
        R::enter(new, self.to, reason, context.clock.now());
        Ok(())
    }
}

impl<R: Life> Collection<R> {
    /// Moves a resource, where the method does nothing more.
    ///
    /// # Errors
    /// As [`Collection::change`]; `STATE_FORBIDS`.
    pub async fn step(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        by: &Move<R::State>,
        reason: &str,
    ) -> Outcome<R::Message> {
        self.change(context, name, etag, |context, old, new| by.make::<R>(context, old, new, reason)).await
    }

    /// Moves a resource in a transaction that does more.
    ///
    /// # Errors
    /// As [`Collection::step`].
    pub async fn step_in(
        &self,
        tx: &mut Transaction,
        (name, etag): (&str, &str),
        by: &Move<R::State>,
        reason: &str,
    ) -> Outcome<R::Message> {
        self.change_in(tx, name, etag, |context, old, new| by.make::<R>(context, old, new, reason)).await
    }
}

/// Says that a message has a life: its fields `state`, `state_reason` and `state_time`.
#[macro_export]
macro_rules! life {
    ($resource:ty; $state:ty, $noun:expr) => {
        impl $crate::Life for $resource {
            type State = $state;
            const NOUN: &'static str = $noun;

            fn state(message: &<Self as $crate::Resource>::Message) -> $state {
                message.state()
            }

            fn enter(message: &mut <Self as $crate::Resource>::Message, to: $state, reason: &str, now: i64) {
                message.set_state(to);
                reason.clone_into(&mut message.state_reason);
                message.state_time = $crate::timestamp(now);
            }
        }
    };
}

/// The organization of a parent that the caller may enter; `field` is where the request has it.
///
/// # Errors
/// `NAME_INVALID` where it is no organization; `PERMISSION_DENIED` where it is another's.
pub fn enter(context: &Context, parent: &str, field: &str) -> Outcome<String> {
    let organization = resource::parse_parent(parent)
        .map_err(|problem| Fault::invalid(problem.reason(), problem.to_string()).on(field.to_owned()))?;
    context.enter(&organization, parent)?;
    Ok(organization)
}

/// Refuses what is no name of a collection of this organization; an empty one names nothing. `field` is where the message has it.
///
/// # Errors
/// `FIELD_INVALID`.
pub fn ours(organization: &str, collection: &str, name: &str, field: String) -> Outcome<()> {
    let own = resource::Name::parse(name, collection).is_ok_and(|parsed| parsed.organization() == organization);
    if own || name.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{name} is not among the {collection} of this organization: give organizations/{organization}/{collection}/{{id}}"
    );
    Err(Fault::invalid(ErrorReason::FieldInvalid, message).on(field))
}
