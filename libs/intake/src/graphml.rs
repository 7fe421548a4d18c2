//! GraphML topologies, such as those of the Topology Zoo, read as they come.
//!
//! Nodes become assets; nodes with coordinates stand at a site, the same one where the coordinates are the same. Edges become dependencies without
//! direction; edges between the same two nodes are one dependency, and its description counts them. A node inside the graph of another node is part
//! of that node. External ids are `<network>.<node id>`, since every file calls its nodes `n0`, `n1`, and so on. Entities are not expanded and
//! nothing is fetched.

mod document;
mod link;
mod node;
mod tables;

use std::collections::BTreeMap;
use std::io::Read;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::lines::{Lines, Place, malformed};
use crate::out::{Go, Out, Source};
use crate::{IntakeError, Settings};
use document::Document;

const EXPECTED: &str = "GraphML: XML with the root element `graphml`";
/// Elements may nest at most so deep.
const DEEPEST: usize = 100;

/// Values by name.
type Data = BTreeMap<String, String>;

/// Reads a topology.
pub(crate) fn read(input: &mut dyn Read, settings: &Settings, out: &mut Out<'_>) -> Go {
    let mut reader = Reader::from_reader(Lines::new(input));
    let mut document = Document::new(settings);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().event_begins();
        let at = reader.get_ref().place();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(reader.into_inner().failed(at, error).into()),
        };
        match event {
            Event::Start(tag) => {
                document.open(&local(&tag), &attributes(&tag, at)?, at, out)?;
            }
            Event::Empty(tag) => {
                document.open(&local(&tag), &attributes(&tag, at)?, at, out)?;
                document.close(at, out)?;
            }
            Event::End(_) => document.close(at, out)?,
            Event::Text(text) => document.text(&text.xml10_content(), at)?,
            Event::CData(text) => document.text(&text.xml10_content(), at)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => document.text(&character.to_string(), at)?,
                Ok(None) => document.reference(&reference, at, out)?,
                Err(error) => return Err(malformed(at, error.to_string()).into()),
            },
            Event::Decl(declaration) => encoding(declaration.encoding(), at)?,
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    let at = reader.get_ref().place();
    document.end(at, out)
}

/// The name of an element without its prefix: `NodeLabel` of `y:NodeLabel`.
fn local(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

fn attributes(tag: &BytesStart<'_>, at: Place) -> Result<Data, IntakeError> {
    let mut found = Data::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| malformed(at, error.to_string()))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| malformed(at, error.to_string()))?;
        found.insert(attribute.key.as_ref().to_owned(), value.into_owned());
    }
    Ok(found)
}

/// Only UTF-8 is read; a declaration of something else says that the letters would come out wrong.
fn encoding(
    declared: Option<Result<std::borrow::Cow<'_, str>, quick_xml::events::attributes::AttrError>>,
    at: Place,
) -> Result<(), IntakeError> {
    match declared {
        None => Ok(()),
        Some(Ok(name)) if ["utf-8", "utf8", "us-ascii", "ascii"].contains(&name.to_ascii_lowercase().as_str()) => {
            Ok(())
        }
        Some(_) => Err(IntakeError::NotText {
            encoding: "UTF-8",
            at: at.to_string(),
            remedy: "its declaration names another encoding: save it as UTF-8, with the declaration",
        }),
    }
}

/// The source of what stands at a place.
fn source(at: Place, kind: &str) -> Source {
    Source::new(at.to_string(), kind)
}
