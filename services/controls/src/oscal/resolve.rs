//! Profile resolution: the catalogue that a profile stands for, as the specification of OSCAL says.
//!
//! Three phases: controls are imported, merged into one structure, and modified. Where the specification leaves a
//! choice, ours is the careful one: a document that is missing and imports that go in a circle are errors, because a
//! baseline that silently lacks controls is worse than none. What names something that is not there is a warning.

use super::alter;
use super::catalog::{Catalog, Group, Place};
use super::control::{Control, Parameter};
use super::document::{Body, Document};
use super::fields::Path;
use super::metadata::{Link, Property, Resource};
use super::problem::ResolveError;
use super::profile::{Alter, Combine, Import, InsertControls, Profile, ProfileGroup, Select, SetParameter, Structure};
use super::prose::insertions;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Where the documents are that profiles import.
pub trait Library {
    /// The document at a reference, exactly as it stands in a profile (relative references are not made absolute).
    fn find(&self, href: &str) -> Option<Arc<Document>>;
}

impl<F: Fn(&str) -> Option<Arc<Document>>> Library for F {
    fn find(&self, href: &str) -> Option<Arc<Document>> {
        self(href)
    }
}

/// How a profile is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// When: the `last-modified` of the result. Nothing here looks at a clock.
    pub last_modified: Timestamp,
    /// Where the profile is: a URI reference the result links to as its source.
    pub source: String,
    /// How deeply profiles may import profiles.
    pub levels: usize,
    /// How many imports are followed in all.
    pub imports: usize,
    /// How many controls the result may have.
    pub controls: usize,
}

impl Settings {
    /// The usual limits: 16 levels, 256 imports, 50 000 controls.
    #[must_use]
    pub fn new(last_modified: Timestamp, source: impl Into<String>) -> Self {
        Self { last_modified, source: source.into(), levels: 16, imports: 256, controls: 50_000 }
    }
}

/// What a profile resolves to.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The catalogue: exactly the controls that are selected.
    pub catalog: Catalog,
    /// What names something that is not there, in sentences: ids that select nothing, parameters and controls to be
    /// changed that are not among the selected.
    pub warnings: Vec<String>,
}

/// Resolves a profile. The UUID of the result is made of that of the profile and the time, so the same call gives the
/// same bytes.
///
/// # Errors
///
/// When a document is missing or cannot be imported, when imports go in a circle, and past a limit.
pub fn resolve(profile: &Profile, library: &dyn Library, settings: &Settings) -> Result<Resolution, ResolveError> {
    let mut resolver =
        Resolver { library, settings, chain: vec![settings.source.clone()], followed: 0, warnings: Vec::new() };
    let mut catalog = resolver.profile(profile)?;
    let Resolver { mut warnings, .. } = resolver;
    finish(&mut catalog, profile, settings);
    prune(&mut catalog, &mut warnings);
    Ok(Resolution { catalog, warnings })
}

struct Resolver<'a> {
    library: &'a dyn Library,
    settings: &'a Settings,
    /// The references from the first profile to the one at hand.
    chain: Vec<String>,
    followed: usize,
    warnings: Vec<String>,
}

