//! A profile of OSCAL as a profile of ours, and back. Pure.

use serde_json::{Map, Value, json};
use wire::controls::v1::{ControlSelection, Profile, ProfileImport};

use super::id::cut;
use crate::oscal::{self, Import, Select};

/// The profile that is made of one of OSCAL, whose references nobody has looked up.
pub(crate) fn row(profile: &oscal::Profile) -> Profile {
    let import = |import: &Import| ProfileImport {
        href: import.href.clone(),
        include: import.include.iter().flatten().map(selection).collect(),
        exclude: import.exclude.iter().map(selection).collect(),
        ..Default::default()
    };
    Profile {
        display_name: cut(&profile.metadata.title, 200),
        version: cut(&profile.metadata.version, 64),
        provenance: format!(
            "Imported from an OSCAL document ({}), UUID {}, last changed {}.",
            cut(&profile.metadata.oscal_version, 40),
            cut(&profile.uuid, 100),
            cut(&profile.metadata.last_modified, 60)
        ),
        imports: profile.imports.iter().map(import).collect(),
        ..Default::default()
    }
}

fn selection(select: &Select) -> ControlSelection {
    ControlSelection {
        ids: select.ids.clone(),
        patterns: select.patterns.clone(),
        with_enhancements: select.with_children,
    }
}

/// Lays what the document says of a profile over the row. What an import stands for stays where the document's reference is the same
/// and nothing new was found for it.
pub(crate) fn lay_profile(row: &mut Profile, planned: &Profile) {
    row.display_name.clone_from(&planned.display_name);
    row.version.clone_from(&planned.version);
    row.provenance.clone_from(&planned.provenance);
    let old = std::mem::replace(&mut row.imports, planned.imports.clone());
    for (import, old) in row.imports.iter_mut().zip(old) {
        if import.catalogue.is_empty() && import.profile.is_empty() && import.href == old.href {
            (import.catalogue, import.profile) = (old.catalogue, old.profile);
        }
    }
}

/// The selections of an import as OSCAL has them; `id` says how the catalogue writes an id.
pub(crate) fn import(import: &ProfileImport, href: String, id: &dyn Fn(&str) -> String) -> Import {
    let select = |selection: &ControlSelection| Select {
        ids: selection.ids.iter().map(|one| id(one)).collect(),
        patterns: selection.patterns.clone(),
        with_children: selection.with_enhancements,
    };
    let include: Vec<Select> = import.include.iter().map(select).collect();
    Import {
        href,
        include: (!include.is_empty()).then_some(include),
        exclude: import.exclude.iter().map(select).collect(),
    }
}

/// An import as JSON.
pub(crate) fn written(import: &Import) -> Value {
    let select = |select: &Select| {
        let mut value = Map::new();
        if select.with_children {
            value.insert("with-child-controls".to_owned(), json!("yes"));
        }
        if !select.ids.is_empty() {
            value.insert("with-ids".to_owned(), json!(select.ids));
        }
        if !select.patterns.is_empty() {
            let patterns = select.patterns.iter().map(|pattern| json!({"pattern": pattern})).collect();
            value.insert("matching".to_owned(), patterns);
        }
        Value::Object(value)
    };
    let (key, included) = match &import.include {
        Some(include) => ("include-controls", include.iter().map(select).collect()),
        None => ("include-all", json!({})),
    };
    let mut value = Map::from_iter([("href".to_owned(), json!(import.href)), (key.to_owned(), included)]);
    if !import.exclude.is_empty() {
        value.insert("exclude-controls".to_owned(), import.exclude.iter().map(select).collect());
    }
    Value::Object(value)
}
