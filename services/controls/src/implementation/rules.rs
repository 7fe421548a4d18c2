//! What holds for an implementation however it is written.

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use store::{Changed, Resource as _, Rules, Transaction, in_state, micros};
use wire::controls::v1::implementation::{Judgement, State, Verdict};
use wire::controls::v1::{ErrorReason, Implementation};
use wire::fault::v1::ErrorReason as House;

use super::known::Known;
use super::lifecycle::{Condition, LIVING, allowed, enter, needed};
use super::{Implementations, circle, due, effectiveness};

impl Rules for Implementations {
    type Needs = Known;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&Implementation]) -> Outcome<Known> {
        Known::load(tx, organization, messages).await
    }

    fn create(context: &Context, known: &Known, new: &mut Implementation) -> Outcome<()> {
        enter(new, State::Proposed, "", context.clock.now());
        new.design_effectiveness = Some(not_judged());
        new.operating_effectiveness = Some(not_judged());
        sign(context, new);
        sound(context, known, &Implementation::default(), new)?;
        new.effectiveness = Some(effectiveness::worked_out(new, known.tested(new)));
        Ok(())
    }

    fn update(context: &Context, known: &Known, old: &Implementation, new: &mut Implementation) -> Outcome<()> {
        if old.state() == State::Retired && written(old) != written(new) {
            return in_state("implementation", old.state(), &LIVING, "changed");
        }
        sound(context, known, old, new)?;
        if old.state() != new.state() {
            allowed(old, new, known)?;
        }
        if parts(old) != parts(new) {
            changed_materially(context, new);
        }
        // What was designed does not lose its design or its owner on the way.
        if !matches!(new.state(), State::Proposed | State::Retired) {
            needed(&[Condition::Designed], old, new, known)?;
        }
        new.effectiveness = Some(effectiveness::worked_out(new, known.tested(new)));
        Ok(())
    }

    fn delete(_: &Context, _: &Known, old: &Implementation) -> Outcome<()> {
        in_state("implementation", old.state(), &[State::Proposed], "deleted: retire it instead")?;
        if old.approval.is_none() {
            return Ok(());
        }
        let message = "it was approved once, and stays on record: retire it instead of deleting it";
        Err(Fault::precondition(ErrorReason::ImplementationOnRecord, message).with("implementation", &old.name))
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Implementation>]) -> Outcome<()> {
        due::settled(tx, organization, changed).await
    }
}

/// What is approved: everything that says what the control is fulfilled by, and nothing of who does it, what it costs or when it
/// is looked at. Changes of these make the approval void.
pub(super) fn parts(implementation: &Implementation) -> Vec<u8> {
    let Implementation { control, scope, selector, purpose, design, depends_on, .. } = implementation.clone();
    Implementation { control, scope, selector, purpose, design, depends_on, ..Default::default() }.encode_to_vec()
}

/// What follows from a material change: the approval no longer counts, what was judged is another design, and so it is neither
/// approved nor operated without a doubt.
fn changed_materially(context: &Context, new: &mut Implementation) {
    sign(context, new);
    new.design_effectiveness = Some(not_judged());
    let material = parts(new);
    if !approval::hold(context, &mut new.approval, &[material]) {
        return;
    }
    let reason = format!("the approval is void: {}", new.approval.as_ref().map_or("", |void| &void.void_reason));
    match new.state() {
        State::Approved => enter(new, State::Designed, &reason, context.clock.now()),
        State::Operating => enter(new, State::UnderReview, &reason, context.clock.now()),
        _ => {}
    }
}

/// Whoever calls has written material parts, and so does not approve them.
pub(super) fn sign(context: &Context, new: &mut Implementation) {
    for author in [&context.caller.subject, &context.caller.on_behalf_of] {
        if !author.is_empty() && !new.authors.contains(author) {
            new.authors.push(author.clone());
        }
    }
}

/// Nobody has judged.
pub(super) fn not_judged() -> Judgement {
    Judgement { verdict: Verdict::NotJudged.into(), ..Default::default() }
}

/// What callers write of it.
fn written(implementation: &Implementation) -> Implementation {
    let mut written = implementation.clone();
    Implementations::clear_output(&mut written);
    Implementation { etag: String::new(), ..written }
}

/// What holds for fields beyond the proto, where they differ from what was: an old message is not refused for what it holds.
fn sound(context: &Context, known: &Known, old: &Implementation, new: &Implementation) -> Outcome<()> {
    let wrong = |field: &str, message: String| {
        Err(Fault::invalid(House::FieldInvalid, message).on(format!("implementation.{field}")))
    };
    if old.selector != new.selector && !new.selector.is_empty() && !known.has_selector(&new.selector) {
        let selector = &new.selector;
        let message = format!(
            "{selector} is not known here among the selectors of this organization: create it in the asset registry first; \
             if it has just been created there, wait some seconds and call again"
        );
        return Err(Fault::invalid(ErrorReason::EstateUnknown, message)
            .with("name", selector)
            .on("implementation.selector"));
    }
    if new.replaced_by == new.name {
        return wrong("replaced_by", "an implementation does not replace itself: name another, or none".to_owned());
    }
    let (was, becomes) = (micros(old.next_review_time.as_ref()), micros(new.next_review_time.as_ref()));
    if was != becomes && new.next_review_time.is_some() && becomes <= context.clock.now() {
        return wrong("next_review_time", "the next review is to come: give a time after now, or none".to_owned());
    }
    if old.depends_on == new.depends_on { Ok(()) } else { untangled(known, new) }
}

/// Nothing depends on itself, on whatever way.
fn untangled(known: &Known, new: &Implementation) -> Outcome<()> {
    let field = "implementation.depends_on";
    if let Some((_, twice)) =
        new.depends_on.iter().enumerate().find(|(at, one)| new.depends_on.iter().take(*at).any(|before| before == *one))
    {
        let message = format!("{twice} stands twice among depends_on: leave one out");
        return Err(Fault::invalid(House::FieldInvalid, message).on(field));
    }
    let Some(way) = circle::closed(&known.graph, &new.name, &new.depends_on).filter(|_| new.create_time.is_some())
    else {
        return Ok(());
    };
    let path: Vec<&str> = way.iter().map(|name| crate::id_of(name)).collect();
    let path = path.join(" > ");
    let message = format!("implementations would depend on each other in a circle ({path}): leave one dependency out");
    Err(Fault::invalid(ErrorReason::ImplementationCycle, message).with("path", path).on(field))
}