impl Resolver<'_> {
    /// Imports, merges and modifies. The depth of this recursion is the limit on levels.
    fn profile(&mut self, profile: &Profile) -> Result<Catalog, ResolveError> {
        let mut merged = empty(profile);
        let mut ids = HashMap::new();
        for import in &profile.imports {
            self.import(profile, import, &mut merged, &mut ids)?;
        }
        merged.resources.extend(profile.resources.iter().cloned());
        let mut catalog = match &profile.structure {
            Structure::AsIs => merged,
            Structure::Flat => flat(merged),
            Structure::Custom { groups, controls } => custom(merged, groups, controls, &mut self.warnings),
        };
        self.set_parameters(&mut catalog, &profile.parameters);
        self.alter(&mut catalog, &profile.alters);
        Ok(catalog)
    }

    fn import(
        &mut self,
        profile: &Profile,
        import: &Import,
        merged: &mut Catalog,
        ids: &mut HashMap<String, usize>,
    ) -> Result<(), ResolveError> {
        self.followed += 1;
        if self.followed > self.settings.imports {
            return Err(ResolveError::Limit { what: "imports", limit: self.settings.imports });
        }
        let found =
            profile.locations(&import.href).into_iter().find_map(|at| Some((at.to_owned(), self.library.find(at)?)));
        let Some((at, document)) = found else {
            return Err(ResolveError::Missing {
                profile: profile.metadata.title.clone(),
                href: import.href.clone(),
            });
        };
        match &document.body {
            Body::Catalog(catalog) => self.add(import, catalog, profile.combine, merged, ids),
            Body::Profile(inner) => {
                let name = format!("{at} ({})", inner.uuid);
                let circle = inner.uuid == profile.uuid || self.chain.contains(&name);
                self.chain.push(name);
                if circle {
                    return Err(ResolveError::Circular { chain: std::mem::take(&mut self.chain) });
                }
                if self.chain.len() > self.settings.levels {
                    return Err(ResolveError::Limit { what: "levels of imports", limit: self.settings.levels });
                }
                let resolved = self.profile(inner)?;
                self.chain.pop();
                self.add(import, &resolved, profile.combine, merged, ids)
            }
            _ => Err(ResolveError::NotImportable { href: import.href.clone(), kind: document.kind().root() }),
        }
    }

    /// Adds what an import selects, in the order and under the groups it has there.
    fn add(
        &mut self,
        import: &Import,
        from: &Catalog,
        combine: Combine,
        merged: &mut Catalog,
        ids: &mut HashMap<String, usize>,
    ) -> Result<(), ResolveError> {
        let mut chosen = match &import.include {
            None => vec![true; from.controls.len()],
            Some(selects) => select(from, selects, &import.href, &mut self.warnings),
        };
        let excluded = select(from, &import.exclude, &import.href, &mut self.warnings);
        for (chosen, excluded) in chosen.iter_mut().zip(excluded) {
            *chosen &= !excluded;
        }
        let mut placed = Placed { from, chosen: &chosen, controls: HashMap::new(), groups: HashMap::new() };
        for (index, control) in from.controls.iter().enumerate().filter(|(index, _)| chosen.get(*index) == Some(&true)) {
            let earlier = ids.get(&control.id).copied();
            if let (Some(earlier), Combine::UseFirst | Combine::Merge) = (earlier, combine) {
                if combine == Combine::Merge
                    && let Some(first) = merged.controls.get_mut(earlier)
                {
                    put_together(first, control);
                }
                placed.controls.insert(index, earlier);
                continue;
            }
            if earlier.is_some() {
                self.warnings.push(format!("the control `{}` is selected more than once, and each is kept", control.id));
            }
            if merged.controls.len() >= self.settings.controls {
                return Err(ResolveError::Limit { what: "controls", limit: self.settings.controls });
            }
            let place = placed.place(control.place, merged);
            placed.controls.insert(index, merged.controls.len());
            ids.entry(control.id.clone()).or_insert(merged.controls.len());
            merged.controls.push(Control { place, ..control.clone() });
        }
        merged.parameters.extend(from.parameters.iter().cloned());
        merged.resources.extend(from.resources.iter().cloned());
        Ok(())
    }

    fn set_parameters(&mut self, catalog: &mut Catalog, sets: &[SetParameter]) {
        let mut by_id: HashMap<&str, Vec<&SetParameter>> = HashMap::new();
        for set in sets {
            by_id.entry(&set.parameter.id).or_default().push(set);
        }
        let mut found = HashSet::new();
        let own = catalog.parameters.iter_mut();
        let groups = catalog.groups.iter_mut().flat_map(|group| &mut group.parameters);
        let controls = catalog.controls.iter_mut().flat_map(|control| &mut control.parameters);
        for parameter in own.chain(groups).chain(controls) {
            for set in by_id.get(parameter.id.as_str()).into_iter().flatten() {
                found.insert(set.parameter.id.as_str());
                alter::set(parameter, set);
            }
        }
        for set in sets.iter().filter(|set| !found.contains(set.parameter.id.as_str())) {
            self.warnings.push(format!("the parameter `{}` is set, but not among the selected", set.parameter.id));
        }
    }

    fn alter(&mut self, catalog: &mut Catalog, alters: &[Alter]) {
        let mut by_id: HashMap<&str, Vec<&Alter>> = HashMap::new();
        for alter in alters {
            by_id.entry(&alter.control).or_default().push(alter);
        }
        let mut found = HashSet::new();
        for control in &mut catalog.controls {
            let Some(alters) = by_id.get(control.id.as_str()) else { continue };
            found.insert(control.id.clone());
            for alter in alters {
                for remove in &alter.removes {
                    if !alter::remove(control, remove) {
                        self.warnings.push(format!("nothing to remove from the control `{}`", control.id));
                    }
                }
                for add in &alter.adds {
                    if !alter::add(control, add) {
                        let at = add.by_id.as_deref().unwrap_or_default();
                        self.warnings.push(format!("the control `{}` has no `{at}` to add to", control.id));
                    }
                }
            }
        }
        for alter in alters.iter().filter(|alter| !found.contains(&alter.control)) {
            self.warnings.push(format!("the control `{}` is changed, but not among the selected", alter.control));
        }
    }
}

