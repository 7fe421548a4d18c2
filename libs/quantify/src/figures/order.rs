//! Order statistics without sorting everything: one pass classes values by their leading bits, a second gathers those that
//! matter. Those around percentiles are put in order; of the tail only sums are wanted.

use rayon::prelude::*;

use super::{LANES, folded, rows};

/// Classes of values, by the leading bits of those that are not 0.
const CLASSES: usize = 4_096;
/// Years that are worked on at a time: sums are of whole spans, so that threads change no bit of them. At most 2¹⁶.
pub(crate) const SPAN: usize = 1 << 14;
/// The percentiles that are asked for.
const LEVELS: [f64; 5] = [0.05, 0.5, 0.9, 0.95, 0.99];

/// The values around some percentiles in order, and all from the 95 % one on. None is negative.
pub(crate) struct Ordered {
    years: usize,
    /// Those around percentiles, in order.
    gathered: Vec<f64>,
    /// Runs of them: the rank (from 0) of the first, and where it is in `gathered`.
    runs: Vec<(usize, usize)>,
    /// Those from the 95 % percentile on, and a few below it, as the years have them.
    tail: Vec<f64>,
    classes: Classes,
}

/// How values are told apart by their leading bits, and how many each class has. The first class is 0.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    least: u64,
    shift: u32,
    counts: Vec<u32>,
}

impl Classes {
    // With the class of each value, span by span.
    fn of(values: &[f64], least: f64, most: f64) -> (Self, Vec<Vec<u16>>) {
        let (least, most) = (least.min(most).to_bits(), most.to_bits());
        let width = 64 - (most - least).leading_zeros();
        let shift = width.saturating_sub(CLASSES.trailing_zeros());
        let count = |span: &[f64]| {
            let mut classes = vec![0; span.len()];
            pulp::Arch::new().dispatch(ClassesOf { values: span, least, shift, classes: &mut classes });
            let mut counts = vec![0_u32; CLASSES + 1];
            for &class in &classes {
                if let Some(count) = counts.get_mut(usize::from(class)) {
                    *count += 1;
                }
            }
            (counts, classes)
        };
        let spans: Vec<(Vec<u32>, Vec<u16>)> = values.par_chunks(SPAN).map(count).collect();
        let mut counts = vec![0; CLASSES + 1];
        let classes = spans.into_iter().map(|(span, classes)| {
            counts.iter_mut().zip(&span).for_each(|(sum, count)| *sum += count);
            classes
        });
        let classes = classes.collect();
        (Self { least, shift, counts }, classes)
    }

    /// The least value of a class of those that are not 0, and the number of values.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (f64, u32)> {
        let start = |at: u64| f64::from_bits(self.least + (at << self.shift));
        self.counts.iter().skip(1).zip(0..).map(move |(&count, at)| (start(at), count))
    }

    /// How many are 0.
    pub(crate) fn zeros(&self) -> u64 {
        self.counts.first().map_or(0, |&zeros| u64::from(zeros))
    }
}

struct ClassesOf<'a> {
    values: &'a [f64],
    least: u64,
    shift: u32,
    classes: &'a mut [u16],
}

impl pulp::NullaryFnOnce for ClassesOf<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { values, least, shift, classes } = self;
        for (class, value) in classes.iter_mut().zip(values) {
            let bits = value.to_bits();
            *class = if bits == 0 { 0 } else { (bits.wrapping_sub(least) >> (shift & 63)) as u16 + 1 };
        }
    }
}

/// The rank (from 0) of a percentile, and those one standard error below and above.
fn ranks(level: f64, years: usize) -> (usize, usize, usize) {
    let n = years as f64;
    let place = libm::ceil(n * level - 1e-6);
    let off = libm::ceil(libm::sqrt(n * level * (1.0 - level)));
    let last = years.saturating_sub(1);
    let rank = |place: f64| if place < 1.0 { 0 } else { (place as usize - 1).min(last) };
    (rank(place), rank(place - off), rank(place + off))
}

