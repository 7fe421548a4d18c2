//! The registry of documents.

use super::*;

#[test]
fn supersession_is_said_on_both_sides_and_never_goes_in_a_circle() {
    for newer in documents() {
        for older in &newer.supersedes {
            let older = document(older).unwrap_or_else(|| panic!("{}: no document {older}", newer.key));
            assert_eq!(older.superseded_by.as_deref(), Some(newer.key.as_str()), "{}", older.key);
            assert_eq!(older.designation, newer.designation, "{}", newer.key);
            assert!(older.is_outdated(), "{}", older.key);
            if let (Some(before), Some(after)) = (&older.published, &newer.published) {
                assert!(before < after, "{} is not after {}", newer.key, older.key);
            }
        }
    }
    for older in documents() {
        if let Some(newer) = older.superseded_by.as_deref() {
            let newer = document(newer).unwrap_or_else(|| panic!("{}: no document {newer}", older.key));
            assert!(newer.supersedes.contains(&older.key), "{} does not say that it replaces {}", newer.key, older.key);
        }
        let mut passed = BTreeSet::new();
        let mut at = Some(older);
        while let Some(edition) = at {
            assert!(passed.insert(&edition.key), "the editions after {} go in a circle", older.key);
            at = edition.superseded_by.as_deref().and_then(document);
        }
    }
}

#[test]
fn twins_name_each_other_and_supplements_name_a_document() {
    for document in documents() {
        for twin in &document.twins {
            let other = super::document(twin).unwrap_or_else(|| panic!("{}: no document {twin}", document.key));
            assert!(other.twins.contains(&document.key), "{twin} does not name {}", document.key);
        }
        if let Some(supplemented) = &document.supplements {
            assert!(documents().iter().any(|other| other.designation == *supplemented), "{supplemented}");
        }
    }
}

#[test]
fn one_edition_of_a_number_is_in_force_at_most() {
    let mut in_force = BTreeSet::new();
    for document in documents().iter().filter(|document| document.status == Status::InForce) {
        assert!(in_force.insert(&document.designation), "{}", document.designation);
        assert_eq!(document.superseded_by, None, "{}", document.key);
    }
}

#[test]
fn dates_are_days_and_agree_with_the_edition_as_printed() {
    for document in documents() {
        let Some(published) = document.published.as_deref() else { continue };
        let parts: Vec<&str> = published.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [4, 2, 2], "{}", document.key);
        if let Some((month, year)) = document.edition.as_deref().and_then(|edition| edition.split_once('/')) {
            assert_eq!((parts[1], parts[0]), (month, year), "{}", document.key);
        }
    }
}

#[test]
fn the_registry_knows_every_edition_of_the_family() {
    let editions = |designation: &str| -> Vec<&str> {
        let of_it = documents().iter().filter(|document| document.designation == designation);
        of_it.filter_map(|document| document.edition.as_deref()).collect()
    };
    assert_eq!(editions("ITU-T X.1051"), ["07/2004", "02/2008", "04/2016", "06/2023"]);
    assert_eq!(editions("ITU-T X.1052"), ["05/2011", "10/2020"]);
    assert_eq!(editions("ITU-T X.1054"), ["09/2012", "04/2021"]);
    assert_eq!(editions("ITU-T X.1058"), ["03/2017", "02/2026"]);
    assert_eq!(editions("ITU-T X.1060"), ["06/2021", "03/2026"]);
    assert_eq!(editions("ITU-T X Suppl. 13"), ["09/2012", "09/2018"]);
    for single in ["ITU-T E.409", "ITU-T X.1053", "ITU-T X.1055", "ITU-T X.1056", "ITU-T X.1057", "ITU-T X.1059"] {
        assert_eq!(editions(single).len(), 1, "{single}");
    }
    for single in ["ITU-T X.1061", "ITU-T X.1062", "ITU-T X Suppl. 27", "ITU-T X Suppl. 32", "ITU-T X Suppl. 34"] {
        assert_eq!(editions(single).len(), 1, "{single}");
    }
    for single in ["ITU-T X Suppl. 36", "ITU-T X Suppl. 44"] {
        assert_eq!(editions(single).len(), 1, "{single}");
    }
}

#[test]
fn work_on_an_old_edition_is_led_to_the_latest() {
    let first = document("itu-x1051-2004").unwrap();
    assert!(first.is_outdated());
    assert_eq!(first.latest().key, "itu-x1051-2023");
    assert_eq!(first.latest().latest().key, "itu-x1051-2023");
    assert!(!first.latest().is_outdated());
    assert_eq!(document("itu-x1051-1999").map(|found| &found.key), None);
}