/// A catalogue of nothing, with the name of a profile.
fn empty(profile: &Profile) -> Catalog {
    Catalog {
        uuid: profile.uuid.clone(),
        metadata: profile.metadata.clone(),
        parameters: Vec::new(),
        groups: Vec::new(),
        controls: Vec::new(),
        unread: Vec::new(),
        resources: Vec::new(),
        rest: serde_json::Map::new(),
        back_matter: None,
    }
}

/// Which controls are selected: one flag for each. A control stands behind the one it is nested in.
fn select(from: &Catalog, selects: &[Select], href: &str, warnings: &mut Vec<String>) -> Vec<bool> {
    let mut chosen = vec![false; from.controls.len()];
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, control) in from.controls.iter().enumerate() {
        by_id.entry(&control.id).or_default().push(index);
    }
    for select in selects {
        let mut here = vec![false; from.controls.len()];
        for id in &select.ids {
            let indices = by_id.get(id.as_str());
            if indices.is_none() {
                warnings.push(format!("`{href}` has no control `{id}`"));
            }
            for index in indices.into_iter().flatten() {
                if let Some(flag) = here.get_mut(*index) {
                    *flag = true;
                }
            }
        }
        for pattern in &select.patterns {
            let mut any = false;
            for (flag, control) in here.iter_mut().zip(&from.controls) {
                let matched = matches(pattern, &control.id);
                any |= matched;
                *flag |= matched;
            }
            if !any {
                warnings.push(format!("`{href}` has no control that matches `{pattern}`"));
            }
        }
        if select.with_children {
            for (index, control) in from.controls.iter().enumerate() {
                let nested = matches!(control.place, Place::Control(parent) if here.get(parent) == Some(&true));
                if nested && let Some(flag) = here.get_mut(index) {
                    *flag = true;
                }
            }
        }
        for (chosen, here) in chosen.iter_mut().zip(here) {
            *chosen |= here;
        }
    }
    chosen
}

/// Whether a pattern, in which `*` is any text and `?` any one character, matches the whole of an id.
fn matches(pattern: &str, id: &str) -> bool {
    let (pattern, id): (Vec<char>, Vec<char>) = (pattern.chars().collect(), id.chars().collect());
    // Where to go on when what followed the last `*` does not fit: that `*` takes one character more.
    let (mut at, mut read, mut back) = (0, 0, None);
    while read < id.len() {
        match pattern.get(at) {
            Some('*') => {
                back = Some((at + 1, read));
                at += 1;
            }
            Some(expected) if *expected == '?' || id.get(read) == Some(expected) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, taken)) = back else { return false };
                back = Some((after, taken + 1));
                at = after;
                read = taken + 1;
            }
        }
    }
    pattern.get(at..).is_none_or(|left| left.iter().all(|character| *character == '*'))
}

/// Where what is imported stands in the merged catalogue.
struct Placed<'a> {
    from: &'a Catalog,
    chosen: &'a [bool],
    controls: HashMap<usize, usize>,
    groups: HashMap<usize, usize>,
}

impl Placed<'_> {
    /// A control whose parent is not selected stands where the parent stood.
    fn place(&mut self, place: Place, merged: &mut Catalog) -> Place {
        match place {
            Place::Catalog => Place::Catalog,
            Place::Control(parent) => match self.controls.get(&parent) {
                Some(index) if self.chosen.get(parent) == Some(&true) => Place::Control(*index),
                _ => match self.from.controls.get(parent) {
                    Some(parent) => self.place(parent.place, merged),
                    None => Place::Catalog,
                },
            },
            Place::Unread(index) => match self.from.unread.get(index) {
                Some(unread) => self.place(unread.place, merged),
                None => Place::Catalog,
            },
            Place::Group(index) => {
                if let Some(index) = self.groups.get(&index) {
                    return Place::Group(*index);
                }
                let Some(group) = self.from.groups.get(index) else { return Place::Catalog };
                let above = self.place(group.place, merged);
                // Two imports of one catalogue bring the same groups.
                let same = |other: &Group| group.id.is_some() && other.id == group.id && other.place == above;
                let at = merged.groups.iter().position(same).unwrap_or_else(|| {
                    merged.groups.push(Group { place: above, ..group.clone() });
                    merged.groups.len() - 1
                });
                self.groups.insert(index, at);
                Place::Group(at)
            }
        }
    }
}

