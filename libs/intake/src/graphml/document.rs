//! The elements of the file, as they open and close.

use std::collections::HashMap;

use super::link::Links;
use super::node::{Node, Nodes};
use super::{DEEPEST, Data, EXPECTED, malformed, source};
use crate::lines::Place;
use crate::out::{Go, Out};
use crate::{IntakeError, Settings, text};

/// An element that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Root,
    Key,
    Default,
    Graph,
    Node,
    Edge,
    Data,
    Label,
    Other,
}

/// A `key`: what data of an id are called.
#[derive(Debug, Default)]
struct Key {
    name: String,
    domain: String,
    default: String,
}

/// An edge that is open.
#[derive(Debug, Default)]
pub(super) struct Edge {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) at: Place,
    pub(super) data: Data,
}

/// The file as far as it was read.
pub(super) struct Document<'a> {
    open: Vec<Open>,
    keys: HashMap<String, Key>,
    /// The id of the key that was declared last.
    key: String,
    /// The name of the data that are open.
    data: String,
    text: String,
    label: String,
    graph: Data,
    /// How many graphs at the top came before.
    graphs: u64,
    drafts: Vec<Node>,
    edge: Option<Edge>,
    nodes: Nodes<'a>,
    links: Links,
    closed: bool,
}

impl<'a> Document<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self {
            open: Vec::new(),
            keys: HashMap::new(),
            key: String::new(),
            data: String::new(),
            text: String::new(),
            label: String::new(),
            graph: Data::new(),
            graphs: 0,
            drafts: Vec::new(),
            edge: None,
            nodes: Nodes::new(settings),
            links: Links::default(),
            closed: false,
        }
    }

    /// An element opens.
    pub(super) fn open(&mut self, name: &str, attributes: &Data, at: Place, out: &mut Out<'_>) -> Go {
        let word = |key: &str| attributes.get(key).map(|value| value.trim().to_owned()).unwrap_or_default();
        let around = self.open.last().copied();
        let opens = match (around, name) {
            (None, _) if self.closed => {
                return Err(malformed(at, "something follows the end of `graphml`".to_owned()).into());
            }
            (None, "graphml") => Open::Root,
            (None, other) => {
                let found = format!("the element `{}`", text::line(other, 60));
                let at = at.to_string();
                return Err(IntakeError::Unexpected { at, found, expected: EXPECTED }.into());
            }
            (Some(Open::Root), "key") => {
                self.key = word("id");
                let key = Key { name: word("attr.name"), domain: word("for"), default: String::new() };
                self.keys.insert(self.key.clone(), key);
                Open::Key
            }
            (Some(Open::Key), "default") => Open::Default,
            (Some(Open::Root), "graph") => {
                self.graphs += 1;
                self.graph = Data::from([("id".to_owned(), word("id"))]);
                Open::Graph
            }
            (Some(Open::Node), "graph") => Open::Graph,
            (Some(Open::Graph), "node") => {
                let parent = self.drafts.last().map(|parent| parent.id.clone()).unwrap_or_default();
                self.drafts.push(Node { id: word("id"), parent, at, data: Data::new() });
                Open::Node
            }
            (Some(Open::Graph), "edge") => {
                self.edge = Some(Edge { source: word("source"), target: word("target"), at, data: Data::new() });
                Open::Edge
            }
            (Some(Open::Graph), "hyperedge") => {
                out.count("hyperedge");
                out.not_imported("hyperedge", "it joins many nodes at once; draw it as a node with an edge to each");
                Open::Other
            }
            (Some(Open::Graph | Open::Node | Open::Edge), "data") => {
                // A key without a name is one of graphics; one that was not declared is its own name.
                let key = word("key");
                self.data = self.keys.get(&key).map_or(key, |key| key.name.clone());
                self.label.clear();
                Open::Data
            }
            (_, "NodeLabel" | "EdgeLabel") if self.open.contains(&Open::Data) && self.label.is_empty() => Open::Label,
            _ => Open::Other,
        };
        if matches!(opens, Open::Data | Open::Default | Open::Label) {
            self.text.clear();
        }
        self.open.push(opens);
        if self.open.len() > DEEPEST {
            let limit = format!("{DEEPEST} levels of nesting");
            return Err(IntakeError::TooLarge { at: at.to_string(), limit }.into());
        }
        Ok(())
    }

    /// The element that was opened last closes.
    pub(super) fn close(&mut self, at: Place, out: &mut Out<'_>) -> Go {
        let closed = self.open.pop();
        match closed {
            Some(Open::Root) => self.closed = true,
            Some(Open::Default) => {
                if let Some(key) = self.keys.get_mut(&self.key) {
                    key.default = std::mem::take(&mut self.text);
                }
            }
            Some(Open::Label) => self.label = std::mem::take(&mut self.text).trim().to_owned(),
            Some(Open::Data) => self.data(at, out),
            Some(Open::Node) => {
                if let Some(mut node) = self.drafts.pop() {
                    self.defaults("node", &mut node.data);
                    self.nodes.take(node, &self.graph, out)?;
                }
            }
            Some(Open::Edge) => {
                if let Some(mut edge) = self.edge.take() {
                    self.defaults("edge", &mut edge.data);
                    self.links.add(edge, out);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Text inside of the element that was opened last.
    pub(super) fn text(&mut self, text: &str, at: Place) -> Go {
        match self.open.last() {
            Some(Open::Data | Open::Default | Open::Label) => self.text.push_str(text),
            None if !text.trim_start_matches('\u{feff}').trim().is_empty() => {
                if self.closed {
                    return Err(malformed(at, "text follows the end of `graphml`".to_owned()).into());
                }
                let found = "text that is no XML".to_owned();
                return Err(IntakeError::Unexpected { at: at.to_string(), found, expected: EXPECTED }.into());
            }
            _ => {}
        }
        Ok(())
    }

    /// A reference `&name;`: the five of XML are known, others stay as they are written.
    pub(super) fn reference(&mut self, name: &str, at: Place, out: &mut Out<'_>) -> Go {
        let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
        if let Some((_, letter)) = known.iter().find(|(known, _)| *known == name) {
            return self.text(letter, at);
        }
        let name = text::line(name, 60);
        out.warn(format!("the reference `&{name};` is not expanded; write what it stands for"));
        self.text(&format!("&{name};"), at)
    }

    /// The file ends.
    pub(super) fn end(self, at: Place, out: &mut Out<'_>) -> Go {
        if !self.open.is_empty() {
            let problem = "`graphml` is not closed".to_owned();
            return Err(IntakeError::Truncated { at: at.to_string(), problem }.into());
        }
        if !self.closed {
            return Err(IntakeError::Empty { expected: EXPECTED }.into());
        }
        if self.graphs == 0 {
            out.warn("the file has no graph; nothing is imported");
        }
        self.links.take(&self.nodes, out);
        Ok(())
    }

    /// Data close: they go to what they stand in.
    fn data(&mut self, at: Place, out: &mut Out<'_>) {
        let own = std::mem::take(&mut self.text).trim().to_owned();
        let label = std::mem::take(&mut self.label);
        let put = |data: &mut Data, name: &str, value: String| {
            if !value.is_empty() {
                data.insert(name.to_owned(), value);
            }
        };
        match self.open.last() {
            Some(Open::Node) => {
                let Some(node) = self.drafts.last_mut() else { return };
                // Text of graphics without a name of their own says nothing but the label.
                if self.data.is_empty() {
                    put(&mut node.data, "label", label);
                } else {
                    put(&mut node.data, &self.data, own);
                }
            }
            Some(Open::Edge) => {
                let Some(edge) = &mut self.edge else { return };
                if self.data.is_empty() {
                    put(&mut edge.data, "label", label);
                } else {
                    put(&mut edge.data, &self.data, own);
                }
            }
            Some(Open::Graph) if self.drafts.is_empty() && !self.data.is_empty() => {
                if self.data == "Network" && self.nodes.any() {
                    let from = source(at, "graph");
                    out.warn(format!(
                        "{}: `Network` comes after nodes, so their ids do not begin with it; put it before the first node",
                        from.origin
                    ));
                    return;
                }
                put(&mut self.graph, &self.data, own);
            }
            _ => {}
        }
    }

    /// Gives data that are absent their default.
    fn defaults(&self, domain: &str, data: &mut Data) {
        let keys =
            self.keys.values().filter(|key| (key.domain == domain || key.domain == "all") && !key.name.is_empty());
        for key in keys.filter(|key| !key.default.trim().is_empty()) {
            data.entry(key.name.clone()).or_insert_with(|| key.default.trim().to_owned());
        }
    }
}
