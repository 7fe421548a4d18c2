//! Import (ITU-T X.1057 clause 7.2, survey by import): a stream in, news out, idempotent by (source, external id).

mod batch;
mod land;
mod merge;
mod policy;
mod unlisted;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::{Caller, Clock, Context};
use fault::{Fault, Outcome};
use futures::{Stream, StreamExt as _};
use store::Transaction;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;
use wire::Validate as _;
use wire::assets::v1::import_assets_request::Part;
use wire::assets::v1::import_assets_response::News;
use wire::assets::v1::import_result::Outcome as Became;
use wire::assets::v1::import_service_server::ImportService;
use wire::assets::v1::{
    ErrorReason, ImportAssetsRequest, ImportAssetsResponse, ImportBatch, ImportItem, ImportProgress, ImportResult,
    ImportResults, ImportStart, ImportSummary,
};

use crate::Registry;
use crate::quarantined_record::keep::Quarantine;
use crate::survey::found;
use crate::survey::run::{Ending, Run, Running, Standing};
pub(crate) use batch::Session;
pub(crate) use policy::Policy;

/// Takes up what a crash left undone: values that wait to flow.
pub(crate) async fn take_up(registry: &Registry, clock: &Arc<dyn Clock>) -> Outcome<()> {
    let rows =
        registry.database.rows(registry.database.sql("SELECT DISTINCT organization FROM valuation_queue")).await?;
    for row in rows {
        let organization: String = row.try_get_by_index(0).map_err(Fault::defect)?;
        let context = Context {
            caller: Arc::new(Caller::service(crate::NAME, &organization)),
            method: "telwarden.assets.v1.ImportService/ImportAssets".into(),
            trace: String::new(),
            clock: Arc::clone(clock),
            roles: Arc::default(),
        };
        let mut tx = registry.database.begin(&context).await?.bulk();
        let changed = crate::dependency::drain(&mut tx, &organization).await?;
        tx.commit().await?;
        tracing::info!(organization, changed, "inherited values of an import that was cut off are complete now");
    }
    Ok(())
}

/// Where an import stands: what its resume token says.
#[derive(serde::Serialize, serde::Deserialize, PartialEq)]
struct Place {
    organization: String,
    source: String,
    position: i64,
}

type Answers = mpsc::Sender<Result<ImportAssetsResponse, Status>>;

/// Serves imports; each runs in a task of its own, which holds the registry. The duration is what one that makes others wait may
/// take as a whole.
pub(crate) struct Import(pub(crate) Arc<Registry>, pub(crate) Arc<Running>, pub(crate) Duration);

#[tonic::async_trait]
impl ImportService for Import {
    type ImportAssetsStream = Pin<Box<dyn Stream<Item = Result<ImportAssetsResponse, Status>> + Send>>;

    async fn import_assets(
        &self,
        request: Request<Streaming<ImportAssetsRequest>>,
    ) -> Result<Response<Self::ImportAssetsStream>, Status> {
        let context = Context::of(&request)?;
        let stream = request.into_inner();
        let (answers, news) = mpsc::channel(16);
        let (registry, running, whole) = (Arc::clone(&self.0), Arc::clone(&self.1), self.2);
        let import = async move {
            if let Err(fault) = run(&registry, &running, &context, whole, stream, &answers).await {
                let _ = answers.send(Err(Status::from(fault))).await;
            }
        };
        tokio::spawn(import.in_current_span());
        Ok(Response::new(Box::pin(ReceiverStream::new(news))))
    }
}

/// What an import works with from its first batch to its last.
struct Course {
    session: Session,
    run: Run,
    /// None for a dry run.
    quarantine: Option<Quarantine>,
    /// Assets created that the register did not know of.
    found: i64,
    /// Of an import in one transaction: how long it may make others wait.
    limit: Option<Limit>,
}

impl Course {
    /// Says how far it is.
    fn note(&self, resume_token: &str) {
        let (quarantined, not_quarantined) = self.quarantine.as_ref().map_or((0, 0), Quarantine::counts);
        self.run.note(Standing {
            counts: self.session.counts(),
            by_kind: self.session.by_kind(),
            found: self.found,
            quarantined,
            not_quarantined,
            resume_token: resume_token.to_owned(),
        });
    }

