//! What the outages of an incident come to, and which thresholds they cross.

use access::Context;
use fault::{Fault, Outcome};
use jiff::Timestamp;
use statute::outage::{Crossing, Measured};
use wire::incidents::v1::MeasureOutagesResponse;
use wire::incidents::v1::incident::Known;
use wire::incidents::v1::measure_outages_response as told;

use crate::statute_book::{self, Law};
use crate::{Registry, obligation, organization_of};

impl Registry {
    /// Measures the outages of an incident, now.
    pub(super) async fn measured(&self, context: &Context, name: &str) -> Outcome<MeasureOutagesResponse> {
        let incident = self.incidents.get(context, name).await?;
        let mut tx = self.database.begin(context).await?;
        let law = Law::of(statute_book::in_force(&mut tx, organization_of(name)).await?.as_ref())?;
        tx.commit().await?;
        let now = Timestamp::from_microsecond(context.clock.now()).map_err(Fault::defect)?;
        let (measured, crossings) = obligation::outage(&law, &incident, now)?;
        Ok(MeasureOutagesResponse {
            outages: measured.into_iter().map(outage).collect(),
            crossings: crossings.into_iter().map(crossing).collect(),
        })
    }
}

fn outage(of: Measured) -> told::Outage {
    let count = |users: u64| i64::try_from(users).unwrap_or(i64::MAX);
    told::Outage {
        open: of.open,
        hours: of.duration.as_secs_f64() / 3600.0,
        users: count(of.users),
        peak_users: count(of.peak),
        users_percent: of.users_percent.unwrap_or_default(),
        user_hours: of.user_hours(),
        service: of.service,
        why: of.why,
    }
}

fn crossing(of: Crossing) -> told::Crossing {
    let crossed = match of.crossed {
        Some(true) => Known::Yes,
        Some(false) => Known::No,
        None => Known::Unspecified,
    };
    told::Crossing {
        threshold: of.threshold,
        service: of.service,
        crossed: crossed.into(),
        crosses_after_time: of
            .crosses_after
            .map(|at| prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }),
        why: of.why,
    }
}
