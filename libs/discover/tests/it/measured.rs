//! How much is found of what there is, and how much is told that is not: on samples of the generator.

use discover::generate::{self, Sample};

use crate::{scan, scanner, score};

fn labels(sample: &Sample) -> Vec<score::Label> {
    sample.labels.iter().map(|label| (label.kind.to_owned(), label.start, label.end)).collect()
}

/// Precision and recall that a kind must reach at least.
type Floor = (&'static str, f64, f64);

fn measure(title: &str, sample: &Sample, floors: &[Floor]) {
    let (found, _) = scan(&scanner(""), sample.text.as_bytes());
    let scores = score::score(&labels(sample), &found);
    score::print(title, &scores);
    let kinds: Vec<&str> = floors.iter().map(|floor| floor.0).collect();
    assert_eq!(scores.keys().collect::<Vec<_>>(), kinds, "every kind has a floor");
    for (kind, precision, recall) in floors {
        let score = scores[*kind];
        assert!(score.precision() >= *precision && score.recall() >= *recall, "{kind}: {score:?}");
    }
}

#[test]
fn in_text() {
    // What a check digit, a prefix or a mark tells is exact. Half of the values have no word that tells them: of 15 digits with a country code
    // one in ten has an IMEI's Luhn digit by chance, half of those a body's number too, and nobody can tell them apart; a card of Maestro's
    // range, a cell or a pair of degrees is unsure beside a word for something else.
    let floors = [
        ("CREDIT_CARD", 0.99, 0.97),
        ("EMAIL_ADDRESS", 1.0, 1.0),
        ("IBAN", 1.0, 1.0),
        ("ICCID", 1.0, 1.0),
        ("IMEI", 0.98, 0.96),
        ("IMSI", 0.99, 0.95),
        ("IP_ADDRESS", 0.99, 0.98),
        ("LOCATION", 0.99, 0.96),
        ("MAC_ADDRESS", 1.0, 1.0),
        ("MSISDN", 0.99, 0.99),
        ("SUCI", 1.0, 1.0),
        ("SUPI", 1.0, 1.0),
    ];
    for seed in [1, 2] {
        measure(&format!("text, seed {seed}"), &generate::text(seed, 20_000), &floors);
    }
}

#[test]
fn in_records() {
    // A column says what its numbers are, by its name and by its first values: hardly anything is left to chance.
    let floors = [
        ("IMEI", 0.999, 0.999),
        ("IMSI", 0.999, 0.999),
        ("IP_ADDRESS", 0.999, 0.999),
        ("LOCATION", 0.999, 0.999),
        ("MSISDN", 0.999, 0.999),
    ];
    measure("call records", &generate::call_records(1, 20_000), &floors);
}

#[test]
fn in_records_without_names() {
    // The columns are known by their values. A number that is not assigned passes for none in the first 2000 records and later stands, since the
    // column is then known; which of 15 digits are an IMSI is known from those that have no Luhn digit.
    let floors = [
        ("IMEI", 0.99, 0.99),
        ("IMSI", 0.99, 0.99),
        ("IP_ADDRESS", 0.999, 0.999),
        ("LOCATION", 0.999, 0.999),
        ("MSISDN", 0.99, 0.99),
    ];
    let mut sample = generate::call_records(1, 20_000);
    let header = sample.text.find('\n').unwrap() + 1;
    sample.text.drain(..header);
    for label in &mut sample.labels {
        label.start -= header;
        label.end -= header;
    }
    measure("call records without names of columns", &sample, &floors);
}

#[test]
fn in_sessions() {
    let floors = [
        ("IMEI", 0.999, 0.999),
        ("IP_ADDRESS", 0.999, 0.999),
        ("LOCATION", 0.999, 0.999),
        ("MSISDN", 0.999, 0.999),
        ("SUPI", 0.999, 0.999),
    ];
    measure("session records", &generate::session_records(1, 20_000), &floors);
}

#[test]
fn a_seed_gives_the_same_sample_each_time() {
    assert_eq!(generate::text(9, 100), generate::text(9, 100));
    assert_ne!(generate::text(9, 100), generate::text(10, 100));
    let mut written = Vec::new();
    let bytes = generate::write_call_records(4, 1, &mut written).unwrap();
    assert_eq!(bytes, written.len() as u64);
    assert_eq!(String::from_utf8(written).unwrap(), generate::call_records(4, 1_000).text);
}
