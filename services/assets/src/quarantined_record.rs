//! Quarantine: records of other systems that an import could not take, kept until someone, or a later import, has worked
//! them off.

pub(crate) mod keep;

use access::Context;
use fault::{Fault, Outcome};
use store::{Rules, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::assets::v1::import_item::Record as ItemRecord;
use wire::assets::v1::import_result::Outcome as Became;
use wire::assets::v1::quarantined_record::{Record, State};
use wire::assets::v1::quarantined_record_service_server::QuarantinedRecordService;
use wire::assets::v1::replay_quarantined_record_request::Record as Correction;
use wire::assets::v1::{
    DismissQuarantinedRecordRequest, ErrorReason, GetQuarantinedRecordRequest, ImportItem, ImportResult,
    ListQuarantinedRecordsRequest, ListQuarantinedRecordsResponse, QuarantinedRecord, ReplayQuarantinedRecordRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::import::{Policy, Session};
use crate::{Registry, organization_of};

// === The table ===

/// All quarantined records.
pub struct QuarantinedRecords;

impl store::Resource for QuarantinedRecords {
    type Message = QuarantinedRecord;
    const TABLE: &'static str = "quarantined_record";
    const COLLECTION: &'static str = "quarantinedRecords";

    fn columns() -> &'static [store::Column<QuarantinedRecord>] {
        store::columns![QuarantinedRecord;
            source: text order, survey: text index, kind: text, external_id: text index search, reason: text, field: text,
            message: text search, state: choice(State) order, first_seen_time: time, last_seen_time: time order,
        ]
    }

    store::head!(QuarantinedRecord; source, survey, kind, external_id, origin, position, reason, message, field, record,
        record_too_large, state, first_seen_time, last_seen_time, times_seen, decider, dismiss_reason, resource);
}

// === The rules ===

/// Nobody writes a record but the import that rejects it and the methods below.
impl Rules for QuarantinedRecords {
    type Needs = ();
}

/// A record was taken: there is nothing left to do.
fn resolve(record: &mut QuarantinedRecord, resource: &str, decider: &str) {
    record.set_state(State::Resolved);
    resource.clone_into(&mut record.resource);
    decider.clone_into(&mut record.decider);
    record.dismiss_reason.clear();
}

/// A record was not taken, for this reason.
fn refuse(record: &mut QuarantinedRecord, result: &ImportResult) {
    record.reason.clone_from(&result.reason);
    record.message.clone_from(&result.message);
    record.field.clone_from(&result.field);
}

fn reopen(record: &mut QuarantinedRecord) {
    record.set_state(State::Open);
    record.decider.clear();
    record.dismiss_reason.clear();
    record.resource.clear();
}

// === The custom methods ===

impl Registry {
    /// Imports the record as a batch of one. What it becomes and what is said of it change together, or not at all.
    async fn replay(&self, context: &Context, r: ReplayQuarantinedRecordRequest) -> Outcome<QuarantinedRecord> {
        let kept = self.quarantined_records.get(context, &r.name).await?;
        // What is replayed is created or changed as an import does it.
        context.require("assets.assets.import", "name")?;
        in_state("quarantined record", kept.state(), &[State::Open, State::Dismissed], "replayed")?;
        if r.accept_states {
            context.require("assets.assets.acceptStates", "accept_states")?;
        }
        let item = ImportItem {
            position: kept.position,
            origin: kept.origin.clone(),
            record: Some(to_replay(&kept, r.record)?),
        };
        let organization = organization_of(&kept.name);
        let policy = Policy::load(self, organization, &kept.source).await?;
        let mut session = Session::new(organization.to_owned(), kept.source.clone(), r.accept_states, policy);
        let mut tx = crate::locks::begin_flow(&self.database, context, organization).await?.bulk();
        crate::locks::import_from(&mut tx, organization, &kept.source).await?;
        let results = session.apply(self, &mut tx, vec![item]).await?;
        crate::dependency::drain(&mut tx, organization).await?;
        let result = results.into_iter().next().ok_or_else(|| Fault::defect("a replay gave no result"))?;
        // What was replayed is what was read: anything that came between makes the etag differ.
        let etag = if r.etag.is_empty() { &kept.etag } else { &r.etag };
        let rule = |context: &Context, _: &QuarantinedRecord, new: &mut QuarantinedRecord| {
            match result.outcome() {
                Became::Created | Became::Updated | Became::Unchanged => {
                    resolve(new, &result.name, &context.caller.subject);
                }
                _ => {
                    reopen(new);
                    refuse(new, &result);
                }
            }
            Ok(())
        };
        let replayed = self.quarantined_records.change_in(&mut tx, &kept.name, etag, rule).await?;
        tx.commit().await?;
        Ok(replayed)
    }
}

/// The record to import: the correction where there is one, of the kind that is kept.
fn to_replay(kept: &QuarantinedRecord, correction: Option<Correction>) -> Outcome<ItemRecord> {
    let corrected = correction.map(|correction| match correction {
        Correction::Site(site) => ItemRecord::Site(site),
        Correction::Asset(asset) => ItemRecord::Asset(asset),
        Correction::Dependency(dependency) => ItemRecord::Dependency(dependency),
    });
    if let Some(corrected) = corrected {
        let kind = keep::kind(Some(&corrected));
        if kind != kept.kind && kept.kind != keep::NONE {
            let message = format!("the record in quarantine is of the kind {}: correct it as one", kept.kind);
            return Err(Fault::invalid(House::FieldInvalid, message).on(kind));
        }
        return Ok(corrected);
    }
    match kept.record.clone() {
        Some(Record::Site(site)) => Ok(ItemRecord::Site(site)),
        Some(Record::Asset(asset)) => Ok(ItemRecord::Asset(asset)),
        Some(Record::Dependency(dependency)) => Ok(ItemRecord::Dependency(dependency)),
        None => {
            let message = "the record is not kept here, it was too large or empty: send a corrected one along";
            Err(Fault::precondition(ErrorReason::RecordNotKept, message))
        }
    }
}

// === The API ===

#[tonic::async_trait]
impl QuarantinedRecordService for Registry {
    async fn get_quarantined_record(
        &self,
        request: Request<GetQuarantinedRecordRequest>,
    ) -> Result<Response<QuarantinedRecord>, Status> {
        self.quarantined_records.serve_get(request).await
    }

    async fn list_quarantined_records(
        &self,
        request: Request<ListQuarantinedRecordsRequest>,
    ) -> Result<Response<ListQuarantinedRecordsResponse>, Status> {
        self.quarantined_records.serve_list(request).await
    }

    async fn replay_quarantined_record(
        &self,
        request: Request<ReplayQuarantinedRecordRequest>,
    ) -> Result<Response<QuarantinedRecord>, Status> {
        let (context, r) = open(request)?;
        reply(self.replay(&context, r).await)
    }

    async fn dismiss_quarantined_record(
        &self,
        request: Request<DismissQuarantinedRecordRequest>,
    ) -> Result<Response<QuarantinedRecord>, Status> {
        let (context, r) = open(request)?;
        let change = |context: &Context, old: &QuarantinedRecord, new: &mut QuarantinedRecord| {
            in_state("quarantined record", old.state(), &[State::Open], "dismissed")?;
            new.set_state(State::Dismissed);
            new.decider.clone_from(&context.caller.subject);
            new.dismiss_reason = r.reason;
            Ok(())
        };
        reply(self.quarantined_records.change(&context, &r.name, &r.etag, change).await)
    }
}
