//! MITRE FiGHT: threats to 5G, YAML.
//!
//! A technique of ATT&CK that FiGHT adds to has addenda, each with segments, assets and mitigations of its own: they are laid together with it.

use resource::id_of_key;
use serde_json::Value;
use wire::risk::v1::threat::{Countermeasure, Evidence, Remark};
use wire::risk::v1::threat_catalogue::Tactic;
use wire::risk::v1::{Mitigation, Threat, ThreatCatalogue};

use super::Catalogue;
use super::books::Books;
use super::json::{kind_of, unexpected};
use super::pieces::{
    Fields, MOST_EXAMPLES, MOST_REMARKS, add_remarks, add_words, address, before_dot, citation, line, list, objects,
    properties, prose, remark, words,
};
use crate::{IntakeError, text};

const EXPECTED: &str = "a FiGHT catalogue: YAML with `tactics`, `techniques` and `mitigations`";
const NOTICE: &str = "MITRE FiGHT, Copyright The MITRE Corporation, Apache License 2.0. It builds on MITRE ATT&CK, whose terms of use apply: \
                      keep the copyright notice.";
/// What of a technique or of an addendum has a field.
const TAKEN: [&str; 21] = [
    "id",
    "name",
    "bluf",
    "description",
    "status",
    "subtechnique-of",
    "tactics",
    "platforms",
    "architecture-segment",
    "mitigations",
    "criticalassets",
    "preconditions",
    "postconditions",
    "procedureexamples",
    "groups",
    "software",
    "campaigns",
    "detections",
    "references",
    "addendums",
    "object-type",
];

/// Reads a catalogue.
pub(super) fn read(bytes: &[u8]) -> Result<Catalogue, IntakeError> {
    let value = yaml(bytes)?;
    let Some(root) = value.as_object().filter(|root| root.get("techniques").is_some_and(Value::is_array)) else {
        return Err(unexpected("its beginning", &value, EXPECTED));
    };
    let mut books = Books::default();
    let tactics = tactics(root, &mut books);
    let key = |fields: &Fields| text::line(&text::word(fields, "id"), 63);
    for (at, value) in list(root, "mitigations").iter().enumerate() {
        let origin = format!("mitigations[{at}]");
        books.count("mitigations", 1);
        let Some(fields) = object(value, &origin, &mut books) else { continue };
        let mitigation = Mitigation {
            key: key(fields),
            title: line(fields, "name", 500),
            description: prose(fields, "description", 40_000),
            properties: properties(fields, &["id", "name", "description", "object-type", "techniques"]),
            ..Mitigation::default()
        };
        books.mitigation(origin, mitigation);
    }
    for (at, value) in list(root, "techniques").iter().enumerate() {
        let origin = format!("techniques[{at}]");
        books.count("techniques", 1);
        let Some(fields) = object(value, &origin, &mut books) else { continue };
        let threat = threat(fields, key(fields), &mut books);
        books.threat(origin, threat);
    }
    others(root, &mut books);
    let display_name = Some(line(root, "name", 200)).filter(|name| !name.is_empty());
    let catalogue = ThreatCatalogue {
        display_name: format!("MITRE {}", display_name.unwrap_or_else(|| "FiGHT".to_owned())),
        edition: line(root, "version", 100),
        publisher: "MITRE".to_owned(),
        notice: NOTICE.to_owned(),
        source: "https://fight.mitre.org".to_owned(),
        tactics,
        ..ThreatCatalogue::default()
    };
    let source_id = line(root, "id", 200);
    let id = id_of_key(&source_id).map_or_else(|| "mitre-fight".to_owned(), |id| format!("mitre-{id}"));
    let (records, report) = books.closed();
    Ok(Catalogue { id, source_id, catalogue, records, report })
}

fn yaml(bytes: &[u8]) -> Result<Value, IntakeError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(IntakeError::Empty { expected: EXPECTED });
    }
    let budget = serde_saphyr::budget! { max_events: 8_000_000, max_nodes: 4_000_000 };
    serde_saphyr::from_slice_with_options(bytes, serde_saphyr::options! { budget: budget }).map_err(|error| {
        let at = error.location().map(|place| format!("line {} column {}", place.line(), place.column()));
        // The first line says what is wrong; those after it draw the place.
        let problem = error.to_string();
        IntakeError::Malformed {
            at: at.unwrap_or_else(|| "an unknown place".to_owned()),
            problem: text::line(problem.lines().next().unwrap_or_default(), 300),
            remedy: "mend the YAML there or download the file anew",
        }
    })
}

fn object<'a>(value: &'a Value, origin: &str, books: &mut Books) -> Option<&'a Fields> {
    let fields = value.as_object();
    if fields.is_none() {
        books.reject(origin, "", format!("expected an object with an `id` and a `name`, found {}", kind_of(value)));
    }
    fields
}

fn tactics(root: &Fields, books: &mut Books) -> Vec<Tactic> {
    let mut tactics = Vec::new();
    for (value, order) in list(root, "tactics").iter().zip(1..) {
        let origin = format!("tactics[{}]", order - 1);
        books.count("tactics", 1);
        let Some(fields) = object(value, &origin, books) else { continue };
        let id = line(fields, "id", 63);
        if id.is_empty() {
            books.reject(&origin, "id", "a tactic has an `id`".to_owned());
            continue;
        }
        let (title, description) = (line(fields, "name", 200), prose(fields, "description", 4000));
        tactics.push(Tactic { id, title, order, description });
    }
    books.folded("tactics", tactics.len(), "kept with the catalogue");
    tactics
}

