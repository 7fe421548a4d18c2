//! Everything about the repository that takes more than one command: `cargo xtask --help`.

mod load;
mod postgres;
mod protos;

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
    /// Measures speed beside its limit and prints one table for each database.
    Load {
        /// A small run: seconds instead of minutes.
        #[arg(long)]
        quick: bool,
        /// Also on PostgreSQL.
        #[arg(long)]
        postgres: bool,
    },
    /// What CI runs beside tests: formatting, clippy, docs.
    Check,
}

fn main() -> Result<()> {
    match Task::parse() {
        Task::Test { rest } => test(&rest),
        Task::Protos => protos::check(),
        Task::Load { quick, postgres } => measure(quick, postgres),
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
    let server = postgres::Server::start()?;
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

fn measure(quick: bool, postgres: bool) -> Result<()> {
    if cfg!(debug_assertions) {
        // Callers that are slow themselves would measure themselves.
        let flags = [quick.then_some("--quick"), postgres.then_some("--postgres")].into_iter().flatten();
        return run(cargo().args(["run", "--quiet", "--release", "--package", "xtask", "--", "load"]).args(flags));
    }
    run(cargo().args(["build", "--release", "--package", "telwarden"]))?;
    let (seconds, assets) = if quick { (3, 5_000) } else { (10, 100_000) };
    let size = load::Size { period: std::time::Duration::from_secs(seconds), assets };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(load::run(None, size))?;
    if postgres {
        let server = postgres::Server::start()?;
        runtime.block_on(load::run(Some(&server.url()), size))?;
    }
    Ok(())
}

fn check() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}
