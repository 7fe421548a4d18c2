//! A stream of signals: portions in, an answer for each when it is durable.

use std::pin::Pin;

use access::Context;
use fault::{Fault, Outcome};
use futures::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use tracing::Instrument as _;
use wire::Violation;
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::intake_signals_request::Part;
use wire::incidents::v1::{
    ErrorReason, IntakeSignalsRequest, IntakeSignalsResponse, RejectedSignal, SignalIntakeBatch, SignalRecord,
};

use super::Service;
use super::take::Taken;

/// How many portions are read ahead of the one that is written.
const AHEAD: usize = 2;

type Answers = Pin<Box<dyn Stream<Item = Result<IntakeSignalsResponse, Status>> + Send>>;

/// Takes a stream in, in a task of its own.
pub(super) fn run(service: Service, context: Context, stream: Streaming<IntakeSignalsRequest>) -> Answers {
    let (answers, told) = mpsc::channel(16);
    let intake = async move {
        if let Err(fault) = conduct(&service, &context, stream, &answers).await {
            let _ = answers.send(Err(Status::from(fault))).await;
        }
    };
    tokio::spawn(intake.in_current_span());
    Box::pin(ReceiverStream::new(told))
}

async fn conduct(
    service: &Service,
    context: &Context,
    mut stream: Streaming<IntakeSignalsRequest>,
    answers: &mpsc::Sender<Result<IntakeSignalsResponse, Status>>,
) -> Outcome<()> {
    let first = stream.next().await.transpose().map_err(|status| cut(&status))?;
    let Some(Part::Start(start)) = first.and_then(|message| message.part) else {
        return Err(order("send `start` as the first message"));
    };
    let organization = store::enter(context, &start.parent, "start.parent")?;
    // While one portion is written, the next are read: to take a message apart costs about as much as to keep it.
    let (portions, mut read) = mpsc::channel::<Outcome<SignalIntakeBatch>>(AHEAD);
    let reader = async move {
        while let Some(message) = stream.next().await {
            let portion = match message.map_err(|status| cut(&status)) {
                Ok(IntakeSignalsRequest { part: Some(Part::Batch(batch)) }) => Ok(batch),
                Ok(_) => Err(order("`start` came again: send it once, first")),
                Err(fault) => Err(fault),
            };
            let last = portion.is_err();
            if portions.send(portion).await.is_err() || last {
                break;
            }
        }
    };
    tokio::spawn(reader.in_current_span());
    let mut told = Told::default();
    while let Some(batch) = read.recv().await {
        let records = batch?.records;
        portion(records.len(), "batch.records")?;
        let sent = Sent::of(&records);
        let taken = service.take(context, &organization, records).await?;
        let answer = told.add(&sent, taken);
        if answers.send(Ok(answer)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Refuses a portion of no or too many records.
///
/// # Errors
/// `FIELD_INVALID`.
pub(super) fn portion(length: usize, field: &str) -> Outcome<()> {
    match length {
        1..=1000 => Ok(()),
        length => Err(Fault::violations(vec![Violation {
            field: field.to_owned(),
            description: format!("has {length} entries: send 1 to 1000 at once"),
        }])),
    }
}

fn cut(status: &Status) -> Box<Fault> {
    let message = format!(
        "the stream was cut ({}): send it again; what was acknowledged is kept and changes nothing",
        status.message()
    );
    Fault::new(tonic::Code::Cancelled, House::ReaderTooSlow, message)
}

fn order(message: &str) -> Box<Fault> {
    Fault::invalid(ErrorReason::IntakeNotStarted, message).on("part")
}

/// Where each record of a portion stood.
pub(super) struct Sent(Vec<(i64, String)>);

impl Sent {
    /// Of records.
    pub(super) fn of(records: &[SignalRecord]) -> Self {
        Self(records.iter().map(|record| (record.position, record.origin.clone())).collect())
    }
}

/// What was told so far.
#[derive(Default)]
pub(super) struct Told(IntakeSignalsResponse);

impl Told {
    /// Adds a portion, and gives the answer.
    pub(super) fn add(&mut self, sent: &Sent, taken: Taken) -> IntakeSignalsResponse {
        let told = &mut self.0;
        told.position = sent.0.last().map_or(told.position, |(position, _)| *position);
        told.read += i64::try_from(sent.0.len()).unwrap_or_default();
        told.created += taken.created;
        told.updated += taken.updated;
        told.unchanged += taken.unchanged;
        told.suppressed += taken.suppressed;
        told.cases += taken.cases;
        told.rejected += i64::try_from(taken.refused.len()).unwrap_or_default();
        let refused = taken.refused.into_iter().map(|(at, fault)| {
            let (position, origin) = sent.0.get(at).cloned().unwrap_or_default();
            rejected(position, origin, &fault)
        });
        IntakeSignalsResponse { rejected_signals: refused.collect(), ..told.clone() }
    }
}

fn rejected(position: i64, origin: String, fault: &Fault) -> RejectedSignal {
    RejectedSignal {
        position,
        origin,
        reason: fault.reason().to_owned(),
        message: fault.message().to_owned(),
        field: fault.field().to_owned(),
    }
}