/// What else the file lists is told in the threats that name it.
fn others(root: &Fields, books: &mut Books) {
    for (key, value) in root {
        let known = matches!(key.as_str(), "tactics" | "techniques" | "mitigations");
        let Some(items) = value.as_array().filter(|_| !known) else { continue };
        books.count(key, items.len());
        books.folded(key, items.len(), "no record of its own: told in the threats that name it");
    }
}

fn threat(fields: &Fields, key: String, books: &mut Books) -> Threat {
    let status = line(fields, "status", 1000);
    let evidence = evidence(&status);
    if evidence == Evidence::Unspecified && !status.is_empty() {
        books.warn(format!("the status `{status}` is not known; it is kept as a note"));
    }
    let parent = line(fields, "subtechnique-of", 63);
    let mut threat = Threat {
        title: line(fields, "name", 500),
        summary: prose(fields, "bluf", 4000),
        description: prose(fields, "description", 60_000),
        parent_key: if parent.is_empty() { before_dot(&key).to_owned() } else { parent },
        tactics: words(fields, "tactics"),
        evidence: evidence.into(),
        evidence_note: status,
        related_keys: counterpart(&key, &text::word(fields, "typecode")).into_iter().collect(),
        properties: properties(fields, &TAKEN),
        key,
        ..Threat::default()
    };
    lay(&mut threat, fields);
    for addendum in objects(fields, "addendums") {
        books.count("addendums", 1);
        books.folded("addendums", 1, "laid together with the technique that they add to");
        let said = prose(addendum, "name", 60_000);
        let segments = said.lines().filter_map(|line| line.split_once("Architecture Segments:").map(|(_, rest)| rest));
        for segment in segments {
            add_words(&mut threat.architecture_segments, segment.split(','));
        }
        threat.description = text::clip(&format!("{}\n\n{said}", threat.description), 100_000);
        lay(&mut threat, addendum);
    }
    threat
}

/// What a technique and its addenda say alike.
fn lay(threat: &mut Threat, fields: &Fields) {
    let more = words(fields, "platforms");
    add_words(&mut threat.platforms, more.iter().map(String::as_str));
    let more = words(fields, "architecture-segment");
    add_words(&mut threat.architecture_segments, more.iter().map(String::as_str));
    for one in objects(fields, "mitigations") {
        let (key, said) = (line(one, "fgmid", 63), prose(one, "mitigates", 8000));
        match threat.mitigations.iter_mut().find(|known| known.key == key) {
            Some(known) if !known.r#use.contains(&said) => {
                known.r#use = text::clip(&format!("{}\n\n{said}", known.r#use), 8000);
            }
            Some(_) => {}
            None if key.is_empty() => {}
            None => threat.mitigations.push(Countermeasure { key, r#use: said, ..Countermeasure::default() }),
        }
    }
    add_remarks(&mut threat.critical_assets, remarks(fields, "criticalassets", "description"), MOST_REMARKS);
    add_remarks(&mut threat.preconditions, remarks(fields, "preconditions", "description"), MOST_REMARKS);
    add_remarks(&mut threat.postconditions, remarks(fields, "postconditions", "description"), MOST_REMARKS);
    for key in ["procedureexamples", "groups", "software", "campaigns"] {
        add_remarks(&mut threat.examples, remarks(fields, key, "description"), MOST_EXAMPLES);
    }
    let detections = objects(fields, "detections").filter_map(|one| {
        let parts = [line(one, "name", 200), line(one, "component", 200)];
        let title: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        remark(&title.join(": "), &text::word(one, "detects"))
    });
    add_remarks(&mut threat.detections, detections, MOST_REMARKS);
    let printed = list(fields, "references").iter().filter_map(Value::as_str);
    for one in printed.filter_map(|printed| citation(printed, address(printed))) {
        if threat.references.len() < 300 && !threat.references.contains(&one) {
            threat.references.push(one);
        }
    }
}

fn remarks<'a>(fields: &'a Fields, key: &str, said: &'a str) -> impl Iterator<Item = Remark> {
    objects(fields, key).filter_map(move |one| remark(&text::word(one, "name"), &text::word(one, said)))
}

/// How far a threat is known to be real, in any of the spellings that are used. What was seen in an earlier generation was seen.
fn evidence(status: &str) -> Evidence {
    let status = status.to_ascii_lowercase();
    match status.trim() {
        status if status.starts_with("observed") => Evidence::Observed,
        "poc" => Evidence::ProofOfConcept,
        status if status.starts_with("proof") => Evidence::ProofOfConcept,
        status if status.starts_with("theoretical") => Evidence::Theoretical,
        _ => Evidence::Unspecified,
    }
}

/// The key of ATT&CK that a technique adds to or details; they share their digits.
fn counterpart(key: &str, typecode: &str) -> Option<String> {
    let digits = key.strip_prefix("FGT")?;
    match typecode {
        "fight_subtechnique_to_attack_technique" => Some(format!("T{}", before_dot(digits))),
        of_attack if of_attack.starts_with("attack_") => Some(format!("T{digits}")),
        _ => None,
    }
}
