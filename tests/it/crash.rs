//! kill -9 during an import: nothing acknowledged is lost, nothing doubled, the ledger holds, a watcher misses nothing.

mod signals;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures::StreamExt as _;
use serde_json::Value;
use telwarden::client::{Connection, Output};
use tempfile::TempDir;
use wire::changes::v1::WatchChangesRequest;
use wire::changes::v1::change_service_client::ChangeServiceClient;

use crate::program::{Serving, program, token};

/// The suite on databases of its own, which is started, killed and started again.
struct Estate {
    folder: TempDir,
    postgres: Option<String>,
}

impl Estate {
    async fn new(server: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match testkit::location(&folder, "unused", server).await {
            store::Location::Url(url) => Some(url),
            store::Location::File(_) => None,
        };
        Self { folder, postgres }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Says to a command where the data are.
    fn at<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.arg("--data").arg(self.data());
        if let Some(url) = &self.postgres {
            command.args(["--postgres", url]);
        }
        command
    }

    fn up(&self) -> Serving {
        let mut command = Command::new(program());
        command.args(["up", "--listen", "127.0.0.1:0"]).stderr(Stdio::null());
        Serving::start(self.at(&mut command))
    }

    /// What `ledger verify` found, offline.
    fn ledger_holds(&self) -> Value {
        self.ledger_holds_of("assets")
    }

    /// As [`Estate::ledger_holds`], of another service.
    fn ledger_holds_of(&self, service: &str) -> Value {
        let mut command = Command::new(program());
        let arguments = ["ledger", "verify", "--service", service, "--output", "json"];
        let verified = self.at(command.args(arguments)).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        serde_json::from_slice(&verified.stdout).unwrap()
    }
}

/// A caller of the gateway.
struct Caller {
    gateway: String,
    token: String,
}

impl Caller {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).args(["--gateway", &self.gateway, "--output", "json"]);
        command.env("TELWARDEN_TOKEN", &self.token);
        command
    }

    fn import(&self, file: &Path) -> Command {
        self.command(&["import", "tmf639", file.to_str().unwrap(), "--organization", "acme"])
    }

    /// The same, from where the token of a cut import says.
    fn resume(&self, file: &Path, token: &str) -> Command {
        let mut command = self.import(file);
        command.args(["--resume", token]);
        command
    }

    fn imported(mut command: Command) -> Value {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Goes on watching: adds what is seen until there are `wanted` changes in all or the feed is quiet.
    async fn watch(&self, seen: &mut Watched, wanted: usize) {
        let connection = Connection::new(self.gateway.clone(), self.token.clone(), Output::Json);
        let mut client = ChangeServiceClient::new(connection.open().await.unwrap());
        let request = WatchChangesRequest {
            parent: "organizations/acme".to_owned(),
            cursor: seen.cursor.clone(),
            ..Default::default()
        };
        let mut feed = client.watch_changes(request).await.unwrap().into_inner();
        while let Some(response) = feed.next().await {
            let response = response.unwrap();
            seen.cursor = response.cursor;
            seen.sequences.extend(response.changes.iter().map(|change| change.sequence));
            if response.heartbeat || seen.sequences.len() >= wanted {
                return;
            }
        }
    }
}

/// What a watcher has seen, and where it would go on.
#[derive(Default)]
struct Watched {
    sequences: Vec<i64>,
    cursor: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_an_import_and_started_again() {
    for server in testkit::backends() {
        let estate = Estate::new(server.as_deref()).await;
        killed_and_started_again(&estate).await;
    }
}

async fn killed_and_started_again(estate: &Estate) {
    let file = estate.folder.path().join("estate.json");
    let settings = sample::Settings { seed: 9, scale: 0.5 };
    let written = sample::write_tmf639(settings, &mut std::fs::File::create(&file).unwrap()).unwrap();
    let token = token(&estate.data(), "administrator");
    let start = || {
        let server = estate.up();
        let caller = Caller { gateway: server.url("gateway"), token: token.clone() };
        (server, caller)
    };

    let mut seen = Watched::default();
    let mut entries = 0;
    let mut resume = String::new();
    // Killed when the first batch has been committed, and again in the middle of what was left to do.
    for wanted in [2, 2000] {
        let (server, caller) = start();
        let mut import = if resume.is_empty() { caller.import(&file) } else { caller.resume(&file, &resume) };
        let running = import.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while seen.sequences.len() < wanted {
            caller.watch(&mut seen, wanted).await;
        }
        server.kill();
        let cut = running.wait_with_output().unwrap();
        let said = String::from_utf8(cut.stderr).unwrap();
        assert!(!cut.status.success(), "the import was under way when the server was killed");
        if let Some(token) = said.lines().find_map(|line| line.strip_prefix("go on with: --resume ")) {
            resume = token.to_owned();
        }
        let held = estate.ledger_holds()["entries"].as_u64().unwrap();
        assert!(held > entries && held >= seen.sequences.len() as u64, "what a watcher saw stays: {held}");
        entries = held;
    }

    let (server, caller) = start();
    // The token is of the last batch that the caller heard of: what lies before it is not sent through the register again.
    assert!(!resume.is_empty(), "an import that is cut says how to go on");
    let counts = Caller::imported(caller.resume(&file, &resume));
    let number = |of: &str| counts[of].as_u64().unwrap();
    assert_eq!((number("rejected"), number("updated")), (0, 0), "{counts}");
    assert!(number("skipped") > 0 && number("created") > 0, "something was done, something was left: {counts}");
    assert_eq!(number("read"), number("skipped") + number("created") + number("unchanged"), "{counts}");
    let second = Caller::imported(caller.import(&file));
    assert_eq!(second["unchanged"], second["read"], "{second}");
    assert_eq!((&second["read"], &second["by_kind"]["asset"]["read"]), (&counts["read"], &Value::from(written.assets)));
    server.kill();
    let verified = estate.ledger_holds();
    assert_eq!(verified["rows"]["asset"], written.assets, "no loss, no duplicate");

    // The watcher comes back after all of it, with the cursor it had when the server died the last time.
    let (server, caller) = start();
    caller.watch(&mut seen, usize::MAX).await;
    server.kill();
    let once: BTreeSet<i64> = seen.sequences.iter().copied().collect();
    assert!(seen.sequences.is_sorted(), "every change in order");
    assert_eq!(seen.sequences.len(), once.len(), "every change once");
    assert_eq!(seen.sequences.len() as u64, verified["entries"].as_u64().unwrap(), "every change");
}
