//! Where values come from, and why a field is what it is.

use testkit::{Bench, reason};
use tonic::Code;
use wire::assets::v1::change_request::Kind;
use wire::assets::v1::change_request_service_client::ChangeRequestServiceClient;
use wire::assets::v1::field_provenance::Group;
use wire::assets::v1::{
    ApproveChangeRequestRequest, Asset, ChangeRequest, ClassifyAssetRequest, CompleteChangeRequestRequest,
    CreateAssetRequest, CreateChangeRequestRequest, ExplainAssetFieldRequest, ExplainAssetFieldResponse,
    FieldProvenance, IdentifyAssetRequest, ImportStart, UpdateAssetRequest,
};

use crate::source::{import_as, said};
use crate::{Assets, assets, get, on_every_database, rated};

const IMPORT: &str = "telwarden.assets.v1.ImportService/ImportAssets";
const UPDATE: &str = "telwarden.assets.v1.AssetService/UpdateAsset";

fn named(id: &str) -> String {
    format!("organizations/acme/assets/{id}")
}

/// An entry in short: groups, fields, source, actor, the method's last part.
fn short(entry: &FieldProvenance) -> (Vec<Group>, Vec<&str>, &str, &str, &str) {
    assert!(entry.observe_time.is_some(), "{entry:?}");
    let fields = entry.fields.iter().map(String::as_str).collect();
    let method = entry.method.rsplit('/').next().unwrap();
    (entry.groups().collect(), fields, &entry.source, &entry.actor, method)
}

async fn why(bench: &Bench, id: &str, field: &str) -> Result<ExplainAssetFieldResponse, tonic::Status> {
    let request = ExplainAssetFieldRequest { name: named(id), field: field.to_owned() };
    assets(bench).explain_asset_field(request).await.map(tonic::Response::into_inner)
}

async fn set(bench: &Bench, asset: Asset) {
    assets(bench).update_asset(UpdateAssetRequest { asset: Some(asset), update_mask: None }).await.unwrap();
}

fn listed() -> Asset {
    Asset {
        owner: "noc".to_owned(),
        custodian: "field force".to_owned(),
        vendor: "Acme".to_owned(),
        power_watts: 40.0,
        ..Default::default()
    }
}

