//! Controls: the rows of a catalogue.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use store::{Reference, Referrer, Rules, Shipped, Side};
use tonic::{Request, Response, Status};
use wire::controls::v1::control::Origin;
use wire::controls::v1::control_service_server::ControlService;
use wire::controls::v1::{
    Control, CreateControlRequest, DeleteControlRequest, GetControlRequest, ListControlsRequest, ListControlsResponse,
    UpdateControlRequest,
};

use crate::catalogue::Catalogues;
use crate::{Registry, shipped};

/// The controls: those that ship, and the organization's own.
pub struct Controls;

static SHIPPED: LazyLock<Shipped<Control>> = LazyLock::new(|| {
    let of_one = |catalogue: &'static shipped::Catalogue| {
        let placed = catalogue.controls.iter().zip(1..);
        placed.map(|(control, position)| {
            let labels = labels_of(&catalogue.key, &control.id);
            (format!("{}/{}", catalogue.key, control.id), Control { labels, ..of(control, position) })
        })
    };
    shipped::catalogues().iter().flat_map(of_one).collect()
});

/// Where the shipped groupings of a catalogue put a control: `suppl34-families` is `people`, and, where the parts have a rank,
/// `suppl36-priorities` is `03-vulnerability-management`, so that they sort by it. Of several parts the first counts.
fn labels_of(catalogue: &str, control: &str) -> BTreeMap<String, String> {
    let groupings = shipped::groupings().iter().filter(|grouping| grouping.catalogue == catalogue);
    let placed = groupings.filter_map(|grouping| {
        let part = grouping.parts.iter().find(|part| part.controls.iter().any(|id| id == control))?;
        let value = part.order.map_or_else(|| part.key.clone(), |order| format!("{order:02}-{}", part.key));
        Some((grouping.key.clone(), value))
    });
    placed.collect()
}

/// A shipped control as the API shows it.
fn of(control: &shipped::Control, position: i32) -> Control {
    let values =
        |attribute: &str| -> Vec<String> { control.attributes.get(attribute).into_iter().flatten().cloned().collect() };
    let origin = match control.layer {
        shipped::Layer::Base => Origin::Base,
        shipped::Layer::Extended => Origin::Extended,
    };
    Control {
        label: control.label.clone().unwrap_or_default(),
        title: control.title.clone(),
        theme: control.group.clone().unwrap_or_default(),
        position,
        origin: origin.into(),
        purpose: control.purpose.clone().unwrap_or_default(),
        control_types: values("control-type"),
        security_properties: values("information-security-property"),
        cybersecurity_concepts: values("cybersecurity-concept"),
        operational_capabilities: values("operational-capability"),
        security_domains: values("security-domain"),
        predecessors: control.origins.clone(),
        provisional: control.mark.is_provisional(),
        provenance: control.provenance.clone(),
        introductory: !control.assessable,
        shipped: true,
        ..Default::default()
    }
}

impl store::Resource for Controls {
    type Message = Control;
    const TABLE: &'static str = "control";
    const COLLECTION: &'static str = "catalogues/*/controls";

    fn columns() -> &'static [store::Column<Control>] {
        store::columns![Control;
            label: text order search, title: text order search, theme: text, position: integer order,
            origin: choice(Origin), parent_control: text, withdrawn: boolean, provisional: boolean, shipped: boolean,
            introductory: boolean,
        ]
    }

    fn sides() -> &'static [Side<Control>] {
        store::sides![Control;
            labels: map "control_label",
            control_types: set "control_control_type",
            security_properties: set "control_security_property",
            cybersecurity_concepts: set "control_cybersecurity_concept",
            operational_capabilities: set "control_operational_capability",
            security_domains: set "control_security_domain",
        ]
    }

    fn references() -> &'static [Reference<Control>] {
        store::references![Control; name(parent): Catalogues]
    }

    fn referrers() -> &'static [Referrer] {
        const IMPLEMENTATIONS: Referrer = Referrer {
            what: "implementations",
            table: "implementation",
            column: "control",
            filter: "control=",
            by_id: false,
        };
        const ROWS: Referrer = Referrer { what: "rows of statements", table: "statement_row", ..IMPLEMENTATIONS };
        const EXCEPTIONS: Referrer = Referrer { what: "exceptions", table: "exception", ..IMPLEMENTATIONS };
        const { &[IMPLEMENTATIONS, ROWS, EXCEPTIONS] }
    }

    fn shipped() -> &'static Shipped<Control> {
        &SHIPPED
    }

    store::head!(Control; shipped);
}

impl Rules for Controls {
    type Needs = ();
}

#[tonic::async_trait]
impl ControlService for Registry {
    async fn create_control(&self, request: Request<CreateControlRequest>) -> Result<Response<Control>, Status> {
        self.controls.serve_create(request).await
    }

    async fn get_control(&self, request: Request<GetControlRequest>) -> Result<Response<Control>, Status> {
        self.controls.serve_get(request).await
    }

    async fn list_controls(
        &self,
        request: Request<ListControlsRequest>,
    ) -> Result<Response<ListControlsResponse>, Status> {
        self.controls.serve_list(request).await
    }

    async fn update_control(&self, request: Request<UpdateControlRequest>) -> Result<Response<Control>, Status> {
        self.controls.serve_update(request).await
    }

    async fn delete_control(&self, request: Request<DeleteControlRequest>) -> Result<Response<()>, Status> {
        self.controls.serve_delete(request).await
    }
}
