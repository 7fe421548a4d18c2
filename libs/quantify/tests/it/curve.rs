//! Exceedance curves, histograms, and how they are drawn.

use quantify::{Curve, Labels, Settings, Watch, plain_curve, run, svg_curve};

use crate::{model, near, settings};

fn curve() -> Curve {
    let yaml =
        crate::scenario("{distribution: bernoulli, probability: 0.4}", "{distribution: exponential, mean: 1000}");
    crate::outcome(&yaml, 200_000).portfolio.curve
}

#[test]
fn exceedance_is_that_of_the_distribution() {
    // P(S > x) = 0.4 e^(−x ÷ 1000), and 0.4 at 0.
    let curve = curve();
    assert_eq!(curve.exceedance[0].loss, 0.0);
    for point in &curve.exceedance {
        let expected = 0.4 * (-point.loss / 1_000.0).exp();
        near(&format!("{}", point.loss), point.probability, point.probability_error, expected);
    }
    assert!(curve.exceedance.len() > 10);
    assert!(curve.exceedance.is_sorted_by(|x, y| x.loss < y.loss && x.probability > y.probability));
    near("between points", curve.probability(1_000.0), 0.003, 0.4 / 1.0_f64.exp());
}

#[test]
fn the_histogram_counts_every_year_once() {
    let curve = curve();
    let in_classes: u64 = curve.histogram.iter().map(|class| class.years).sum();
    assert_eq!(in_classes + curve.years_without_loss, 200_000);
    assert!(curve.histogram.len() <= 40);
    assert!(curve.histogram.windows(2).all(|pair| pair[0].to == pair[1].from));
    near("years without loss", curve.years_without_loss as f64, (200_000.0 * 0.24_f64).sqrt(), 120_000.0);
}

#[test]
fn scenarios_have_curves_if_asked() {
    let yaml = crate::scenario("{distribution: poisson, rate: 1}", "{distribution: exponential, mean: 1000}");
    let model = model(&yaml);
    let with = run(&model, &Settings { curves: true, ..settings(1_000) }, &Watch::new()).unwrap();
    assert_eq!(with.scenarios["x"].curve.as_ref(), Some(&with.portfolio.curve));
    assert!(run(&model, &settings(1_000), &Watch::new()).unwrap().scenarios["x"].curve.is_none());
}

#[test]
fn the_picture_is_accessible_and_escaped() {
    let labels = Labels { title: "Loss <b>&\"'\u{0}", ..Labels::default() };
    let svg = svg_curve(&[("ransom & <script>", &curve())], &[(1_000.0, 0.3), (5_000.0, 0.01)], &labels);
    assert!(svg.contains("role=\"img\"") && svg.contains("aria-labelledby=\"curve-title curve-description\""));
    assert!(svg.contains("<title id=\"curve-title\">Loss &lt;b&gt;&amp;&quot;&#39;\u{fffd}</title>"));
    assert!(svg.contains("<desc id=\"curve-description\">") && svg.contains("ransom &amp; &lt;script&gt;"));
    assert!(!svg.contains("<script>") && !svg.contains("NaN") && !svg.contains("inf"));
    assert!(svg.contains(">Appetite</text>") && svg.matches("<circle").count() == 2);
    // Opened and closed alike.
    for element in ["svg", "title", "desc", "text"] {
        assert_eq!(svg.matches(&format!("<{element}")).count(), svg.matches(&format!("</{element}>")).count());
    }
}

#[test]
fn nothing_to_draw_is_an_empty_frame() {
    let svg = svg_curve(&[("none", &Curve::default())], &[], &Labels::default());
    assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"));
    assert!(plain_curve(&Curve::default(), &[]).lines().count() == 1);
}

#[test]
fn the_curve_as_text() {
    let text = plain_curve(&curve(), &[(1_000.0, 0.3), (5_000.0, 0.01)]);
    assert!(text.lines().count() > 5 && text.contains(" 1 %"));
    assert!(text.lines().all(|line| line.chars().count() < 80), "{text}");
}
