//! O-RAN topology and inventory (TEIV): its CloudEvents (`topology-inventory-ingestion.create`, `.merge`, `.delete`), replayed in the order of the file.
//!
//! The same entity may come in many events, so the state after the last one is kept in memory and handed over at the end: memory grows with the
//! distinct entities and relationships, not with the events. `Site` and `CloudSite` become sites, other entities assets; relationships become
//! dependencies by the verb in their name. What a `delete` takes away that an earlier event of the file brought is not handed over; the register
//! itself forgets nothing.

mod entity;
mod event;
mod relationship;
mod tables;

use std::collections::{HashMap, HashSet};
use std::io::Read;

use serde_json::{Map, Value};

use crate::elements::Elements;
use crate::out::{Go, Out, Source};
use crate::{IntakeError, Settings};

const EXPECTED: &str = "TEIV events: CloudEvents of the type `topology-inventory-ingestion.create`, `.merge` or `.delete`, as a list or one after the other";

/// An entity after the events so far.
#[derive(Debug)]
struct Entity {
    /// `o-ran-smo-teiv-ran:NRCellDU`.
    kind: String,
    attributes: Map<String, Value>,
    sources: Vec<String>,
    from: Source,
}

/// A relationship after the events so far.
#[derive(Debug)]
struct Relationship {
    /// `o-ran-smo-teiv-ran:ODUFUNCTION_PROVIDES_NRCELLDU`.
    kind: String,
    a: String,
    b: String,
    from: Source,
}

/// Things by id, in the order in which they came first. What was taken away leaves a hole.
#[derive(Debug)]
struct Kept<T> {
    things: Vec<Option<T>>,
    places: HashMap<String, usize>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { things: Vec::new(), places: HashMap::new() }
    }
}

impl<T> Kept<T> {
    fn get(&mut self, id: &str) -> Option<&mut T> {
        let place = self.places.get(id)?;
        self.things.get_mut(*place)?.as_mut()
    }

    fn put(&mut self, id: &str, thing: T) {
        self.places.insert(id.to_owned(), self.things.len());
        self.things.push(Some(thing));
    }

    fn remove(&mut self, id: &str) -> Option<T> {
        let place = self.places.remove(id)?;
        self.things.get_mut(place)?.take()
    }

    /// What is left, with its id, in order.
    fn rest(&self) -> Vec<(&str, &T)> {
        let mut ids: Vec<(&String, &usize)> = self.places.iter().collect();
        ids.sort_unstable_by_key(|(_, place)| **place);
        ids.into_iter().filter_map(|(id, place)| Some((id.as_str(), self.things.get(*place)?.as_ref()?))).collect()
    }
}

/// What the events of a file say in the end.
#[derive(Debug, Default)]
struct Topology {
    entities: Kept<Entity>,
    relationships: Kept<Relationship>,
    /// Ids of entities that are gone after the last event.
    gone: HashSet<String>,
}

/// Reads events.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut elements = Elements::new(input, EXPECTED);
    let mut topology = Topology::default();
    let (mut first, mut good) = (None, 0_u64);
    while let Some(element) = elements.next()? {
        match event::take(element.value, &element.origin, &mut topology, out) {
            Ok(()) => good += 1,
            Err(found) => {
                out.count("something else");
                first.get_or_insert_with(|| (element.origin.clone(), found.clone()));
                let message = format!("{found}, where a TEIV event was expected; remove it or export it anew");
                out.reject(&Source::new(element.origin, "something else"), "BODY_INVALID", message, "");
            }
        }
    }
    match first {
        Some((at, found)) if good == 0 => Err(IntakeError::Unexpected { at, found, expected: EXPECTED }.into()),
        _ => hand(&topology, settings, out),
    }
}

/// Hands sites, assets and dependencies over.
fn hand(topology: &Topology, settings: &Settings, out: &mut Out<'_>) -> Go {
    let entities = topology.entities.rest();
    let (sites, assets): (Vec<_>, Vec<_>) =
        entities.into_iter().partition(|(_, entity)| tables::is_site(tables::bare(&entity.kind)));
    for (id, site) in &sites {
        entity::site(id, site, out)?;
    }
    let mut relationships = topology.relationships.rest();
    relationships.retain(|(_, relationship)| {
        let gone = topology.gone.contains(&relationship.a) || topology.gone.contains(&relationship.b);
        if gone {
            out.not_imported("relationship of a deleted entity", "an event of the file takes one of its sides away");
        }
        !gone
    });
    let stands = relationship::places(&relationships, out);
    for (id, asset) in &assets {
        entity::asset(id, asset, stands.get(*id).copied(), settings, out)?;
    }
    relationship::take(&relationships, out);
    Ok(())
}
