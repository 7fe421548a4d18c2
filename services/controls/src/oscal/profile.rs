//! A profile: which controls of which documents, how they are put together, and what is changed in them.

use super::catalog::read_back_matter;
use super::control::{Choice, Parameter, Part};
use super::fields::{Fields, Path, kind};
use super::metadata::{Link, Metadata, Property, Resource};
use super::problem::Problem;
use serde_json::{Map, Value};

/// A profile. What is wrong in one is an error of reading: a profile understood in part would select other controls.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its UUID, as written there.
    pub uuid: String,
    /// Its metadata.
    pub metadata: Metadata,
    /// What it selects, from where.
    pub imports: Vec<Import>,
    /// What becomes of controls that are selected more than once.
    pub combine: Combine,
    /// How the controls are arranged.
    pub structure: Structure,
    /// Parameters it sets.
    pub parameters: Vec<SetParameter>,
    /// Controls it changes.
    pub alters: Vec<Alter>,
    /// The resources of its back matter, which imports can name.
    pub resources: Vec<Resource>,
    /// The whole value at the root, as it came: what is written back.
    pub source: Value,
}

/// Controls of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The document: a URI reference; `#…` names a resource of the back matter.
    pub href: String,
    /// What is selected; none means all.
    pub include: Option<Vec<Select>>,
    /// What is not, whatever selects it.
    pub exclude: Vec<Select>,
}

/// A selection of controls.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// Controls by their ids.
    pub ids: Vec<String>,
    /// Controls whose ids match a pattern, in which `*` is any text and `?` any one character.
    pub patterns: Vec<String>,
    /// Whether everything nested in a selected control is selected with it.
    pub with_children: bool,
}

/// What becomes of a control that is selected more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combine {
    /// Each stays, and ids are no longer unique: for finding out.
    #[default]
    Keep,
    /// The first stays.
    UseFirst,
    /// The contents of all are put together, each once (`merge`, deprecated since 1.1).
    Merge,
}

/// How the controls are arranged.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Structure {
    /// One list, without groups and without enhancements inside controls.
    #[default]
    Flat,
    /// As in the documents they are from.
    AsIs,
    /// In groups the profile defines.
    Custom {
        /// Its groups.
        groups: Vec<ProfileGroup>,
        /// Controls outside of groups.
        controls: Vec<InsertControls>,
    },
}

/// A group that a profile defines.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileGroup {
    /// What the group says of itself: its id, title, texts and so on, as it came.
    pub value: Value,
    /// Groups in it.
    pub groups: Vec<ProfileGroup>,
    /// Controls in it.
    pub controls: Vec<InsertControls>,
}

/// Which of the selected controls go somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertControls {
    /// Which; none means all.
    pub include: Option<Vec<Select>>,
    /// Which not.
    pub exclude: Vec<Select>,
    /// `Some(true)` sorts by id, `Some(false)` the other way round, none keeps the order.
    pub ascending: Option<bool>,
}

/// What a profile says of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct SetParameter {
    /// The parameter, read as one: its id is the `param-id`.
    pub parameter: Parameter,
    /// Constraints, which are added to those of the parameter.
    pub constraints: Vec<Value>,
    /// Guidelines, which are added to those of the parameter.
    pub guidelines: Vec<Value>,
}

/// Changes to one control.
#[derive(Debug, Clone, PartialEq)]
pub struct Alter {
    /// The control.
    pub control: String,
    /// What is removed, before anything is added.
    pub removes: Vec<Remove>,
    /// What is added.
    pub adds: Vec<Add>,
}

/// Which things of a control are removed: those that satisfy everything that is given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Remove {
    /// Of this name.
    pub name: Option<String>,
    /// Of this class.
    pub class: Option<String>,
    /// Of this id.
    pub id: Option<String>,
    /// What it is: `param`, `prop`, `link` or `part`.
    pub item: Option<String>,
    /// Of this namespace.
    pub namespace: Option<String>,
}

/// What is added to a control.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Add {
    /// Where.
    pub position: Position,
    /// The parameter or part to which it is added; none means the control itself.
    pub by_id: Option<String>,
    /// A title, instead of the one there.
    pub title: Option<String>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Properties.
    pub properties: Vec<Property>,
    /// Links.
    pub links: Vec<Link>,
    /// Texts.
    pub parts: Vec<Part>,
}

