//! Everything about the repository that takes more than one command: `cargo xtask --help`.

mod load;
mod postgres;
mod protos;
mod resource;

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Parser;

/// Everything about the repository that takes more than one command.
#[derive(Debug, Parser)]
enum Task {
    /// Runs every test, on embedded databases and on a PostgreSQL server of its own.
    Test {
        /// Passed on to the test runner.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Checks the proto files: lint, and breaking changes against the branch `main` where it is known.
    Protos,
    /// Writes what is the same for every resource: proto, Rust file, test.
    Resource(resource::NewResource),
    /// Measures the suite beside what the same machine could do at best, in the same run, and prints one table.
    Load(load::Load),
    /// The least that can answer `GetAsset`, for `load`: serves one message.
    #[command(hide = true)]
    BareServer {
        /// The message, encoded.
        message: std::path::PathBuf,
    },
    /// What CI runs beside tests: formatting, clippy, docs.
    Check,
}

fn main() -> Result<()> {
    match Task::parse() {
        Task::Test { rest } => test(&rest),
        Task::Protos => protos::check(),
        Task::Resource(new) => resource::create(&new),
        Task::Load(options) => load::load(&options),
        Task::BareServer { message } => load::bare::serve(&message),
        Task::Check => check(),
    }
}

/// Runs a command; its failure is ours.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("+ {command:?}");
    let status = command.status().with_context(|| format!("{command:?} cannot be run"))?;
    if status.success() { Ok(()) } else { bail!("{command:?} failed: {status}") }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn test(rest: &[String]) -> Result<()> {
    let server = postgres::Server::start(postgres::Durability::Fast)?;
    let nextest = Command::new("cargo-nextest").arg("--version").output().is_ok_and(|output| output.status.success());
    let mut command = cargo();
    if nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--no-fail-fast", "--all-targets"]);
    }
    run(command.args(rest).env("TELWARDEN_TEST_POSTGRES", server.url()))?;
    drop(server);
    Ok(())
}

fn check() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}
