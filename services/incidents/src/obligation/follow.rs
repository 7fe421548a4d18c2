//! Obligations follow what is known of their incident, in the transaction in which that changes.

use std::collections::BTreeMap;

use access::Context;
use fault::{Fault, Outcome};
use jiff::Timestamp;
use resource::id_of;
use statute::{Undecided, assess};
use store::{Collection, Life as _, Transaction};
use wire::incidents::v1::obligation::{FormerEnd, State};
use wire::incidents::v1::{Incident, Obligation};

use super::{Obligations, clock, facts, watch};
use crate::organization_of;
use crate::statute_book::{self, Law};

/// Looks at what an incident obliges to, as it is now: what is new is created, what moves is moved, what the facts no longer ask for ends.
///
/// # Errors
/// `STORE_UNAVAILABLE`; a deadline in no year that can be told.
pub(crate) async fn follow(tx: &mut Transaction, incident: &Incident) -> Outcome<()> {
    if !incident.source.is_empty() {
        return Ok(());
    }
    let organization = organization_of(&incident.name).to_owned();
    super::hold(tx, &organization).await?;
    let collection = Collection::<Obligations>::new(tx.database().clone());
    let name = incident.name.clone();
    let before = collection.select(tx, &organization, |sql| {
        sql.push("incident = ").bind(name);
    });
    let before = before.await?;
    let asks = facts::asks(incident);
    if !asks && before.is_empty() {
        return watch::until(tx, incident, None).await;
    }
    let law = Law::of(statute_book::in_force(tx, &organization).await?.as_ref())?;
    let context = tx.context().clone();
    let now = Timestamp::from_microsecond(context.clock.now()).map_err(Fault::defect)?;
    let next = if asks { facts::next_crossing(&law, incident, now)? } else { None };
    watch::until(tx, incident, next).await?;
    let became = if asks { look(&law, incident, &before, now)? } else { ended(incident, &before, now) };
    let known: BTreeMap<&str, &Obligation> = before.iter().map(|one| (one.name.as_str(), one)).collect();
    let mut drafts = Vec::new();
    for one in became {
        match known.get(one.name.as_str()) {
            None => {
                drafts.push((format!("{}/{}", id_of(&incident.name), id_of(&one.name)), settled(&context, None, one)));
            }
            Some(old) if **old == one => {}
            Some(old) => {
                let new = settled(&context, Some(old), one);
                let rule = |_: &Context, _: &Obligation, row: &mut Obligation| {
                    *row = Obligation { etag: row.etag.clone(), ..new };
                    Ok(())
                };
                let name = old.name.clone();
                collection.change_in(tx, &name, "", rule).await?;
            }
        }
    }
    collection.create_in(tx, &organization, drafts).await.map(drop)
}

/// Gives an obligation the time of the state it came to.
fn settled(context: &Context, old: Option<&Obligation>, mut one: Obligation) -> Obligation {
    if old.is_none_or(|old| old.state() != one.state()) {
        let (state, reason) = (one.state(), one.state_reason.clone());
        Obligations::enter(&mut one, state, &reason, context.clock.now());
    }
    one
}

/// What stands, as the law has it now.
fn look(law: &Law, incident: &Incident, before: &[Obligation], now: Timestamp) -> Outcome<Vec<Obligation>> {
    let facts = facts::facts(law, incident, now)?;
    let (mut standing, mut rows) = (Vec::new(), Vec::new());
    for one in before {
        if let Some(read) = clock::read(one)? {
            standing.push(read);
            rows.push(one);
        }
    }
    let assessment = assess(&law.book, &facts, &standing, now).map_err(|refusal| {
        let reason = wire::fault::v1::ErrorReason::FieldInvalid;
        Fault::invalid(reason, refusal.to_string()).on("incident.detect_time")
    })?;
    let mut became = Vec::new();
    for (at, of) in assessment.obligations.iter().enumerate() {
        let row = rows.get(at).copied();
        let mut one =
            row.cloned().unwrap_or_else(|| named(incident, before, &became, &format!("{}.{}", of.regime, of.stage)));
        if standing.get(at) != Some(of) {
            clock::write(law, of, &mut one);
            one.set_state(state(of, one.state()));
            one.state_reason = match &of.state {
                statute::State::Ended { why, .. } => why.clone(),
                _ => of.why.first().cloned().unwrap_or_default(),
            };
        }
        became.push(one);
    }
    undecided(law, incident, before, &assessment.undecided, &mut became);
    Ok(became)
}

