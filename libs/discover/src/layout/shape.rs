//! Records of calls and of sessions, told by their columns.

use serde::Serialize;

use crate::{columns::Column, kind::Kind, words};

/// A shape of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Shape {
    /// Call detail records: who called whom, when, for how long.
    Cdr,
    /// IP detail records: whose session had which address, when, how much.
    Ipdr,
}

impl Shape {
    /// `CDR` or `IPDR`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cdr => "CDR",
            Self::Ipdr => "IPDR",
        }
    }
}

/// A shape that a sample has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recognised {
    /// Which.
    pub shape: Shape,
    /// 0 to 1: the share of the shape's parts that there are.
    pub confidence: f64,
    /// The columns that make it.
    pub columns: Vec<String>,
}

/// A part of a shape: a column is it if its name has one of the words, or its hints one of the kinds.
struct Part {
    words: &'static [&'static str],
    kinds: u64,
    weight: f64,
}

const SUBSCRIBER: u64 = 1 << Kind::MSISDN.0 | 1 << Kind::IMSI.0 | 1 << Kind::SUPI.0;

const CDR: [Part; 6] = [
    Part {
        words: &[
            "calling",
            "caller",
            "a number",
            "a party",
            "anumber",
            "originating",
            "from",
            "src",
            "source",
            "anum",
            "calling party",
        ],
        kinds: SUBSCRIBER,
        weight: 3.0,
    },
    Part {
        words: &[
            "called",
            "callee",
            "b number",
            "b party",
            "bnumber",
            "terminating",
            "dialled",
            "dialed",
            "to",
            "dst",
            "destination",
            "bnum",
        ],
        kinds: 1 << Kind::MSISDN.0,
        weight: 3.0,
    },
    Part {
        words: &["start", "time", "timestamp", "date", "begin", "answer", "setup", "seizure"],
        kinds: 0,
        weight: 2.0,
    },
    Part { words: &["duration", "seconds", "billsec", "dur", "call length", "holding"], kinds: 0, weight: 2.0 },
    Part {
        words: &["cell", "cgi", "ecgi", "lac", "site", "location", "bts"],
        kinds: 1 << Kind::LOCATION.0,
        weight: 1.0,
    },
    Part {
        words: &["call type", "service", "disposition", "cause", "trunk", "record type", "teleservice"],
        kinds: 0,
        weight: 1.0,
    },
];

const IPDR: [Part; 5] = [
    Part { words: &["subscriber", "user", "msisdn", "imsi", "username", "customer"], kinds: SUBSCRIBER, weight: 2.0 },
    Part {
        words: &["ip", "ue ip", "framed", "address", "private ip", "public ip", "nat"],
        kinds: 1 << Kind::IP_ADDRESS.0,
        weight: 3.0,
    },
    Part { words: &["start", "time", "timestamp", "date", "begin", "end"], kinds: 0, weight: 2.0 },
    Part {
        words: &["bytes", "octets", "uplink", "downlink", "volume", "upload", "download", "ul", "dl"],
        kinds: 0,
        weight: 2.0,
    },
    Part {
        words: &["apn", "dnn", "port", "rat", "session", "protocol", "url", "host", "charging"],
        kinds: 0,
        weight: 1.0,
    },
];

/// The shapes that columns make, the surest first. The parts without which a shape is none are its heaviest and its time.
pub(crate) fn of(columns: &[Column]) -> Vec<Recognised> {
    let mut shapes: Vec<Recognised> = [(Shape::Cdr, CDR.as_slice(), 8.0), (Shape::Ipdr, IPDR.as_slice(), 7.0)]
        .into_iter()
        .filter_map(|(shape, parts, least)| matched(shape, parts, least, columns))
        .collect();
    shapes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    shapes
}

fn matched(shape: Shape, parts: &[Part], least: f64, columns: &[Column]) -> Option<Recognised> {
    let mut used: Vec<usize> = Vec::new();
    let mut weight = 0.0;
    for part in parts {
        // A part that its name tells goes before one that only its values tell.
        let named = |(_, column): &(usize, &Column)| has_word(part, &column.name);
        let valued = |(_, column): &(usize, &Column)| {
            (column.hints.named | column.hints.confirmed) & part.kinds != 0 || plain(part, column)
        };
        let free: Vec<(usize, &Column)> =
            columns.iter().enumerate().filter(|(place, _)| !used.contains(place)).collect();
        let found = free.iter().copied().find(named).or_else(|| free.iter().copied().find(valued));
        if let Some((place, _)) = found {
            used.push(place);
            weight += part.weight;
        }
    }
    let whole: f64 = parts.iter().map(|part| part.weight).sum();
    used.sort_unstable();
    let names = used.iter().filter_map(|place| columns.get(*place)).map(|column| column.name.clone()).collect();
    (weight >= least).then(|| Recognised { shape, confidence: crate::report::rounded(weight / whole), columns: names })
}

fn has_word(part: &Part, name: &str) -> bool {
    let spaced = words::spaced(name);
    part.words.iter().any(|word| words::holds(&spaced, word))
}

/// Times and durations of columns without names.
fn plain(part: &Part, column: &Column) -> bool {
    (part.words.contains(&"timestamp") && column.instants) || (part.words.contains(&"duration") && column.numbers)
}
