//! TM Forum TMF639 resources (versions 4 and 5) as assets, read as they come.
//!
//! Read with tolerance: `place` as object or list, `resourceCharacteristic` or `characteristic`, `relationshipType` or `type`. A characteristic
//! `assetType` says what the asset is; else `@type`, `category` and the specification are looked up in the tables. The characteristics
//! `security.confidentiality`, `security.integrity`, `security.availability`, `security.classification`, `security.legalTags`,
//! `security.criticalityReason` and `powerWatts` go to the fields of the asset. What has no field is kept as an attribute. Persons are referred to,
//! their names are not copied.
//!
//! A related resource may be a reference or, in `resource` and `supportingResource`, the resource itself: then it becomes an asset too, after those
//! that stand on their own and only where it is none of them. Those inside are held back until the end of the file.

pub(crate) mod characteristics;
mod continuity;
mod place;
mod relations;
mod resource;
mod tables;

use std::collections::VecDeque;
use std::io::Read;

use serde_json::{Map, Value};

use crate::elements::Elements;
use crate::out::{Go, Out, Source};
use crate::{Settings, text};

const EXPECTED: &str = "TMF639 resources: a JSON list of objects, or objects one after the other";

/// Reads resources.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut elements = Elements::new(input, EXPECTED);
    // Resources that stand inside of others wait: where one stands on its own too, that one says more.
    let mut nested = VecDeque::new();
    while let Some(element) = elements.next()? {
        match element.value {
            Value::Object(fields) => resource::take(&fields, element.origin, settings, &mut nested, out)?,
            other => {
                let kind = text::kind_of(&other);
                out.count(kind);
                let message =
                    format!("expected a TMF639 resource, found {kind}; each element must be an object with an `id`");
                out.reject(&Source::new(element.origin, kind), "BODY_INVALID", message, "");
            }
        }
    }
    while let Some(Nested { fields, origin }) = nested.pop_front() {
        if out.knows_asset(&text::word(&fields, "id")) {
            out.count(INSIDE);
            out.not_imported(INSIDE, "the same resource came on its own or inside of an earlier one, which counts");
            continue;
        }
        resource::take(&fields, origin, settings, &mut nested, out)?;
    }
    Ok(())
}

/// A resource that stands inside of another one, by value.
pub(crate) struct Nested {
    fields: Map<String, Value>,
    origin: String,
}

const INSIDE: &str = "resource inside of another";
