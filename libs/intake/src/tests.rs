//! What a user of the crate sees: files in, items and a report out.

mod csv;
mod damaged;
mod dump;
mod graphml;
mod identifiers;
mod ietf;
mod onap;
mod rest;
mod streaming;
mod teiv;
mod tmf;

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use wire::assets::v1::import_item::Record;
use wire::assets::v1::{AssetRecord, DependencyRecord, SiteRecord};

use crate::{ColumnMap, Format, IntakeError, Item, Report, Settings, read};

/// What one file gave.
pub(crate) struct Taken {
    pub(crate) items: Vec<Item>,
    pub(crate) report: Report,
}

impl Taken {
    pub(crate) fn assets(&self) -> Vec<&AssetRecord> {
        self.items
            .iter()
            .filter_map(|item| if let Record::Asset(asset) = &item.record { Some(asset) } else { None })
            .collect()
    }

    pub(crate) fn sites(&self) -> Vec<&SiteRecord> {
        self.items
            .iter()
            .filter_map(|item| if let Record::Site(site) = &item.record { Some(site) } else { None })
            .collect()
    }

    pub(crate) fn dependencies(&self) -> Vec<&DependencyRecord> {
        self.items
            .iter()
            .filter_map(|item| if let Record::Dependency(edge) = &item.record { Some(edge) } else { None })
            .collect()
    }

    pub(crate) fn asset(&self, id: &str) -> &wire::assets::v1::Asset {
        let found = self.assets().into_iter().find(|record| record.external_id == id);
        found.and_then(|record| record.asset.as_ref()).unwrap_or_else(|| panic!("no asset {id}"))
    }

    /// `dependent kind supporting` of every dependency.
    pub(crate) fn edges(&self) -> Vec<String> {
        let line = |edge: &&DependencyRecord| {
            format!("{} {} {}", edge.dependent_external_id, edge.kind, edge.supporting_external_id)
        };
        self.dependencies().iter().map(line).collect()
    }
}

pub(crate) fn attempt(format: Format, bytes: &[u8], settings: &Settings) -> Result<Taken, IntakeError> {
    let mut items = Vec::new();
    let mut input = bytes;
    let report = read(format, &mut input, settings, &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    })?;
    Ok(Taken { items, report })
}

pub(crate) fn take(format: Format, text: &str) -> Taken {
    attempt(format, text.as_bytes(), &Settings::default()).expect("the file can be read")
}

pub(crate) fn take_mapped(text: &str, map: &str) -> Taken {
    let settings = Settings { map: Some(ColumnMap::from_toml(map).expect("the map is right")), ..Settings::default() };
    attempt(Format::Csv, text.as_bytes(), &settings).expect("the file can be read")
}

/// A file of the shared data; nothing, loudly, where the data is not here.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let file = root.join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
    }
    bytes
}

/// The files of a compressed archive of the shared data, with their paths in it.
pub(crate) fn archive(path: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let packed = shared(path)?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("gzip");
    let (mut at, mut files) = (0, Vec::new());
    // A tar file is a row of blocks of 512 bytes: a header with path, size in octal digits and kind, then the file.
    while let Some(header) = bytes.get(at..at + 512).filter(|header| header[0] != 0) {
        let field = |from: usize, to: usize| {
            let field: Vec<u8> = header[from..to].iter().copied().take_while(|byte| *byte != 0).collect();
            String::from_utf8(field).expect("text").trim().to_owned()
        };
        let size = usize::from_str_radix(&field(124, 136), 8).expect("a size");
        let body = bytes[at + 512..at + 512 + size].to_vec();
        if matches!(header[156], 0 | b'0') {
            files.push((field(0, 100), body));
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files.sort();
    Some(files)
}

#[test]
fn sites_come_before_assets_and_dependencies_last() {
    let taken = take(Format::Csv, "id,name,site,depends_on\na,A,s1,b\nb,B,s1,\n");
    let order: Vec<&str> = taken
        .items
        .iter()
        .map(|item| match item.record {
            Record::Site(_) => "site",
            Record::Asset(_) => "asset",
            Record::Dependency(_) => "dependency",
        })
        .collect();
    assert_eq!(order, ["site", "asset", "asset", "dependency"]);
}

#[test]
fn a_sink_that_breaks_ends_the_reading_with_a_report() {
    let mut input: &[u8] = b"id,name\na,A\nb,B\nc,C\n";
    let mut seen = 0;
    let report = read(Format::Csv, &mut input, &Settings::default(), &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .expect("breaking is no error");
    assert_eq!(seen, 2);
    assert_eq!(report.objects["row"], 2);
}

#[test]
fn an_id_that_comes_twice_is_told() {
    let taken = take(Format::Csv, "id,name\na,A\nb,B\na,C\n");
    let told: Vec<&String> = taken.report.warnings.iter().filter(|warning| warning.contains("came before")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("line 4: the id `a`"), "{told:?}");
}
