//! How suitable methods are, by criteria and how much each counts. Pure.

use std::collections::BTreeMap;

use fault::{Fault, Outcome};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::RiskMethod;
use wire::risk::v1::rank_risk_methods_response::Rank;

/// The most that one criterion can count.
const MOST: f64 = 100.0;

/// Refuses weights that say nothing.
///
/// # Errors
/// `FIELD_INVALID`.
pub(super) fn sound(weights: &BTreeMap<String, f64>) -> Outcome<()> {
    let wrong = |field: String, message: String| Err(Fault::invalid(House::FieldInvalid, message).on(field));
    if let Some((criterion, weight)) = weights.iter().find(|(_, weight)| !(0.0..=MOST).contains(*weight)) {
        return wrong(format!("weights.{criterion}"), format!("a weight is from 0 to {MOST}; this one is {weight}"));
    }
    if weights.values().sum::<f64>() <= 0.0 {
        let message = "nothing counts: give at least one criterion a weight above 0".to_owned();
        return wrong("weights".to_owned(), message);
    }
    Ok(())
}

/// The methods, the most suitable first; among equals in the order of their names.
pub(super) fn ranked(methods: &[RiskMethod], weights: &BTreeMap<String, f64>) -> Vec<Rank> {
    let mut ranks: Vec<Rank> = methods.iter().map(|method| rank(method, weights)).collect();
    ranks.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.risk_method.cmp(&b.risk_method)));
    ranks
}

fn rank(method: &RiskMethod, weights: &BTreeMap<String, f64>) -> Rank {
    let whole: f64 = weights.values().sum();
    let mut rank = Rank { risk_method: method.name.clone(), ..Rank::default() };
    for (criterion, weight) in weights.iter().filter(|(_, weight)| **weight > 0.0) {
        let Some(score) = method.scores.iter().find(|score| score.criterion == *criterion) else {
            rank.missing.push(criterion.clone());
            continue;
        };
        let part = weight * f64::from(score.score) / whole;
        rank.score += part;
        rank.parts.insert(criterion.clone(), part);
    }
    rank
}

#[cfg(test)]
mod tests {
    use wire::risk::v1::risk_method::Score;

    use super::*;

    fn method(name: &str, scores: &[(&str, i32)]) -> RiskMethod {
        let score = |(criterion, score): &(&str, i32)| Score {
            criterion: (*criterion).to_owned(),
            score: *score,
            ..Default::default()
        };
        RiskMethod { name: name.to_owned(), scores: scores.iter().map(score).collect(), ..Default::default() }
    }

    fn weights(of: &[(&str, f64)]) -> BTreeMap<String, f64> {
        of.iter().map(|(criterion, weight)| ((*criterion).to_owned(), *weight)).collect()
    }

    #[test]
    fn the_order_follows_what_counts() {
        let methods =
            [method("quick", &[("cost", 5), ("repeatable", 1)]), method("exact", &[("cost", 1), ("repeatable", 5)])];
        let first = |of: &[(&str, f64)]| {
            let ranks = ranked(&methods, &weights(of));
            let first = ranks.first().cloned().unwrap_or_default();
            (first.risk_method, first.score)
        };
        assert_eq!(first(&[("cost", 3.0), ("repeatable", 1.0)]), ("quick".to_owned(), 4.0));
        assert_eq!(first(&[("cost", 1.0), ("repeatable", 3.0)]), ("exact".to_owned(), 4.0));
        // Equal: by name.
        assert_eq!(first(&[("cost", 1.0), ("repeatable", 1.0)]), ("exact".to_owned(), 3.0));
    }

    #[test]
    fn a_criterion_without_a_score_counts_as_nothing_and_is_named() {
        let ranks = ranked(&[method("m", &[("cost", 4)])], &weights(&[("cost", 1.0), ("own", 1.0), ("none", 0.0)]));
        let rank = ranks.first().cloned().unwrap_or_default();
        assert_eq!((rank.score, rank.missing), (2.0, vec!["own".to_owned()]));
    }

    #[test]
    fn weights_that_say_nothing_are_refused() {
        for of in [&[("cost", 0.0)][..], &[("cost", -1.0)], &[("cost", f64::NAN)], &[("cost", 101.0)]] {
            assert!(sound(&weights(of)).is_err(), "{of:?}");
        }
    }
}
