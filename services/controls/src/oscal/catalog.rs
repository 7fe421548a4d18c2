//! A catalogue: its groups and controls, flat and in document order, each knowing where it stands.

use super::control::{Control, Parameter, Part};
use super::fields::{Fields, Path, Writer, kind};
use super::metadata::{Link, Metadata, Property, Resource};
use super::problem::{Problem, ReadError};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Which array of the document something stands in: that of the catalogue, of a group, of a control, or of something
/// that was not understood. The numbers are indices into the lists of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Catalog,
    Group(usize),
    Control(usize),
    Unread(usize),
}

/// A group of controls: a family, a theme, a function. Groups can hold groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its id; groups need none.
    pub id: Option<String>,
    /// Its class.
    pub class: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Parameters its controls share.
    pub parameters: Vec<Parameter>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Links.
    pub links: Vec<Link>,
    /// Texts about the group.
    pub parts: Vec<Part>,
    /// What else the document says of it, as it came; never its groups and controls.
    pub rest: Map<String, Value>,
    pub(super) place: Place,
}

impl Group {
    pub(super) fn read(value: &Value, path: &Path<'_>, place: Place) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        fields.take_nested("groups");
        fields.take_nested("controls");
        Ok(Self {
            id: fields.text("id")?,
            class: fields.text("class")?,
            title: fields.text("title")?,
            parameters: fields.list("params", Parameter::read)?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            parts: fields.list("parts", Part::read)?,
            rest: fields.rest(),
            place,
        })
    }

    fn write(&self) -> Map<String, Value> {
        Writer::over(&self.rest)
            .option("id", self.id.as_deref())
            .option("class", self.class.as_deref())
            .option("title", self.title.as_deref())
            .list("params", &self.parameters, Parameter::write)
            .list("props", &self.properties, Property::write)
            .list("links", &self.links, Link::write)
            .list("parts", &self.parts, Part::write)
            .map()
    }
}

/// A group or control that was not understood, kept as it came (without what stands in it, which is read by itself).
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The value.
    pub value: Value,
    pub(super) place: Place,
    pub(super) key: &'static str,
    pub(super) position: usize,
}

/// A catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// Its UUID, as written there.
    pub uuid: String,
    /// Its metadata: the version is the edition.
    pub metadata: Metadata,
    /// Parameters that belong to no group and no control.
    pub parameters: Vec<Parameter>,
    /// All groups, flat, each before what stands in it.
    pub groups: Vec<Group>,
    /// All controls and enhancements, flat and in document order: an enhancement follows its control.
    pub controls: Vec<Control>,
    /// Groups and controls that were not understood.
    pub unread: Vec<Unread>,
    /// The resources of the back matter.
    pub resources: Vec<Resource>,
    /// What else stands in the catalogue, as it came.
    pub rest: Map<String, Value>,
    /// What else stands in the back matter; none where there is no back matter.
    pub(super) back_matter: Option<Map<String, Value>>,
}

impl Catalog {
    /// Reads the value of `catalog`: at most `limit` controls.
    pub(super) fn read(value: &Value, limit: usize, problems: &mut Vec<Problem>) -> Result<Self, ReadError> {
        let path = Path::Key(&Path::Root, "catalog");
        let mut fields = Fields::of(value, &path)?;
        let uuid = fields.required("uuid")?;
        let metadata = fields
            .object("metadata", Metadata::read)?
            .ok_or_else(|| Path::Key(&path, "metadata").problem("is missing"))?;
        let parameters = fields.list("params", Parameter::read).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        let (resources, back_matter) = match fields.object("back-matter", read_back_matter) {
            Ok(Some((resources, rest))) => (resources, Some(rest)),
            Ok(None) => (Vec::new(), None),
            Err(problem) => {
                problems.push(problem);
                (Vec::new(), None)
            }
        };
        fields.take_nested("groups");
        fields.take_nested("controls");
        let rest = fields.rest();
        let (groups, controls, unread) = (Vec::new(), Vec::new(), Vec::new());
        let catalog = Self { uuid, metadata, parameters, groups, controls, unread, resources, rest, back_matter };
        let mut walk = Walk { catalog, ids: HashSet::new(), problems, limit };
        walk.inside(value, &path, Place::Catalog)?;
        Ok(walk.catalog)
    }

