//! Nodes as assets.

use std::collections::{HashMap, HashSet};

use wire::assets::v1::{Asset, AssetRecord};

use super::{Data, source, tables};
use crate::lines::Place;
use crate::out::{Go, Out};
use crate::text::{self, Attributes};
use crate::{Settings, place, types};

const KIND: &str = "node";

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: String,
    /// The id of the node it stands in; empty where there is none.
    pub(super) parent: String,
    pub(super) at: Place,
    pub(super) data: Data,
}

/// The nodes that were read.
pub(super) struct Nodes<'a> {
    settings: &'a Settings,
    /// External ids by node id; nothing where the node was rejected.
    ids: HashMap<String, Option<String>>,
    names: HashSet<String>,
    /// Nodes inside of others, with the place of the inner one.
    inside: Vec<(String, String, Place)>,
}

impl<'a> Nodes<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings, ids: HashMap::new(), names: HashSet::new(), inside: Vec::new() }
    }

    /// Whether a node was read.
    pub(super) fn any(&self) -> bool {
        !self.ids.is_empty()
    }

    /// The external id of a node; nothing inside where it was rejected, nothing at all where there is none.
    pub(super) fn get(&self, id: &str) -> Option<Option<&str>> {
        self.ids.get(id).map(Option::as_deref)
    }

    /// Nodes inside of others: inner id, outer id, place.
    pub(super) fn inside(&self) -> &[(String, String, Place)] {
        &self.inside
    }

    /// Hands a node over.
    pub(super) fn take(&mut self, node: Node, graph: &Data, out: &mut Out<'_>) -> Go {
        out.count(KIND);
        let from = source(node.at, KIND);
        if node.id.is_empty() {
            let message = "the node has no `id`, so no edge can name it; give each node one";
            out.reject(&from, "FIELD_INVALID", message, "id");
            return Ok(());
        }
        if self.ids.contains_key(&node.id) {
            let id = text::line(&node.id, 60);
            let message = format!("a second node with the id `{id}`; give each node an id of its own");
            out.reject(&from, "FIELD_INVALID", message, "id");
            return Ok(());
        }
        let id = external_id(&node.id, graph);
        let name = self.name(&node, graph);
        let mut attributes = Attributes::default();
        let kind = self.kind(&node, graph, &mut attributes, out);
        let site = match tables::coordinates(&node.data) {
            Some((latitude, longitude)) => {
                let external = tables::is(&node.data, "Internal", false);
                let kind = if external { "other-carrier-premises" } else { types::SITE_FALLBACK };
                let called = tables::first(&node.data, tables::WHERE);
                let called = if called.is_empty() { name.as_str() } else { called };
                place::at(latitude, longitude, called, kind, &from, out)?
            }
            None => None,
        };
        let location: Vec<&str> =
            tables::WHERE.iter().filter_map(|key| node.data.get(*key)).map(String::as_str).collect();
        for (key, value) in &node.data {
            attributes.put(key, value);
        }
        for key in tables::OF_GRAPH {
            attributes.put(&format!("graph.{key}"), graph.get(*key).map(String::as_str).unwrap_or_default());
        }
        let asset = Asset {
            display_name: name,
            r#type: kind,
            description: text::clip(node.data.get("description").map(String::as_str).unwrap_or_default(), 4000),
            location: text::line(&location.join(", "), 400),
            attributes: attributes.kept(&from, out),
            ..Asset::default()
        };
        let record =
            AssetRecord { external_id: id.clone(), asset: Some(asset), site_external_id: site.unwrap_or_default() };
        let taken = out.asset(record, &from)?;
        if !node.parent.is_empty() {
            self.inside.push((node.id.clone(), node.parent, node.at));
        }
        self.ids.insert(node.id, taken.then_some(id));
        Ok(())
    }

    /// The label; `<network> <id>` without one. A label that came before gets the id behind it.
    fn name(&mut self, node: &Node, graph: &Data) -> String {
        let label = text::line(tables::first(&node.data, tables::LABELS), 160);
        let name = match (label.is_empty(), graph.get("Network")) {
            (false, _) => label,
            (true, Some(network)) => text::line(&format!("{} {}", network.trim(), node.id), 200),
            (true, None) => text::line(&node.id, 200),
        };
        if self.names.insert(name.clone()) { name } else { text::line(&format!("{name} ({})", node.id), 200) }
    }

    fn kind(&self, node: &Node, graph: &Data, attributes: &mut Attributes, out: &mut Out<'_>) -> String {
        if tables::is(&node.data, "hyperedge", true) {
            // Not a thing that was drawn as a place, but the point where the lines of one link meet.
            return "transmission-element".to_owned();
        }
        let told = tables::TYPES.iter().filter_map(|key| node.data.get(*key));
        if let Some(known) = told.clone().find_map(|word| types::asset_type(word)) {
            return known.to_owned();
        }
        let layer = graph.get("Layer").map(String::as_str).unwrap_or_default();
        if let Some(known) = tables::layer(layer) {
            return known.to_owned();
        }
        let words = told.map(String::as_str).collect::<Vec<_>>().join(" / ");
        attributes.put("source_type", &words);
        let fallback = self.settings.fallback_type();
        let layer = text::line(layer, 60);
        out.warn(format!(
            "nodes of the layer `{layer}` are read as `{fallback}`; give nodes data `asset_type`, or choose another with --default-type"
        ));
        fallback.to_owned()
    }
}

/// The external id of a node: the network, or the id of the graph, before the id of the node.
fn external_id(node: &str, graph: &Data) -> String {
    let named = ["Network", "id"].iter().filter_map(|key| graph.get(*key)).map(|name| text::slug(name));
    match named.filter(|name| !name.is_empty()).take(1).next() {
        Some(prefix) => format!("{prefix}.{node}"),
        None => node.to_owned(),
    }
}
