//! Events, in pieces that fit the cache.

use super::{PIECE, Place, Ready, Scratch, payout};
use crate::{
    model::{Amount, Source},
    stream::{Key, Stream},
    watch::Watch,
};

/// The first events of a year are added without a branch for each; there are zeros behind the last.
const WINDOW: usize = 4;

/// The streams of a source's events, in any block.
pub(super) struct Keys {
    /// Of each component: its amounts; and of a secondary loss whether it happens, and how likely that is.
    components: Vec<(Key, Option<(Key, Key)>)>,
    control: Key,
}

impl Keys {
    pub(super) fn new(key: &Key, source: &Source) -> Self {
        let components = source.components.iter().enumerate().map(|(at, component)| {
            let named = |purpose: &str| key.purpose(&format!("{purpose} {at}"));
            let secondary = matches!(component.amount, Amount::Secondary(..));
            (named("component"), secondary.then(|| (named("happens"), named("secondary"))))
        });
        Self { components: components.collect(), control: key.purpose("control") }
    }

    /// Of each component: its amounts; and of a secondary loss whether it happens, and how likely that is.
    pub(super) fn components(&self) -> &[(Key, Option<(Key, Key)>)] {
        &self.components
    }
}

/// One source's events of a block, drawn one piece after the other.
pub(super) struct Pieces<'a> {
    source: &'a Source,
    streams: Vec<(Stream, Option<(Stream, Stream)>)>,
    /// Which events controls prevent, if any do.
    control: Option<Stream>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(keys: &Keys, source: &'a Source, block: u64, thinned: bool) -> Self {
        let streams = keys.components.iter().map(|(amount, secondary)| {
            let secondary = secondary.as_ref().map(|(happens, chance)| (happens.block(block), chance.block(block)));
            (amount.block(block), secondary)
        });
        Self { source, streams: streams.collect(), control: thinned.then(|| keys.control.block(block)) }
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
        let events: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if events <= PIECE as u64 {
            self.piece(ready, index, 0, counts, scratch, places);
            return;
        }
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
        self.draw(events, ready.by_coverage, scratch);
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
    fn draw(&mut self, events: usize, by_coverage: bool, scratch: &mut Scratch) {
        let Scratch { parts, chance, total, uniform, .. } = scratch;
        total.resize(events + WINDOW, 0.0);
        uniform.resize(events + WINDOW, 0.0);
        if let Some(control) = &mut self.control {
            uniform.iter_mut().take(events).for_each(|place| *place = control.uniform());
        }
        // A single component is the total.
        let single = self.streams.len() == 1 && !by_coverage;
        parts.resize_with(self.streams.len().max(parts.len()), Vec::new);
        let parts = if single { std::slice::from_mut(total) } else { parts.as_mut_slice() };
        for ((component, (amounts, secondary)), part) in
            self.source.components.iter().zip(&mut self.streams).zip(parts.iter_mut())
        {
            part.resize(events + WINDOW, 0.0);
            let part = part.get_mut(..events).unwrap_or_default();
            match &component.amount {
                Amount::Drawn(amount) => amount.fill(amounts, part),
                Amount::Outage(hours, rate) => {
                    hours.fill(amounts, part);
                    part.iter_mut().for_each(|hours| *hours *= rate);
                }
                Amount::Secondary(probability, magnitude) => {
                    magnitude.fill(amounts, part);
                    chance.resize(events + WINDOW, 0.0);
                    let Some((happens, chances)) = secondary else { continue };
                    let chance = chance.get_mut(..events).unwrap_or_default();
                    probability.fill(chances, chance);
                    for (amount, chance) in part.iter_mut().zip(&*chance) {
                        *amount = if happens.uniform() < *chance { *amount } else { 0.0 };
                    }
                }
            }
        }
        if !single {
            total.fill(0.0);
            for part in scratch.parts.iter().take(self.streams.len()) {
                scratch.total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
            }
        }
        scratch.total.iter_mut().skip(events).for_each(|beyond| *beyond = 0.0);
    }
}

/// Which of the last few events are a year's.
const FEW: [[f64; WINDOW]; WINDOW + 1] =
    [[0.0; 4], [1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [1.0; 4]];

/// Adds to each year its events' values: `values` has the years' events one after the other, and a few zeros. A year of few events
/// takes no branch that depends on how many.
fn add_years(counts: &[u32], values: &[f64], years: &mut [f64]) {
    let mut rest = values;
    for (&count, year) in counts.iter().zip(years) {
        let mut left = count as usize;
        let mut sum = 0.0;
        while left > WINDOW {
            let Some((whole, after)) = rest.split_first_chunk::<WINDOW>() else { break };
            sum += four(whole, &[1.0; WINDOW]);
            rest = after;
            left -= WINDOW;
        }
        if let (Some(few), Some(last)) = (FEW.get(left), rest.first_chunk::<WINDOW>()) {
            sum += four(last, few);
        }
        *year += sum;
        rest = rest.get(left..).unwrap_or_default();
    }
}

#[inline]
fn four(values: &[f64; WINDOW], times: &[f64; WINDOW]) -> f64 {
    let ([a, b, c, d], [e, f, g, h]) = (values, times);
    (a * e + c * g) + (b * f + d * h)
}
