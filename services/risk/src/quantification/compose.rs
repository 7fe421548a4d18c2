//! Gathers what a portfolio's model is composed of: the last model of each risk, the policies, the quotes and the treatments. `portfolio.rs` composes.

use std::collections::{BTreeMap, BTreeSet};

use access::Context;
use fault::{Fault, Outcome};
use quantify::Model;
use serde_json::{Map, Value};
use store::Sql;
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::insurance_policy::Stance;
use wire::risk::v1::{ComposeModelRequest, ComposeModelResponse, ErrorReason, InsurancePolicy, Risk, Treatment};

use super::portfolio::{self, Cover, Measure, Offer, Source};
use super::{MOST, model_missing};
use crate::insurance::{stance, terms};
use crate::insurance_policy::ask;
use crate::{Registry, id_of, ours};

/// Most bytes of the model of a quantification, as its field says.
const MOST_BYTES: usize = 262_144;

impl Registry {
    pub(super) async fn compose(&self, context: &Context, r: &ComposeModelRequest) -> Outcome<ComposeModelResponse> {
        let organization = crate::enter(context, &r.parent, "parent")?;
        let (risks, sources) = self.sources(&organization, &r.risks).await?;
        if sources.is_empty() {
            let message =
                "no risk that is not CLOSED was quantified yet: quantify each with a model first (docs/quantify.md)";
            return Err(Fault::precondition(ErrorReason::QuantificationModelMissing, message)
                .with("risk", &r.parent)
                .on("risks"));
        }
        let policies = match r.policies.as_slice() {
            [] => self.covering(context, &organization).await?,
            named => self.named_policies(&organization, named, "policies").await?,
        };
        let quotes = self.named_policies(&organization, &r.quotes, "quotes").await?;
        let all: Vec<InsurancePolicy> = policies.iter().chain(&quotes).cloned().collect();
        ask::one_currency(&all)?;
        let mut notes = BTreeSet::new();
        let covers = covers(&policies, &risks, &mut notes)?;
        let mut offers = Vec::new();
        for quote in &quotes {
            let covers = self::covers(&with(quote, &policies), &risks, &mut notes)?;
            offers.push(Offer { id: id_of(&quote.name).to_owned(), covers });
        }
        let mut measures = self.measures(&organization, &risks).await?;
        // One option is to bear it all.
        let room = Model::MOST_OPTIONS.saturating_sub(offers.len()).saturating_sub(1);
        if let Some(left_out) = measures.len().checked_sub(room).filter(|count| *count > 0) {
            measures.truncate(room);
            notes.insert(format!(
                "{left_out} treatments are left out: a model has at most {} options; name fewer risks",
                Model::MOST_OPTIONS
            ));
        }
        let made = portfolio::compose(sources, &covers, &offers, &measures);
        let (size, most) = (made.model.to_string().len(), MOST_BYTES);
        if size > most {
            return Err(refused(format!(
                "the model would have {size} bytes, where a quantification takes {most}: name fewer"
            )));
        }
        notes.extend(made.notes);
        let currency_code = all.first().map(|policy| policy.currency_code.clone()).unwrap_or_default();
        Ok(ComposeModelResponse { model: made.model.to_string(), notes: notes.into_iter().collect(), currency_code })
    }

    /// The risks, and the last model of each.
    async fn sources(&self, organization: &str, named: &[String]) -> Outcome<(Vec<Risk>, Vec<Source>)> {
        for (name, at) in named.iter().zip(0..) {
            ours(organization, "risks", name, format!("risks[{at}]"))?;
        }
        let of: Vec<&str> = named.iter().map(String::as_str).collect();
        let newest = self.newest(organization, (!of.is_empty()).then_some(of.as_slice()), "").await?;
        let mut newest: BTreeMap<String, String> = newest.into_iter().map(|one| (one.risk, one.model)).collect();
        let ids: Vec<&str> = match named {
            [] => newest.keys().map(|name| id_of(name)).collect(),
            named => named.iter().map(|name| id_of(name)).collect(),
        };
        let risks = self.risks.find(organization, |sql: &mut Sql| {
            sql.is_in("id", &ids);
            if named.is_empty() {
                sql.push(" AND state <> 'CLOSED'");
            }
            sql.push(" ORDER BY id");
        });
        let risks = risks.await?;
        if newest.len() > MOST {
            return Err(refused(format!("more than {MOST} risks were quantified: name those meant")));
        }
        for (name, at) in named.iter().zip(0..) {
            let field = format!("risks[{at}]");
            if !risks.iter().any(|risk| risk.name == *name) {
                return Err(Fault::not_found(name).on(field));
            }
            if !newest.contains_key(name) {
                return Err(model_missing(name, &field));
            }
        }
        let mut sources = Vec::with_capacity(risks.len());
        for risk in &risks {
            let Some(text) = newest.remove(&risk.name) else { continue };
            let model = quantify::document(&text).map_err(Fault::defect)?;
            sources.push(Source { risk: id_of(&risk.name).to_owned(), model });
        }
        Ok((risks, sources))
    }

