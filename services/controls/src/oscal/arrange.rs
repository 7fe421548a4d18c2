//! How the selected controls are arranged: in one list, or in the groups of the profile.

use super::catalog::{Catalog, Group, Place};
use super::control::Control;
use super::fields::Path;
use super::problem::ResolveError;
use super::profile::{InsertControls, ProfileGroup};
use super::select::{Work, select};
use std::collections::HashMap;

/// One list, without groups and nesting. Parameters of groups are then those of the catalogue.
pub(super) fn flat(mut catalog: Catalog) -> Catalog {
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
pub(super) fn custom(
    merged: &Catalog,
    groups: &[ProfileGroup],
    controls: &[InsertControls],
    warnings: &mut Vec<String>,
    work: &mut Work,
) -> Result<Catalog, ResolveError> {
    let catalog = Catalog { groups: Vec::new(), controls: Vec::new(), ..merged.clone() };
    let used = vec![false; merged.controls.len()];
    let mut arranged = Arranged { merged, used, catalog, warnings, work };
    arranged.insert(controls, Place::Catalog)?;
    arranged.groups(groups, Place::Catalog)?;
    let Arranged { mut catalog, .. } = arranged;
    // Groups that are not taken over leave their parameters to the catalogue.
    catalog.parameters.extend(merged.groups.iter().flat_map(|group| group.parameters.iter().cloned()));
    Ok(catalog)
}

struct Arranged<'a> {
    merged: &'a Catalog,
    used: Vec<bool>,
    catalog: Catalog,
    warnings: &'a mut Vec<String>,
    work: &'a mut Work,
}

impl Arranged<'_> {
    fn groups(&mut self, groups: &[ProfileGroup], place: Place) -> Result<(), ResolveError> {
        for group in groups {
            // Reading the profile has made sure that this is a group.
            let Ok(read) = Group::read(&group.value, &Path::Root, place) else { continue };
            self.catalog.groups.push(read);
            let here = Place::Group(self.catalog.groups.len() - 1);
            self.insert(&group.controls, here)?;
            self.groups(&group.groups, here)?;
        }
        Ok(())
    }

    fn insert(&mut self, inserts: &[InsertControls], place: Place) -> Result<(), ResolveError> {
        for insert in inserts {
            let mut moved = HashMap::new();
            for index in self.order(insert)? {
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
        Ok(())
    }

    /// What is put in one place, in the order it is put there.
    fn order(&mut self, insert: &InsertControls) -> Result<Vec<usize>, ResolveError> {
        let mut chosen = match &insert.include {
            None => vec![true; self.merged.controls.len()],
            Some(selects) => select(self.merged, selects, "the selection", self.warnings, self.work)?,
        };
        let excluded = select(self.merged, &insert.exclude, "the selection", self.warnings, self.work)?;
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
        order.sort_by_cached_key(|index| self.level(*index, &chosen));
        Ok(order)
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
