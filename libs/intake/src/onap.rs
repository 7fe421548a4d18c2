//! ONAP: cells of a radio network (`cellList`) and objects of Active and Available Inventory (A&AI), read as they come.
//!
//! A&AI is read as its REST answers (`{"pnf": [...]}`, `{"results": [{"pnf": {...}}]}`, one object) and as its change events
//! (`{"event-header": {...}, "entity": {...}}`); `pnf`, `pserver`, `generic-vnf`, `vnfc` and `vserver` become assets, `complex` a site. Cells become
//! assets that run on the physical network function that serves them; their neighbours are adjacent.

mod cells;
mod inventory;
mod tables;

use std::io::Read;

use serde_json::{Map, Value};

use crate::elements::{self, Element, Elements, Plan, Step, Walker, last_key};
use crate::out::{Go, Out, Source};
use crate::{IntakeError, Settings, text};
use inventory::Inventory;

const EXPECTED: &str = "ONAP cells (`cellList`) or objects of A&AI (`pnf`, `generic-vnf`, `vserver`, `complex`)";

/// Reads cells and objects of A&AI.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut reader = Reader { out, inventory: Inventory::new(settings), good: 0, first: None };
    Elements::new(input, EXPECTED).walk(&mut reader)?;
    let Reader { out, mut inventory, good, first } = reader;
    match first {
        Some((at, found)) if good == 0 => Err(IntakeError::Unexpected { at, found, expected: EXPECTED }.into()),
        None if good == 0 => {
            out.warn("the file has no cells and no objects of A&AI; nothing is imported");
            Ok(())
        }
        _ => inventory.rest(out),
    }
}

struct Reader<'a, 'b> {
    out: &'a mut Out<'b>,
    inventory: Inventory<'a>,
    /// How many things were read that ONAP has.
    good: u64,
    /// The first thing that it does not have.
    first: Option<(String, String)>,
}

impl Walker for Reader<'_, '_> {
    fn plan(&self, path: &[Step], opens: u8) -> Plan {
        let (depth, key) = (path.len(), last_key(path));
        match path.last() {
            // The objects of the file.
            Some(Step::Line(_)) => Plan::Enter,
            Some(Step::Index(_)) if depth == 1 => Plan::Enter,
            Some(Step::Key(_)) if opens == b'[' && (key == "cellList" || key == "results" || tables::kind(key)) => {
                Plan::Enter
            }
            Some(Step::Index(_)) => Plan::Take,
            _ => Plan::Keep,
        }
    }

    fn take(&mut self, path: &[Step], element: Element) -> Go {
        let key = last_key(path).to_owned();
        let Element { value, origin } = element;
        match value {
            Value::Object(fields) if key == "cellList" => self.cell(&fields, origin),
            Value::Object(fields) if tables::kind(&key) => self.object(&key, &fields, origin),
            Value::Object(fields) => self.any(&fields, origin),
            _ => {
                self.strange(origin, "a value that is not an object");
                Ok(())
            }
        }
    }

    fn leave(&mut self, path: &[Step], members: Map<String, Value>) -> Go {
        if members.values().all(|value| !matches!(value, Value::Object(_) | Value::String(_))) {
            // Only counts, links to the next page and lists that were read already.
            return Ok(());
        }
        self.any(&members, elements::origin(path))
    }
}

impl Reader<'_, '_> {
    fn cell(&mut self, fields: &Map<String, Value>, origin: String) -> Go {
        self.good += 1;
        cells::take(fields, origin, self.out)
    }

    fn object(&mut self, kind: &str, fields: &Map<String, Value>, origin: String) -> Go {
        self.good += 1;
        self.inventory.take(kind, fields, origin, self.out)
    }

    /// An object of which only its members tell what it is.
    fn any(&mut self, fields: &Map<String, Value>, origin: String) -> Go {
        if fields.get("Cell").or_else(|| fields.get("cell")).is_some() {
            return self.cell(fields, origin);
        }
        if let Some(Value::Object(header)) = fields.get("event-header") {
            return self.event(header, fields, origin);
        }
        let mut found = false;
        for (kind, value) in fields.iter().filter(|(kind, _)| tables::kind(kind)) {
            found = true;
            match value {
                Value::Object(inner) => self.object(kind, inner, format!("{origin}.{kind}"))?,
                Value::Array(_) => {}
                _ => self.strange(format!("{origin}.{kind}"), "a value that is not an object"),
            }
        }
        if found {
            return Ok(());
        }
        if let Some(kind) = tables::kind_of(fields) {
            return self.object(kind, fields, origin);
        }
        let mut names = fields.keys().take(5).map(|key| text::line(key, 40)).collect::<Vec<_>>();
        names.truncate(5);
        self.strange(origin, &format!("an object with the members {}", names.join(", ")));
        Ok(())
    }

    /// A change of A&AI.
    fn event(&mut self, header: &Map<String, Value>, fields: &Map<String, Value>, origin: String) -> Go {
        let kind = text::word(header, "entity-type");
        let action = text::word(header, "action").to_ascii_uppercase();
        self.good += 1;
        match fields.get("entity") {
            Some(Value::Object(_)) if action == "DELETE" => {
                self.out.count("A&AI event");
                self.out.not_imported(
                    "A&AI event, DELETE",
                    "an import forgets nothing; retire the asset in the register where it is gone for good",
                );
                Ok(())
            }
            Some(Value::Object(entity)) => self.inventory.take(&kind, entity, format!("{origin}.entity"), self.out),
            _ => {
                self.strange(origin, "an A&AI event without `entity`");
                Ok(())
            }
        }
    }

    fn strange(&mut self, origin: String, found: &str) {
        self.out.count("something else");
        self.first.get_or_insert_with(|| (origin.clone(), found.to_owned()));
        let message = format!("{found}, where {EXPECTED} was expected; remove it or export it anew");
        self.out.reject(&Source::new(origin, "something else"), "BODY_INVALID", message, "");
    }
}
