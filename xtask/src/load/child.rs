//! Programs under measurement, each in a process of its own that ends with ours.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A program that serves; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    /// Its URL.
    pub(crate) url: String,
    /// From the start of the process to its saying that it is ready.
    pub(crate) ready_after: Duration,
}

impl Serving {
    /// Starts a program and waits for its line `{"ready":true,"gateway":"http://…"}`.
    pub(crate) fn start(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Result<Self> {
        let mut said = tempfile::tempfile()?;
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::piped()).stderr(said.try_clone()?);
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            // Every such variable is a setting, and settings of a development environment are not what is measured.
            if name_text.starts_with("TELWARDEN_") || name_text.starts_with("OTEL_") {
                command.env_remove(&name);
            }
        }
        let begin = Instant::now();
        let child = command.spawn().with_context(|| format!("{command:?} cannot be run"))?;
        let mut serving = Self { child, url: String::new(), ready_after: Duration::ZERO };
        let mut line = String::new();
        let stdout = serving.child.stdout.take().context("a child without stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        serving.ready_after = begin.elapsed();
        let ready: Option<serde_json::Value> = serde_json::from_str(&line).ok();
        let Some(url) = ready.as_ref().and_then(|ready| ready.get("gateway")).and_then(|url| url.as_str()) else {
            let mut why = String::new();
            said.rewind()?;
            said.read_to_string(&mut why)?;
            bail!("{command:?} did not become ready: {line}{why}");
        };
        url.clone_into(&mut serving.url);
        Ok(serving)
    }

    /// What the process keeps in memory, in bytes; none where the system does not say.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that a process and the children it has now have taken; none where the system does not say.
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    let mut spent = Duration::ZERO;
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    for process in std::iter::once(process).chain(children) {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name, in parentheses, may hold anything; utime and stime are the 12th and 13th after it, in hundredths.
        let (_, fields) = stat.rsplit_once(") ")?;
        let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        spent += Duration::from_millis(ticks * 10);
    }
    Some(spent)
}

/// Says where a program of ours serves, in the words of `telwarden up`.
pub(crate) fn say_ready(address: SocketAddr) {
    println!("{}", serde_json::json!({"ready": true, "gateway": format!("http://{address}")}));
}
