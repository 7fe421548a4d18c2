//! Import (ITU-T X.1057 clause 7.2, survey by import): a stream in, news out, idempotent by (source, external id).

mod batch;
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
    ErrorReason, ImportAssetsRequest, ImportAssetsResponse, ImportBatch, ImportProgress, ImportResult, ImportResults,
    ImportStart, ImportSummary,
};

use crate::Registry;
use batch::Session;

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

/// Serves imports; each runs in a task of its own, which holds the registry.
pub(crate) struct Import(pub(crate) Arc<Registry>);

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
        let registry = Arc::clone(&self.0);
        let import = async move {
            if let Err(fault) = run(&registry, &context, stream, &answers).await {
                let _ = answers.send(Err(Status::from(fault))).await;
            }
        };
        tokio::spawn(import.in_current_span());
        Ok(Response::new(Box::pin(ReceiverStream::new(news))))
    }
}

async fn run(
    registry: &Registry,
    context: &Context,
    mut stream: Streaming<ImportAssetsRequest>,
    answers: &Answers,
) -> Outcome<()> {
    let (start, place) = begin(context, &mut stream).await?;
    let policy = policy::Policy::load(registry, &place.organization, &start.source).await?;
    let mut session = Session::new(place.organization.clone(), start.source.clone(), start.accept_states, policy);
    // All or nothing, and saying what would happen, are one transaction over the whole stream; else one for each batch.
    let whole = start.atomic || start.dry_run;
    let mut held = if whole { Some(registry.database.begin(context).await?.bulk()) } else { None };
    let taken = take(registry, context, &mut stream, answers, &place, &mut session, &mut held).await;
    if taken.is_err() && !whole {
        // What landed before the stream broke off stays, so values flow from it now.
        finish(registry, context, &start, &session, None).await?;
    }
    taken?;
    let unlisted = match start.full {
        true => unlisted::flag(registry, context, &session, held.as_mut()).await?,
        false => 0,
    };
    let (committed, revalued) = finish(registry, context, &start, &session, held).await?;
    let summary = ImportSummary {
        counts: Some(session.counts()),
        by_kind: session.by_kind(),
        committed,
        revalued_assets: i64::try_from(revalued).unwrap_or(i64::MAX),
        unlisted_assets: i64::try_from(unlisted).unwrap_or(i64::MAX),
        kept_fields: session.kept_fields(),
    };
    tell(answers, News::Summary(summary)).await
}

/// Takes batches until the stream ends, and tells what became of each.
async fn take(
    registry: &Registry,
    context: &Context,
    stream: &mut Streaming<ImportAssetsRequest>,
    answers: &Answers,
    place: &Place,
    session: &mut Session,
    held: &mut Option<Transaction>,
) -> Outcome<()> {
    while let Some(batch) = next(stream, held.is_some()).await? {
        check(&batch)?;
        let last = batch.items.last().map_or(0, |item| item.position);
        let (skipped, items): (Vec<_>, Vec<_>) =
            batch.items.into_iter().partition(|item| item.position <= place.position);
        let mut results: Vec<ImportResult> = skipped.iter().map(skip).collect();
        session.skipped(&skipped);
        let resume_token = match held {
            Some(tx) => {
                results.extend(session.apply(registry, tx, items).await?);
                String::new()
            }
            None => {
                let mut tx = registry.database.begin(context).await?.bulk();
                results.extend(session.apply(registry, &mut tx, items).await?);
                tx.commit().await?;
                token(&Place { position: last, ..copy(place) })?
            }
        };
        tell(answers, News::Results(ImportResults { results })).await?;
        tell(answers, News::Progress(ImportProgress { counts: Some(session.counts()), resume_token })).await?;
    }
    Ok(())
}

/// How long a caller may be silent while its import holds others up.
const SILENCE: Duration = Duration::from_secs(20);

/// The next batch; none at the end. An import in one transaction may keep every other write waiting, so it must go on.
async fn next(stream: &mut Streaming<ImportAssetsRequest>, holds: bool) -> Outcome<Option<ImportBatch>> {
    let part = if holds {
        let silent = |_| {
            let message = format!(
                "nothing came for {} s, and an import that is atomic or a dry run makes others wait: send it without pauses",
                SILENCE.as_secs()
            );
            Fault::new(tonic::Code::Aborted, ErrorReason::ImportSilent, message).with("seconds", SILENCE.as_secs())
        };
        tokio::time::timeout(SILENCE, stream.next()).await.map_err(silent)?
    } else {
        stream.next().await
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
        context.require("assets.assets.accept-states", "start.accept_states")?;
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

async fn finish(
    registry: &Registry,
    context: &Context,
    start: &ImportStart,
    session: &Session,
    held: Option<Transaction>,
) -> Outcome<(bool, u64)> {
    let organization = session.organization();
    match held {
        None => {
            let mut tx = registry.database.begin(context).await?.bulk();
            let revalued = crate::dependency::drain(&mut tx, organization).await?;
            tx.commit().await?;
            Ok((true, revalued))
        }
        Some(tx) if start.dry_run || session.counts().rejected > 0 => tx.undo().await.map(|()| (false, 0)),
        Some(mut tx) => {
            let revalued = crate::dependency::drain(&mut tx, organization).await?;
            tx.commit().await?;
            Ok((true, revalued))
        }
    }
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

fn skip(item: &wire::assets::v1::ImportItem) -> ImportResult {
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
