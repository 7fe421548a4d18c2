//! Documents by hand. Their CVEs are of the year 1900, of which there are none.

use std::ops::ControlFlow;

use wire::risk::v1::AdvisoryRecord;
use wire::risk::v1::advisory::Tlp;
use wire::risk::v1::finding::Justification;

use super::read;
use crate::IntakeError;
use crate::vulnerabilities::Reading;

fn of(bytes: &[u8]) -> Result<(Vec<AdvisoryRecord>, Reading), IntakeError> {
    let mut records = Vec::new();
    let mut input = bytes;
    let reading = read("it.json", &mut input, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok((records, reading))
}

const DOCUMENT: &str = r#"{"document":{"title":"t","category":"csaf_vex","distribution":{"tlp":{"label":"WHITE"}},"publisher":{"name":"p"},
 "tracking":{"id":"A-1","version":"3","current_release_date":"2025-01-02T03:04:05Z"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Maker","branches":[{"category":"product_family","name":"Routers","branches":[
   {"category":"product_name","name":"R1","product":{"product_id":"any","name":"R1"},"branches":[
     {"category":"product_version_range","name":"<2","product":{"product_id":"old","name":"R1 old","product_identification_helper":{"cpe":"cpe:2.3:o:maker:r1:*:*:*:*:*:*:*:*"}}}]}]}]}],
  "full_product_names":[{"product_id":"alone","name":"Alone"}],
  "relationships":[{"category":"installed_on","product_reference":"old","relates_to_product_reference":"alone","full_product_name":{"product_id":"both","name":"R1 on alone"}}],
  "product_groups":[{"group_id":"g","product_ids":["any","alone"]}]},
 "vulnerabilities":[{"cve":"CVE-1900-0001","product_status":{"first_affected":["old"],"known_affected":["old","both"],"known_not_affected":["any"]},
   "flags":[{"label":"component_not_present","group_ids":["g"]}],"threats":[{"category":"impact","details":"not there"}],
   "scores":[{"cvss_v3":{"baseScore":5.0,"vectorString":"a"}},{"cvss_v2":{"baseScore":7.0,"vectorString":"b"}}]},{"ids":[{"text":"X-1"}]}]}"#;

#[test]
fn a_document_is_flattened() {
    let (records, reading) = of(DOCUMENT.as_bytes()).unwrap_or_default();
    assert_eq!((records.len(), reading.read, reading.rejected_count), (1, 1, 0));
    let one = records.into_iter().next().and_then(|record| record.advisory).unwrap_or_default();
    assert_eq!((one.tlp(), one.tracking_id.as_str(), one.version.as_str()), (Tlp::Clear, "A-1", "3"));
    let products: Vec<(&str, &str, &str, &str)> = one
        .product_tree
        .iter()
        .map(|product| {
            (product.product_id.as_str(), product.vendor.as_str(), product.product.as_str(), product.version.as_str())
        })
        .collect();
    assert_eq!(
        products,
        [
            ("any", "Maker", "R1", ""),
            ("old", "Maker", "R1", "<2"),
            ("alone", "", "", ""),
            ("both", "Maker", "R1", "<2")
        ]
    );
    let said = one.statements.first().cloned().unwrap_or_default();
    assert_eq!(
        (said.cve.as_str(), said.known_affected.as_slice()),
        ("cve-1900-0001", &["both".to_owned(), "old".to_owned()][..])
    );
    assert_eq!((said.cvss, said.cvss_vector.as_str(), said.impact.as_str()), (7.0, "b", "not there"));
    let flag = said.flags.first().cloned().unwrap_or_default();
    assert_eq!((flag.justification(), flag.product_ids.len()), (Justification::ComponentNotPresent, 2));
    assert_eq!(one.statements.get(1).map(|said| said.ids.as_str()), Some("X-1"));
}

#[test]
fn every_file_of_an_archive_is_accounted_for() {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in
        [("a/good.json", DOCUMENT), ("a/good.json.sha256", "0"), ("a/broken.json", "{"), ("a/other.json", "{\"x\":1}")]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_cksum();
        assert!(archive.append_data(&mut header, name, text.as_bytes()).is_ok());
    }
    let packed = archive.into_inner().and_then(flate2::write::GzEncoder::finish).unwrap_or_default();
    let (records, reading) = of(&packed).unwrap_or_default();
    assert_eq!((records.len(), reading.read, reading.rejected_count), (1, 3, 2));
    assert_eq!(records.first().map(|record| record.place.as_str()), Some("a/good.json"));
    let told: Vec<&str> = reading.rejected.iter().map(|one| one.origin.as_str()).collect();
    assert_eq!(told, ["a/broken.json", "a/other.json"]);
}

#[test]
fn what_is_no_document_says_so() {
    let error = |bytes: &[u8]| of(bytes).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error(b"{\"vulnerabilities\":[]}").contains("CSAF"));
    assert!(error(b"{\n\"document\": oops}").contains("line 2"));
    assert!(error(b"").contains("empty"));
    assert!(!error(b"neither JSON nor an archive").is_empty());
    let (records, reading) = of(b"{\"document\":{}}").unwrap_or_default();
    assert_eq!((records.len(), reading.rejected_count), (0, 1));
}

#[test]
fn a_tree_of_any_depth_is_no_harm() {
    let deep = format!(
        "{}{}{}",
        "{\"document\":{\"tracking\":{\"id\":\"x\"}},\"product_tree\":{\"branches\":[",
        "{\"branches\":[".repeat(100_000),
        ""
    );
    assert!(of(deep.as_bytes()).is_err());
}
