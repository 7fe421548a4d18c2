//! NetBox dumps (`manage.py dumpdata`): a list of `{model, pk, fields}`, held in memory because everything refers to everything.
//!
//! Devices, virtual machines, clusters, circuits, power panels and feeds and the resources of numbering become assets; sites become sites. Cables,
//! hosts, bays and power feeds become dependencies. Addresses, ports, types, roles, tags and the like are folded into the assets they belong to, or
//! are named in the report with the reason. The external id is `<model>:<pk>`, since keys are unique in their model only.

mod about;
mod asset;
mod cables;
mod dump;
mod edges;
mod network;
mod notes;
mod numbering;
mod place;
mod ports;
mod site;
mod specs;

use std::io::Read;

use serde_json::Value;

use crate::elements::Elements;
use crate::out::{Go, Out, Source};
use crate::{IntakeError, Settings, text};
use dump::Dump;

const EXPECTED: &str = "a NetBox dump: a JSON list of objects with `model`, `pk` and `fields`";

/// Reads a dump.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let dump = load(input, out)?;
    let notes = notes::Notes::of(&dump, out);
    site::take(&dump, &notes, out)?;
    let network = network::Network::of(&dump, out);
    let taken = asset::Assets::new(&dump, &notes, &network, settings).take(out)?;
    edges::take(&dump, &taken, out);
    about::rest(&dump, out);
    dump.tell_missing(out);
    Ok(())
}

/// Reads all objects; an error where none of them is one of a dump.
fn load(input: &mut dyn Read, out: &mut Out<'_>) -> Go<Dump> {
    let mut elements = Elements::new(input, EXPECTED);
    let mut dump = Dump::default();
    let (mut first, mut good) = (None, 0_u64);
    while let Some(element) = elements.next()? {
        match object(element.value, &mut dump) {
            Ok(model) => {
                out.count(&model);
                good += 1;
            }
            Err((model, problem)) => {
                out.count(&model);
                first.get_or_insert_with(|| (element.origin.clone(), problem.clone()));
                let message = format!("{problem}; export it again with `manage.py dumpdata`");
                out.reject(&Source::new(element.origin, model), "BODY_INVALID", message, "");
            }
        }
    }
    match first {
        Some((at, found)) if good == 0 => Err(IntakeError::Unexpected { at, found, expected: EXPECTED }.into()),
        None if good == 0 => {
            out.warn("the list is empty; nothing is imported");
            Ok(dump)
        }
        _ => Ok(dump),
    }
}

/// Files one object; answers its model, and what is wrong where it cannot be filed.
fn object(value: Value, dump: &mut Dump) -> Result<String, (String, String)> {
    let unknown = || "object without a model".to_owned();
    let Value::Object(mut parts) = value else {
        return Err((unknown(), "a value that is not an object".to_owned()));
    };
    let model = text::line(&text::word(&parts, "model"), 100).to_ascii_lowercase();
    if model.is_empty() {
        return Err((unknown(), "an object without `model`".to_owned()));
    }
    let Some(Value::Object(fields)) = parts.remove("fields") else {
        return Err((model.clone(), format!("an object of `{model}` without `fields`")));
    };
    let key = text::line(&text::word(&parts, "pk"), 100);
    match dump.add(&model, key, fields) {
        Ok(()) => Ok(model),
        Err(problem) => Err((model, problem)),
    }
}
