//! Cells: `{"Cell": {nodeId, pnfId, networkId, physicalCellId, sectorNumber, latitude, longitude}, "neighbor": [nodeId]}`.

use serde_json::{Map, Value};
use wire::assets::v1::network_identifier::Kind;
use wire::assets::v1::{Asset, AssetRecord};

use crate::out::{ADJACENT, Go, Out, Source};
use crate::text::{self, Attributes};
use crate::{identifiers, place};

const CELL: &str = "Cell";
const PNF: &str = "pnf";

/// Where the members of a cell go that are not kept as attributes.
const TAKEN: &[&str] = &["nodeId", "latitude", "longitude"];

/// The external id of a cell.
fn id(node: &str) -> String {
    format!("cell.{node}")
}

/// Takes one cell over, with the network function that serves it and its neighbours.
pub(super) fn take(fields: &Map<String, Value>, origin: String, out: &mut Out<'_>) -> Go {
    out.count(CELL);
    let from = Source::new(origin, CELL);
    let Some(cell) = fields.get(CELL).or_else(|| fields.get("cell")).and_then(Value::as_object) else {
        let message = "the entry has no object `Cell`; export the list anew";
        out.reject(&from, "BODY_INVALID", message, CELL);
        return Ok(());
    };
    let node = text::word(cell, "nodeId");
    if node.is_empty() {
        let message = "the cell has no `nodeId`, so a second import could not find it again; give each cell one";
        out.reject(&from, "FIELD_INVALID", message, "Cell.nodeId");
        return Ok(());
    }
    let mut attributes = Attributes::default();
    let site = site(cell, &node, &from, &mut attributes, out)?;
    let pnf = pnf(cell, &from, out)?;
    for (key, value) in cell.iter().filter(|(key, _)| !TAKEN.contains(&key.as_str())) {
        attributes.put_json(key, value);
    }
    let asset = Asset {
        display_name: text::line(&node, 200),
        r#type: "cell".to_owned(),
        network_identifiers: identifiers::of_kind(Kind::Cell, &node).into_iter().collect(),
        attributes: attributes.kept(&from, out),
        ..Asset::default()
    };
    let record = AssetRecord { external_id: id(&node), asset: Some(asset), site_external_id: site.unwrap_or_default() };
    if !out.asset(record, &from)? {
        return Ok(());
    }
    if let Some(pnf) = pnf {
        out.dependency(&id(&node), &pnf, "runs-on", "pnfId", &from);
    }
    neighbours(fields, &node, &from, out);
    Ok(())
}

/// The place of a cell; numbers that are no degrees are kept as attributes.
fn site(
    cell: &Map<String, Value>,
    node: &str,
    from: &Source,
    attributes: &mut Attributes,
    out: &mut Out<'_>,
) -> Go<Option<String>> {
    let (latitude, longitude) = (text::word(cell, "latitude"), text::word(cell, "longitude"));
    let site = match latitude.parse::<f64>().ok().zip(longitude.parse::<f64>().ok()) {
        Some((north, east)) => place::at(north, east, &format!("Radio site of {node}"), "isolated-area", from, out)?,
        None => None,
    };
    if site.is_none() && !(latitude.is_empty() && longitude.is_empty()) {
        attributes.put("latitude", &latitude);
        attributes.put("longitude", &longitude);
        out.warn("cells whose latitude and longitude are no degrees have no site; the numbers are kept as attributes");
    }
    Ok(site)
}

/// The network function that serves a cell; handed over unless it came before.
fn pnf(cell: &Map<String, Value>, from: &Source, out: &mut Out<'_>) -> Go<Option<String>> {
    let name = text::word(cell, "pnfId");
    if name.is_empty() {
        return Ok(None);
    }
    let id = format!("{PNF}.{name}");
    if out.knows_asset(&id) {
        return Ok(Some(id));
    }
    out.count(PNF);
    let asset = Asset {
        display_name: text::line(&name, 200),
        r#type: "gnodeb".to_owned(),
        network_identifiers: identifiers::of_kind(Kind::NetworkElement, &name).into_iter().collect(),
        ..Asset::default()
    };
    let record = AssetRecord { external_id: id.clone(), asset: Some(asset), site_external_id: String::new() };
    let taken = out.asset(record, &Source::new(from.origin.clone(), PNF))?;
    Ok(taken.then_some(id))
}

/// Neighbour relations: a list of ids, or of objects with a `nodeId`.
fn neighbours(fields: &Map<String, Value>, node: &str, from: &Source, out: &mut Out<'_>) {
    let listed = ["neighbor", "neighbors", "neighbour", "neighbours"].iter().find_map(|key| fields.get(*key));
    let entries = match listed {
        None | Some(Value::Null) => return,
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    for (index, entry) in entries.iter().enumerate() {
        out.count("neighbor");
        let other = match entry {
            Value::Object(entry) => text::word(entry, "nodeId"),
            plain => text::of_json(plain).unwrap_or_default(),
        };
        let from = Source::new(format!("{}.neighbor[{index}]", from.origin), "neighbor");
        if other.is_empty() {
            out.reject(&from, "FIELD_INVALID", "the neighbour names no cell; remove it or name one", "neighbor");
            continue;
        }
        out.dependency(&id(node), &id(&other), ADJACENT, "", &from);
    }
}
