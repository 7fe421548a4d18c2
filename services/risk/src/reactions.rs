//! What follows here when another service tells of a change: the risks that depend on it are scored anew, in the transaction in which the change is
//! taken in.
//!
//! A risk depends on the implementations it names, on the value of its asset or service, and on the assets of its selector. The ledger tells each new
//! score as a reaction in the trace of its cause. What comes to the same is not written. What was found on an asset ends with it. What an insurer was
//! told on the strength of a control no longer holds when that falls.

use std::collections::{BTreeMap, BTreeSet};

use fault::{Fault, Outcome};
use prost::Name as _;
use store::{Collection, Transaction};
use wire::assets::v1::asset::State as Life;
use wire::assets::v1::{Asset, SelectorMembership};
use wire::changes::v1::Change;
use wire::controls::v1::Implementation;
use wire::risk::v1::Risk;
use wire::risk::v1::risk::ScoreReason;

use crate::estate::implementation::{self, Effect};
use crate::estate::{self, Projection};
use crate::risk::{Risks, close_with_asset};
use crate::{finding, id_of, insurer_answer, organization_of, ties};

/// What the ledger calls it.
const RESCORE: &str = "rescore-risks";
/// What the ledger calls it where findings end with their asset.
const RETIRE: &str = "retire-findings";

/// Takes in what the asset registry tells.
pub(crate) struct OfAssets;
/// Takes in what the service of controls tells.
pub(crate) struct OfControls;

/// Why risks are scored anew: a change, and what it did.
#[derive(Clone)]
struct Cause<'a> {
    change: &'a Change,
    text: String,
    /// The asset that is no more, where it is that.
    gone: bool,
}

/// By organization and name of what changed, why.
type Causes<'a> = BTreeMap<&'a str, BTreeMap<String, Cause<'a>>>;

