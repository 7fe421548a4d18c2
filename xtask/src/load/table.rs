//! The table that is printed: medians, with the least and the most of the samples beside them.

/// Figures of the same thing, measured one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds one.
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The sample in the middle; not a number where there is none.
    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { at(middle) } else { f64::midpoint(at(middle.saturating_sub(1)), at(middle)) }
    }

    fn text(&self, unit: Unit) -> String {
        let (least, most) =
            self.0.iter().fold((f64::MAX, f64::MIN), |(least, most), &figure| (least.min(figure), most.max(figure)));
        format!("{} ({} to {})", unit.text(self.median()), unit.figure(least), unit.figure(most))
    }
}

/// What figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// How many per second: more is better.
    PerSecond,
    /// Microseconds for one: fewer is better.
    Microseconds,
    /// Seconds.
    Seconds,
    /// Megabytes, of 1,000,000 bytes.
    Megabytes,
    /// How many.
    Count,
}

impl Unit {
    fn figure(self, figure: f64) -> String {
        match self {
            Self::PerSecond | Self::Megabytes | Self::Count => format!("{figure:.0}"),
            Self::Microseconds => format!("{figure:.1}"),
            Self::Seconds => format!("{figure:.2}"),
        }
    }

    fn text(self, figure: f64) -> String {
        let figure = self.figure(figure);
        match self {
            Self::PerSecond => format!("{figure}/s"),
            Self::Microseconds => format!("{figure} us"),
            Self::Seconds => format!("{figure} s"),
            Self::Megabytes => format!("{figure} MB"),
            Self::Count => figure,
        }
    }
}

/// One line of the table.
pub(crate) struct Line {
    cells: [String; COLUMNS],
}

const COLUMNS: usize = 7;

impl Line {
    /// Ours beside the limit, whose samples were taken in turn with ours; `aim` is the share of the limit that we want. The
    /// ratio is the median of the ratios of neighbouring samples, so that what slows the machine for a while slows both.
    pub(crate) fn ratio(work: &str, on: &str, unit: Unit, ours: &Samples, limit: (&str, &Samples), aim: f64) -> Self {
        let (against, limits) = limit;
        let mut shares = Samples::default();
        for (ours, limit) in ours.0.iter().zip(&limits.0) {
            shares.push(if unit == Unit::Microseconds { limit / ours } else { ours / limit });
        }
        let share = shares.median();
        Self::of([
            work.to_owned(),
            on.to_owned(),
            ours.text(unit),
            format!("{against}: {}", limits.text(unit)),
            format!("{:.0} %", share * 100.0),
            format!(">= {:.0} %", aim * 100.0),
            verdict(share >= aim),
        ])
    }

    /// A quantity that must not be above a bound.
    pub(crate) fn bound(work: &str, on: &str, unit: Unit, ours: &Samples, most: f64) -> Self {
        let aim = format!("<= {}", unit.text(most));
        let none = || "-".to_owned();
        Self::of([work.to_owned(), on.to_owned(), ours.text(unit), none(), none(), aim, verdict(ours.median() <= most)])
    }

    /// Something that could not be measured; said loudly too.
    pub(crate) fn skipped(work: &str, on: &str, why: &str) -> Self {
        eprintln!("SKIPPED: {work}, {on}: {why}");
        let none = || "-".to_owned();
        Self::of([work.to_owned(), on.to_owned(), none(), why.to_owned(), none(), none(), "skipped".to_owned()])
    }

    /// Says what was measured at once, for whoever waits for the table.
    fn of(cells: [String; COLUMNS]) -> Self {
        eprintln!("= {}", cells.join(" | "));
        Self { cells }
    }
}

fn verdict(reached: bool) -> String {
    if reached { "reached" } else { "missed" }.to_owned()
}

/// Prints lines as a Markdown table whose columns stand below each other.
pub(crate) fn print(lines: &[Line]) {
    let head = ["work", "on", "ours (least to most)", "measured against", "ratio", "aim", ""].map(str::to_owned);
    let rows = || std::iter::once(&head).chain(lines.iter().map(|line| &line.cells));
    let mut widths = [1_usize; COLUMNS];
    for row in rows() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    println!();
    for (index, row) in rows().enumerate() {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("| {} |", cells.join(" | "));
        if index == 0 {
            println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(figures: &[f64]) -> Samples {
        Samples(figures.to_vec())
    }

    #[test]
    fn neighbours_are_compared_and_the_middle_is_shown() {
        // The machine was ten times slower during the second pair: that changes neither share.
        let (ours, limit) = (samples(&[50.0, 6.0, 70.0]), samples(&[100.0, 10.0, 100.0]));
        let line = Line::ratio("w", "SQLite", Unit::PerSecond, &ours, ("bare", &limit), 0.6);
        assert_eq!(
            line.cells,
            ["w", "SQLite", "50/s (6 to 70)", "bare: 100/s (10 to 100)", "60 %", ">= 60 %", "reached"]
        );
    }

    #[test]
    fn of_a_cost_less_is_better() {
        let line = Line::ratio("w", "-", Unit::Microseconds, &samples(&[50.0]), ("nginx", &samples(&[40.0])), 1.0);
        assert_eq!(line.cells[4..], ["80 %", ">= 100 %", "missed"]);
        assert_eq!(samples(&[1.0, 2.0, 4.0, 3.0]).median(), 2.5);
    }
}
