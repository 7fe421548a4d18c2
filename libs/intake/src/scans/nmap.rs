//! XML of nmap, read as it comes. Entities are not expanded and nothing is fetched.

use std::io::Read;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::document::{Attributes, Document};
use super::{Out, Scan};
use crate::IntakeError;
use crate::lines::{Lines, Place, malformed};

pub(super) const EXPECTED: &str = "XML of nmap, with the root element `nmaprun`";

/// Reads a scan.
pub(super) fn read(input: &mut dyn Read) -> Result<Scan, IntakeError> {
    let mut reader = Reader::from_reader(Lines::new(input));
    let (mut document, mut out) = (Document::default(), Out::default());
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().event_begins();
        let at = reader.get_ref().place();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(reader.into_inner().failed(at, error)),
        };
        match event {
            Event::Start(tag) => document.open(tag.local_name().as_ref(), &attributes(&tag, at)?, at, &mut out)?,
            Event::Empty(tag) => {
                document.open(tag.local_name().as_ref(), &attributes(&tag, at)?, at, &mut out)?;
                document.close(&mut out)?;
            }
            Event::End(_) => document.close(&mut out)?,
            Event::Text(text) => document.text(&text.xml10_content(), at)?,
            Event::CData(text) => document.text(&text.xml10_content(), at)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => document.text(&character.to_string(), at)?,
                Ok(None) => document.text(&known(&reference), at)?,
                Err(error) => return Err(malformed(at, error.to_string())),
            },
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    let at = reader.get_ref().place();
    document.end(at, &mut out)?;
    Ok(out.into_scan())
}

/// What a reference stands for: the five of XML; others stay as they are written.
fn known(name: &str) -> String {
    let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
    let letter = known.iter().find(|(known, _)| *known == name).map(|(_, letter)| (*letter).to_owned());
    letter.unwrap_or_else(|| format!("&{name};"))
}

fn attributes(tag: &BytesStart<'_>, at: Place) -> Result<Attributes, IntakeError> {
    let mut found = Attributes::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| malformed(at, error.to_string()))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| malformed(at, error.to_string()))?;
        found.insert(attribute.key.as_ref().to_owned(), value.into_owned());
    }
    Ok(found)
}
