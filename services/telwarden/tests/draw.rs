//! `telwarden assets tree` and `telwarden assets picture`, as an operator types them.

#[cfg(test)]
mod draw {
    use std::process::Output;

    use quick_xml::events::Event;
    use serde_json::Value;
    use telwarden::suite::{self, Options, Suite};
    use wire::assets::v1::asset_service_client::AssetServiceClient;
    use wire::assets::v1::dependency_service_client::DependencyServiceClient;
    use wire::assets::v1::{Asset, CreateAssetRequest, CreateDependencyRequest, Dependency};

    /// A name that breaks what is not escaped, and holds what XML cannot.
    const HOSTILE: &str = "<b>\"R&D\" 'core' ]]></title><script>\u{fffe}";

    async fn start(folder: &std::path::Path) -> Suite {
        let listen = "127.0.0.1:0".parse().unwrap();
        let gateway = gateway::Settings::default();
        suite::start(Options { data: folder.join("data"), listen, postgres: None, gateway, tls: None }).await.unwrap()
    }

    async fn run(running: &Suite, arguments: &[&str]) -> Output {
        let token = running.token("eva", &["acme"], &["viewer"]).unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_telwarden"));
        command.args(arguments).args(["--organization", "acme"]);
        command.env("TELWARDEN_GATEWAY", running.url()).env("TELWARDEN_TOKEN", token);
        command.output().await.unwrap()
    }

    fn text(output: &Output) -> String {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout.clone()).unwrap()
    }

    /// `core` with a circle to `agg`, on `power`, and `leaves` that depend on it.
    async fn estate(running: &Suite, leaves: usize) {
        let token = running.token("ana", &["acme"], &["asset-manager"]).unwrap();
        let mut assets = AssetServiceClient::new(running.client(&token).unwrap());
        let mut dependencies = DependencyServiceClient::new(running.client(&token).unwrap());
        let parent = || "organizations/acme".to_owned();
        let named = |id: &str| format!("organizations/acme/assets/{id}");
        let leaves: Vec<String> = (0..leaves).map(|n| format!("leaf{n:02}")).collect();
        for id in ["core", "agg", "power"].into_iter().chain(leaves.iter().map(String::as_str)) {
            let display_name = if id == "core" { HOSTILE.to_owned() } else { format!("The {id}") };
            let asset = Asset {
                display_name,
                r#type: "router".to_owned(),
                confidentiality: 1,
                integrity: 2,
                availability: 3,
                ..Default::default()
            };
            let request = CreateAssetRequest { parent: parent(), asset_id: id.to_owned(), asset: Some(asset) };
            assets.create_asset(request).await.unwrap();
        }
        let edges = [("core", "agg"), ("agg", "core"), ("core", "power"), ("agg", "power")];
        for (dependent, supporting) in edges.into_iter().chain(leaves.iter().map(|leaf| (leaf.as_str(), "core"))) {
            let dependency =
                Dependency { dependent: named(dependent), supporting: named(supporting), ..Default::default() };
            let request = CreateDependencyRequest {
                parent: parent(),
                dependency: Some(dependency),
                allow_cycle: true,
                ..Default::default()
            };
            dependencies.create_dependency(request).await.unwrap();
        }
    }

    /// The texts and the names of the elements of a document that must be well-formed.
    fn read(svg: &str) -> (Vec<String>, Vec<String>) {
        let allowed = |c: char| (!c.is_control() && c != '\u{fffe}') || matches!(c, '\t' | '\n' | '\r');
        assert!(svg.chars().all(allowed), "a character that XML cannot hold");
        let mut reader = quick_xml::Reader::from_str(svg);
        let (mut texts, mut elements, mut open, mut text) = (Vec::new(), Vec::new(), 0, String::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(element) => {
                    for attribute in element.attributes() {
                        attribute.unwrap();
                    }
                    elements.push(element.name().as_ref().to_owned());
                    open += 1;
                    text.clear();
                }
                Event::Text(part) => text.push_str(&part),
                Event::GeneralRef(part) => {
                    let name: &str = &part;
                    text.push_str(match name {
                        "amp" => "&",
                        "lt" => "<",
                        "gt" => ">",
                        "quot" => "\"",
                        "#39" => "'",
                        other => panic!("&{other};"),
                    });
                }
                Event::End(_) => {
                    open -= 1;
                    texts.push(std::mem::take(&mut text));
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(open, 0);
        (texts, elements)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_estate_with_a_circle_and_a_hostile_name_is_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let running = start(folder.path()).await;
        estate(&running, 20).await;

        let tree = text(&run(&running, &["assets", "tree", "core", "--down"]).await);
        assert!(tree.contains("├─ uses: agg The agg (router)"), "{tree}");
        assert!(tree.contains("↺ (circle)"), "{tree}");
        assert_eq!(tree.matches("power The power (router)").count(), 1, "{tree}");
        assert!(tree.contains("power The power  … (drawn elsewhere)"), "{tree}");
        assert!(!tree.contains("leaf"), "{tree}");
        let both = text(&run(&running, &["assets", "tree", "power"]).await);
        assert!(both.contains("What depends on it (22 assets") && both.contains("it depends on nothing"), "{both}");

        let json = text(&run(&running, &["--output", "json", "assets", "tree", "core", "--up", "--most", "5"]).await);
        let tree: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&tree["displayName"], &tree["dependentsTotal"], &tree["dependentsLeftOut"]),
            (&HOSTILE.into(), &21.into(), &17.into())
        );
        assert_eq!(tree["dependents"].as_array().unwrap().len(), 4);

        let picture = run(&running, &["assets", "picture", "core", "--most", "12"]).await;
        let told = String::from_utf8_lossy(&picture.stderr).into_owned();
        assert!(told.contains("11 of 23 assets are left out"), "{told}");
        let (texts, elements) = read(&text(&picture));
        assert!(elements.iter().all(|element| element != "script"));
        let shown = HOSTILE.replace('\u{fffe}', "\u{fffd}");
        assert!(
            texts.iter().any(|text| text.starts_with(&format!("{shown}\ncore\nrouter (core-network-element)"))),
            "{texts:?}"
        );
        assert!(texts.iter().any(|text| text.contains("11 of 23 assets are left out")), "{texts:?}");
        assert_eq!(
            texts.iter().filter(|text| text.contains("\nhere: depends on ")).count(),
            12,
            "one tooltip for each asset"
        );
        assert!(texts.iter().any(|text| text.starts_with("The leaf00 uses <b>")), "{texts:?}");

        let nothing = run(&running, &["assets", "picture", "nowhere"]).await;
        assert!(!nothing.status.success() && nothing.stdout.is_empty());
        assert!(String::from_utf8_lossy(&nothing.stderr).contains("RESOURCE_NOT_FOUND"));
        running.stop().await.unwrap();
    }
}