on_every_database! {
    async fn every_write_leaves_where_its_values_come_from(bench) {
        import_as(&bench, "acme", "oss", vec![said("a", listed())], ImportStart::default()).await;
        let first = get(&bench, "a").await;
        let groups = vec![Group::Identity, Group::Responsibility, Group::Product, Group::Life];
        let entries: Vec<_> = first.provenance.iter().map(short).collect();
        assert_eq!(entries, [(groups, vec![], "oss", "robot", "ImportAssets")], "what came at once is one entry");

        set(&bench, Asset { name: named("a"), owner: "core".to_owned(), power_watts: 50.0, ..Default::default() }).await;
        let second = get(&bench, "a").await;
        let entries: Vec<_> = second.provenance.iter().map(short).collect();
        let by_hand = (vec![Group::Responsibility, Group::Life], vec![], "", "ana", "UpdateAsset");
        let rest = (vec![Group::Identity, Group::Product], vec!["custodian"], "oss", "robot", "ImportAssets");
        assert_eq!(entries, [by_hand, rest.clone()], "the owner is a person's, the custodian still the source's");

        let request = IdentifyAssetRequest { name: named("a"), ..Default::default() };
        assets(&bench).identify_asset(request).await.unwrap();
        assert_eq!(get(&bench, "a").await.provenance, second.provenance, "a move of its life is no value");
        let classify = ClassifyAssetRequest { name: named("a"), classification: "internal".to_owned(), confidentiality: 1, integrity: 2, availability: 3, ..Default::default() };
        assets(&bench).classify_asset(classify).await.unwrap();
        let third = get(&bench, "a").await;
        assert_eq!(short(&third.provenance[0]), (vec![Group::Classification], vec![], "", "ana", "ClassifyAsset"));
        assert_eq!(third.provenance[1..], second.provenance[..]);
        testkit::ledger_holds(&bench, &::assets::tables()).await;
    }

    async fn an_import_that_says_what_is_known_changes_nothing(bench) {
        import_as(&bench, "acme", "oss", vec![said("a", listed())], ImportStart::default()).await;
        let first = get(&bench, "a").await;
        let (summary, _) = import_as(&bench, "acme", "oss", vec![said("a", listed())], ImportStart::default()).await;
        assert_eq!(summary.counts.unwrap().unchanged, 1);
        assert_eq!(get(&bench, "a").await, first, "its times are those of the last change, not of the last look");
        // What is only spelled another way is no change either.
        let spelled = |value: &str| {
            let identifier = wire::assets::v1::NetworkIdentifier { kind: wire::assets::v1::network_identifier::Kind::Ip.into(), value: value.to_owned() };
            vec![said("a", Asset { network_identifiers: vec![identifier], ..listed() })]
        };
        import_as(&bench, "acme", "oss", spelled("2001:db8::1"), ImportStart::default()).await;
        let known = get(&bench, "a").await;
        assert_eq!(short(&known.provenance[0]).0, [Group::Network]);
        import_as(&bench, "acme", "oss", spelled("2001:DB8:0::1"), ImportStart::default()).await;
        assert_eq!(get(&bench, "a").await, known);
    }

    async fn where_values_come_from_is_not_the_callers_to_say(bench) {
        let forged = FieldProvenance { groups: vec![Group::Identity.into()], source: "netbox".to_owned(), actor: "somebody".to_owned(), ..Default::default() };
        let draft = Asset { display_name: "Edge".to_owned(), r#type: "router".to_owned(), provenance: vec![forged.clone()], ..Default::default() };
        let request = CreateAssetRequest { parent: "organizations/acme".to_owned(), asset_id: "a".to_owned(), asset: Some(draft) };
        let made = assets(&bench).create_asset(request).await.unwrap().into_inner();
        assert_eq!(short(&made.provenance[0]), (vec![Group::Identity], vec![], "", "ana", "CreateAsset"));
        let all = Asset { owner: "noc".to_owned(), provenance: vec![forged.clone()], ..made };
        let mask = Some(prost_types::FieldMask { paths: vec!["*".to_owned()] });
        let now = assets(&bench).update_asset(UpdateAssetRequest { asset: Some(all), update_mask: mask }).await.unwrap().into_inner();
        assert!(now.provenance.iter().all(|entry| entry.source.is_empty() && entry.actor == "ana"), "{:?}", now.provenance);
        // Nor is it an importer's: the source is the one the import names.
        let site = wire::assets::v1::Site { display_name: "Hub".to_owned(), r#type: "office".to_owned(), provenance: vec![forged.clone()], ..Default::default() };
        let site = wire::assets::v1::import_item::Record::Site(wire::assets::v1::SiteRecord { external_id: "s".to_owned(), site: Some(site) });
        let records = vec![site, said("b", Asset { provenance: vec![forged], ..Default::default() })];
        import_as(&bench, "acme", "oss", records, ImportStart::default()).await;
        assert_eq!(short(&get(&bench, "b").await.provenance[0]).2, "oss");
        let mut sites = wire::assets::v1::site_service_client::SiteServiceClient::new(bench.client("ana", &["acme"], &["viewer"]));
        let request = wire::assets::v1::GetSiteRequest { name: "organizations/acme/sites/s".to_owned() };
        let site = sites.get_site(request).await.unwrap().into_inner();
        assert_eq!(short(&site.provenance[0]), (vec![Group::Place], vec![], "oss", "robot", "ImportAssets"));
    }

    async fn a_transfer_comes_from_who_completed_it(bench) {
        rated(&bench, "r", (1, 1, 1)).await;
        let mut ana = ChangeRequestServiceClient::new(bench.client("ana", &["acme"], &["asset-manager"]));
        let ask = ChangeRequest { asset: named("r"), kind: Kind::Transfer.into(), reason: "sold".to_owned(), target_owner: "Radio".to_owned(), ..Default::default() };
        let request = CreateChangeRequestRequest { parent: "organizations/acme".to_owned(), change_request: Some(ask), ..Default::default() };
        let name = ana.create_change_request(request).await.unwrap().into_inner().name;
        let mut bo = ChangeRequestServiceClient::new(bench.client("bo", &["acme"], &["approver"]));
        bo.approve_change_request(ApproveChangeRequestRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        ana.complete_change_request(CompleteChangeRequestRequest { name, ..Default::default() }).await.unwrap();
        let answer = why(&bench, "r", "owner").await.unwrap();
        assert_eq!((answer.value.as_str(), short(answer.provenance.as_ref().unwrap()).4), ("Radio", "CompleteChangeRequest"));
    }

    async fn a_field_is_explained_by_source_and_ledger(bench) {
        import_as(&bench, "acme", "oss", vec![said("a", listed())], ImportStart::default()).await;
        let first = why(&bench, "a", "owner").await.unwrap();
        assert_eq!((first.value.as_str(), first.group(), first.since_method.as_str()), ("noc", Group::Responsibility, IMPORT));
        assert_eq!((first.since_creation, first.previous_value.as_str()), (true, ""));
        assert_eq!(first.provenance.as_ref().unwrap().source, "oss");

        set(&bench, Asset { name: named("a"), owner: "core".to_owned(), software_version: "7.1".to_owned(), ..Default::default() }).await;
        // Later changes of other fields do not make it younger.
        set(&bench, Asset { name: named("a"), location: "rack 7".to_owned(), ..Default::default() }).await;
        let owner = why(&bench, "a", "owner").await.unwrap();
        assert_eq!((owner.value.as_str(), owner.previous_value.as_str(), owner.since_creation), ("core", "noc", false));
        assert_eq!((owner.since_actor.as_str(), owner.since_method.as_str()), ("ana", UPDATE));
        let provenance = owner.provenance.unwrap();
        let seconds = |time: Option<prost_types::Timestamp>| time.unwrap().seconds;
        let apart = seconds(owner.since) - seconds(provenance.observe_time);
        assert!(provenance.source.is_empty() && (0..60).contains(&apart), "provenance and ledger agree: {apart} s");
        let custodian = why(&bench, "a", "custodian").await.unwrap();
        assert_eq!((custodian.provenance.unwrap().source.as_str(), custodian.since_creation), ("oss", true));
        assert_eq!(why(&bench, "a", "softwareVersion").await.unwrap().field, "software_version");

        let empty = why(&bench, "a", "maintenance").await.unwrap();
        assert_eq!((empty.value.as_str(), empty.provenance, empty.since_creation), ("", None, true));
        let state = why(&bench, "a", "state").await.unwrap();
        assert_eq!((state.value.as_str(), state.group(), state.provenance), ("SURVEYED", Group::Unspecified, None));
    }

    async fn what_cannot_be_explained_is_refused(bench) {
        rated(&bench, "a", (1, 1, 1)).await;
        let unknown = why(&bench, "a", "colour").await.unwrap_err();
        assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        assert!(unknown.message().contains("owner, custodian, site"), "it lists the fields: {}", unknown.message());
        assert_eq!(reason(&why(&bench, "a", "").await.unwrap_err()), "FIELD_INVALID");
        assert_eq!(reason(&why(&bench, "ghost", "colour").await.unwrap_err()), "RESOURCE_NOT_FOUND");
        let request = ExplainAssetFieldRequest { name: named("a"), field: "owner".to_owned() };
        let foreign = Assets::new(bench.client("eve", &["evil"], &["administrator"])).explain_asset_field(request).await.unwrap_err();
        assert_eq!(reason(&foreign), "RESOURCE_NOT_FOUND");
    }

    async fn the_whole_story_of_a_name_that_was_used_before_is_not_told(bench) {
        rated(&bench, "a", (1, 1, 1)).await;
        set(&bench, Asset { name: named("a"), owner: "core".to_owned(), ..Default::default() }).await;
        assets(&bench).delete_asset(wire::assets::v1::DeleteAssetRequest { name: named("a"), ..Default::default() }).await.unwrap();
        rated(&bench, "a", (2, 2, 2)).await;
        let owner = why(&bench, "a", "owner").await.unwrap();
        assert_eq!((owner.value.as_str(), owner.previous_value.as_str(), owner.since_creation), ("", "", true));
    }
}
