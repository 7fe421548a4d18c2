//! Timeline entries, each within its incident: what happened, was seen, decided and done (ITU-T X.1056). Nothing of it is ever changed.
//!
//! There is no method that changes or removes one, for any role; the ledger proves that none was. What was wrong is corrected by a further entry that
//! names it. Reading needs `readRestricted`.

use access::Context;
use fault::{Fault, Outcome};
use store::{Reference, Rules, micros, parent_of, timestamp};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1 as api;
use wire::incidents::v1::TimelineEntry;
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::timeline_entry_service_server::TimelineEntryService;

use crate::Registry;
use crate::incident::Incidents;

// === The table ===

/// All timeline entries.
pub struct TimelineEntries;

impl store::Resource for TimelineEntries {
    type Message = TimelineEntry;
    const TABLE: &'static str = "timeline_entry";
    const COLLECTION: &'static str = "incidents/*/timelineEntries";

    fn columns() -> &'static [store::Column<TimelineEntry>] {
        store::columns![TimelineEntry;
            kind: choice(Kind), author: text, incident: text index, corrects: text, occurrence_time: time order,
        ]
    }

    fn references() -> &'static [Reference<TimelineEntry>] {
        store::references![TimelineEntry; name(parent): Incidents, corrects: TimelineEntries]
    }

    store::head!(TimelineEntry; author, from_state, to_state, incident);
}

// === The rules ===

impl Rules for TimelineEntries {
    type Needs = ();

    fn create(context: &Context, _: &(), new: &mut TimelineEntry) -> Outcome<()> {
        let now = context.clock.now();
        parent_of(&new.name).clone_into(&mut new.incident);
        new.author.clone_from(&context.caller.subject);
        new.occurrence_time = new.occurrence_time.or(timestamp(now));
        let wrong = |field: &str, message: &str| {
            Err(Fault::invalid(House::FieldInvalid, message).on(format!("timeline_entry.{field}")))
        };
        if micros(new.occurrence_time.as_ref()) > now {
            return wrong("occurrence_time", "it lies in the future: give when it happened");
        }
        if !new.corrects.is_empty() && parent_of(&new.corrects) != new.incident {
            return wrong("corrects", "it is an entry of another incident: give one of this incident's timeline");
        }
        if new.kind() != Kind::Move && new.text.trim().is_empty() {
            return wrong("text", "it says nothing: write what happened, was seen, decided or done");
        }
        Ok(())
    }
}

// === The API ===

#[tonic::async_trait]
impl TimelineEntryService for Registry {
    async fn create_timeline_entry(
        &self,
        request: Request<api::CreateTimelineEntryRequest>,
    ) -> Result<Response<TimelineEntry>, Status> {
        let entry = request.get_ref().timeline_entry.as_ref();
        if entry.is_some_and(|entry| entry.kind() == Kind::Move) {
            let message = "moves are written by the methods that move the incident: give another kind";
            return Err(Fault::invalid(House::FieldInvalid, message).on("timeline_entry.kind").into());
        }
        self.timeline_entries.serve_create(request).await
    }

    async fn get_timeline_entry(
        &self,
        request: Request<api::GetTimelineEntryRequest>,
    ) -> Result<Response<TimelineEntry>, Status> {
        self.timeline_entries.serve_get(request).await
    }

    async fn list_timeline_entries(
        &self,
        request: Request<api::ListTimelineEntriesRequest>,
    ) -> Result<Response<api::ListTimelineEntriesResponse>, Status> {
        self.timeline_entries.serve_list(request).await
    }
}
