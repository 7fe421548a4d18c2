//! The program itself: built once, started as processes that do not outlive the test that started them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The program under test, built beside this test.
pub(crate) fn program() -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
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
    });
    BUILT.clone()
}

/// A process that serves. Dropping it kills it, as `kill -9` does.
pub(crate) struct Serving {
    child: Child,
    /// The line of JSON by which it said that it serves.
    ready: Value,
}

impl Serving {
    /// Starts the program and waits until it serves.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut serving = Self { child, ready: Value::Null };
        let mut line = String::new();
        BufReader::new(serving.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        serving.ready = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{command:?} said {line:?}, not that it is ready: {error}"));
        assert_eq!(serving.ready["ready"], true);
        serving
    }

    /// Where `name` answers.
    pub(crate) fn url(&self, name: &str) -> String {
        self.ready[name].as_str().unwrap().to_owned()
    }

    /// Kills it at once and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as an operator does, and waits until it has.
    pub(crate) fn end(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success(), "it ends well when asked to");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of the embedded default for organization `acme`.
pub(crate) fn token(data: &Path, role: &str) -> String {
    minted(data, &["--organization", "acme", "--role", role])
}

/// A token of the embedded default, as the command line mints it.
pub(crate) fn minted(data: &Path, of: &[&str]) -> String {
    let made = Command::new(program()).arg("token").args(of).arg("--data").arg(data).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}