/// Where something is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Position {
    /// Before what is named, beside it.
    Before,
    /// Behind what is named, beside it.
    After,
    /// At the beginning of what is named.
    Starting,
    /// At the end of what is named.
    #[default]
    Ending,
}

impl Profile {
    pub(super) fn read(source: Value) -> Result<Self, Problem> {
        let path = Path::Key(&Path::Root, "profile");
        let mut fields = Fields::of(&source, &path)?;
        let uuid = fields.required("uuid")?;
        let metadata = fields
            .object("metadata", Metadata::read)?
            .ok_or_else(|| Path::Key(&path, "metadata").problem("is missing"))?;
        let imports = fields.list("imports", Import::read)?;
        if imports.is_empty() {
            return Err(Path::Key(&path, "imports").problem("must hold at least one import"));
        }
        let (combine, structure) = fields.object("merge", read_merge)?.unwrap_or_default();
        let (parameters, alters) = fields.object("modify", read_modify)?.unwrap_or_default();
        let (resources, _) = fields.object("back-matter", read_back_matter)?.unwrap_or_default();
        Ok(Self { uuid, metadata, imports, combine, structure, parameters, alters, resources, source })
    }

    /// The places at which the document of an import can be had, best first: those of the resource that `#…` names,
    /// JSON before other media types, else the reference itself.
    #[must_use]
    pub fn locations<'a>(&'a self, href: &'a str) -> Vec<&'a str> {
        let Some(uuid) = href.strip_prefix('#') else { return vec![href] };
        let resource = self.resources.iter().find(|resource| resource.uuid.eq_ignore_ascii_case(uuid));
        let mut links: Vec<_> = resource.into_iter().flat_map(|resource| &resource.locations).collect();
        links.sort_by_key(|link| !link.media_type.as_deref().is_some_and(|media_type| media_type.contains("json")));
        links.into_iter().map(|link| link.href.as_str()).chain([href]).collect()
    }
}

impl Import {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let href = fields.required("href")?;
        let (include, exclude) = read_selection(&mut fields, path)?;
        Ok(Self { href, include, exclude })
    }
}

/// What is included and excluded; nothing said of what is included means all.
fn read_selection(fields: &mut Fields<'_>, path: &Path<'_>) -> Result<(Option<Vec<Select>>, Vec<Select>), Problem> {
    let all = fields.object("include-all", |_, _| Ok(()))?;
    let some = fields.list("include-controls", Select::read)?;
    if all.is_some() && !some.is_empty() {
        return Err(path.problem("must hold `include-all` or `include-controls`, not both"));
    }
    Ok(((!some.is_empty()).then_some(some), fields.list("exclude-controls", Select::read)?))
}

impl Select {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let with_children = fields.text("with-child-controls")?;
        let patterns = fields.list("matching", |value, path| Fields::of(value, path)?.text("pattern"))?;
        Ok(Self {
            ids: fields.texts("with-ids")?,
            // A pattern that is not given matches nothing.
            patterns: patterns.into_iter().flatten().collect(),
            with_children: match with_children.as_deref() {
                Some("yes") => true,
                Some("no") | None => false,
                Some(_) => return Err(Path::Key(path, "with-child-controls").problem("must be `yes` or `no`")),
            },
        })
    }
}

fn read_merge(value: &Value, path: &Path<'_>) -> Result<(Combine, Structure), Problem> {
    let mut fields = Fields::of(value, path)?;
    let combine =
        fields.object("combine", |value, path| match Fields::of(value, path)?.text("method")?.as_deref() {
            Some("keep") | None => Ok(Combine::Keep),
            Some("use-first") => Ok(Combine::UseFirst),
            Some("merge") => Ok(Combine::Merge),
            Some(_) => Err(Path::Key(path, "method").problem("must be `keep`, `use-first` or `merge`")),
        })?;
    let flat = fields.object("flat", |_, _| Ok(Structure::Flat))?;
    let as_is = fields.object("as-is", |value, path| match value {
        Value::Bool(true) => Ok(Structure::AsIs),
        Value::Bool(false) => Ok(Structure::Flat),
        other => Err(path.problem(format!("must be true or false, is {}", kind(other)))),
    })?;
    let custom = fields.object("custom", |value, path| {
        let mut fields = Fields::of(value, path)?;
        let groups = fields.list("groups", ProfileGroup::read)?;
        Ok(Structure::Custom { groups, controls: fields.list("insert-controls", InsertControls::read)? })
    })?;
    let mut given = [flat, as_is, custom].into_iter().flatten();
    let structure = given.next().unwrap_or_default();
    if given.next().is_some() {
        return Err(path.problem("must hold one of `flat`, `as-is` and `custom`"));
    }
    Ok((combine.unwrap_or_default(), structure))
}