/// Adds to a control what another of its id has and it has not.
fn put_together(first: &mut Control, other: &Control) {
    fn more<T: Clone + PartialEq>(to: &mut Vec<T>, from: &[T], same: impl Fn(&T, &T) -> bool) {
        let new: Vec<T> = from.iter().filter(|one| !to.iter().any(|old| same(old, one))).cloned().collect();
        to.extend(new);
    }
    more(&mut first.parameters, &other.parameters, |old, new| old.id == new.id);
    more(&mut first.properties, &other.properties, |old, new| old == new);
    more(&mut first.links, &other.links, |old, new| old == new);
    more(&mut first.parts, &other.parts, |old, new| old == new || (old.id.is_some() && old.id == new.id));
}

/// One list, without groups and nesting. Parameters of groups are then those of the catalogue.
fn flat(mut catalog: Catalog) -> Catalog {
    for group in std::mem::take(&mut catalog.groups) {
        catalog.parameters.extend(group.parameters);
    }
    for control in &mut catalog.controls {
        control.place = Place::Catalog;
    }
    catalog
}

/// The groups that the profile defines, with the controls it puts there. A control stands in the first place that asks
/// for it; an enhancement stays inside its control where both are put in the same place.
fn custom(
    merged: Catalog,
    groups: &[ProfileGroup],
    controls: &[InsertControls],
    warnings: &mut Vec<String>,
) -> Catalog {
    let shell = Catalog { groups: Vec::new(), controls: Vec::new(), ..merged.clone() };
    let used = vec![false; merged.controls.len()];
    let mut arranged = Arranged { merged: &merged, used, catalog: shell, warnings };
    arranged.insert(controls, Place::Catalog);
    arranged.groups(groups, Place::Catalog);
    let Arranged { mut catalog, .. } = arranged;
    // Groups that are not taken over leave their parameters to the catalogue.
    catalog.parameters.extend(merged.groups.iter().flat_map(|group| group.parameters.iter().cloned()));
    catalog
}

struct Arranged<'a> {
    merged: &'a Catalog,
    used: Vec<bool>,
    catalog: Catalog,
    warnings: &'a mut Vec<String>,
}

impl Arranged<'_> {
    fn groups(&mut self, groups: &[ProfileGroup], place: Place) {
        for group in groups {
            // Reading the profile has made sure that this is a group.
            let Ok(read) = Group::read(&group.value, &Path::Root, place) else { continue };
            self.catalog.groups.push(read);
            let here = Place::Group(self.catalog.groups.len() - 1);
            self.insert(&group.controls, here);
            self.groups(&group.groups, here);
        }
    }

    fn insert(&mut self, inserts: &[InsertControls], place: Place) {
        for insert in inserts {
            let mut chosen = match &insert.include {
                None => vec![true; self.merged.controls.len()],
                Some(selects) => select(self.merged, selects, "the selection", self.warnings),
            };
            let excluded = select(self.merged, &insert.exclude, "the selection", self.warnings);
            for ((chosen, excluded), used) in chosen.iter_mut().zip(excluded).zip(&self.used) {
                *chosen &= !excluded && !used;
            }
            let mut order: Vec<usize> =
                chosen.iter().enumerate().filter_map(|(index, chosen)| chosen.then_some(index)).collect();
            let id = |index: &usize| self.merged.controls.get(*index).map(|control| control.id.as_str());
            match insert.ascending {
                None => {}
                Some(true) => order.sort_by(|left, right| id(left).cmp(&id(right))),
                Some(false) => order.sort_by(|left, right| id(right).cmp(&id(left))),
            }
            // Those that stand by themselves first, so that a control is there before what is nested in it.
            let level = |index: &usize| self.level(*index, &chosen);
            order.sort_by_key(level);
            let mut moved = HashMap::new();
            for index in order {
                let Some(control) = self.merged.controls.get(index) else { continue };
                let place = match control.place {
                    Place::Control(parent) => moved.get(&parent).map_or(place, |parent| Place::Control(*parent)),
                    _ => place,
                };
                moved.insert(index, self.catalog.controls.len());
                self.catalog.controls.push(Control { place, ..control.clone() });
                if let Some(used) = self.used.get_mut(index) {
                    *used = true;
                }
            }
        }
    }

    /// How many of the chosen a control is nested in, without a gap.
    fn level(&self, index: usize, chosen: &[bool]) -> usize {
        let (mut level, mut at) = (0, index);
        while let Some(Place::Control(parent)) = self.merged.controls.get(at).map(|control| control.place) {
            if chosen.get(parent) != Some(&true) {
                break;
            }
            (level, at) = (level + 1, parent);
        }
        level
    }
}