#[tonic::async_trait]
impl feed::Handler for OfAssets {
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
        tie(tx, changes).await?;
        Projection.apply(tx, changes).await?;
        let (mut assets, mut selectors) = (Causes::new(), Causes::new());
        for change in changes {
            let organization = organization_of(&change.resource);
            if change.kind == Asset::full_name() {
                if let Some(cause) = of_asset(change)? {
                    assets.entry(organization).or_default().insert(change.resource.clone(), cause);
                }
            } else if change.kind == SelectorMembership::full_name() {
                let (name, cause) = of_membership(change)?;
                selectors.entry(organization).or_default().insert(name, cause);
            }
        }
        for (organization, assets) in &assets {
            for (selector, asset) in selecting(tx, organization, assets.keys()).await? {
                if let Some(cause) = assets.get(&asset) {
                    selectors.entry(*organization).or_default().entry(selector).or_insert_with(|| cause.clone());
                }
            }
        }
        for (organization, selectors) in selectors {
            let ids: Vec<&str> = selectors.keys().map(|name| id_of(name)).collect();
            estate::forget(tx, organization, &ids).await?;
            // A selector goes on without an asset that is gone.
            let staying = selectors.into_iter().map(|(name, cause)| (name, Cause { gone: false, ..cause })).collect();
            let dependents = dependents(tx, organization, "selector", &staying).await?;
            rescore(tx, organization, dependents).await?;
        }
        for (organization, assets) in assets {
            for column in ["asset", "service"] {
                let dependents = dependents(tx, organization, column, &assets).await?;
                rescore(tx, organization, dependents).await?;
            }
            retire(tx, organization, assets).await?;
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl feed::Handler for OfControls {
    async fn apply(&self, tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
        tie(tx, changes).await?;
        let mut causes = Causes::new();
        for change in changes {
            if let Some(cause) = of_implementation(change)? {
                causes.entry(organization_of(&change.resource)).or_default().insert(change.resource.clone(), cause);
            }
        }
        let falls = insurer_answer::falls(changes)?;
        implementation::take_in(tx, changes).await?;
        for (organization, causes) in causes {
            let dependents = naming(tx, organization, &causes).await?;
            rescore(tx, organization, dependents).await?;
        }
        insurer_answer::alert(tx, &falls).await
    }
}

/// Holds the tie of every organization of the changes, in one order.
async fn tie(tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
    let organizations: BTreeSet<&str> = changes.iter().map(|change| organization_of(&change.resource)).collect();
    for organization in organizations {
        ties::hold(tx, organization).await?;
    }
    Ok(())
}

/// What a change of an asset means for its risks; none where its value stays and it is not gone.
fn of_asset(change: &Change) -> Outcome<Option<Cause<'_>>> {
    let living = |asset: &Asset| !matches!(asset.state(), Life::Retired | Life::Disposed);
    let before = feed::before::<Asset>(change)?.filter(living);
    let after = feed::after::<Asset>(change)?.filter(living);
    let name = &change.resource;
    Ok(match (before, after) {
        (Some(_), None) => Some(Cause { change, text: format!("{name} has retired or is gone"), gone: true }),
        (before, Some(after)) => {
            let (was, is) = (before.map(|before| before.effective_value), after.effective_value);
            let same = was.is_some_and(|was| was.total_cmp(&is).is_eq());
            let text = format!("the value of {name} went from {} to {is}", was.unwrap_or_default());
            (!same).then_some(Cause { change, text, gone: false })
        }
        (None, None) => None,
    })
}

/// What a change of a membership means: for which selector, and why.
fn of_membership(change: &Change) -> Outcome<(String, Cause<'_>)> {
    let (before, after) = (feed::before::<SelectorMembership>(change)?, feed::after::<SelectorMembership>(change)?);
    let came = after.is_some();
    let of = after.or(before).unwrap_or_default();
    let text = format!("{} {} {}", of.asset, if came { "came into" } else { "left" }, of.selector);
    Ok((of.selector, Cause { change, text, gone: false }))
}

/// What a change of an implementation means for the risks that name it; none where it does what it did.
fn of_implementation(change: &Change) -> Outcome<Option<Cause<'_>>> {
    let effect = |one: Option<Implementation>| one.as_ref().map(Effect::of).unwrap_or_default();
    let (was, is) = (effect(feed::before(change)?), effect(feed::after(change)?));
    if was.same(&is) {
        return Ok(None);
    }
    let name = &change.resource;
    let mut text = match (was.state.as_str(), is.state.as_str()) {
        (_, "") => format!("{name} is gone"),
        ("", state) => format!("{name} is {state}"),
        (before, state) if before != state => format!("{name} went from {before} to {state}"),
        (_, state) => format!("{name} is {state}"),
    };
    if was.score.total_cmp(&is.score).is_ne() {
        text = format!("{text}, its effectiveness from {:.2} to {:.2}", was.score, is.score);
    }
    if !is.why.is_empty() && was.state != is.state {
        text = format!("{text}: {}", is.why);
    }
    Ok(Some(Cause { change, text, gone: false }))
}

/// Selectors whose worth is known here and that select one of the assets: with one of these, both by name.
async fn selecting(
    tx: &mut Transaction,
    organization: &str,
    assets: impl Iterator<Item = &String>,
) -> Outcome<Vec<(String, String)>> {
    let ids: Vec<&str> = assets.map(|name| id_of(name)).collect();
    let mut sql = tx.sql(
        "SELECT m.selector, MIN(m.asset) FROM estate_membership m JOIN estate_selector_value v \
         ON v.organization = m.organization AND v.selector = m.selector WHERE m.organization = ",
    );
    sql.bind(organization).push(" AND ").is_in("m.asset", &ids).push(" GROUP BY m.selector");
    let rows = tx.rows(sql).await?;
    let read = |row: &sea_orm::QueryResult| {
        let selector: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let asset: String = row.try_get_by_index(1).map_err(Fault::defect)?;
        let of = |collection: &str, id: &str| format!("organizations/{organization}/{collection}/{id}");
        Ok((of("selectors", &selector), of("assets", &asset)))
    };
    rows.iter().map(read).collect()
}

