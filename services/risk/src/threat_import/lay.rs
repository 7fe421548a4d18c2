//! What a source says, laid over what is known. What the organization alone says (labels) and what the engine keeps stays. Pure.

use std::collections::HashSet;

use wire::risk::v1::{ImportThreatsStart, Mitigation, Threat, ThreatCatalogue};

/// Lays a catalogue.
pub(super) fn catalogue(row: &mut ThreatCatalogue, start: &ImportThreatsStart) {
    let said = start.catalogue.clone().unwrap_or_default();
    row.format = start.format;
    row.display_name = said.display_name;
    row.edition = said.edition;
    row.publisher = said.publisher;
    row.source = said.source;
    row.description = said.description;
    row.tactics = said.tactics;
    // What an organization wrote down about the licence is not wiped out by a source that says nothing about it.
    if !said.notice.is_empty() {
        row.notice = said.notice;
    }
    if !start.source_id.is_empty() {
        row.source_id.clone_from(&start.source_id);
    }
}

/// Lays a threat, which is there again where it was gone.
pub(super) fn threat(row: &mut Threat, said: &Threat) {
    *row = Threat {
        name: std::mem::take(&mut row.name),
        labels: std::mem::take(&mut row.labels),
        create_time: row.create_time,
        update_time: row.update_time,
        etag: std::mem::take(&mut row.etag),
        imported: true,
        gone: false,
        gone_time: None,
        gone_edition: String::new(),
        ..said.clone()
    };
}

/// Lays a mitigation, which is there again where it was gone.
pub(super) fn mitigation(row: &mut Mitigation, said: &Mitigation) {
    *row = Mitigation {
        name: std::mem::take(&mut row.name),
        labels: std::mem::take(&mut row.labels),
        create_time: row.create_time,
        update_time: row.update_time,
        etag: std::mem::take(&mut row.etag),
        imported: true,
        gone: false,
        gone_time: None,
        gone_edition: String::new(),
        ..said.clone()
    };
}

/// Makes the keys of mitigations names of those that the catalogue holds.
pub(super) fn name_mitigations(threat: &mut Threat, catalogue: &str, known: &HashSet<String>) {
    for one in &mut threat.mitigations {
        let id = resource::id_of_key(&one.key).filter(|id| known.contains(id));
        one.mitigation = id.map(|id| format!("{catalogue}/mitigations/{id}")).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use wire::risk::v1::threat::Countermeasure;

    use super::*;

    #[test]
    fn what_is_laid_leaves_labels_and_comes_back_from_gone() {
        let mut row = Threat {
            name: "n".to_owned(),
            labels: [("owner".to_owned(), "ran".to_owned())].into(),
            gone: true,
            gone_edition: "2".to_owned(),
            title: "before".to_owned(),
            ..Default::default()
        };
        let said = Threat { name: "x".to_owned(), title: "after".to_owned(), ..Default::default() };
        threat(&mut row, &said);
        assert_eq!((row.name.as_str(), row.title.as_str(), row.gone, row.imported), ("n", "after", false, true));
        assert_eq!(row.labels.len(), 1);
        assert!(row.gone_edition.is_empty());
    }

    #[test]
    fn only_what_the_catalogue_holds_is_named() {
        let of = |key: &str| Countermeasure { key: key.to_owned(), mitigation: "x".to_owned(), ..Default::default() };
        let mut threat = Threat { mitigations: vec![of("M1"), of("M2")], ..Default::default() };
        name_mitigations(&mut threat, "organizations/o/threatCatalogues/c", &HashSet::from(["m1".to_owned()]));
        let names: Vec<&str> = threat.mitigations.iter().map(|one| one.mitigation.as_str()).collect();
        assert_eq!(names, ["organizations/o/threatCatalogues/c/mitigations/m1", ""]);
    }
}
