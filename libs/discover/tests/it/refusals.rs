//! What is wrong with settings and samples is told, all of it, with what to do about it.

use std::{
    io::{self, Read},
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

use discover::{Scanner, Settings, Stopped, Watch};

use crate::{scan, scanner};

#[track_caller]
fn refused(yaml: &str, fields: &[&str]) {
    let violations = match Settings::from_yaml(yaml).and_then(Scanner::new) {
        Err(violations) => violations,
        Ok(_) => panic!("accepted: {yaml}"),
    };
    let found: Vec<&str> = violations.list().iter().map(|one| one.field.as_str()).collect();
    assert_eq!(found, fields, "{violations}");
    assert!(violations.list().iter().all(|one| !one.problem.is_empty() && !one.remedy.is_empty()));
}

#[test]
fn settings() {
    refused("recognisers: [{kind: X}]", &["recognisers[0].pattern"]);
    refused("recognisers: [{kind: X, pattern: '('}]", &["recognisers[0].pattern"]);
    refused("recognisers: [{kind: X, pattern: 'a*'}]", &["recognisers[0].pattern"]);
    refused("recognisers: [{kind: X, pattern: '(?=a)b'}]", &["recognisers[0].pattern"]);
    refused("recognisers: [{kind: X, pattern: '((a{1000}){1000}){1000}'}]", &["recognisers[0].pattern"]);
    refused("recognisers: [{kind: lower, pattern: a}]", &["recognisers[0].kind"]);
    refused("recognisers: [{kind: X, pattern: a, score: .nan}]", &["recognisers[0].score"]);
    refused(
        "recognisers: [{kind: X, pattern: a, score: 1.5, validated: -.inf}]",
        &["recognisers[0].score", "recognisers[0].validated"],
    );
    refused(
        "recognisers: [{kind: X, pattern: a, validator: {weighted: {weights: [], modulus: 0}}}]",
        &["recognisers[0].validator"],
    );
    refused(
        "recognisers: [{kind: X, pattern: a, context: ['', ' b']}]",
        &["recognisers[0].context[0]", "recognisers[0].context[1]"],
    );
    refused(
        "{threshold: .nan, kinds: [NOSUCH], national: [XX], plmns: ['1'], regions: [de]}",
        &["threshold", "plmns[0]", "regions[0]", "national[0]", "kinds[0]"],
    );
    refused("regions: [QQ]", &["regions"]);
    refused("context: {NOSUCH: [word]}", &["context.NOSUCH"]);
    refused("delimiter: é", &["delimiter"]);
    refused("block: 0", &["block"]);
    refused("nosuch: 1", &["line 1 column 1"]);
    let many: String = (0..60).map(|at| format!("  - {{kind: K{at}, pattern: x}}\n")).collect();
    let violations = Settings::from_yaml(&format!("recognisers:\n{many}")).and_then(Scanner::new).unwrap_err();
    assert!(violations.to_string().contains("more than 63 kinds"), "{violations}");
}

#[test]
fn wide_characters_are_refused_and_broken_ones_are_not() {
    let text = "imsi 001010123456789, call +491711234567 ".repeat(8);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let stopped = scanner("").count(wide.as_slice(), &Watch::new()).unwrap_err();
    assert!(matches!(stopped, Stopped::Wide) && stopped.to_string().contains("UTF-8"));
    let broken = [b"\xff\xc3 +491711234567\xe9 \x80a@b.example\xc3\n".as_slice(), b"\xf0\x9f+491711234568\n"].concat();
    let (found, _) = scan(&scanner(""), broken.as_slice());
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn damage_stays_where_it_is() {
    let mut sample = String::from("name,phone,mail\n");
    for row in 0..2_000 {
        let quote = if row == 7 { "\"" } else { "" };
        sample.push_str(&format!("{quote}n{row},+4917112{:05},m{row}@b.example\n", row + 10_000));
    }
    let (_, report) = scan(&scanner("{format: csv, header: true}"), sample.as_bytes());
    assert_eq!((report.found("MSISDN"), report.found("EMAIL_ADDRESS"), report.damaged), (2_000, 2_000, 1));
    let truncated = &sample[..sample.len() - 12];
    assert_eq!(scan(&scanner(""), truncated.as_bytes()).1.found("MSISDN"), 2_000);
    let lines = "{\"a\":\"+491711234567\"}\n{\"a\":\"+491711234569\n{\"a\":\"+491711234568\"}\n";
    let (found, report) = scan(&scanner("format: json_lines"), lines.as_bytes());
    assert_eq!((found.len(), report.damaged, report.records), (3, 1, 3));
}

#[test]
fn every_quotation_open_is_survived_in_time() {
    let sample = "a,\"open and never closed,+491711234567\n".repeat(40_000);
    let (_, report) = scan(&scanner("format: csv"), sample.as_bytes());
    assert_eq!(report.found("MSISDN"), 40_000);
    assert_eq!(report.damaged, 100, "then quotation marks are letters");
}

#[test]
fn nothing_is_a_sample_too() {
    for sample in ["", "\n", "\n\n\n", "\u{feff}", "{}", ","] {
        let (found, report) = scan(&scanner(""), sample.as_bytes());
        assert!(found.is_empty() && report.bytes == sample.len() as u64, "{sample:?}");
    }
}

/// Fails after some bytes.
struct Breaks(u32);

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other("the disk is gone"))?;
        buffer.fill(b'\n');
        Ok(buffer.len())
    }
}

#[test]
fn a_sample_that_cannot_be_read_is_an_error() {
    for threads in [1, 2] {
        let scanner = scanner(&format!("threads: {threads}"));
        let stopped = scanner.count(Breaks(3), &Watch::new()).unwrap_err();
        assert!(stopped.to_string().contains("the disk is gone"), "{stopped}");
    }
}

#[test]
fn progress_is_told_and_a_scan_can_be_cancelled() {
    let sample = "call +491711234567 today\n".repeat(200_000);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let watch = Watch::telling(move |progress| told.lock().unwrap().push((progress.bytes, progress.findings)));
    let report = scanner("threads: 2").count(sample.as_bytes(), &watch).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 3 && seen.is_sorted());
    assert_eq!(seen.last(), Some(&(report.bytes, report.found("MSISDN"))));
    for threads in [1, 2] {
        let watch = Watch::new();
        let from_within = watch.clone();
        let stopped = scanner(&format!("threads: {threads}")).scan(sample.as_bytes(), &watch, &mut |_| {
            from_within.cancel();
            ControlFlow::Continue(())
        });
        assert!(matches!(stopped, Err(Stopped::Cancelled)));
        assert!(watch.progress().bytes < report.bytes);
    }
    let mut taken = 0;
    let stopped = scanner("").scan(sample.as_bytes(), &Watch::new(), &mut |_| {
        taken += 1;
        if taken == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(Stopped::Cancelled)) && taken == 5);
}
