//! Order statistics without sorting everything: one pass counts values by their leading bits, a second gathers those that
//! matter.

/// Classes of values, by the leading bits of those that are not 0.
const CLASSES: usize = 4_096;
/// The percentiles that are asked for.
const LEVELS: [f64; 5] = [0.05, 0.5, 0.9, 0.95, 0.99];

/// The values around the percentiles in order, and all above the 95 % one. None is negative.
pub(crate) struct Ordered {
    years: usize,
    /// Runs of sorted values, each with the rank (from 0) of its first.
    runs: Vec<(usize, Vec<f64>)>,
}

/// The rank (from 0) of a percentile, and those one standard error below and above.
fn ranks(level: f64, years: usize) -> (usize, usize, usize) {
    let n = years as f64;
    let place = libm::ceil(n * level - 1e-9);
    let off = libm::ceil(libm::sqrt(n * level * (1.0 - level)));
    let last = years.saturating_sub(1);
    let rank = |place: f64| if place < 1.0 { 0 } else { (place as usize - 1).min(last) };
    (rank(place), rank(place - off), rank(place + off))
}

impl Ordered {
    pub(crate) fn of(values: &[f64]) -> Self {
        let (mut least, mut most) = (u64::MAX, 0);
        for value in values {
            let bits = value.to_bits();
            least = least.min(if bits == 0 { u64::MAX } else { bits });
            most = most.max(bits);
        }
        let least = least.min(most);
        let width = 64 - (most - least).leading_zeros();
        let shift = width.saturating_sub(CLASSES.trailing_zeros());
        // 0 is a class of its own, before the others.
        let class = |value: &f64| {
            let bits = value.to_bits();
            if bits == 0 { 0 } else { (((bits - least) >> shift) as usize).min(CLASSES - 1) + 1 }
        };
        let mut counts = vec![0_usize; CLASSES + 1];
        for value in values {
            if let Some(count) = counts.get_mut(class(value)) {
                *count += 1;
            }
        }
        let (wanted, firsts) = wanted(&counts, values.len());
        let mut runs: Vec<(usize, Vec<f64>)> = firsts.iter().map(|&first| (first, Vec::new())).collect();
        for value in values {
            let run = wanted.get(class(value)).copied().unwrap_or_default() as usize;
            if run > 0
                && let Some((_, run)) = runs.get_mut(run - 1)
            {
                run.push(*value);
            }
        }
        for (_, run) in &mut runs {
            run.sort_unstable_by(f64::total_cmp);
        }
        Self { years: values.len(), runs }
    }

    /// Everything in order.
    pub(crate) fn all(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { years: values.len(), runs: vec![(0, sorted)] }
    }

    /// What [`Ordered::all`] has in order.
    pub(crate) fn sorted(&self) -> &[f64] {
        self.runs.last().map_or(&[], |(_, run)| run)
    }

    /// The value of a rank (from 0). 0 where none was gathered: there the values are 0.
    pub(crate) fn at(&self, rank: usize) -> f64 {
        let run = self.runs.iter().rev().find(|(first, _)| *first <= rank);
        run.and_then(|(first, run)| run.get(rank - first)).copied().unwrap_or_default()
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
        let last = self.runs.last();
        last.into_iter().flat_map(move |(first, run)| {
            run.iter().skip((rank + 1).saturating_sub(*first)).copied()
        })
    }
}

// Which run (from 1) each class belongs to, 0 for none; and the rank of the first value of each run. Neighbouring classes make one
// run; the last run has all values from just below the 95 % percentile on.
fn wanted(counts: &[usize], years: usize) -> (Vec<u32>, Vec<usize>)
{
    let mut spans: Vec<(usize, usize)> = LEVELS.iter().map(|&level| ranks(level, years)).map(|(_, b, a)| (b, a)).collect();
    let (tail, ..) = ranks(0.95, years);
    let tail = spans.get(3).map_or(tail, |(below, _)| *below);
    spans.push((tail, years));
    let mut runs = Vec::with_capacity(counts.len());
    let mut firsts = Vec::new();
    let (mut first, mut open) = (0, false);
    for (class, &count) in counts.iter().enumerate() {
        let end = first + count;
        let needed = count > 0 && class > 0 && spans.iter().any(|&(below, above)| below < end && first <= above);
        if needed && !open {
            firsts.push(first);
        }
        // A class without values ends no run.
        open = needed || (open && count == 0);
        runs.push(if needed { firsts.len() as u32 } else { 0 });
        first = end;
    }
    (runs, firsts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64]) {
        let (fast, full) = (Ordered::of(values), Ordered::all(values));
        for level in LEVELS {
            assert_eq!(fast.percentile(level), full.percentile(level), "{level} of {} values", values.len());
        }
        assert_eq!(fast.tail(0.95), full.tail(0.95));
        assert_eq!(fast.tail(0.99), full.tail(0.99));
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
