//! Catalogues and their controls: an organization's own, within each other.

use testkit::{Bench, reason};
use tonic::Code;
use wire::controls::v1::catalogue_service_client::CatalogueServiceClient;
use wire::controls::v1::control_service_client::ControlServiceClient;
use wire::controls::v1::{
    Catalogue, Control, CreateCatalogueRequest, CreateControlRequest, DeleteCatalogueRequest, DeleteControlRequest,
    GetCatalogueRequest, GetControlRequest, ListControlsRequest, UpdateControlRequest,
};

use crate::on_every_database;

fn catalogues(bench: &Bench) -> CatalogueServiceClient<testkit::Client> {
    CatalogueServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

fn controls(bench: &Bench) -> ControlServiceClient<testkit::Client> {
    ControlServiceClient::new(bench.client("ana", &["acme"], &["administrator"]))
}

async fn catalogue(bench: &Bench, id: &str) {
    let catalogue = Catalogue { display_name: id.to_owned(), ..Default::default() };
    let (parent, catalogue_id) = ("organizations/acme".to_owned(), id.to_owned());
    let request = CreateCatalogueRequest { parent, catalogue_id, catalogue: Some(catalogue) };
    catalogues(bench).create_catalogue(request).await.unwrap();
}

async fn control(bench: &Bench, catalogue: &str, id: &str) -> Result<Control, tonic::Status> {
    let control = Control { title: format!("{catalogue} {id}"), ..Default::default() };
    let parent = format!("organizations/acme/catalogues/{catalogue}");
    let request = CreateControlRequest { parent, control_id: id.to_owned(), control: Some(control) };
    controls(bench).create_control(request).await.map(tonic::Response::into_inner)
}

async fn names(bench: &Bench, parent: &str, page_size: i32) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListControlsRequest {
            parent: parent.to_owned(),
            page_size,
            page_token,
            filter: "shipped = false".to_owned(),
            ..Default::default()
        };
        let page = controls(bench).list_controls(request).await.unwrap().into_inner();
        found.extend(page.controls.into_iter().map(|control| control.name));
        if page.next_page_token.is_empty() {
            return found;
        }
        page_token = page.next_page_token;
    }
}

on_every_database! {
    async fn controls_are_kept_within_their_catalogue(bench) {
        for id in ["own", "own-2", "owner"] {
            catalogue(&bench, id).await;
        }
        let made = control(&bench, "own", "a.1").await.unwrap();
        assert_eq!(made.name, "organizations/acme/catalogues/own/controls/a.1");
        for (catalogue, id) in [("own", "a.2"), ("own-2", "a.1"), ("owner", "a.1")] {
            control(&bench, catalogue, id).await.unwrap();
        }
        let of_one = ["a.1", "a.2"].map(|id| format!("organizations/acme/catalogues/own/controls/{id}"));
        assert_eq!(names(&bench, "organizations/acme/catalogues/own", 1).await, of_one);
        assert_eq!(names(&bench, "organizations/acme/catalogues/-", 3).await.len(), 4);

        let twice = control(&bench, "own", "a.1").await.unwrap_err();
        assert_eq!((twice.code(), reason(&twice).as_str()), (Code::AlreadyExists, "RESOURCE_EXISTS"));
        let nowhere = control(&bench, "none", "a.1").await.unwrap_err();
        assert_eq!(reason(&nowhere), "REFERENCE_MISSING");
        let wild = control(&bench, "-", "a.1").await.unwrap_err();
        assert_eq!((wild.code(), reason(&wild).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));

        let mut client = controls(&bench);
        let changed = Control { title: "Other".to_owned(), ..made.clone() };
        let request = UpdateControlRequest { control: Some(changed), update_mask: None };
        assert_eq!(client.update_control(request).await.unwrap().into_inner().title, "Other");
        let request = GetControlRequest { name: made.name.clone() };
        assert_eq!(client.get_control(request).await.unwrap().into_inner().title, "Other");
    }

    async fn a_catalogue_goes_when_its_controls_have_gone(bench) {
        catalogue(&bench, "own").await;
        let made = control(&bench, "own", "a.1").await.unwrap();
        let name = "organizations/acme/catalogues/own".to_owned();
        let delete = || DeleteCatalogueRequest { name: name.clone(), etag: String::new() };
        let held = catalogues(&bench).delete_catalogue(delete()).await.unwrap_err();
        assert_eq!(reason(&held), "STILL_REFERENCED");
        let request = DeleteControlRequest { name: made.name, etag: String::new() };
        controls(&bench).delete_control(request).await.unwrap();
        catalogues(&bench).delete_catalogue(delete()).await.unwrap();
    }

    async fn what_ships_is_seen_by_every_organization(bench) {
        let all = async |catalogue: &str, filter: &str| {
            let parent = format!("organizations/acme/catalogues/{catalogue}");
            let request = ListControlsRequest { parent, page_size: 1000, filter: filter.to_owned(), ..Default::default() };
            controls(&bench).list_controls(request).await.unwrap().into_inner().controls
        };
        for (catalogue, rows) in [("x1051-2016", 127), ("x1051-2023", 107), ("x1058-2017", 28), ("nist-csf-2.0", 106)] {
            assert_eq!(all(catalogue, "").await.len(), rows, "{catalogue}");
            let name = format!("organizations/acme/catalogues/{catalogue}");
            let got = catalogues(&bench).get_catalogue(GetCatalogueRequest { name }).await.unwrap().into_inner();
            assert_eq!((got.shipped, got.shipped_controls), (true, rows as i32));
        }
        // The vectors of the attributes of ISO/IEC 27002:2022.
        let labels = async |filter: &str| {
            let found = all("x1051-2023", filter).await;
            found.into_iter().map(|control| control.label).collect::<Vec<_>>()
        };
        let detecting = "control_types:\"detective\" AND cybersecurity_concepts:\"respond\" \
                         AND operational_capabilities:\"information-security-event-management\"";
        assert_eq!(labels(detecting).await, ["5.25", "8.16"]);
        let corrective = "control_types:\"corrective\" AND NOT control_types:\"preventive\" AND NOT control_types:\"detective\"";
        assert_eq!(labels(corrective).await, ["5.24", "5.26", "5.28", "5.30", "8.13"]);

        let refused = control(&bench, "x1051-2023", "mine").await.unwrap_err();
        assert_eq!(reason(&refused), "RESOURCE_SHIPPED");
        let shipped = all("x1051-2023", "label = \"5.42 TEL\"").await.remove(0);
        assert_eq!(shipped.title, "Non-disclosure of communications");
        let request = UpdateControlRequest { control: Some(Control { title: "Mine".to_owned(), ..shipped }), update_mask: None };
        assert_eq!(reason(&controls(&bench).update_control(request).await.unwrap_err()), "RESOURCE_SHIPPED");

        // Other groupings of the same controls are labels: the four families part all of them but the one that nobody knows.
        let mut placed = 0;
        for family in ["organization", "infrastructure", "people", "environment"] {
            placed += all("x1051-2023", &format!("labels.suppl34-families = \"{family}\"")).await.len();
        }
        assert_eq!(placed, 106);
        assert!(!all("x1051-2023", "labels.suppl36-priorities = \"01-hardware-inventory\"").await.is_empty());
    }
}
