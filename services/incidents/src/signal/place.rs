//! To which case each new signal belongs, by the engine, the registry and what came before.

use std::collections::{BTreeSet, HashMap};

use correlate::{Alarm, Decision, Kind};
use fault::{Fault, Outcome};
use store::{Transaction, micros};
use wire::incidents::v1::signal::{Placement, State};
use wire::incidents::v1::{Signal, SignalOrigin};

use super::wrong;
use crate::case::{self, Tallies};
use crate::correlator::{Correlator, Episode};
use crate::estate::{self, Known, Told};

/// Places new signals, in the order in which they came. Gives the episodes to keep.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn place(
    tx: &mut Transaction,
    organization: &str,
    correlator: &mut Correlator,
    news: &mut [(String, Signal)],
    tallies: &mut Tallies,
) -> Outcome<Vec<Episode>> {
    let told: BTreeSet<Told> = news.iter().map(|(_, signal)| (signal.source.clone(), signal.device.clone())).collect();
    let known = estate::resolve(tx, organization, &told).await?;
    let devices: BTreeSet<&str> = news.iter().map(|(_, signal)| device(&known, signal)).collect();
    correlator.surround(tx, organization, &devices).await?;
    let mut episodes: Vec<Episode> = Vec::with_capacity(news.len());
    for (id, signal) in news.iter_mut() {
        let found = known.get(&(signal.source.clone(), signal.device.clone()));
        if let Some(found) = found {
            signal.asset = format!("organizations/{organization}/assets/{}", found.id);
            signal.site = if found.site.is_empty() {
                String::new()
            } else {
                format!("organizations/{organization}/sites/{}", found.site)
            };
            tallies.know(&signal.asset, found);
        }
        if signal.state() == State::Suppressed {
            continue;
        }
        let alarm = alarm(id, device(&known, signal).to_owned(), signal)?;
        let decision = correlator.engine.decide(&alarm);
        if decision.case.0 == 0 {
            continue;
        }
        episodes.push(episode(&alarm, &decision)?);
        decided(organization, signal, &decision, tallies)?;
    }
    // A case that was decided on early in a portion may have become another's part later in it.
    for (_, signal) in news.iter_mut().filter(|(_, signal)| !signal.case.is_empty()) {
        let number: i64 = crate::id_of(&signal.case).parse().map_err(Fault::defect)?;
        signal.case = case::name_of(organization, tallies.is(number));
    }
    for episode in &mut episodes {
        episode.case = tallies.is(episode.case);
    }
    correlator.standing.last_case = correlator.standing.last_case.max(tallies.last_case());
    Ok(episodes)
}

/// The device of a signal, as the engine knows it: its asset, where the registry knows it.
fn device<'a>(known: &'a HashMap<Told, Known>, signal: &'a Signal) -> &'a str {
    known.get(&(signal.source.clone(), signal.device.clone())).map_or(signal.device.as_str(), |known| known.id.as_str())
}

fn alarm(id: &str, device: String, signal: &Signal) -> Outcome<Alarm> {
    let at = jiff::Timestamp::from_microsecond(micros(signal.raise_time.as_ref()))
        .map_err(|problem| wrong("raise_time", format!("it cannot be told ({problem}): give another time")))?;
    Ok(Alarm {
        source: signal.source.clone(),
        id: id.to_owned(),
        device,
        kind: signal.kind.clone(),
        cause: signal.cause.clone(),
        at,
        severity: correlate::Severity::Indeterminate,
    })
}

fn episode(alarm: &Alarm, decision: &Decision) -> Outcome<Episode> {
    Ok(Episode {
        device: alarm.device.clone(),
        kind: alarm.kind.clone(),
        source: alarm.source.clone(),
        cause: alarm.cause.clone(),
        case: number(decision.case.0)?,
        last: alarm.at.as_microsecond(),
        origin: decision.cause.as_ref().map(|cause| (cause.device.clone(), cause.kind.clone())),
    })
}

fn number(case: u64) -> Outcome<i64> {
    i64::try_from(case).map_err(Fault::defect)
}

/// Writes into a signal what was decided about it.
fn decided(organization: &str, signal: &mut Signal, decision: &Decision, tallies: &mut Tallies) -> Outcome<()> {
    let origin = |origin: &correlate::Origin| SignalOrigin { device: origin.device.clone(), kind: origin.kind.clone() };
    let case = number(decision.case.0)?;
    signal.case = case::name_of(organization, case);
    signal.set_placement(match decision.kind {
        Kind::Opens | Kind::Clears => Placement::Opens,
        Kind::Attaches => Placement::Attaches,
        Kind::Adopts => Placement::Adopts,
        Kind::Joins => Placement::Joins,
        Kind::Repeats | Kind::Duplicate => Placement::Repeats,
    });
    signal.rule = decision.rule.clone().unwrap_or_default();
    signal.root = Some(origin(&decision.root));
    signal.cause_origin = decision.cause.as_ref().map(origin);
    for merged in &decision.merged {
        tallies.merge(number(merged.0)?, case);
    }
    match decision.kind {
        Kind::Opens | Kind::Clears => tallies.open(case, origin(&decision.root), signal),
        Kind::Adopts => tallies.rooted(case, origin(&decision.root), signal),
        _ => {}
    }
    Ok(())
}