impl ProfileGroup {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let groups = fields.list("groups", Self::read)?;
        let controls = fields.list("insert-controls", InsertControls::read)?;
        let value = Value::Object(fields.rest());
        // What it says of itself must be that of a group, which is seen here and not in the middle of resolving.
        super::catalog::Group::read(&value, path, super::catalog::Place::Catalog)?;
        Ok(Self { value, groups, controls })
    }
}

impl InsertControls {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let ascending = match fields.text("order")?.as_deref() {
            Some("ascending") => Some(true),
            Some("descending") => Some(false),
            Some("keep") | None => None,
            Some(_) => {
                return Err(Path::Key(path, "order").problem("must be `keep`, `ascending` or `descending`"));
            }
        };
        let (include, exclude) = read_selection(&mut fields, path)?;
        Ok(Self { include, exclude, ascending })
    }
}

fn read_modify(value: &Value, path: &Path<'_>) -> Result<(Vec<SetParameter>, Vec<Alter>), Problem> {
    let mut fields = Fields::of(value, path)?;
    Ok((fields.list("set-parameters", SetParameter::read)?, fields.list("alters", Alter::read)?))
}

impl SetParameter {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let id = fields.required("param-id")?;
        let any = |value: &Value, _: &Path<'_>| Ok(value.clone());
        let (constraints, guidelines) = (fields.list("constraints", any)?, fields.list("guidelines", any)?);
        let parameter = Parameter {
            id,
            class: fields.text("class")?,
            label: fields.text("label")?,
            usage: fields.text("usage")?,
            values: fields.texts("values")?,
            choice: fields.object("select", Choice::read)?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            rest: fields.rest(),
        };
        Ok(Self { parameter, constraints, guidelines })
    }
}

impl Alter {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        Ok(Self {
            control: fields.required("control-id")?,
            removes: fields.list("removes", Remove::read)?,
            adds: fields.list("adds", Add::read)?,
        })
    }
}

impl Remove {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let remove = Self {
            name: fields.text("by-name")?,
            class: fields.text("by-class")?,
            id: fields.text("by-id")?,
            item: fields.text("by-item-name")?,
            namespace: fields.text("by-ns")?,
        };
        if remove == Self::default() {
            return Err(path.problem("must say what is removed: by name, class, id, item name or namespace"));
        }
        Ok(remove)
    }
}

impl Add {
    fn read(value: &Value, path: &Path<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::of(value, path)?;
        let position = match fields.text("position")?.as_deref() {
            Some("before") => Position::Before,
            Some("after") => Position::After,
            Some("starting") => Position::Starting,
            Some("ending") | None => Position::Ending,
            Some(_) => {
                let reason = "must be `before`, `after`, `starting` or `ending`";
                return Err(Path::Key(path, "position").problem(reason));
            }
        };
        Ok(Self {
            position,
            by_id: fields.text("by-id")?,
            title: fields.text("title")?,
            parameters: fields.list("params", Parameter::read)?,
            properties: fields.list("props", Property::read)?,
            links: fields.list("links", Link::read)?,
            parts: fields.list("parts", Part::read)?,
        })
    }
}

/// Adds to an array of the rest, creating it where there is none.
pub(super) fn extend_rest(rest: &mut Map<String, Value>, key: &str, more: &[Value]) {
    if more.is_empty() {
        return;
    }
    match rest.get_mut(key) {
        Some(Value::Array(items)) => items.extend(more.iter().cloned()),
        _ => {
            rest.insert(key.to_owned(), Value::Array(more.to_vec()));
        }
    }
}
