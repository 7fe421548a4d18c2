//! Files by hand. Their CVEs are of the year 1900, of which there are none.

use std::ops::ControlFlow;

use wire::risk::v1::VulnerabilityRecord;
use wire::risk::v1::vulnerability::{Exploitation, Ransomware, State};

use super::{Reading, VulnerabilityFormat, read};
use crate::IntakeError;

fn of(format: VulnerabilityFormat, bytes: &[u8]) -> Result<(Vec<VulnerabilityRecord>, Reading), IntakeError> {
    let mut records = Vec::new();
    let mut input = bytes;
    let reading = read(format, &mut input, &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok((records, reading))
}

fn ok(format: VulnerabilityFormat, text: &str) -> (Vec<VulnerabilityRecord>, Reading) {
    of(format, text.as_bytes()).unwrap_or_default()
}

fn error(format: VulnerabilityFormat, text: &str) -> String {
    of(format, text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
}

const RECORD: &str = r#"{"cveMetadata":{"cveId":"CVE-1900-0001","state":"published","dateUpdated":"2025-02-03T00:00:00"},"containers":{"cna":{"providerMetadata":{"shortName":"maker","dateUpdated":"2025-02-03T00:00:00.5Z"},"descriptions":[{"lang":"fr","value":"tout"}],"affected":[{"vendor":7,"product":" Router ","versions":[{"version":1,"status":"affected"}],"extra":true}],"metrics":[{"cvssV2_0":{"vectorString":"AV:N/AC:L/Au:N/C:P/I:P/A:P","baseScore":"7.5"}},{"other":{"type":"SSVC","content":{"options":[{"Exploitation":"Active"}]}}},{"other":{"type":"kev","content":{"dateAdded":"2025/03/04"}}}]},"adp":[{"providerMetadata":{"shortName":"x"}},{"providerMetadata":{"shortName":"x"}},{"title":"untold"}]}}"#;

#[test]
fn a_record_is_read_whatever_its_types() {
    for text in [RECORD.to_owned(), format!("[{RECORD}]"), format!("{RECORD}\n{RECORD}\n"), format!("\u{feff}{RECORD}")]
    {
        let (records, reading) = ok(VulnerabilityFormat::Cve, &text);
        assert_eq!((records.len() as u64, reading.rejected_count), (reading.read, 0), "{text}");
        let one = records.first().and_then(|record| record.vulnerability.clone()).unwrap_or_default();
        assert_eq!(
            (one.state(), one.exploitation(), one.description.as_str()),
            (State::Published, Exploitation::Active, "tout")
        );
        assert_eq!(one.record_kev_date, "2025-03-04");
        let origins: Vec<&str> = one.containers.iter().map(|part| part.origin.as_str()).collect();
        assert_eq!(origins, ["cna", "x", "x-2", "untold"]);
        let product = one.affected.first().cloned().unwrap_or_default();
        assert_eq!((product.vendor.as_str(), product.product.as_str()), ("7", "Router"));
        assert_eq!(one.ratings.first().map(|rating| (rating.said, rating.version.as_str())), Some((7.5, "2.0")));
    }
}

#[test]
fn what_is_no_record_is_told_by_its_place() {
    let text = format!(
        "{RECORD}\n{{\"cveID\":\"CVE-1900-0001\"}}\n{{\"cveMetadata\":{{}}}}\n{{\"cveMetadata\":{{\"cveId\":\"CVE-1900-0002\"}}}}\n"
    );
    let (records, reading) = ok(VulnerabilityFormat::Cve, &text);
    assert_eq!((records.len(), reading.read, reading.rejected_count), (1, 4, 3));
    let told: Vec<(&str, &str)> =
        reading.rejected.iter().map(|one| (one.origin.as_str(), one.field.as_str())).collect();
    assert_eq!(told, [("line 2", "cveMetadata"), ("line 3", "cveMetadata.cveId"), ("line 4", "containers.cna")]);
    let broken = error(VulnerabilityFormat::Cve, &format!("{RECORD}\n{{\"cveMetadata\": oops}}\n"));
    assert!(broken.contains("line 2"), "{broken}");
    assert!(error(VulnerabilityFormat::Cve, "").contains("empty"));
}

const KEV: &str = r#"{"catalogVersion":"2025.03.01","count":2,"vulnerabilities":[{"cveID":"CVE-1900-0001","vendorProject":"Maker","product":"Router","dateAdded":"2025-03-01","dueDate":"2025-03-22","knownRansomwareCampaignUse":"Known"},{"vendorProject":"nameless"}]}"#;

#[test]
fn cisas_list_is_read_and_a_cut_or_other_one_is_not() {
    let (records, reading) = ok(VulnerabilityFormat::Kev, KEV);
    assert_eq!(
        (records.len(), reading.read, reading.rejected_count, reading.snapshot.as_str()),
        (1, 2, 1, "2025.03.01")
    );
    assert_eq!(reading.rejected.first().map(|one| one.origin.as_str()), Some("$.vulnerabilities[1]"));
    let kev = records.first().and_then(|record| record.vulnerability.clone()?.kev).unwrap_or_default();
    assert_eq!((kev.ransomware(), kev.due_date.as_str()), (Ransomware::Known, "2025-03-22"));
    let cut = error(VulnerabilityFormat::Kev, &KEV.replace("\"count\":2", "\"count\":3"));
    assert!(cut.contains("3 entries, and has 2"), "{cut}");
    let other = error(VulnerabilityFormat::Kev, "[{\"cveID\":\"CVE-1900-0001\"}]");
    assert!(other.contains("CISA's list"), "{other}");
    let broken = error(VulnerabilityFormat::Kev, "{\n\"vulnerabilities\": [,]}");
    assert!(broken.contains("line 2"), "{broken}");
    assert!(error(VulnerabilityFormat::Kev, "{\"vulnerabilities\": [").contains("cut off"));
    // A date that is none goes on: the service refuses the entry by its rules, and knows that it is listed.
    let (records, _) = ok(VulnerabilityFormat::Kev, &KEV.replace("2025-03-22", "soon"));
    let due = records.first().and_then(|record| record.vulnerability.clone()?.kev).map(|kev| kev.due_date);
    assert_eq!(due.as_deref(), Some("soon"));
}

#[test]
fn the_eus_list_is_read_and_cisas_is_not_taken_for_it() {
    let text = r#"[{"cveID":"CVE-1900-0001","euvdID":"EUVD-1900-1","vendorProject":"Maker","product":"Router, Switch,","dateReported":"2025/03/04","exploitationType":"APT"}]"#;
    let (records, reading) = ok(VulnerabilityFormat::EuKev, text);
    assert_eq!((reading.read, reading.rejected_count), (1, 0));
    let eu = records.first().and_then(|record| record.vulnerability.clone()?.eu_kev).unwrap_or_default();
    assert_eq!((eu.date_reported.as_str(), eu.products.len(), eu.exploitation_types.len()), ("2025-03-04", 2, 1));
    assert!(error(VulnerabilityFormat::EuKev, KEV).contains("the EU's list"));
    let (records, reading) = ok(VulnerabilityFormat::EuKev, "[{\"cveID\":\"CVE-1900-0001\"}]");
    assert_eq!((records.len(), reading.rejected_count), (0, 1));
}

const EPSS: &str = "#model_version:v2025.03.14,score_date:2025-11-30T00:00:00+0000\ncve,epss,percentile\nCVE-1900-0001,0.00043,0.0812\n\nCVE-1900-0002,-0.1,0.5\nCVE-1900-0003,0.1\n,0.1,0.1\nCVE-1900-0004,1e-3,1\n";

#[test]
fn probabilities_are_read_with_their_day_and_model_and_what_is_none_is_told() {
    let (records, reading) = ok(VulnerabilityFormat::Epss, EPSS);
    assert_eq!((records.len(), reading.read, reading.rejected_count), (2, 5, 3));
    assert_eq!(reading.snapshot, "2025-11-30");
    let first = records.first().and_then(|record| record.vulnerability.clone()?.prediction).unwrap_or_default();
    assert_eq!((first.score, first.percentile, first.model_version.as_str()), (0.00043, 0.0812, "v2025.03.14"));
    let told: Vec<(&str, &str)> =
        reading.rejected.iter().map(|one| (one.origin.as_str(), one.field.as_str())).collect();
    assert_eq!(told, [("line 5", "epss"), ("line 6", "percentile"), ("line 7", "cve")]);
    assert!(error(VulnerabilityFormat::Epss, "a,b,c\n1,2,3\n").contains("line 1"));
    assert!(error(VulnerabilityFormat::Epss, "#model_version:x\n").contains("empty"));
    assert!(error(VulnerabilityFormat::Epss, &"x".repeat(5000)).contains("limit"));
}

#[test]
fn what_is_packed_is_unpacked() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = packer.write_all(EPSS.as_bytes()).and_then(|()| packer.finish()).unwrap_or_default();
    let read = of(VulnerabilityFormat::Epss, &packed).map(|(records, _)| records.len()).ok();
    assert_eq!(read, Some(2));
    let half = packed.get(..packed.len() / 2).unwrap_or_default();
    assert!(of(VulnerabilityFormat::Epss, half).is_err());
}
