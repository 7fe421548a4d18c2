//! NetBox, held in memory because everything refers to everything: dumps (`manage.py dumpdata`, a list of `{model, pk, fields}`) and answers of the
//! REST API (`{count, next, previous, results}`, one after the other or as a list, or their objects). Each object tells by its members which it is.
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
mod rest;
mod site;
mod specs;

use std::io::Read;

use serde_json::{Map, Value};

use crate::elements::{self, Element, Elements, Plan, Step, Walker};
use crate::out::{Go, Out, Source};
use crate::{IntakeError, Settings, text};
use dump::Dump;

const EXPECTED: &str = "NetBox: a dump, which is a JSON list of objects with `model`, `pk` and `fields`, or answers of its API with `results`";

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

/// Reads all objects; an error where none of them is one of NetBox.
fn load(input: &mut dyn Read, out: &mut Out<'_>) -> Go<Dump> {
    let mut loader = Loader { out, dump: Dump::default(), good: 0, first: None, results: 0 };
    Elements::new(input, EXPECTED).walk(&mut loader)?;
    let Loader { out, dump, good, first, .. } = loader;
    match first {
        Some((at, found)) if good == 0 => Err(IntakeError::Unexpected { at, found, expected: EXPECTED }.into()),
        None if good == 0 => {
            out.warn("the list is empty; nothing is imported");
            Ok(dump)
        }
        _ => Ok(dump),
    }
}

/// Files the objects of a dump and of answers as they come.
struct Loader<'a, 'b> {
    out: &'a mut Out<'b>,
    dump: Dump,
    good: u64,
    /// The first thing that is no object of NetBox.
    first: Option<(String, String)>,
    /// How many objects the answer at hand had so far.
    results: u64,
}

impl Walker for Loader<'_, '_> {
    fn plan(&self, path: &[Step], opens: u8) -> Plan {
        match path {
            [_] if opens == b'{' => Plan::Enter,
            [_, Step::Key(key)] if key == "results" && opens == b'[' => Plan::Enter,
            [_, Step::Key(_)] => Plan::Keep,
            _ => Plan::Take,
        }
    }

    fn take(&mut self, _: &[Step], element: Element) -> Go {
        self.results += 1;
        match element.value {
            Value::Object(parts) => self.file(parts, element.origin),
            _ => self.refuse(element.origin, &unknown(), "a value that is not an object"),
        }
        Ok(())
    }

    fn leave(&mut self, path: &[Step], members: Map<String, Value>) -> Go {
        let origin = elements::origin(path);
        let results = std::mem::take(&mut self.results);
        let page = ["count", "next", "previous"].iter().any(|key| members.contains_key(*key));
        if results > 0 || (page && !members.contains_key("model")) {
            self.page(&members, results, &origin);
        } else {
            self.file(members, origin);
        }
        Ok(())
    }
}

impl Loader<'_, '_> {
    /// Files one object: of a dump where it has a `model`, of an answer where it has a `url`.
    fn file(&mut self, parts: Map<String, Value>, origin: String) {
        // A device type of the API has a `model` too: only `fields` tells a dump.
        let filed = if parts.contains_key("url") && !parts.contains_key("fields") {
            rest::object(parts, &mut self.dump)
        } else {
            object(parts, &mut self.dump)
        };
        match filed {
            Ok(model) => {
                self.out.count(&model);
                self.good += 1;
            }
            Err((model, problem)) => self.refuse(origin, &model, &problem),
        }
    }

    fn refuse(&mut self, origin: String, model: &str, problem: &str) {
        self.out.count(model);
        self.first.get_or_insert_with(|| (origin.clone(), problem.to_owned()));
        let message = format!("{problem}; export it again with `manage.py dumpdata` or from the API");
        self.out.reject(&Source::new(origin, model), "BODY_INVALID", message, "");
    }

    /// What an answer says of itself.
    fn page(&mut self, members: &Map<String, Value>, results: u64, origin: &str) {
        match members.get("results") {
            None | Some(Value::Null | Value::Array(_)) => {}
            Some(_) => self.refuse(format!("{origin}.results"), &unknown(), "`results` is not a list"),
        }
        let more = text::word(members, "next");
        if !more.is_empty() {
            let count = text::word(members, "count");
            self.out.warn(format!(
                "{origin}: a page of {results} of {count} objects; add the other pages to the file, or ask with `?limit=0`"
            ));
        }
    }
}

fn unknown() -> String {
    "object without a model".to_owned()
}

/// Files one object of a dump; answers its model, and what is wrong where it cannot be filed.
fn object(mut parts: Map<String, Value>, dump: &mut Dump) -> Result<String, (String, String)> {
    let model = text::line(&text::word(&parts, "model"), 100).to_ascii_lowercase();
    if model.is_empty() {
        return Err((unknown(), "an object with neither `model` nor `url`".to_owned()));
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
