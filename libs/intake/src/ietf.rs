//! IETF network inventory (`ietf-network-inventory`, RFC 7951 JSON): network elements as assets, read as they come.
//!
//! A component that can be replaced in the field (`is-fru`) becomes an asset that is part of the next such component above it, else of the network
//! element. Other components are folded into their network element. Names are read with and without the prefix of their module, at the top of the
//! file or below `data` and the containers of the model, as RESTCONF answers them.

mod component;
mod element;
mod tables;

use std::io::Read;

use serde_json::{Map, Value};

use crate::elements::{self, Element, Elements, Plan, Step, Walker, last_key};
use crate::out::{Go, Out, Source};
use crate::{IntakeError, Settings, text};

const EXPECTED: &str = "an IETF network inventory: JSON with `network-inventory` or a list `network-element`";

/// Containers around the list of network elements.
const CONTAINERS: &[&str] = &["data", "network-inventory", "network-elements"];
const LIST: &str = "network-element";

/// Reads network elements.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut reader = Reader { out, settings, good: 0, first: None };
    Elements::new(input, EXPECTED).walk(&mut reader)?;
    match reader.first {
        Some((at, found)) if reader.good == 0 => Err(IntakeError::Unexpected { at, found, expected: EXPECTED }.into()),
        _ => Ok(()),
    }
}

struct Reader<'a, 'b> {
    out: &'a mut Out<'b>,
    settings: &'a Settings,
    /// How many containers or network elements were read.
    good: u64,
    /// The first thing that the model does not have.
    first: Option<(String, String)>,
}

impl Walker for Reader<'_, '_> {
    fn plan(&self, path: &[Step], opens: u8) -> Plan {
        let key = last_key(path);
        match path.last() {
            Some(Step::Line(_)) => Plan::Enter,
            Some(Step::Index(_)) if path.len() == 1 => Plan::Enter,
            Some(Step::Key(_)) if key == LIST && opens == b'[' => Plan::Enter,
            Some(Step::Key(_)) if CONTAINERS.contains(&key) && opens == b'{' => Plan::Enter,
            Some(Step::Index(_)) => Plan::Take,
            _ => Plan::Keep,
        }
    }

    fn take(&mut self, path: &[Step], element: Element) -> Go {
        match element.value {
            Value::Object(fields) if last_key(path) == LIST => {
                self.good += 1;
                element::take(&fields, element.origin, self.settings, self.out)
            }
            _ => {
                self.strange(element.origin, "a value that is not an object");
                Ok(())
            }
        }
    }

    fn leave(&mut self, path: &[Step], members: Map<String, Value>) -> Go {
        let top = matches!(path.last(), Some(Step::Line(_) | Step::Index(_)));
        let origin = elements::origin(path);
        if !top {
            self.good += 1;
        } else if members.contains_key("ne-id") {
            // A network element that stands alone.
            self.good += 1;
            return element::take(&members, origin, self.settings, self.out);
        }
        for (key, value) in &members {
            let bare = key.rsplit_once(':').map_or(key.as_str(), |(_, bare)| bare);
            let at = format!("{origin}.{bare}");
            if bare == LIST || CONTAINERS.contains(&bare) {
                self.strange(at, "a value that is neither the list nor the container it should be");
            } else if top && value.is_object() {
                self.strange(at, &format!("a container `{}`", text::line(key, 60)));
            } else {
                self.out.count("other member");
                self.out.not_imported("other member", "it stands beside the network elements, not in one of them");
            }
        }
        Ok(())
    }
}

impl Reader<'_, '_> {
    fn strange(&mut self, origin: String, found: &str) {
        self.out.count("something else");
        self.first.get_or_insert_with(|| (origin.clone(), found.to_owned()));
        let message = format!("{found}, where {EXPECTED} was expected; remove it or export it anew");
        self.out.reject(&Source::new(origin, "something else"), "BODY_INVALID", message, "");
    }
}
