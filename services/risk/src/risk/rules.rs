//! What holds for a risk however it is written.

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Resource as _, Rules, Transaction, in_state};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::risk::{Score, ScoreReason, State};
use wire::risk::v1::{ErrorReason, Risk, RiskCriteria};

use super::known::Known;
use super::lifecycle::{LIVING, RESTING, allowed, enter};
use super::{Risks, accept, due, tally};
use crate::insurance;
use crate::score::{self, Inputs};

impl Rules for Risks {
    type Needs = Known;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&Risk]) -> Outcome<Known> {
        Known::load(tx, organization, messages).await
    }

    fn create(context: &Context, known: &Known, new: &mut Risk) -> Outcome<()> {
        enter(new, State::Identified, "", context.clock.now());
        named(known, new);
        sign(context, new);
        sound(known, &Risk::default(), new)?;
        rescore(context, known, None, new);
        Ok(())
    }

    fn update(context: &Context, known: &Known, old: &Risk, new: &mut Risk) -> Outcome<()> {
        named(known, new);
        if (old.state(), new.state()) == (State::Closed, State::Closed) && written(old) != written(new) {
            return in_state("risk", old.state(), &LIVING, "changed");
        }
        sound(known, old, new)?;
        if !same_in_substance(old, new) {
            sign(context, new);
        }
        rescore(context, known, Some(old), new);
        if old.state() == new.state() {
            follow(context, known, old, new);
            return Ok(());
        }
        let missing = missing(known, new);
        allowed(old, new, &missing, known.treatments(new).len())?;
        if new.state() == State::Accepted { accept::decide(context, known, new) } else { Ok(()) }
    }

    fn delete(_: &Context, _: &Known, old: &Risk) -> Outcome<()> {
        if matches!(old.state(), State::Identified | State::Analysed) && old.acceptance.is_none() {
            return Ok(());
        }
        let message = "it was evaluated or accepted once, and stays on record: close it instead of deleting it";
        Err(Fault::precondition(ErrorReason::RiskOnRecord, message).with("risk", &old.name))
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Risk>]) -> Outcome<()> {
        due::settled(tx, organization, changed).await?;
        tally::settled(tx, organization, changed).await
    }
}

/// A risk that names no criteria has those that ship.
fn named(known: &Known, new: &mut Risk) {
    if new.criteria.is_empty() {
        new.criteria = known.default_criteria();
    }
}

/// What callers write of it.
fn written(risk: &Risk) -> Risk {
    let mut written = risk.clone();
    Risks::clear_output(&mut written);
    Risk { etag: String::new(), ..written }
}

/// Whether two say the same of what the risk is and how great. Asked of every risk that is scored anew, so nothing is copied.
fn same_in_substance(one: &Risk, other: &Risk) -> bool {
    let about = |risk: &Risk| (risk.likelihood, risk.ease, risk.consequences);
    about(one) == about(other)
        && one.asset == other.asset
        && one.service == other.service
        && one.selector == other.selector
        && one.threat == other.threat
        && one.vulnerability == other.vulnerability
        && one.threat_source == other.threat_source
        && one.criteria == other.criteria
        && one.implementations == other.implementations
}

/// Whoever calls has written parts that matter, and so does not accept them.
fn sign(context: &Context, new: &mut Risk) {
    for author in [&context.caller.subject, &context.caller.on_behalf_of] {
        if !author.is_empty() && !new.authors.contains(author) {
            new.authors.push(author.clone());
        }
    }
}

/// What is known of a risk, for its criteria to score it by.
fn inputs(risk: &Risk) -> Inputs {
    Inputs {
        likelihood: risk.likelihood,
        ease: risk.ease,
        consequences: risk.consequences.unwrap_or_default(),
        asset_value: risk.asset_value,
    }
}

/// What the criteria of a risk lack to score it.
pub(super) fn missing(known: &Known, risk: &Risk) -> Vec<&'static str> {
    known.criteria(risk).map(|criteria| score::missing(criteria.kind(), &inputs(risk))).unwrap_or_default()
}

/// Scores a risk anew, by what is known now. Where that comes to what it was, nothing is said to have happened.
fn rescore(context: &Context, known: &Known, old: Option<&Risk>, new: &mut Risk) {
    // Without criteria there is no score; that they do not exist is refused elsewhere.
    let none = RiskCriteria::default();
    let criteria = known.criteria(new).unwrap_or(&none);
    new.asset_value = known.asset_value(new);
    let (inputs, reductions, targets) = (inputs(new), known.reductions(new), known.targets(new));
    let scores = score::scores(criteria, &inputs, &reductions, &targets);
    new.inherent = Some(scores.inherent);
    new.current = Some(scores.current);
    new.residual = Some(scores.residual);
    new.above_appetite = level(new.current.as_ref()) > criteria.appetite.max(score::UNKNOWN);
    if let Some(loss) = new.loss.as_mut() {
        loss.single_loss = score::single_loss(loss.value, loss.exposure_factor);
        loss.annual_loss = score::annual_loss(loss.single_loss, loss.yearly_occurrences);
    }
    let Some(old) = old else {
        new.score_time = store::timestamp(context.clock.now());
        new.score_reason = Some(by_caller(context, new));
        return;
    };
    if result(old) == result(new) {
        new.score_time = old.score_time;
        new.score_reason.clone_from(&old.score_reason);
        return;
    }
    new.score_time = store::timestamp(context.clock.now());
    if new.score_reason == old.score_reason {
        new.score_reason = Some(by_caller(context, new));
    }
}

/// What a scoring comes to.
fn result(risk: &Risk) -> ([Option<&Score>; 3], u64, bool) {
    let scores = [risk.inherent.as_ref(), risk.current.as_ref(), risk.residual.as_ref()];
    (scores, risk.asset_value.to_bits(), risk.above_appetite)
}

