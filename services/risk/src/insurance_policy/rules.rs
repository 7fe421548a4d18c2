//! What holds for an insurance policy however it is written.

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Life as _, Resource as _, Rules, Transaction, in_state, micros, timestamp};
use wire::Violation;
use wire::risk::v1::InsurancePolicy;
use wire::risk::v1::insurance_policy::State;

use super::{InsurancePolicies, NOUN, OPEN, clock};
use crate::insurance::words::{self, words};

const DAY: i64 = 86_400_000_000;

impl Rules for InsurancePolicies {
    type Needs = ();

    fn create(context: &Context, needs: &(), new: &mut InsurancePolicy) -> Outcome<()> {
        InsurancePolicies::enter(new, State::Quoted, "", context.clock.now());
        Self::check(context, needs, new)
    }

    fn check(_: &Context, (): &(), new: &mut InsurancePolicy) -> Outcome<()> {
        let mut wrong = Vec::new();
        amounts(new, &mut wrong);
        times(new, &mut wrong);
        named(new, &mut wrong);
        if !wrong.is_empty() {
            return Err(Fault::violations(wrong));
        }
        let notice = i64::from(new.renewal_notice_days).saturating_mul(DAY);
        new.renewal_due_time = timestamp(micros(new.end_time.as_ref()).saturating_sub(notice));
        new.rate_on_line = new.premium / new.limit;
        Ok(())
    }

    fn update(context: &Context, needs: &(), old: &InsurancePolicy, new: &mut InsurancePolicy) -> Outcome<()> {
        if !OPEN.contains(&old.state()) && terms(old) != terms(new) {
            return in_state(NOUN, old.state(), &OPEN, "changed in its terms");
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, (): &(), old: &InsurancePolicy) -> Outcome<()> {
        in_state(NOUN, old.state(), &[State::Quoted, State::Evaluated, State::Declined], "deleted")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<InsurancePolicy>]) -> Outcome<()> {
        clock::follow(tx, organization, changed).await
    }
}

/// What was agreed: nothing of who answers for it and how it is filed.
fn terms(policy: &InsurancePolicy) -> InsurancePolicy {
    let mut terms = policy.clone();
    InsurancePolicies::clear_output(&mut terms);
    InsurancePolicy {
        etag: String::new(),
        display_name: String::new(),
        owner: String::new(),
        labels: std::collections::BTreeMap::default(),
        ..terms
    }
}

fn refuse(wrong: &mut Vec<Violation>, field: &str, description: String) {
    wrong.push(Violation { field: format!("insurance_policy.{field}"), description });
}

fn amounts(new: &InsurancePolicy, wrong: &mut Vec<Violation>) {
    if new.excess > new.limit {
        let message = format!("the excess of {} is above the limit of {}: give at most that", new.excess, new.limit);
        refuse(wrong, "excess", message);
    }
    if new.aggregate_limit > 0.0 && new.aggregate_deductible > new.aggregate_limit {
        let message = format!(
            "the deductible of the year, {}, is above the limit of the year, {}: give at most that",
            new.aggregate_deductible, new.aggregate_limit
        );
        refuse(wrong, "aggregate_deductible", message);
    }
    for (coverage, at) in new.coverages.iter().zip(0..) {
        if coverage.sublimit > new.limit {
            let message = format!(
                "the sublimit of {}, {}, is above the limit of {}: give at most that, or 0 for the limit itself",
                coverage.kind, coverage.sublimit, new.limit
            );
            refuse(wrong, &format!("coverages[{at}].sublimit"), message);
        }
    }
}

fn times(new: &InsurancePolicy, wrong: &mut Vec<Violation>) {
    let (start, end) = (micros(new.start_time.as_ref()), micros(new.end_time.as_ref()));
    if end <= start {
        refuse(wrong, "end_time", "it ends before it begins: give a time after start_time".to_owned());
    }
    if new.retroactive_time.is_some() && micros(new.retroactive_time.as_ref()) > start {
        let message = "it is after the start: give a time not after start_time, or leave it out".to_owned();
        refuse(wrong, "retroactive_time", message);
    }
}

/// Words are those of insurance, and each stands once.
fn named(new: &InsurancePolicy, wrong: &mut Vec<Violation>) {
    for (coverage, at) in new.coverages.iter().zip(0..) {
        let field = format!("insurance_policy.coverages[{at}]");
        let known = words().coverage.iter().map(|one| one.key.as_str());
        words::expect(wrong, format!("{field}.kind"), ("kind of coverage", &coverage.kind), known);
        words::expect_perils(wrong, &format!("{field}.perils"), &coverage.perils);
        if new.coverages.iter().take(at).any(|before| before.kind == coverage.kind) {
            refuse(wrong, &format!("coverages[{at}].kind"), format!("{} stands twice: leave one out", coverage.kind));
        }
    }
    for (exclusion, at) in new.exclusions.iter().zip(0..) {
        let field = format!("insurance_policy.exclusions[{at}]");
        let known = words().exclusion.iter().map(|one| one.key.as_str());
        words::expect(wrong, format!("{field}.kind"), ("exclusion", &exclusion.kind), known);
        words::expect_perils(wrong, &format!("{field}.carve_backs"), &exclusion.carve_backs);
        if new.exclusions.iter().take(at).any(|before| before.kind == exclusion.kind) {
            refuse(wrong, &format!("exclusions[{at}].kind"), format!("{} stands twice: leave one out", exclusion.kind));
        }
    }
}
