//! What the rules of risks need to know of other rows, loaded in as few statements as there are questions.

use std::collections::{BTreeSet, HashMap};

use fault::{Fault, Outcome};
use resource::Name;
use store::{Collection, Resource as _, Transaction};
use wire::risk::v1::risk::ControlLink;
use wire::risk::v1::treatment::TreatmentOption;
use wire::risk::v1::{Risk, RiskCriteria};

use crate::estate::implementation::{Effect, effects};
use crate::risk_criteria::{AllCriteria, DEFAULT};
use crate::score::{Reduction, Target, floored};
use crate::{estate, id_of, ties};

/// What is known beside the messages themselves.
#[derive(Default)]
pub struct Known {
    /// Whose.
    pub(super) organization: String,
    /// Criteria, by name.
    criteria: HashMap<String, RiskCriteria>,
    /// The values of assets that are known, by id.
    assets: HashMap<String, f64>,
    /// The greatest values of the assets of selectors that are known, by id.
    selectors: HashMap<String, f64>,
    /// What implementations do, by id.
    effects: HashMap<String, Effect>,
    /// The treatments that are not cancelled, by the name of their risk.
    treatments: HashMap<String, Vec<Treated>>,
}

/// What is known of a treatment.
struct Treated {
    target: Target,
    /// The digest of what is material of it.
    material: String,
}

impl Known {
    /// Loads it for these messages, as they are to become. Holds the tie of the organization.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`.
    pub(super) async fn load(tx: &mut Transaction, organization: &str, messages: &[&Risk]) -> Outcome<Self> {
        ties::hold(tx, organization).await?;
        let ids = |names: &dyn Fn(&Risk) -> Vec<&str>| -> Vec<String> {
            let all = messages.iter().flat_map(|one| names(one)).map(id_of).filter(|id| !id.is_empty());
            all.map(str::to_owned).collect::<BTreeSet<String>>().into_iter().collect()
        };
        let assets = ids(&|one| vec![&one.asset, &one.service]);
        let selectors = ids(&|one| vec![&one.selector]);
        let implementations = ids(&|one| one.implementations.iter().map(|link| link.implementation.as_str()).collect());
        let mut known = Self {
            organization: organization.to_owned(),
            assets: estate::asset_values(tx, organization, &borrowed(&assets)).await?,
            selectors: estate::selector_values(tx, organization, &borrowed(&selectors)).await?,
            effects: effects(tx, organization, &borrowed(&implementations)).await?,
            ..Self::default()
        };
        known.look_up_criteria(tx, messages).await?;
        known.look_up_treatments(tx, messages).await?;
        Ok(known)
    }

    /// The criteria of a risk that names none.
    pub(super) fn default_criteria(&self) -> String {
        format!("organizations/{}/riskCriteria/{DEFAULT}", self.organization)
    }

    /// The criteria of a risk; none where they do not exist.
    pub(super) fn criteria(&self, risk: &Risk) -> Option<&RiskCriteria> {
        self.criteria.get(&risk.criteria)
    }

    /// Whether a name is of this organization and a collection of the asset registry, and known from there.
    pub(super) fn has(&self, collection: &str, name: &str) -> bool {
        let known = if collection == "selectors" { &self.selectors } else { &self.assets };
        self.is_ours(collection, name) && known.contains_key(id_of(name))
    }

    /// Whether a name is of this organization and a collection.
    pub(super) fn is_ours(&self, collection: &str, name: &str) -> bool {
        Name::parse(name, collection).is_ok_and(|name| name.organization() == self.organization)
    }

    /// What the target of a risk is worth; 0 where that is not known.
    pub(super) fn asset_value(&self, risk: &Risk) -> f64 {
        let assets = [&risk.asset, &risk.service].into_iter().filter_map(|name| self.assets.get(id_of(name)));
        let value = assets.chain(self.selectors.get(id_of(&risk.selector))).copied().reduce(f64::max);
        value.unwrap_or_default()
    }

