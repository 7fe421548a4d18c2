//! CVE records, JSON 5: what the `cna` and every `adp` container says, each with its origin.

use std::io::Read;

use serde_json::Value;
use wire::risk::v1::vulnerability::{
    Affected, Container, Exploitation, OriginText, Rating, Reference, State, VersionRange,
};
use wire::risk::v1::{Vulnerability, VulnerabilityRecord};

use super::fields::{cut, date, items, kind, number, text, texts};
use super::{Reading, Sink};
use crate::IntakeError;
use crate::dates;
use crate::elements::Elements;

/// The metrics that are CVSS, with the version that their name says.
const CVSS: [(&str, &str); 4] = [("cvssV2_0", "2.0"), ("cvssV3_0", "3.0"), ("cvssV3_1", "3.1"), ("cvssV4_0", "4.0")];

/// How many of each are kept.
const MOST_AFFECTED: usize = 2000;
const MOST_VERSIONS: usize = 1000;
const MOST_CPES: usize = 500;
const MOST_RATINGS: usize = 200;
const MOST_REFERENCES: usize = 50;

pub(super) fn read(input: &mut dyn Read, sink: Sink<'_>) -> Result<Reading, IntakeError> {
    let mut reading = Reading::default();
    let mut elements = Elements::new(input, "CVE records in JSON");
    while let Some(element) = elements.next()? {
        reading.read += 1;
        match record(&element.value, &element.origin) {
            Ok(record) => {
                if sink(record).is_break() {
                    break;
                }
            }
            Err((field, message)) => reading.reject(element.origin, field, message),
        }
    }
    Ok(reading)
}

/// One record, or which field of it is wrong, and how.
fn record(value: &Value, origin: &str) -> Result<VulnerabilityRecord, (&'static str, String)> {
    let Some(metadata) = value.get("cveMetadata").filter(|metadata| metadata.is_object()) else {
        let what = kind(value);
        return Err(("cveMetadata", format!("this is {what} without `cveMetadata`: a CVE record of JSON 5 has it")));
    };
    let cve = text(metadata, "cveId", 60);
    if cve.is_empty() {
        return Err(("cveMetadata.cveId", "the record has no id".to_owned()));
    }
    let Some(cna) = value.pointer("/containers/cna") else {
        return Err(("containers.cna", "the record has no `cna` container".to_owned()));
    };
    let time = |key: &str| dates::read(&text(metadata, key, 64), &[]);
    let state = match text(metadata, "state", 40).to_uppercase().as_str() {
        "PUBLISHED" => State::Published,
        "REJECTED" => State::Rejected,
        _ => State::Unspecified,
    };
    let mut one = Vulnerability {
        title: text(cna, "title", 500),
        description: description(cna),
        state: state.into(),
        reserve_time: time("dateReserved"),
        publish_time: time("datePublished"),
        record_update_time: time("dateUpdated"),
        assigner: text(metadata, "assignerShortName", 200),
        ..Default::default()
    };
    container(&mut one, "cna", cna);
    for adp in value.pointer("/containers/adp").and_then(Value::as_array).into_iter().flatten() {
        let name = adp.get("providerMetadata").map(|provider| text(provider, "shortName", 100)).unwrap_or_default();
        let name = if name.is_empty() { text(adp, "title", 100) } else { name };
        container(&mut one, if name.is_empty() { "adp" } else { &name }, adp);
    }
    one.affected.truncate(MOST_AFFECTED);
    one.ratings.truncate(MOST_RATINGS);
    one.record_weaknesses.truncate(200);
    one.containers.truncate(100);
    Ok(VulnerabilityRecord { place: origin.to_owned(), cve, vulnerability: Some(one) })
}

/// The description in English, else the first; of what is rejected, why.
fn description(cna: &Value) -> String {
    let all = items(cna, "descriptions").iter().chain(items(cna, "rejectedReasons"));
    let english = |one: &&Value| text(one, "lang", 10).to_lowercase().starts_with("en");
    let found = all.clone().find(english).or_else(|| all.clone().next());
    found.map(|one| text(one, "value", 8000)).unwrap_or_default()
}

