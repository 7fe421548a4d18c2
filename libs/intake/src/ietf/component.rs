//! Components of a network element.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use wire::assets::v1::{Asset, AssetRecord};

use super::{element, tables};
use crate::out::{Go, Out, Source};
use crate::text::{self, Attributes};

const KIND: &str = "component";

/// One component.
struct Component<'a> {
    id: String,
    fields: &'a Map<String, Value>,
    from: Source,
    parents: Vec<String>,
    replaceable: bool,
}

/// The components of one network element.
pub(super) struct Components<'a> {
    element: String,
    all: Vec<Component<'a>>,
}

impl<'a> Components<'a> {
    /// Reads the components of a network element; bad ones are rejected.
    pub(super) fn of(fields: &'a Map<String, Value>, element: &str, from: &Source, out: &mut Out<'_>) -> Self {
        let found = fields.get("components");
        let list = found.and_then(|components| components.get(KIND)).or(found);
        let mut components = Self { element: element.to_owned(), all: Vec::new() };
        let entries = match list {
            None | Some(Value::Null) => return components,
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(Value::Object(empty)) if empty.is_empty() => return components,
            Some(_) => {
                let message = "`components` holds no list `component`; the network element is read without parts";
                out.reject(from, "BODY_INVALID", message, "components");
                return components;
            }
        };
        let mut known = HashSet::new();
        for (index, entry) in entries.iter().enumerate() {
            out.count(KIND);
            let from = Source::new(format!("{}.components.component[{index}]", from.origin), KIND);
            match component(entry, from.clone(), &known) {
                Ok(component) => {
                    known.insert(component.id.clone());
                    components.all.push(component);
                }
                Err((reason, message)) => out.reject(&from, reason, message, "component-id"),
            }
        }
        components
    }

    /// Gives the network element what its only chassis tells of it, where the chassis is no asset of its own.
    pub(super) fn fold(&self, asset: &mut Asset, attributes: &mut Attributes) {
        let mut chassis = self
            .all
            .iter()
            .filter(|component| component.parents.is_empty())
            .filter(|component| tables::bare(&text::word(component.fields, "class")) == "chassis");
        let (Some(only), None) = (chassis.next(), chassis.next()) else { return };
        if only.replaceable {
            return;
        }
        let word = |field: &str| text::line(&text::word(only.fields, field), 200);
        for (field, value) in [
            (&mut asset.serial_number, word("serial-number")),
            (&mut asset.vendor, word("mfg-name")),
            (&mut asset.model, word("product-name")),
        ] {
            if field.is_empty() {
                *field = value;
            }
        }
        for key in ["part-number", "hardware-rev", "asset-id", "mfg-date"] {
            attributes.put(key, &word(key));
        }
    }

    /// Notes the components of a network element that was rejected.
    pub(super) fn leave(&self, out: &mut Out<'_>) {
        for _ in &self.all {
            out.not_imported("component of a rejected network element", "its network element was not taken");
        }
    }

    /// Hands over those that can be replaced, and what they are part of. `name` is that of the network element.
    pub(super) fn take(&self, name: &str, out: &mut Out<'_>) -> Go {
        let by_id: HashMap<&str, &Component<'_>> =
            self.all.iter().map(|component| (component.id.as_str(), component)).collect();
        for component in &self.all {
            for parent in component.parents.iter().filter(|parent| !by_id.contains_key(parent.as_str())) {
                let parent = text::line(parent, 60);
                out.warn(format!("{}: the parent `{parent}` is not in the file", component.from.origin));
            }
            if !component.replaceable {
                let why = "folded into its network element: only what can be replaced in the field is an asset";
                out.not_imported(KIND, why);
                continue;
            }
            let id = self.id(&component.id);
            let record = self.record(component, name, out);
            if !out.asset(record, &component.from)? {
                continue;
            }
            for whole in self.wholes(component, &by_id) {
                out.dependency(&id, &whole, "part-of", "", &component.from);
            }
        }
        Ok(())
    }

    /// The external id of a component.
    fn id(&self, component: &str) -> String {
        format!("{}/{component}", self.element)
    }

    fn record(&self, component: &Component<'_>, name: &str, out: &mut Out<'_>) -> AssetRecord {
        let mut attributes = Attributes::default();
        let mut asset = element::common(component.fields, tables::COMPONENT, &component.id, &mut attributes);
        asset.display_name = text::line(&format!("{name} {}", asset.display_name), 200);
        asset.r#type = tables::class(&text::word(component.fields, "class")).to_owned();
        attributes.put("component-id", &component.id);
        asset.attributes = attributes.kept(&component.from, out);
        AssetRecord { external_id: self.id(&component.id), asset: Some(asset), site_external_id: String::new() }
    }

    /// The assets a component is part of: the next components above it that can be replaced; the network element where there are none.
    fn wholes(&self, component: &Component<'_>, by_id: &HashMap<&str, &Component<'_>>) -> Vec<String> {
        let mut found = Vec::new();
        // A damaged file may have a circle.
        let mut seen = HashSet::from([component.id.as_str()]);
        let mut above: Vec<&str> = component.parents.iter().map(String::as_str).collect();
        while let Some(parent) = above.pop() {
            let Some(parent) = by_id.get(parent).filter(|parent| seen.insert(parent.id.as_str())) else { continue };
            if parent.replaceable {
                found.push(self.id(&parent.id));
            } else {
                above.extend(parent.parents.iter().map(String::as_str));
            }
        }
        if found.is_empty() {
            found.push(self.element.clone());
        }
        found.sort_unstable();
        found
    }
}

/// Reads one component; why it cannot be taken.
fn component<'a>(
    entry: &'a Value,
    from: Source,
    known: &HashSet<String>,
) -> Result<Component<'a>, (&'static str, String)> {
    let Some(fields) = entry.as_object() else {
        return Err(("BODY_INVALID", "a component that is not an object; remove it or export it anew".to_owned()));
    };
    let id = text::word(fields, "component-id");
    if id.is_empty() {
        let message = "the component has no `component-id`, so a second import could not find it again";
        return Err(("FIELD_INVALID", message.to_owned()));
    }
    if known.contains(&id) {
        let id = text::line(&id, 60);
        let message = format!("a second component `{id}` of the network element; give each an id of its own");
        return Err(("FIELD_INVALID", message));
    }
    let parents = match fields.get("parent") {
        Some(Value::Array(parents)) => parents.iter().filter_map(text::of_json).collect(),
        Some(one) => text::of_json(one).into_iter().collect(),
        None => Vec::new(),
    };
    Ok(Component { id, fields, from, parents, replaceable: text::word(fields, "is-fru") == "true" })
}
