//! What categories of PII a sample holds, proposed from what was found in it.
//!
//! A proposal is a beginning for the privacy officer, with its reasons; nothing is decided here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{report::Report, words};

/// The telecom categories of PII (domain facts 9.3, after X.1058 and X Suppl. 32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// Who the subscriber is: name, address, contact.
    Subscriber,
    /// Who communicated with whom, when, how much: call and IP detail records, addresses in use.
    Traffic,
    /// Where somebody is or was.
    Location,
    /// What was said or sent.
    Content,
    /// Which equipment is used.
    Device,
    /// By which identifiers the network and the state know somebody.
    Identity,
    /// What is charged, and from which account.
    Billing,
    /// Whether somebody can pay.
    Credit,
    /// What somebody's body is like.
    Biometric,
    /// Whom authorities listen to.
    LawfulInterception,
}

/// A category, why, and how sure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// What is proposed.
    pub category: Category,
    /// 0 to 1: the confidence of the surest reason. A column's name alone gives [`Proposal::BY_NAME`].
    pub confidence: f64,
    /// Kinds found, record shapes, and `column NAME` where only the name speaks; each once, sorted.
    pub because: Vec<String>,
}

impl Proposal {
    /// How sure a column's name alone makes.
    pub const BY_NAME: f64 = 0.4;
}

/// The categories of PII that a report speaks for, the surest first.
///
/// Kinds found give theirs (IMSI → IDENTITY, IMEI → DEVICE, …), with the confidence of the surest column or, in text, 1 − 0.5ⁿ for n findings
/// of a mean score of 1; a call record's shape gives TRAFFIC; names of columns whose values no pattern tells (`surname`, `sms_text`, `balance`)
/// give a weak one.
#[must_use]
pub fn categories(report: &Report) -> Vec<Proposal> {
    let mut proposals = Reasons::default();
    for kind in &report.kinds {
        let column = report.columns.iter().flat_map(|column| &column.verdicts);
        let surest = column.filter(|verdict| verdict.kind == kind.name).map(|verdict| verdict.confidence);
        let confidence = surest.reduce(f64::max).unwrap_or_else(|| in_text(kind.found, kind.mean));
        if kind.found > 0 {
            proposals.add(kind.category, confidence, kind.name.clone());
        }
    }
    for shape in &report.shapes {
        proposals.add(Category::Traffic, shape.confidence, shape.shape.name().to_owned());
    }
    for column in &report.columns {
        for category in words::categories_of(&column.name) {
            proposals.add(category, Proposal::BY_NAME, format!("column {}", column.name));
        }
    }
    proposals.sorted()
}

fn in_text(found: u64, mean: f64) -> f64 {
    crate::report::rounded(mean * (1.0 - 0.5_f64.powf(u32::try_from(found).map_or(f64::MAX, f64::from))))
}

#[derive(Default)]
struct Reasons(BTreeMap<Category, Proposal>);

impl Reasons {
    fn add(&mut self, category: Category, confidence: f64, because: String) {
        let proposal = self.0.entry(category).or_insert(Proposal { category, confidence: 0.0, because: Vec::new() });
        proposal.confidence = proposal.confidence.max(confidence);
        if let Err(place) = proposal.because.binary_search(&because) {
            proposal.because.insert(place, because);
        }
    }

    fn sorted(self) -> Vec<Proposal> {
        let mut sorted: Vec<Proposal> = self.0.into_values().collect();
        sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.category.cmp(&b.category)));
        sorted
    }
}
