//! The real microwave network of the shared data: its alarms, its links, and which kind experts say causes which.

use std::{collections::BTreeSet, io::Read, path::PathBuf};

use correlate::{Alarm, CauseRule, Rules, Severity, Topology, Within};
use jiff::Timestamp;

/// The network.
pub(crate) struct Network {
    /// In the order of time.
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) links: Vec<(String, String)>,
    pub(crate) experts: BTreeSet<(String, String)>,
}

/// A file of the shared data; nothing, loudly, where the data is not here.
fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("TELWARDEN_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let file = root.join("alarms/25V_474N_Microwave").join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        println!("SKIPPED: {} is not here; set TELWARDEN_DATA to the shared data", file.display());
    }
    bytes
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn pairs(path: &str) -> Option<Vec<(String, String)>> {
    Some(rows(&shared(path)?).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect())
}

/// The network, or nothing, loudly.
pub(crate) fn network() -> Option<Network> {
    let packed = shared("Alarm.csv.gz")?;
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut text).expect("gzip");
    let begin: Timestamp = "2021-01-01T00:00:00Z".parse().expect("an instant");
    let alarms = rows(&text).into_iter().enumerate().map(|(line, row)| Alarm {
        source: "microwave".to_owned(),
        id: line.to_string(),
        device: row[1].clone(),
        kind: row[0].clone(),
        cause: String::new(),
        at: begin + jiff::SignedDuration::from_secs(row[2].parse().expect("seconds")),
        severity: Severity::Indeterminate,
    });
    let experts = pairs("causal_edges.csv")?.into_iter().collect();
    Some(Network { alarms: alarms.collect(), links: pairs("topology_edges.csv")?, experts })
}

impl Network {
    pub(crate) fn topology(&self) -> Topology {
        let mut topology = Topology::default();
        for (one, other) in &self.links {
            topology.link(one, other);
        }
        for alarm in &self.alarms {
            topology.place(&alarm.device, None);
        }
        topology
    }
}

/// The shipped rules with these causes.
pub(crate) fn rules(causes: Vec<CauseRule>) -> Rules {
    Rules { causes, ..Rules::shipped().expect("the shipped rules") }
}

/// What experts wrote, as an operator would: one rule for each kind that causes others.
pub(crate) fn written<'a>(edges: impl IntoIterator<Item = &'a (String, String)>, within: u32) -> Vec<CauseRule> {
    let mut rules: Vec<CauseRule> = Vec::new();
    for (cause, effect) in edges {
        let id = format!("experts: {cause}");
        if let Some(known) = rules.iter_mut().find(|rule| rule.id == id) {
            known.effect.insert(effect.clone());
            continue;
        }
        rules.push(CauseRule {
            id,
            cause: [cause.clone()].into(),
            effect: [effect.clone()].into(),
            hops: 1,
            within: Within::seconds(within),
            confidence: 1.0,
            enabled: true,
            learnt: None,
        });
    }
    rules
}