    /// What the controls of a risk lower at this moment.
    pub(super) fn reductions(&self, risk: &Risk) -> Vec<Reduction> {
        risk.implementations.iter().map(|link| self.reduction(link)).collect()
    }

    fn reduction(&self, link: &ControlLink) -> Reduction {
        let origin = link.implementation.clone();
        let Some(effect) = self.effects.get(id_of(&link.implementation)) else {
            return Reduction { origin, steps: (0, 0), note: "not known here: lowers nothing".to_owned() };
        };
        let (state, score) = (&effect.state, effect.score);
        if score <= 0.0 {
            return Reduction { origin, steps: (0, 0), note: format!("{state}, not effective: lowers nothing") };
        }
        let steps = (floored(link.likelihood_steps, score), floored(link.consequence_steps, score));
        let (likelihood, consequence) = (link.likelihood_steps, link.consequence_steps);
        let note = format!("{state}: {likelihood} and {consequence} steps, {score:.2} effective, rounded down");
        Reduction { origin, steps, note }
    }

    /// What the treatments of a risk aim at.
    pub(super) fn targets(&self, risk: &Risk) -> Vec<Target> {
        self.treatments.get(&risk.name).into_iter().flatten().map(|one| one.target.clone()).collect()
    }

    /// What of the treatments of a risk is decided on when it is accepted.
    pub(super) fn treatments(&self, risk: &Risk) -> Vec<&str> {
        self.treatments.get(&risk.name).into_iter().flatten().map(|one| one.material.as_str()).collect()
    }

    async fn look_up_criteria(&mut self, tx: &mut Transaction, messages: &[&Risk]) -> Outcome<()> {
        let organization = self.organization.clone();
        let named: BTreeSet<&str> = messages.iter().map(|one| id_of(&one.criteria)).chain([DEFAULT]).collect();
        let (shipped, own): (Vec<&str>, Vec<&str>) =
            named.into_iter().partition(|id| AllCriteria::shipped().get(id).is_some());
        for id in shipped {
            let name = format!("organizations/{organization}/riskCriteria/{id}");
            let of = AllCriteria::shipped().get(id).cloned().unwrap_or_default();
            self.criteria.insert(name.clone(), RiskCriteria { name, ..of });
        }
        if own.iter().any(|id| !id.is_empty()) {
            let rows = Collection::<AllCriteria>::new(tx.database().clone()).load(tx, &organization, &own).await?;
            self.criteria.extend(rows.into_iter().map(|one| (one.name.clone(), one)));
        }
        Ok(())
    }

    async fn look_up_treatments(&mut self, tx: &mut Transaction, messages: &[&Risk]) -> Outcome<()> {
        let known = messages.iter().filter(|one| one.create_time.is_some());
        let names: Vec<&str> = known.map(|one| one.name.as_str()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let mut sql = tx.sql(
            "SELECT risk, id, option, target_likelihood, target_consequence, material FROM treatment WHERE organization = ",
        );
        sql.bind(self.organization.as_str()).push(" AND ").is_in("risk", &names);
        sql.push(" AND state <> 'CANCELLED' ORDER BY id");
        for row in tx.rows(sql).await? {
            let text = |index: usize| row.try_get_by_index::<String>(index).map_err(Fault::defect);
            let number = |index: usize| {
                let number = row.try_get_by_index::<i64>(index).map_err(Fault::defect)?;
                i32::try_from(number).map_err(Fault::defect)
            };
            let (risk, id, option) = (text(0)?, text(1)?, text(2)?);
            let (mut likelihood, consequence) = (number(3)?, number(4)?);
            // What is avoided does not come about, whatever else is said of it.
            if option == TreatmentOption::Avoid.as_str_name() && likelihood == 0 && consequence == 0 {
                likelihood = 1;
            }
            let origin = format!("{risk}/treatments/{}", id_of(&id));
            let target = Target { origin, likelihood, consequence };
            self.treatments.entry(risk).or_default().push(Treated { target, material: text(5)? });
        }
        Ok(())
    }
}

fn borrowed(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}
