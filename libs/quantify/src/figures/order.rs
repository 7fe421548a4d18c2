//! Order statistics without sorting everything: one pass counts values by their leading bits, a second gathers those that
//! matter.

use rayon::prelude::*;

/// Classes of values, by the leading bits of those that are not 0.
const CLASSES: usize = 4_096;
/// Years that are worked on at a time: sums are of whole spans, so that threads change no bit of them.
pub(crate) const SPAN: usize = 1 << 16;
/// The percentiles that are asked for.
const LEVELS: [f64; 5] = [0.05, 0.5, 0.9, 0.95, 0.99];

/// The values around some percentiles in order, and all above the 95 % one. None is negative.
pub(crate) struct Ordered {
    years: usize,
    /// Those gathered, in order.
    gathered: Vec<f64>,
    /// Runs of them: the rank (from 0) of the first, and where it is in `gathered`.
    runs: Vec<(usize, usize)>,
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
    #[inline]
    fn class(&self, value: f64) -> usize {
        let bits = value.to_bits();
        ((bits.saturating_sub(self.least)) >> self.shift) as usize + usize::from(bits != 0)
    }

    fn of(values: &[f64], least: f64, most: f64) -> Self {
        let (least, most) = (least.min(most).to_bits(), most.to_bits());
        let width = 64 - (most - least).leading_zeros();
        let shift = width.saturating_sub(CLASSES.trailing_zeros());
        let mut made = Self { least, shift, counts: Vec::new() };
        let count = |span: &[f64]| {
            let mut counts = vec![0_u32; CLASSES + 1];
            for &value in span {
                if let Some(count) = counts.get_mut(made.class(value)) {
                    *count += 1;
                }
            }
            counts
        };
        let add = |mut sum: Vec<u32>, counts: Vec<u32>| {
            sum.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
            sum
        };
        made.counts = values.par_chunks(SPAN).map(count).reduce(|| vec![0; CLASSES + 1], add);
        made
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
        let tail = ranks(0.95, values.len()).1;
        let around = LEVELS.iter().map(|&level| ranks(level, values.len())).map(|(_, below, above)| (below, above));
        let more = more.iter().map(|&level| ranks(level, values.len())).map(|(rank, ..)| (rank, rank));
        let spans: Vec<(usize, usize)> = around.chain([(tail, values.len())]).chain(more).collect();
        Self::gather(values, least, most, &spans)
    }

    fn gather(values: &[f64], least: f64, most: f64, spans: &[(usize, usize)]) -> Self {
        let classes = Classes::of(values, least, most);
        let (wanted, runs) = wanted(&classes.counts, spans);
        let total: usize =
            classes.counts.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(&count, _)| count as usize).sum();
        let pick = |span: &[f64]| {
            // One more place than are picked: what is not is written over.
            let mut picked = vec![0.0; span.len().min(total) + 1];
            let mut at = 0_usize;
            for &value in span {
                if let Some(place) = picked.get_mut(at) {
                    *place = value;
                }
                at += usize::from(wanted.get(classes.class(value)).copied().unwrap_or_default());
            }
            picked.truncate(at);
            picked
        };
        let picked: Vec<Vec<f64>> = values.par_chunks(SPAN).map(pick).collect();
        let mut gathered = Vec::with_capacity(total);
        picked.iter().for_each(|picked| gathered.extend_from_slice(picked));
        if total > SPAN {
            gathered.par_sort_unstable_by(f64::total_cmp);
        } else {
            gathered.sort_unstable_by(f64::total_cmp);
        }
        Self { years: values.len(), gathered, runs, classes }
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
        let above: f64 = self.above(rank).map(|value| value - var).sum();
        let tvar = var + above / size;
        let square: f64 = self.above(rank).map(|value| (value - tvar) * (value - tvar)).sum();
        let own = size - self.above(rank).count() as f64;
        let variance = (square + if own > 0.0 { own * (tvar - var) * (tvar - var) } else { 0.0 }) / size;
        (tvar, libm::sqrt((variance + level * (tvar - var) * (tvar - var)) / size))
    }

    fn above(&self, rank: usize) -> impl Iterator<Item = f64> {
        // The last run has all values from below the 95 % percentile on.
        let (first, from) = self.runs.last().copied().unwrap_or((0, self.gathered.len()));
        self.gathered.iter().skip(from + (rank + 1).saturating_sub(first)).copied()
    }
}

// Which classes are gathered, and for each run of neighbouring ones the rank of its first value and its place among the
// gathered. Those of 0 need not be.
fn wanted(counts: &[u32], spans: &[(usize, usize)]) -> (Vec<bool>, Vec<(usize, usize)>) {
    let mut wanted = Vec::with_capacity(counts.len());
    let mut runs = Vec::new();
    let (mut first, mut gathered, mut open) = (0, 0, false);
    for (class, &count) in counts.iter().enumerate() {
        let end = first + count as usize;
        let needed = count > 0 && class > 0 && spans.iter().any(|&(below, above)| below < end && first <= above);
        if needed && !open {
            runs.push((first, gathered));
        }
        // A class without values ends no run.
        open = needed || (open && count == 0);
        gathered += if needed { count as usize } else { 0 };
        wanted.push(needed);
        first = end;
    }
    (wanted, runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64]) {
        let least = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        let levels = [0.0, 0.3, 0.77, 0.999];
        let fast = Ordered::of(values, least, most, &levels);
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        for level in LEVELS {
            let (rank, below, above) = ranks(level, values.len());
            let expected = (sorted[rank], (sorted[above] - sorted[below]) / 2.0);
            assert_eq!(fast.percentile(level), expected, "{level} of {} values", values.len());
        }
        for level in [0.95, 0.99] {
            let (rank, size) = (ranks(level, values.len()).0, values.len() as f64 * (1.0 - level));
            let tail = sorted[rank] + sorted[rank..].iter().map(|value| value - sorted[rank]).sum::<f64>() / size;
            assert!((fast.tail(level).0 - tail).abs() <= 1e-9 * tail, "{level}: {:?} for {tail}", fast.tail(level));
        }
        for level in levels {
            let value = sorted[ranks(level, values.len()).0];
            let above = sorted.iter().filter(|other| **other > value).count();
            assert_eq!((fast.value(level), fast.above_level(level)), (value, above), "{level}");
        }
    }

    #[test]
    fn agrees_with_sorting() {
        let scattered: Vec<f64> = (0..10_000_u64).map(|at| (at * 7_919 % 10_007) as f64).collect();
        check(&scattered);
        check(&scattered.iter().map(|x| if *x < 5_000.0 { 0.0 } else { x * x * x }).collect::<Vec<_>>());
        check(&scattered.iter().map(|x| if *x < 9_990.0 { 0.0 } else { 1.0 }).collect::<Vec<_>>());
        check(&scattered.iter().map(|x| (x / 1_000.0).floor()).collect::<Vec<_>>());
        check(&[0.0; 1_000]);
        check(&[7.0; 1_000]);
        for few in 1..30 {
            check(scattered.get(..few).unwrap());
        }
    }
}
