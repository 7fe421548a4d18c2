//! `telwarden risk import`: what others publish or found, from files into the suite.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::threats;
use crate::client::{Connection, Output};

/// How many bytes a file may have, packed or not.
const MOST_BYTES: u64 = 256 << 20;

/// What to import.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// What the file is.
    #[arg(value_enum)]
    pub format: ImportFormat,
    /// The file, packed by gzip or not; `-` for stdin.
    pub file: PathBuf,
    /// Whose.
    #[arg(long)]
    pub organization: String,
    /// The id of the catalogue of threats to bring to the file's edition, or to make; made of what the file says of itself where left out.
    #[arg(long)]
    pub catalogue: Option<String>,
    /// The edition of the catalogue, where the file does not say it or says it otherwise.
    #[arg(long)]
    pub edition: Option<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ImportFormat {
    /// Threats: MITRE FiGHT, YAML.
    Fight,
    /// Threats: a bundle of STIX 2, as ATT&CK is published.
    Stix,
    /// Threats: a cluster of a MISP galaxy, as GSMA MoTIF, Bhadra and CMTMF come.
    Motif,
}

/// What became of what a file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many things it holds.
    pub read: u64,
    /// New.
    pub created: u64,
    /// Known and different.
    pub updated: u64,
    /// Known and the same.
    pub unchanged: u64,
    /// Not taken.
    pub rejected: u64,
}

impl Counts {
    /// The last line of what is printed for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        })
    }
}

/// Imports a file.
///
/// # Errors
/// A file that cannot be read, what the suite answers, explained.
pub async fn run(connection: &Connection, import: &Import) -> Result<()> {
    let bytes = read(&import.file)?;
    let kind = match import.format {
        ImportFormat::Fight => intake::threats::Format::Fight,
        ImportFormat::Stix => intake::threats::Format::Stix,
        ImportFormat::Motif => intake::threats::Format::Galaxy,
    };
    let into = threats::Into {
        organization: &import.organization,
        catalogue: import.catalogue.as_deref(),
        edition: import.edition.as_deref(),
    };
    let counts = threats::import(connection, kind, &bytes, &into).await?;
    match connection.output {
        Output::Json => println!("{}", counts.json()),
        Output::Table => println!(
            "{} read: {} new, {} changed, {} the same, {} rejected",
            counts.read, counts.created, counts.updated, counts.unchanged, counts.rejected
        ),
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut take = |source: &mut dyn std::io::Read| source.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    if file == Path::new("-") {
        take(&mut std::io::stdin().lock()).context("stdin cannot be read")?;
    } else {
        let mut opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        take(&mut opened).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{} has more than {MOST_BYTES} bytes, which is what a file may have: split it", file.display());
    }
    Ok(bytes)
}
