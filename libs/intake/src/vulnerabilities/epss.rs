//! EPSS: how likely each vulnerability is exploited within 30 days, by one model on one day.

use std::io::{BufRead, BufReader, Read};

use wire::risk::v1::vulnerability::ExploitPrediction;
use wire::risk::v1::{Vulnerability, VulnerabilityRecord};

use super::fields::{cut, date};
use super::{Reading, Sink};
use crate::IntakeError;

/// The longest line; real ones have some 30 letters.
const LONGEST: u64 = 4096;

pub(super) fn read(input: &mut dyn Read, sink: Sink<'_>) -> Result<Reading, IntakeError> {
    let expected = "EPSS: `#model_version:…,score_date:…`, then `cve,epss,percentile`";
    let mut reading = Reading::default();
    let (mut lines, mut model, mut header) = (BufReader::new(input), String::new(), None);
    for number in 1_u64.. {
        let Some(line) = line(&mut lines, number)? else { break };
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            let part = |key: &str| comment.split(',').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix(':'));
            model = cut(part("model_version").unwrap_or_default(), 60);
            reading.snapshot = part("score_date").and_then(date).unwrap_or_default();
            continue;
        }
        if line.is_empty() {
            continue;
        }
        let Some(columns) = &header else {
            header = Some(columns(line).ok_or_else(|| IntakeError::Unexpected {
                at: format!("line {number}"),
                found: format!("`{}`", cut(line, 60)),
                expected,
            })?);
            continue;
        };
        reading.read += 1;
        match record(line, columns, number, &model, &reading.snapshot) {
            Ok(record) => {
                if sink(record).is_break() {
                    break;
                }
            }
            Err((field, message)) => reading.reject(format!("line {number}"), field, message),
        }
    }
    if header.is_none() {
        return Err(IntakeError::Empty { expected });
    }
    Ok(reading)
}

/// The next line; none at the end.
fn line(lines: &mut BufReader<&mut dyn Read>, number: u64) -> Result<Option<String>, IntakeError> {
    let mut bytes = Vec::new();
    let read = lines.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
    read.map_err(|source| IntakeError::Input { at: format!("line {number}"), source })?;
    if bytes.len() as u64 >= LONGEST {
        return Err(IntakeError::TooLarge { at: format!("line {number}"), limit: format!("{LONGEST} bytes a line") });
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
}

/// Where the columns stand: cve, epss, percentile. None where the line does not name them.
fn columns(line: &str) -> Option<[usize; 3]> {
    let names: Vec<String> = line.split(',').map(|name| name.trim().trim_matches('"').to_lowercase()).collect();
    let place = |name: &str| names.iter().position(|known| known == name);
    Some([place("cve")?, place("epss")?, place("percentile")?])
}

fn record(
    line: &str,
    [cve, epss, percentile]: &[usize; 3],
    number: u64,
    model: &str,
    day: &str,
) -> Result<VulnerabilityRecord, (&'static str, String)> {
    let parts: Vec<&str> = line.split(',').map(|part| part.trim().trim_matches('"')).collect();
    let part = |at: &usize| parts.get(*at).copied().unwrap_or_default();
    let name = part(cve);
    if name.is_empty() {
        return Err(("cve", "the line has no CVE".to_owned()));
    }
    let probability = |at: &usize, field: &'static str| {
        let said = part(at);
        let number = said.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
        number.ok_or_else(|| (field, format!("{name}: `{}` is no probability from 0 to 1", cut(said, 40))))
    };
    let prediction = ExploitPrediction {
        score: probability(epss, "epss")?,
        percentile: probability(percentile, "percentile")?,
        score_date: day.to_owned(),
        model_version: model.to_owned(),
    };
    let vulnerability = Vulnerability { prediction: Some(prediction), ..Default::default() };
    Ok(VulnerabilityRecord { place: format!("line {number}"), cve: cut(name, 60), vulnerability: Some(vulnerability) })
}