/// What makes the merged catalogue a document of its own.
fn finish(catalog: &mut Catalog, profile: &Profile, settings: &Settings) {
    let name = format!("{}\n{}", profile.uuid, settings.last_modified);
    catalog.uuid = Uuid::new_v5(&super::export::NAMESPACE, name.as_bytes()).to_string();
    catalog.metadata.last_modified = settings.last_modified.to_string();
    let tool = Property { name: "resolution-tool".into(), value: "Telwarden".into(), ..Property::default() };
    let source =
        Property { name: "source-profile-uuid".into(), value: profile.uuid.clone(), ..Property::default() };
    catalog.metadata.properties.splice(0..0, [tool, source]);
    let link =
        Link { href: settings.source.clone(), relation: Some("source-profile".into()), ..Link::default() };
    catalog.metadata.links.insert(0, link);
}

/// Drops the loose parameters and the resources that nothing names, and says which parameters are named but not here.
fn prune(catalog: &mut Catalog, warnings: &mut Vec<String>) {
    let loose = std::mem::take(&mut catalog.parameters);
    let resources = std::mem::take(&mut catalog.resources);
    let mut named = Named::default();
    named.look(&catalog.to_value());
    // A loose parameter that is kept can name others.
    let mut waiting: HashMap<&str, &Parameter> = HashMap::new();
    for parameter in &loose {
        waiting.entry(&parameter.id).or_insert(parameter);
    }
    let (mut kept, mut next): (HashSet<String>, Vec<String>) =
        (HashSet::new(), named.parameters.iter().cloned().collect());
    while let Some(id) = next.pop() {
        let Some(parameter) = waiting.remove(id.as_str()) else { continue };
        kept.insert(id);
        let mut more = Named::default();
        more.look(&parameter.write());
        next.extend(more.parameters.iter().cloned());
        named.parameters.extend(more.parameters);
        named.fragments.extend(more.fragments);
    }
    // Removing what is kept as it is found leaves the first of several with one id.
    catalog.parameters = loose.into_iter().filter(|parameter| kept.remove(&parameter.id)).collect();
    let mut first = HashSet::new();
    catalog.resources = resources
        .into_iter()
        .filter(|resource| named.fragments.contains(&resource.uuid.to_lowercase()) || always(resource))
        .filter(|resource| first.insert(resource.uuid.to_lowercase()))
        .collect();
    let here = catalog.all_parameters();
    let mut absent: Vec<&String> = named.parameters.iter().filter(|id| !here.contains_key(id.as_str())).collect();
    absent.sort();
    warnings.extend(absent.into_iter().map(|id| format!("a text names the parameter `{id}`, which is not among the selected")));
}

fn always(resource: &Resource) -> bool {
    resource.properties.iter().any(|property| property.name == "keep" && property.value == "always")
}

/// What the texts and links of a document name.
#[derive(Default)]
struct Named {
    parameters: HashSet<String>,
    /// What stands behind `#`, in small letters.
    fragments: HashSet<String>,
}

impl Named {
    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.parameters.extend(insertions(text).into_iter().map(str::to_owned));
                for (_, behind) in text.match_indices('#').filter_map(|(at, _)| text.split_at_checked(at + 1)) {
                    let end = |character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character));
                    let fragment = behind.split(end).next().unwrap_or_default();
                    if !fragment.is_empty() {
                        self.fragments.insert(fragment.to_lowercase());
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            Value::Object(map) => map.values().for_each(|item| self.look(item)),
            _ => {}
        }
    }
}