    /// The treatments that are open and prevent events or make them smaller.
    async fn measures(&self, organization: &str, risks: &[Risk]) -> Outcome<Vec<Measure>> {
        let names: Vec<&str> = risks.iter().map(|risk| risk.name.as_str()).collect();
        let found = self.treatments.find(organization, |sql: &mut Sql| {
            sql.is_in("risk", &names).push(" AND state IN ('PLANNED', 'IN_PROGRESS') ORDER BY risk, id");
        });
        Ok(found.await?.iter().filter_map(measure).collect())
    }
}

/// Of too many risks.
fn refused(message: String) -> Box<Fault> {
    Fault::invalid(House::FieldInvalid, message).on("risks")
}

/// A treatment as what it changes; none where that is nothing.
fn measure(of: &Treatment) -> Option<Measure> {
    if of.frequency_reduction <= 0.0 && of.severity_reduction <= 0.0 {
        return None;
    }
    let risk = id_of(store::parent_of(&of.name)).to_owned();
    Some(Measure {
        id: format!("{risk}/{}", id_of(&of.name)),
        risk,
        yearly_cost: of.cost.as_ref().map_or(0.0, |cost| cost.yearly_cost),
        yearly_kwh: of.yearly_kwh,
        frequency_factor: 1.0 - of.frequency_reduction,
        severity_factor: 1.0 - of.severity_reduction,
    })
}

/// The policies that would cover if a quote were taken.
fn with(quote: &InsurancePolicy, policies: &[InsurancePolicy]) -> Vec<InsurancePolicy> {
    let end = |of: &InsurancePolicy| of.attachment + of.limit;
    let replaced = |of: &&InsurancePolicy| {
        of.tower == quote.tower
            && if quote.tower.is_empty() {
                of.line == quote.line
            } else {
                of.attachment < end(quote) && quote.attachment < end(of)
            }
    };
    let kept = policies.iter().filter(|policy| !replaced(policy)).cloned();
    let mut all: Vec<InsurancePolicy> = kept.chain([quote.clone()]).collect();
    ask::stack(&mut all);
    all
}

/// Policies by their tower, each with the risks it pays for. They are sorted by tower and attachment.
fn covers(policies: &[InsurancePolicy], risks: &[Risk], notes: &mut BTreeSet<String>) -> Outcome<Vec<Cover>> {
    let of_one = |one: &InsurancePolicy, other: &InsurancePolicy| !one.tower.is_empty() && one.tower == other.tower;
    policies.chunk_by(of_one).map(|tower| cover(tower, risks, notes)).collect()
}

fn cover(tower: &[InsurancePolicy], risks: &[Risk], notes: &mut BTreeSet<String>) -> Outcome<Cover> {
    let described = terms::of_tower(tower).ok_or_else(|| Fault::defect("a tower without a policy"))?;
    let id = match tower {
        [one, ..] if one.tower.is_empty() => id_of(&one.name),
        tower => tower.first().map_or("", |one| one.tower.as_str()),
    };
    notes.extend(described.notes.iter().map(|note| format!("{id}: {note}")));
    let terms: Map<String, Value> = quantify::document(&described.yaml).map_err(Fault::defect)?;
    let pays = |risk: &&Risk| {
        let cells: Vec<_> = tower.iter().map(|policy| stance::cell(policy, risk)).collect();
        matches!(stance::best(&cells), Stance::Covered | Stance::Partly)
    };
    let coverages = tower.iter().flat_map(|policy| &policy.coverages).map(|one| one.kind.clone()).collect();
    let risks = risks.iter().filter(pays).map(|risk| id_of(&risk.name).to_owned()).collect();
    Ok(Cover { id: id.to_owned(), terms, risks, coverages })
}
