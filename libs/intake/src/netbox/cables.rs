//! Cables as dependencies.

use std::collections::{HashMap, HashSet};

use super::world::{Object, World};
use crate::out::{ADJACENT, Out, Source};
use crate::text;

/// What is at the end of a cable.
struct End {
    /// The asset.
    asset: String,
    sort: Sort,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Takes power.
    Draws,
    /// Gives power: an outlet or a feed.
    Gives,
    Circuit,
    Port,
}

/// How the cables fared.
#[derive(Default)]
struct Tally {
    edges: u64,
    repeated: u64,
    none: u64,
}

/// The models of ports and what they do.
const PORTS: &[(&str, Sort)] = &[
    ("dcim.interface", Sort::Port),
    ("dcim.frontport", Sort::Port),
    ("dcim.rearport", Sort::Port),
    ("dcim.consoleport", Sort::Port),
    ("dcim.consoleserverport", Sort::Port),
    ("dcim.powerport", Sort::Draws),
    ("dcim.poweroutlet", Sort::Gives),
];

/// Holds the dependencies of the cables back.
pub(super) fn take(world: &World, known: &HashSet<String>, out: &mut Out<'_>) {
    let mut ends: HashMap<String, (Vec<&Object>, Vec<&Object>)> = HashMap::new();
    for termination in world.all("dcim.cabletermination") {
        let (a, b) = ends.entry(text::word(&termination.fields, "cable")).or_default();
        if text::word(&termination.fields, "cable_end") == "A" { a.push(termination) } else { b.push(termination) }
    }
    let mut tally = Tally::default();
    for cable in world.all("dcim.cable") {
        let (a, b) = ends.remove(&cable.pk).unwrap_or_default();
        one(cable, &a, &b, world, known, &mut tally, out);
    }
    let cables = tally.edges + tally.repeated + tally.none;
    if cables > 0 {
        out.warn(format!(
            "of {cables} cables {} became dependencies, {} repeat one, {} became none (see not imported)",
            tally.edges, tally.repeated, tally.none
        ));
    }
}

fn one(
    cable: &Object,
    a: &[&Object],
    b: &[&Object],
    world: &World,
    known: &HashSet<String>,
    tally: &mut Tally,
    out: &mut Out<'_>,
) {
    let from = Source::new(format!("dcim.cable {}", cable.pk), "dcim.cable");
    let read = |ends: &[&Object]| {
        ends.iter().filter_map(|end| end_of(end, world)).filter(|end| known.contains(&end.asset)).collect::<Vec<_>>()
    };
    let (starts, stops) = (read(a), read(b));
    if starts.is_empty() || stops.is_empty() {
        tally.none += 1;
        out.not_imported(
            "dcim.cable, loose",
            "an end is not connected, or connected to something that is no asset of this file",
        );
        return;
    }
    let (mut new, mut old, mut within) = (0, 0, 0);
    for start in &starts {
        for stop in &stops {
            if start.asset == stop.asset {
                within += 1;
                continue;
            }
            let (dependent, supporting, kind) = edge(start, stop);
            if out.knows_dependency(dependent, supporting, kind) {
                old += 1;
            } else if out.dependency(dependent, supporting, kind, &about(cable), &from) {
                new += 1;
            }
        }
    }
    if new > 0 {
        tally.edges += 1;
    } else if old > 0 {
        tally.repeated += 1;
        out.not_imported(
            "dcim.cable, repeated",
            "another cable already makes the same dependency; folded into that one",
        );
    } else {
        tally.none += 1;
        let why = if within > 0 { "both ends are at one asset" } else { "its dependency was rejected" };
        out.not_imported("dcim.cable, within", why);
    }
}

/// Who depends on whom.
fn edge<'a>(a: &'a End, b: &'a End) -> (&'a str, &'a str, &'static str) {
    let kind = match (a.sort, b.sort) {
        (Sort::Draws, Sort::Gives) => return (&a.asset, &b.asset, "powered-by"),
        (Sort::Gives, Sort::Draws) => return (&b.asset, &a.asset, "powered-by"),
        (Sort::Circuit, Sort::Circuit) => ADJACENT,
        (_, Sort::Circuit) => return (&a.asset, &b.asset, "carried-by"),
        (Sort::Circuit, _) => return (&b.asset, &a.asset, "carried-by"),
        _ => ADJACENT,
    };
    (&a.asset, &b.asset, kind)
}

fn end_of(termination: &Object, world: &World) -> Option<End> {
    let model = world.content_type(termination.fields.get("termination_type"));
    let port = world.get(&model, &text::word(&termination.fields, "termination_id"))?;
    match model.as_str() {
        "circuits.circuittermination" => {
            let circuit = world.follow(&port.fields, "circuit", "circuits.circuit")?;
            Some(End { asset: circuit.external_id(), sort: Sort::Circuit })
        }
        "dcim.powerfeed" => Some(End { asset: port.external_id(), sort: Sort::Gives }),
        _ => {
            let (_, sort) = PORTS.iter().find(|(name, _)| *name == model)?;
            let device = world.follow(&port.fields, "device", "dcim.device")?;
            Some(End { asset: device.external_id(), sort: *sort })
        }
    }
}

/// `cable 17, smf, label X`.
fn about(cable: &Object) -> String {
    let mut words =
        vec![format!("cable {}", cable.pk), text::word(&cable.fields, "type"), text::word(&cable.fields, "label")];
    words.retain(|word| !word.is_empty());
    words.join(", ")
}
