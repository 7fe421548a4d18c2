//! Evidence: files that show that implementations do what they should, for as long as they show it (ITU-T X.1051).
//!
//! A piece of evidence proves an implementation while it is VALID and its period has begun. When it stops (it expires, is withdrawn, or no
//! longer names the implementation), and no other evidence proves that implementation at this moment, what operates comes under
//! review, in the same transaction.
//!
//! The collection is `evidence`: the word has no plural, and AIP-122 takes the singular then.

mod download;
mod files;
mod upload;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::{Clock, Context};
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use futures::Stream;
use store::{
    Changed, Choice as _, Collection, Database, Hold, Reference, Rules, Side, Transaction, in_state, micros, open,
    reply, timestamp,
};
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;
use wire::controls::v1::evidence::State;
use wire::controls::v1::evidence_service_server::EvidenceService;
use wire::controls::v1::{
    CreateEvidenceRequest, DeleteEvidenceRequest, DownloadEvidenceRequest, DownloadEvidenceResponse, Evidence,
    GetEvidenceRequest, ListEvidenceRequest, ListEvidenceResponse, UpdateEvidenceRequest, UploadEvidenceRequest,
    WithdrawEvidenceRequest,
};
use wire::fault::v1::ErrorReason as House;

pub use files::{Files, LARGEST};
pub use upload::SILENCE;

use crate::Registry;
use crate::implementation::{Implementations, lapse};

// === The table ===

/// All evidence.
pub struct AllEvidence;

impl store::Resource for AllEvidence {
    type Message = Evidence;
    const TABLE: &'static str = "evidence";
    const COLLECTION: &'static str = "evidence";

    fn columns() -> &'static [store::Column<Evidence>] {
        store::columns![Evidence;
            display_name: text order search, source: text search, collected_by: text, classification: text,
            state: choice(State) order, valid_from: time order, valid_until: time order, collect_time: time order,
        ]
    }

    fn sides() -> &'static [Side<Evidence>] {
        store::sides![Evidence;
            labels: map "evidence_label",
            implementations: set "evidence_implementation",
            file(sha256): own "evidence_file" = |evidence: &Evidence| {
                evidence.file.iter().map(|file| vec![file.sha256.clone()]).collect()
            } => (file),
        ]
    }

    fn references() -> &'static [Reference<Evidence>] {
        store::references![Evidence; implementations(each): Implementations]
    }

    store::head!(Evidence; file, state, withdraw_reason, withdrawer, end_time);
}

// === The rules ===

impl Rules for AllEvidence {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Evidence) -> Outcome<()> {
        let (from, until) = (micros(new.valid_from.as_ref()), micros(new.valid_until.as_ref()));
        if new.valid_until.is_some() && until <= from {
            let message = "the evidence ends before it begins: give an end after the beginning, or none";
            return Err(Fault::invalid(House::FieldInvalid, message).on("evidence.valid_until"));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = new.implementations.iter().find(|name| !seen.insert(name.as_str())) {
            let message = format!("{twice} stands twice: leave one out");
            return Err(Fault::invalid(House::FieldInvalid, message).on("evidence.implementations"));
        }
        Ok(())
    }

    fn create(context: &Context, needs: &(), new: &mut Evidence) -> Outcome<()> {
        new.set_state(State::Empty);
        if new.collected_by.is_empty() {
            new.collected_by.clone_from(&context.caller.subject);
        }
        if new.collect_time.is_none() {
            new.collect_time = timestamp(context.clock.now());
        }
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &Evidence, new: &mut Evidence) -> Outcome<()> {
        if material(old) != material(new) {
            in_state("evidence", old.state(), &[State::Empty, State::Valid], "changed")?;
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, (): &(), old: &Evidence) -> Outcome<()> {
        let proves_nothing = [State::Empty, State::Expired, State::Withdrawn];
        in_state("evidence", old.state(), &proves_nothing, "deleted: withdraw it first")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Evidence>]) -> Outcome<()> {
        deadline::follow(tx, organization, EXPIRE, changed, |evidence| &evidence.name, ends).await?;
        let now = tx.context().clock.now();
        for change in changed.iter().filter(|change| change.after.is_none()) {
            if let Some(file) = change.before.as_ref().and_then(|evidence| evidence.file.as_ref()) {
                upload::look_at(tx, organization, &file.sha256, now).await?;
            }
        }
        reopen(tx, organization, changed).await
    }
}

