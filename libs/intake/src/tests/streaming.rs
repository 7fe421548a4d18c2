//! Files are read as they come: the first asset is out long before the last byte is in.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use wire::assets::v1::import_item::Record;

use crate::{Format, Settings, read};

/// A file that is made while it is read, and counts its bytes.
struct Made<'a> {
    head: &'static str,
    part: fn(usize) -> String,
    between: &'static str,
    tail: &'static str,
    /// How many parts there are, and how many are out.
    parts: usize,
    made: usize,
    waiting: Vec<u8>,
    bytes: &'a AtomicUsize,
}

impl Read for Made<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        if self.waiting.is_empty() && self.made <= self.parts {
            let text = match self.made {
                0 => self.head.to_owned() + &(self.part)(0),
                end if end == self.parts => self.tail.to_owned(),
                next => self.between.to_owned() + &(self.part)(next),
            };
            self.waiting = text.into_bytes();
            self.made += 1;
        }
        let count = self.waiting.len().min(room.len());
        room[..count].copy_from_slice(&self.waiting[..count]);
        self.waiting.drain(..count);
        self.bytes.fetch_add(count, Ordering::Relaxed);
        Ok(count)
    }
}

#[test]
fn the_first_asset_is_out_long_before_the_last_byte_is_in() {
    type Case = (Format, &'static str, fn(usize) -> String, &'static str, &'static str);
    let cases: [Case; 5] = [
        (Format::Tmf639, "[", |n| format!(r#"{{"id": "r{n}", "@type": "Router", "name": "router {n}"}}"#), ",", "]"),
        (
            Format::Ietf,
            r#"{"ietf-network-inventory:network-inventory": {"network-elements": {"network-element": ["#,
            |n| {
                format!(
                    r#"{{"ne-id": "n{n}", "components": {{"component": [{{"component-id": "c", "is-fru": true}}]}}}}"#
                )
            },
            ",",
            "]}}}",
        ),
        (
            Format::Onap,
            r#"{"cellList": ["#,
            |n| format!(r#"{{"Cell": {{"nodeId": "c{n}", "pnfId": "p"}}, "neighbor": ["c{}"]}}"#, n + 1),
            ",",
            "]}",
        ),
        (
            Format::Graphml,
            "<graphml><graph id=\"g\">",
            |n| format!("<node id=\"n{n}\"/><edge source=\"n0\" target=\"n{n}\"/>\n"),
            "",
            "</graph></graphml>",
        ),
        (Format::Csv, "id,name,type\n", |n| format!("{n},asset {n},router\n"), "", ""),
    ];
    for (format, head, part, between, tail) in cases {
        let (bytes, mut first, mut assets) = (AtomicUsize::new(0), None, 0);
        let parts = 20_000;
        let mut input = Made { head, part, between, tail, parts, made: 0, waiting: Vec::new(), bytes: &bytes };
        read(format, &mut input, &Settings::default(), &mut |item| {
            if matches!(item.record, Record::Asset(_)) {
                first.get_or_insert_with(|| bytes.load(Ordering::Relaxed));
                assets += 1;
            }
            ControlFlow::Continue(())
        })
        .expect("the file can be read");
        let (first, all) = (first.expect("an asset"), bytes.load(Ordering::Relaxed));
        assert!(assets >= parts, "{format:?}: {assets}");
        assert!(all > 300_000 && first <= 128 << 10, "{format:?}: the first asset came after {first} of {all} bytes");
    }
}
