//! What holds for any bytes whatever.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

use discover::{Scanner, Settings, Stopped, Watch};
use proptest::prelude::*;

use crate::{Found, scan, scanner};

/// Gives its bytes in reads of sizes that repeat.
struct Dribble<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.bytes = later;
        Ok(size)
    }
}

/// Pieces of what is looked for, and of what structure is made of.
fn fragment() -> impl Strategy<Value = String> {
    let pieces = [
        "+49 171 1234567",
        "491711234567",
        "262011234567890",
        "imsi-",
        "suci-0-262-01-0-0-0-1",
        "490154203237518",
        "8949",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "a@b.example",
        "@",
        "10.0.0.1",
        "fe80::1:2",
        "::",
        "00:1b:44:11:3a:b7",
        "52.5200, 13.4050",
        "262-01-1-2",
        ",",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "{\"a\":",
        "}",
        "[",
        "]",
        ":",
        "\\u00e9",
        "\\",
        "é",
        "語",
        " ",
        "-",
        ".",
        "/",
        "(0)",
        ")",
        "phone",
        "imei",
        "order",
        "2024-05-01",
        "x12",
        "\t",
        ";",
        "a",
        "0",
        "99999",
        "\u{feff}",
        "\0",
    ];
    prop_oneof![
        8 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        1 => "[0-9]{1,22}",
        1 => "[a-zA-Z ]{1,12}",
        1 => any::<char>().prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..120).prop_map(|pieces| pieces.concat())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        text().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..600),
        (text(), prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)).prop_map(
            |(text, changes)| {
                let mut bytes = text.into_bytes();
                for (at, byte) in changes {
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] = byte;
                    }
                }
                bytes
            }
        ),
    ]
}

fn formats() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["auto", "text", "csv", "json_lines"])
}

/// By format, threads and block.
type Made = BTreeMap<(&'static str, usize, usize), Arc<Scanner>>;

/// Scanners are made once: their tables cost more than a case.
fn with(format: &'static str, threads: usize, block: usize) -> Arc<Scanner> {
    static MADE: Mutex<Made> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry((format, threads, block)).or_insert_with(|| Arc::new(make(format, threads, block))))
}

fn make(format: &str, threads: usize, block: usize) -> Scanner {
    scanner(&format!(
        "{{format: {format}, threads: {threads}, block: {block}, regions: [DE, US], threshold: 0.2, national: [US_SSN, FR_NIR, NL_BSN]}}"
    ))
}

fn sound(found: &[Found], bytes: &[u8]) {
    let mut last = 0;
    for one in found {
        assert!(last <= one.start && one.start < one.end && one.end <= bytes.len(), "{one:?} in {} bytes", bytes.len());
        assert!((0.2..=1.0).contains(&one.score), "{one:?}");
        last = one.end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in bytes(), format in formats()) {
        let mut found = Vec::new();
        let scanned = with(format, 1, 1 << 20).scan(bytes.as_slice(), &Watch::new(), &mut |one| {
            let place = |at: u64| usize::try_from(at).unwrap();
            found.push(Found { kind: one.kind.to_owned(), start: place(one.start), end: place(one.end), score: one.score });
            ControlFlow::Continue(())
        });
        sound(&found, &bytes);
        match scanned {
            Ok(report) => prop_assert_eq!(report.bytes, bytes.len() as u64),
            Err(stopped) => prop_assert!(matches!(stopped, Stopped::Wide), "{stopped}"),
        }
    }

    #[test]
    fn spans_of_text_begin_and_end_at_letters(text in text(), format in formats()) {
        let (found, _) = scan(&with(format, 1, 1 << 20), text.as_bytes());
        for one in found {
            prop_assert!(text.is_char_boundary(one.start) && text.is_char_boundary(one.end), "{one:?}");
        }
    }

    #[test]
    fn neither_reads_nor_blocks_nor_threads_change_a_result(
        text in text(),
        format in formats(),
        sizes in prop::collection::vec(1_usize..40, 1..6),
        block in prop::sample::select(vec![1, 2, 7, 40, 64, 150]),
    ) {
        let whole = scan(&with(format, 1, 1 << 20), text.as_bytes());
        let bytes = text.as_bytes();
        prop_assert_eq!(&scan(&with(format, 1, 1 << 20), Dribble { bytes, sizes: sizes.clone(), turn: 0 }), &whole);
        prop_assert_eq!(&scan(&with(format, 1, block), bytes), &whole);
        prop_assert_eq!(&scan(&with(format, 3, block), Dribble { bytes, sizes, turn: 0 }), &whole);
    }

    #[test]
    fn any_yaml_is_read_or_refused(text in ".{0,200}") {
        if let Ok(settings) = Settings::from_yaml(&text) {
            let _ = Scanner::new(settings);
        }
    }
}

#[test]
fn a_line_longer_than_a_piece_is_looked_at_whole() {
    // A number every 997 bytes, so that some lie across the borders of pieces.
    let mut line = String::new();
    let mut expected = Vec::new();
    while line.len() < 3_300_000 {
        line.push_str(&"x ".repeat(490));
        expected.push(line.len());
        line.push_str("+491711234567 abc ");
    }
    line.push_str("\nshort +491711234567\n");
    for block in [1_000, 1 << 20] {
        let (found, report) = scan(&scanner(&format!("{{block: {block}, threads: 2}}")), line.as_bytes());
        let places: Vec<usize> = found.iter().map(|one| one.start).collect();
        assert_eq!(places[..expected.len()], expected);
        assert_eq!(places.len(), expected.len() + 1);
        assert_eq!((report.records, report.damaged), (2, 1));
    }
}