    /// Writes a batch, keeps what of it is rejected, and notes what of it is news.
    async fn apply(
        &mut self,
        registry: &Registry,
        tx: &mut Transaction,
        items: &[ImportItem],
        hold: bool,
    ) -> Outcome<Vec<ImportResult>> {
        let results = self.session.apply(registry, tx, items.to_vec()).await?;
        if let Some(quarantine) = &mut self.quarantine {
            quarantine.file(registry, tx, items, &results, hold).await?;
            if self.run.finds() {
                self.found += found::note(tx, self.run.survey(), items, &results).await?;
            }
        }
        Ok(results)
    }
}

async fn run(
    registry: &Arc<Registry>,
    running: &Arc<Running>,
    context: &Context,
    whole: Duration,
    mut stream: Streaming<ImportAssetsRequest>,
    answers: &Answers,
) -> Outcome<()> {
    let (start, place) = begin(context, &mut stream).await?;
    let policy = policy::Policy::load(registry, &place.organization, &start.source).await?;
    let session = Session::new(place.organization.clone(), start.source.clone(), start.accept_states, policy);
    let run = Run::start(registry, running, context, &start, &place.organization).await?;
    // All or nothing, and saying what would happen, are one transaction over the whole stream; else one for each batch.
    let limit = (start.atomic || start.dry_run).then(|| Limit::new(Arc::clone(&context.clock), whole));
    let mut course = Course { session, run, quarantine: None, found: 0, limit };
    match conduct(registry, context, stream, answers, &start, &place, &mut course).await {
        Ok(summary) => tell(answers, News::Summary(summary)).await,
        Err(fault) => {
            // What an import that is all or nothing rejected is known, though the rest of it is undone.
            keep_held(registry, context, &mut course).await;
            let ending = Ending { committed: !start.atomic, ..Ending::default() };
            course.run.end(ending, Some(&fault)).await;
            Err(fault)
        }
    }
}

async fn keep_held(registry: &Registry, context: &Context, course: &mut Course) {
    let Some(quarantine) = &mut course.quarantine else { return };
    if let Err(fault) = quarantine.write_held(registry, context).await {
        tracing::warn!(%fault, survey = course.run.survey(), "what an import rejected could not be kept");
    }
}

/// The import itself, from its first batch to its summary.
async fn conduct(
    registry: &Registry,
    context: &Context,
    mut stream: Streaming<ImportAssetsRequest>,
    answers: &Answers,
    start: &ImportStart,
    place: &Place,
    course: &mut Course,
) -> Outcome<ImportSummary> {
    course.quarantine = Quarantine::open(registry, &place.organization, &start.source, course.run.survey()).await?;
    let mut held = if course.limit.is_some() { Some(hold(registry, context, course).await?) } else { None };
    if let Err(fault) = take(registry, context, &mut stream, answers, place, course, &mut held).await {
        match held {
            Some(tx) => tx.undo().await?,
            None => {
                // What landed before the stream broke off stays, so values flow from it now.
                let organization = course.session.organization();
                let mut tx = crate::locks::begin_flow(&registry.database, context, organization).await?.bulk();
                crate::dependency::drain(&mut tx, organization).await?;
                tx.commit().await?;
            }
        }
        return Err(fault);
    }
    let unlisted = match start.full {
        true => unlisted::flag(registry, context, &course.session, held.as_mut()).await?,
        false => 0,
    };
    let unlisted = i64::try_from(unlisted).unwrap_or(i64::MAX);
    let (committed, revalued) = finish(registry, context, start, course, held, unlisted).await?;
    Ok(ImportSummary {
        counts: Some(course.session.counts()),
        by_kind: course.session.by_kind(),
        committed,
        kept_fields: course.session.kept_fields(),
        revalued_assets: revalued,
        unlisted_assets: unlisted,
        survey: course.run.survey().to_owned(),
    })
}

/// Begins the one transaction of an import that is all or nothing, or only says what would happen: alone, since nothing
/// of it can begin anew.
async fn hold(registry: &Registry, context: &Context, course: &mut Course) -> Outcome<Transaction> {
    let (organization, source) = (course.session.organization(), course.session.source());
    let mut tx = crate::locks::begin_flow(&registry.database, context, organization).await?.bulk();
    crate::locks::import_from(&mut tx, organization, source).await?;
    if let Some(limit) = &mut course.limit {
        limit.start();
    }
    Ok(tx)
}