/// What it proves, and for how long: what cannot change once it proves nothing any more.
fn material(evidence: &Evidence) -> Evidence {
    let mut material = evidence.clone();
    <AllEvidence as store::Resource>::clear_output(&mut material);
    let none = String::new();
    Evidence {
        display_name: none.clone(),
        description: none.clone(),
        labels: Default::default(),
        etag: none,
        ..material
    }
}

// === What ends ===

/// The kind of the deadline at which evidence expires.
const EXPIRE: &str = "expire-evidence";

/// When evidence expires, if it does.
fn ends(evidence: &Evidence) -> Option<i64> {
    let until = evidence.valid_until.as_ref().filter(|_| evidence.state() == State::Valid)?;
    Some(micros(Some(until)))
}

/// What evidence proves at `now`, in microseconds since 1970, whether its end has come or not.
fn proven(evidence: Option<&Evidence>, now: i64) -> BTreeSet<&str> {
    let proves = |evidence: &&Evidence| evidence.state() == State::Valid && micros(evidence.valid_from.as_ref()) <= now;
    evidence.filter(proves).into_iter().flat_map(|evidence| &evidence.implementations).map(String::as_str).collect()
}

/// Brings implementations under review that these changes have left without evidence.
async fn reopen(tx: &mut Transaction, organization: &str, changed: &[Changed<Evidence>]) -> Outcome<()> {
    let now = tx.context().clock.now();
    // By implementation: the evidence that no longer proves it.
    let mut ended: BTreeMap<&str, &Evidence> = BTreeMap::new();
    for change in changed {
        let after = proven(change.after.as_ref(), now);
        let lost = proven(change.before.as_ref(), now).into_iter().filter(|name| !after.contains(name));
        let evidence = change.after.as_ref().or(change.before.as_ref());
        ended.extend(lost.filter_map(|name| Some((name, evidence?))));
    }
    if ended.is_empty() {
        return Ok(());
    }
    for name in ended.keys() {
        one_at_a_time(tx, name).await?;
    }
    let names: Vec<&str> = ended.keys().copied().collect();
    let proven = still_proven(tx, organization, &names, now).await?;
    for (name, evidence) in ended.into_iter().filter(|(name, _)| !proven.contains(*name)) {
        lapse(tx, organization, &[name], &reason(evidence)).await?;
    }
    Ok(())
}

/// What ends the evidence of an implementation waits for what else ends some of it: else each would take the other's to prove it
/// still.
async fn one_at_a_time(tx: &mut Transaction, implementation: &str) -> Outcome<()> {
    const PROOF: i32 = 7_310_642;
    tx.hold(PROOF, implementation, Hold::Alone).await
}

/// Which of the implementations are proven at `now` by evidence.
async fn still_proven(tx: &mut Transaction, organization: &str, names: &[&str], now: i64) -> Outcome<HashSet<String>> {
    let mut sql = tx.sql(
        "SELECT DISTINCT proof.value FROM evidence_implementation proof JOIN evidence ON evidence.organization = proof.organization \
         AND evidence.id = proof.id WHERE proof.organization = ",
    );
    sql.bind(organization).push(" AND ").is_in("proof.value", names);
    sql.push(" AND evidence.state = ").bind(State::Valid.text()).push(" AND evidence.valid_from <= ").bind(now);
    sql.push(" AND (evidence.valid_until = ").bind(i64::MIN).push(" OR evidence.valid_until > ").bind(now).push(")");
    let rows = tx.rows(sql).await?;
    rows.iter().map(|row| row.try_get_by_index(0).map_err(Fault::defect)).collect()
}

/// Why an implementation comes under review.
fn reason(evidence: &Evidence) -> String {
    let what = match evidence.state() {
        State::Expired => "has expired",
        State::Withdrawn => "was withdrawn",
        _ => "no longer proves it",
    };
    format!("evidence {} {what}, and no other proves it at present", evidence.name)
}

/// Ends evidence whose time has come; what was changed at the same moment stays as it is.
async fn expire(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    let rule = |_: &Context, old: &Evidence, new: &mut Evidence| {
        if ends(old).is_some_and(|due| due <= now) {
            new.set_state(State::Expired);
            new.end_time = timestamp(now);
        }
        Ok(())
    };
    let evidence = Collection::<AllEvidence>::new(tx.database().clone());
    match evidence.change_in(tx, &deadline.name, "", rule).await {
        // Deleted at the same moment.
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        ended => ended.map(drop),
    }
}

