//! Disclosure requests: lawful demands of authorities for data on communications (ITU-T X.1051, non-disclosure of
//! communications: 5.42 TEL). One person verifies a request, another fulfils it, and it says nothing of whom it is about.
//!
//! Reading needs `readRestricted`, which the roles that hold `*.*.read` do not have; the feed keeps to the same right.

mod subject;

use access::Context;
use fault::{Fault, Outcome};
use store::{Rules, Side, in_state, micros, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::assets::v1::disclosure_request::State;
use wire::assets::v1::disclosure_request_service_server::DisclosureRequestService;
use wire::assets::v1::{
    CreateDisclosureRequestRequest, DisclosureRequest, ErrorReason, FulfilDisclosureRequestRequest,
    GetDisclosureRequestRequest, ListDisclosureRequestsRequest, ListDisclosureRequestsResponse,
    RefuseDisclosureRequestRequest, UpdateDisclosureRequestRequest, VerifyDisclosureRequestRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::{Registry, register};

const NOUN: &str = "disclosure request";

// === The table ===

/// The register of disclosure requests.
pub struct DisclosureRequests;

impl store::Resource for DisclosureRequests {
    type Message = DisclosureRequest;
    const TABLE: &'static str = "disclosure_request";
    const COLLECTION: &'static str = "disclosureRequests";

    fn columns() -> &'static [store::Column<DisclosureRequest>] {
        store::columns![DisclosureRequest;
            authority: text order search, reference: text order search, receive_time: time order, due_time: time order,
            verifier: text, fulfiller: text, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<DisclosureRequest>] {
        store::sides![DisclosureRequest;
            labels: map "disclosure_request_label",
            data_kinds: set "disclosure_request_data_kind",
        ]
    }

    store::head!(DisclosureRequest;
        verifier, verified_on_behalf_of, verify_note, fulfiller, disclosed_kinds, fulfil_note, refuser, refuse_reason,
        verify_time, fulfil_time, refuse_time, state
    );
}

// === The rules ===

impl Rules for DisclosureRequests {
    type Needs = ();

    fn check(context: &Context, _: &(), new: &mut DisclosureRequest) -> Outcome<()> {
        if new.receive_time.is_none() {
            new.receive_time = timestamp(context.clock.now());
        }
        if new.due_time.is_some() && micros(new.due_time.as_ref()) < micros(new.receive_time.as_ref()) {
            let message = "the request was due before it was received: check receive_time and due_time";
            return Err(Fault::invalid(House::FieldInvalid, message).on("disclosure_request.due_time"));
        }
        known_kinds(&new.data_kinds, "disclosure_request.data_kinds")?;
        subject::absent(&new.scope, "disclosure_request.scope")
    }

    fn create(context: &Context, needs: &(), new: &mut DisclosureRequest) -> Outcome<()> {
        new.set_state(State::Received);
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &DisclosureRequest, new: &mut DisclosureRequest) -> Outcome<()> {
        // What is fulfilled is what was verified.
        register::unchanged_unless::<Self, _>(NOUN, (old, old.state()), new, &[State::Received])?;
        Self::check(context, needs, new)
    }
}

fn known_kinds(kinds: &[String], field: &str) -> Outcome<()> {
    for (index, kind) in kinds.iter().enumerate() {
        let reason = ErrorReason::DataKindUnknown;
        register::known(&register::DISCLOSURE_DATA_KINDS, kind, "kind of data", reason, &format!("{field}[{index}]"))?;
    }
    Ok(())
}

/// No more is handed over than was demanded.
fn within(demanded: &[String], disclosed: &[String]) -> Outcome<()> {
    let Some((index, kind)) = disclosed.iter().enumerate().find(|(_, kind)| !demanded.contains(kind)) else {
        return Ok(());
    };
    let message = format!("{kind} was not demanded: hand over no more than {}", demanded.join(", "));
    Err(Fault::invalid(ErrorReason::DisclosureExceedsRequest, message)
        .with("kind", kind)
        .on(format!("disclosed_kinds[{index}]")))
}

/// Four eyes: neither who verified the request, nor for whom it was verified, fulfils it.
fn by_another_than_the_verifier(context: &Context, request: &DisclosureRequest) -> Outcome<()> {
    for verifier in [&request.verifier, &request.verified_on_behalf_of] {
        let message = || format!("{verifier} verified this request and so cannot fulfil it: another person must");
        approval::by_another(context, verifier, message)?;
    }
    Ok(())
}

// === The API ===

#[tonic::async_trait]
impl DisclosureRequestService for Registry {
    async fn create_disclosure_request(
        &self,
        request: Request<CreateDisclosureRequestRequest>,
    ) -> Result<Response<DisclosureRequest>, Status> {
        self.disclosure_requests.serve_create(request).await
    }

    async fn get_disclosure_request(
        &self,
        request: Request<GetDisclosureRequestRequest>,
    ) -> Result<Response<DisclosureRequest>, Status> {
        self.disclosure_requests.serve_get(request).await
    }

    async fn list_disclosure_requests(
        &self,
        request: Request<ListDisclosureRequestsRequest>,
    ) -> Result<Response<ListDisclosureRequestsResponse>, Status> {
        self.disclosure_requests.serve_list(request).await
    }

    async fn update_disclosure_request(
        &self,
        request: Request<UpdateDisclosureRequestRequest>,
    ) -> Result<Response<DisclosureRequest>, Status> {
        self.disclosure_requests.serve_update(request).await
    }

    async fn verify_disclosure_request(
        &self,
        request: Request<VerifyDisclosureRequestRequest>,
    ) -> Result<Response<DisclosureRequest>, Status> {
        let (context, r) = open(request)?;
        subject::absent(&r.verify_note, "verify_note")?;
        let rule = |context: &Context, old: &DisclosureRequest, new: &mut DisclosureRequest| {
            in_state(NOUN, old.state(), &[State::Received], "verified")?;
            new.set_state(State::Verified);
            new.verifier.clone_from(&context.caller.subject);
            new.verified_on_behalf_of.clone_from(&context.caller.on_behalf_of);
            new.verify_note = r.verify_note;
            new.verify_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.disclosure_requests.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn fulfil_disclosure_request(
        &self,
        request: Request<FulfilDisclosureRequestRequest>,
    ) -> Result<Response<DisclosureRequest>, Status> {
        let (context, r) = open(request)?;
        subject::absent(&r.fulfil_note, "fulfil_note")?;
        let rule = |context: &Context, old: &DisclosureRequest, new: &mut DisclosureRequest| {
            in_state(NOUN, old.state(), &[State::Verified], "fulfilled")?;
            by_another_than_the_verifier(context, old)?;
            within(&old.data_kinds, &r.disclosed_kinds)?;
            new.set_state(State::Fulfilled);
            new.fulfiller.clone_from(&context.caller.subject);
            new.disclosed_kinds = r.disclosed_kinds;
            new.fulfil_note = r.fulfil_note;
            new.fulfil_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.disclosure_requests.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn refuse_disclosure_request(
        &self,
        request: Request<RefuseDisclosureRequestRequest>,
    ) -> Result<Response<DisclosureRequest>, Status> {
        let (context, r) = open(request)?;
        subject::absent(&r.reason, "reason")?;
        let rule = |context: &Context, old: &DisclosureRequest, new: &mut DisclosureRequest| {
            in_state(NOUN, old.state(), &[State::Received, State::Verified], "refused")?;
            new.set_state(State::Refused);
            new.refuser.clone_from(&context.caller.subject);
            new.refuse_reason = r.reason;
            new.refuse_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.disclosure_requests.change(&context, &r.name, &r.etag, rule).await)
    }
}
