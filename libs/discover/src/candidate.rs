//! Candidates of one piece of text, and which of them stand.

use std::cmp::Reverse;

use crate::kind::Kind;

/// Something that may be personal data: where it lies in its piece of text, and how sure its own form makes, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    /// The base score while candidates are collected, the score after they have been judged.
    pub(crate) score: u16,
}

impl Candidate {
    pub(crate) fn new(kind: Kind, score: u16, start: usize, end: usize) -> Self {
        Self { start, end, kind, score }
    }
}

/// Keeps, of candidates that overlap, the surest; of equally sure ones the longer, then the first by place and by kind. What is left is in the
/// order of the text.
pub(crate) fn settle(candidates: &mut Vec<Candidate>) {
    if candidates.len() < 2 {
        return;
    }
    candidates.sort_unstable_by_key(|one| (one.start, one.end, one.kind));
    if candidates.windows(2).all(|pair| matches!(pair, [one, next] if one.end <= next.start)) {
        return;
    }
    let mut kept = Vec::with_capacity(candidates.len());
    let mut cluster: Vec<Candidate> = Vec::new();
    let mut reach = 0;
    for one in candidates.drain(..) {
        if one.start >= reach {
            settle_cluster(&mut cluster, &mut kept);
        }
        reach = reach.max(one.end);
        cluster.push(one);
    }
    settle_cluster(&mut cluster, &mut kept);
    *candidates = kept;
}

/// Candidates that overlap, directly or by others: moves those that stand to `kept`.
fn settle_cluster(cluster: &mut Vec<Candidate>, kept: &mut Vec<Candidate>) {
    cluster.sort_by_key(|one| (Reverse((one.score, one.end - one.start)), one.start, one.kind));
    let first = kept.len();
    for one in cluster.drain(..) {
        let place = first + kept.get(first..).unwrap_or_default().partition_point(|other| other.start < one.start);
        let previous = place.checked_sub(1).filter(|at| *at >= first).and_then(|at| kept.get(at));
        let clear = previous.is_none_or(|other| other.end <= one.start)
            && kept.get(place).is_none_or(|other| one.end <= other.start);
        if clear {
            kept.insert(place, one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_of_what_overlaps_stays() {
        let mut candidates = vec![
            Candidate::new(Kind::MSISDN, 400, 0, 12),
            Candidate::new(Kind::EMAIL_ADDRESS, 950, 0, 30),
            Candidate::new(Kind::IP_ADDRESS, 700, 40, 50),
            Candidate::new(Kind::IMSI, 700, 45, 60),
            Candidate::new(Kind::IMEI, 700, 60, 61),
        ];
        settle(&mut candidates);
        let left: Vec<_> = candidates.iter().map(|one| one.kind).collect();
        assert_eq!(left, [Kind::EMAIL_ADDRESS, Kind::IMSI, Kind::IMEI]);
    }
}
