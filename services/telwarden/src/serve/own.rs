//! The settings that one service has and the others do not: `[assets]` of the asset registry, `[evidence]` of the service of controls.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use process::config::{Period, Size};
use serde::Deserialize;
use store::Location;

use crate::member::{Member, Settings};

/// The settings of `[assets]`; the built-in TOML explains each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssetsSection {
    import_whole: Period,
}

/// The settings of `[evidence]`; the built-in TOML explains each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceSection {
    folder: Option<PathBuf>,
    maximum_size: Size,
}

/// What a service is set to by the sections of its own. A section of another service is refused, rather than of no effect.
pub(super) fn settings(
    member: &Member,
    location: &Location,
    assets: Option<AssetsSection>,
    evidence: Option<EvidenceSection>,
) -> Result<Settings> {
    for (section, set) in [("assets", assets.is_some()), ("evidence", evidence.is_some())] {
        if set && !member.settings.contains(&format!("[{section}]")) {
            bail!("the section [{section}] is set, and {} has no such settings: leave it out", member.name);
        }
    }
    let mut settings = Settings::new(PathBuf::new());
    if let Some(section) = assets {
        settings.import_whole = section.import_whole.get();
    }
    if let Some(section) = evidence {
        settings.evidence_folder = folder(section.folder, location)?;
        settings.evidence_largest = section.maximum_size.bytes();
    }
    Ok(settings)
}

/// The folder of evidence: the one that is set, or beside an embedded database.
fn folder(set: Option<PathBuf>, location: &Location) -> Result<PathBuf> {
    match (set, location) {
        (Some(folder), _) => Ok(folder),
        (None, Location::File(database)) => Ok(database.parent().unwrap_or(Path::new(".")).join("evidence")),
        (None, Location::Url(_)) => None.context(
            "evidence.folder is not set, and the database is on a server: name the folder that holds the files of evidence, \
             the same for all replicas",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::member;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        assets: Option<AssetsSection>,
        evidence: Option<EvidenceSection>,
    }

    fn of(name: &str, location: &Location, variables: &[(&str, &str)]) -> Result<Settings> {
        let member = member(name)?;
        let variables = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let own: Own = process::config::load(member.settings, None, variables)?;
        settings(member, location, own.assets, own.evidence)
    }

    #[test]
    fn each_service_has_its_own_settings_and_no_others() {
        let file = Location::File("/data/x.db".into());
        let url = Location::Url("postgres://tw@db/telwarden_controls".to_owned());
        let minutes = |settings: &Settings| settings.import_whole.as_secs() / 60;
        assert_eq!(minutes(&of("assets", &file, &[]).unwrap()), 5);
        assert_eq!(minutes(&of("assets", &url, &[("TELWARDEN_ASSETS__IMPORT_WHOLE", "7m")]).unwrap()), 7);

        let beside = of("controls", &file, &[]).unwrap();
        assert_eq!((beside.evidence_folder, beside.evidence_largest), ("/data/evidence".into(), 1 << 30));
        let limit = ("TELWARDEN_EVIDENCE__MAXIMUM_SIZE", "3MiB");
        let set = of("controls", &url, &[("TELWARDEN_EVIDENCE__FOLDER", "/shared"), limit]).unwrap();
        assert_eq!((set.evidence_folder, set.evidence_largest), ("/shared".into(), 3 << 20));
        let unset = of("controls", &url, &[]).unwrap_err().to_string();
        assert!(unset.contains("evidence.folder is not set"), "{unset}");

        let foreign = of("controls", &file, &[("TELWARDEN_ASSETS__IMPORT_WHOLE", "7m")]).unwrap_err().to_string();
        assert!(foreign.contains("[assets]") && foreign.contains("controls"), "{foreign}");
    }
}
