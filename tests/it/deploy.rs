//! What deploy/ says is what the program does: its commands, its settings, its ports; and the processes it starts do work
//! together.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::program::program;

fn deploy() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy")).to_owned()
}

/// Writes what is generated when asked to, and compares it else.
pub(crate) fn generated(path: &Path, text: &str) {
    if std::env::var_os("TELWARDEN_WRITE").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        held == text,
        "{} is not what the program's settings give: run the test with TELWARDEN_WRITE=1",
        path.display()
    );
}

#[test]
fn every_setting_is_explained_and_the_written_files_are_true() {
    let mut page = String::from(
        "# Settings\n\nWritten by a test from the built-in settings. `telwarden serve SERVICE --config FILE` reads a file that needs only what differs.\n",
    );
    for name in telwarden::serve::names() {
        let defaults = telwarden::serve::defaults(name).unwrap();
        assert_eq!(process::config::undocumented(&defaults), Vec::<String>::new());
        page.push_str(&format!("\n{}", process::config::render_markdown(name, &defaults)));
        generated(&deploy().join(format!("{name}.example.toml")), &process::config::render_example(&defaults));
    }
    generated(&deploy().join("../docs/config.md"), &page);
}

#[test]
fn the_compose_file_runs_commands_ports_and_settings_that_exist() {
    let compose = std::fs::read_to_string(deploy().join("compose.yaml")).unwrap();
    for name in telwarden::serve::names() {
        assert!(
            compose
                .contains(&format!("command: [\"serve\", \"{name}\", \"--config\", \"/etc/telwarden/{name}.toml\"]")),
            "{name}"
        );
        let file = deploy().join(format!("{name}.toml"));
        assert!(compose.contains(&format!("./{name}.toml:/etc/telwarden/{name}.toml:ro")), "{name}");
        let known = process::config::explain(&telwarden::serve::defaults(name).unwrap());
        let text = std::fs::read_to_string(&file).unwrap();
        let mut section = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_owned();
            } else if let Some((key, _)) = line.split_once('=') {
                let key = format!("{section}.{}", key.trim());
                assert!(known.iter().any(|setting| setting.key == key), "{}: no setting {key}", file.display());
            }
        }
    }
    let gateway = std::fs::read_to_string(deploy().join("gateway.toml")).unwrap();
    let databases = std::fs::read_to_string(deploy().join("databases.sql")).unwrap();
    for member in &telwarden::member::MEMBERS {
        let (name, port) = (member.name, member.port);
        let own = std::fs::read_to_string(deploy().join(format!("{name}.toml"))).unwrap();
        assert!(
            gateway.contains(&format!("http://{name}:{port}")) && own.contains(&format!(":{port}")),
            "the gateway asks where {name} listens"
        );
        let database = format!("telwarden_{name}");
        assert!(databases.contains(&database) || compose.contains(&format!("POSTGRES_DB: {database}")), "{database}");
    }
    assert!(compose.contains("8080:8080") && gateway.contains(":8080"));
    let container = std::fs::read_to_string(deploy().join("Containerfile")).unwrap();
    assert!(container.contains("ENTRYPOINT [\"/usr/local/bin/telwarden\"]"));
}

fn start(program: &Path, name: &str, config: &Path) -> (Child, String) {
    let mut child = Command::new(program)
        .args(["serve", name, "--config"])
        .arg(config)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    (child, ready[name].as_str().unwrap().to_owned())
}

/// Two replicas of the registry on one database, and the gateway before them, each a process of its own.
#[test]
fn separate_processes_work_together_and_outlive_the_death_of_a_replica() {
    for postgres in testkit::backends() {
        // An embedded database has one writer process; replicas need a server.
        let Some(server) = postgres else { continue };
        let program = program();
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let store::Location::Url(url) = runtime.block_on(testkit::location(&folder, "assets", Some(&server))) else {
            panic!("a URL")
        };
        let key = access::LocalKey::open(&folder.path().join("keys")).unwrap();
        let trust = format!("[trust]\nkey_set = \"{}\"\n", folder.path().join("keys/key-set.json").display());
        let config_of = |name: &str, database: &str| {
            let config = folder.path().join(format!("{name}.toml"));
            let service = format!("[service]\naddress = \"127.0.0.1:0\"\ndatabase = \"{database}\"\n{trust}");
            std::fs::write(&config, service).unwrap();
            config
        };
        let config = config_of("assets", &url);
        let (mut one, first) = start(&program, "assets", &config);
        let (mut two, second) = start(&program, "assets", &config);
        let embedded = folder.path().join("controls.db");
        let (mut controls, third) = start(&program, "controls", &config_of("controls", embedded.to_str().unwrap()));
        let door = folder.path().join("gateway.toml");
        let upstreams = format!("[upstreams]\nassets = [\"{first}\", \"{second}\"]\ncontrols = [\"{third}\"]\n");
        std::fs::write(&door, format!("[door]\naddress = \"127.0.0.1:0\"\n{upstreams}{trust}")).unwrap();
        let (mut gateway, address) = start(&program, "gateway", &door);

        let now = access::Clock::now(&access::SystemClock);
        let token = key.mint("ana", &["acme"], &["administrator"], now, std::time::Duration::from_secs(600)).unwrap();
        let call = |method: &str, json: &str| {
            let mut command = Command::new(&program);
            command.args(["call", method, json, "--gateway", &address]).env("TELWARDEN_TOKEN", &token).output().unwrap()
        };
        let create =
            r#"{"parent": "organizations/acme", "assetId": "r1", "asset": {"displayName": "R1", "type": "router"}}"#;
        // The gateway connects in the background; the first call may come before any replica is there.
        let made = (0..50).map(|_| call("telwarden.assets.v1.AssetService/CreateAsset", create)).find(|output| {
            output.status.success() || String::from_utf8_lossy(&output.stderr).contains("RESOURCE_EXISTS")
        });
        assert!(made.is_some());
        one.kill().unwrap();
        one.wait().unwrap();
        for _ in 0..10 {
            let got = call("telwarden.assets.v1.AssetService/GetAsset", r#"{"name": "organizations/acme/assets/r1"}"#);
            assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
        }
        for child in [&mut gateway, &mut controls, &mut two] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
