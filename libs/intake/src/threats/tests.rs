//! Catalogues that are written here, and published ones where they are at hand.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::json;
use wire::risk::v1::threat::Evidence;
use wire::risk::v1::threat_record::Record;
use wire::risk::v1::{Mitigation, Threat};

use super::*;

const FIGHT: &str = r####"
id: Small
name: Small Matrix
version: 7
case-studies: []
groups:
- {id: G1, name: Some group}
tactics:
- {id: TA1, name: First, description: The first.}
- {id: TA2, name: Second, description: The second.}
- {name: No id}
mitigations:
- {id: M1, name: Do it, description: "How,\r\nat length.", object-type: mitigation, techniques: [FGT1]}
- just a text
techniques:
- id: FGT1
  name: Over the air
  bluf: In short.
  description: At length.
  status: Theoretical
  typecode: attack_technique_addendum
  tactics: [TA1, TA2]
  platforms: None
  access-required: N/A
  x-novel: [1, 2]
  mitigations:
  - {fgmid: M1, mitigates: By doing it.}
  references:
  - '<a name="1"> \[1\] </a> [Somebody (2020)](https://example.org/a)'
  addendums:
  - name: "## Addendum Name: More\r\n### Architecture Segments: Virtualization, OA&M\r\n More text."
    platforms: [Hosts]
    mitigations:
    - {fgmid: M1, mitigates: Again.}
    - {fgmid: M9, mitigates: Of nothing here.}
    criticalassets:
    - {name: Host server, description: Any.}
- id: FGT1.501
  name: Over the wire
  status: Observed In 4G And Expected To Be Observed In 5G
  typecode: fight_subtechnique_to_attack_technique
  subtechnique-of: FGT1
  architecture-segment: RAN, O-RAN, ran
  platforms: 5G Core, 5G core, UE
  preconditions: [{name: Access, description: To the wire.}]
  postconditions: []
  detections: [{name: Traffic, component: Flow, detects: Look at it.}]
  procedureexamples: [{name: Once, description: Somebody did.}]
- {id: FGT2, name: Shown, status: POC}
- {id: FGT3, name: Odd, status: Perhaps}
- {id: FGT1, name: Twice}
- {id: "", name: Nothing}
- {id: FGT4, name: ""}
- 17
"####;

fn threats(read: &Catalogue) -> Vec<&Threat> {
    let each = read.records.iter().filter_map(|record| match &record.record {
        Some(Record::Threat(threat)) => Some(threat),
        _ => None,
    });
    each.collect()
}

fn mitigations(read: &Catalogue) -> Vec<&Mitigation> {
    let each = read.records.iter().filter_map(|record| match &record.record {
        Some(Record::Mitigation(mitigation)) => Some(mitigation),
        _ => None,
    });
    each.collect()
}

fn objects(read: &Catalogue, kind: &str) -> u64 {
    read.report.objects.get(kind).copied().unwrap_or_default()
}

fn failure(format: Format, bytes: &[u8]) -> String {
    read(format, bytes).unwrap_err().to_string()
}

