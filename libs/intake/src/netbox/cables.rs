//! Cables as dependencies: of the assets at both ends and, through patch panels, of the assets at the ends of the whole path.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::dump::{Dump, Object};
use super::edges::Edges;
use super::ports;
use crate::out::ADJACENT;

const CABLE: &str = "dcim.cable";
/// A path has at most so many cables; a longer one goes round in a circle.
const LONGEST_PATH: usize = 64;

/// The ports at both ends of a cable.
#[derive(Default)]
struct Ends<'a> {
    a: Vec<&'a Object>,
    b: Vec<&'a Object>,
}

/// All cables of a dump.
struct Cabling<'a> {
    dump: &'a Dump,
    ends: BTreeMap<String, Ends<'a>>,
    /// The cable a port is at, by the id of the port.
    at: HashMap<String, String>,
    /// Front ports by rear port and position.
    fronts: HashMap<(String, u64), &'a Object>,
}

/// Holds the dependencies that cables make and accounts for the cables.
pub(super) fn take(dump: &Dump, edges: &mut Edges<'_, '_>) {
    let cabling = Cabling::of(dump);
    for cable in dump.all(CABLE) {
        if let Err(why) = cabling.direct(cable, edges) {
            edges.out.not_imported(CABLE, why);
        }
    }
    let mut traced = HashSet::new();
    for cable in dump.all(CABLE) {
        cabling.through(cable, &mut traced, edges);
    }
}

impl<'a> Cabling<'a> {
    fn of(dump: &'a Dump) -> Self {
        let mut cabling = Self { dump, ends: BTreeMap::new(), at: HashMap::new(), fronts: HashMap::new() };
        for end in dump.all("dcim.cabletermination") {
            if let Some(port) = dump.generic(end, "termination_type", "termination_id") {
                cabling.plug(&end.word("cable"), &end.word("cable_end"), port);
            }
        }
        for cable in dump.all(CABLE) {
            // Up to version 3.2 the cable itself names its ends.
            for (side, kind, key) in
                [("A", "termination_a_type", "termination_a_id"), ("B", "termination_b_type", "termination_b_id")]
            {
                if let Some(port) = dump.generic(cable, kind, key) {
                    cabling.plug(&cable.key, side, port);
                }
            }
        }
        for front in dump.all("dcim.frontport") {
            let position = front.fields.get("rear_port_position").and_then(serde_json::Value::as_u64).unwrap_or(1);
            cabling.fronts.insert((front.word("rear_port"), position), front);
        }
        cabling
    }

    fn plug(&mut self, cable: &str, side: &str, port: &'a Object) {
        // A planned cable carries nothing yet.
        let planned = self.dump.get(CABLE, cable).is_none_or(|cable| cable.word("status") == "planned");
        if planned {
            return;
        }
        let ends = self.ends.entry(cable.to_owned()).or_default();
        if side == "A" {
            ends.a.push(port);
        } else {
            ends.b.push(port);
        }
        self.at.insert(port.id(), cable.to_owned());
    }

    /// The dependencies between what a cable is plugged into; why there is none.
    fn direct(&self, cable: &Object, edges: &mut Edges<'_, '_>) -> Result<(), &'static str> {
        if cable.word("status") == "planned" {
            return Err("a planned cable carries nothing yet");
        }
        let ends = self.ends.get(&cable.key).ok_or("a cable of which no end is in the dump")?;
        let mut why = "one of its ends is at no asset";
        let mut found = false;
        for near in &ends.a {
            for far in &ends.b {
                match self.relate(near, far, cable, edges) {
                    Ok(()) => found = true,
                    Err(reason) => why = reason,
                }
            }
        }
        if found { Ok(()) } else { Err(why) }
    }

    /// The dependency between two ports that are connected; why there is none.
    fn relate(
        &self,
        near: &Object,
        far: &Object,
        cable: &Object,
        edges: &mut Edges<'_, '_>,
    ) -> Result<(), &'static str> {
        let wholes = ports::whole(self.dump, near).zip(ports::whole(self.dump, far));
        let (near_id, far_id) =
            wholes.map(|(near, far)| (near.id(), far.id())).ok_or("one of its ends is at no asset")?;
        if near_id == far_id {
            return Err("both of its ends are at the same asset");
        }
        let power = |port: &Object| port.model == "dcim.powerport";
        let source = |port: &Object| matches!(port.model.as_str(), "dcim.poweroutlet" | "dcim.powerfeed");
        let circuit = |port: &Object| port.model == "circuits.circuittermination";
        let (dependent, supporting, kind) = if power(near) && source(far) {
            (near_id, far_id, "powered-by")
        } else if source(near) && power(far) {
            (far_id, near_id, "powered-by")
        } else if circuit(far) && !circuit(near) {
            (near_id, far_id, "carried-by")
        } else if circuit(near) && !circuit(far) {
            (far_id, near_id, "carried-by")
        } else {
            (near_id, far_id, ADJACENT)
        };
        if edges.put(&dependent, &supporting, kind, cable) {
            Ok(())
        } else {
            Err("folded into an earlier cable between the same two assets, or one of the two was rejected")
        }
    }

    /// The dependencies between the ends of the paths that begin with a cable and go on through patch panels.
    fn through(&self, cable: &Object, traced: &mut HashSet<(String, String)>, edges: &mut Edges<'_, '_>) {
        let Some(ends) = self.ends.get(&cable.key) else { return };
        for (starts, others) in [(&ends.a, &ends.b), (&ends.b, &ends.a)] {
            for start in starts.iter().filter(|port| !passive(port)) {
                for entry in others.iter().filter(|port| passive(port)) {
                    let Some(end) = self.trace(entry) else { continue };
                    let wholes = ports::whole(self.dump, start).zip(ports::whole(self.dump, end));
                    let Some((one, other)) = wholes.map(|(start, end)| (start.id(), end.id())) else { continue };
                    // Every path is found from both of its ends, and two assets may have many.
                    let pair = if one < other { (one, other) } else { (other, one) };
                    if traced.insert(pair) {
                        let _ = self.relate(start, end, cable, edges);
                    }
                }
            }
        }
    }

    /// Follows a path that enters a patch panel at `entry` to the port where it ends.
    fn trace(&self, entry: &'a Object) -> Option<&'a Object> {
        let mut port = entry;
        let mut positions: Vec<u64> = Vec::new();
        for _ in 0..LONGEST_PATH {
            port = if port.model == "dcim.frontport" {
                let position = port.fields.get("rear_port_position").and_then(serde_json::Value::as_u64);
                positions.push(position.unwrap_or(1));
                self.dump.refer(port, "rear_port", "dcim.rearport")?
            } else {
                let single = port.word("positions") == "1";
                let position = if single { positions.pop().map_or(1, |_| 1) } else { positions.pop()? };
                self.fronts.get(&(port.key.clone(), position)).copied()?
            };
            let cable = self.at.get(&port.id())?;
            let ends = self.ends.get(cable)?;
            let here = |other: &&&Object| other.id() == port.id();
            let opposite = if ends.a.iter().any(|other| here(&other)) { &ends.b } else { &ends.a };
            port = opposite.first().copied()?;
            if !passive(port) {
                return Some(port);
            }
        }
        None
    }
}

/// Whether a cable goes on at the other side of the port.
fn passive(port: &Object) -> bool {
    matches!(port.model.as_str(), "dcim.frontport" | "dcim.rearport")
}
