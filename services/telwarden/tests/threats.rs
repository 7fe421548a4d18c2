//! `telwarden risk import FORMAT FILE` of threat catalogues, as an operator types it: every format, twice.

#[cfg(test)]
mod threats {
    use std::path::{Path, PathBuf};
    use std::process::Output;

    use serde_json::{Value, json};
    use telwarden::suite::{self, Options, Suite};

    const FIGHT: &str = "id: Small\nname: Small\ntactics: [{id: TA1, name: First}]\nmitigations: [{id: M1, name: Do it}]\n\
                         techniques:\n- {id: F1, name: One, tactics: [TA1], mitigations: [{fgmid: M1}]}\n- {name: No id}\n";

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
    async fn run(running: &Suite, arguments: &[&str]) -> Output {
        let token = running.token("oss", &["acme"], &["integrator"]).unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_telwarden"));
        command.args(["--output", "json", "risk", "import"]).args(arguments).args(["--organization", "acme"]);
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

    fn counted(read: u32, created: u32, unchanged: u32, rejected: u32) -> Value {
        json!({"read": read, "created": created, "updated": 0, "unchanged": unchanged, "rejected": rejected})
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn catalogues_of_every_format_come_in_and_come_again_without_change() {
        let folder = folder("threats");
        let running = start(&folder).await;
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let reference = json!([{"source_name": "mitre-attack", "external_id": "T1"}]);
        let stix = json!({"type": "bundle", "id": "bundle--1", "objects": [
            {"type": "attack-pattern", "id": "attack-pattern--1", "name": "One", "external_references": reference}]});
        let galaxy = json!({"name": "Small", "type": "small", "version": 1, "values": [
            {"value": "One", "uuid": "1"}, {"value": "Two", "uuid": "2"}]});
        let stix = file("stix.json", &stix.to_string());
        let galaxy = file("galaxy.json", &galaxy.to_string());
        let fight = file("fight.yaml", FIGHT);
        for (arguments, read, rejected) in [
            (vec!["fight", fight.as_str(), "--edition", "7"], 3, 1),
            (vec!["stix", stix.as_str(), "--catalogue", "mobile"], 1, 0),
            (vec!["motif", galaxy.as_str()], 2, 0),
        ] {
            let first = run(&running, &arguments).await;
            assert_eq!(counts(&first), counted(read, read - rejected, 0, rejected), "{arguments:?}");
            let again = run(&running, &arguments).await;
            assert_eq!(counts(&again), counted(read, 0, read - rejected, rejected), "{arguments:?}");
        }
        let said = String::from_utf8(run(&running, &["fight", &fight]).await.stderr).unwrap();
        assert!(
            said.contains("rejected techniques[1]: ") && said.contains("organizations/acme/threatCatalogues/"),
            "{said}"
        );

        let broken = file("broken.yaml", "techniques:\n- id: [\n");
        for (arguments, says) in [
            (vec!["fight", broken.as_str()], "malformed at line "),
            (vec!["stix", galaxy.as_str()], "an object with"),
            (vec!["motif", galaxy.as_str(), "--catalogue", "No Id"], "threat_catalogue_id"),
            (vec!["fight", "/nowhere"], "cannot be read"),
        ] {
            let output = run(&running, &arguments).await;
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && said.contains(says), "{arguments:?}: {said}");
        }
        running.stop().await.unwrap();
        let _ = std::fs::remove_dir_all(&folder);
    }
}
