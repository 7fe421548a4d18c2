//! Implementations of controls: their life, who may do what, and what happens by itself.

use testkit::{Bench, reason};
use tonic::Code;
use wire::controls::v1 as api;
use wire::controls::v1::implementation::State;
use wire::controls::v1::implementation_service_client::ImplementationServiceClient;

use crate::on_every_database;

type Client = ImplementationServiceClient<testkit::Client>;

fn by(bench: &Bench, subject: &str) -> Client {
    ImplementationServiceClient::new(bench.client(subject, &["acme"], &["administrator"]))
}

fn name(id: &str) -> String {
    format!("organizations/acme/implementations/{id}")
}

async fn propose(bench: &Bench, id: &str, more: api::Implementation) -> Result<api::Implementation, tonic::Status> {
    let implementation = api::Implementation {
        display_name: id.to_owned(),
        control: "organizations/acme/catalogues/x1051-2023/controls/8.16".to_owned(),
        ..more
    };
    let request = api::CreateImplementationRequest {
        parent: "organizations/acme".to_owned(),
        implementation_id: id.to_owned(),
        implementation: Some(implementation),
    };
    by(bench, "ana").create_implementation(request).await.map(tonic::Response::into_inner)
}

on_every_database! {
    async fn an_implementation_begins_as_a_proposal_for_a_control_that_exists(bench) {
        let made = propose(&bench, "watch", api::Implementation::default()).await.unwrap();
        assert_eq!((made.state(), made.authors.as_slice()), (State::Proposed, ["ana".to_owned()].as_slice()));
        let unknown = api::CreateImplementationRequest {
            parent: "organizations/acme".to_owned(),
            implementation_id: "other".to_owned(),
            implementation: Some(api::Implementation {
                display_name: "other".to_owned(),
                control: "organizations/acme/catalogues/x1051-2023/controls/99.1".to_owned(),
                ..Default::default()
            }),
        };
        let refused = by(&bench, "ana").create_implementation(unknown).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "REFERENCE_MISSING"));
        let request = api::GetImplementationRequest { name: name("watch") };
        let got = by(&bench, "ana").get_implementation(request).await.unwrap().into_inner();
        assert_eq!(got, made);
    }
}
