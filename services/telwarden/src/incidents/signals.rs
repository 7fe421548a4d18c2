//! `telwarden incidents import alarms` and `… ves`: signals of a file, onto the stream that takes them in.

mod file;

use std::ops::ControlFlow;

use anyhow::{Context as _, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use intake::{IntakeError, Report};
use prost::Message as _;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use wire::incidents::v1::intake_signals_request::Part;
use wire::incidents::v1::signal_service_client::SignalServiceClient;
use wire::incidents::v1::{
    IntakeSignalsRequest, IntakeSignalsResponse, SignalIntakeBatch, SignalIntakeStart, SignalRecord,
};

use super::import::Import;
use crate::client::{Client, Connection, Output, explain};

pub use file::open;

/// How many records go with one message, and how many bytes at most.
const MOST_RECORDS: usize = 1000;
const MOST_BYTES: usize = 2 << 20;
/// How many messages wait at most: with what the service has not taken yet, what memory holds of a file.
const WAITING: usize = 4;

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// What the service says of the records it was given.
    pub told: IntakeSignalsResponse,
    /// What was read from the file.
    pub report: Report,
    /// Why the file could not be read to its end, where it could not.
    pub broken: Option<String>,
}

impl Done {
    /// Objects that could not be read from the file, those too that are not listed one by one.
    fn unread(&self) -> i64 {
        let more = self.report.not_imported.get("rejected, not listed").map_or(0, |left| left.count);
        i64::try_from(self.report.rejected.len() as u64 + more).unwrap_or(i64::MAX)
    }

    /// Objects that say nothing of a condition.
    fn left_out(&self) -> u64 {
        let unlisted = |kind: &str| kind == "rejected, not listed";
        self.report.not_imported.iter().filter(|(kind, _)| !unlisted(kind)).map(|(_, left)| left.count).sum()
    }

    /// The last line of what is printed for programs. Cases are no incidents: alarms make none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let (told, unread) = (&self.told, self.unread());
        serde_json::json!({
            "read": told.read.saturating_add(unread), "created": told.created, "updated": told.updated, "unchanged": told.unchanged,
            "rejected": told.rejected.saturating_add(unread), "suppressed": told.suppressed, "cases": told.cases, "incidents": 0,
            "left_out": self.left_out(),
        })
    }

    /// The same, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let (told, unread) = (&self.told, self.unread());
        format!(
            "{} read, {} new ({} by planned work), {} changed, {} unchanged, {} rejected, {} left out; {} cases opened",
            told.read.saturating_add(unread),
            told.created,
            told.suppressed,
            told.updated,
            told.unchanged,
            told.rejected.saturating_add(unread),
            self.left_out(),
            told.cases
        )
    }
}

/// Runs an import. What is refused, what is left out and what deserves a look goes to stderr.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub(super) async fn import(connection: &Connection, which: &Import) -> Result<()> {
    ensure!(which.source.chars().count() <= 64, "--source has more than 64 characters: give a shorter name");
    let read = open(which)?;
    let done = bring(connection.open().await?, &which.organization, read).await?;
    for refused in &done.report.rejected {
        eprintln!("rejected {}: {} [{}]", refused.origin, refused.message, refused.reason);
    }
    for (kind, left) in &done.report.not_imported {
        eprintln!("left out: {} {kind}: {}", left.count, left.why);
    }
    for warning in &done.report.warnings {
        eprintln!("note: {warning}");
    }
    match connection.output {
        Output::Json => println!("{}", done.json()),
        Output::Table => println!("{}", done.text()),
    }
    if let Some(why) = &done.broken {
        bail!("{why}\nwhat stands before that place was taken in: mend the file and read it again, nothing is doubled");
    }
    Ok(())
}

/// Reads records and gives each to the sink.
pub type Reader =
    Box<dyn FnOnce(&mut dyn FnMut(SignalRecord) -> ControlFlow<()>) -> Result<Report, IntakeError> + Send>;

