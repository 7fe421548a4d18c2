//! What holds for an insurance claim however it is written, and what it comes to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Collection, Life as _, Rules, Transaction, in_state, micros, timestamp};
use wire::Violation;
use wire::risk::v1::insurance_claim::{CostTotal, State};
use wire::risk::v1::insurance_policy::State as Policy;
use wire::risk::v1::{ErrorReason, InsuranceClaim, InsurancePolicy};

use super::{COUNTING, InsuranceClaims, NOUN, notice};
use crate::id_of;
use crate::insurance::{terms, words};
use crate::insurance_policy::InsurancePolicies;

const HOUR: i64 = 3_600_000_000;
/// The states of a policy that was never agreed.
const NEVER_BOUND: [Policy; 3] = [Policy::Quoted, Policy::Evaluated, Policy::Declined];

impl Rules for InsuranceClaims {
    /// The policies that claims are made under, by name.
    type Needs = HashMap<String, InsurancePolicy>;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&InsuranceClaim]) -> Outcome<Self::Needs> {
        let ids: BTreeSet<&str> = messages.iter().map(|claim| id_of(&claim.policy)).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        let policies = Collection::<InsurancePolicies>::new(tx.database().clone());
        let found = policies.load(tx, organization, &ids).await?;
        Ok(found.into_iter().map(|policy| (policy.name.clone(), policy)).collect())
    }

    fn create(context: &Context, policies: &Self::Needs, new: &mut InsuranceClaim) -> Outcome<()> {
        let now = context.clock.now();
        InsuranceClaims::enter(new, State::CircumstanceNoticed, "", now);
        if new.aware_time.is_none() {
            new.aware_time = timestamp(now);
        }
        if let Some(policy) = policies.get(&new.policy).filter(|policy| NEVER_BOUND.contains(&policy.state())) {
            let state = policy.state().as_str_name();
            let message = format!("{} is {state}: a claim is made under a policy that is or was bound", policy.name);
            return Err(Fault::precondition(ErrorReason::InsurancePolicyNotBound, message)
                .with("policy", &policy.name)
                .with("state", state)
                .on("insurance_claim.policy"));
        }
        Self::check(context, policies, new)
    }

    fn check(context: &Context, policies: &Self::Needs, new: &mut InsuranceClaim) -> Outcome<()> {
        sound(context, new)?;
        // Its policy is missing where the engine refuses the claim after this.
        let Some(policy) = policies.get(&new.policy) else { return Ok(()) };
        new.currency_code.clone_from(&policy.currency_code);
        let allowed = i64::from(policy.claim_notice_hours).saturating_mul(HOUR);
        new.notice_due_time =
            (allowed > 0).then(|| timestamp(micros(new.aware_time.as_ref()).saturating_add(allowed))).flatten();
        tally(policy, new);
        Ok(())
    }

    fn update(
        context: &Context,
        policies: &Self::Needs,
        old: &InsuranceClaim,
        new: &mut InsuranceClaim,
    ) -> Outcome<()> {
        if !COUNTING.contains(&old.state()) && (&old.cost_items, old.aware_time) != (&new.cost_items, new.aware_time) {
            return in_state(NOUN, old.state(), &COUNTING, "changed in what it cost or when it was found out");
        }
        if new.aware_time.is_none() {
            new.aware_time = old.aware_time;
        }
        Self::check(context, policies, new)?;
        // One that has more time again is not overdue.
        if notice::running(new) && micros(new.notice_due_time.as_ref()) > context.clock.now() {
            new.notice_overdue = false;
        }
        Ok(())
    }

    fn delete(_: &Context, _: &Self::Needs, old: &InsuranceClaim) -> Outcome<()> {
        in_state(NOUN, old.state(), &[State::CircumstanceNoticed], "deleted: close it instead")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<InsuranceClaim>]) -> Outcome<()> {
        notice::follow(tx, organization, changed).await
    }
}

fn sound(context: &Context, new: &InsuranceClaim) -> Outcome<()> {
    let mut wrong = Vec::new();
    for (item, at) in new.cost_items.iter().zip(0..) {
        words::expect_cost_type(&mut wrong, format!("insurance_claim.cost_items[{at}].cost_type"), &item.cost_type);
    }
    if micros(new.aware_time.as_ref()) > context.clock.now() {
        let description = "it cannot have been found out in the future: give a time that has passed".to_owned();
        wrong.push(Violation { field: "insurance_claim.aware_time".to_owned(), description });
    }
    if new.occur_time.is_some() && micros(new.occur_time.as_ref()) > micros(new.aware_time.as_ref()) {
        let description = "it happened before it was found out: give a time not after aware_time".to_owned();
        wrong.push(Violation { field: "insurance_claim.occur_time".to_owned(), description });
    }
    if wrong.is_empty() { Ok(()) } else { Err(Fault::violations(wrong)) }
}

/// Adds up what it cost, by cost type, and what the policy pays of it.
fn tally(policy: &InsurancePolicy, new: &mut InsuranceClaim) {
    let mut totals: BTreeMap<&str, f64> = BTreeMap::new();
    for item in &new.cost_items {
        *totals.entry(item.cost_type.as_str()).or_default() += item.amount;
    }
    let covered_by = |cost_type: &str| words::words().cost_type(cost_type).map_or("", |known| known.coverage.as_str());
    let mut amounts: BTreeMap<&str, f64> = BTreeMap::new();
    for (cost_type, amount) in &totals {
        *amounts.entry(covered_by(cost_type)).or_default() += amount;
    }
    let total = |(cost_type, amount): (&&str, &f64)| CostTotal {
        cost_type: (*cost_type).to_owned(),
        amount: *amount,
        coverage: covered_by(cost_type).to_owned(),
    };
    let (told, sum) = (totals.iter().map(total).collect(), totals.values().sum());
    (new.expected_payout, new.total_amount, new.totals) = (terms::payout(policy, &amounts), sum, told);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::insurance_claim::CostItem;
    use wire::risk::v1::insurance_policy::Coverage;

    #[test]
    fn items_are_added_up_by_cost_type_and_held_against_the_policy() {
        let coverage = |kind: &str, sublimit| Coverage { kind: kind.to_owned(), sublimit, ..Coverage::default() };
        let policy = InsurancePolicy {
            excess: 50_000.0,
            limit: 150_000.0,
            coverages: vec![coverage("incident-response", 60_000.0), coverage("data-restoration", 0.0)],
            ..InsurancePolicy::default()
        };
        let item =
            |cost_type: &str, amount| CostItem { cost_type: cost_type.to_owned(), amount, ..CostItem::default() };
        let mut claim = InsuranceClaim {
            cost_items: vec![
                item("specialist-expertise", 40_000.0),
                item("crisis-response", 30_000.0),
                item("specialist-expertise", 10_000.0),
                item("data-restoration", 70_000.0),
                item("legal-costs", 25_000.0),
                item("other", 5_000.0),
            ],
            ..InsuranceClaim::default()
        };
        tally(&policy, &mut claim);
        let totals: Vec<_> = claim.totals.iter().map(|one| (one.cost_type.as_str(), one.amount)).collect();
        assert_eq!(
            totals,
            [
                ("crisis-response", 30_000.0),
                ("data-restoration", 70_000.0),
                ("legal-costs", 25_000.0),
                ("other", 5_000.0),
                ("specialist-expertise", 50_000.0)
            ]
        );
        assert_eq!(claim.total_amount, 180_000.0);
        // Of 80,000 of response 60,000 are insured, with the 70,000 of restoration 130,000, of which the first 50,000 are borne.
        assert_eq!(claim.expected_payout, 80_000.0);
    }
}
