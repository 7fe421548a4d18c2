//! `telwarden risk import`: what others publish or found, from files into the suite.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::{exposures, threats, vulnerabilities};
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
    /// Of EPSS: keep probabilities of vulnerabilities that are not known here too.
    #[arg(long)]
    pub create_missing: bool,
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
    /// Vulnerabilities: CVE records, JSON 5: one, a list, or one a line.
    Cve,
    /// Vulnerabilities: CISA's list of known exploited ones.
    Kev,
    /// Vulnerabilities: the list of the EU's CSIRTs network.
    Eukev,
    /// Probabilities that vulnerabilities are exploited: EPSS, CSV.
    Epss,
    /// Advisories: CSAF 2.0, a document or an archive of them.
    Csaf,
    /// Exposures: what nmap found, XML (`-oX`).
    Nmap,
    /// Exposures: ports, names of the DNS and certificates, one JSON object a line.
    Jsonl,
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
    let counts = take(connection, import).await?;
    match connection.output {
        Output::Json => println!("{}", counts.json()),
        Output::Table => println!(
            "{} read: {} new, {} changed, {} the same, {} rejected",
            counts.read, counts.created, counts.updated, counts.unchanged, counts.rejected
        ),
    }
    Ok(())
}

/// Imports a file, and gives what became of it.
///
/// # Errors
/// As [`run`].
pub async fn take(connection: &Connection, import: &Import) -> Result<Counts> {
    use vulnerabilities::Kind;
    match import.format {
        ImportFormat::Fight => threats(connection, import, intake::threats::Format::Fight).await,
        ImportFormat::Stix => threats(connection, import, intake::threats::Format::Stix).await,
        ImportFormat::Motif => threats(connection, import, intake::threats::Format::Galaxy).await,
        ImportFormat::Cve => vulnerabilities::import(connection, import, Kind::Cve).await,
        ImportFormat::Kev => vulnerabilities::import(connection, import, Kind::Kev).await,
        ImportFormat::Eukev => vulnerabilities::import(connection, import, Kind::EuKev).await,
        ImportFormat::Epss => vulnerabilities::import(connection, import, Kind::Epss).await,
        ImportFormat::Csaf => vulnerabilities::import(connection, import, Kind::Csaf).await,
        ImportFormat::Nmap => scan(connection, import, intake::scans::Format::Nmap).await,
        ImportFormat::Jsonl => scan(connection, import, intake::scans::Format::JsonLines).await,
    }
}

async fn threats(connection: &Connection, import: &Import, format: intake::threats::Format) -> Result<Counts> {
    let bytes = read(&import.file)?;
    let into = threats::Into {
        organization: &import.organization,
        catalogue: import.catalogue.as_deref(),
        edition: import.edition.as_deref(),
    };
    threats::import(connection, format, &bytes, &into).await
}

async fn scan(connection: &Connection, import: &Import, format: intake::scans::Format) -> Result<Counts> {
    exposures::import(connection.open().await?, &import.organization, format, &import.file).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_for_programs() {
        let counts = Counts { read: 3, created: 1, rejected: 2, ..Counts::default() };
        assert_eq!(counts.json().to_string(), r#"{"created":1,"read":3,"rejected":2,"unchanged":0,"updated":0}"#);
    }
}