/// Streams what `read` gives into the suite, no faster than it is taken in.
///
/// # Errors
/// What the suite answers, explained; an answer that does not cover all that was sent.
pub async fn bring(client: Client, organization: &str, read: Reader) -> Result<Done> {
    let (sender, receiver) = mpsc::channel::<IntakeSignalsRequest>(WAITING);
    let start = SignalIntakeStart { parent: format!("organizations/{organization}") };
    let (over, listening) = oneshot::channel();
    let way = Sending { sender, over, runtime: Handle::current() };
    let reading = tokio::task::spawn_blocking(move || feed(way, start, read));
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg}  {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let told = follow(client, receiver, &bar).await;
    bar.finish_and_clear();
    // Nobody answers any more: a message that still waits for its turn waits in vain.
    drop(listening);
    let (sent, read) = reading.await?;
    let told = told?;
    ensure!(
        told.read >= sent,
        "the suite took {} of {sent} records in and ended: read the file again, nothing is doubled",
        told.read
    );
    let (report, broken) = match read {
        Ok(report) => (report, None),
        Err(error) => (Report::default(), Some(error.to_string())),
    };
    Ok(Done { told, report, broken })
}

/// The way to the suite, for a thread that reads.
struct Sending {
    sender: mpsc::Sender<IntakeSignalsRequest>,
    /// Closed when nobody listens any more.
    over: oneshot::Sender<()>,
    runtime: Handle,
}

impl Sending {
    /// Sends a part, when its turn comes; false where nobody listens any more.
    fn part(&mut self, part: Part) -> bool {
        let message = IntakeSignalsRequest { part: Some(part) };
        self.runtime.block_on(async {
            tokio::select! {
                sent = self.sender.send(message) => sent.is_ok(),
                () = self.over.closed() => false,
            }
        })
    }

    fn records(&mut self, waiting: &mut Vec<SignalRecord>) -> bool {
        let records = std::mem::take(waiting);
        records.is_empty() || self.part(Part::Batch(SignalIntakeBatch { records }))
    }
}

/// Reads the file and sends what it gives, until it ends or nobody listens. Answers how many records were sent, and what the file says.
fn feed(mut way: Sending, start: SignalIntakeStart, read: Reader) -> (i64, Result<Report, IntakeError>) {
    if !way.part(Part::Start(start)) {
        return (0, Ok(Report::default()));
    }
    let (mut waiting, mut bytes, mut sent) = (Vec::new(), 0, 0);
    let read = read(&mut |record: SignalRecord| {
        let size = record.encoded_len();
        if !waiting.is_empty() && (waiting.len() >= MOST_RECORDS || bytes + size > MOST_BYTES) {
            bytes = 0;
            if !way.records(&mut waiting) {
                return ControlFlow::Break(());
            }
        }
        bytes += size;
        sent += 1;
        waiting.push(record);
        ControlFlow::Continue(())
    });
    way.records(&mut waiting);
    (sent, read)
}

/// Follows the answers to the last, which counts all of it. What is refused is told as it comes.
async fn follow(
    client: Client,
    requests: mpsc::Receiver<IntakeSignalsRequest>,
    bar: &ProgressBar,
) -> Result<IntakeSignalsResponse> {
    let mut client = SignalServiceClient::new(client);
    let answers = client.intake_signals(ReceiverStream::new(requests)).await;
    let mut answers = answers.map_err(|status| explain(&status))?.into_inner();
    let mut last = IntakeSignalsResponse::default();
    while let Some(answer) =
        answers.message().await.map_err(|status| explain(&status)).with_context(|| before(&last))?
    {
        for one in &answer.rejected_signals {
            let field = if one.field.is_empty() { String::new() } else { format!("{}: ", one.field) };
            bar.suspend(|| eprintln!("rejected {}: {field}{} [{}]", one.origin, one.message, one.reason));
        }
        bar.set_message(format!("{} read, {} new, {} cases", answer.read, answer.created, answer.cases));
        bar.tick();
        last = IntakeSignalsResponse { rejected_signals: Vec::new(), ..answer };
    }
    Ok(last)
}

/// What was taken in before a failure.
fn before(last: &IntakeSignalsResponse) -> String {
    format!("{} records were taken in; read the file again, nothing is doubled", last.read)
}
