//! How risks are moved, and scored anew where something they depend on has changed.

use access::Context;
use fault::{Fault, Outcome};
use store::{Collection, Transaction};
use wire::risk::v1::Risk;
use wire::risk::v1::risk::{ScoreReason, State};

use super::Risks;
use super::lifecycle::{Step, enter, target};
use crate::{Registry, id_of, ties};

impl Registry {
    /// Makes a move. What else the move needs is asked by the rules, once it is known what they must know.
    pub(super) async fn step_risk(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        step: Step,
        reason: &str,
        more: impl FnOnce(&Context, &mut Risk) + Send,
    ) -> Outcome<Risk> {
        let mut tx = ties::begin(&self.database, context, name).await?;
        let rule = |context: &Context, old: &Risk, new: &mut Risk| {
            enter(new, target(step, old.state())?, reason, context.clock.now());
            more(context, new);
            Ok(())
        };
        let moved = self.risks.change_in(&mut tx, name, etag, rule).await?;
        tx.commit().await?;
        Ok(moved)
    }
}

/// Who calls this has assessed the risk.
pub(super) fn assessed(context: &Context, new: &mut Risk) {
    new.assessor.clone_from(&context.caller.subject);
}

/// Ends a risk whose asset is no more.
pub(crate) fn close_with_asset(new: &mut Risk, why: &str, now: i64) {
    enter(new, State::Closed, why, now);
}

/// Scores the risks of criteria anew that have changed, in the transaction in which they did.
///
/// # Errors
/// `STORE_UNAVAILABLE`, and what the criteria no longer allow.
pub(crate) async fn criteria_changed(tx: &mut Transaction, organization: &str, criteria: &str) -> Outcome<()> {
    let mut sql = tx.sql("SELECT id FROM risk WHERE organization = ");
    sql.bind(organization).push(" AND criteria = ").bind(criteria).push(" AND state <> 'CLOSED' ORDER BY id");
    let rows = tx.rows(sql).await?;
    let ids: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect::<Outcome<_>>()?;
    let text = format!("its criteria were changed by {}", tx.context().caller.subject);
    rescore(tx, organization, &ids, &text, criteria).await
}

/// Scores a risk anew whose treatments have changed, in the transaction in which they did.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn treatments_changed(
    tx: &mut Transaction,
    organization: &str,
    risks: &[String],
    treatment: &str,
) -> Outcome<()> {
    let text = format!("its treatments were changed by {}", tx.context().caller.subject);
    rescore(tx, organization, risks, &text, treatment).await
}

async fn rescore(tx: &mut Transaction, organization: &str, ids: &[String], text: &str, resource: &str) -> Outcome<()> {
    let reason = ScoreReason {
        text: text.to_owned(),
        service: crate::NAME.to_owned(),
        resource: resource.to_owned(),
        // Told apart from what it was, so that the rules look; they put back what it was where nothing comes of it.
        sequence: 0,
    };
    let ids: Vec<&str> = ids.iter().map(|id| id_of(id)).collect();
    let risks = Collection::<Risks>::new(tx.database().clone());
    let rule = |old: &Risk, new: &mut Risk| {
        new.score_reason = Some(reason.clone());
        if old.score_reason == new.score_reason {
            new.score_time = None;
        }
    };
    risks.change_many(tx, organization, &ids, rule).await.map(drop)
}
