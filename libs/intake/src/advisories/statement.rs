//! What a document says of one vulnerability.

use std::collections::HashMap;

use serde_json::Value;
use wire::risk::v1::advisory::{Flag, Remediation, Statement};
use wire::risk::v1::finding::Justification;

use crate::vulnerabilities::fields::{items, number, text, texts};

/// How many products a list names.
const MOST: usize = 5000;

pub(super) fn of(said: &Value, groups: &HashMap<String, Vec<String>>) -> Statement {
    let status = said.get("product_status").unwrap_or(&Value::Null);
    let named = |keys: &[&str]| {
        let mut ids: Vec<String> = keys.iter().flat_map(|key| texts(status, key, MOST, 500)).collect();
        ids.sort();
        ids.dedup();
        ids.truncate(MOST);
        ids
    };
    let ids: Vec<String> =
        items(said, "ids").iter().map(|id| text(id, "text", 200)).filter(|id| !id.is_empty()).collect();
    let (cvss, cvss_vector) = greatest(said);
    let impact = items(said, "threats").iter().find(|threat| text(threat, "category", 60) == "impact");
    Statement {
        cve: text(said, "cve", 60).to_lowercase(),
        title: text(said, "title", 2000),
        ids: ids.join(", ").chars().take(1000).collect(),
        known_affected: named(&["known_affected", "first_affected", "last_affected"]),
        known_not_affected: named(&["known_not_affected"]),
        fixed: named(&["fixed", "first_fixed"]),
        under_investigation: named(&["under_investigation"]),
        flags: items(said, "flags").iter().take(500).map(|flag| self::flag(flag, groups)).collect(),
        remediations: items(said, "remediations").iter().take(500).map(|one| remediation(one, groups)).collect(),
        cvss,
        cvss_vector,
        impact: impact.map(|threat| text(threat, "details", 8000)).unwrap_or_default(),
    }
}

/// The greatest score of the document, with its vector. The service computes no scores of advisories: they are those of the publisher.
fn greatest(said: &Value) -> (f64, String) {
    let scores = items(said, "scores").iter();
    let given = scores.flat_map(|score| ["cvss_v4", "cvss_v3", "cvss_v2"].into_iter().filter_map(|key| score.get(key)));
    let rated = given.map(|cvss| (number(cvss, "baseScore").unwrap_or_default(), text(cvss, "vectorString", 500)));
    let best =
        rated.filter(|(score, _)| (0.0..=10.0).contains(score)).max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.unwrap_or_default()
}

/// Products that are named by themselves and by their groups.
fn products(of: &Value, groups: &HashMap<String, Vec<String>>) -> Vec<String> {
    let by_group = texts(of, "group_ids", 500, 500);
    let by_group = by_group.iter().filter_map(|group| groups.get(group)).flatten().cloned();
    let mut ids: Vec<String> = texts(of, "product_ids", MOST, 500).into_iter().chain(by_group).collect();
    ids.sort();
    ids.dedup();
    ids.truncate(MOST);
    ids
}

fn flag(flag: &Value, groups: &HashMap<String, Vec<String>>) -> Flag {
    let justification = match text(flag, "label", 100).as_str() {
        "component_not_present" => Justification::ComponentNotPresent,
        "vulnerable_code_not_present" => Justification::VulnerableCodeNotPresent,
        "vulnerable_code_not_in_execute_path" => Justification::VulnerableCodeNotInExecutePath,
        "vulnerable_code_cannot_be_controlled_by_adversary" => {
            Justification::VulnerableCodeCannotBeControlledByAdversary
        }
        "inline_mitigations_already_exist" => Justification::InlineMitigationsAlreadyExist,
        _ => Justification::Unspecified,
    };
    Flag { justification: justification.into(), product_ids: products(flag, groups) }
}

fn remediation(one: &Value, groups: &HashMap<String, Vec<String>>) -> Remediation {
    Remediation {
        category: text(one, "category", 60),
        details: text(one, "details", 8000),
        url: text(one, "url", 2048),
        product_ids: products(one, groups),
    }
}
