//! A PostgreSQL server for the time of tests or measurements: found, or installed on Debian and Ubuntu where that is allowed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run;

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing: for tests, whose data need not survive the machine.
    Fast,
    /// The disk, as in production: for measurements.
    Full,
}

/// A server in a folder of its own, gone when dropped.
pub(crate) struct Server {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// Starts a server that listens on loopback only.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let bin = find().map_or_else(install, Ok)?;
        let folder = std::env::temp_dir().join(format!("telwarden-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self { bin, folder, port };
        if is_root()? {
            // PostgreSQL refuses to run as root.
            run(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.data();
        server.tool("initdb", &["-D", &data, "-U", "telwarden", "--auth=trust", "-E", "UTF8"])?;
        let durable = match durability {
            // Tests make many small databases.
            Durability::Fast => "-c fsync=off",
            Durability::Full => "-c fsync=on -c synchronous_commit=on -c full_page_writes=on",
        };
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {durable} -c max_connections=600"
        );
        let log = server.folder.join("log").display().to_string();
        server.tool("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"])?;
        Ok(server)
    }

    /// Where tests reach it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://telwarden@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let program = self.bin.join(name);
        let mut command = if is_root()? {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        run(command.args(arguments).current_dir(&self.folder).stdout(std::process::Stdio::null()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self.tool("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("`id` cannot be run")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// The folder with `initdb` and `pg_ctl`: on the path, or where Debian and others keep it; the newest of several.
fn find() -> Option<PathBuf> {
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut kept: Vec<PathBuf> = ["/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    kept.sort();
    let whole = |folder: &PathBuf| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    kept.into_iter().rev().chain(on_path).find(whole)
}

fn install() -> Result<PathBuf> {
    if !(Path::new("/usr/bin/apt-get").exists() && is_root()?) {
        bail!(
            "the tests need PostgreSQL (initdb and pg_ctl) and found none: install it (Debian and Ubuntu: `apt-get install postgresql`), \
             or run `cargo test --workspace`, which says that it skips PostgreSQL"
        );
    }
    run(Command::new("apt-get").args(["update", "-q"]))?;
    run(Command::new("apt-get")
        .args(["install", "-q", "-y", "--no-install-recommends", "postgresql"])
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    find().context("PostgreSQL was installed, but its programs are not where they were expected")
}
