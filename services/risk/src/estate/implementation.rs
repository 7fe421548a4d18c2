//! What is known of the implementations of the service of controls: how effective each is at this moment.

use std::collections::{BTreeMap, HashMap};

use fault::{Fault, Outcome};
use store::{Choice as _, Transaction};
use wire::changes::v1::Change;
use wire::controls::v1::Implementation;
use wire::controls::v1::implementation::State;

use crate::{id_of, organization_of};

/// The kinds of changes that are taken in.
pub(crate) const KINDS: [&str; 1] = ["telwarden.controls.v1.Implementation"];

/// What an implementation does at this moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Effect {
    /// Its state, as the service of controls calls it; empty where it is not known here.
    pub(crate) state: String,
    /// Its effectiveness, 0 to 1; 0 unless it does its work.
    pub(crate) score: f64,
    /// Why it came into its state.
    pub(crate) why: String,
}

impl Effect {
    /// What a message says of it. One that does not do its work has no effect, whatever its score.
    pub(crate) fn of(one: &Implementation) -> Self {
        let works = matches!(one.state(), State::Operating | State::UnderReview);
        let score = one.effectiveness.as_ref().filter(|_| works).map_or(0.0, |worked| worked.score);
        Self { state: one.state().text().to_owned(), score, why: one.state_reason.clone() }
    }

    /// Whether it does its work.
    pub(crate) fn works(&self) -> bool {
        [State::Operating, State::UnderReview].iter().any(|state| self.state == state.text())
    }

    /// Whether two lower a risk by the same and say the same of it.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.state == other.state && self.score.total_cmp(&other.score).is_eq()
    }
}

/// Takes in what became of implementations. Of several changes of one the last counts.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn take_in(tx: &mut Transaction, changes: &[Change]) -> Outcome<()> {
    let mut known: BTreeMap<&str, BTreeMap<&str, Option<Implementation>>> = BTreeMap::new();
    for change in changes {
        let of = known.entry(organization_of(&change.resource)).or_default();
        of.insert(id_of(&change.resource), feed::after(change)?);
    }
    for (organization, of) in known {
        let ids: Vec<&str> = of.keys().copied().collect();
        let mut sql = tx.sql("DELETE FROM estate_implementation WHERE organization = ");
        sql.bind(organization).push(" AND ").is_in("id", &ids);
        tx.run(sql).await?;
        let columns = ["organization", "id", "control", "display_name", "state", "score"];
        let row = |(id, one): (&str, Option<Implementation>)| {
            let one = one?;
            let effect = Effect::of(&one);
            Some(vec![
                organization.into(),
                id.into(),
                one.control.into(),
                one.display_name.into(),
                effect.state.into(),
                effect.score.into(),
            ])
        };
        tx.insert("estate_implementation", &columns, of.into_iter().filter_map(row).collect()).await?;
    }
    Ok(())
}

/// What implementations do at this moment, by id; those that are not known are left out.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn effects(
    tx: &mut Transaction,
    organization: &str,
    ids: &[&str],
) -> Outcome<HashMap<String, Effect>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = tx.sql("SELECT id, state, score FROM estate_implementation WHERE organization = ");
    sql.bind(organization).push(" AND ").is_in("id", ids);
    let mut effects = HashMap::new();
    for row in tx.rows(sql).await? {
        let id: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let state = row.try_get_by_index(1).map_err(Fault::defect)?;
        let score = row.try_get_by_index(2).map_err(Fault::defect)?;
        effects.insert(id, Effect { state, score, why: String::new() });
    }
    Ok(effects)
}
