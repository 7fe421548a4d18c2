//! Published catalogues, where they are at hand: counts that anyone can recount, twice without change.

use std::path::PathBuf;
use std::time::Instant;

use intake::threats::{Format, read};
use testkit::Bench;
use wire::risk::v1::threat_catalogue::Format as Written;
use wire::risk::v1::{ImportThreatsStart, ThreatCatalogue};

use super::{PARENT, catalogue, counts, import, list, of_type, suggest, written};
use crate::on_every_database;

/// Brings a file of the shared data, twice; nothing, loudly, where the data is not here.
async fn bring(bench: &Bench, format: (Format, Written), file: &str) -> Option<ThreatCatalogue> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join("threats").join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", path.display());
        return None;
    };
    let read = read(format.0, &bytes).unwrap();
    assert!(read.report.rejected.is_empty(), "{:?}", read.report.rejected);
    let start = ImportThreatsStart {
        parent: PARENT.to_owned(),
        threat_catalogue_id: read.id.clone(),
        catalogue: Some(read.catalogue.clone()),
        records: i32::try_from(read.records.len()).unwrap(),
        format: format.1.into(),
        source_id: read.source_id.clone(),
    };
    let all = start.records;
    let began = Instant::now();
    let answer = import(bench, start.clone(), read.records.clone()).await;
    let first = began.elapsed();
    assert_eq!(counts(&answer), (all, all, 0, 0, 0), "{file}: {:?}", answer.rejected_items);
    let before = written(bench).await;
    let began = Instant::now();
    let again = import(bench, start, read.records).await;
    println!("{file}: {first:?}, again {:?}", began.elapsed());
    assert_eq!(counts(&again), (all, 0, 0, all, 0), "{file}");
    assert_eq!(written(bench).await, before, "{file} again wrote something");
    Some(catalogue(bench, &answer.threat_catalogue).await)
}

on_every_database! {
    async fn fight_and_what_a_base_station_faces(bench) {
        let Some(made) = bring(&bench, (Format::Fight, Written::Fight), "fight-v3.0.1.yaml").await else { return };
        assert_eq!((made.threats, made.detailed_threats, made.mitigations, made.tactics.len()), (183, 97, 93, 15));
        let named = list(&bench, &made.name, "").await;
        let dangling: Vec<&str> = named.iter().flat_map(|threat| &threat.mitigations).filter(|one| one.mitigation.is_empty()).map(|one| one.key.as_str()).collect();
        assert!(dangling.is_empty(), "{dangling:?}");
        for kind in ["gnodeb", "amf", "upf", "sim", "tower", "network-management-system"] {
            let found = suggest(&bench, of_type(kind)).await.unwrap();
            println!("{kind}: {} threats by {:?}, first {:?}", found.total_size, found.segments, found.suggestions.first());
            assert!(found.total_size > 0, "{kind}");
        }
    }

    async fn attack_for_mobile(bench) {
        let Some(made) = bring(&bench, (Format::Stix, Written::Stix), "mobile-attack-17.1.stix.json.gz").await else { return };
        assert_eq!((made.threats + made.withdrawn_threats, made.withdrawn_threats, made.mitigations), (188, 67, 15));
        assert_eq!(list(&bench, &made.name, "revoked = true").await.len(), 53);
        assert_eq!(list(&bench, &made.name, "platforms:\"Android\" AND evidence = OBSERVED").await.len(), 107);
    }

    async fn galaxies(bench) {
        let of = (Format::Galaxy, Written::MispGalaxy);
        let files = [
            ("misp-galaxy-gsma-motif.json", 50), ("misp-galaxy-bhadra-framework.json", 47),
            ("misp-galaxy-cmtmf-attack-pattern.json", 93), ("misp-galaxy-mitre-attack-pattern.json.gz", 1266),
        ];
        for (file, count) in files {
            let Some(made) = bring(&bench, of, file).await else { return };
            assert_eq!(made.threats + made.withdrawn_threats, count, "{file}");
        }
    }
}
