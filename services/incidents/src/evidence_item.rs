//! Evidence items, each within its incident: what proves what happened, and in whose hands it has been (ITU-T X.1056; ISO/IEC 27037).
//!
//! What was collected is never changed and never deleted. The chain of custody (`evidence_item/custody.rs`) takes entries and nothing else; each holds the
//! digest of the one before. What does not fit is written all the same, since it happened, and breaks the chain for everybody to see. Reading needs
//! `readRestricted`.

mod custody;

use access::Context;
use fault::{Fault, Outcome};
use store::{Life as _, Move, Reference, Rules, Side, in_state, micros, open, parent_of, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1 as api;
use wire::incidents::v1::EvidenceItem;
use wire::incidents::v1::evidence_item::State;
use wire::incidents::v1::evidence_item::custody_entry::Kind;
use wire::incidents::v1::evidence_item_service_server::EvidenceItemService;

use crate::incident::Incidents;
use crate::{Registry, organization_of};
use custody::Told;

// === The table ===

/// All evidence items.
pub struct EvidenceItems;

impl store::Resource for EvidenceItems {
    type Message = EvidenceItem;
    const TABLE: &'static str = "evidence_item";
    const COLLECTION: &'static str = "incidents/*/evidenceItems";

    fn columns() -> &'static [store::Column<EvidenceItem>] {
        store::columns![EvidenceItem;
            display_name: text order search, kind: text, holder: text, state: choice(State) order, broken: boolean index, asset: text sparse,
            incident: text index, collect_time: time order,
        ]
    }

    fn sides() -> &'static [Side<EvidenceItem>] {
        store::sides![EvidenceItem; labels: map "evidence_item_label"]
    }

    fn references() -> &'static [Reference<EvidenceItem>] {
        store::references![EvidenceItem; name(parent): Incidents]
    }

    store::head!(EvidenceItem; state, state_reason, state_time, holder, custody, broken, breaks, incident);
}

store::life!(EvidenceItems; State, "evidence item");

const RELEASE: Move<State> = Move::new(&[State::Held], State::Released, "released");

// === The rules ===

impl Rules for EvidenceItems {
    type Needs = ();

    fn create(context: &Context, _: &(), new: &mut EvidenceItem) -> Outcome<()> {
        let now = context.clock.now();
        parent_of(&new.name).clone_into(&mut new.incident);
        store::ours(organization_of(&new.name), "assets", &new.asset, "evidence_item.asset".to_owned())?;
        new.collect_time = new.collect_time.or(timestamp(now));
        if micros(new.collect_time.as_ref()) > now {
            return Err(wrong("evidence_item.collect_time", "it lies in the future: give when it was collected"));
        }
        Self::enter(new, State::Held, "", now);
        let told = Told {
            kind: Kind::Collected,
            at: new.collect_time,
            from: String::new(),
            holder: new.collector.clone(),
            location: new.location.clone(),
            reason: String::new(),
            seen_digest: new.collected_digest.clone(),
        };
        custody::add(context, new, told)
    }
}

fn wrong(field: &str, message: &str) -> Box<Fault> {
    Fault::invalid(House::FieldInvalid, message).on(field.to_owned())
}

/// When something happened: what was said, not in the future; now where nothing was.
fn when(context: &Context, said: Option<prost_types::Timestamp>) -> Outcome<Option<prost_types::Timestamp>> {
    let now = context.clock.now();
    if said.as_ref().is_some_and(|at| micros(Some(at)) > now) {
        return Err(wrong("occurrence_time", "it lies in the future: give when it happened, or nothing for now"));
    }
    Ok(said.or(timestamp(now)))
}

