//! Snapshots of the attack surface, and the trend: it must fall or be explained (ITU-T X.1059). The timer takes one each day.

mod take;

use access::Context;
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use store::{Rules, Transaction, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::risk::v1::surface_snapshot_service_server::SurfaceSnapshotService;
use wire::risk::v1::{
    ErrorReason, ExplainSurfaceSnapshotRequest, GetSurfaceSnapshotRequest, ListSurfaceSnapshotsRequest,
    ListSurfaceSnapshotsResponse, SurfaceSnapshot, TakeSurfaceSnapshotRequest,
};

use crate::Registry;
use crate::exposure::DAY;

/// All snapshots.
pub struct SurfaceSnapshots;

impl store::Resource for SurfaceSnapshots {
    type Message = SurfaceSnapshot;
    const TABLE: &'static str = "surface_snapshot";
    const COLLECTION: &'static str = "surfaceSnapshots";

    fn columns() -> &'static [store::Column<SurfaceSnapshot>] {
        store::columns![SurfaceSnapshot; take_time: time order, score: real order, rose: boolean, explained: boolean]
    }

    store::head!(SurfaceSnapshot;
        take_time, exposures_by_state, exposures, hosts, cases, findings_by_severity, overdue_findings, score, previous, delta, rose, explained,
        explanation, explainer, explain_time, taker,
    );
}

impl Rules for SurfaceSnapshots {
    type Needs = ();
}

// === Each day ===

/// The deadline at which the snapshot of a day is taken.
const TAKE: &str = "take-surface-snapshot";

/// The timer, with the snapshot of each day.
pub(crate) fn timer(timer: Timer) -> Timer {
    timer.on(TAKE, |tx, deadline| Box::pin(take_daily(tx, deadline)))
}

/// What tells the deadline of an organization apart.
fn of(organization: &str) -> String {
    format!("organizations/{organization}/surfaceSnapshots")
}

/// The next midnight.
fn midnight(now: i64) -> i64 {
    now.div_euclid(DAY).saturating_add(1).saturating_mul(DAY)
}

/// Plans the first snapshot of an organization, where none is planned.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub(crate) async fn plan(tx: &mut Transaction, organization: &str) -> Outcome<()> {
    let name = of(organization);
    let mut sql = tx.sql("SELECT 1 FROM deadline WHERE organization = ");
    sql.bind(organization).push(" AND kind = ").bind(TAKE).push(" AND name = ").bind(name.as_str());
    if tx.row(sql).await?.is_some() {
        return Ok(());
    }
    let due = midnight(tx.context().clock.now());
    deadline::set(tx, &[Deadline::new(organization, TAKE, &name, due)]).await
}

/// Takes the snapshot of a day, and plans the next one. After days without a running service it is one, of now.
async fn take_daily(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    take::take(tx, &deadline.organization).await?;
    let due = midnight(tx.context().clock.now());
    deadline::set(tx, &[Deadline { due, ..deadline.clone() }]).await
}

// === The API ===

#[tonic::async_trait]
impl SurfaceSnapshotService for Registry {
    async fn take_surface_snapshot(
        &self,
        request: Request<TakeSurfaceSnapshotRequest>,
    ) -> Result<Response<SurfaceSnapshot>, Status> {
        let (context, r) = open(request)?;
        reply(self.take_snapshot(&context, &r.parent).await)
    }

    async fn get_surface_snapshot(
        &self,
        request: Request<GetSurfaceSnapshotRequest>,
    ) -> Result<Response<SurfaceSnapshot>, Status> {
        self.surface_snapshots.serve_get(request).await
    }

    async fn list_surface_snapshots(
        &self,
        request: Request<ListSurfaceSnapshotsRequest>,
    ) -> Result<Response<ListSurfaceSnapshotsResponse>, Status> {
        self.surface_snapshots.serve_list(request).await
    }

    async fn explain_surface_snapshot(
        &self,
        request: Request<ExplainSurfaceSnapshotRequest>,
    ) -> Result<Response<SurfaceSnapshot>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &SurfaceSnapshot, new: &mut SurfaceSnapshot| {
            if !old.rose {
                let message = format!(
                    "the score did not rise ({}), so there is nothing to explain: choose a snapshot whose `rose` is true",
                    old.delta
                );
                return Err(Fault::precondition(ErrorReason::SnapshotNotRisen, message).with("delta", old.delta));
            }
            new.explanation.clone_from(&r.explanation);
            new.explained = true;
            new.explainer.clone_from(&context.caller.subject);
            new.explain_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.surface_snapshots.change(&context, &r.name, &r.etag, rule).await)
    }
}

impl Registry {
    async fn take_snapshot(&self, context: &Context, parent: &str) -> Outcome<SurfaceSnapshot> {
        let organization = crate::enter(context, parent, "parent")?;
        let mut tx = self.database.begin(context).await?;
        let taken = take::take(&mut tx, &organization).await?;
        tx.commit().await?;
        Ok(taken)
    }
}
