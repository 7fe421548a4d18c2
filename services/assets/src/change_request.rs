//! Change requests: changes of the register that someone else must approve (ITU-T X.1057 clause 7.5).

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use store::{Reference, Rules, in_state, open, reply};
use tonic::{Request, Response, Status};
use wire::assets::v1::asset::State as AssetState;
use wire::assets::v1::change_request::{Kind, State};
use wire::assets::v1::change_request_service_server::ChangeRequestService;
use wire::assets::v1::{
    ApproveChangeRequestRequest, Asset, CancelChangeRequestRequest, ChangeRequest, CompleteChangeRequestRequest,
    CreateChangeRequestRequest, ErrorReason, GetChangeRequestRequest, ListChangeRequestsRequest,
    ListChangeRequestsResponse, RejectChangeRequestRequest, UpdateChangeRequestRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::Registry;
use crate::asset::Assets;
use crate::asset::valuation;
use crate::site::Sites;

// === The table ===

/// All change requests.
pub struct ChangeRequests;

impl store::Resource for ChangeRequests {
    type Message = ChangeRequest;
    const TABLE: &'static str = "change_request";
    const COLLECTION: &'static str = "changeRequests";

    fn columns() -> &'static [store::Column<ChangeRequest>] {
        store::columns![ChangeRequest;
            asset: text order, kind: choice(Kind),
            state: choice(State) order, requester: text, decider: text,
        ]
    }

    fn references() -> &'static [Reference<ChangeRequest>] {
        store::references![ChangeRequest; asset: Assets, target_site: Sites]
    }

    store::head!(ChangeRequest; requester, decider, decision_note, approved_digest, sanitization_proof, state, decide_time, complete_time);
}

// === The rules ===

impl Rules for ChangeRequests {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut ChangeRequest) -> Outcome<()> {
        let wrong = |field: &str, message: &str| {
            Err(Fault::invalid(House::ReferenceMissing, message).on(format!("change_request.{field}")))
        };
        match new.kind() {
            Kind::Move if new.target_site.is_empty() => wrong("target_site", "a MOVE needs the site the asset goes to"),
            Kind::Transfer if new.target_owner.is_empty() => {
                wrong("target_owner", "a TRANSFER needs the owner the asset goes to")
            }
            _ => Ok(()),
        }
    }

    fn create(context: &Context, needs: &(), new: &mut ChangeRequest) -> Outcome<()> {
        new.set_state(State::Requested);
        new.requester.clone_from(&context.caller.subject);
        Self::check(context, needs, new)
    }
}

/// What is approved: what is asked, and the parts of the asset the decision looks at.
fn digest(request: &ChangeRequest, asset: &Asset) -> String {
    let asked = ChangeRequest {
        name: request.name.clone(),
        asset: request.asset.clone(),
        kind: request.kind,
        reason: request.reason.clone(),
        target_site: request.target_site.clone(),
        target_owner: request.target_owner.clone(),
        requester: request.requester.clone(),
        ..Default::default()
    };
    let seen = Asset {
        name: asset.name.clone(),
        r#type: asset.r#type.clone(),
        owner: asset.owner.clone(),
        site: asset.site.clone(),
        classification: asset.classification.clone(),
        legal_tags: asset.legal_tags.clone(),
        state: asset.state,
        ..Default::default()
    };
    approval::digest(&[asked.encode_to_vec(), seen.encode_to_vec()])
}

/// What completing a request does to the asset.
fn carry_out(request: &ChangeRequest, asset: &mut Asset) -> Outcome<()> {
    match request.kind() {
        Kind::Move => asset.site.clone_from(&request.target_site),
        Kind::Transfer => asset.owner.clone_from(&request.target_owner),
        Kind::Reuse => {
            if !request.target_owner.is_empty() {
                asset.owner.clone_from(&request.target_owner);
            }
            if !request.target_site.is_empty() {
                asset.site.clone_from(&request.target_site);
            }
        }
        Kind::Dispose => asset.set_state(AssetState::Disposed),
        _ => {}
    }
    Ok(())
}

// === The custom methods ===

impl Registry {
    async fn decide(
        &self,
        context: &Context,
        name: &str,
        etag: &str,
        state: State,
        note: String,
    ) -> Outcome<ChangeRequest> {
        let request = self.change_requests.get(context, name).await?;
        let asset = self.assets.get(context, &request.asset).await?;
        self.change_requests
            .change(context, name, etag, |context, old, new| {
                in_state(
                    "change request",
                    old.state(),
                    &[State::Requested],
                    if state == State::Approved { "approved" } else { "rejected" },
                )?;
                approval::by_someone_else(context, &old.requester)?;
                new.set_state(state);
                new.decider.clone_from(&context.caller.subject);
                new.decision_note = note;
                new.decide_time = store::timestamp(context.clock.now());
                if state == State::Approved {
                    new.approved_digest = digest(old, &asset);
                }
                Ok(())
            })
            .await
    }

