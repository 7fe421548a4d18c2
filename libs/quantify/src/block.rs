//! A scenario in a block of years: events are counted, drawn, changed by controls, insured, and added up, a slice at a time.

mod events;
mod payout;

use rayon::prelude::*;

use crate::{
    distribution::Distribution,
    frequency::{Counter, Frequency, fill_rates},
    model::{self, Amount, Scenario, Source},
    slices::{at_least, plus, plus_product, times},
    stream::Key,
    strips::Tables,
    watch::Watch,
};

use events::{Keys, Pieces};

/// Years that are drawn from one stream.
pub(crate) const BLOCK: usize = 2_048;
/// Events that are worked on at a time: what they take stays in the cache.
const PIECE: usize = 4_096;
/// Pairs of draws at least, for a vulnerability.
const PAIRS: usize = 100_000;

/// A scenario made ready for a run.
pub(crate) struct Ready<'a> {
    pub(crate) scenario: &'a Scenario,
    /// Vulnerability and its standard error, of each source that finds it from pairs.
    pub(crate) vulnerability: Vec<Option<(f64, f64)>>,
    /// The scenario's, made ready for this run.
    sources: Vec<Source>,
    frequencies: Vec<Drawn>,
    /// Of each source.
    keys: Vec<Keys>,
    causes: Vec<Cause>,
    /// Some variant keeps only a part of the events.
    thinned: bool,
    /// Some policy looks at coverages by themselves.
    by_coverage: bool,
}

/// A common cause as it hits the scenario.
struct Cause {
    counter: Counter,
    probability: f64,
    hit: Key,
    /// Of each source.
    keys: Vec<Keys>,
}

enum Drawn {
    Counted(Counter),
    /// For the product form: the rate's factors.
    Rates(Vec<(Key, Distribution)>, f64),
}

/// Where a variant's years of a block go: losses, and what a policy pays for their events.
pub(crate) struct Place<'a> {
    pub(crate) gross: &'a mut [f64],
    pub(crate) covered: Option<&'a mut [f64]>,
}

/// Working space of a thread.
#[derive(Default)]
pub(crate) struct Scratch {
    counts: Vec<u32>,
    rates: Vec<f64>,
    parts: Vec<Vec<f64>>,
    chance: Vec<f64>,
    total: Vec<f64>,
    uniform: Vec<f64>,
    loss: Vec<f64>,
    insured: Vec<f64>,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(
        scenario: &'a Scenario,
        causes: &[model::Cause],
        seed: u64,
        years: usize,
        tables: &Tables,
    ) -> Self {
        let key = Key::new(seed, &scenario.id);
        let pairs = years.max(PAIRS);
        let sources = scenario.sources.clone();
        sources.iter().flat_map(Source::distributions).for_each(|drawn| drawn.prepare(tables));
        let vulnerability: Vec<_> = sources
            .iter()
            .map(|source| source.pairing.as_ref().map(|(threat, strength)| paired(&key, threat, strength, pairs)))
            .collect();
        let drawn = |(source, vulnerability): (&Source, &Option<(f64, f64)>)| {
            let frequency = source.frequency.thinned(vulnerability.map_or(1.0, |(share, _)| share));
            match frequency {
                Frequency::Rates { factors, factor } if source.product => {
                    let keyed = factors.into_iter().enumerate();
                    Drawn::Rates(keyed.map(|(at, rate)| (key.purpose(&format!("rate {at}")), rate)).collect(), factor)
                }
                counted => Drawn::Counted(counted.counter(&key)),
            }
        };
        let frequencies = sources.iter().zip(&vulnerability).map(drawn).collect();
        let hits = scenario.hits.iter().filter_map(|&(index, probability)| {
            let cause = causes.get(index)?;
            let shared = Key::new(seed, &format!("cause {}", cause.id));
            let own = key.purpose(&format!("cause {}", cause.id));
            let keys = scenario.sources.iter().map(|source| Keys::new(&own, source)).collect();
            Some(Cause { counter: cause.frequency.counter(&shared), probability, hit: own.purpose("hit"), keys })
        });
        let causes = hits.collect();
        let keys = scenario.sources.iter().map(|source| Keys::new(&key, source)).collect();
        let terms = scenario.variants.iter().filter_map(|variant| variant.terms.as_ref());
        let by_coverage = terms.into_iter().any(|terms| terms.waiting.is_some() || !terms.sublimits.is_empty());
        let thinned = scenario.variants.iter().any(|variant| variant.frequency_factor != 1.0);
        Self { scenario, vulnerability, sources, frequencies, keys, causes, thinned, by_coverage }
    }

