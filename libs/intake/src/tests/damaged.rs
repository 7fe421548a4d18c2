use proptest::prelude::*;

use super::attempt;
use crate::{ColumnMap, Format, IntakeError, Settings};

/// The formats that are JSON.
const JSON: [Format; 5] = [Format::Netbox, Format::Tmf639, Format::Onap, Format::Ietf, Format::Teiv];

/// Pieces of a graph, also in places where they do not belong.
const TAGS: &str = "<graph>|</graph>|<node id=\"[ab]\">|<node/>|</node>|<edge source=\"[ab]\" target=\"[ab]\"/>|<key id=\"k\" attr.name=\"[lL]abel\"/>|<data key=\"[kz]\">|</data>|<y:NodeLabel>|</y:NodeLabel>|&amp;|&x;|x|<default>|</default>";

/// Members that readers know, with values that they may not expect.
const MEMBERS: &str = "\"(model|pk|fields|url|id|results|count|next|cellList|Cell|neighbor|pnf|complex|event-header|entity|relationship-list|network-inventory|network-element|ne-id|components|type|specversion|data|entities|relationships|place|resourceRelationship|supportingResource)\":(null|7|\"x\"|\"http://n/api/dcim/cables/1/\"|\"topology-inventory-ingestion.create\"|\\[\\]|\\{\\}|\\[\\{\"id\":1\\},7\\]|\\{\"id\":\"x\",\"m:A_USES_B\":\\[\\{\"id\":2,\"aSide\":\"q\"\\}\\]\\})";

fn error(format: Format, bytes: &[u8]) -> IntakeError {
    attempt(format, bytes, &Settings::default())
        .err()
        .unwrap_or_else(|| panic!("{:?} is damaged", String::from_utf8_lossy(bytes)))
}

#[test]
fn damaged_files_are_refused_with_place_and_remedy() {
    let deep = format!("[{}", "[".repeat(100_000));
    let cases: &[(&[u8], &str)] = &[
        (b"", "line 1"),
        (b" \n ", "line 1"),
        (b"\xef\xbb\xbf", "line 1"),
        (b"7", "line 1 column 1"),
        (b"\"text\"", "line 1 column 1"),
        (b"<html>", "`<`"),
        (b"\xff\xfe[\x00", "UTF-16"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"[{\"id\": \"a\"", "line 1 column 12"),
        (b"[{\"id\": \"a\"},", "line 1 column 14"),
        (b"[{\"id\": \"a\"}\n", "line 2 column 1"),
        (b"[{\"id\": \"a\"} {\"id\": \"b\"}]", "line 1 column 14"),
        (b"[{\"id\": \"a\"}] trailing", "line 1 column 15"),
        (b"[{\"id\": \"a\"},]", "line 1 column 14"),
        (b"[{\"id\": \"a\"}, ]", "line 1 column 15"),
        (b"[{\"id\":\n \"a\" \"b\"}]", "line 2"),
        (b"[{\"id\":\n \"\xff\"}]", "line 2 column 3"),
        (b"{\"id\": \"a\"}\n{\"id\": ", "line 2"),
        (deep.as_bytes(), "levels of nesting"),
    ];
    for format in JSON {
        for (bytes, place) in cases {
            let message = error(format, bytes).to_string();
            assert!(message.contains(place), "{:?}: {message}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
    }
}

#[test]
fn other_formats_are_not_read_as_csv() {
    let cases: &[&[u8]] = &[b"", b"\r\n\r\n", b"[{}]", b"{}", b"<a/>", b"\xff\xfea\x00", b"PK\x03\x04", b"a,b\0c\n"];
    for bytes in cases {
        let message = error(Format::Csv, bytes).to_string();
        assert!(message.contains("line 1"), "{message}");
    }
}

#[test]
fn an_unclosed_quote_does_not_swallow_the_memory() {
    let mut bytes = b"id,name\n1,\"A\n".to_vec();
    bytes.extend(std::iter::repeat_n(b"2,B\n", 2_000_000).flatten());
    let message = error(Format::Csv, &bytes).to_string();
    assert!(message.contains("line 2") && message.contains("quote"), "{message}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in JSON.into_iter().chain([Format::Csv, Format::Graphml]) {
            let _ = attempt(format, &bytes, &Settings::default());
        }
    }

    #[test]
    fn no_text_of_the_right_signs_makes_a_reader_panic(text in r#"[\[\]{},:"a1 \n;\\-]{0,120}"#) {
        for format in JSON.into_iter().chain([Format::Csv, Format::Graphml]) {
            let _ = attempt(format, text.as_bytes(), &Settings::default());
        }
        let _ = ColumnMap::from_toml(&text);
    }

    #[test]
    fn no_tags_make_the_reader_of_graphs_panic(parts in proptest::collection::vec(TAGS, 0..24)) {
        let text = format!("<graphml>{}", parts.concat());
        let _ = attempt(Format::Graphml, text.as_bytes(), &Settings::default());
        let _ = attempt(Format::Graphml, format!("{text}</graphml>").as_bytes(), &Settings::default());
    }

    #[test]
    fn no_members_make_a_reader_panic(parts in proptest::collection::vec(MEMBERS, 0..12)) {
        for format in JSON {
            let _ = attempt(format, format!("[{{{}}}]", parts.join(",")).as_bytes(), &Settings::default());
            let _ = attempt(format, format!("{{{}}}", parts.join(",")).as_bytes(), &Settings::default());
        }
    }

    #[test]
    fn no_identifier_makes_the_recogniser_panic(text in any::<String>()) {
        if let Some(found) = crate::identifiers::recognise(&text) {
            // What was brought into form stays in form.
            prop_assert_eq!(crate::identifiers::of_kind(found.kind(), &found.value), Some(found.clone()));
        }
    }

    #[test]
    fn every_row_is_accounted_for(rows in proptest::collection::vec("[a-z1,]{0,6}", 0..20)) {
        let text = format!("id,name\n{}\n", rows.join("\n"));
        let taken = attempt(Format::Csv, text.as_bytes(), &Settings::default()).expect("readable");
        let blank = taken.report.not_imported.get("row, blank").map_or(0, |entry| entry.count);
        let told = taken.assets().len() as u64 + taken.report.rejected.len() as u64 + blank;
        prop_assert_eq!(told, taken.report.objects.get("row").copied().unwrap_or_default());
    }
}