impl Ordered {
    /// Those that [`Ordered::percentile`] of the usual levels and [`Ordered::tail`] need, and the values of some more levels. `least`
    /// is the least value that is not 0.
    pub(crate) fn of(values: &[f64], least: f64, most: f64, more: &[f64]) -> Self {
        let around = LEVELS.iter().map(|&level| ranks(level, values.len())).map(|(_, below, above)| (below, above));
        let more = more.iter().map(|&level| ranks(level, values.len())).map(|(rank, ..)| (rank, rank));
        let spans: Vec<(usize, usize)> = around.chain(more).collect();
        Self::gather(values, least, most, &spans)
    }

    fn gather(values: &[f64], least: f64, most: f64, spans: &[(usize, usize)]) -> Self {
        let (classes, of_spans) = Classes::of(values, least, most);
        let (wanted, runs) = wanted(&classes.counts, spans, ranks(0.95, values.len()).0);
        let pick = |(span, classes): (&[f64], &Vec<u16>)| picked(span, classes, &wanted);
        let picked: Vec<[Vec<f64>; 2]> = values.par_chunks(SPAN).zip(&of_spans).map(pick).collect();
        let (mut gathered, mut tail) = (Vec::new(), Vec::new());
        for [around, above] in &picked {
            gathered.extend_from_slice(around);
            tail.extend_from_slice(above);
        }
        if gathered.len() > 1 << 16 {
            gathered.par_sort_unstable_by(f64::total_cmp);
        } else {
            gathered.sort_unstable_by(f64::total_cmp);
        }
        Self { years: values.len(), gathered, runs, tail, classes }
    }

    pub(crate) fn classes(&self) -> &Classes {
        &self.classes
    }

    /// How many values are above that of a percentile that was asked for.
    pub(crate) fn above_level(&self, level: f64) -> usize {
        let (rank, ..) = ranks(level, self.years);
        let value = self.at(rank);
        let Some((first, from)) = self.run(rank) else { return self.years - self.classes.zeros() as usize };
        // All values equal to it are in its run.
        let run = self.gathered.get(from..).unwrap_or_default();
        self.years - first - run.partition_point(|&other| other <= value)
    }

    fn run(&self, rank: usize) -> Option<(usize, usize)> {
        self.runs.iter().rev().find(|(first, _)| *first <= rank).copied()
    }

    /// The value of a rank (from 0). 0 where none was gathered: there the values are 0.
    pub(crate) fn at(&self, rank: usize) -> f64 {
        self.run(rank).and_then(|(first, from)| self.gathered.get(from + rank - first)).copied().unwrap_or_default()
    }

    /// The value of a percentile that was asked for.
    pub(crate) fn value(&self, level: f64) -> f64 {
        self.at(ranks(level, self.years).0)
    }

    /// A percentile and its standard error: half the distance of the order statistics one standard error of rank away.
    pub(crate) fn percentile(&self, level: f64) -> (f64, f64) {
        let (rank, below, above) = ranks(level, self.years);
        (self.at(rank), (self.at(above) - self.at(below)) / 2.0)
    }

    /// The mean of the worst part of the years above a level of 0.95 or more, and its standard error (Manistre and Hancock,
    /// 2005): √((variance of the tail + level × (TVaR − VaR)²) ÷ (n × (1 − level))).
    pub(crate) fn tail(&self, level: f64) -> (f64, f64) {
        let (rank, ..) = ranks(level, self.years);
        let var = self.at(rank);
        let n = self.years as f64;
        let size = n * (1.0 - level);
        // The percentile's own year belongs to the tail by what is left of its share.
        let (above, excess) = pulp::Arch::new().dispatch(ExcessOf(&self.tail, var));
        let tvar = var + excess / size;
        let square = pulp::Arch::new().dispatch(SquaresOf(&self.tail, var, tvar));
        let own = size - above;
        let variance = (square + if own > 0.0 { own * (tvar - var) * (tvar - var) } else { 0.0 }) / size;
        (tvar, libm::sqrt((variance + level * (tvar - var) * (tvar - var)) / size))
    }
}

