//! What signals add to cases is written into them.

use std::collections::{BTreeMap, HashMap};

use fault::{Fault, Outcome};
use store::{Life as _, Transaction, micros, timestamp};
use wire::incidents::v1::case::State;
use wire::incidents::v1::{Case, Signal};

use super::priority::{Basis, priority};
use super::tally::Tally;
use super::{Cases, Tallies, name_of};
use crate::Registry;
use crate::correlator::{self, Correlator};

/// At most so many assets are listed with a case.
const MOST_ASSETS: usize = 100;

/// What is known of the assets of a case: the highest grade, the greatest value and the most subscribers behind one.
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    grade: i64,
    value: f64,
    users: i64,
}

/// Writes what a portion adds to cases. Gives how many were opened, less those that turned out to be parts of others.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn settle(
    registry: &Registry,
    tx: &mut Transaction,
    organization: &str,
    correlator: &mut Correlator,
    tallies: Tallies,
    position: i64,
) -> Outcome<i64> {
    let now = tx.context().clock.now();
    let mut worths: HashMap<i64, Worth> = HashMap::with_capacity(tallies.of.len());
    for (case, tally) in &tallies.of {
        worths.insert(*case, worth(tx, organization, correlator, &tallies, tally).await?);
    }
    let gone: Vec<i64> = tallies.merged.iter().map(|(from, _)| *from).collect();
    let opened: Vec<i64> = tallies.opened.iter().copied().filter(|case| !gone.contains(case)).collect();
    let mut drafts = Vec::with_capacity(opened.len());
    let mut touched: BTreeMap<String, &Tally> = BTreeMap::new();
    for (case, tally) in &tallies.of {
        if tallies.opened.contains(case) {
            let mut draft = Case::default();
            Cases::enter(&mut draft, State::Open, "", now);
            add(&mut draft, tally, worths.get(case).copied().unwrap_or_default());
            drafts.push((case.to_string(), draft));
        } else {
            touched.insert(case.to_string(), tally);
        }
    }
    registry.cases.create_in(tx, organization, drafts).await?;
    let ids: Vec<&str> = touched.keys().map(String::as_str).collect();
    let rule = |old: &Case, new: &mut Case| {
        if let Some((case, tally)) = touched.get_key_value(crate::id_of(&old.name)) {
            let number = case.parse().unwrap_or_default();
            add(new, tally, worths.get(&number).copied().unwrap_or_default());
        }
    };
    registry.cases.change_many(tx, organization, &ids, rule).await?;
    let mut parts = 0;
    for (from, into) in &tallies.merged {
        if !tallies.opened.contains(from) && !tallies.decided.contains(from) {
            parts += 1;
            absorb(registry, tx, organization, (*from, tallies.is(*into)), "one of its signals caused this one")
                .await?;
        }
        correlator::hand_over(tx, organization, (*from, tallies.is(*into)), position).await?;
    }
    Ok(i64::try_from(opened.len()).unwrap_or(i64::MAX) - parts)
}