    /// Adds the scenario's own events of a block.
    pub(crate) fn own(&self, block: u64, scratch: &mut Scratch, places: &mut [Place<'_>], watch: &Watch) {
        let years = places.first().map_or(0, |place| place.gross.len());
        let sources = self.frequencies.iter().zip(&self.sources).zip(&self.keys);
        for (index, ((drawn, source), keys)) in sources.enumerate() {
            match drawn {
                Drawn::Rates(factors, factor) => {
                    fill_rates(factors, *factor, block, years, &mut scratch.rates);
                    self.product(index, (source, keys), block, scratch, places);
                }
                Drawn::Counted(counter) => {
                    let mut counts = std::mem::take(&mut scratch.counts);
                    counts.clear();
                    counts.resize(years, 0);
                    counter.fill(block, &mut scratch.rates, &mut counts);
                    let mut pieces = Pieces::new(keys, source, block, self.thinned);
                    pieces.add(self, index, &counts, scratch, places, watch);
                    scratch.counts = counts;
                }
            }
        }
    }

    /// Whether common causes hit it.
    pub(crate) fn hit(&self) -> bool {
        !self.causes.is_empty()
    }

    /// Adds the events of common causes of a block.
    pub(crate) fn shared(&self, block: u64, scratch: &mut Scratch, places: &mut [Place<'_>], watch: &Watch) {
        let years = places.first().map_or(0, |place| place.gross.len());
        for Cause { counter, probability, hit, keys } in &self.causes {
            let mut counts = vec![0; years];
            counter.fill(block, &mut scratch.rates, &mut counts);
            if *probability < 1.0 {
                let mut stream = hit.block(block);
                for count in &mut counts {
                    *count = (0..*count).map(|_| u32::from(stream.uniform() < *probability)).sum();
                }
            }
            for (index, (source, keys)) in self.sources.iter().zip(keys).enumerate() {
                let mut pieces = Pieces::new(keys, source, block, self.thinned);
                pieces.add(self, index, &counts, scratch, places, watch);
            }
        }
    }

    /// Open FAIR's product: the year's loss is its frequency times its magnitude.
    fn product(
        &self,
        index: usize,
        (source, keys): (&Source, &Keys),
        block: u64,
        scratch: &mut Scratch,
        places: &mut [Place<'_>],
    ) {
        let years = places.first().map_or(0, |place| place.gross.len());
        let Scratch { rates, total, loss, chance, .. } = scratch;
        let [total, loss, chance] = [total, loss, chance].map(|space| {
            space.resize(years.max(space.len()), 0.0);
            space.get_mut(..years).unwrap_or_default()
        });
        for (at, (component, (amounts, secondary))) in source.components.iter().zip(keys.components()).enumerate() {
            // The first is the total, so far.
            let drawn = if at == 0 { &mut *total } else { &mut *loss };
            let mut stream = amounts.block(block);
            match &component.amount {
                Amount::Drawn(amount) => amount.fill(&mut stream, drawn),
                Amount::Outage(hours, rate) => {
                    hours.fill(&mut stream, drawn);
                    drawn.iter_mut().for_each(|hours| *hours *= rate);
                }
                Amount::Secondary(probability, magnitude) => {
                    magnitude.fill(&mut stream, drawn);
                    if let Some((_, chances)) = secondary {
                        probability.fill(&mut chances.block(block), chance);
                    }
                    times(drawn, chance);
                }
            }
            if at > 0 {
                plus(total, loss);
            }
        }
        for (variant, place) in self.scenario.variants.iter().zip(places).filter(|(v, _)| v.source == index) {
            let factor = variant.frequency_factor * variant.severity_factor;
            plus_product(place.gross, rates, total, factor);
        }
    }
}

/// P(threat capability ≥ resistance strength) over paired draws, and its standard error.
fn paired(key: &Key, threat: &Distribution, strength: &Distribution, pairs: usize) -> (f64, f64) {
    let (threats, strengths) = (key.purpose("threat capability"), key.purpose("resistance strength"));
    let above: u64 = (0..pairs.div_ceil(BLOCK))
        .into_par_iter()
        .with_min_len(4)
        .map_init(
            || (vec![0.0; BLOCK], vec![0.0; BLOCK]),
            |(capability, resistance), block| {
                let now = BLOCK.min(pairs - block * BLOCK);
                threat.fill(&mut threats.block(block as u64), capability);
                strength.fill(&mut strengths.block(block as u64), resistance);
                at_least(capability.get(..now).unwrap_or_default(), resistance)
            },
        )
        .sum();
    let share = above as f64 / pairs as f64;
    (share, libm::sqrt(share * (1.0 - share) / pairs as f64))
}
