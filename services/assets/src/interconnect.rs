//! Interconnects: where our network meets another operator's, and how it is cut off when there is trouble (ITU-T X.1051,
//! interconnected telecommunications services: TEL.11.3.3 of the 2016 edition).

use access::Context;
use fault::{Fault, Outcome};
use store::{Reference, Rules, Side, in_state, micros, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::assets::v1::interconnect::State;
use wire::assets::v1::interconnect_service_server::InterconnectService;
use wire::assets::v1::{
    CreateInterconnectRequest, DeleteInterconnectRequest, EndInterconnectRequest, EnforceInterconnectRequest,
    ErrorReason, GetInterconnectRequest, Interconnect, IsolateInterconnectRequest, ListInterconnectsRequest,
    ListInterconnectsResponse, RestoreInterconnectRequest, UpdateInterconnectRequest,
};
use wire::fault::v1::ErrorReason as House;

use crate::asset::Assets;
use crate::site::Sites;
use crate::{Registry, register};

// === The table ===

/// The register of interconnects.
pub struct Interconnects;

impl store::Resource for Interconnects {
    type Message = Interconnect;
    const TABLE: &'static str = "interconnect";
    const COLLECTION: &'static str = "interconnects";

    fn columns() -> &'static [store::Column<Interconnect>] {
        store::columns![Interconnect;
            display_name: text order search, peer: text order search, kind: text, site: text index, agreement: text search,
            agreement_end_time: time order, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<Interconnect>] {
        store::sides![Interconnect; labels: map "interconnect_label", assets: set "interconnect_asset"]
    }

    fn references() -> &'static [Reference<Interconnect>] {
        store::references![Interconnect; site: Sites, assets(each): Assets]
    }

    store::head!(Interconnect; isolate_reason, isolator, enforce_time, isolate_time, restore_time, end_time, state);
}

// === The rules ===

impl Rules for Interconnects {
    type Needs = ();

    fn check(_: &Context, _: &(), new: &mut Interconnect) -> Outcome<()> {
        let (kinds, reason) = (&register::INTERCONNECT_KINDS, ErrorReason::InterconnectKindUnknown);
        register::known(kinds, &new.kind, "kind of interconnect", reason, "interconnect.kind")?;
        for (index, contact) in new.contacts.iter().enumerate() {
            register::reachable(contact, &format!("interconnect.contacts[{index}]"))?;
        }
        if let Some(contact) = &new.abuse_contact {
            register::reachable(contact, "interconnect.abuse_contact")?;
        }
        let (start, end) = (micros(new.agreement_start_time.as_ref()), micros(new.agreement_end_time.as_ref()));
        if new.agreement_end_time.is_some() && end <= start {
            let message = "the agreement ends before it starts: give an end after the start, or none";
            return Err(Fault::invalid(House::FieldInvalid, message).on("interconnect.agreement_end_time"));
        }
        if matches!(new.state(), State::InForce | State::Isolated) { complete(new) } else { Ok(()) }
    }

    fn create(context: &Context, needs: &(), new: &mut Interconnect) -> Outcome<()> {
        new.set_state(State::Draft);
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &Interconnect, new: &mut Interconnect) -> Outcome<()> {
        let allowed = [State::Draft, State::InForce, State::Isolated];
        register::unchanged_unless::<Self, _>("interconnect", (old, old.state()), new, &allowed)?;
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, _: &(), old: &Interconnect) -> Outcome<()> {
        in_state("interconnect", old.state(), &[State::Draft], "deleted: end it instead")
    }
}

/// What an interconnect must have while traffic may flow: without it, nobody could cut it off in time.
fn complete(interconnect: &Interconnect) -> Outcome<()> {
    let lacking = [
        ("demarcation_point", interconnect.demarcation_point.is_empty()),
        ("isolate_procedure", interconnect.isolate_procedure.is_empty()),
        ("contacts", interconnect.contacts.is_empty()),
        ("agreement", interconnect.agreement.is_empty()),
    ];
    let missing: Vec<&str> = lacking.iter().filter(|(_, lacks)| *lacks).map(|(field, _)| *field).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let (field, missing) = (format!("interconnect.{first}"), missing.join(", "));
    let message = format!("an interconnect in force needs {missing}: give them first");
    Err(Fault::precondition(ErrorReason::InterconnectIncomplete, message).with("missing", missing).on(field))
}

/// Traffic flows under an agreement that still holds.
fn agreed(context: &Context, interconnect: &Interconnect) -> Outcome<()> {
    if interconnect.agreement_end_time.is_none()
        || micros(interconnect.agreement_end_time.as_ref()) > context.clock.now()
    {
        return Ok(());
    }
    let agreement = &interconnect.agreement;
    let message = format!("the agreement {agreement} has ended: record the one that holds now, or its new end");
    Err(Fault::precondition(ErrorReason::AgreementEnded, message)
        .with("agreement", agreement)
        .on("interconnect.agreement_end_time"))
}

// === The API ===

#[tonic::async_trait]
impl InterconnectService for Registry {
    async fn create_interconnect(
        &self,
        request: Request<CreateInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        self.interconnects.serve_create(request).await
    }

    async fn get_interconnect(
        &self,
        request: Request<GetInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        self.interconnects.serve_get(request).await
    }

    async fn list_interconnects(
        &self,
        request: Request<ListInterconnectsRequest>,
    ) -> Result<Response<ListInterconnectsResponse>, Status> {
        self.interconnects.serve_list(request).await
    }

    async fn update_interconnect(
        &self,
        request: Request<UpdateInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        self.interconnects.serve_update(request).await
    }

    async fn delete_interconnect(&self, request: Request<DeleteInterconnectRequest>) -> Result<Response<()>, Status> {
        self.interconnects.serve_delete(request).await
    }

    async fn enforce_interconnect(
        &self,
        request: Request<EnforceInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Interconnect, new: &mut Interconnect| {
            in_state("interconnect", old.state(), &[State::Draft], "put in force")?;
            agreed(context, old)?;
            new.set_state(State::InForce);
            new.enforce_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.interconnects.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn isolate_interconnect(
        &self,
        request: Request<IsolateInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Interconnect, new: &mut Interconnect| {
            in_state("interconnect", old.state(), &[State::InForce], "isolated")?;
            new.set_state(State::Isolated);
            new.isolate_reason = r.reason;
            new.isolator.clone_from(&context.caller.subject);
            new.isolate_time = timestamp(context.clock.now());
            new.restore_time = None;
            Ok(())
        };
        reply(self.interconnects.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn restore_interconnect(
        &self,
        request: Request<RestoreInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Interconnect, new: &mut Interconnect| {
            in_state("interconnect", old.state(), &[State::Isolated], "restored")?;
            agreed(context, old)?;
            new.set_state(State::InForce);
            new.restore_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.interconnects.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn end_interconnect(
        &self,
        request: Request<EndInterconnectRequest>,
    ) -> Result<Response<Interconnect>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Interconnect, new: &mut Interconnect| {
            in_state("interconnect", old.state(), &[State::InForce, State::Isolated], "ended")?;
            new.set_state(State::Ended);
            new.end_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.interconnects.change(&context, &r.name, &r.etag, rule).await)
    }
}
