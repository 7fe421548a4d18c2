//! What a privacy officer relies on: what is found, how sure, and that nothing is lost or kept.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

mod columns;
mod kinds;
mod labelled;
mod measured;
mod national;
mod properties;
mod refusals;
mod score;

use std::ops::ControlFlow;

use discover::{Report, Scanner, Settings, Watch};

/// A finding without the scanner it came from.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    kind: String,
    start: usize,
    end: usize,
    score: f64,
}

fn scanner(yaml: &str) -> Scanner {
    let settings = Settings::from_yaml(yaml).unwrap_or_else(|violations| panic!("{violations}"));
    Scanner::new(settings).unwrap_or_else(|violations| panic!("{violations}"))
}

fn scan(scanner: &Scanner, sample: impl std::io::Read) -> (Vec<Found>, Report) {
    let mut all = Vec::new();
    let report = scanner
        .scan(sample, &Watch::new(), &mut |finding| {
            let place = |at: u64| usize::try_from(at).unwrap();
            all.push(Found {
                kind: finding.kind.to_owned(),
                start: place(finding.start),
                end: place(finding.end),
                score: finding.score,
            });
            ControlFlow::Continue(())
        })
        .unwrap();
    (all, report)
}

/// `KIND value` of everything found in a text.
fn told(scanner: &Scanner, text: &str) -> Vec<String> {
    scanner
        .find(text)
        .iter()
        .map(|one| format!("{} {}", one.kind, &text[one.start as usize..one.end as usize]))
        .collect()
}