/// The risks, by id, that name what changed in a column, each with why.
async fn dependents<'a>(
    tx: &mut Transaction,
    organization: &str,
    column: &str,
    causes: &BTreeMap<String, Cause<'a>>,
) -> Outcome<Vec<(String, Cause<'a>)>> {
    let names: Vec<&str> = causes.keys().map(String::as_str).collect();
    let mut sql = tx.sql("SELECT ");
    sql.lines(&["id", column]).push(" FROM risk WHERE organization = ").bind(organization);
    sql.push(" AND ").is_in(column, &names).push(&format!(" AND {column} <> '' AND state <> 'CLOSED'"));
    caused(tx, sql, causes).await
}

/// The risks, by id, that name implementations that changed, each with why.
async fn naming<'a>(
    tx: &mut Transaction,
    organization: &str,
    causes: &BTreeMap<String, Cause<'a>>,
) -> Outcome<Vec<(String, Cause<'a>)>> {
    let names: Vec<&str> = causes.keys().map(String::as_str).collect();
    let mut sql = tx.sql("SELECT ");
    sql.lines(&["id", "value"]);
    sql.push(
        " FROM (SELECT i.id AS id, MIN(i.value) AS value FROM risk_implementation i JOIN risk r \
         ON r.organization = i.organization AND r.id = i.id WHERE i.organization = ",
    );
    sql.bind(organization).push(" AND ").is_in("i.value", &names);
    sql.push(" AND r.state <> 'CLOSED' GROUP BY i.id) AS naming");
    caused(tx, sql, causes).await
}

/// Reads lines of a risk's id and the name of what changed: there may be very many.
async fn caused<'a>(
    tx: &mut Transaction,
    sql: store::Sql,
    causes: &BTreeMap<String, Cause<'a>>,
) -> Outcome<Vec<(String, Cause<'a>)>> {
    let Some(row) = tx.row(sql).await? else { return Ok(Vec::new()) };
    let lines: String = row.try_get_by_index(0).map_err(Fault::defect)?;
    let found = lines.lines().filter_map(|line| {
        let (id, name) = line.split_once(' ')?;
        Some((id.to_owned(), causes.get(name)?.clone()))
    });
    Ok(found.collect())
}

/// Causes by trace: what follows from those of one trace is told together.
fn by_trace<'a>(
    causes: impl IntoIterator<Item = (String, Cause<'a>)>,
) -> impl Iterator<Item = BTreeMap<String, Cause<'a>>> {
    let mut traces: BTreeMap<&str, BTreeMap<String, Cause<'a>>> = BTreeMap::new();
    for (name, cause) in causes {
        let trace = if cause.change.trace.is_empty() { &cause.change.digest } else { &cause.change.trace };
        traces.entry(trace).or_default().insert(name, cause);
    }
    traces.into_values()
}

/// Scores risks anew.
async fn rescore(tx: &mut Transaction, organization: &str, risks: Vec<(String, Cause<'_>)>) -> Outcome<()> {
    let collection = Collection::<Risks>::new(tx.database().clone());
    for causes in by_trace(risks) {
        let Some(first) = causes.values().next() else { continue };
        feed::react(tx, RESCORE, first.change);
        let now = tx.context().clock.now();
        let ids: Vec<&str> = causes.keys().map(String::as_str).collect();
        let rule = |old: &Risk, new: &mut Risk| {
            let Some(cause) = causes.get(id_of(&old.name)) else { return };
            new.score_reason = Some(ScoreReason {
                text: cause.text.clone(),
                service: cause.change.service.clone(),
                resource: cause.change.resource.clone(),
                sequence: cause.change.sequence,
            });
            if cause.gone {
                close_with_asset(new, &cause.text, now);
            }
        };
        collection.change_ahead(tx, organization, &ids, rule).await?;
    }
    Ok(())
}

/// Closes what was found on assets that are no more.
async fn retire(tx: &mut Transaction, organization: &str, assets: BTreeMap<String, Cause<'_>>) -> Outcome<()> {
    for causes in by_trace(assets.into_iter().filter(|(_, cause)| cause.gone)) {
        let Some(first) = causes.values().next() else { continue };
        feed::react(tx, RETIRE, first.change);
        let gone = causes.iter().map(|(name, cause)| (name.as_str(), cause.text.as_str())).collect();
        finding::retire(tx, organization, &gone).await?;
    }
    Ok(())
}