impl Registry {
    /// Adds to the chain of custody of an evidence item that is held.
    async fn hand(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        done: &str,
        told: impl FnOnce(&EvidenceItem) -> Told + Send,
    ) -> Outcome<EvidenceItem> {
        let rule = |context: &Context, old: &EvidenceItem, new: &mut EvidenceItem| {
            in_state(EvidenceItems::NOUN, old.state(), &[State::Held], done)?;
            let mut told = told(old);
            told.at = when(context, told.at)?;
            let released = (told.kind == Kind::ReleasedFromCustody).then(|| told.reason.clone());
            custody::add(context, new, told)?;
            match released {
                Some(reason) => RELEASE.make::<EvidenceItems>(context, old, new, &reason),
                None => Ok(()),
            }
        };
        self.evidence_items.change(context, name, etag, rule).await
    }
}

// === The API ===

#[tonic::async_trait]
impl EvidenceItemService for Registry {
    async fn create_evidence_item(
        &self,
        request: Request<api::CreateEvidenceItemRequest>,
    ) -> Result<Response<EvidenceItem>, Status> {
        self.evidence_items.serve_create(request).await
    }

    async fn get_evidence_item(
        &self,
        request: Request<api::GetEvidenceItemRequest>,
    ) -> Result<Response<EvidenceItem>, Status> {
        self.evidence_items.serve_get(request).await
    }

    async fn list_evidence_items(
        &self,
        request: Request<api::ListEvidenceItemsRequest>,
    ) -> Result<Response<api::ListEvidenceItemsResponse>, Status> {
        self.evidence_items.serve_list(request).await
    }

    async fn update_evidence_item(
        &self,
        request: Request<api::UpdateEvidenceItemRequest>,
    ) -> Result<Response<EvidenceItem>, Status> {
        self.evidence_items.serve_update(request).await
    }

    async fn transfer_evidence_item(
        &self,
        request: Request<api::TransferEvidenceItemRequest>,
    ) -> Result<Response<EvidenceItem>, Status> {
        let (context, r) = open(request)?;
        let told = |old: &EvidenceItem| Told {
            kind: Kind::Transferred,
            at: r.occurrence_time,
            from: r.from.clone(),
            holder: r.to.clone(),
            location: if r.location.is_empty() { custody::location(old) } else { r.location.clone() },
            reason: r.reason.clone(),
            seen_digest: r.seen_digest.clone(),
        };
        reply(self.hand(&context, (&r.name, &r.etag), "handed over", told).await)
    }

    async fn examine_evidence_item(
        &self,
        request: Request<api::ExamineEvidenceItemRequest>,
    ) -> Result<Response<EvidenceItem>, Status> {
        let (context, r) = open(request)?;
        let told = |old: &EvidenceItem| Told {
            kind: Kind::Examined,
            at: r.occurrence_time,
            from: old.holder.clone(),
            holder: old.holder.clone(),
            location: custody::location(old),
            reason: r.reason.clone(),
            seen_digest: r.seen_digest.clone(),
        };
        reply(self.hand(&context, (&r.name, &r.etag), "looked into", told).await)
    }

    async fn release_evidence_item(
        &self,
        request: Request<api::ReleaseEvidenceItemRequest>,
    ) -> Result<Response<EvidenceItem>, Status> {
        let (context, r) = open(request)?;
        let told = |_: &EvidenceItem| Told {
            kind: Kind::ReleasedFromCustody,
            at: r.occurrence_time,
            from: r.from.clone(),
            holder: String::new(),
            location: String::new(),
            reason: r.reason.clone(),
            seen_digest: r.seen_digest.clone(),
        };
        reply(self.hand(&context, (&r.name, &r.etag), "released", told).await)
    }

    async fn verify_evidence_item(
        &self,
        request: Request<api::VerifyEvidenceItemRequest>,
    ) -> Result<Response<api::VerifyEvidenceItemResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.evidence_items.get(&context, &r.name).await.map(|item| {
            let breaks = custody::breaks(&item);
            let entries = i32::try_from(item.custody.len()).unwrap_or(i32::MAX);
            api::VerifyEvidenceItemResponse { holds: breaks.is_empty(), breaks, entries }
        }))
    }
}
