//! Profile resolution: the catalogue that a profile stands for, as the specification of OSCAL says.
//!
//! Three phases: controls are imported, merged into one structure, and modified. Where the specification leaves a
//! choice, ours is the careful one: a document that is missing and imports that go in a circle are errors, because a
//! baseline that silently lacks controls is worse than none. What names something that is not there is a warning.

use super::alter;
use super::arrange::{custom, flat};
use super::catalog::{Catalog, Group, Place};
use super::control::{Control, Part};
use super::document::{Body, Document};
use super::metadata::{Link, Property};
use super::problem::ResolveError;
use super::profile::{Add, Alter, Combine, Import, Profile, SetParameter, Structure};
use super::prune::prune;
use super::select::{Work, select};
use jiff::Timestamp;
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
    /// How much work it may be: comparisons of a selection, a group or a change with a control.
    pub steps: usize,
}

impl Settings {
    /// The usual limits: 16 levels, 256 imports, 50 000 controls, 500 million steps (a few seconds). The baselines of
    /// SP 800-53 take less than a million.
    #[must_use]
    pub fn new(last_modified: Timestamp, source: impl Into<String>) -> Self {
        Self { last_modified, source: source.into(), levels: 16, imports: 256, controls: 50_000, steps: 500_000_000 }
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
    let (chain, work) = (vec![settings.source.clone()], Work::new(settings.steps));
    let mut resolver = Resolver { library, settings, chain, followed: 0, warnings: Vec::new(), work };
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
    work: Work,
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
            Structure::Custom { groups, controls } => {
                custom(&merged, groups, controls, &mut self.warnings, &mut self.work)?
            }
        };
        self.set_parameters(&mut catalog, &profile.parameters)?;
        self.alter(&mut catalog, &profile.alters)?;
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
            return Err(ResolveError::Missing { profile: profile.metadata.title.clone(), href: import.href.clone() });
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
            Some(selects) => select(from, selects, &import.href, &mut self.warnings, &mut self.work)?,
        };
        let excluded = select(from, &import.exclude, &import.href, &mut self.warnings, &mut self.work)?;
        for (chosen, excluded) in chosen.iter_mut().zip(excluded) {
            *chosen &= !excluded;
        }
        let mut placed = Placed { from, chosen: &chosen, controls: HashMap::new(), groups: HashMap::new() };
        for (index, control) in from.controls.iter().enumerate().filter(|(index, _)| chosen.get(*index) == Some(&true))
        {
            let earlier = ids.get(&control.id).copied();
            if let (Some(earlier), Combine::UseFirst | Combine::Merge) = (earlier, combine) {
                if combine == Combine::Merge
                    && let Some(first) = merged.controls.get_mut(earlier)
                {
                    self.work.spend(size(first).saturating_mul(size(control)))?;
                    put_together(first, control);
                }
                placed.controls.insert(index, earlier);
                continue;
            }
            if earlier.is_some() {
                self.warnings
                    .push(format!("the control `{}` is selected more than once, and each is kept", control.id));
            }
            if merged.controls.len() >= self.settings.controls {
                return Err(ResolveError::Limit { what: "controls", limit: self.settings.controls });
            }
            let place = placed.place(control.place, merged, &mut self.work)?;
            placed.controls.insert(index, merged.controls.len());
            ids.entry(control.id.clone()).or_insert(merged.controls.len());
            merged.controls.push(Control { place, ..control.clone() });
        }
        merged.parameters.extend(from.parameters.iter().cloned());
        merged.resources.extend(from.resources.iter().cloned());
        Ok(())
    }

    fn set_parameters(&mut self, catalog: &mut Catalog, sets: &[SetParameter]) -> Result<(), ResolveError> {
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
                let new = set.parameter.properties.len() + set.parameter.links.len();
                let old = parameter.properties.len() + parameter.links.len();
                self.work.spend(new.saturating_mul(new + old))?;
                found.insert(set.parameter.id.as_str());
                alter::set(parameter, set);
            }
        }
        for set in sets.iter().filter(|set| !found.contains(set.parameter.id.as_str())) {
            self.warnings.push(format!("the parameter `{}` is set, but not among the selected", set.parameter.id));
        }
        Ok(())
    }

    fn alter(&mut self, catalog: &mut Catalog, alters: &[Alter]) -> Result<(), ResolveError> {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, control) in catalog.controls.iter().enumerate() {
            by_id.entry(control.id.clone()).or_default().push(index);
        }
        for alter in alters {
            let Some(indices) = by_id.get(&alter.control) else {
                self.warnings.push(format!("the control `{}` is changed, but not among the selected", alter.control));
                continue;
            };
            for index in indices {
                self.alter_one(catalog, *index, alter)?;
            }
        }
        Ok(())
    }

    fn alter_one(&mut self, catalog: &mut Catalog, index: usize, alter: &Alter) -> Result<(), ResolveError> {
        let Some(control) = catalog.controls.get_mut(index) else { return Ok(()) };
        for remove in &alter.removes {
            self.work.spend(size(control))?;
            if !alter::remove(control, remove) {
                self.warnings.push(format!("nothing to remove from the control `{}`", control.id));
            }
        }
        for add in &alter.adds {
            let Some(control) = catalog.controls.get_mut(index) else { return Ok(()) };
            self.work.spend(size(control))?;
            if !alter::add(control, add) && !self.add_nested(catalog, index, add)? {
                let at = add.by_id.as_deref().unwrap_or_default();
                self.warnings.push(format!("the control `{}` has no `{at}` to add to", alter.control));
            }
        }
        Ok(())
    }

    /// What is not in a control itself may be in one that is nested in it; whether it was.
    fn add_nested(&mut self, catalog: &mut Catalog, index: usize, add: &Add) -> Result<bool, ResolveError> {
        self.work.spend(catalog.controls.len())?;
        let mut inside = HashSet::from([index]);
        for (index, control) in catalog.controls.iter_mut().enumerate() {
            let Place::Control(parent) = control.place else { continue };
            if inside.contains(&parent) {
                inside.insert(index);
                self.work.spend(size(control))?;
                if alter::add(control, add) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// How many things a control holds.
fn size(control: &Control) -> usize {
    fn of(part: &Part) -> usize {
        1 + part.properties.len() + part.links.len() + part.parts.iter().map(of).sum::<usize>()
    }
    let parameters = control.parameters.iter().map(|one| 1 + one.properties.len() + one.links.len());
    let parts = control.parts.iter().map(of);
    1 + control.properties.len() + control.links.len() + parameters.chain(parts).sum::<usize>()
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

/// Where what is imported stands in the merged catalogue.
struct Placed<'a> {
    from: &'a Catalog,
    chosen: &'a [bool],
    controls: HashMap<usize, usize>,
    groups: HashMap<usize, usize>,
}

impl Placed<'_> {
    /// A control whose parent is not selected stands where the parent stood.
    fn place(&mut self, place: Place, merged: &mut Catalog, work: &mut Work) -> Result<Place, ResolveError> {
        match place {
            Place::Catalog => Ok(Place::Catalog),
            Place::Control(parent) => match self.controls.get(&parent) {
                Some(index) if self.chosen.get(parent) == Some(&true) => Ok(Place::Control(*index)),
                _ => match self.from.controls.get(parent) {
                    Some(parent) => self.place(parent.place, merged, work),
                    None => Ok(Place::Catalog),
                },
            },
            Place::Unread(index) => match self.from.unread.get(index) {
                Some(unread) => self.place(unread.place, merged, work),
                None => Ok(Place::Catalog),
            },
            Place::Group(index) => {
                if let Some(index) = self.groups.get(&index) {
                    return Ok(Place::Group(*index));
                }
                let Some(group) = self.from.groups.get(index) else { return Ok(Place::Catalog) };
                let above = self.place(group.place, merged, work)?;
                work.spend(merged.groups.len())?;
                // Two imports of one catalogue bring the same groups.
                let same = |other: &Group| group.id.is_some() && other.id == group.id && other.place == above;
                let at = merged.groups.iter().position(same).unwrap_or_else(|| {
                    merged.groups.push(Group { place: above, ..group.clone() });
                    merged.groups.len() - 1
                });
                self.groups.insert(index, at);
                Ok(Place::Group(at))
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

/// What makes the merged catalogue a document of its own.
fn finish(catalog: &mut Catalog, profile: &Profile, settings: &Settings) {
    let name = format!("{}\n{}", profile.uuid, settings.last_modified);
    catalog.uuid = Uuid::new_v5(&super::export::NAMESPACE, name.as_bytes()).to_string();
    catalog.metadata.last_modified = settings.last_modified.to_string();
    let tool = Property { name: "resolution-tool".into(), value: "Telwarden".into(), ..Property::default() };
    let source = Property { name: "source-profile-uuid".into(), value: profile.uuid.clone(), ..Property::default() };
    catalog.metadata.properties.splice(0..0, [tool, source]);
    let link = Link { href: settings.source.clone(), relation: Some("source-profile".into()), ..Link::default() };
    catalog.metadata.links.insert(0, link);
}
