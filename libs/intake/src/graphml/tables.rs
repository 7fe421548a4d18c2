//! Tables: names of data and what they mean.

use super::Data;

/// Names of data that are the name of a node, the best one first.
pub(super) const LABELS: &[&str] = &["label", "name", "Label", "Name"];

/// Names of data that say what a node is, the best one first.
pub(super) const TYPES: &[&str] = &["asset_type", "type", "Type", "kind", "role"];

/// Names of coordinates: latitude, longitude.
const COORDINATES: &[(&str, &str)] =
    &[("Latitude", "Longitude"), ("latitude", "longitude"), ("lat", "lon"), ("lat", "long"), ("lat", "lng")];

/// Names of data that say where a node is in words.
pub(super) const WHERE: &[&str] = &["geocode_name", "geocode_append", "geocode_extent", "geocode_country", "Country"];

/// Names of data that say what a link is, the best one first.
pub(super) const LINKS: &[&str] = &["label", "LinkLabel", "LinkSpeedRaw", "LinkNote", "description", "name"];

/// Data of a graph that its nodes keep.
pub(super) const OF_GRAPH: &[&str] = &["Network", "NetworkDate", "Layer"];

/// Layers of a network, in small letters, and what their nodes are.
const LAYERS: &[(&str, &str)] = &[
    ("ip", "router"),
    ("mpls", "router"),
    ("ethernet", "switch"),
    ("telephone", "transmission-element"),
    ("fibre", "transmission-element"),
    ("fiber", "transmission-element"),
    ("simplified fibre", "transmission-element"),
    ("optical", "transmission-element"),
    ("sdh", "transmission-element"),
    ("dwdm", "dwdm-node"),
    ("microwave", "transmission-element"),
];

/// What nodes of a layer are, if the layer is known.
pub(super) fn layer(layer: &str) -> Option<&'static str> {
    let layer = layer.trim().to_ascii_lowercase();
    LAYERS.iter().find(|(name, _)| *name == layer).map(|(_, key)| *key)
}

/// Latitude and longitude in degrees, as far as they are numbers.
pub(super) fn coordinates(data: &Data) -> Option<(f64, f64)> {
    COORDINATES
        .iter()
        .find_map(|(north, east)| Some((data.get(*north)?.trim().parse().ok()?, data.get(*east)?.trim().parse().ok()?)))
}

/// The first of `names` that has a value.
pub(super) fn first<'a>(data: &'a Data, names: &[&str]) -> &'a str {
    names
        .iter()
        .filter_map(|name| data.get(*name))
        .map(|value| value.trim())
        .find(|value| !value.is_empty())
        .unwrap_or("")
}

/// Whether a value of the data means yes.
pub(super) fn is(data: &Data, name: &str, yes: bool) -> bool {
    let words = if yes { ["true", "1", "yes"] } else { ["false", "0", "no"] };
    data.get(name).is_some_and(|value| words.contains(&value.trim().to_ascii_lowercase().as_str()))
}
