//! How much is found of what there is, and how much is told that is not: on samples of the generator.

use discover::generate::{self, Sample};

use crate::{Found, scan, scanner, score};

fn labels(sample: &Sample) -> Vec<score::Label> {
    sample.labels.iter().map(|label| (label.kind.to_owned(), label.start, label.end)).collect()
}

fn measure(title: &str, sample: &Sample) -> (std::collections::BTreeMap<String, score::Score>, Vec<Found>) {
    let (found, _) = scan(&scanner(""), sample.text.as_bytes());
    let scores = score::score(&labels(sample), &found);
    score::print(title, &scores);
    if std::env::var_os("SHOW").is_some() {
        let labels = labels(sample);
        let mut shown = 0;
        for (kind, from, to) in &labels {
            if !found.iter().any(|one| one.kind == *kind && one.start < *to && *from < one.end) && shown < 40 {
                let line = sample.text[..*from].rfind('\n').map_or(0, |at| at + 1);
                println!(
                    "MISSED {kind} {} | {}",
                    &sample.text[*from..*to],
                    sample.text[line..].lines().next().unwrap()
                );
                shown += 1;
            }
        }
        shown = 0;
        for one in &found {
            if !labels.iter().any(|(kind, from, to)| one.kind == *kind && one.start < *to && *from < one.end)
                && shown < 60
            {
                let line = sample.text[..one.start].rfind('\n').map_or(0, |at| at + 1);
                println!(
                    "WRONG {} {} {} | {}",
                    one.kind,
                    one.score,
                    &sample.text[one.start..one.end],
                    sample.text[line..].lines().next().unwrap()
                );
                shown += 1;
            }
        }
    }
    (scores, found)
}

#[test]
fn in_text() {
    measure("text", &generate::text(1, 20_000));
}

#[test]
fn in_call_records() {
    measure("call records", &generate::call_records(1, 20_000));
}

#[test]
fn in_session_records() {
    measure("session records", &generate::session_records(1, 20_000));
}