    /// The value of `catalog`: what was read, and what was changed since.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let children = Children::of(self);
        let mut writer = Writer::over(&self.rest)
            .value("uuid", self.uuid.as_str())
            .value("metadata", self.metadata.write())
            .list("params", &self.parameters, Parameter::write);
        for key in ["groups", "controls"] {
            writer = writer.values(key, children.write(self, Place::Catalog, key));
        }
        if self.back_matter.is_some() || !self.resources.is_empty() {
            let rest = self.back_matter.clone().unwrap_or_default();
            let back_matter = Writer::over(&rest).list("resources", &self.resources, Resource::write);
            writer = writer.value("back-matter", back_matter.done());
        }
        writer.done()
    }

    /// The control of this id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// The control this one is an enhancement of.
    #[must_use]
    pub fn parent(&self, control: &Control) -> Option<&Control> {
        match control.place {
            Place::Control(index) => self.controls.get(index),
            _ => None,
        }
    }

    /// The groups a control stands in, outermost first; those of its control for an enhancement.
    #[must_use]
    pub fn group_path(&self, control: &Control) -> Vec<&Group> {
        let (mut path, mut place) = (Vec::new(), control.place);
        loop {
            place = match place {
                Place::Catalog => break,
                Place::Control(index) => self.controls.get(index).map_or(Place::Catalog, |control| control.place),
                Place::Unread(index) => self.unread.get(index).map_or(Place::Catalog, |unread| unread.place),
                Place::Group(index) => match self.groups.get(index) {
                    Some(group) => {
                        path.push(group);
                        group.place
                    }
                    None => Place::Catalog,
                },
            };
        }
        path.reverse();
        path
    }

    /// The groups a group stands in, innermost first.
    #[must_use]
    pub fn enclosing(&self, group: &Group) -> Vec<&Group> {
        let (mut path, mut place) = (Vec::new(), group.place);
        loop {
            place = match place {
                Place::Group(index) => match self.groups.get(index) {
                    Some(group) => {
                        path.push(group);
                        group.place
                    }
                    None => break,
                },
                Place::Unread(index) => self.unread.get(index).map_or(Place::Catalog, |unread| unread.place),
                Place::Catalog | Place::Control(_) => break,
            };
        }
        path
    }

    /// Where each control stands in the document, as a JSON path, in the order of [`Self::controls`].
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut paths = vec![String::new(); self.controls.len()];
        Children::of(self).paths(self, Place::Catalog, "$.catalog", &mut paths);
        paths
    }

    /// Every parameter by its id, those of controls, of groups and of the catalogue itself: what [`super::render`] asks.
    #[must_use]
    pub fn all_parameters(&self) -> HashMap<&str, &Parameter> {
        let own = self.parameters.iter();
        let groups = self.groups.iter().flat_map(|group| &group.parameters);
        let controls = self.controls.iter().flat_map(|control| &control.parameters);
        own.chain(groups).chain(controls).map(|parameter| (parameter.id.as_str(), parameter)).collect()
    }
}

pub(super) fn read_back_matter(value: &Value, path: &Path<'_>) -> Result<(Vec<Resource>, Map<String, Value>), Problem> {
    let mut fields = Fields::of(value, path)?;
    Ok((fields.list("resources", Resource::read)?, fields.rest()))
}

/// Reading groups and controls into flat lists.
struct Walk<'a> {
    catalog: Catalog,
    ids: HashSet<String>,
    problems: &'a mut Vec<Problem>,
    limit: usize,
}