/// The timer, with what is due for evidence.
pub(crate) fn timer(timer: Timer, files: &Arc<Files>) -> Timer {
    let files = Arc::clone(files);
    timer
        .on(EXPIRE, |tx, deadline| Box::pin(expire(tx, deadline)))
        .on(upload::REMOVE, move |tx, deadline| Box::pin(upload::remove(tx, Arc::clone(&files), deadline)))
}

/// Sweeps what a crash left of files on their way in, before this returns and each hour from then on, until nobody else holds the
/// database.
pub(crate) async fn sweep(database: &Database, files: &Arc<Files>, clock: &Arc<dyn Clock>) -> Outcome<()> {
    const HOUR: i64 = 3_600_000_000;
    files.sweep(clock.now()).await?;
    let (database, files, clock) = (database.weak(), Arc::clone(files), Arc::clone(clock));
    tokio::spawn(async move {
        loop {
            clock.until(clock.now().saturating_add(HOUR)).await;
            if database.upgrade().is_none() {
                return;
            }
            match files.sweep(clock.now()).await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "what uploads that were cut off left of files was removed"),
                Err(fault) => {
                    tracing::warn!(%fault, "what uploads left could not be looked up; trying again in an hour");
                }
            }
        }
    });
    Ok(())
}

// === The API ===

/// Serves evidence; knows where its files are.
pub(crate) struct EvidenceApi {
    pub(crate) registry: Arc<Registry>,
    pub(crate) files: Arc<Files>,
    /// How long a caller may be silent while it uploads.
    pub(crate) silence: Duration,
}

#[tonic::async_trait]
impl EvidenceService for EvidenceApi {
    async fn create_evidence(&self, request: Request<CreateEvidenceRequest>) -> Result<Response<Evidence>, Status> {
        self.registry.evidence.serve_create(request).await
    }

    async fn get_evidence(&self, request: Request<GetEvidenceRequest>) -> Result<Response<Evidence>, Status> {
        self.registry.evidence.serve_get(request).await
    }

    async fn list_evidence(
        &self,
        request: Request<ListEvidenceRequest>,
    ) -> Result<Response<ListEvidenceResponse>, Status> {
        self.registry.evidence.serve_list(request).await
    }

    async fn update_evidence(&self, request: Request<UpdateEvidenceRequest>) -> Result<Response<Evidence>, Status> {
        self.registry.evidence.serve_update(request).await
    }

    async fn delete_evidence(&self, request: Request<DeleteEvidenceRequest>) -> Result<Response<()>, Status> {
        self.registry.evidence.serve_delete(request).await
    }

    async fn upload_evidence(
        &self,
        request: Request<Streaming<UploadEvidenceRequest>>,
    ) -> Result<Response<Evidence>, Status> {
        let context = Context::of(&request)?;
        let stream = request.into_inner();
        let (registry, files, silence) = (Arc::clone(&self.registry), Arc::clone(&self.files), self.silence);
        let upload = async move { upload::upload(&registry, &files, silence, &context, stream).await };
        // A task of its own: when the caller goes away, what came is cleared away all the same.
        let uploaded = tokio::spawn(upload.in_current_span()).await;
        reply(uploaded.map_err(Fault::defect).and_then(|outcome| outcome))
    }

    type DownloadEvidenceStream = Pin<Box<dyn Stream<Item = Result<DownloadEvidenceResponse, Status>> + Send>>;

    async fn download_evidence(
        &self,
        request: Request<DownloadEvidenceRequest>,
    ) -> Result<Response<Self::DownloadEvidenceStream>, Status> {
        let (context, r) = open(request)?;
        let evidence = self.registry.evidence.get(&context, &r.name).await?;
        let answers = download::download(Arc::clone(&self.files), evidence, r.offset)?;
        Ok(Response::new(Box::pin(answers)))
    }

    async fn withdraw_evidence(&self, request: Request<WithdrawEvidenceRequest>) -> Result<Response<Evidence>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Evidence, new: &mut Evidence| {
            in_state("evidence", old.state(), &[State::Empty, State::Valid], "withdrawn")?;
            new.set_state(State::Withdrawn);
            new.withdraw_reason = r.reason;
            new.withdrawer.clone_from(&context.caller.subject);
            new.end_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.registry.evidence.change(&context, &r.name, &r.etag, rule).await)
    }
}
