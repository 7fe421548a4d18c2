//! Where every control of an edition goes when an assessment moves to the next one.

use super::catalogue::{Catalogue, Control};
use super::mapping::{Mapping, Relation};

/// What becomes of the controls of one catalogue in another that continues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Key of the earlier catalogue.
    pub from: String,
    /// Key of the later catalogue.
    pub to: String,
    /// One entry per control of the earlier catalogue, in its order.
    pub moved: Vec<Moved>,
    /// One entry per control of the later catalogue, in its order.
    pub arrived: Vec<Arrived>,
}

/// A control of the earlier catalogue and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its id in the earlier catalogue.
    pub id: String,
    /// Where it goes.
    pub fate: Fate,
}

/// Where a control of the earlier catalogue goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// One later control continues it, and it alone.
    Carried {
        /// Id of the later control.
        to: String,
    },
    /// One later control continues it together with others.
    Merged {
        /// Id of the later control.
        to: String,
        /// Ids of the other earlier controls that are merged into it.
        with: Vec<String>,
    },
    /// Several later controls continue it.
    Split {
        /// Ids of the later controls.
        to: Vec<String>,
    },
    /// No later control continues it.
    Unmapped,
}

/// A control of the later catalogue and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Its id in the later catalogue.
    pub id: String,
    /// Ids of the earlier controls that it continues. Empty: it is new, and nothing has been decided about it.
    pub from: Vec<String>,
}

impl Arrived {
    /// Whether it continues no earlier control.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.from.is_empty()
    }
}

/// How many controls had which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Earlier controls that one later control continues alone.
    pub carried: usize,
    /// Earlier controls that were merged with others.
    pub merged: usize,
    /// Earlier controls that several later ones continue.
    pub split: usize,
    /// Earlier controls that none continues.
    pub unmapped: usize,
    /// Later controls that continue at least one earlier control.
    pub continuing: usize,
    /// Later controls that continue none.
    pub new: usize,
}

impl Migration {
    /// How many controls had which fate.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for moved in &self.moved {
            match moved.fate {
                Fate::Carried { .. } => counts.carried += 1,
                Fate::Merged { .. } => counts.merged += 1,
                Fate::Split { .. } => counts.split += 1,
                Fate::Unmapped => counts.unmapped += 1,
            }
        }
        counts.new = self.arrived.iter().filter(|arrived| arrived.is_new()).count();
        counts.continuing = self.arrived.len() - counts.new;
        counts
    }

    /// Where an earlier control goes. None where the earlier catalogue has no such id.
    #[must_use]
    pub fn fate(&self, id: &str) -> Option<&Fate> {
        self.moved.iter().find(|moved| moved.id == id).map(|moved| &moved.fate)
    }

    /// Where a later control comes from. None where the later catalogue has no such id.
    #[must_use]
    pub fn arrived(&self, id: &str) -> Option<&Arrived> {
        self.arrived.iter().find(|arrived| arrived.id == id)
    }

    /// The migration as mappings, one per later control that continues any. Its origins together ask the same, unless one of
    /// them was split: then they ask more, since part of it went elsewhere.
    #[must_use]
    pub fn mappings(&self) -> Vec<Mapping> {
        let split = |id: &String| matches!(self.fate(id), Some(Fate::Split { .. }));
        self.arrived
            .iter()
            .filter(|arrived| !arrived.is_new())
            .map(|arrived| Mapping {
                from: arrived.from.clone(),
                to: vec![arrived.id.clone()],
                relation: if arrived.from.iter().any(split) { Relation::Superset } else { Relation::Equal },
                rationale: None,
            })
            .collect()
    }
}

/// Where every control of `from` goes in `to`, derived from the origins of the later controls. None where the origins of `to`
/// are not ids of `from`, so that nothing can be said.
#[must_use]
pub fn migration(from: &Catalogue, to: &Catalogue) -> Option<Migration> {
    if to.origins_catalogue.as_deref() != Some(from.key.as_str()) {
        return None;
    }
    let moved = from.controls.iter().map(|control| Moved { id: control.id.clone(), fate: fate(&control.id, to) });
    let arrived = to.controls.iter().map(|control| Arrived { id: control.id.clone(), from: control.origins.clone() });
    Some(Migration { from: from.key.clone(), to: to.key.clone(), moved: moved.collect(), arrived: arrived.collect() })
}

fn fate(id: &str, to: &Catalogue) -> Fate {
    let heirs: Vec<&Control> =
        to.controls.iter().filter(|control| control.origins.iter().any(|origin| origin == id)).collect();
    match heirs.as_slice() {
        [] => Fate::Unmapped,
        [only] => {
            let with: Vec<String> = only.origins.iter().filter(|origin| *origin != id).cloned().collect();
            if with.is_empty() {
                Fate::Carried { to: only.id.clone() }
            } else {
                Fate::Merged { to: only.id.clone(), with }
            }
        }
        several => Fate::Split { to: several.iter().map(|control| control.id.clone()).collect() },
    }
}