impl Walk<'_> {
    /// Reads what stands in a catalogue, a group, a control or something that was not understood. The depth of this
    /// recursion is that of the document, which is limited before anything is read.
    fn inside(&mut self, value: &Value, path: &Path<'_>, place: Place) -> Result<(), ReadError> {
        for key in ["controls", "groups"] {
            let above = Path::Key(path, key);
            match value.get(key) {
                // A control holds no groups: what stands there is kept with it.
                Some(_) if key == "groups" && matches!(place, Place::Control(_)) => {}
                Some(Value::Array(items)) => {
                    for (position, item) in items.iter().enumerate() {
                        self.one(item, &Path::Item(&above, position), (place, key, position))?;
                    }
                }
                Some(other) => self.problems.push(above.problem(format!("must be an array, is {}", kind(other)))),
                None => {}
            }
        }
        Ok(())
    }

    fn one(&mut self, item: &Value, path: &Path<'_>, at: (Place, &'static str, usize)) -> Result<(), ReadError> {
        let (place, key, position) = at;
        if self.catalog.controls.len() + self.catalog.groups.len() + self.catalog.unread.len() >= self.limit {
            return Err(ReadError::Limit { what: "groups and controls", limit: self.limit, found: self.limit + 1 });
        }
        let read = if key == "groups" { self.group(item, path, place) } else { self.control(item, path, place) };
        let inside = match read {
            Ok(inside) => inside,
            Err(problem) => {
                self.problems.push(problem);
                let mut value = item.clone();
                if let Value::Object(map) = &mut value {
                    map.retain(|key, nested| !is_nested(key, nested));
                }
                self.catalog.unread.push(Unread { value, place, key, position });
                Place::Unread(self.catalog.unread.len() - 1)
            }
        };
        self.inside(item, path, inside)
    }

    fn group(&mut self, item: &Value, path: &Path<'_>, place: Place) -> Result<Place, Problem> {
        self.catalog.groups.push(Group::read(item, path, place)?);
        Ok(Place::Group(self.catalog.groups.len() - 1))
    }

    fn control(&mut self, item: &Value, path: &Path<'_>, place: Place) -> Result<Place, Problem> {
        let control = Control::read(item, path, place)?;
        if !self.ids.insert(control.id.clone()) {
            return Err(Path::Key(path, "id").problem(format!("`{}` is the id of another control", control.id)));
        }
        self.catalog.controls.push(control);
        Ok(Place::Control(self.catalog.controls.len() - 1))
    }
}

fn is_nested(key: &str, value: &Value) -> bool {
    matches!(key, "groups" | "controls") && value.as_array().is_some_and(|items| !items.is_empty())
}

/// What stands where, so that writing looks at every control once.
#[derive(Default)]
struct Children {
    groups: HashMap<Place, Vec<usize>>,
    controls: HashMap<Place, Vec<usize>>,
    unread: HashMap<(Place, &'static str), Vec<usize>>,
}

impl Children {
    fn of(catalog: &Catalog) -> Self {
        let mut children = Self::default();
        for (index, group) in catalog.groups.iter().enumerate() {
            children.groups.entry(group.place).or_default().push(index);
        }
        for (index, control) in catalog.controls.iter().enumerate() {
            children.controls.entry(control.place).or_default().push(index);
        }
        for (index, unread) in catalog.unread.iter().enumerate() {
            children.unread.entry((unread.place, unread.key)).or_default().push(index);
        }
        children
    }

    /// What stands in one array, in order: what was not understood goes back to its position.
    fn order(&self, catalog: &Catalog, place: Place, key: &'static str) -> Vec<Place> {
        let mut items: Vec<Place> = if key == "groups" {
            self.groups.get(&place).into_iter().flatten().copied().map(Place::Group).collect()
        } else {
            self.controls.get(&place).into_iter().flatten().copied().map(Place::Control).collect()
        };
        for index in self.unread.get(&(place, key)).into_iter().flatten().copied() {
            let position = catalog.unread.get(index).map_or(items.len(), |unread| unread.position);
            items.insert(position.min(items.len()), Place::Unread(index));
        }
        items
    }

    /// The elements of one array.
    fn write(&self, catalog: &Catalog, place: Place, key: &'static str) -> Vec<Value> {
        let each = |place: Place| {
            let map = match place {
                Place::Group(index) => catalog.groups.get(index)?.write(),
                Place::Control(index) => catalog.controls.get(index)?.write(),
                Place::Unread(index) => match &catalog.unread.get(index)?.value {
                    Value::Object(map) => map.clone(),
                    other => return Some(other.clone()),
                },
                Place::Catalog => return None,
            };
            Some(self.with_nested(catalog, map, place))
        };
        self.order(catalog, place, key).into_iter().filter_map(each).collect()
    }

    /// Fills in the paths of the controls that stand in a place, whose own path is given.
    fn paths(&self, catalog: &Catalog, place: Place, above: &str, paths: &mut [String]) {
        for key in ["groups", "controls"] {
            for (position, inside) in self.order(catalog, place, key).into_iter().enumerate() {
                let path = format!("{above}.{key}[{position}]");
                self.paths(catalog, inside, &path, paths);
                if let Place::Control(index) = inside
                    && let Some(slot) = paths.get_mut(index)
                {
                    *slot = path;
                }
            }
        }
    }

    fn with_nested(&self, catalog: &Catalog, mut map: Map<String, Value>, place: Place) -> Value {
        for key in ["groups", "controls"] {
            let nested = self.write(catalog, place, key);
            if !nested.is_empty() {
                map.insert(key.to_owned(), Value::Array(nested));
            }
        }
        Value::Object(map)
    }
}