/// How many values are above a level, and by how much together.
struct ExcessOf<'a>(&'a [f64], f64);

impl pulp::NullaryFnOnce for ExcessOf<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn call(self) -> (f64, f64) {
        let Self(values, level) = self;
        let (mut count, mut sum) = ([0.0; LANES], [0.0; LANES]);
        rows(
            values,
            level,
            #[inline(always)]
            |row: &[f64; LANES]| {
                count.iter_mut().zip(row).for_each(|(count, value)| *count += if *value > level { 1.0 } else { 0.0 });
                sum.iter_mut()
                    .zip(row)
                    .for_each(|(sum, value)| *sum += if *value > level { value - level } else { 0.0 });
            },
        );
        (folded(count, |x, y| x + y), folded(sum, |x, y| x + y))
    }
}

/// The squares of the distances from a centre, of the values above a level.
struct SquaresOf<'a>(&'a [f64], f64, f64);

impl pulp::NullaryFnOnce for SquaresOf<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Self(values, level, centre) = self;
        let mut sum = [0.0; LANES];
        rows(
            values,
            level,
            #[inline(always)]
            |row: &[f64; LANES]| {
                for (sum, &value) in sum.iter_mut().zip(row) {
                    *sum += if value > level { (value - centre) * (value - centre) } else { 0.0 };
                }
            },
        );
        folded(sum, |x, y| x + y)
    }
}

// The values of a span that are wanted: around percentiles, and of the tail.
fn picked(span: &[f64], classes: &[u16], wanted: &[u8]) -> [Vec<f64>; 2] {
    // Of all of them only places are noted, without a branch: what is not wanted is written over.
    let mut places = vec![0_u16; span.len() + 1];
    let mut found = 0_usize;
    for (&class, at) in classes.iter().zip(0..) {
        if let Some(place) = places.get_mut(found) {
            *place = at;
        }
        found += usize::from(wanted.get(usize::from(class)).copied().unwrap_or_default() > 0);
    }
    let (mut around, mut tail) = (Vec::with_capacity(found), Vec::with_capacity(found));
    for &at in places.iter().take(found) {
        let (Some(&value), Some(&class)) = (span.get(usize::from(at)), classes.get(usize::from(at))) else { continue };
        let wanted = wanted.get(usize::from(class)).copied().unwrap_or_default();
        if wanted & AROUND > 0 {
            around.push(value);
        }
        if wanted & TAIL > 0 {
            tail.push(value);
        }
    }
    [around, tail]
}

/// What a class is wanted for.
const AROUND: u8 = 1;
const TAIL: u8 = 2;

// What each class is wanted for, with `tail` the least rank of the tail; and for each run of neighbouring ones around percentiles the rank
// of its first value and its place among the gathered. Those of 0 need not be.
fn wanted(counts: &[u32], spans: &[(usize, usize)], tail: usize) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut wanted = Vec::with_capacity(counts.len());
    let mut runs = Vec::new();
    let (mut first, mut gathered, mut open) = (0, 0, false);
    for (class, &count) in counts.iter().enumerate() {
        let end = first + count as usize;
        let some = count > 0 && class > 0;
        let around = some && spans.iter().any(|&(below, above)| below < end && first <= above);
        if around && !open {
            runs.push((first, gathered));
        }
        // A class without values ends no run.
        open = around || (open && count == 0);
        gathered += if around { count as usize } else { 0 };
        wanted.push(if around { AROUND } else { 0 } | if some && tail < end { TAIL } else { 0 });
        first = end;
    }
    (wanted, runs)
}

#[cfg(test)]
mod tests;
