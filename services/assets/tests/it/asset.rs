//! Assets: created, found, changed, moved through their life, and kept from others.

use testkit::reason;
use tonic::Code;
use wire::assets::v1::asset::State;
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{
    Asset, ClassifyAssetRequest, CommissionAssetRequest, ConfirmValueAssetRequest, CreateAssetRequest, ExternalId,
    GetAssetRequest, IdentifyAssetRequest, ListAssetsRequest, LookupAssetsRequest, NetworkIdentifier,
    RegisterAssetRequest, UpdateAssetRequest,
};

use crate::{Assets, assets, get, on_every_database, rated};

const ACME: &str = "organizations/acme";

fn create(id: &str, asset: Asset) -> CreateAssetRequest {
    CreateAssetRequest { parent: ACME.to_owned(), asset_id: id.to_owned(), asset: Some(asset) }
}

fn router(name: &str) -> Asset {
    Asset { display_name: name.to_owned(), r#type: "router".to_owned(), ..Default::default() }
}

on_every_database! {
    async fn what_is_created_is_what_is_read(bench) {
        let mut draft = router("Core \u{fc}ber alles");
        draft.labels.insert("env".to_owned(), "prod".to_owned());
        draft.value = 99.0;
        draft.set_state(State::Disposed);
        let created = assets(&bench).create_asset(create("r1", draft)).await.unwrap().into_inner();
        assert_eq!(created.name, "organizations/acme/assets/r1");
        assert_eq!(created.state(), State::Surveyed, "output-only fields are not the caller's to set");
        assert_eq!(created.value, 0.0);
        assert_eq!(get(&bench, "r1").await, created);
        let again = assets(&bench).create_asset(create("r1", router("x"))).await.unwrap_err();
        assert_eq!((again.code(), reason(&again).as_str()), (Code::AlreadyExists, "RESOURCE_EXISTS"));
    }

    async fn every_wrong_field_is_named(bench) {
        let mut client = assets(&bench);
        for (asset, expected, field) in [
            (Asset { r#type: "ruter".to_owned(), ..router("a") }, "ASSET_TYPE_UNKNOWN", "asset.type"),
            (Asset { classification: "top".to_owned(), ..router("a") }, "CLASSIFICATION_UNKNOWN", "asset.classification"),
            (Asset { availability: 4, ..router("a") }, "RATING_OUT_OF_SCALE", "asset.availability"),
            (Asset { site: format!("{ACME}/sites/none"), ..router("a") }, "REFERENCE_MISSING", "asset.site"),
            (Asset { display_name: "a\u{0}b".to_owned(), ..router("a") }, "FIELD_INVALID", "asset.display_name"),
            (Asset { labels: (0..100_000).map(|n| (format!("k{n}"), String::new())).collect(), ..router("a") }, "FIELD_INVALID", "asset.labels"),
            (
                Asset { network_identifiers: vec![NetworkIdentifier { kind: Kind::Ip.into(), value: "10.0.0.300".to_owned() }], ..router("a") },
                "NETWORK_IDENTIFIER_INVALID",
                "asset.network_identifiers[0].value",
            ),
        ] {
            use tonic_types::StatusExt as _;
            let status = client.create_asset(create("", asset)).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, expected), "{status}");
            assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, field);
        }
        let listed = client.list_assets(ListAssetsRequest { parent: ACME.to_owned(), ..Default::default() }).await.unwrap().into_inner();
        assert!(listed.assets.is_empty(), "nothing half written");
    }

    async fn strangers_and_foreign_tenants_learn_nothing(bench) {
        rated(&bench, "secret", (3, 3, 3)).await;
        let name = format!("{ACME}/assets/secret");
        let stranger = Assets::new(bench.stranger()).get_asset(GetAssetRequest { name: name.clone() }).await.unwrap_err();
        assert_eq!((stranger.code(), reason(&stranger).as_str()), (Code::Unauthenticated, "TOKEN_MISSING"));
        let mut foreign = Assets::new(bench.client("eve", &["other"], &["administrator"]));
        let hidden = foreign.get_asset(GetAssetRequest { name }).await.unwrap_err();
        let absent = foreign.get_asset(GetAssetRequest { name: "organizations/other/assets/secret".to_owned() }).await.unwrap_err();
        assert_eq!((hidden.code(), absent.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(reason(&hidden), reason(&absent));
        let mut viewer = Assets::new(bench.client("vic", &["acme"], &["viewer"]));
        let refused = viewer.create_asset(create("", router("a"))).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));
    }

    async fn an_update_changes_what_the_mask_names_and_nothing_else(bench) {
        let before = rated(&bench, "r1", (1, 1, 1)).await;
        let mut client = assets(&bench);
        let change = Asset { name: before.name.clone(), etag: before.etag.clone(), owner: "Transport".to_owned(), vendor: "Acme".to_owned(), ..Default::default() };
        let mask = prost_types::FieldMask { paths: vec!["owner".to_owned()] };
        let request = UpdateAssetRequest { asset: Some(change), update_mask: Some(mask) };
        let after = client.update_asset(request.clone()).await.unwrap().into_inner();
        assert_eq!((after.owner.as_str(), after.vendor.as_str()), ("Transport", ""));
        assert_ne!(after.etag, before.etag);
        let stale = client.update_asset(request).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let same = Asset { name: before.name, owner: "Transport".to_owned(), ..Default::default() };
        let same = client.update_asset(UpdateAssetRequest { asset: Some(same), update_mask: None }).await.unwrap().into_inner();
        assert_eq!(same.etag, after.etag, "nothing changed means no new version");
    }

    async fn pages_hold_every_asset_once_in_any_order(bench) {
        for number in 0..25 {
            rated(&bench, &format!("r{number:02}"), (1 + number % 3, 1, 1)).await;
        }
        for order_by in ["", "effective_value desc", "display_name", "type, effective_value desc", "update_time"] {
            let mut request = ListAssetsRequest { parent: ACME.to_owned(), page_size: 7, order_by: order_by.to_owned(), ..Default::default() };
            let mut names = Vec::new();
            loop {
                let page = assets(&bench).list_assets(request.clone()).await.unwrap().into_inner();
                names.extend(page.assets.into_iter().map(|asset| asset.name));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            assert_eq!(names.len(), 25, "{order_by}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), 25, "{order_by}");
            let other = ListAssetsRequest { filter: "grade=1".to_owned(), ..request };
            assert_eq!(reason(&assets(&bench).list_assets(other).await.unwrap_err()), "PAGE_TOKEN_INVALID");
        }
    }

    async fn filters_find_what_they_say(bench) {
        let mut draft = router("North gate");
        draft.labels.insert("env".to_owned(), "prod".to_owned());
        draft.legal_tags.push("pii".to_owned());
        draft.power_watts = 120.5;
        assets(&bench).create_asset(create("a", draft)).await.unwrap();
        assets(&bench).create_asset(create("b", Asset { r#type: "optical-link".to_owned(), ..router("South link") })).await.unwrap();
        for (filter, expected) in [
            ("type = \"router\"", vec!["a"]), ("type != router", vec!["b"]), ("labels.env = prod", vec!["a"]), ("labels:env", vec!["a"]),
            ("NOT labels:env", vec!["b"]), ("legal_tags:pii", vec!["a"]), ("power_watts > 100", vec!["a"]), ("display_name = \"South*\"", vec!["b"]),
            ("display_name = \"*gate\"", vec!["a"]), ("display_name:GATE", vec!["a"]), ("state = SURVEYED", vec!["a", "b"]), ("south OR north", vec!["a", "b"]),
            ("create_time > \"2020-01-01T00:00:00Z\" AND type = router", vec!["a"]), ("owner:*", vec![]), ("displayName:link", vec!["b"]),
        ] {
            let request = ListAssetsRequest { parent: ACME.to_owned(), filter: filter.to_owned(), ..Default::default() };
            let page = assets(&bench).list_assets(request).await.unwrap_or_else(|status| panic!("{filter}: {status}")).into_inner();
            let ids: Vec<&str> = page.assets.iter().map(|asset| asset.name.rsplit('/').next().unwrap()).collect();
            assert_eq!(ids, expected, "{filter}");
        }
        for wrong in ["colour = red", "type =", "power_watts = x", &"a ".repeat(2040)] {
            let request = ListAssetsRequest { parent: ACME.to_owned(), filter: wrong.to_owned(), ..Default::default() };
            let status = assets(&bench).list_assets(request).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FILTER_INVALID"), "{wrong}");
        }
        let request = ListAssetsRequest { parent: ACME.to_owned(), order_by: "vendor".to_owned(), ..Default::default() };
        assert_eq!(reason(&assets(&bench).list_assets(request).await.unwrap_err()), "ORDER_INVALID");
    }

    async fn an_asset_is_found_by_what_others_call_it(bench) {
        let mut draft = router("Edge");
        draft.external_ids.push(ExternalId { system: "netbox".to_owned(), value: "17".to_owned(), ..Default::default() });
        draft.network_identifiers.push(NetworkIdentifier { kind: Kind::Prefix.into(), value: "10.1.0.0/16".to_owned() });
        draft.network_identifiers.push(NetworkIdentifier { kind: Kind::E164.into(), value: "+99900000000..+99900999999".to_owned() });
        assets(&bench).create_asset(create("edge", draft.clone())).await.unwrap();
        let mut host = router("Host");
        host.network_identifiers.push(NetworkIdentifier { kind: Kind::Ip.into(), value: "10.1.2.3".to_owned() });
        assets(&bench).create_asset(create("host", host)).await.unwrap();
        let find = |network_identifier: &str| LookupAssetsRequest { parent: ACME.to_owned(), network_identifier: network_identifier.to_owned(), ..Default::default() };
        let found = assets(&bench).lookup_assets(find("10.1.2.3")).await.unwrap().into_inner().matches;
        let names: Vec<&str> = found.iter().map(|found| found.asset.as_ref().unwrap().display_name.as_str()).collect();
        assert_eq!(names, ["Host", "Edge"], "the closest match first");
        assert_eq!(found[1].matched, "10.1.0.0/16");
        assert_eq!(assets(&bench).lookup_assets(find("+99900123456")).await.unwrap().into_inner().matches.len(), 1);
        assert!(assets(&bench).lookup_assets(find("10.2.0.1")).await.unwrap().into_inner().matches.is_empty());
        let external = ExternalId { system: "netbox".to_owned(), value: "17".to_owned(), ..Default::default() };
        let by_id = LookupAssetsRequest { parent: ACME.to_owned(), external_id: Some(external), ..Default::default() };
        assert_eq!(assets(&bench).lookup_assets(by_id).await.unwrap().into_inner().matches.len(), 1);
        let twice = assets(&bench).create_asset(create("edge2", draft)).await.unwrap_err();
        assert_eq!((twice.code(), reason(&twice).as_str()), (Code::AlreadyExists, "VALUE_TAKEN"));
        assert_eq!(reason(&assets(&bench).lookup_assets(find("")).await.unwrap_err()), "LOOKUP_EMPTY");
    }

    async fn an_asset_moves_through_its_life_in_order(bench) {
        let mut client = assets(&bench);
        let name = client.create_asset(create("r", router("r"))).await.unwrap().into_inner().name;
        let early = client.register_asset(RegisterAssetRequest { name: name.clone(), ..Default::default() }).await.unwrap_err();
        assert_eq!((early.code(), reason(&early).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
        client.identify_asset(IdentifyAssetRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        let classify = ClassifyAssetRequest { name: name.clone(), classification: "secret".to_owned(), confidentiality: 3, integrity: 3, availability: 2, ..Default::default() };
        let classified = client.classify_asset(classify).await.unwrap().into_inner();
        assert_eq!((classified.value, classified.grade), (8.0, 1));
        let ownerless = client.register_asset(RegisterAssetRequest { name: name.clone(), ..Default::default() }).await.unwrap_err();
        assert_eq!(reason(&ownerless), "OWNER_MISSING");
        let owned = Asset { name: name.clone(), owner: "Transport".to_owned(), ..Default::default() };
        client.update_asset(UpdateAssetRequest { asset: Some(owned), update_mask: None }).await.unwrap();
        client.register_asset(RegisterAssetRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        client.confirm_value_asset(ConfirmValueAssetRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        let served = client.commission_asset(CommissionAssetRequest { name, ..Default::default() }).await.unwrap().into_inner();
        assert_eq!(served.state(), State::InService);
    }

    async fn many_who_read_at_once_each_get_what_they_asked_for(bench) {
        for n in 0..20 {
            rated(&bench, &format!("m{n}"), (1, 1, 1)).await;
        }
        let other = Assets::new(bench.client("bo", &["other"], &["asset-manager"]));
        let create_other = CreateAssetRequest { parent: "organizations/other".to_owned(), ..create("m3", router("Theirs")) };
        other.clone().create_asset(create_other).await.unwrap();
        let reads = (0..600).map(|n| {
            // Every third asks for what is not there, some of another organization, under the same id.
            let (mut client, organization, id) = match n % 6 {
                0 => (assets(&bench), "acme", format!("ghost{n}")),
                3 => (other.clone(), "other", "m3".to_owned()),
                _ => (assets(&bench), "acme", format!("m{}", n % 20)),
            };
            let name = format!("organizations/{organization}/assets/{id}");
            async move { (n, name.clone(), client.get_asset(GetAssetRequest { name }).await) }
        });
        for (n, name, read) in futures::future::join_all(reads).await {
            match (n % 6, read) {
                (0, Err(status)) => assert_eq!(status.code(), Code::NotFound),
                (3, Ok(asset)) => assert_eq!(asset.into_inner().display_name, "Theirs"),
                (_, read) => assert_eq!(read.unwrap().into_inner().name, name),
            }
        }
        // A reader that goes away while others wait takes nothing from them.
        let mut leaving = assets(&bench);
        let gone = leaving.get_asset(GetAssetRequest { name: "organizations/acme/assets/m1".to_owned() });
        drop(tokio::time::timeout(std::time::Duration::from_nanos(1), gone).await);
        assert_eq!(get(&bench, "m1").await.display_name, "m1");
    }

    async fn what_has_no_time_is_before_none(bench) {
        let mut dated = router("Dated");
        dated.end_of_life_time = Some("2026-01-01T00:00:00Z".parse().unwrap());
        assets(&bench).create_asset(create("dated", dated)).await.unwrap();
        assets(&bench).create_asset(create("undated", router("Undated"))).await.unwrap();
        for (filter, expected) in [
            ("end_of_life_time < \"2027-01-01T00:00:00Z\"", vec!["dated"]),
            ("end_of_life_time <= \"2026-01-01T00:00:00Z\"", vec!["dated"]),
            ("NOT end_of_life_time:*", vec!["undated"]),
            ("end_of_life_time > \"2027-01-01T00:00:00Z\"", vec![]),
        ] {
            let request = ListAssetsRequest { parent: ACME.to_owned(), filter: filter.to_owned(), ..Default::default() };
            let page = assets(&bench).list_assets(request).await.unwrap().into_inner();
            let ids: Vec<&str> = page.assets.iter().map(|asset| asset.name.rsplit('/').next().unwrap()).collect();
            assert_eq!(ids, expected, "{filter}");
        }
    }
}
