//! What is counted. Sums of whole numbers only, so that they are the same in whatever order they are taken.

use std::collections::HashMap;

use crate::{
    candidate::Candidate,
    columns::{self, Column},
    kind::Kind,
};

/// Findings of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) found: u64,
    /// Sum of scores, in thousandths.
    pub(crate) scores: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.found += other.found;
        self.scores += other.scores;
    }

    /// The mean score, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 thousandths")]
    pub(crate) fn mean(self) -> f64 {
        if self.found == 0 { 0.0 } else { self.scores as f64 / self.found as f64 / 1_000.0 }
    }
}

/// A column's values, and in how many of them a kind was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnTally {
    /// Those that are not empty.
    pub(crate) values: u64,
    /// By kind: values in which it is, with their surest scores.
    pub(crate) kinds: Vec<Count>,
}

impl ColumnTally {
    /// A value and what was found in it.
    pub(crate) fn value(&mut self, found: &[Candidate]) {
        self.values += 1;
        for (at, one) in found.iter().enumerate() {
            let earlier = found.iter().take(at).any(|other| other.kind == one.kind);
            if !earlier {
                let surest = found.iter().filter(|other| other.kind == one.kind).map(|other| other.score).max();
                add(&mut self.kinds, one.kind, Count { found: 1, scores: u64::from(surest.unwrap_or(one.score)) });
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.values += other.values;
        merge(&mut self.kinds, &other.kinds);
    }
}

fn add(counts: &mut Vec<Count>, kind: Kind, count: Count) {
    if counts.len() <= kind.place() {
        counts.resize(kind.place() + 1, Count::default());
    }
    if let Some(place) = counts.get_mut(kind.place()) {
        place.add(count);
    }
}

fn merge(counts: &mut Vec<Count>, others: &[Count]) {
    if counts.len() < others.len() {
        counts.resize(others.len(), Count::default());
    }
    for (count, other) in counts.iter_mut().zip(others) {
        count.add(*other);
    }
}

/// All that is counted, of a block or of a sample.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) records: u64,
    pub(crate) damaged: u64,
    pub(crate) kinds: Vec<Count>,
    /// By place; those the layout knows come first.
    pub(crate) columns: Vec<ColumnTally>,
    /// Columns that the layout does not know, in the order they are met.
    pub(crate) further: Vec<Column>,
}

impl Tally {
    pub(crate) fn found(&mut self, found: &[Candidate]) {
        for one in found {
            add(&mut self.kinds, one.kind, Count { found: 1, scores: u64::from(one.score) });
        }
    }

    pub(crate) fn findings(&self) -> u64 {
        self.kinds.iter().map(|count| count.found).sum()
    }

    /// The tally of a column, which is made if it is not there.
    pub(crate) fn column(&mut self, place: usize) -> Option<&mut ColumnTally> {
        if self.columns.len() <= place {
            self.columns.resize_with(place + 1, ColumnTally::default);
        }
        self.columns.get_mut(place)
    }
}

/// The tally of a sample, to which those of blocks are added in the order of the sample.
#[derive(Debug)]
pub(crate) struct Sum {
    pub(crate) tally: Tally,
    known: usize,
    places: HashMap<String, usize>,
}

impl Sum {
    /// `known`: columns of the layout.
    pub(crate) fn new(known: &[Column]) -> Self {
        let places = known.iter().enumerate().map(|(place, column)| (column.name.clone(), place)).collect();
        Self { tally: Tally::default(), known: known.len(), places }
    }

    pub(crate) fn add(&mut self, block: &Tally) {
        self.tally.records += block.records;
        self.tally.damaged += block.damaged;
        merge(&mut self.tally.kinds, &block.kinds);
        for (place, column) in block.columns.iter().enumerate() {
            let further = place.checked_sub(self.known).and_then(|at| block.further.get(at));
            let place = further.map_or(place, |column| self.place(column));
            if let Some(sum) = self.tally.column(place) {
                sum.merge(column);
            }
        }
    }

    fn place(&mut self, column: &Column) -> usize {
        if let Some(place) = self.places.get(&column.name) {
            return *place;
        }
        let next = self.known + self.tally.further.len();
        if next >= columns::MOST {
            return match self.places.get(columns::FURTHER) {
                Some(place) => *place,
                None => self.put(Column { name: columns::FURTHER.to_owned(), ..Column::unnamed(0) }, next),
            };
        }
        self.put(column.clone(), next)
    }

    fn put(&mut self, column: Column, place: usize) -> usize {
        self.places.insert(column.name.clone(), place);
        self.tally.further.push(column);
        place
    }
}