/// The state of what the law has changed: what was begun goes on.
fn state(of: &statute::Obligation, was: State) -> State {
    match of.state {
        statute::State::Ended { .. } => State::NotRequired,
        statute::State::NotNotified { .. } => State::Declined,
        statute::State::Open if matches!(was, State::Drafted | State::Approved) => was,
        statute::State::Open => State::Pending,
        statute::State::Sent { .. } => was,
    }
}

/// What cannot be told yet, each with the facts it hangs on; and those that could not, and now can.
fn undecided(law: &Law, incident: &Incident, before: &[Obligation], open: &[Undecided], became: &mut Vec<Obligation>) {
    let id = |one: &Undecided| {
        let stage = one.stage.as_deref().unwrap_or("all");
        format!("{}.{stage}.undecided", one.regime)
    };
    let ids: Vec<String> = open.iter().map(id).collect();
    for (one, id) in open.iter().zip(&ids) {
        let name = format!("{}/obligations/{id}", incident.name);
        let mut row = before.iter().find(|row| row.name == name).cloned().unwrap_or_default();
        if row.state() == State::Declined {
            // Somebody signed that nothing is told, whatever the facts come to be.
            continue;
        }
        row.name = name;
        row.regime.clone_from(&one.regime);
        row.stage = one.stage.clone().unwrap_or_default();
        row.missing_facts.clone_from(&one.missing);
        row.due_time = one.due_if.map(clock::time);
        row.set_state(State::Undecided);
        row.state_reason = format!("it hangs on {}", one.missing.join(", "));
        if let Some(regime) = law.book.regime(&one.regime, None) {
            let stage = one.stage.as_deref().and_then(|stage| regime.stage(stage));
            row.title = stage.map_or(regime.title.clone(), |stage| format!("{}: {}", regime.title, stage.title));
            row.provisional.clone_from(&regime.provisional);
        }
        became.push(row);
    }
    let decided =
        before.iter().filter(|row| row.state() == State::Undecided && !ids.iter().any(|id| id == id_of(&row.name)));
    for row in decided {
        let mut row = row.clone();
        row.set_state(State::Decided);
        row.state_reason = "what it hung on is known".to_owned();
        row.due_time = None;
        row.missing_facts.clear();
        became.push(row);
    }
}

/// Of an incident that is none, or part of another, nothing is told any more.
fn ended(incident: &Incident, before: &[Obligation], now: Timestamp) -> Vec<Obligation> {
    let open = before.iter().filter(|one| one.open);
    open.map(|one| {
        let mut one = one.clone();
        one.set_state(State::NotRequired);
        one.state_reason = format!("the incident is {}", incident.state().as_str_name());
        let (until_time, reason) = (Some(clock::time(now)), one.state_reason.clone());
        one.former_ends.extend(one.due_time.take().map(|due| FormerEnd { due_time: Some(due), until_time, reason }));
        one
    })
    .collect()
}

/// A new obligation under an id that is free: another version of a regime may stand beside.
fn named(incident: &Incident, before: &[Obligation], became: &[Obligation], id: &str) -> Obligation {
    let name = |id: &str| format!("{}/obligations/{id}", incident.name);
    let taken = |id: &str| before.iter().chain(became).any(|one| one.name == name(id));
    let free = (2..).map(|at| format!("{id}.{at}")).find(|id| !taken(id));
    let id = if taken(id) { free.unwrap_or_default() } else { id.to_owned() };
    Obligation { name: name(&id), ..Obligation::default() }
}