    /// Both the request and the asset change in one transaction, or neither.
    async fn complete_request(&self, context: &Context, r: CompleteChangeRequestRequest) -> Outcome<ChangeRequest> {
        let request = self.change_requests.get(context, &r.name).await?;
        let asset = self.assets.get(context, &request.asset).await?;
        in_state("change request", request.state(), &[State::Approved], "completed")?;
        if digest(&request, &asset) != request.approved_digest {
            let message = "the asset or the request is no longer what was approved: cancel this request and ask again";
            return Err(Fault::precondition(ErrorReason::ApprovalStale, message).with("changeRequest", &request.name));
        }
        let policy = crate::asset_policy::active_now(self, crate::organization_of(&asset.name)).await?;
        let needed = request.kind() == Kind::Dispose && valuation::needs_sanitization(&policy, &asset.classification);
        if needed && r.sanitization_proof.is_empty() {
            let class = &asset.classification;
            let message = format!("the asset is classified {class}: give the proof that the information on it is gone");
            return Err(Fault::precondition(ErrorReason::SanitizationProofMissing, message)
                .with("classification", class)
                .on("sanitization_proof"));
        }
        let mut tx = self.database.begin(context).await?;
        self.assets.change_in(&mut tx, &asset.name, &asset.etag, |_, _, new| carry_out(&request, new)).await?;
        let done = self
            .change_requests
            .change_in(&mut tx, &r.name, if r.etag.is_empty() { &request.etag } else { &r.etag }, |context, _, new| {
                new.set_state(State::Done);
                new.sanitization_proof = r.sanitization_proof;
                new.complete_time = store::timestamp(context.clock.now());
                Ok(())
            })
            .await?;
        tx.commit().await?;
        Ok(done)
    }
}

// === The API ===

#[tonic::async_trait]
impl ChangeRequestService for Registry {
    async fn create_change_request(
        &self,
        request: Request<CreateChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        let (context, request) = open(request)?;
        reply(
            self.change_requests
                .create(&context, &request.parent, &request.change_request_id, request.change_request)
                .await,
        )
    }

    async fn get_change_request(
        &self,
        request: Request<GetChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        self.change_requests.serve_get(request).await
    }

    async fn list_change_requests(
        &self,
        request: Request<ListChangeRequestsRequest>,
    ) -> Result<Response<ListChangeRequestsResponse>, Status> {
        self.change_requests.serve_list(request).await
    }

    async fn update_change_request(
        &self,
        request: Request<UpdateChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        let context = Context::of(&request)?;
        let request = request.into_inner();
        let name = request.change_request.as_ref().map(|request| request.name.clone()).unwrap_or_default();
        let before = self.change_requests.get(&context, &name).await?;
        in_state("change request", before.state(), &[State::Requested], "changed")?;
        let guarded = request.change_request.map(|mut new| {
            // Nothing may slip between the look above and the write: the write is of this very version.
            if new.etag.is_empty() {
                new.etag = before.etag;
            }
            new
        });
        reply(self.change_requests.update(&context, guarded, request.update_mask).await)
    }

    async fn approve_change_request(
        &self,
        request: Request<ApproveChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        let (context, r) = open(request)?;
        reply(self.decide(&context, &r.name, &r.etag, State::Approved, r.decision_note).await)
    }

    async fn reject_change_request(
        &self,
        request: Request<RejectChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        let (context, r) = open(request)?;
        reply(self.decide(&context, &r.name, &r.etag, State::Rejected, r.decision_note).await)
    }

    async fn complete_change_request(
        &self,
        request: Request<CompleteChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        let (context, request) = open(request)?;
        reply(self.complete_request(&context, request).await)
    }

    async fn cancel_change_request(
        &self,
        request: Request<CancelChangeRequestRequest>,
    ) -> Result<Response<ChangeRequest>, Status> {
        let (context, r) = open(request)?;
        let change = |_: &Context, old: &ChangeRequest, new: &mut ChangeRequest| {
            in_state("change request", old.state(), &[State::Requested, State::Approved], "cancelled")?;
            new.set_state(State::Cancelled);
            Ok(())
        };
        reply(self.change_requests.change(&context, &r.name, &r.etag, change).await)
    }
}
