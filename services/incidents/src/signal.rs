//! Signals (ITU-T X.1056, detect; X.733, X.736): what alarms, reports and detections say. One is known by its source and the id that it has there, so that the
//! same again changes nothing, and what comes later about the same changes it.
//!
//! The way in: `signal/stream.rs` (a stream, portion by portion), `signal/record.rs` (what a record must say, and what a later one changes), `signal/take.rs`
//! (one portion, one transaction), `signal/place.rs` (to which case each belongs). An answer comes when what it counts is durable.

mod learnt;
mod place;
mod record;
mod stream;
mod take;

use std::pin::Pin;
use std::sync::Arc;

use access::Context;
use fault::{Fault, Outcome};
use store::{Rules, open, reply};
use tonic::{Request, Response, Status, Streaming};
use wire::incidents::v1 as api;
use wire::incidents::v1::Signal;
use wire::incidents::v1::signal::{AlarmType, Form, Placement, Severity, State};
use wire::incidents::v1::signal_service_server::SignalService;

use crate::Registry;
use crate::correlator::Correlators;

pub(crate) use learnt::history;

// === The table ===

/// All signals.
pub struct Signals;

impl store::Resource for Signals {
    type Message = Signal;
    const TABLE: &'static str = "signal";
    const COLLECTION: &'static str = "signals";

    fn columns() -> &'static [store::Column<Signal>] {
        store::columns![Signal;
            source: text, source_id: text, form: choice(Form), alarm_type: choice(AlarmType), severity: choice(Severity), kind: text,
            device: text index, asset: text sparse, site: text, case: text sparse, state: choice(State), placement: choice(Placement), rule: text,
            raise_time: time order,
        ]
    }

    store::head!(Signal; state, asset, site, case, placement, rule, root, cause_origin, told_raise_time);
}

// === The rules ===

impl Rules for Signals {
    type Needs = ();
}

// === The API ===

/// Serves signals; each stream runs in a task of its own, which holds the registry.
pub(crate) struct Service(pub(crate) Arc<Registry>, pub(crate) Arc<Correlators>);

impl Service {
    async fn create(&self, context: &Context, r: api::CreateSignalRequest) -> Outcome<Signal> {
        let organization = store::enter(context, &r.parent, "parent")?;
        let mut signal = r.signal.unwrap_or_default();
        if signal.source.is_empty() {
            "report".clone_into(&mut signal.source);
        }
        if signal.source_id.is_empty() {
            signal.source_id = if r.signal_id.is_empty() { context.clock.id() } else { r.signal_id };
        }
        if signal.form() == Form::Unspecified {
            signal.set_form(Form::Report);
        }
        let id = record::id(&signal.source, &signal.source_id);
        let record = api::SignalRecord { signal: Some(signal), ..Default::default() };
        let taken = self.take(context, &organization, vec![record]).await?;
        if let Some((_, fault)) = taken.refused.into_iter().next() {
            return Err(fault);
        }
        self.0.signals.get(context, &format!("organizations/{organization}/signals/{id}")).await
    }

    async fn batch(&self, context: &Context, r: api::BatchIntakeSignalsRequest) -> Outcome<api::IntakeSignalsResponse> {
        let organization = store::enter(context, &r.parent, "parent")?;
        stream::portion(r.records.len(), "records")?;
        let mut told = stream::Told::default();
        let sent = stream::Sent::of(&r.records);
        let taken = self.take(context, &organization, r.records).await?;
        Ok(told.add(&sent, taken))
    }
}

#[tonic::async_trait]
impl SignalService for Service {
    type IntakeSignalsStream = Pin<Box<dyn futures::Stream<Item = Result<api::IntakeSignalsResponse, Status>> + Send>>;

    async fn intake_signals(
        &self,
        request: Request<Streaming<api::IntakeSignalsRequest>>,
    ) -> Result<Response<Self::IntakeSignalsStream>, Status> {
        let context = Context::of(&request)?;
        let service = Self(Arc::clone(&self.0), Arc::clone(&self.1));
        Ok(Response::new(stream::run(service, context, request.into_inner())))
    }

    async fn batch_intake_signals(
        &self,
        request: Request<api::BatchIntakeSignalsRequest>,
    ) -> Result<Response<api::IntakeSignalsResponse>, Status> {
        // Records are looked at one by one, since a wrong one must not take the others with it.
        let context = Context::of(&request)?;
        reply(self.batch(&context, request.into_inner()).await)
    }

    async fn create_signal(&self, request: Request<api::CreateSignalRequest>) -> Result<Response<Signal>, Status> {
        let (context, r) = open(request)?;
        reply(self.create(&context, r).await)
    }

    async fn get_signal(&self, request: Request<api::GetSignalRequest>) -> Result<Response<Signal>, Status> {
        self.0.signals.serve_get(request).await
    }

    async fn list_signals(
        &self,
        request: Request<api::ListSignalsRequest>,
    ) -> Result<Response<api::ListSignalsResponse>, Status> {
        self.0.signals.serve_list(request).await
    }
}

/// A record that is refused for a field.
fn wrong(field: &str, message: impl Into<String>) -> Box<Fault> {
    Fault::invalid(wire::fault::v1::ErrorReason::FieldInvalid, message).on(format!("signal.{field}"))
}
