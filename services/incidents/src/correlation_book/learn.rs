//! Rules proposed from history.

use std::collections::BTreeSet;

use access::Context;
use correlate::{Learning, learn};
use fault::{Fault, Outcome};
use store::micros;
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::{LearnCorrelationRulesRequest, LearnCorrelationRulesResponse};

use super::rules;
use crate::Registry;
use crate::correlator::{self, Correlator};
use crate::signal::history;

/// A rule that explains less of its effects is not proposed, where the caller does not say.
const LEAST: f64 = 0.3;

impl Registry {
    /// Proposes rules from the signals of some time.
    pub(super) async fn learn_rules(
        &self,
        context: &Context,
        r: &LearnCorrelationRulesRequest,
    ) -> Outcome<LearnCorrelationRulesResponse> {
        let organization = store::enter(context, &r.parent, "parent")?;
        let (from, to) =
            (micros(r.begin_time.as_ref()), r.end_time.as_ref().map_or(context.clock.now(), |end| micros(Some(end))));
        if to <= from {
            let message = "it is not after begin_time: give a later time, or none for now";
            return Err(Fault::invalid(House::FieldInvalid, message).on("end_time"));
        }
        let history = history(&self.database, &organization, from, to).await?;
        let mut tx = self.database.begin(context).await?;
        let mut known = rules(&mut tx, &organization).await?;
        let standing = correlator::standing(&mut tx, &organization).await?;
        let mut correlator = Correlator::in_step(None, &mut tx, &organization, standing).await?;
        let devices: BTreeSet<&str> = history.iter().map(|alarm| alarm.device.as_str()).collect();
        correlator.surround(&mut tx, &organization, &devices).await?;
        tx.commit().await?;
        let least = if r.least_confidence > 0.0 { r.least_confidence } else { LEAST };
        let learnt = learn(&history, correlator.engine.topology_mut(), &Learning::default());
        known.causes = learnt.into_iter().filter(|rule| rule.confidence >= least).collect();
        known.edition = format!("learnt {}", known.edition).chars().take(60).collect();
        Ok(LearnCorrelationRulesResponse {
            rules: datafile::write(&known).map_err(Fault::defect)?,
            learnt: i32::try_from(known.causes.len()).unwrap_or(i32::MAX),
            signals: i64::try_from(history.len()).unwrap_or(i64::MAX),
        })
    }
}
