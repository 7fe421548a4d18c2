//! Documents and mappings: what ships, and the organization's own.

use testkit::{Bench, reason};
use tonic::Code;
use wire::controls::v1::document_service_client::DocumentServiceClient;
use wire::controls::v1::mapping_entry::Relation;
use wire::controls::v1::mapping_entry_service_client::MappingEntryServiceClient;
use wire::controls::v1::mapping_service_client::MappingServiceClient;
use wire::controls::v1::{
    CreateMappingEntryRequest, CreateMappingRequest, DeleteMappingRequest, ListDocumentsRequest,
    ListMappingEntriesRequest, ListMappingsRequest, Mapping, MappingEntry, UpdateMappingRequest,
};

use crate::on_every_database;

const PARENT: &str = "organizations/acme";

fn client(bench: &Bench) -> testkit::Client {
    bench.client("ana", &["acme"], &["administrator"])
}

fn catalogue(id: &str) -> String {
    format!("{PARENT}/catalogues/{id}")
}

async fn entries(bench: &Bench, mapping: &str, filter: &str) -> Vec<MappingEntry> {
    let parent = format!("{PARENT}/mappings/{mapping}");
    let request =
        ListMappingEntriesRequest { parent, page_size: 1000, filter: filter.to_owned(), ..Default::default() };
    let mut client = MappingEntryServiceClient::new(client(bench));
    client.list_mapping_entries(request).await.unwrap().into_inner().entries
}

on_every_database! {
    async fn what_is_outdated_is_a_list(bench) {
        let list = async |filter: &str| {
            let request =
                ListDocumentsRequest { parent: PARENT.to_owned(), page_size: 1000, filter: filter.to_owned(), ..Default::default() };
            DocumentServiceClient::new(client(&bench)).list_documents(request).await.unwrap().into_inner().documents
        };
        let editions = list("designation = \"ITU-T X.1051\"").await;
        assert!(editions.len() >= 2, "{editions:?}");
        let current: Vec<_> = editions.iter().filter(|document| !document.outdated).map(|document| document.name.as_str()).collect();
        assert_eq!(current, ["organizations/acme/documents/itu-x1051-2023"]);
        assert!(list("outdated = true").await.iter().all(|document| document.outdated));
    }

    async fn shipped_mappings_name_the_callers_own_catalogues(bench) {
        let request = ListMappingsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let mappings = MappingServiceClient::new(client(&bench)).list_mappings(request).await.unwrap().into_inner().mappings;
        assert_eq!(mappings.len(), 3);
        assert!(mappings.iter().all(|mapping| mapping.shipped && mapping.source_catalogue.starts_with("organizations/acme/catalogues/")));
        // 18.2.3 of 2016 is split over 5.36 and 8.8 of 2023.
        let split = entries(&bench, "x1051-2016-to-x1051-2023", "sources:\"18.2.3\"").await;
        let targets: Vec<&str> = split.iter().flat_map(|entry| &entry.targets).map(String::as_str).collect();
        assert_eq!(targets, ["5.36", "8.8"]);
        // Our own reading never claims that one standard fulfils another.
        let own = entries(&bench, "x1051-2016-to-x1051-2023", "").await;
        assert!(!own.is_empty());
    }

    async fn a_mapping_keeps_what_it_is_between(bench) {
        let mut mappings = MappingServiceClient::new(client(&bench));
        let mapping = Mapping {
            display_name: "Ours".to_owned(),
            source_catalogue: catalogue("nist-csf-2.0"),
            target_catalogue: catalogue("x1051-2023"),
            ..Default::default()
        };
        let create = |mapping: Mapping, id: &str| CreateMappingRequest {
            parent: PARENT.to_owned(),
            mapping_id: id.to_owned(),
            mapping: Some(mapping),
        };
        let made = mappings.create_mapping(create(mapping.clone(), "ours")).await.unwrap().into_inner();
        let nowhere = Mapping { target_catalogue: catalogue("none"), ..mapping.clone() };
        let refused = mappings.create_mapping(create(nowhere, "x")).await.unwrap_err();
        assert_eq!(reason(&refused), "REFERENCE_MISSING");
        let itself = Mapping { target_catalogue: mapping.source_catalogue.clone(), ..mapping.clone() };
        assert_eq!(mappings.create_mapping(create(itself, "x")).await.unwrap_err().code(), Code::InvalidArgument);
        let moved = Mapping { target_catalogue: catalogue("x1051-2016"), ..made.clone() };
        let request = UpdateMappingRequest { mapping: Some(moved), update_mask: None };
        assert_eq!(reason(&mappings.update_mapping(request).await.unwrap_err()), "FIELD_IMMUTABLE");

        let entry = |relation: Relation, targets: &[&str]| CreateMappingEntryRequest {
            parent: made.name.clone(),
            mapping_entry_id: String::new(),
            mapping_entry: Some(MappingEntry {
                sources: vec!["gv.oc-01".to_owned()],
                targets: targets.iter().map(|&id| id.to_owned()).collect(),
                relation: relation.into(),
                ..Default::default()
            }),
        };
        let mut client = MappingEntryServiceClient::new(client(&bench));
        client.create_mapping_entry(entry(Relation::Subset, &["5.1"])).await.unwrap();
        for wrong in [entry(Relation::Unspecified, &["5.1"]), entry(Relation::Equal, &[])] {
            assert_eq!(client.create_mapping_entry(wrong).await.unwrap_err().code(), Code::InvalidArgument);
        }
        assert_eq!(entries(&bench, "ours", "targets:\"5.1\" AND relation = SUBSET").await.len(), 1);
        let delete = DeleteMappingRequest { name: made.name.clone(), etag: String::new() };
        assert_eq!(reason(&mappings.delete_mapping(delete).await.unwrap_err()), "STILL_REFERENCED");
    }
}