/// Takes batches until the stream ends, and tells what became of each.
async fn take(
    registry: &Registry,
    context: &Context,
    stream: &mut Streaming<ImportAssetsRequest>,
    answers: &Answers,
    place: &Place,
    course: &mut Course,
    held: &mut Option<Transaction>,
) -> Outcome<()> {
    let mut resume_token = String::new();
    while let Some(batch) = next(stream, course.limit.as_ref(), &course.run).await? {
        check(&batch)?;
        course.run.go_on(held.as_mut()).await?;
        let last = batch.items.last().map_or(0, |item| item.position);
        let (skipped, items): (Vec<_>, Vec<_>) =
            batch.items.into_iter().partition(|item| item.position <= place.position);
        let mut results: Vec<ImportResult> = skipped.iter().map(skip).collect();
        course.session.skipped(&skipped);
        match held {
            Some(tx) => {
                course.session.mark();
                results.extend(course.apply(registry, tx, &items, true).await?);
            }
            None => {
                results.extend(land::land(registry, context, course, &items).await?);
                resume_token = token(&Place { position: last, ..copy(place) })?;
            }
        }
        course.note(&resume_token);
        answer(answers, News::Results(ImportResults { results }), course).await?;
        let (counts, survey) = (Some(course.session.counts()), course.run.survey().to_owned());
        let resume_token = resume_token.clone();
        answer(answers, News::Progress(ImportProgress { counts, resume_token, survey }), course).await?;
    }
    Ok(())
}

/// How long a caller may be silent while its import holds others up.
const SILENCE: Duration = Duration::from_secs(20);

/// How long an import in one transaction may make others wait as a whole: one that is never silent for long would hold them up
/// for ever.
struct Limit {
    clock: Arc<dyn Clock>,
    whole: Duration,
    until: i64,
}

impl Limit {
    fn new(clock: Arc<dyn Clock>, whole: Duration) -> Self {
        Self { clock, whole, until: i64::MAX }
    }

    /// Others wait from now on.
    fn start(&mut self) {
        self.until = self.clock.now().saturating_add(i64::try_from(self.whole.as_micros()).unwrap_or(i64::MAX));
    }
}

/// Waits until an import has made others wait for as long as it may.
async fn over(limit: Option<&Limit>) -> Box<Fault> {
    let Some(limit) = limit else { return std::future::pending().await };
    limit.clock.until(limit.until).await;
    let seconds = limit.whole.as_secs();
    let message = format!(
        "the import took more than {seconds} s, and one that is atomic or a dry run makes others wait: send it without pauses, in several parts, or without `atomic`"
    );
    Fault::new(tonic::Code::Aborted, ErrorReason::ImportTooLong, message).with("limit", seconds)
}

/// The next batch; none at the end. An import in one transaction may keep every other write waiting, so it must go on.
async fn next(
    stream: &mut Streaming<ImportAssetsRequest>,
    limit: Option<&Limit>,
    run: &Run,
) -> Outcome<Option<ImportBatch>> {
    let message = async {
        if limit.is_none() {
            return Ok(stream.next().await);
        }
        let silent = |_| {
            let message = format!(
                "nothing came for {} s, and an import that is atomic or a dry run makes others wait: send it without pauses",
                SILENCE.as_secs()
            );
            Fault::new(tonic::Code::Aborted, ErrorReason::ImportSilent, message).with("seconds", SILENCE.as_secs())
        };
        tokio::time::timeout(SILENCE, stream.next()).await.map_err(silent)
    };
    let part = tokio::select! {
        biased;
        cancelled = run.until_cancelled() => cancelled?,
        fault = over(limit) => return Err(fault),
        part = message => part?,
    };
    match part.transpose().map_err(|status| cut(&status))? {
        None => Ok(None),
        Some(ImportAssetsRequest { part: Some(Part::Batch(batch)) }) => Ok(Some(batch)),
        Some(_) => Err(not_started("`start` came again: send it once, first")),
    }
}

async fn begin(context: &Context, stream: &mut Streaming<ImportAssetsRequest>) -> Outcome<(ImportStart, Place)> {
    let first = stream.next().await.transpose().map_err(|status| cut(&status))?;
    let Some(Part::Start(start)) = first.and_then(|message| message.part) else {
        return Err(not_started("send `start` as the first message"));
    };
    let mut violations = Vec::new();
    start.check(&wire::At::Root.field("start"), &mut violations);
    if !violations.is_empty() {
        return Err(Fault::violations(violations));
    }
    let organization = crate::enter(context, &start.parent)?;
    if start.accept_states {
        // To bring an asset in as registered or in service is to answer for it as its owner would.
        context.require("assets.assets.acceptStates", "start.accept_states")?;
    }
    let mut place = Place { organization, source: start.source.clone(), position: i64::MIN };
    if !start.resume_token.is_empty() {
        let found = read_token(&start.resume_token)
            .filter(|found| (&found.organization, &found.source) == (&place.organization, &place.source));
        let message = "the resume token was not made for an import of this organization and source: start without one";
        place =
            found.ok_or_else(|| Fault::invalid(ErrorReason::ResumeTokenInvalid, message).on("start.resume_token"))?;
    }
    Ok((start, place))
}

