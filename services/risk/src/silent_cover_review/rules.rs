//! What holds for a silent cover review however it is written.

use std::collections::{BTreeSet, HashMap};

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Life as _, Rules, Transaction, in_state};
use wire::Violation;
use wire::risk::v1::insurance_policy::{Line, Stance as Said};
use wire::risk::v1::silent_cover_review::{Finding, Stance, State};
use wire::risk::v1::{ErrorReason, InsurancePolicy, Risk, SilentCoverReview};

use super::{NOUN, SilentCoverReviews};
use crate::id_of;
use crate::insurance::stance::cell;
use crate::insurance::words::{self, words};
use crate::insurance_policy::InsurancePolicies;

impl Rules for SilentCoverReviews {
    /// The lines of the policies that are looked through, by name.
    type Needs = HashMap<String, Line>;

    async fn needs(tx: &mut Transaction, organization: &str, messages: &[&SilentCoverReview]) -> Outcome<Self::Needs> {
        let ids: BTreeSet<&str> = messages.iter().map(|review| id_of(&review.policy)).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
        let policies = Collection::<InsurancePolicies>::new(tx.database().clone());
        let found = policies.load(tx, organization, &ids).await?;
        Ok(found.into_iter().map(|policy| (policy.name.clone(), policy.line())).collect())
    }

    fn create(context: &Context, lines: &Self::Needs, new: &mut SilentCoverReview) -> Outcome<()> {
        SilentCoverReviews::enter(new, State::Open, "", context.clock.now());
        if lines.get(&new.policy) == Some(&Line::Cyber) {
            let description = format!(
                "{} is meant for cyber risks: silent cover is looked for in policies of other lines",
                new.policy
            );
            return Err(Fault::violations(vec![Violation {
                field: "silent_cover_review.policy".to_owned(),
                description,
            }]));
        }
        Self::check(context, lines, new)
    }

    fn check(_: &Context, _: &Self::Needs, new: &mut SilentCoverReview) -> Outcome<()> {
        let mut wrong = Vec::new();
        for (finding, at) in new.findings.iter().zip(0..) {
            let field = format!("silent_cover_review.findings[{at}].peril");
            let known = words().peril.iter().map(|one| one.key.as_str());
            words::expect(&mut wrong, field.clone(), ("peril", &finding.peril), known);
            if new.findings.iter().take(at).any(|before| before.peril == finding.peril) {
                let description = format!("{} stands twice: leave one out", finding.peril);
                wrong.push(Violation { field, description });
            }
        }
        if !wrong.is_empty() {
            return Err(Fault::violations(wrong));
        }
        new.open_perils = unsaid(&new.findings);
        let silent = new.findings.iter().filter(|one| matches!(one.stance(), Stance::Silent | Stance::Unclear));
        new.silent_perils = i32::try_from(silent.count()).map_err(Fault::defect)?;
        Ok(())
    }

    fn update(
        context: &Context,
        lines: &Self::Needs,
        old: &SilentCoverReview,
        new: &mut SilentCoverReview,
    ) -> Outcome<()> {
        if old.findings != new.findings {
            in_state(NOUN, old.state(), &[State::Open], "changed in what was found: reopen it")?;
        }
        Self::check(context, lines, new)
    }
}

/// The perils of which nothing is said.
fn unsaid(findings: &[Finding]) -> Vec<String> {
    let perils = words().peril.iter().map(|one| &one.key);
    perils.filter(|peril| !findings.iter().any(|one| one.peril == **peril)).cloned().collect()
}

/// Refuses to complete a review that says nothing of a peril.
pub(super) fn complete(review: &SilentCoverReview) -> Outcome<()> {
    if review.open_perils.is_empty() {
        return Ok(());
    }
    let open = review.open_perils.join(", ");
    let message = format!("the review says nothing of {open}: say in `findings` what the policy says of each");
    Err(Fault::precondition(ErrorReason::SilentCoverReviewIncomplete, message).with("perils", open))
}

/// Says of the perils of which nothing is said what the terms of the policy say.
pub(super) fn suggest(policy: &InsurancePolicy, review: &mut SilentCoverReview) {
    for peril in unsaid(&review.findings) {
        let said = cell(policy, &Risk { peril: peril.clone(), ..Risk::default() });
        let stance = match said.stance() {
            Said::Covered | Said::Partly => Stance::Affirmed,
            Said::Excluded => Stance::Excluded,
            Said::Unclear => Stance::Unclear,
            Said::Silent | Said::Unspecified => Stance::Silent,
        };
        let note = format!("suggested: {}", said.reason);
        let finding = Finding { peril, stance: stance.into(), clause: said.decided_by, note, ..Finding::default() };
        review.findings.push(finding);
    }
}
