//! Precision and recall of findings against labels.

use std::collections::BTreeMap;

use crate::Found;

/// What was right, what was missed, what was wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    pub(crate) right: usize,
    pub(crate) missed: usize,
    pub(crate) wrong: usize,
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
impl Score {
    pub(crate) fn precision(self) -> f64 {
        if self.right + self.wrong == 0 { 1.0 } else { self.right as f64 / (self.right + self.wrong) as f64 }
    }

    pub(crate) fn recall(self) -> f64 {
        if self.right + self.missed == 0 { 1.0 } else { self.right as f64 / (self.right + self.missed) as f64 }
    }
}

/// A label: kind, first byte, byte behind the last.
pub(crate) type Label = (String, usize, usize);

/// By kind. A finding is right if it overlaps a label of its kind; a label is found if a finding of its kind overlaps it.
pub(crate) fn score(labels: &[Label], found: &[Found]) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let overlaps = |label: &Label, one: &Found| label.0 == one.kind && label.1 < one.end && one.start < label.2;
    // Both are in order and short, so that only neighbours need to be looked at.
    let mut from = 0;
    for label in labels {
        while from < found.len() && found[from].end + 64 <= label.1 {
            from += 1;
        }
        let near = found[from..].iter().take_while(|one| one.start < label.2);
        let score = scores.entry(label.0.clone()).or_default();
        if near.into_iter().any(|one| overlaps(label, one)) { score.right += 1 } else { score.missed += 1 }
    }
    let mut from = 0;
    for one in found {
        while from < labels.len() && labels[from].2 + 64 <= one.start {
            from += 1;
        }
        let hit = labels[from..].iter().take_while(|label| label.1 < one.end).any(|label| overlaps(label, one));
        if !hit {
            scores.entry(one.kind.clone()).or_default().wrong += 1;
        }
    }
    scores
}

pub(crate) fn print(title: &str, scores: &BTreeMap<String, Score>) {
    println!("{title}");
    for (kind, score) in scores {
        println!(
            "  {kind:<15} precision {:.4} recall {:.4}  ({} right, {} missed, {} wrong)",
            score.precision(),
            score.recall(),
            score.right,
            score.missed,
            score.wrong
        );
    }
}
