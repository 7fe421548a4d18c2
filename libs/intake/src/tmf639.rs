//! TM Forum TMF639 resources (versions 4 and 5) as assets, read as they come.
//!
//! Read with tolerance: `place` as object or list, `resourceCharacteristic` or `characteristic`, `relationshipType` or `type`. A characteristic
//! `assetType` says what the asset is; else `@type`, `category` and the specification are looked up in the tables. The characteristics
//! `security.confidentiality`, `security.integrity`, `security.availability`, `security.classification`, `security.legalTags`,
//! `security.criticalityReason` and `powerWatts` go to the fields of the asset. What has no field is kept as an attribute. Persons are referred to,
//! their names are not copied.

pub(crate) mod characteristics;
mod place;
mod relations;
mod resource;
mod tables;

use std::io::Read;

use serde_json::Value;

use crate::Settings;
use crate::elements::Elements;
use crate::out::{Go, Out, Source};

const EXPECTED: &str = "TMF639 resources: a JSON list of objects, or objects one after the other";

/// Reads resources.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut elements = Elements::new(input, EXPECTED);
    while let Some(element) = elements.next()? {
        match element.value {
            Value::Object(fields) => resource::take(&fields, element.origin, settings, out)?,
            other => {
                let kind = kind_of(&other);
                out.count(kind);
                let message =
                    format!("expected a TMF639 resource, found {kind}; each element must be an object with an `id`");
                out.reject(&Source::new(element.origin, kind), "BODY_INVALID", message, "");
            }
        }
    }
    Ok(())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
