//! `telwarden incidents import`: what other registers and networks tell, brought in.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::{exchange, signals};
use crate::client::Connection;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Incidents: VERIS 1.3, one JSON object a line, or a list of them.
    Veris,
    /// Signals: alarms as TMF642 has them (JSON), or a table of them (CSV); told apart by the first byte.
    Alarms,
    /// Signals: events of VES 7, JSON.
    Ves,
}

/// What to bring in.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// What the file is.
    pub format: Format,
    /// The file; of signals, packed by gzip or not, `-` for stdin.
    pub file: PathBuf,
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// Of signals: which system says it, such as `nms-north`. Alarms of TMF642 that name their system keep to that; events of VES are said by
    /// their reporting entity where this is left out.
    #[arg(long, default_value = "")]
    pub source: String,
    /// Of a table: a column map (see docs/signals.md).
    #[arg(long)]
    pub map: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub(super) async fn run(connection: &Connection, which: &Import) -> Result<()> {
    let Import { format, file, organization, source, map } = which;
    if *format == Format::Veris {
        ensure!(source.is_empty() && map.is_none(), "--source and --map are for signals: leave them out");
        return exchange::import(connection, organization, file).await;
    }
    signals::import(connection, which).await
}
