//! What follows for answers when a control that they rest on falls: a material change to declare, raised once.

use std::collections::{BTreeMap, BTreeSet};

use fault::{Fault, Outcome};
use store::{Collection, Transaction};
use wire::changes::v1::Change;
use wire::risk::v1::InsurerAnswer;
use wire::risk::v1::insurer_answer::{Alert, State};

use super::InsurerAnswers;
use super::rules::bears;
use crate::estate::implementation::Effect;
use crate::organization_of;

/// What the ledger calls it.
const FLAG: &str = "flag-insurer-answers";

/// A change by which an implementation does less than before.
#[derive(Debug)]
pub(crate) struct Fall<'a> {
    change: &'a Change,
    was: Effect,
    is: Effect,
}

/// Those of some changes of implementations by which one does less. Each counts, also where it is mended by a later one of the same portion: how changes
/// are cut into portions makes no difference.
///
/// # Errors
/// `DEFECT` for a message that cannot be read.
pub(crate) fn falls(changes: &[Change]) -> Outcome<Vec<Fall<'_>>> {
    let mut falls = Vec::new();
    for change in changes {
        let effect = |one: Option<wire::controls::v1::Implementation>| one.as_ref().map(Effect::of).unwrap_or_default();
        let (was, is) = (effect(feed::before(change)?), effect(feed::after(change)?));
        if was.works() && (!is.works() || is.score < was.score) {
            falls.push(Fall { change, was, is });
        }
    }
    Ok(falls)
}

/// Raises the alert on the answers that rest on what fell. An answer on which it is raised already, or whose insurer was told, stays as it is.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn alert(tx: &mut Transaction, falls: &[Fall<'_>]) -> Outcome<()> {
    let collection = Collection::<InsurerAnswers>::new(tx.database().clone());
    let organizations: BTreeSet<&str> = falls.iter().map(|fall| organization_of(&fall.change.resource)).collect();
    for organization in organizations {
        let own = || falls.iter().filter(|fall| organization_of(&fall.change.resource) == organization);
        let names: BTreeSet<&str> = own().map(|fall| fall.change.resource.as_str()).collect();
        let resting = resting(tx, organization, &names.into_iter().collect::<Vec<_>>()).await?;
        for fall in own() {
            let Some(ids) = resting.get(&fall.change.resource) else { continue };
            feed::react(tx, FLAG, fall.change);
            let now = tx.context().clock.now();
            let rule = |old: &InsurerAnswer, new: &mut InsurerAnswer| {
                let least = old.least_effectiveness;
                if old.state() == State::Holds && bears(&fall.was, least) && !bears(&fall.is, least) {
                    new.set_state(State::Changed);
                    new.alert = Some(told(fall, now));
                }
            };
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            collection.change_allowed(tx, organization, &ids, rule).await?;
        }
    }
    Ok(())
}

fn told(Fall { change, was, is }: &Fall<'_>, now: i64) -> Alert {
    let name = &change.resource;
    let mut text = match is.state.as_str() {
        "" => format!("{name} is gone"),
        state if state == was.state => format!("{name} is less effective: {:.2}, before {:.2}", is.score, was.score),
        state => format!("{name} went from {} to {state}", was.state),
    };
    if !is.why.is_empty() && is.state != was.state {
        text = format!("{text}: {}", is.why);
    }
    Alert {
        text,
        service: change.service.clone(),
        resource: name.clone(),
        sequence: change.sequence,
        raise_time: store::timestamp(now),
    }
}

/// By implementation the answers, by id, that rest on it and on which nothing is raised.
async fn resting(
    tx: &mut Transaction,
    organization: &str,
    implementations: &[&str],
) -> Outcome<BTreeMap<String, Vec<String>>> {
    let mut sql = tx.sql(
        "SELECT i.value, i.id FROM insurer_answer_implementation i \
         JOIN insurer_answer a ON a.organization = i.organization AND a.id = i.id \
         JOIN insurer_questionnaire q ON q.organization = a.organization \
         AND a.questionnaire = 'organizations/' || q.organization || '/insurerQuestionnaires/' || q.id \
         WHERE a.state = 'HOLDS' AND q.state <> 'CLOSED' AND i.organization = ",
    );
    sql.bind(organization).push(" AND ").is_in("i.value", implementations).push(" ORDER BY i.id");
    let mut resting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in tx.rows(sql).await? {
        let implementation: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        resting.entry(implementation).or_default().push(row.try_get_by_index(1).map_err(Fault::defect)?);
    }
    Ok(resting)
}
