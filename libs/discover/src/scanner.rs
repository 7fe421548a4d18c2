//! The door of the crate: settings in, findings and a report out.

use std::{io::Read, ops::ControlFlow};

use serde::Serialize;

use crate::{
    blocks::Blocks,
    candidate::Candidate,
    context::{Hints, Words},
    kind::{About, Kind},
    layout,
    look::Span,
    recognise::{Finder, own, phone},
    report::{self, Report},
    settings::{self, Settings},
    violation::Violations,
    watch::Watch,
    work,
};

/// Something found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Finding<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its first byte in the sample, counted from 0.
    pub start: u64,
    /// The byte behind its last.
    pub end: u64,
    /// How sure, from the threshold to 1.
    pub score: f64,
}

/// Why a scan has no report.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// [`Watch::cancel`] was called, or what takes the findings said to break off.
    #[error("the scan was cancelled")]
    Cancelled,
    /// The sample cannot be read any further.
    #[error("the sample cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Scanned as it is, nothing would be found in it.
    #[error("the sample is UTF-16; convert it to UTF-8 first")]
    Wide,
}

/// Finds personal data as its settings say. Made once, it may be used by many threads and for many samples.
#[derive(Debug)]
pub struct Scanner {
    settings: Settings,
    finder: Finder,
    kinds: Vec<About>,
}

impl Scanner {
    /// A scanner for these settings.
    ///
    /// # Errors
    /// All that is wrong with the settings, with the field and what to do about it.
    pub fn new(settings: Settings) -> Result<Self, Violations> {
        let checked = settings::checked(&settings)?;
        let failed = |field: &str, problem: String| Violations::one(field, problem, "look for less in one scan");
        let phones = phone::Phones::new(&settings.regions).map_err(|region| {
            let problem = format!("no numbering plan is known of {region:?}");
            Violations::one("regions", problem, "give the two capitals of a country, for example DE")
        })?;
        let recognisers: Vec<_> = checked.recognisers.iter().map(|(kind, recogniser)| (*kind, recogniser)).collect();
        let finder = Finder {
            codes: settings.regions.iter().filter_map(|region| phone::calling_code(region)).collect(),
            phones,
            words: Words::new(&checked.words).map_err(|problem| failed("context", problem))?,
            own: own::Own::new(&recognisers).map_err(|problem| failed("recognisers", problem))?,
            plmns: settings.plmns.iter().map(|plmn| plmn.as_bytes().to_vec()).collect(),
            wanted: checked.wanted,
            threshold: own::thousandths(settings.threshold),
        };
        Ok(Self { settings, finder, kinds: checked.kinds })
    }

    /// What is in a text, in its order. For a line of a log or a field that somebody has typed; a newline is a character like any other.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Finding<'_>> {
        let mut found = Vec::new();
        self.finder.find(text.as_bytes(), &Hints::default(), &mut found);
        found.iter().map(|one| self.finding(span(one))).collect()
    }

    /// Scans a sample and only counts.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub fn count(&self, sample: impl Read, watch: &Watch) -> Result<Report, Stopped> {
        self.run(sample, watch, None)
    }

    /// Scans a sample; every finding is given to `take`, in the order of the sample, which may break the scan off.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub fn scan(
        &self,
        sample: impl Read,
        watch: &Watch,
        take: &mut dyn FnMut(&Finding<'_>) -> ControlFlow<()>,
    ) -> Result<Report, Stopped> {
        self.run(sample, watch, Some(&mut |span| take(&self.finding(*span))))
    }

    fn run(&self, sample: impl Read, watch: &Watch, take: Option<work::Take<'_>>) -> Result<Report, Stopped> {
        let mut blocks = Blocks::new(sample, self.settings.block);
        let (head, all) = blocks.head(layout::HEAD)?;
        if layout::wide(head) {
            return Err(Stopped::Wide);
        }
        let layout = layout::find(&self.finder, &self.settings, head, all);
        let skipped = layout.skip.min(head.len());
        blocks.skip(skipped);
        let worked = work::work(&self.finder, &layout, &mut blocks, self.threads(), watch, take)?;
        Ok(report::report(worked.bytes + skipped as u64, &layout, &worked.tally, &self.kinds))
    }

    fn threads(&self) -> usize {
        match self.settings.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads => threads,
        }
    }

    fn finding(&self, span: Span) -> Finding<'_> {
        let kind = self.kinds.get(span.kind.place()).map_or("", |about| about.name.as_str());
        Finding { kind, start: span.start, end: span.end, score: f64::from(span.score) / 1_000.0 }
    }
}

fn span(one: &Candidate) -> Span {
    let Candidate { start, end, kind, score } = *one;
    let kind: Kind = kind;
    Span { start: start as u64, end: end as u64, kind, score }
}
