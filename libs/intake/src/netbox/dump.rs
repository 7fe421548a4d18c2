//! The objects of a dump, found by model and key.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::out::{Out, Source};
use crate::text;

/// One object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) model: String,
    /// Its primary key; empty where the dump was written with natural keys.
    pub(super) key: String,
    pub(super) fields: Map<String, Value>,
    /// Whether it stands in the file on its own; else it was made of what another object says.
    pub(super) own: bool,
}

impl Object {
    /// Its external id.
    pub(super) fn id(&self) -> String {
        id(&self.model, &self.key)
    }

    /// Where it is, for the report.
    pub(super) fn source(&self) -> Source {
        let key = if self.key.is_empty() { "without pk" } else { &self.key };
        Source::new(format!("{} {key}", self.model), self.model.clone())
    }

    /// A text or number of its fields; empty where there is none.
    pub(super) fn word(&self, field: &str) -> String {
        text::word(&self.fields, field)
    }
}

/// The external id of the object of `model` with `key`.
pub(super) fn id(model: &str, key: &str) -> String {
    format!("{model}:{key}")
}

/// The objects of a dump.
#[derive(Debug, Default)]
pub(super) struct Dump {
    models: BTreeMap<String, Vec<Object>>,
    places: HashMap<String, usize>,
    /// What answers of the API say of objects that stand inside of others, by model and key.
    brief: BTreeMap<String, BTreeMap<String, Object>>,
    /// References to objects that are not in the dump, by model.
    missing: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Dump {
    /// Files an object; says what is wrong where its key is taken.
    pub(super) fn add(&mut self, model: &str, key: String, fields: Map<String, Value>) -> Result<(), String> {
        let objects = self.models.entry(model.to_owned()).or_default();
        if !key.is_empty() && self.places.contains_key(&id(model, &key)) {
            return Err(format!("a second object of `{model}` with the pk {key}"));
        }
        if !key.is_empty() {
            self.places.insert(id(model, &key), objects.len());
        }
        objects.push(Object { model: model.to_owned(), key, fields, own: true });
        Ok(())
    }

    /// Files what an object says of another one that stands inside of it.
    pub(super) fn add_brief(&mut self, model: &str, key: &str, fields: Map<String, Value>) {
        let known = self.brief.entry(model.to_owned()).or_default().entry(key.to_owned()).or_insert_with(|| Object {
            model: model.to_owned(),
            key: key.to_owned(),
            fields: Map::new(),
            own: false,
        });
        // One place says more of it than another.
        for (field, value) in fields {
            known.fields.entry(field).or_insert(value);
        }
    }

    /// Files an object that is made of what another one says.
    pub(super) fn add_derived(&mut self, model: &str, fields: Map<String, Value>) {
        let object = Object { model: model.to_owned(), key: String::new(), fields, own: false };
        self.models.entry(model.to_owned()).or_default().push(object);
    }

    /// Objects of a model that the file has only inside of others.
    pub(super) fn named_only(&self, model: &str) -> impl Iterator<Item = &Object> {
        let objects = self.brief.get(model).into_iter().flat_map(BTreeMap::values);
        objects.filter(|object| !self.places.contains_key(&object.id()))
    }

    /// The models of the dump.
    pub(super) fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// All objects of a model, in the order of the file.
    pub(super) fn all(&self, model: &str) -> &[Object] {
        self.models.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    /// The object of `model` with `key`.
    pub(super) fn get(&self, model: &str, key: &str) -> Option<&Object> {
        match self.places.get(&id(model, key)) {
            Some(place) => self.all(model).get(*place),
            None => self.brief.get(model)?.get(key),
        }
    }

    /// The object of `model` that a field refers to. One that is not there is noted.
    pub(super) fn refer(&self, from: &Object, field: &str, model: &str) -> Option<&Object> {
        let value = from.fields.get(field)?;
        let found = self.of_value(value, model);
        if found.is_none() && text::of_json(value).is_some() {
            let reference = format!("{} {} by `{field}`", from.model, from.key);
            self.missing.borrow_mut().entry(model.to_owned()).or_default().insert(reference);
        }
        found
    }

    /// The object of `model` that a value refers to: a key, or a natural key that is its name or slug.
    pub(super) fn of_value(&self, value: &Value, model: &str) -> Option<&Object> {
        match value {
            Value::Number(number) => self.get(model, &number.to_string()),
            Value::String(key) if !key.is_empty() => self.get(model, key),
            Value::Array(parts) => {
                let [Value::String(name)] = parts.as_slice() else { return None };
                self.all(model).iter().find(|other| other.word("slug") == *name || other.word("name") == *name)
            }
            _ => None,
        }
    }

    /// A text of the object that a field refers to; empty where there is none.
    pub(super) fn word(&self, from: &Object, field: &str, model: &str, other: &str) -> String {
        self.refer(from, field, model).map(|object| object.word(other)).unwrap_or_default()
    }

    /// The model a content type means: `["dcim", "site"]`, `dcim.site` or the key of a content type.
    pub(super) fn content_type(&self, value: Option<&Value>) -> String {
        match value {
            Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."),
            Some(Value::String(name)) => name.clone(),
            Some(Value::Number(key)) => self
                .get("contenttypes.contenttype", &key.to_string())
                .map(|object| format!("{}.{}", object.word("app_label"), object.word("model")))
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// The object a generic reference (a content type and a key) means.
    pub(super) fn generic(&self, from: &Object, kind: &str, key: &str) -> Option<&Object> {
        let model = self.content_type(from.fields.get(kind));
        if model.is_empty() { None } else { self.refer(from, key, &model) }
    }

    /// Names of the object and those above it, from the top: `North America / Ohio`.
    pub(super) fn path(&self, start: &Object) -> String {
        let mut names = vec![start.word("name")];
        let mut at = start;
        // A damaged dump may have a circle.
        while names.len() < 16
            && let Some(parent) = self.refer(at, "parent", &start.model)
        {
            names.push(parent.word("name"));
            at = parent;
        }
        names.reverse();
        names.join(" / ")
    }

    /// Warns of references that lead nowhere.
    pub(super) fn tell_missing(&self, out: &mut Out<'_>) {
        for (model, references) in self.missing.borrow().iter() {
            let (count, first) = (references.len(), references.first().map_or("", String::as_str));
            out.warn(format!(
                "{count} references to objects of `{model}` that are not in the dump are left out (one is {first}); dump `{model}` too"
            ));
        }
    }
}
