//! What a service is to customers, and how fast it must be back.

use prost_types::Duration;
use serde_json::Value;
use wire::assets::v1::Asset;

use super::characteristics::{plain, set};
use crate::{dates, text};

/// The most subscribers, and the longest objective in seconds (ten years), that an asset can have.
const MOST_SUBSCRIBERS: i64 = 10_000_000_000;
const LONGEST: f64 = 3_660.0 * 86_400.0;

/// What a characteristic, by its squeezed name, says.
#[derive(Clone, Copy)]
enum Says {
    Subscribers,
    Areas,
    Basis,
    Counted,
    Rto,
    Rpo,
    Mtd,
}

const NAMES: &[(&str, Says)] = &[
    ("subscribers", Says::Subscribers),
    ("subscribercount", Says::Subscribers),
    ("servicesubscribers", Says::Subscribers),
    ("servicearea", Says::Areas),
    ("serviceareas", Says::Areas),
    ("subscribersbasis", Says::Basis),
    ("servicebasis", Says::Basis),
    ("subscriberscounted", Says::Counted),
    ("subscriberscounteddate", Says::Counted),
    ("subscriberscountedtime", Says::Counted),
    ("rto", Says::Rto),
    ("recoveryrto", Says::Rto),
    ("recoverytimeobjective", Says::Rto),
    ("rpo", Says::Rpo),
    ("recoveryrpo", Says::Rpo),
    ("recoverypointobjective", Says::Rpo),
    ("mtd", Says::Mtd),
    ("mtpd", Says::Mtd),
    ("recoverymtd", Says::Mtd),
    ("maximumtolerabledowntime", Says::Mtd),
];

fn says(word: &str) -> Option<Says> {
    NAMES.iter().find(|(name, _)| *name == word).map(|(_, says)| *says)
}

/// Whether a squeezed name is one of ours.
pub(super) fn knows(word: &str) -> bool {
    says(word).is_some()
}

/// Reads a characteristic into the field it belongs to. False where the field cannot hold it; none where it belongs to no field
/// of ours.
pub(super) fn take(word: &str, value: &Value, asset: &mut Asset) -> Option<bool> {
    let says = says(word)?;
    let taken = match says {
        Says::Subscribers => subscribers(value, asset),
        Says::Areas => areas(value, asset),
        Says::Basis => {
            let basis = plain(value);
            !basis.is_empty() && set(&mut asset.service.get_or_insert_default().basis, &basis, 400)
        }
        Says::Counted => {
            let read = value.as_str().and_then(|text| dates::read(text, &[]));
            if read.is_some() {
                asset.service.get_or_insert_default().count_time = read;
            }
            read.is_some()
        }
        Says::Rto | Says::Rpo | Says::Mtd => {
            let read = value.as_str().and_then(duration);
            if read.is_some() {
                let recovery = asset.recovery.get_or_insert_default();
                match says {
                    Says::Rto => recovery.rto = read,
                    Says::Rpo => recovery.rpo = read,
                    _ => recovery.mtd = read,
                }
            }
            read.is_some()
        }
    };
    Some(taken)
}

fn subscribers(value: &Value, asset: &mut Asset) -> bool {
    match value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()) {
        Some(subscribers) if (0..=MOST_SUBSCRIBERS).contains(&subscribers) => {
            asset.service.get_or_insert_default().subscribers = subscribers;
            true
        }
        _ => false,
    }
}

fn areas(value: &Value, asset: &mut Asset) -> bool {
    let areas: Vec<String> = match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        other => plain(other).split([',', ';']).map(|area| area.trim().to_owned()).collect(),
    };
    let areas: Vec<String> = areas.into_iter().filter(|area| !area.is_empty()).collect();
    let fits = !areas.is_empty() && areas.len() <= 256 && areas.iter().all(|area| area.chars().count() <= 100);
    if fits {
        asset.service.get_or_insert_default().service_areas = areas.iter().map(|area| text::line(area, 100)).collect();
    }
    fits
}

/// `PT4H`, `P1D`, `4h`, `30 min`: whole seconds, a day being 24 hours. A number without a unit could be minutes or hours, and so
/// is not guessed at; nor is a month.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let span: jiff::Span = text.get(..text.len().min(64))?.parse().ok()?;
    let seconds = span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()?;
    let whole = seconds.fract() == 0.0 && (0.0..=LONGEST).contains(&seconds);
    whole.then_some(Duration { seconds: seconds as i64, nanos: 0 })
}