/// The level of a score; -1 where it is not known.
pub(super) fn level(score: Option<&Score>) -> i32 {
    score.map_or(score::UNKNOWN, |score| score.level)
}

/// The reason of a score that a call has changed.
fn by_caller(context: &Context, new: &Risk) -> ScoreReason {
    ScoreReason {
        text: format!("written by {} ({})", context.caller.subject, context.method),
        service: crate::NAME.to_owned(),
        resource: new.name.clone(),
        sequence: 0,
    }
}

/// What follows from a change by which nobody meant to move the risk: an acceptance of something else is void, and what came above the appetite
/// is looked at anew.
fn follow(context: &Context, known: &Known, old: &Risk, new: &mut Risk) {
    let void = new.state() == State::Accepted && accept::held(context, known, new);
    let crossed = new.above_appetite && !old.above_appetite && RESTING.contains(&new.state());
    if !void && !crossed {
        return;
    }
    let label = new.current.as_ref().map_or("", |score| score.level_label.as_str());
    let because = new.score_reason.as_ref().map_or("", |reason| reason.text.as_str());
    let rose = level(new.current.as_ref()) > level(old.current.as_ref());
    let reason = if crossed {
        format!("its current level came to {label}, above the appetite: {because}")
    } else if rose {
        format!("its current level rose to {label}, and its acceptance is void: {because}")
    } else {
        let given = new.acceptance.as_ref().and_then(|acceptance| acceptance.approval.as_ref());
        format!("its acceptance is void: {}", given.map_or("", |given| given.void_reason.as_str()))
    };
    enter(new, State::Reopened, &reason, context.clock.now());
}

/// What holds for fields beyond the proto, where they differ from what was: an old message is not refused for what it holds.
fn sound(known: &Known, old: &Risk, new: &Risk) -> Outcome<()> {
    on_target(known, old, new)?;
    for (field, name) in [("threat", &new.threat), ("vulnerability", &new.vulnerability)] {
        let prefix = format!("organizations/{}/", known.organization);
        if !name.is_empty() && !name.starts_with(&prefix) {
            return wrong(field, &format!("{name} is not of this organization: name one that begins with {prefix}"));
        }
    }
    for (link, at) in new.implementations.iter().zip(0..) {
        let (field, name) = (format!("implementations[{at}]"), &link.implementation);
        if !known.is_ours("implementations", name) {
            return wrong(&field, &format!("{name} is no implementation of this organization"));
        }
        if new.implementations.iter().take(at).any(|before| before.implementation == *name) {
            return wrong(&field, &format!("{name} stands twice among implementations: leave one out"));
        }
    }
    if (&old.peril, &old.cost_types) != (&new.peril, &new.cost_types) {
        let wrong = insurance::words::unknown_in_risk(new);
        if !wrong.is_empty() {
            return Err(Fault::violations(wrong));
        }
    }
    known.criteria(new).map_or(Ok(()), |criteria| on_scale(criteria, new))
}

fn wrong(field: &str, message: &str) -> Outcome<()> {
    Err(Fault::invalid(House::FieldInvalid, message).on(format!("risk.{field}")))
}

/// A risk is about exactly one thing, which is known.
fn on_target(known: &Known, old: &Risk, new: &Risk) -> Outcome<()> {
    let targets = [
        ("asset", &old.asset, &new.asset),
        ("service", &old.service, &new.service),
        ("selector", &old.selector, &new.selector),
    ];
    let given: Vec<&str> = targets.iter().filter(|(.., name)| !name.is_empty()).map(|(field, ..)| *field).collect();
    if given.len() != 1 {
        let given = if given.is_empty() { "none".to_owned() } else { given.join(", ") };
        let message = format!("a risk is about exactly one of asset, service and selector; given: {given}");
        return Err(Fault::invalid(ErrorReason::RiskTargetUnclear, message).with("given", given).on("risk.asset"));
    }
    for (field, was, name) in targets {
        let collection = if field == "selector" { "selectors" } else { "assets" };
        if name.is_empty() || was == name || known.has(collection, name) {
            continue;
        }
        let message = format!(
            "{name} is not known here among the {collection} of this organization: create it in the asset registry first; \
             if it has just been created there, wait some seconds and call again"
        );
        return Err(Fault::invalid(ErrorReason::RiskTargetUnknown, message)
            .with("name", name)
            .on(format!("risk.{field}")));
    }
    Ok(())
}

/// Positions are on the scales of the criteria.
fn on_scale(criteria: &RiskCriteria, new: &Risk) -> Outcome<()> {
    let consequences = new.consequences.unwrap_or_default();
    let worst = score::dimensions(&consequences).into_iter().max_by_key(|(_, position)| *position);
    let consequence = worst.map(|(name, position)| (format!("consequences.{name}"), position)).unwrap_or_default();
    let fields = [
        ("likelihood".to_owned(), new.likelihood, criteria.likelihood_steps.len()),
        ("ease".to_owned(), new.ease, criteria.ease_steps.len()),
        (consequence.0, consequence.1, criteria.consequence_steps.len()),
    ];
    for (field, value, limit) in fields {
        if usize::try_from(value).is_ok_and(|value| value <= limit) {
            continue;
        }
        let message = if limit == 0 {
            format!("{} has no scale of {field}: leave it out", criteria.name)
        } else {
            format!(
                "{field} is {value}, and the scale of {} ends at {limit}: give 1 to {limit}, or 0 for not set",
                criteria.name
            )
        };
        return Err(Fault::invalid(ErrorReason::RiskOffScale, message)
            .with("value", value)
            .with("limit", limit)
            .on(format!("risk.{field}")));
    }
    Ok(())
}
