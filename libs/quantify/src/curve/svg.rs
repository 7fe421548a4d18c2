//! The curve as a picture: an SVG that stands by itself, with a title and a description for readers who do not see it.

use std::fmt::Write as _;

use super::{Curve, Point};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 360.0;
const STROKES: [&str; 4] = ["#1f6feb", "#bf8700", "#8250df", "#1a7f37"];
const DASHES: [&str; 4] = ["none", "8 3", "2 3", "8 3 2 3"];

/// What a picture says about itself, in the reader's language.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Its title.
    pub title: &'a str,
    /// What it shows, in a sentence or two.
    pub description: &'a str,
    /// The axis of losses, with the currency.
    pub loss: &'a str,
    /// The axis of probabilities.
    pub probability: &'a str,
    /// The name of the appetite line.
    pub appetite: &'a str,
}

impl Default for Labels<'_> {
    fn default() -> Self {
        Self {
            title: "Loss exceedance",
            description: "How likely a year's loss is above an amount.",
            loss: "Loss in a year",
            probability: "Probability of more",
            appetite: "Appetite",
        }
    }
}

/// Draws named curves over a logarithmic axis of losses, with the appetite line (loss, probability of more) if it has points.
/// Labels and names are escaped. Curves without a loss above 0 give an empty frame.
#[must_use]
pub fn svg_curve(curves: &[(&str, &Curve)], appetite: &[(f64, f64)], labels: &Labels<'_>) -> String {
    let points = curves.iter().flat_map(|(_, curve)| &curve.exceedance).map(|point| point.loss);
    let losses = points.chain(appetite.iter().map(|(loss, _)| *loss)).filter(|loss| *loss > 0.0 && loss.is_finite());
    let (low, high) = losses.fold((f64::INFINITY, 0.0_f64), |(low, high), loss| (low.min(loss), high.max(loss)));
    let (low, high) = if low <= high { decades(low, high) } else { (0, 1) };
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-labelledby=\"curve-title curve-description\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title id=\"curve-title\">{}</title>\n<desc id=\"curve-description\">{}</desc>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n",
        escaped(labels.title),
        escaped(labels.description)
    );
    axes(&mut svg, low, high, labels);
    for ((at, (name, curve)), (stroke, dash)) in curves.iter().enumerate().zip(STROKES.iter().zip(DASHES).cycle()) {
        let path =
            line(curve.exceedance.iter().map(|Point { loss, probability, .. }| (*loss, *probability)), low, high);
        trace(&mut svg, at, name, stroke, dash, &path);
    }
    if !appetite.is_empty() {
        let path = line(appetite.iter().copied(), low, high);
        trace(&mut svg, curves.len(), labels.appetite, "#cf222e", "6 4", &path);
        for &(loss, probability) in appetite {
            let (x, y) = place(loss, probability, low, high);
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#cf222e\"/>");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

// The powers of ten around two losses.
fn decades(low: f64, high: f64) -> (i32, i32) {
    let (from, to) = (libm::floor(libm::log10(low)) as i32, libm::ceil(libm::log10(high)) as i32);
    // Twelve decades at most: what lies lower is drawn at the edge.
    (from.max(to - 12), to.max(from + 1))
}

fn place(loss: f64, probability: f64, low: i32, high: i32) -> (f64, f64) {
    let way = if loss > 0.0 { (libm::log10(loss) - f64::from(low)) / f64::from(high - low) } else { 0.0 };
    (LEFT + (RIGHT - LEFT) * way.clamp(0.0, 1.0), BOTTOM - (BOTTOM - TOP) * probability.clamp(0.0, 1.0))
}

fn line(points: impl Iterator<Item = (f64, f64)>, low: i32, high: i32) -> String {
    let placed = points.map(|(loss, probability)| place(loss, probability, low, high));
    placed.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

fn trace(svg: &mut String, at: usize, name: &str, stroke: &str, dash: &str, path: &str) {
    let y = TOP + 16.0 * at as f64;
    let _ = write!(
        svg,
        "<polyline fill=\"none\" stroke=\"{stroke}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\" points=\"{path}\"/>\n\
         <line x1=\"520\" y1=\"{y}\" x2=\"550\" y2=\"{y}\" stroke=\"{stroke}\" stroke-width=\"2\" \
         stroke-dasharray=\"{dash}\"/>\n<text x=\"556\" y=\"{}\">{}</text>\n",
        y + 4.0,
        escaped(name)
    );
}

fn axes(svg: &mut String, low: i32, high: i32, labels: &Labels<'_>) {
    for tenth in 0..=5 {
        let probability = f64::from(tenth) / 5.0;
        let (_, y) = place(1.0, probability, low, high);
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\" stroke=\"#d0d7de\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{} %</text>\n",
            LEFT - 8.0,
            y + 4.0,
            tenth * 20
        );
    }
    for decade in low..=high {
        let x = LEFT + (RIGHT - LEFT) * f64::from(decade - low) / f64::from(high - low);
        let _ = write!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\" stroke=\"#d0d7de\"/>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
            BOTTOM + 18.0,
            amount(decade)
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
         <text x=\"{LEFT}\" y=\"{}\">{}</text>\n",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 42.0,
        escaped(labels.loss),
        TOP - 16.0,
        escaped(labels.probability)
    );
}

/// A power of ten, short: 1, 10 k, 100 M.
pub(super) fn amount(decade: i32) -> String {
    let (unit, over) = match decade {
        0..=2 => ("", 0),
        3..=5 => (" k", 3),
        6..=8 => (" M", 6),
        9..=11 => (" G", 9),
        _ => return format!("1e{decade}"),
    };
    format!("1{}{unit}", "0".repeat((decade - over).unsigned_abs() as usize))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in XML 1.0, not even escaped.
            control
                if (control.is_control() && !matches!(control, '\t' | '\n' | '\r'))
                    || matches!(control, '\u{fffe}' | '\u{ffff}') =>
            {
                safe.push('\u{fffd}');
            }
            other => safe.push(other),
        }
    }
    safe
}
