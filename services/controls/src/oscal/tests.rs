//! The tests of the OSCAL library. Small documents are written here by hand; real ones are read from the shared data
//! where it is.

mod reading;
mod resolving;
mod robust;
mod writing;

use super::{Body, Catalog, Document, Limits, MappingCollection, Profile, read};
use serde_json::Value;
use std::path::PathBuf;

/// A file of the shared data; nothing, loudly, where the data is not here.
fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let file = root.join("oscal").join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
    }
    bytes
}

fn document(value: &Value) -> Document {
    let document = read(value.to_string().as_bytes(), &Limits::default()).expect("a document");
    assert_eq!(document.to_value(), *value, "what was read is written as it came");
    document
}

fn catalog(value: &Value) -> Catalog {
    match document(value).body {
        Body::Catalog(catalog) => catalog,
        other => panic!("not a catalogue: {other:?}"),
    }
}

fn profile(value: &Value) -> Profile {
    match document(value).body {
        Body::Profile(profile) => profile,
        other => panic!("not a profile: {other:?}"),
    }
}

fn collection(document: Document) -> MappingCollection {
    match document.body {
        Body::MappingCollection(collection) => collection,
        other => panic!("not a mapping collection: {other:?}"),
    }
}

fn metadata(title: &str) -> Value {
    serde_json::json!({"title": title, "last-modified": "2026-01-02T03:04:05Z", "version": "1", "oscal-version": "1.2.1"})
}

/// A catalogue with everything that is modelled and some that is not.
fn small() -> Value {
    serde_json::json!({"$schema": "https://example.org/schema.json", "catalog": {
        "uuid": "11111111-1111-4111-8111-111111111111",
        "metadata": {
            "title": "Small", "last-modified": "2026-01-02T03:04:05Z", "version": "1", "oscal-version": "1.2.1",
            "props": [{"name": "keywords", "value": "x"}], "parties": [{"uuid": "p", "type": "person", "name": "n"}],
            "links": [{"href": "#22222222-2222-4222-8222-222222222222", "rel": "canonical"}]},
        "params": [{"id": "loose", "label": "a loose one"}, {"id": "idle", "label": "nobody names it"}],
        "controls": [{"id": "top", "title": "At the top", "params": []}],
        "groups": [{"id": "g1", "class": "family", "title": "One", "parts": [{"name": "overview", "prose": "Of one."}],
            "controls": [
                {"id": "a-1", "class": "c", "title": "First", "x-unknown": {"deep": [1, 2.5, null, true]},
                 "params": [
                    {"id": "a-1_p1", "label": "a period", "constraints": [{"description": "short"}]},
                    {"id": "a-1_p2", "select": {"how-many": "one-or-more", "choice": ["daily", "every {{ insert: param, a-1_p1 }} "]}}],
                 "props": [{"name": "label", "value": "A-1"}, {"name": "sort-id", "value": "a-01"},
                           {"name": "status", "value": "other", "ns": "https://example.org"}],
                 "links": [{"href": "#a-2", "rel": "related", "text": "see"}, {"href": "#33333333-3333-4333-8333-333333333333", "rel": "reference"}],
                 "parts": [
                    {"id": "a-1_smt", "name": "statement", "parts": [
                        {"id": "a-1_smt.a", "name": "item", "props": [{"name": "label", "value": "a."}],
                         "prose": "Do it {{ insert: param, a-1_p2 }}, and {{ insert: param, loose }}."},
                        {"id": "a-1_smt.b", "name": "item", "prose": "Do more."}]},
                    {"id": "a-1_gdn", "name": "guidance", "prose": "Why.", "y": 1}],
                 "controls": [
                    {"id": "a-1.1", "title": "Enhanced", "controls": [{"id": "a-1.1.1", "title": "More so"}]},
                    {"id": "a-1.2", "title": "Otherwise"}]},
                {"id": "a-2", "title": "Second", "props": [{"name": "status", "value": "Withdrawn"}],
                 "links": [{"href": "#a-1", "rel": "incorporated-into"}, {"href": "#top", "rel": "moved-to"}]}]},
            {"id": "g2", "title": "Two", "groups": [
                {"title": "Without an id", "controls": [{"id": "b-1", "title": "Deep"}]}]},
            {"id": "g3", "title": "Empty", "controls": []}],
        "back-matter": {"resources": [
            {"uuid": "22222222-2222-4222-8222-222222222222", "title": "Named", "citation": {"text": "x"}},
            {"uuid": "33333333-3333-4333-8333-333333333333", "rlinks": [{"href": "https://example.org", "hashes": []}]},
            {"uuid": "44444444-4444-4444-8444-444444444444", "title": "Never named"}], "z": {}},
        "other": []}})
}
