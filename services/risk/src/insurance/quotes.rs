//! How quotes rank by the five criteria (ITU-T X.1061, 14.1 to 14.5).
//!
//! Each criterion gives 0 to 1, the higher the better. Amounts are held against the greatest among the quotes, so that a score says how much worse one is
//! than the best and does not make the least difference look like the whole. Nothing is decided here.

use wire::risk::v1::compare_insurance_policies_response::{Rank, Score};
use wire::risk::v1::insurance_policy::{Criterion, Stance};
use wire::risk::v1::{InsurancePolicy, Insurer, Risk};

use super::stance::cell;
use super::terms::begins;
use super::words::words;

/// The criteria, in the order of the clauses.
pub(crate) const CRITERIA: [Criterion; 5] =
    [Criterion::Coverage, Criterion::Exclusions, Criterion::Excess, Criterion::Premium, Criterion::ClaimInformation];

/// A quote and who offers it.
pub(crate) type Quote = (InsurancePolicy, Insurer);

/// The part of each criterion in the whole, in the order of [`CRITERIA`], by the weights that are given. None where they come to nothing.
pub(crate) fn parts(weights: &[(Criterion, f64)]) -> Option<[f64; 5]> {
    let of = |criterion: Criterion| -> f64 {
        if weights.is_empty() {
            return 1.0;
        }
        weights.iter().filter(|(of, _)| *of == criterion).map(|(_, weight)| weight).sum()
    };
    let given = CRITERIA.map(of);
    let total: f64 = given.iter().sum();
    (total > 0.0).then(|| given.map(|weight| weight / total))
}

/// Quotes, the best first. Those that do the same share a place, and stand by name.
pub(crate) fn rank(quotes: &[Quote], risks: &[Risk], parts: &[f64; 5]) -> Vec<Rank> {
    let most = Greatest::of(quotes);
    let mut ranks: Vec<Rank> = quotes.iter().map(|quote| judged(quote, risks, parts, &most)).collect();
    ranks.sort_by(|one, other| other.total.total_cmp(&one.total).then_with(|| name(one).cmp(name(other))));
    let (mut place, mut before) = (0, f64::NAN);
    for (rank, at) in ranks.iter_mut().zip(1..) {
        if rank.total.total_cmp(&before).is_ne() {
            (place, before) = (at, rank.total);
        }
        rank.place = place;
    }
    ranks
}

fn name(rank: &Rank) -> &str {
    rank.policy.as_ref().map_or("", |policy| &policy.name)
}

/// The greatest and the least of what quotes are held against.
struct Greatest {
    limit: f64,
    excess: (f64, f64),
    waiting: (f64, f64),
    premium: (f64, f64),
    days: (f64, f64),
}

impl Greatest {
    fn of(quotes: &[Quote]) -> Self {
        let bounds = |of: fn(&Quote) -> f64| {
            let values = quotes.iter().map(of);
            values.fold((f64::INFINITY, 0.0), |(least, most), value| (value.min(least), value.max(most)))
        };
        Self {
            limit: bounds(|(policy, _)| policy.limit).1,
            excess: bounds(|(policy, _)| begins(policy)),
            waiting: bounds(|(policy, _)| policy.waiting_hours),
            premium: bounds(|(policy, _)| policy.premium),
            days: bounds(|(_, insurer)| days(insurer)),
        }
    }
}

fn days(insurer: &Insurer) -> f64 {
    insurer.claim_record.as_ref().map_or(0.0, |record| f64::from(record.median_days))
}

/// How little of something there is: 1 for the least, less by how much more there is over the greatest.
fn low(value: f64, (least, greatest): (f64, f64)) -> f64 {
    if greatest > 0.0 { 1.0 - (value - least) / greatest } else { 1.0 }
}

fn judged((policy, insurer): &Quote, risks: &[Risk], parts: &[f64; 5], most: &Greatest) -> Rank {
    let judged = [
        coverage(policy, risks, most),
        exclusions(policy, risks),
        excess(policy, most),
        (
            low(policy.premium, most.premium),
            format!("the premium is {:.0}, the lowest {:.0}", policy.premium, most.premium.0),
        ),
        claim_information(insurer, most),
    ];
    let scored = CRITERIA.iter().zip(judged).zip(parts);
    let score = |((criterion, (score, reason)), weight): ((&Criterion, (f64, String)), &f64)| Score {
        criterion: (*criterion).into(),
        score,
        weight: *weight,
        reason,
    };
    let scores: Vec<Score> = scored.map(score).collect();
    Rank {
        place: 0,
        policy: Some(policy.clone()),
        insurer_display_name: insurer.display_name.clone(),
        total: scores.iter().map(|one| one.score * one.weight).sum(),
        scores,
    }
}

/// 14.1: half by the scenarios it covers, half by its limit.
fn coverage(policy: &InsurancePolicy, risks: &[Risk], most: &Greatest) -> (f64, String) {
    let limit = if most.limit > 0.0 { policy.limit / most.limit } else { 0.0 };
    let (share, told) = if risks.is_empty() {
        let (has, of) = (policy.coverages.len(), words().coverage.len());
        (part(has, of), format!("{has} of {of} kinds of coverage"))
    } else {
        let stances: Vec<Stance> = risks.iter().map(|risk| cell(policy, risk).stance()).collect();
        let count = |of: Stance| stances.iter().filter(|stance| **stance == of).count();
        let (whole, partly) = (count(Stance::Covered), count(Stance::Partly));
        let share = part(whole, risks.len()) + part(partly, risks.len()) / 2.0;
        (share, format!("of {} scenarios {whole} covered and {partly} partly", risks.len()))
    };
    (f64::midpoint(share, limit), format!("{told}; a limit of {:.0}, the highest is {:.0}", policy.limit, most.limit))
}