/// Finds out which of the cases that turned out to be parts of others somebody has decided on already.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn decisions(
    registry: &Registry,
    tx: &mut Transaction,
    organization: &str,
    tallies: &mut Tallies,
) -> Outcome<()> {
    let parts = tallies.parts();
    if parts.is_empty() {
        return Ok(());
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let found = registry.cases.load(tx, organization, &parts).await?;
    for case in found.iter().filter(|case| case.state() != State::Open) {
        tallies.decided.insert(super::number(&case.name)?);
    }
    Ok(())
}

async fn worth(
    tx: &mut Transaction,
    organization: &str,
    correlator: &mut Correlator,
    tallies: &Tallies,
    tally: &Tally,
) -> Outcome<Worth> {
    let mut worth = Worth::default();
    for name in tally.assets.iter().take(MOST_ASSETS) {
        let Some(known) = tallies.known.get(name) else { continue };
        worth.grade = higher(worth.grade, known.grade);
        worth.value = worth.value.max(known.value);
        worth.users = worth.users.max(correlator.users_behind(tx, organization, &known.id).await?);
    }
    Ok(worth)
}

/// The higher of two grades: 1 is the highest, 0 none.
fn higher(one: i64, other: i64) -> i64 {
    match (one, other) {
        (0, grade) | (grade, 0) => grade,
        (one, other) => one.min(other),
    }
}

/// Adds to a case what its signals say.
fn add(case: &mut Case, tally: &Tally, worth: Worth) {
    if let Some(root) = &tally.root {
        case.display_name = format!("{} at {}", root.origin.kind, root.device).chars().take(200).collect();
        case.root = Some(root.origin.clone());
        case.root_asset.clone_from(&root.asset);
        case.site.clone_from(&root.site);
    }
    case.signal_count += tally.signals;
    case.raised_count = (case.raised_count + tally.raised).max(0);
    if tally.first != i64::MAX {
        let first = case.first_signal_time.as_ref().map_or(tally.first, |known| micros(Some(known)).min(tally.first));
        case.first_signal_time = timestamp(first);
    }
    case.last_signal_time = timestamp(micros(case.last_signal_time.as_ref()).max(tally.last));
    if case.raised_count > 0 {
        case.clear_time = None;
    } else {
        case.clear_time = timestamp(micros(case.clear_time.as_ref()).max(tally.cleared));
    }
    if tally.severity > case.severity() {
        case.set_severity(tally.severity);
    }
    let room = MOST_ASSETS.saturating_sub(case.assets.len());
    let new: Vec<String> =
        tally.assets.iter().filter(|asset| !case.assets.contains(asset)).take(room).cloned().collect();
    case.assets.extend(new);
    if let Some((class, reason, security)) = &tally.class
        && (case.incident_class.is_empty() || *security && !case.security)
    {
        case.incident_class.clone_from(class);
        case.class_reason.clone_from(reason);
    }
    case.security |= tally.security;
    case.asset_value = case.asset_value.max(worth.value);
    case.users_behind = case.users_behind.max(worth.users);
    case.asset_grade = i32::try_from(higher(i64::from(case.asset_grade), worth.grade)).unwrap_or_default();
    let basis = Basis {
        severity: case.severity(),
        security: case.security,
        grade: i64::from(case.asset_grade),
        users: case.users_behind,
    };
    (case.priority, case.priority_reason) = priority(basis);
}

/// Makes a case a part of another: its signals, and what is counted of them.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(super) async fn absorb(
    registry: &Registry,
    tx: &mut Transaction,
    organization: &str,
    (from, into): (i64, i64),
    reason: &str,
) -> Outcome<()> {
    let (name, whole) = (from.to_string(), into.to_string());
    let target = name_of(organization, into);
    let now = tx.context().clock.now();
    let mut part = None;
    let rule = |old: &Case, new: &mut Case| {
        part = Some(old.clone());
        Cases::enter(new, State::Merged, reason, now);
        new.merged_into.clone_from(&target);
    };
    registry.cases.change_many(tx, organization, &[&name], rule).await?;
    let part: Case = part.ok_or_else(|| Fault::defect("a case that was opened is not there"))?;
    let rule = |_: &Case, new: &mut Case| take_up(new, &part);
    registry.cases.change_many(tx, organization, &[&whole], rule).await?;
    let mut sql = tx.sql("SELECT id FROM signal WHERE organization = ");
    sql.bind(organization).push(r#" AND "case" <> '' AND "case" = "#).bind(part.name.as_str()).push(" ORDER BY id");
    let ids = tx.rows(sql).await?;
    let ids: Vec<String> = ids.iter().map(|row| crate::estate::text(row, 0)).collect::<Outcome<_>>()?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rule = |_: &Signal, new: &mut Signal| new.case.clone_from(&target);
    registry.signals.change_many(tx, organization, &ids, rule).await.map(drop)
}

/// What is a part of a case brings its signals and what follows from them.
fn take_up(whole: &mut Case, part: &Case) {
    let first = |case: &Case| case.first_signal_time.as_ref().map_or(i64::MAX, |time| micros(Some(time)));
    let class = (!part.incident_class.is_empty())
        .then(|| (part.incident_class.clone(), part.class_reason.clone(), part.security));
    let tally = Tally {
        signals: part.signal_count,
        raised: part.raised_count,
        first: first(part),
        last: micros(part.last_signal_time.as_ref()),
        cleared: micros(part.clear_time.as_ref()),
        severity: part.severity(),
        security: part.security,
        assets: part.assets.clone(),
        root: None,
        class,
    };
    let worth = Worth { grade: i64::from(part.asset_grade), value: part.asset_value, users: part.users_behind };
    add(whole, &tally, worth);
}
