//! Profiles.

use serde_json::{Value, json};
use wire::controls::v1::{Profile, ProfileImport};

use super::{changed, metadata};
use crate::oscal;
use crate::oscal::export::{ExportError, token, uuid_of};
use crate::oscal_document::profile::{import, row, written};

/// The document with what differs in the row; none where nothing does.
pub(crate) fn laid(document: &oscal::Document, profile: &oscal::Profile, own: &Profile) -> Option<Value> {
    let planned = row(profile);
    let selects = |profile: &Profile| -> Vec<ProfileImport> {
        let bare = |import: &ProfileImport| ProfileImport {
            catalogue: String::new(),
            profile: String::new(),
            ..import.clone()
        };
        profile.imports.iter().map(bare).collect()
    };
    let same_imports = selects(&planned) == selects(own);
    let (title, version) = (planned.display_name != own.display_name, planned.version != own.version);
    if same_imports && !title && !version {
        return None;
    }
    let mut value = document.to_value();
    let root = value.get_mut("profile")?.as_object_mut()?;
    if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
        if title {
            metadata.insert("title".to_owned(), json!(own.display_name));
        }
        if version && !own.version.is_empty() {
            metadata.insert("version".to_owned(), json!(own.version));
        }
    }
    if !same_imports {
        root.insert("imports".to_owned(), imports(own));
    }
    Some(value)
}

/// The imports as OSCAL has them: what was imported keeps its reference, what was made here names its source.
fn imports(own: &Profile) -> Value {
    let each = |one: &ProfileImport| {
        let named = [&one.href, &one.catalogue, &one.profile].into_iter().find(|name| !name.is_empty());
        let ours = one.href.is_empty();
        let id = move |id: &str| if ours { token(id) } else { id.to_owned() };
        written(&import(one, named.cloned().unwrap_or_default(), &id))
    };
    own.imports.iter().map(each).collect()
}

/// A profile that no document stands behind.
pub(crate) fn made(own: &Profile) -> Result<Value, ExportError> {
    Ok(json!({"profile": {
        "uuid": uuid_of("profile", &own.name).to_string(),
        "metadata": metadata(&own.display_name, &own.version, changed([own.update_time].into_iter())),
        "imports": imports(own),
        "merge": {"combine": {"method": "use-first"}, "as-is": true},
    }}))
}