/// Takes what one party says.
fn container(one: &mut Vulnerability, origin: &str, value: &Value) {
    let updated = value.get("providerMetadata").map(|provider| text(provider, "dateUpdated", 64)).unwrap_or_default();
    let origin = free(one, origin);
    one.containers.push(Container { origin: origin.clone(), date_updated: dates::read(&updated, &[]) });
    for metric in items(value, "metrics") {
        for (key, version) in CVSS {
            if let Some(given) = metric.get(key).filter(|given| given.is_object()) {
                one.ratings.push(Rating {
                    origin: origin.clone(),
                    version: version.to_owned(),
                    vector: text(given, "vectorString", 500),
                    said: number(given, "baseScore").filter(|score| (0.0..=10.0).contains(score)).unwrap_or_default(),
                    ..Default::default()
                });
            }
        }
        if let Some(other) = metric.get("other") {
            decided(one, other);
        }
    }
    for problem in items(value, "problemTypes").iter().flat_map(|problem| items(problem, "descriptions")) {
        let cwe = text(problem, "cweId", 40);
        let said = if cwe.is_empty() { text(problem, "description", 500) } else { cwe };
        if !said.is_empty() {
            one.record_weaknesses.push(OriginText { origin: origin.clone(), text: said });
        }
    }
    one.affected.extend(items(value, "affected").iter().take(MOST_AFFECTED).map(|product| affected(&origin, product)));
    for page in items(value, "references") {
        let url = text(page, "url", 2048);
        let known = one.references.iter().any(|known| known.url == url);
        if !url.is_empty() && !known && one.references.len() < MOST_REFERENCES {
            one.references.push(Reference { url, tags: texts(page, "tags", 30, 200) });
        }
    }
}

/// A name that no container before has: two parties may call themselves the same.
fn free(one: &Vulnerability, origin: &str) -> String {
    let taken = |name: &str| one.containers.iter().any(|part| part.origin == name);
    let numbered = (2..).map(|number| format!("{}-{number}", cut(origin, 90)));
    std::iter::once(origin.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// What the coordinator decided (SSVC), and whether CISA lists it.
fn decided(one: &mut Vulnerability, other: &Value) {
    let content = other.get("content").unwrap_or(&Value::Null);
    match text(other, "type", 60).to_lowercase().as_str() {
        "ssvc" => {
            let options = items(content, "options").iter();
            let said = options.map(|option| text(option, "Exploitation", 40)).find(|said| !said.is_empty());
            let said = match said.unwrap_or_default().to_lowercase().as_str() {
                "none" => Exploitation::None,
                "poc" | "public poc" => Exploitation::ProofOfConcept,
                "active" => Exploitation::Active,
                _ => return,
            };
            one.set_exploitation(said);
        }
        "kev" => one.record_kev_date = date(&text(content, "dateAdded", 40)).unwrap_or_default(),
        _ => {}
    }
}

fn affected(origin: &str, product: &Value) -> Affected {
    let ranges = items(product, "versions").iter().take(MOST_VERSIONS).map(|range| VersionRange {
        version: text(range, "version", 1024),
        less_than: text(range, "lessThan", 1024),
        less_than_or_equal: text(range, "lessThanOrEqual", 1024),
        status: text(range, "status", 40),
        version_type: text(range, "versionType", 128),
    });
    Affected {
        origin: origin.to_owned(),
        vendor: text(product, "vendor", 512),
        product: text(product, "product", 2048),
        versions: ranges.collect(),
        cpes: texts(product, "cpes", MOST_CPES, 2048),
        platforms: texts(product, "platforms", 100, 1024),
        default_status: text(product, "defaultStatus", 40),
        package_name: text(product, "packageName", 2048),
    }
}
