//! All objects of a dump, found by model and key.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::text;

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// One object.
pub(super) struct Object {
    pub(super) model: String,
    pub(super) pk: String,
    pub(super) fields: Fields,
}

impl Object {
    /// Its id in the source: `dcim.device:17`.
    pub(super) fn external_id(&self) -> String {
        format!("{}:{}", self.model, self.pk)
    }
}

/// All objects.
#[derive(Default)]
pub(super) struct World {
    pub(super) objects: Vec<Object>,
    places: HashMap<String, HashMap<String, usize>>,
    of_model: HashMap<String, Vec<usize>>,
}

impl World {
    /// Adds an object; of two with the same key the first one is found.
    pub(super) fn add(&mut self, object: Object) {
        if !object.pk.is_empty() {
            let model = self.places.entry(object.model.clone()).or_default();
            model.entry(object.pk.clone()).or_insert(self.objects.len());
        }
        self.of_model.entry(object.model.clone()).or_default().push(self.objects.len());
        self.objects.push(object);
    }

    /// The object of a model with a key.
    pub(super) fn get(&self, model: &str, pk: &str) -> Option<&Object> {
        self.places.get(model)?.get(pk).and_then(|place| self.objects.get(*place))
    }

    /// All objects of a model, in the order of the file.
    pub(super) fn all(&self, model: &str) -> impl Iterator<Item = &Object> {
        self.of_model.get(model).into_iter().flatten().filter_map(|place| self.objects.get(*place))
    }

    /// What a field refers to.
    pub(super) fn follow(&self, fields: &Fields, field: &str, model: &str) -> Option<&Object> {
        self.get(model, &text::word(fields, field))
    }

    /// What the thing is called that a field refers to; empty where there is none.
    pub(super) fn name_of(&self, fields: &Fields, field: &str, model: &str) -> String {
        let Some(object) = self.follow(fields, field, model) else { return String::new() };
        let named = ["name", "model", "cid", "label"]
            .iter()
            .map(|key| text::word(&object.fields, key))
            .find(|name| !name.is_empty());
        named.unwrap_or_else(|| object.external_id())
    }

    /// A content type as `app.model`: Django writes a natural key, a number or the text itself.
    pub(super) fn content_type(&self, value: Option<&Value>) -> String {
        match value {
            Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => self
                .get("contenttypes.contenttype", &number.to_string())
                .map(|found| {
                    format!("{}.{}", text::word(&found.fields, "app_label"), text::word(&found.fields, "model"))
                })
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// The names from the top of a tree (regions, locations, groups) down to `pk`.
    pub(super) fn chain(&self, model: &str, pk: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut next = pk.to_owned();
        // A tree of real places is not deep; a circle in the file must not hold us.
        while let Some(object) = self.get(model, &next).filter(|_| names.len() < 16) {
            names.push(text::word(&object.fields, "name"));
            next = text::word(&object.fields, "parent");
        }
        names.reverse();
        names.retain(|name| !name.is_empty());
        names
    }

    /// The key of the site where something stands: its own, of its scope (NetBox 4.2), of its location or of its rack.
    pub(super) fn site_of(&self, fields: &Fields) -> String {
        let own = text::word(fields, "site");
        if !own.is_empty() {
            return own;
        }
        let scoped = self.content_type(fields.get("scope_type")) == "dcim.site";
        if scoped {
            return text::word(fields, "scope_id");
        }
        let via = [
            ("location", "dcim.location"),
            ("rack", "dcim.rack"),
            ("power_panel", "dcim.powerpanel"),
            ("cluster", "virtualization.cluster"),
        ];
        let sites = via
            .iter()
            .filter_map(|(field, model)| self.follow(fields, field, model))
            .map(|found| text::word(&found.fields, "site"));
        sites.into_iter().find(|site| !site.is_empty()).unwrap_or_default()
    }
}
