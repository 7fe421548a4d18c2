//! `telwarden import KIND FILE`, as an operator types it: every kind of file, twice.

#[cfg(test)]
mod import {
    use std::path::{Path, PathBuf};
    use std::process::Output;

    use serde_json::{Value, json};
    use telwarden::suite::{self, Options, Suite};

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
        let root = std::env::var_os("TELWARDEN_DATA")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
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
            let file = root.join("inventory").join(name);
            if !file.exists() {
                println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
                continue;
            }
            let found = twice(&running, &format!("org{number}"), &[kind, file.to_str().unwrap()]).await;
            assert_eq!(found, expected, "{name}");
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