/// Lets values flow, and records in the same transaction that the import is complete, unless someone cancelled it first.
/// Gives whether what it wrote stays, and how many assets changed their inherited value.
async fn finish(
    registry: &Registry,
    context: &Context,
    start: &ImportStart,
    course: &mut Course,
    held: Option<Transaction>,
    unlisted: i64,
) -> Outcome<(bool, i64)> {
    let mut tx = match held {
        Some(tx) if start.dry_run || course.session.counts().rejected > 0 => {
            tx.undo().await?;
            keep_held(registry, context, course).await;
            course.run.end(Ending { unlisted, ..Ending::default() }, None).await;
            return Ok((false, 0));
        }
        Some(tx) => tx,
        None => {
            course.run.make_way().await;
            crate::locks::begin_flow(&registry.database, context, course.session.organization()).await?.bulk()
        }
    };
    let revalued = crate::dependency::drain(&mut tx, course.session.organization()).await?;
    let revalued = i64::try_from(revalued).unwrap_or(i64::MAX);
    let complete = course.run.complete(&mut tx, Ending { unlisted, revalued, committed: true }).await?;
    if complete || !start.atomic {
        tx.commit().await?;
        course.run.closed();
    } else {
        tx.undo().await?;
    }
    if complete { Ok((true, revalued)) } else { Err(course.run.stopped()) }
}

/// Tells the caller. One whose import keeps others waiting must read: the import would wait for it as long as it likes.
async fn answer(answers: &Answers, news: News, course: &Course) -> Outcome<()> {
    let told = async {
        if course.limit.is_none() {
            return tell(answers, news).await;
        }
        tokio::time::timeout(SILENCE, tell(answers, news)).await.map_err(deaf)?
    };
    tokio::select! {
        biased;
        cancelled = course.run.until_cancelled() => cancelled,
        fault = over(course.limit.as_ref()) => Err(fault),
        told = told => told,
    }
}

fn deaf(_: tokio::time::error::Elapsed) -> Box<Fault> {
    let seconds = SILENCE.as_secs();
    let message = format!(
        "no answer was read for {seconds} s, and an import that is atomic or a dry run makes others wait: read the answers while it runs"
    );
    Fault::new(tonic::Code::Aborted, ErrorReason::ImportSilent, message).with("seconds", seconds)
}

async fn tell(answers: &Answers, news: News) -> Outcome<()> {
    let gone =
        |_| Fault::new(tonic::Code::Cancelled, wire::fault::v1::ErrorReason::ReaderTooSlow, "the caller has gone");
    answers.send(Ok(ImportAssetsResponse { news: Some(news) })).await.map_err(gone)
}

fn check(batch: &ImportBatch) -> Outcome<()> {
    // The items are checked one by one, since one wrong item must not take the others with it.
    match batch.items.len() {
        1..=1000 => Ok(()),
        length => Err(Fault::violations(vec![wire::Violation {
            field: "batch.items".to_owned(),
            description: format!("has {length} entries: send 1 to 1000 in a batch"),
        }])),
    }
}

fn skip(item: &ImportItem) -> ImportResult {
    ImportResult {
        position: item.position,
        origin: item.origin.clone(),
        outcome: Became::Skipped.into(),
        ..Default::default()
    }
}

fn copy(place: &Place) -> Place {
    Place { organization: place.organization.clone(), source: place.source.clone(), position: place.position }
}

/// The token says nothing secret and gives no right: it is checked against the call's own organization and source.
fn token(place: &Place) -> Outcome<String> {
    use base64::Engine as _;
    serde_json::to_vec(place)
        .map(|bytes| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
        .map_err(Fault::defect)
}

fn read_token(text: &str) -> Option<Place> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn not_started(message: &str) -> Box<Fault> {
    Fault::invalid(ErrorReason::ImportNotStarted, message)
}

fn cut(status: &Status) -> Box<Fault> {
    let message = format!("the stream was cut: {}; go on with the last resume token", status.message());
    Fault::new(tonic::Code::Aborted, ErrorReason::ImportCut, message)
}
