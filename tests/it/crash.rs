//! kill -9 during an import: nothing acknowledged is lost, nothing doubled, the ledger holds, a watcher misses nothing.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The program under test, built beside this test.
pub(crate) fn program() -> std::path::PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let program = path.join("telwarden");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "telwarden", "--bin", "telwarden"])
        .status()
        .unwrap();
    assert!(built.success() && program.exists(), "the program is built at {}", program.display());
    program
}

fn up(program: &Path, data: &Path) -> (Child, String) {
    let mut child = Command::new(program)
        .args(["up", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).expect("one line of JSON when all serve");
    assert_eq!(ready["ready"], true);
    (child, ready["gateway"].as_str().unwrap().to_owned())
}

fn telwarden(program: &Path, gateway: &str, token: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).args(["--gateway", gateway, "--output", "json"]).env("TELWARDEN_TOKEN", token);
    command
}

fn import(program: &Path, gateway: &str, token: &str, file: &Path) -> Command {
    telwarden(program, gateway, token, &["import", "tmf639", file.to_str().unwrap(), "--organization", "acme"])
}

/// Sequences a watcher sees after a cursor, up to the newest, and its last cursor.
fn watch(program: &Path, gateway: &str, token: &str, cursor: &str) -> (Vec<i64>, String) {
    let mut command = telwarden(program, gateway, token, &["watch", "--organization", "acme", "--cursor", cursor]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut sequences, mut last) = (Vec::new(), cursor.to_owned());
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        last = line["cursor"].as_str().unwrap().to_owned();
        sequences.extend(
            line["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| change["sequence"].as_str().unwrap().parse::<i64>().unwrap()),
        );
        if line["heartbeat"] == true {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    (sequences, last)
}

fn ledger_holds(program: &Path, data: &Path) -> Value {
    let verified =
        Command::new(program).args(["ledger", "verify", "--output", "json", "--data"]).arg(data).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    serde_json::from_slice(&verified.stdout).unwrap()
}

#[test]
fn killed_during_an_import_and_started_again() {
    let program = program();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("estate.json");
    let written =
        sample::write_tmf639(sample::Settings { seed: 9, scale: 1.0 }, &mut std::fs::File::create(&file).unwrap())
            .unwrap();

    let (mut server, gateway) = up(&program, &data);
    let token = Command::new(&program)
        .args(["token", "--organization", "acme", "--role", "administrator", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
    let mut running =
        import(&program, &gateway, &token, &file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Kill as soon as something has been committed, so that the import is surely under way.
    let (seen, cursor) = loop {
        let (seen, cursor) = watch(&program, &gateway, &token, "");
        if !seen.is_empty() {
            break (seen, cursor);
        }
    };
    server.kill().unwrap();
    server.wait().unwrap();
    running.wait().unwrap();
    ledger_holds(&program, &data);

    let (mut server, gateway) = up(&program, &data);
    let output = import(&program, &gateway, &token, &file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(counts["rejected"], 0);
    assert_eq!(counts["by_kind"]["asset"]["read"], written.assets);
    let second = import(&program, &gateway, &token, &file).output().unwrap();
    let second: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(second["unchanged"], second["read"], "{second}");

    let (rest, _) = watch(&program, &gateway, &token, &cursor);
    server.kill().unwrap();
    server.wait().unwrap();
    let verified = ledger_holds(&program, &data);
    assert_eq!(verified["rows"]["asset"], written.assets, "no loss, no duplicate");
    let all: Vec<i64> = seen.into_iter().chain(rest).collect();
    let once: BTreeSet<i64> = all.iter().copied().collect();
    assert_eq!(all.len(), once.len(), "every change once");
    assert_eq!(i64::try_from(all.len()).unwrap(), verified["entries"].as_i64().unwrap(), "every change");
}
