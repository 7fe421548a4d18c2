//! Events, in pieces that fit the cache.

use super::{PIECE, Place, Ready, Scratch, Streams, payout};
use crate::{
    model::{Amount, Source},
    stream::{Key, Stream},
    watch::Watch,
};

/// The first events of a year are added without a branch for each; there are zeros behind the last.
const WINDOW: usize = 4;

/// The streams that one source's events of a block are drawn from, one piece after the other.
pub(super) struct Pieces<'a> {
    source: &'a Source,
    streams: Vec<Streams>,
    /// Which events controls prevent, if any do.
    control: Option<Stream>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(key: &Key, source: &'a Source, block: u64, thinned: bool) -> Self {
        let streams = (0..source.components.len()).map(|at| Streams::new(key, at, block)).collect();
        let control = thinned.then(|| key.purpose("control").block(block));
        Self { source, streams, control }
    }

    /// Draws as many events as `counts` says, year by year, and adds them to the variants of the source.
    pub(super) fn add(
        &mut self,
        ready: &Ready<'_>,
        index: usize,
        counts: &[u32],
        scratch: &mut Scratch,
        places: &mut [Place<'_>],
        watch: &Watch,
    ) {
        let mut from = 0;
        while from < counts.len() && !watch.cancelled() {
            let rest = counts.get(from..).unwrap_or_default();
            let mut events = 0;
            let fits = |count: &&u32| {
                events += **count as usize;
                events <= PIECE
            };
            let whole = rest.iter().take_while(fits).count();
            if whole > 0 {
                self.piece(ready, index, from, rest.get(..whole).unwrap_or_default(), scratch, places);
                from += whole;
                continue;
            }
            // A year with more events than a piece holds.
            let mut left = rest.first().copied().unwrap_or_default();
            while left > 0 && !watch.cancelled() {
                let now = left.min(PIECE as u32);
                self.piece(ready, index, from, &[now], scratch, places);
                left -= now;
            }
            from += 1;
        }
    }

    fn piece(
        &mut self,
        ready: &Ready<'_>,
        index: usize,
        from: usize,
        counts: &[u32],
        scratch: &mut Scratch,
        places: &mut [Place<'_>],
    ) {
        let events: usize = counts.iter().map(|&count| count as usize).sum();
        if events == 0 {
            return;
        }
        self.draw(events, scratch);
        for (variant, place) in ready.scenario.variants.iter().zip(places).filter(|(v, _)| v.source == index) {
            let gross = place.gross.get_mut(from..).unwrap_or_default();
            payout::losses(variant, events, scratch);
            let plain = variant.frequency_factor == 1.0 && variant.severity_factor == 1.0;
            add_years(counts, if plain { &scratch.total } else { &scratch.loss }, gross);
            if let (Some(terms), Some(covered)) = (&variant.terms, &mut place.covered) {
                payout::insured(terms, variant, &self.source.components, events, scratch);
                add_years(counts, &scratch.insured, covered.get_mut(from..).unwrap_or_default());
            }
        }
    }

    // The amounts of each component, and their total.
    fn draw(&mut self, events: usize, scratch: &mut Scratch) {
        let Scratch { parts, chance, total, uniform, .. } = scratch;
        parts.resize_with(self.streams.len().max(parts.len()), Vec::new);
        for part in parts.iter_mut().chain([&mut *chance, &mut *total, &mut *uniform]) {
            part.resize(events + WINDOW, 0.0);
        }
        for ((component, streams), part) in self.source.components.iter().zip(&mut self.streams).zip(&mut *parts) {
            let part = part.get_mut(..events).unwrap_or_default();
            match &component.amount {
                Amount::Drawn(amount) => amount.fill(&mut streams.amount, part),
                Amount::Outage(hours, rate) => {
                    hours.fill(&mut streams.amount, part);
                    part.iter_mut().for_each(|hours| *hours *= rate);
                }
                Amount::Secondary(probability, magnitude) => {
                    magnitude.fill(&mut streams.amount, part);
                    let chance = chance.get_mut(..events).unwrap_or_default();
                    probability.fill(&mut streams.chance, chance);
                    for (amount, chance) in part.iter_mut().zip(&*chance) {
                        *amount = if streams.happens.uniform() < *chance { *amount } else { 0.0 };
                    }
                }
            }
        }
        if let Some(control) = &mut self.control {
            uniform.iter_mut().take(events).for_each(|place| *place = control.uniform());
        }
        let mut parts = parts.iter().take(self.streams.len());
        match parts.next() {
            Some(first) => total.copy_from_slice(first),
            None => total.fill(0.0),
        }
        for part in parts {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        total.iter_mut().skip(events).for_each(|beyond| *beyond = 0.0);
    }
}

/// Adds to each year its events' values: `values` has the years' events one after the other, and a few zeros.
fn add_years(counts: &[u32], values: &[f64], years: &mut [f64]) {
    let mut at = 0;
    for (&count, year) in counts.iter().zip(years) {
        let count = count as usize;
        let rest = values.get(at..).unwrap_or_default();
        if let (Some([a, b, c, d]), true) = (rest.first_chunk::<WINDOW>(), count <= WINDOW) {
            let a = if count > 0 { *a } else { 0.0 };
            let b = if count > 1 { *b } else { 0.0 };
            let c = if count > 2 { *c } else { 0.0 };
            let d = if count > 3 { *d } else { 0.0 };
            *year += (a + b) + (c + d);
        } else {
            *year += rest.iter().take(count).sum::<f64>();
        }
        at += count;
    }
}