/// 14.2: the less, the fewer scenarios it takes out or leaves unclear; half for those.
fn exclusions(policy: &InsurancePolicy, risks: &[Risk]) -> (f64, String) {
    if risks.is_empty() {
        let (has, of) = (policy.exclusions.len(), words().exclusion.len());
        return (1.0 - part(has, of), format!("{has} of {of} exclusions"));
    }
    // What no peril is known of is as unclear for every quote.
    let stances: Vec<Stance> =
        risks.iter().filter(|risk| !risk.peril.is_empty()).map(|risk| cell(policy, risk).stance()).collect();
    let count = |of: Stance| stances.iter().filter(|stance| **stance == of).count();
    let (excluded, unclear) = (count(Stance::Excluded), count(Stance::Unclear));
    let score = 1.0 - part(excluded, risks.len()) - part(unclear, risks.len()) / 2.0;
    (score, format!("of {} scenarios {excluded} excluded and {unclear} unclear", risks.len()))
}

/// 14.3: by the excess, and by the waiting period where any quote has one.
fn excess(policy: &InsurancePolicy, most: &Greatest) -> (f64, String) {
    let begins = begins(policy);
    let (amount, told) =
        (low(begins, most.excess), format!("it pays from {begins:.0} on, the lowest from {:.0}", most.excess.0));
    if most.waiting.1 <= 0.0 {
        return (amount, told);
    }
    let waiting = low(policy.waiting_hours, most.waiting);
    (
        f64::midpoint(amount, waiting),
        format!("{told}; it waits {} h, the shortest {} h", policy.waiting_hours, most.waiting.0),
    )
}

/// 14.5: by the claims that were paid, and how soon where that is known of all.
fn claim_information(insurer: &Insurer, most: &Greatest) -> (f64, String) {
    let Some(record) = insurer.claim_record.as_ref().filter(|record| record.claims > 0) else {
        return (0.0, "nothing is known of how the insurer deals with claims".to_owned());
    };
    let paid = f64::from(record.paid_claims) / f64::from(record.claims);
    let told = format!("{} of {} claims paid", record.paid_claims, record.claims);
    if most.days.0 <= 0.0 {
        return (paid, told);
    }
    let soon = low(days(insurer), most.days);
    (f64::midpoint(paid, soon), format!("{told}, half of them within {} days", record.median_days))
}

/// A part of a whole of that many.
fn part(of: usize, whole: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    if whole == 0 { 0.0 } else { (number(of) / number(whole)).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::risk::v1::insurer::ClaimRecord;

    fn quote(name: &str, excess: f64, premium: f64, paid_claims: i32) -> Quote {
        let policy =
            InsurancePolicy { name: name.to_owned(), limit: 1e6, excess, premium, ..InsurancePolicy::default() };
        let record = ClaimRecord { claims: 100, paid_claims, ..ClaimRecord::default() };
        (policy, Insurer { claim_record: Some(record), ..Insurer::default() })
    }

    fn order(ranks: &[Rank]) -> Vec<&str> {
        ranks.iter().map(name).collect()
    }

    #[test]
    fn the_weights_decide_the_order() {
        let quotes = [quote("cheap", 100_000.0, 50_000.0, 60), quote("sure", 50_000.0, 100_000.0, 95)];
        let by = |criterion| parts(&[(criterion, 1.0)]).unwrap();
        assert_eq!(order(&rank(&quotes, &[], &by(Criterion::Premium))), ["cheap", "sure"]);
        assert_eq!(order(&rank(&quotes, &[], &by(Criterion::ClaimInformation))), ["sure", "cheap"]);
        assert_eq!(order(&rank(&quotes, &[], &by(Criterion::Excess))), ["sure", "cheap"]);
        let ranks = rank(&quotes, &[], &by(Criterion::Premium));
        assert!((ranks[0].total - 1.0).abs() < 1e-12 && (ranks[1].total - 0.5).abs() < 1e-12);
        // By exclusions alone they do the same and share a place.
        let same = rank(&quotes, &[], &by(Criterion::Exclusions));
        assert_eq!(same.iter().map(|rank| rank.place).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn weights_are_parts_of_a_whole_and_not_nothing() {
        assert_eq!(parts(&[]), Some([0.2; 5]));
        assert_eq!(parts(&[(Criterion::Premium, 3.0), (Criterion::Coverage, 1.0)]), Some([0.25, 0.0, 0.0, 0.75, 0.0]));
        assert_eq!(parts(&[(Criterion::Premium, 0.0)]), None);
    }

    #[test]
    fn a_record_that_nobody_knows_counts_as_none() {
        let mut unknown = quote("unknown", 0.0, 0.0, 0);
        unknown.1.claim_record = None;
        let ranks = rank(&[unknown], &[], &[0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(ranks[0].total, 0.0);
        assert!(ranks[0].scores[4].reason.contains("nothing is known"));
    }
}
