//! From a model to columns of years: blocks on all threads, scenarios in batches that fit the memory.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::{
    block::{BLOCK, Place, Ready, Scratch},
    model::{Model, Variant},
    rank,
    run::{Settings, Stopped},
    strips::Tables,
    watch::Watch,
};

/// Numbers that a batch of scenarios may hold: 8 MB, which the cache keeps until they are added up.
const CELLS: usize = 1 << 20;

/// The years of a variant.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) gross: Vec<f64>,
    /// What a policy pays for the events, before the terms of the year; empty without a policy.
    pub(crate) covered: Vec<f64>,
}

impl Columns {
    fn new(variant: &Variant, years: usize, spare: &Spare) -> Self {
        let covered = if variant.terms.is_some() { spare.take(years) } else { Vec::new() };
        Self { gross: spare.take(years), covered }
    }

    pub(crate) fn cells(variants: &[Variant]) -> usize {
        variants.iter().map(|variant| 1 + usize::from(variant.terms.is_some())).sum()
    }
}

/// Columns that have served, with what is still in them: memory that the system need not give and clear again.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<f64>>>);

impl Spare {
    fn take(&self, years: usize) -> Vec<f64> {
        let served = self.0.lock().ok().and_then(|mut spare| spare.pop());
        served.filter(|column| column.len() == years).unwrap_or_else(|| vec![0.0; years])
    }

    fn give(&self, simulated: Vec<Simulated<'_>>) {
        let columns = simulated.into_iter().flat_map(|simulated| simulated.columns);
        let columns = columns.flat_map(|columns| [columns.gross, columns.covered]);
        if let Ok(mut spare) = self.0.lock() {
            spare.extend(columns.filter(|column| column.capacity() > 0));
        }
    }
}

/// A scenario with the columns of its variants.
pub(crate) struct Simulated<'a> {
    pub(crate) ready: &'a Ready<'a>,
    pub(crate) columns: Vec<Columns>,
}

/// Simulates all scenarios. `look` sees each as soon as it is there (its number, and its years, which are still in the cache); `take` gets
/// them in the order of the model, some at a time, with what was seen.
pub(crate) fn simulate<S: Send>(
    model: &Model,
    settings: &Settings,
    watch: &Watch,
    look: impl Fn(usize, &Simulated<'_>) -> S + Sync,
    mut take: impl FnMut(&mut [Simulated<'_>], Vec<S>) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    let years = settings.years as usize;
    watch.begin(settings.years * model.scenarios.len() as u64);
    let scores = scores(model, settings);
    let (spare, tables) = (Spare::default(), Tables::default());
    let widest = model.scenarios.iter().map(|scenario| Columns::cells(&scenario.variants)).max().unwrap_or(1);
    let batch = (CELLS / (widest * years).max(1)).max(rayon::current_num_threads().min(8)).max(1);
    let batch = if widest * years > CELLS { 1 } else { batch };
    for (number, scenarios) in model.scenarios.chunks(batch).enumerate() {
        if watch.cancelled() {
            return Err(Stopped::Cancelled);
        }
        let ready: Vec<Ready<'_>> = scenarios
            .par_iter()
            .map(|scenario| Ready::new(scenario, &model.causes, settings.seed, years, &tables))
            .collect();
        let first = number * batch;
        let one = |(at, ready)| {
            let scores = scores.get(&(first + at)).map(Vec::as_slice);
            let simulated = scenario(ready, scores, years, &spare, watch);
            let seen = look(first + at, &simulated);
            (simulated, seen)
        };
        let (mut simulated, seen): (Vec<Simulated<'_>>, Vec<S>) = ready.par_iter().enumerate().map(one).unzip();
        if watch.cancelled() {
            return Err(Stopped::Cancelled);
        }
        take(&mut simulated, seen)?;
        spare.give(simulated);
    }
    Ok(())
}

fn scores(model: &Model, settings: &Settings) -> std::collections::HashMap<usize, Vec<f32>> {
    let Some(correlation) = &model.correlation else { return Default::default() };
    let members = correlation.members.iter();
    let ids: Vec<&str> =
        members.filter_map(|&at| model.scenarios.get(at)).map(|scenario| scenario.id.as_str()).collect();
    let columns = rank::scores(correlation, &ids, settings.seed, settings.years as usize);
    correlation.members.iter().copied().zip(columns).collect()
}

fn scenario<'a>(
    ready: &'a Ready<'a>,
    scores: Option<&[f32]>,
    years: usize,
    spare: &Spare,
    watch: &Watch,
) -> Simulated<'a> {
    let variants = &ready.scenario.variants;
    let mut columns: Vec<Columns> = variants.iter().map(|variant| Columns::new(variant, years, spare)).collect();
    blocks(
        &mut columns,
        |block, scratch, places| {
            // Where the block is about to be worked on, and so in the cache.
            for Place { gross, covered } in places.iter_mut() {
                gross.fill(0.0);
                covered.iter_mut().for_each(|covered| covered.fill(0.0));
            }
            ready.own(block, scratch, places, watch);
            watch.advance(places.first().map_or(0, |place| place.gross.len() as u64));
        },
        watch,
    );
    let scores = scores.filter(|_| !watch.cancelled());
    if let (Some(scores), Some(current)) = (scores, columns.first()) {
        let order = rank::order(&current.gross, scores);
        for column in columns.iter_mut().flat_map(|columns| [&mut columns.gross, &mut columns.covered]) {
            if !column.is_empty() {
                rank::reorder(column, &order);
            }
        }
    }
    if ready.hit() {
        blocks(&mut columns, |block, scratch, places| ready.shared(block, scratch, places, watch), watch);
    }
    Simulated { ready, columns }
}

// Does the work for each block, on any thread.
fn blocks(columns: &mut [Columns], work: impl Fn(u64, &mut Scratch, &mut [Place<'_>]) + Sync, watch: &Watch) {
    let years = columns.first().map_or(0, |columns| columns.gross.len());
    let mut parts: Vec<Vec<Place<'_>>> =
        (0..years.div_ceil(BLOCK)).map(|_| Vec::with_capacity(columns.len())).collect();
    for Columns { gross, covered } in columns {
        let mut covered = covered.chunks_mut(BLOCK);
        for (part, gross) in parts.iter_mut().zip(gross.chunks_mut(BLOCK)) {
            part.push(Place { gross, covered: covered.next() });
        }
    }
    let tasks = parts.into_par_iter().enumerate().with_min_len(4);
    tasks.for_each_init(Scratch::default, |scratch, (block, mut places)| {
        if !watch.cancelled() {
            work(block as u64, scratch, &mut places);
        }
    });
}
