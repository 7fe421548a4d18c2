//! `telwarden import KIND FILE`, as an operator types it: every kind of file, twice.

#[cfg(test)]
mod import {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use std::process::Output;

    use serde_json::{Value, json};
    use telwarden::suite::{self, Options, Suite};
    use wire::assets::v1::ListAssetsRequest;
    use wire::assets::v1::asset_service_client::AssetServiceClient;

    /// A folder of its own for one test, empty.
    fn folder(name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    async fn start(folder: &Path) -> Suite {
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = Options {
            data: folder.join("data"),
            listen,
            postgres: None,
            gateway: gateway::Settings::default(),
            tls: None,
        };
        suite::start(options).await.unwrap()
    }

    /// Runs the command as an operator would.
    async fn run(running: &Suite, organization: &str, arguments: &[&str]) -> Output {
        let token = running.token("oss", &[organization], &["integrator"]).unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_telwarden"));
        command.args(["--output", "json", "import"]).args(arguments).args(["--organization", organization]);
        command.env("TELWARDEN_GATEWAY", running.url()).env("TELWARDEN_TOKEN", token);
        command.output().await.unwrap()
    }

    /// The counts that the command printed last.
    fn counts(output: &Output) -> Value {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let told = || format!("{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}", told());
        serde_json::from_str(text.lines().last().unwrap_or_else(|| panic!("{}", told()))).unwrap()
    }

    /// How many of each kind were created: sites, assets, dependencies.
    fn created(counts: &Value) -> [i64; 3] {
        ["site", "asset", "dependency"].map(|kind| counts["by_kind"][kind]["created"].as_i64().unwrap_or_default())
    }

    /// Imports a file twice; the second import must find everything as it is.
    async fn twice(running: &Suite, organization: &str, arguments: &[&str]) -> [i64; 3] {
        let first = counts(&run(running, organization, arguments).await);
        assert_eq!((&first["rejected"], &first["updated"]), (&json!(0), &json!(0)), "{arguments:?} {first}");
        assert_eq!(first["created"], first["read"], "{arguments:?} {first}");
        let second = counts(&run(running, organization, arguments).await);
        let found = (&second["unchanged"], &second["created"], &second["updated"], &second["rejected"]);
        assert_eq!(found, (&first["read"], &json!(0), &json!(0), &json!(0)), "{arguments:?} {second}");
        created(&first)
    }

    /// A small file of every kind: two assets that depend, and sites where the format has them.
    fn files() -> Vec<(&'static str, Value, [i64; 3])> {
        vec![
            (
                "netbox",
                json!([
                    {"model": "dcim.site", "pk": 1, "fields": {"name": "Hill"}},
                    {"model": "dcim.device", "pk": 1, "fields": {"name": "a", "site": 1}},
                    {"model": "virtualization.virtualmachine", "pk": 1, "fields": {"name": "v", "device": 1}},
                ]),
                [1, 2, 1],
            ),
            (
                "netbox",
                json!({"count": 2, "next": null, "results": [
                    {"id": 1, "url": "http://n/api/dcim/devices/1/", "name": "a", "site": {"id": 4, "url": "http://n/api/dcim/sites/4/", "name": "Hill"}},
                    {"id": 2, "url": "http://n/api/dcim/devices/2/", "name": "b", "parent_device": {"id": 1, "url": "http://n/api/dcim/devices/1/", "name": "a"}},
                ]}),
                [1, 2, 1],
            ),
            (
                "tmf639",
                json!([{"id": "r", "@type": "Router", "place": {"id": "p", "name": "Hill"},
                    "resourceRelationship": [{"relationshipType": "contains", "resource": {"id": "c", "@type": "Card", "serialNumber": "1"}}]}]),
                [1, 2, 1],
            ),
            (
                "ietf",
                json!({"ietf-network-inventory:network-inventory": {"network-elements": {"network-element": [
                    {"ne-id": "n", "components": {"component": [{"component-id": "c", "class": "iana-hardware:chassis", "is-fru": true}]}}]}}}),
                [0, 2, 1],
            ),
            (
                "teiv",
                json!({"specversion": "1.0", "type": "topology-inventory-ingestion.create", "data": {
                    "entities": [{"o-ran-smo-teiv-ran:ODUFunction": [{"id": "o"}]}, {"o-ran-smo-teiv-ran:NRCellDU": [{"id": "c"}]}, {"o-ran-smo-teiv-equipment:Site": [{"id": "s"}]}],
                    "relationships": [{"o-ran-smo-teiv-ran:ODUFUNCTION_PROVIDES_NRCELLDU": [{"id": "r", "aSide": "o", "bSide": "c"}]}]}}),
                [1, 2, 1],
            ),
            (
                "onap",
                json!({"cellList": [{"Cell": {"nodeId": "c", "pnfId": "p", "latitude": 1.5, "longitude": 2.5}, "neighbor": []}]}),
                [1, 2, 1],
            ),
        ]
    }

    const GRAPH: &str = "<graphml><key attr.name=\"lat\" for=\"node\" id=\"a\"/><key attr.name=\"lon\" for=\"node\" id=\"o\"/><graph id=\"G\">
        <node id=\"x\"><data key=\"a\">50.5</data><data key=\"o\">8.5</data></node><node id=\"y\"/><edge source=\"x\" target=\"y\"/></graph></graphml>";

    #[tokio::test(flavor = "multi_thread")]
    async fn every_kind_is_imported_and_a_second_time_nothing_changes() {
        let folder = folder("kinds");
        let running = start(&folder).await;
        let mut texts: Vec<(&str, String, [i64; 3])> =
            files().into_iter().map(|(kind, file, expected)| (kind, file.to_string(), expected)).collect();
        texts.push(("graphml", GRAPH.to_owned(), [1, 2, 1]));
        texts.push(("csv", "id,name,type,site,depends_on\na,A,router,s,\nb,B,switch,s,a\n".to_owned(), [1, 2, 1]));
        for (number, (kind, text, expected)) in texts.into_iter().enumerate() {
            let file = folder.join(format!("{number}-{kind}"));
            std::fs::write(&file, text).unwrap();
            let found = twice(&running, &format!("org{number}"), &[kind, file.to_str().unwrap()]).await;
            assert_eq!(found, expected, "{kind}");
        }
        running.stop().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_inventories_of_the_shared_data_are_imported_and_a_second_time_nothing_changes() {
        let folder = folder("shared");
        let running = start(&folder).await;
        // Sites, assets, dependencies.
        let files = [
            ("netbox", "netbox-demo-v3.6.json", [24, 537, 317]),
            ("onap", "onap-5gson-ran-cells.json", [1001, 1068, 11_882 + 1001]),
            ("ietf", "ietf-network-inventory/pizza-box-example.json", [0, 2, 1]),
            ("ietf", "ietf-network-inventory/port-examples.json", [0, 2, 1]),
            ("ietf", "ietf-network-inventory/multi-chassis-examples.json", [0, 30, 27]),
            ("csv", "allegheny-cell-towers.csv", [0, 205, 0]),
        ];
        for (number, (kind, name, expected)) in files.into_iter().enumerate() {
            let Some(file) = shared(name) else { continue };
            let found = twice(&running, &format!("org{number}"), &[kind, file.to_str().unwrap()]).await;
            assert_eq!(found, expected, "{name}");
        }
        running.stop().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// A file of the shared data; nothing, loudly, where it is not here.
    fn shared(name: &str) -> Option<PathBuf> {
        let root = std::env::var_os("TELWARDEN_DATA")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
        let file = root.join("inventory").join(name);
        if !file.exists() {
            println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
            return None;
        }
        Some(file)
    }

    /// The first half of a real file, and what the source calls the assets of the other half.
    fn halved(kind: &str, whole: &[u8]) -> (Vec<u8>, BTreeSet<String>) {
        if kind == "csv" {
            let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
            let (half, rest) = lines.split_at(lines.len() / 2);
            let id = |line: &&[u8]| String::from_utf8_lossy(line).split(',').nth(2).unwrap().to_owned();
            return (half.concat(), rest.iter().map(id).collect());
        }
        let mut file: Value = serde_json::from_slice(whole).unwrap();
        let mut gone = BTreeSet::new();
        if kind == "netbox" {
            let of = |object: &Value| (object["model"].as_str().unwrap().to_owned(), object["pk"].to_string());
            let all = file.as_array().unwrap();
            let devices: Vec<_> = all.iter().map(of).filter(|(model, _)| model == "dcim.device").collect();
            gone.extend(devices.iter().skip(devices.len() / 2).map(|(model, pk)| format!("{model}:{pk}")));
            let stays = |object: &Value| {
                object["model"] != "dcim.device" || !gone.contains(&format!("dcim.device:{}", object["pk"]))
            };
            file = all.iter().filter(|object| stays(object)).cloned().collect();
        } else {
            let cells = file["cellList"].as_array_mut().unwrap();
            let rest = cells.split_off(cells.len() / 2);
            let named = |cells: &[Value]| -> BTreeSet<String> {
                let id = |of: &str, key: &str, cell: &Value| cell["Cell"][key].as_str().map(|id| format!("{of}.{id}"));
                cells.iter().flat_map(|cell| [id("cell", "nodeId", cell), id("pnf", "pnfId", cell)]).flatten().collect()
            };
            gone = named(&rest).difference(&named(cells)).cloned().collect();
        }
        (serde_json::to_vec(&file).unwrap(), gone)
    }

    /// What a source calls the assets that a filter gives, all pages of them.
    async fn called(running: &Suite, organization: &str, filter: &str) -> BTreeSet<String> {
        let token = running.token("ana", &[organization], &["viewer"]).unwrap();
        let mut client = AssetServiceClient::new(running.client(&token).unwrap());
        let (mut found, mut page_token) = (BTreeSet::new(), String::new());
        loop {
            let request = ListAssetsRequest {
                parent: format!("organizations/{organization}"),
                page_size: 500,
                filter: filter.to_owned(),
                page_token,
                ..Default::default()
            };
            let page = client.list_assets(request).await.unwrap().into_inner();
            found.extend(page.assets.into_iter().flat_map(|asset| asset.external_ids).map(|id| id.value));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return found;
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn half_of_a_real_file_as_all_there_is_flags_the_other_half_and_deletes_nothing() {
        let folder = folder("half");
        let running = start(&folder).await;
        for (kind, name) in [
            ("netbox", "netbox-demo-v3.6.json"),
            ("onap", "onap-5gson-ran-cells.json"),
            ("csv", "allegheny-cell-towers.csv"),
        ] {
            let Some(whole) = shared(name) else { continue };
            let (half, gone) = halved(kind, &std::fs::read(&whole).unwrap());
            let path = folder.join(kind);
            std::fs::write(&path, half).unwrap();
            let (whole, path) = (whole.to_str().unwrap(), path.to_str().unwrap());
            counts(&run(&running, kind, &[kind, whole]).await);
            let before = called(&running, kind, "").await;
            assert!(gone.len() > 30 && gone.is_subset(&before), "{kind}: {gone:?}");

            let flagged = format!("unlisted_by:\"{kind}\"");
            let cut = counts(&run(&running, kind, &[kind, path, "--full"]).await);
            assert_eq!((&cut["unlisted"], &cut["unchanged"]), (&json!(gone.len()), &cut["read"]), "{kind}: {cut}");
            assert_eq!(called(&running, kind, &flagged).await, gone, "{kind}");
            assert_eq!(called(&running, kind, "").await, before, "{kind}: nothing is deleted");
            let again = counts(&run(&running, kind, &[kind, path, "--full"]).await);
            assert_eq!((&again["unlisted"], &again["updated"]), (&json!(0), &json!(0)), "{kind}: {again}");
            let back = counts(&run(&running, kind, &[kind, whole, "--full"]).await);
            assert_eq!((&back["created"], &back["updated"]), (&json!(0), &json!(gone.len())), "{kind}: {back}");
            assert_eq!(called(&running, kind, &flagged).await, BTreeSet::new(), "{kind}");
        }
        running.stop().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_bad_is_named_and_the_good_ones_land_or_none_with_atomic() {
        let folder = folder("bad");
        let running = start(&folder).await;
        let file = folder.join("graph");
        std::fs::write(
            &file,
            GRAPH.replace("<node id=\"y\"/>", "<node id=\"y\"/>\n<edge source=\"x\" target=\"ghost\"/>"),
        )
        .unwrap();
        let path = file.to_str().unwrap();
        let refused = run(&running, "acme", &["graphml", path, "--atomic"]).await;
        assert!(!refused.status.success());
        let heard = String::from_utf8(refused.stderr).unwrap();
        assert!(heard.contains("rejected line 3 column 1: the edge joins the node `ghost`"), "{heard}");
        let taken = run(&running, "acme", &["graphml", path]).await;
        let counts = counts(&taken);
        assert_eq!((created(&counts), &counts["rejected"]), ([1, 2, 1], &json!(1)), "the atomic import left nothing");

        std::fs::write(&file, "{\"cellList\": [{\"Cell\": {\"nodeId\": \"a\"}},\n {\"Cell\": ").unwrap();
        let cut = run(&running, "acme", &["onap", path]).await;
        let heard = String::from_utf8(cut.stderr).unwrap();
        assert!(!cut.status.success() && heard.contains("line 2") && heard.contains("cut off"), "{heard}");

        let unknown = run(&running, "acme", &["spreadsheet", path]).await;
        let heard = String::from_utf8(unknown.stderr).unwrap();
        for kind in ["netbox", "tmf639", "ietf", "teiv", "onap", "graphml", "csv"] {
            assert!(heard.contains(kind), "{kind}: {heard}");
        }
        running.stop().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