#[test]
fn fight_is_read_whole() {
    let read = read(Format::Fight, FIGHT.as_bytes()).unwrap();
    assert_eq!((read.id.as_str(), read.source_id.as_str()), ("mitre-small", "Small"));
    assert_eq!((read.catalogue.display_name.as_str(), read.catalogue.edition.as_str()), ("MITRE Small Matrix", "7"));
    let tactics: Vec<(&str, i32)> =
        read.catalogue.tactics.iter().map(|tactic| (tactic.id.as_str(), tactic.order)).collect();
    assert_eq!(tactics, [("TA1", 1), ("TA2", 2)]);
    assert_eq!(mitigations(&read).iter().map(|one| one.description.as_str()).collect::<Vec<_>>(), ["How,\nat length."]);
    let threats = threats(&read);
    assert_eq!(threats.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["FGT1", "FGT1.501", "FGT2", "FGT3"]);
    let evidence: Vec<Evidence> = threats.iter().map(|one| one.evidence()).collect();
    let expected = [Evidence::Theoretical, Evidence::Observed, Evidence::ProofOfConcept, Evidence::Unspecified];
    assert_eq!(evidence, expected);
    let [first, second, ..] = threats.as_slice() else { panic!("two at least") };
    assert_eq!(first.architecture_segments, ["Virtualization", "OA&M"]);
    assert_eq!(
        (first.platforms.as_slice(), first.related_keys.as_slice()),
        (["Hosts".to_owned()].as_slice(), ["T1".to_owned()].as_slice())
    );
    assert!(first.description.starts_with("At length.\n\n## Addendum Name: More\n### "), "{}", first.description);
    let uses: Vec<(&str, &str)> = first.mitigations.iter().map(|one| (one.key.as_str(), one.r#use.as_str())).collect();
    assert_eq!(uses, [("M1", "By doing it.\n\nAgain."), ("M9", "Of nothing here.")]);
    assert_eq!(first.references.first().map(|one| one.uri.as_str()), Some("https://example.org/a"));
    assert_eq!(first.properties.get("x-novel").map(String::as_str), Some("1, 2"));
    assert_eq!((second.parent_key.as_str(), second.related_keys.as_slice()), ("FGT1", ["T1".to_owned()].as_slice()));
    assert_eq!(second.architecture_segments, ["RAN", "O-RAN"]);
    assert_eq!(second.platforms, ["5G Core", "UE"]);
    assert_eq!(second.evidence_note, "Observed In 4G And Expected To Be Observed In 5G");
    assert_eq!(second.detections.first().map(|one| one.title.as_str()), Some("Traffic: Flow"));
}

#[test]
fn every_object_of_fight_is_accounted_for() {
    let read = read(Format::Fight, FIGHT.as_bytes()).unwrap();
    let counted = [("techniques", 8), ("mitigations", 2), ("tactics", 3), ("groups", 1), ("addendums", 1)];
    for (kind, count) in counted {
        assert_eq!(objects(&read, kind), count, "{kind}");
    }
    let rejected: Vec<(&str, &str)> =
        read.report.rejected.iter().map(|one| (one.origin.as_str(), one.field.as_str())).collect();
    let expected = [
        ("tactics[2]", "id"),
        ("mitigations[1]", ""),
        ("techniques[4]", "key"),
        ("techniques[5]", "key"),
        ("techniques[6]", "title"),
        ("techniques[7]", ""),
    ];
    assert_eq!(rejected, expected);
    assert_eq!(read.report.not_imported.get("groups").map(|one| one.count), Some(1));
    assert_eq!(read.report.warnings, ["the status `Perhaps` is not known; it is kept as a note"]);
}

fn bundle() -> serde_json::Value {
    let attack = |id: &str| json!([{"source_name": "mitre-attack", "external_id": id, "url": format!("https://example.org/{id}")}]);
    let relation = |number: u32, kind: &str, from: &str, to: &str| {
        json!({"type": "relationship", "id": format!("relationship--{number}"), "relationship_type": kind,
            "source_ref": from, "target_ref": to, "description": format!("text {number}")})
    };
    json!({"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "x-mitre-collection", "id": "x-mitre-collection--1", "name": "Small ATT", "x_mitre_version": "3.1"},
        {"type": "identity", "id": "identity--1", "name": "The publisher"},
        {"type": "marking-definition", "id": "marking-definition--1", "definition": {"statement": "Keep this."}},
        {"type": "x-mitre-matrix", "id": "x-mitre-matrix--1", "tactic_refs": ["x-mitre-tactic--2", "x-mitre-tactic--1"]},
        {"type": "x-mitre-tactic", "id": "x-mitre-tactic--1", "name": "Impact", "x_mitre_shortname": "impact", "external_references": attack("TA2")},
        {"type": "x-mitre-tactic", "id": "x-mitre-tactic--2", "name": "Access", "x_mitre_shortname": "access", "external_references": attack("TA1")},
        {"type": "x-mitre-tactic", "id": "x-mitre-tactic--3", "name": "Old", "x_mitre_deprecated": true, "external_references": attack("TA0")},
        {"type": "attack-pattern", "id": "attack-pattern--1", "name": "One", "description": "First.", "external_references": attack("T1"),
            "kill_chain_phases": [{"kill_chain_name": "k", "phase_name": "access"}, {"kill_chain_name": "k", "phase_name": "novel"}],
            "x_mitre_platforms": ["Android"], "x_mitre_domains": ["small-attack"], "x_mitre_contributors": ["A", "B"], "x_nested": {"a": 1}},
        {"type": "attack-pattern", "id": "attack-pattern--2", "name": "Two", "external_references": attack("T1.001"), "x_mitre_is_subtechnique": true},
        {"type": "attack-pattern", "id": "attack-pattern--3", "name": "Three", "revoked": true, "external_references": attack("T3")},
        {"type": "attack-pattern", "id": "attack-pattern--4", "name": "Four", "x_mitre_deprecated": true},
        {"type": "course-of-action", "id": "course-of-action--1", "name": "Do it", "external_references": attack("M1")},
        {"type": "malware", "id": "malware--1", "name": "Bad"},
        {"type": "intrusion-set", "id": "intrusion-set--1", "name": "They"},
        relation(1, "uses", "malware--1", "attack-pattern--1"),
        relation(2, "uses", "intrusion-set--1", "attack-pattern--1"),
        relation(3, "mitigates", "course-of-action--1", "attack-pattern--1"),
        relation(4, "subtechnique-of", "attack-pattern--2", "attack-pattern--1"),
        relation(5, "revoked-by", "attack-pattern--3", "attack-pattern--1"),
        relation(6, "uses", "intrusion-set--1", "malware--1"),
        relation(7, "uses", "malware--9", "attack-pattern--1"),
        {"type": "x-own-thing", "id": "x-own-thing--1"},
        "a text",
    ]})
}

#[test]
fn stix_is_read_whole() {
    let read = read(Format::Stix, bundle().to_string().as_bytes()).unwrap();
    assert_eq!((read.id.as_str(), read.source_id.as_str()), ("small-attack", "x-mitre-collection--1"));
    assert_eq!((read.catalogue.edition.as_str(), read.catalogue.notice.as_str()), ("3.1", "Keep this."));
    let tactics: Vec<&str> = read.catalogue.tactics.iter().map(|tactic| tactic.id.as_str()).collect();
    assert_eq!(tactics, ["TA1", "TA2"]);
    let threats = threats(&read);
    let [one, two, three, four] = threats.as_slice() else { panic!("four") };
    assert_eq!((one.tactics.join(" "), one.platforms.join(" ")), ("TA1 novel".to_owned(), "Android".to_owned()));
    assert_eq!(
        (one.evidence(), one.evidence_note.as_str()),
        (Evidence::Observed, "used by 1 intrusion-set, 1 malware")
    );
    assert_eq!(one.mitigations.first().map(|one| (one.key.as_str(), one.r#use.as_str())), Some(("M1", "text 3")));
    assert_eq!(one.examples.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Bad", "They"]);
    assert_eq!(one.properties.get("x_mitre_contributors").map(String::as_str), Some("A, B"));
    assert_eq!((two.parent_key.as_str(), two.evidence()), ("T1", Evidence::Unspecified));
    assert_eq!((three.revoked, three.revoked_by.join(" ")), (true, "T1".to_owned()));
    assert_eq!((four.deprecated, four.key.as_str()), (true, "attack-pattern--4"));
    for (kind, count) in
        [("relationship", 7), ("revoked", 1), ("deprecated", 2), ("x-own-thing", 1), ("no STIX object", 1)]
    {
        assert_eq!(objects(&read, kind), count, "{kind}");
    }
    let left: u64 = read
        .report
        .not_imported
        .iter()
        .filter(|(kind, _)| kind.starts_with("relationship"))
        .map(|(_, one)| one.count)
        .sum();
    assert_eq!(left, 7, "{:?}", read.report.not_imported);
    assert_eq!(read.report.rejected.first().map(|one| one.origin.as_str()), Some("$.objects[22]"));
}

#[test]
fn a_galaxy_is_read_whole() {
    let galaxy = json!({"name": "Small galaxy", "type": "small-galaxy", "version": 3, "uuid": "u", "authors": ["A", "B"], "source": "https://example.org",
    "values": [
        {"value": "Listen", "uuid": "1", "description": "D.", "meta": {"external_id": "X1", "kill_chain": ["Techniques:Initial-Access"], "refs": ["page 1 of https://example.org/x.pdf", 5]}},
        {"value": "Listen closely - X1.001", "uuid": "2", "meta": {"external_id": "X1.001", "kill_chain": ["a-Windows:initial-access", "a-Linux:impact"], "mitre_platforms": ["Windows"]}},
        {"value": "Old", "uuid": "3", "revoked": true, "related": [{"dest-uuid": "1", "type": "revoked-by"}], "meta": {"external_id": "X0"}},
        {"value": "Bare", "uuid": "4"},
        {"uuid": "5"},
        null,
    ]});
    let read = read(Format::Galaxy, galaxy.to_string().as_bytes()).unwrap();
    assert_eq!(
        (read.id.as_str(), read.source_id.as_str(), read.catalogue.publisher.as_str()),
        ("small-galaxy", "u", "A, B")
    );
    let threats = threats(&read);
    let [first, second, old, bare] = threats.as_slice() else { panic!("four") };
    assert_eq!((first.tactics.join(" "), first.references.len()), ("initial-access".to_owned(), 1));
    assert_eq!(first.references.first().map(|one| one.uri.as_str()), Some("https://example.org/x.pdf"));
    assert_eq!((second.title.as_str(), second.parent_key.as_str()), ("Listen closely", "X1"));
    assert_eq!(second.tactics, ["initial-access", "impact"]);
    assert_eq!((old.revoked, old.revoked_by.join(" ")), (true, "X1".to_owned()));
    assert_eq!(bare.key, "4");
    assert_eq!(read.catalogue.tactics.len(), 2);
    assert_eq!(objects(&read, "values"), 6);
    let rejected: Vec<&str> = read.report.rejected.iter().map(|one| one.origin.as_str()).collect();
    assert_eq!(rejected, ["$.values[4]", "$.values[5]"]);
}

#[test]
fn what_is_no_catalogue_is_refused_with_its_place() {
    let said = failure(Format::Fight, b"id: a\ntechniques:\n  - id: [\n");
    assert!(said.contains("malformed at line ") && said.contains("mend the YAML"), "{said}");
    assert!(failure(Format::Fight, b" \n").contains("empty"));
    let said = failure(Format::Fight, b"a: 1\n");
    assert!(said.contains("an object with a") && said.contains("`techniques`"), "{said}");
    let said = failure(Format::Stix, b"{\n \"type\": \"bundle\",\n \"objects\": [}\n");
    assert!(said.contains("malformed at line 3 column "), "{said}");
    let said = failure(Format::Stix, b"{\"type\": \"bundle\", \"objects\": [");
    assert!(said.contains("ends in the middle at line 1"), "{said}");
    let said = failure(Format::Stix, br#"{"values": []}"#);
    assert!(said.contains("an object with values at $"), "{said}");
    let said = failure(Format::Stix, br#"{"type": "bundle", "objects": [{"type": "identity", "id": "identity--1"}]}"#);
    assert!(said.contains("1 objects and no `attack-pattern`"), "{said}");
    let said = failure(Format::Galaxy, br#"{"type": "bundle", "objects": []}"#);
    assert!(said.contains("`values`"), "{said}");
    let deep = "[".repeat(100_000);
    assert!(failure(Format::Galaxy, deep.as_bytes()).contains("malformed"));
    assert!(failure(Format::Fight, deep.as_bytes()).contains("malformed"));
    assert!(failure(Format::Fight, b"\xff\xfe\x00").contains("malformed"));
    let many = "a: &a [x]\nb: [".to_owned() + &"*a,".repeat(200_000) + "]\n";
    assert!(failure(Format::Fight, many.as_bytes()).contains("malformed"));
}

#[test]
fn packed_files_are_unpacked() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(FIGHT.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(read(Format::Fight, &packed).unwrap(), read(Format::Fight, FIGHT.as_bytes()).unwrap());
    let half = packed.get(..packed.len() / 2).unwrap();
    assert!(failure(Format::Fight, half).contains("gzip"), "{}", failure(Format::Fight, half));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        for format in [Format::Fight, Format::Stix, Format::Galaxy] {
            let _ = read(format, &bytes);
        }
    }
}

fn published(format: Format, file: &str) -> Option<Catalogue> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join("threats").join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", path.display());
        return None;
    };
    let read = read(format, &bytes).unwrap();
    println!("{file}: {:?} {:?} {:?}", read.report.objects, read.report.not_imported, read.report.warnings);
    assert!(read.report.rejected.is_empty(), "{:?}", read.report.rejected);
    Some(read)
}

#[test]
fn published_fight() {
    let Some(read) = published(Format::Fight, "fight-v3.0.1.yaml") else { return };
    let threats = threats(&read);
    let details = threats.iter().filter(|one| !one.parent_key.is_empty()).count();
    assert_eq!((threats.len(), details, mitigations(&read).len(), read.catalogue.tactics.len()), (183, 97, 93, 15));
    let count = |evidence| threats.iter().filter(|one| one.evidence() == evidence).count();
    // 50 observed and four spellings of it, 17 proofs of concept and one abbreviated.
    assert_eq!(
        (count(Evidence::Observed), count(Evidence::ProofOfConcept), count(Evidence::Theoretical)),
        (54, 18, 111)
    );
    assert!(read.report.warnings.is_empty());
    let placed = threats.iter().filter(|one| !one.architecture_segments.is_empty()).count();
    println!("{placed} of {} in a segment", threats.len());
    assert!(placed > 143, "{placed}");
}

#[test]
fn published_attack_mobile() {
    let Some(read) = published(Format::Stix, "mobile-attack-17.1.stix.json.gz") else { return };
    assert_eq!(objects(&read, "attack-pattern"), 188);
    assert_eq!(
        (objects(&read, "revoked"), objects(&read, "deprecated"), objects(&read, "relationship")),
        (53, 20, 1766)
    );
    let threats = threats(&read);
    assert_eq!((threats.len(), mitigations(&read).len(), read.catalogue.tactics.len()), (188, 15, 12));
    assert_eq!(threats.iter().filter(|one| one.revoked).count(), 53);
    assert_eq!(threats.iter().filter(|one| one.deprecated).count(), 14);
    assert_eq!((read.id.as_str(), read.catalogue.edition.as_str()), ("mobile-attack", "17.1"));
    let relationships = read.report.not_imported.iter().filter(|(kind, _)| kind.starts_with("relationship "));
    assert_eq!(relationships.map(|(_, one)| one.count).sum::<u64>(), 1766);
}

#[test]
fn published_galaxies() {
    let galaxies = [
        ("misp-galaxy-gsma-motif.json", "gsma-motif", 50),
        ("misp-galaxy-bhadra-framework.json", "bhadra-framework", 47),
        ("misp-galaxy-cmtmf-attack-pattern.json", "cmtmf-attack-pattern", 93),
        ("misp-galaxy-mitre-attack-pattern.json.gz", "mitre-attack-pattern", 1266),
    ];
    for (file, id, count) in galaxies {
        let Some(read) = published(Format::Galaxy, file) else { return };
        assert_eq!((read.id.as_str(), threats(&read).len()), (id, count), "{file}");
        println!(
            "{file}: {} revoked, {} details",
            threats(&read).iter().filter(|one| one.revoked).count(),
            threats(&read).iter().filter(|one| !one.parent_key.is_empty()).count()
        );
    }
}
