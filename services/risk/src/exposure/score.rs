//! How exposed something is (ITU-T X.1059; domain.md §10.4). Pure.

use wire::risk::v1::exposure_policy::ValueWeight;

/// An open finding, as far as the score goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Weakness {
    /// The severity, 0 to 10.
    pub(crate) cvss: f64,
    /// The probability that it is exploited within 30 days, 0 to 1.
    pub(crate) epss: f64,
    /// Whether it is known to be exploited.
    pub(crate) known_exploited: bool,
}

/// How exposed one exposure is, 0 to 10: 10 × (1 − Π(1 − sᵢ)), sᵢ = CVSS/10 × likelihood × weight of the asset. Findings in any order give
/// the same.
pub(crate) fn score(weaknesses: &[Weakness], weight: f64) -> f64 {
    let unit = |value: f64| if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
    let safe: f64 = weaknesses
        .iter()
        .map(|one| {
            let likelihood = if one.known_exploited { 1.0 } else { unit(one.epss) };
            1.0 - unit(one.cvss / 10.0) * likelihood * unit(weight)
        })
        .product();
    rounded(10.0 * (1.0 - safe))
}

/// How exposed a whole surface is: the mean of the scores of its exposures, each counting as much as its asset is worth. 0 where nothing is.
pub(crate) fn surface(weighted_scores: f64, weights: f64) -> f64 {
    if weights > 0.0 { rounded(weighted_scores / weights) } else { 0.0 }
}

/// How much an asset of some value counts: the weight of the greatest least value that is not above it; 0 where all are.
pub(crate) fn weight(bands: &[ValueWeight], value: f64) -> f64 {
    let within = bands.iter().filter(|band| band.least_value <= value);
    within.max_by(|a, b| a.least_value.total_cmp(&b.least_value)).map_or(0.0, |band| band.weight)
}

/// To four places, so that what is worked out in another order is the same.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(cvss: f64, epss: f64, known_exploited: bool) -> Weakness {
        Weakness { cvss, epss, known_exploited }
    }

    #[test]
    fn the_vector_of_the_domain_page_is_kept() {
        assert_eq!(score(&[finding(9.8, 0.5, false)], 1.0), 4.90);
    }

    #[test]
    fn what_is_known_to_be_exploited_counts_whole_and_weights_count() {
        assert_eq!(score(&[finding(9.8, 0.0, true)], 1.0), 9.8);
        assert_eq!(score(&[finding(9.8, 0.5, true)], 0.5), 4.9);
        assert_eq!(score(&[finding(10.0, 1.0, false)], 0.0), 0.0);
    }

    #[test]
    fn several_findings_add_up_below_ten_in_any_order() {
        let (a, b, c) = (finding(9.8, 0.5, false), finding(7.5, 0.2, false), finding(5.0, 0.01, true));
        let all = score(&[a, b, c], 1.0);
        assert_eq!(all, score(&[c, a, b], 1.0));
        assert!(all > score(&[a], 1.0) && all < 10.0, "{all}");
        // 10 × (1 − 0.51 × 0.85)
        assert_eq!(score(&[a, b], 1.0), 5.665);
        assert_eq!(score(&[], 1.0), 0.0);
    }

    #[test]
    fn numbers_that_are_none_count_as_nothing() {
        assert_eq!(score(&[finding(f64::NAN, 0.5, false), finding(9.0, f64::NAN, false)], 1.0), 0.0);
        assert_eq!(score(&[finding(99.0, 7.0, false)], 3.0), 10.0);
    }

    #[test]
    fn a_surface_is_a_weighted_mean() {
        // One worth 9 at 4.9, one worth 3 at 0: 44.1 / 12.
        assert_eq!(surface(9.0 * 4.9, 12.0), 3.675);
        assert_eq!(surface(0.0, 0.0), 0.0);
    }

    #[test]
    fn an_asset_weighs_by_its_band() {
        let band = |least_value, weight| ValueWeight { least_value, weight };
        let bands = [band(0.0, 0.4), band(8.0, 1.0), band(5.0, 0.7)];
        let of = |value| weight(&bands, value);
        assert_eq!([of(3.0), of(5.0), of(7.9), of(8.0), of(9.0), of(-1.0)], [0.4, 0.7, 0.7, 1.0, 1.0, 0.0]);
        assert_eq!(weight(&[], 9.0), 0.0);
    }
}
