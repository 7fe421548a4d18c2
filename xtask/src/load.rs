//! The suite beside what the same machine could do at best, in the same run: `cargo xtask load`.
//!
//! Ours and the limit are measured in turn, several times, and the table shows medians with the least and the most beside
//! them. The limit of a write is a bare program that commits the very rows the suite committed ([`replay`]); the limit of
//! a read is a bare tonic server that returns the same message ([`bare`]); the limit of the gateway is nginx ([`front`]).
//! No figure is asserted: the table says what was measured on this machine, now.

pub(crate) mod bare;
mod calls;
mod child;
mod coverage;
mod front;
mod home;
mod import;
mod obligations;
mod replay;
mod risk;
mod scale;
mod signals;
mod table;
mod works;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use home::Home;
use table::Line;

use crate::{cargo, postgres, run};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Load {
    /// A small run: three samples of a second for each rate, a small import.
    #[arg(long)]
    quick: bool,
    /// The size of the imported operator: 1 is about 2,000 assets. 50 where left out, 2 with `--quick`.
    #[arg(long)]
    scale: Option<f64>,
    /// Only this row; several times for several.
    #[arg(long, value_enum)]
    only: Vec<Work>,
    /// Also on PostgreSQL: on this server, whose user may create databases, or on one started for the run.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    postgres: Option<String>,
}

/// A row of the table, or rows that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// `CreateAsset` through the gateway.
    Create,
    /// The import of an operator through the gateway.
    Import,
    /// `GetAsset` through the gateway.
    Get,
    /// The gateway alone.
    Gateway,
    /// Memory of the whole suite, idle.
    Memory,
    /// `telwarden up` to ready.
    Ready,
    /// The register of a large operator: only where asked for by name.
    Estate,
    /// What follows along dependencies, as with the large operator but in a register of its own: only where asked for by name.
    Graph,
    /// The coverage report over many implementations: only where asked for by name.
    Coverage,
    /// The register of risks: only where asked for by name.
    Risk,
    /// Signals, a storm of them, and the suite killed while they come: only where asked for by name.
    Signals,
    /// What is due among many obligations: only where asked for by name.
    Obligations,
}

impl Load {
    fn wants(&self, work: Work) -> bool {
        self.only.is_empty() || self.only.contains(&work)
    }

    /// Samples of ours and of the limit.
    fn samples(&self) -> u32 {
        3
    }

    /// How long one sample of a rate takes.
    fn time(&self) -> Duration {
        Duration::from_secs(if self.quick { 1 } else { 10 })
    }

    fn is_quick(&self) -> bool {
        self.quick
    }

    fn scale(&self) -> f64 {
        self.scale.unwrap_or(if self.quick { 2.0 } else { 50.0 })
    }
}

/// Measures, and prints the table.
pub(crate) fn load(options: &Load) -> Result<()> {
    if cfg!(debug_assertions) {
        // The bare programs are in this one: they are built as the suite is, or the comparison would flatter us.
        let mut command = cargo();
        command.args(["run", "--quiet", "--release", "--package", "xtask", "--"]).args(std::env::args_os().skip(1));
        return run(&mut command);
    }
    run(cargo().args(["build", "--release", "--package", "telwarden", "--bin", "telwarden"]))?;
    let program = std::env::current_exe()?.with_file_name("telwarden");
    let disk = synced_write()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let lines = runtime.block_on(async {
        tokio::select! {
            lines = measure(options, &program) => lines,
            // Everything we started ends as its owner is dropped.
            () = told_to_stop() => bail!("interrupted"),
        }
    })?;
    table::print(&lines);
    println!(
        "\nA synced write of 4 KiB takes {} us in {} (TMPDIR), where the databases were.",
        disk.as_micros(),
        std::env::temp_dir().display()
    );
    if disk < Duration::from_micros(20) {
        println!(
            "That is no disk: what was measured of durable writes there is worth nothing. Set TMPDIR to a folder on one."
        );
    }
    Ok(())
}

/// Ends when somebody, or the system, wants this program to end.
async fn told_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = tokio::signal::ctrl_c() => return,
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn measure(options: &Load, program: &Path) -> Result<Vec<Line>> {
    let mut lines = on(options, Home::embedded(program)).await?;
    if let Some(url) = &options.postgres {
        let server = if url.is_empty() { Some(postgres::Server::start(postgres::Durability::Full)?) } else { None };
        let url = server.as_ref().map_or_else(|| url.clone(), postgres::Server::url);
        lines.extend(on(options, Home::server(program, &url).await?).await?);
    }
    if options.wants(Work::Gateway) {
        lines.extend(works::gateway(options, program).await?);
    }
    Ok(lines)
}

async fn on(options: &Load, home: Home) -> Result<Vec<Line>> {
    let lines = rows(options, &home).await;
    home.leave().await?;
    lines
}

async fn rows(options: &Load, home: &Home) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    if options.wants(Work::Create) {
        lines.push(works::create(options, home).await?);
    }
    if options.wants(Work::Import) {
        lines.push(works::import(options, home).await?);
    }
    if options.wants(Work::Get) {
        lines.push(works::get(options, home).await?);
    }
    if options.only.contains(&Work::Estate) {
        lines.extend(scale::estate(options, home).await?);
    }
    if options.only.contains(&Work::Graph) {
        lines.extend(scale::graph_alone(options, home).await?);
    }
    if options.only.contains(&Work::Coverage) {
        lines.extend(coverage::coverage(options, home).await?);
    }
    if options.only.contains(&Work::Risk) {
        lines.extend(risk::register(options, home).await?);
    }
    if options.only.contains(&Work::Signals) {
        lines.extend(signals::signals(options, home).await?);
    }
    if options.only.contains(&Work::Obligations) {
        lines.push(obligations::deadlines(options, home).await?);
    }
    if options.wants(Work::Memory) || options.wants(Work::Ready) {
        lines.extend(works::idle(options, home).await?);
    }
    Ok(lines)
}

/// Lets the system write what others left to be written, so that no sample pays for the one before it.
fn settle_disk() {
    let _ = Command::new("sync").status();
}

/// How long a small write takes until the disk has it: the median of some.
fn synced_write() -> Result<Duration> {
    let mut file = tempfile::tempfile()?;
    let mut took = Vec::new();
    for _ in 0..101 {
        let begin = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        took.push(begin.elapsed());
    }
    took.sort();
    took.get(took.len() / 2).copied().context("no write")
}
