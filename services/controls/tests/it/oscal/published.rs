//! Published documents, where they are at hand: counts that anyone can recount, and nothing lost.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use testkit::Bench;
use wire::controls::v1::mapping_entry_service_client::MappingEntryServiceClient;
use wire::controls::v1::oscal_document::Kind;
use wire::controls::v1::{ImportOscalStart, ListMappingEntriesRequest};

use super::{PARENT, client, controls, export, import, resolve, start, written};
use crate::on_every_database;

/// A file of the shared data; nothing, loudly, where the data is not here.
fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let file = root.join("oscal").join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
    }
    bytes
}

async fn bring(bench: &Bench, path: &str) -> Option<(wire::controls::v1::ImportOscalResponse, Vec<u8>)> {
    let bytes = shared(path)?;
    let start = ImportOscalStart { location: path.to_owned(), ..start() };
    let began = Instant::now();
    let made = import(bench, start.clone(), &bytes).await.unwrap();
    let first = began.elapsed();
    let before = written(bench).await;
    let began = Instant::now();
    import(bench, start, &bytes).await.unwrap();
    println!("{path}: {first:?}, again {:?}", began.elapsed());
    assert_eq!(written(bench).await, before, "{path} again wrote something");
    Some((made, bytes))
}

async fn comes_out(bench: &Bench, kind: Kind, resource: &str, bytes: &[u8]) {
    let expected: Value = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).unwrap();
    assert!(export(bench, kind, resource).await.unwrap() == expected, "{resource} comes out otherwise than it came in");
}

on_every_database! {
    async fn sp_800_53_and_its_baselines(bench) {
        let Some((made, bytes)) = bring(&bench, "nist-sp800-53-rev5-catalog.json").await else { return };
        let document = made.document.unwrap();
        assert_eq!((made.controls.unwrap().created, document.rejected), (1189, 0), "{:?}", made.rejected_items);
        let id = "nist-sp800-53-rev5-catalog";
        assert_eq!(document.resources, [format!("{PARENT}/catalogues/{id}")]);
        assert_eq!(controls(&bench, id, "withdrawn = true").await.len(), 182);
        let all = controls(&bench, id, "").await;
        assert_eq!(all.len(), 1189);
        assert_eq!(all.iter().map(|control| &control.theme).collect::<std::collections::BTreeSet<_>>().len(), 20);
        let account = all.iter().find(|control| control.name.ends_with("/controls/ac-2.1")).unwrap();
        assert_eq!((account.label.as_str(), account.parent_control.as_str()), ("AC-2(1)", "ac-2"));
        assert!(account.statement.contains("[Assignment: "), "{}", account.statement);
        comes_out(&bench, Kind::Catalogue, &format!("catalogues/{id}"), &bytes).await;

        for (level, expected) in [("LOW", 149), ("MODERATE", 287), ("HIGH", 370), ("PRIVACY", 96)] {
            let path = format!("NIST_SP-800-53_rev5_{level}-baseline_profile.json");
            // Which catalogue they mean follows from the title of the resource that they name.
            let Some((made, bytes)) = bring(&bench, &path).await else { return };
            assert!(made.notes.is_empty(), "{:?}", made.notes);
            let name = made.document.unwrap().resources.remove(0);
            let profile = name.rsplit('/').next().unwrap();
            let mut seen = Vec::new();
            let mut token = String::new();
            loop {
                let page = resolve(&bench, profile, 100, &token).await.unwrap();
                assert_eq!((page.total, page.warning_count), (expected, 0), "{level}: {:?}", page.warnings);
                seen.extend(page.controls.into_iter().map(|control| control.control));
                token = page.next_page_token;
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!(i32::try_from(seen.len()).unwrap(), expected, "{level}");
            assert!(seen.iter().all(|name| name.starts_with(&format!("{PARENT}/catalogues/{id}/controls/"))));
            comes_out(&bench, Kind::Profile, &format!("profiles/{profile}"), &bytes).await;
        }
        testkit::ledger_holds(&bench, &::controls::tables()).await;
    }

    async fn other_catalogues_and_a_mapping(bench) {
        for (path, count) in [("nist-csf-2.0-catalog.json", 219), ("bsi-mindeststandard-tls-catalog.json", 17), ("examples/basic-catalog.json", 4)] {
            let Some((made, bytes)) = bring(&bench, path).await else { continue };
            let document = made.document.unwrap();
            println!("{path}: {} taken, {} rejected: {:?}", document.items, document.rejected, made.rejected_items.first());
            assert_eq!((document.items, document.rejected), (count, 0), "{path}");
            let name = document.resources[0].strip_prefix(&format!("{PARENT}/")).unwrap().to_owned();
            comes_out(&bench, Kind::Catalogue, &name, &bytes).await;
        }
        let Some((made, bytes)) = bring(&bench, "bsi-iso27001-annexa-to-gspp-mapping_collection.json").await else { return };
        let document = made.document.unwrap();
        assert_eq!((made.resources.unwrap().created, made.entries.unwrap().created, document.rejected), (2, 96, 0));
        let mut entries = Vec::new();
        for (mapping, expected) in document.resources.iter().zip([13, 83]) {
            let request = ListMappingEntriesRequest { parent: mapping.clone(), page_size: 1000, ..Default::default() };
            let found = MappingEntryServiceClient::new(client(&bench)).list_mapping_entries(request).await.unwrap();
            let found = found.into_inner().entries;
            assert_eq!(found.len(), expected, "{mapping}");
            entries.extend(found);
        }
        let words = |word: &str| entries.iter().filter(|entry| entry.relationship == word).count();
        assert_eq!((words("subset-of"), words("equivalent-to"), words("intersects-with")), (75, 16, 5));
        let id = document.name.rsplit('/').next().unwrap();
        comes_out(&bench, Kind::Mapping, &format!("oscalDocuments/{id}"), &bytes).await;
    }
}
