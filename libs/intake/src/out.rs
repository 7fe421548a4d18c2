//! The way out of every reader: hands items over, holds dependencies back, keeps the books.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

use wire::Validate;
use wire::assets::v1::import_item::Record;
use wire::assets::v1::{AssetRecord, DependencyRecord, SiteRecord};

use crate::report::{MOST_REJECTED, MOST_WARNINGS};
use crate::{IntakeError, Item, Rejected, Report};

/// Why a reader ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The sink wants no more.
    Asked,
    /// The file cannot be read.
    Failed(IntakeError),
}

impl From<IntakeError> for Stop {
    fn from(error: IntakeError) -> Self {
        Self::Failed(error)
    }
}

/// What readers return.
pub(crate) type Go<T = ()> = Result<T, Stop>;

/// The object an item comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where the file has it.
    pub(crate) origin: String,
    /// What the file calls it.
    pub(crate) kind: String,
}

impl Source {
    pub(crate) fn new(origin: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { origin: origin.into(), kind: kind.into() }
    }
}

/// Hands items over, holds dependencies back until the end, keeps the books.
pub(crate) struct Out<'a> {
    sink: &'a mut dyn FnMut(Item) -> ControlFlow<()>,
    report: Report,
    more_warnings: u64,
    warned: HashSet<String>,
    sites: HashMap<String, bool>,
    /// Hashes of the ids of assets: ids themselves would be too much to keep of a file of millions.
    assets: HashSet<u64>,
    hasher: RandomState,
    edges: HashSet<(String, String, String)>,
    held: Vec<Item>,
}

/// Kinds of dependency that have no direction.
pub(crate) const ADJACENT: &str = "adjacent";

impl<'a> Out<'a> {
    pub(crate) fn new(sink: &'a mut dyn FnMut(Item) -> ControlFlow<()>) -> Self {
        Self {
            sink,
            report: Report::default(),
            more_warnings: 0,
            warned: HashSet::new(),
            sites: HashMap::new(),
            assets: HashSet::new(),
            hasher: RandomState::new(),
            edges: HashSet::new(),
            held: Vec::new(),
        }
    }

    /// Counts an object of the file.
    pub(crate) fn count(&mut self, kind: &str) {
        if let Some(count) = self.report.objects.get_mut(kind) {
            *count += 1;
        } else {
            self.report.objects.insert(kind.to_owned(), 1);
        }
    }

    /// Whether a site of this id came before: true where it was handed over, false where it was rejected.
    pub(crate) fn knows_site(&self, external_id: &str) -> Option<bool> {
        self.sites.get(external_id).copied()
    }

    /// Whether an asset of this id was handed over.
    pub(crate) fn knows_asset(&self, external_id: &str) -> bool {
        self.assets.contains(&self.hasher.hash_one(external_id))
    }

    /// Hands a site over; false where it breaks a rule and was rejected instead.
    pub(crate) fn site(&mut self, record: SiteRecord, from: &Source) -> Go<bool> {
        let fits = self.fits(&record, from);
        self.sites.insert(record.external_id.clone(), fits);
        if !fits {
            return Ok(false);
        }
        self.hand(Record::Site(record), from)?;
        Ok(true)
    }

    /// Hands an asset over; false where it breaks a rule and was rejected instead.
    pub(crate) fn asset(&mut self, record: AssetRecord, from: &Source) -> Go<bool> {
        if !self.fits(&record, from) {
            return Ok(false);
        }
        if !self.assets.insert(self.hasher.hash_one(&record.external_id)) {
            let id = crate::text::line(&record.external_id, 100);
            self.warn(format!(
                "{}: the id `{id}` came before; the first object counts, give each object an id of its own",
                from.origin
            ));
        }
        self.hand(Record::Asset(record), from)?;
        Ok(true)
    }

    /// Holds a dependency back until all assets are out. False where it is one that was known before or was rejected.
    pub(crate) fn dependency(
        &mut self,
        dependent: &str,
        supporting: &str,
        kind: &str,
        about: &str,
        from: &Source,
    ) -> bool {
        let record = DependencyRecord {
            dependent_external_id: dependent.to_owned(),
            supporting_external_id: supporting.to_owned(),
            kind: kind.to_owned(),
            description: crate::text::clip(about, 2000),
        };
        if dependent == supporting {
            let message = format!("`{dependent}` depends on itself; remove the relation from the source");
            self.reject(from, "DEPENDENCY_ON_SELF", message, "supporting_external_id");
            return false;
        }
        if !self.fits(&record, from) {
            return false;
        }
        if self.knows_dependency(dependent, supporting, kind) {
            self.not_imported(
                "dependency, repeated",
                "the same two assets and kind came before; folded into the first one",
            );
            return false;
        }
        self.edges.insert((dependent.to_owned(), supporting.to_owned(), kind.to_owned()));
        self.held.push(Item {
            record: Record::Dependency(record),
            origin: from.origin.clone(),
            source_kind: from.kind.clone(),
        });
        true
    }

    /// Whether the same two assets and kind came before; the order does not matter where the kind has no direction.
    pub(crate) fn knows_dependency(&self, dependent: &str, supporting: &str, kind: &str) -> bool {
        let key = |one: &str, two: &str| (one.to_owned(), two.to_owned(), kind.to_owned());
        self.edges.contains(&key(dependent, supporting))
            || (kind == ADJACENT && self.edges.contains(&key(supporting, dependent)))
    }

    /// Notes that something did not become an item.
    pub(crate) fn not_imported(&mut self, kind: &str, why: &str) {
        if let Some(entry) = self.report.not_imported.get_mut(kind) {
            entry.count += 1;
            if !entry.why.contains(why) && entry.why.len() < 1000 {
                entry.why.push_str("; ");
                entry.why.push_str(why);
            }
        } else {
            self.report.not_imported.insert(kind.to_owned(), crate::NotImported { count: 1, why: why.to_owned() });
        }
    }

    /// Notes an object that could not be taken.
    pub(crate) fn reject(&mut self, from: &Source, reason: &str, message: impl Into<String>, field: &str) {
        if self.report.rejected.len() >= MOST_REJECTED {
            self.not_imported(
                "rejected, not listed",
                "more objects were rejected than are listed; mend the listed ones first",
            );
            return;
        }
        self.report.rejected.push(Rejected {
            origin: from.origin.clone(),
            reason: reason.to_owned(),
            message: message.into(),
            field: field.to_owned(),
        });
    }

    /// Notes what a person should look at. The same words count once.
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        if self.warned.contains(&warning) {
            return;
        }
        if self.report.warnings.len() >= MOST_WARNINGS {
            self.more_warnings += 1;
            return;
        }
        self.warned.insert(warning.clone());
        self.report.warnings.push(warning);
    }

    /// Hands the dependencies over.
    pub(crate) fn finish(&mut self) -> Go {
        for item in std::mem::take(&mut self.held) {
            if (self.sink)(item).is_break() {
                return Err(Stop::Asked);
            }
        }
        Ok(())
    }

    /// The books.
    pub(crate) fn into_report(self) -> Report {
        let mut report = self.report;
        if self.more_warnings > 0 {
            report
                .warnings
                .push(format!("and {} more warnings; mend what is listed and read again", self.more_warnings));
        }
        report
    }

    fn fits(&mut self, record: &impl Validate, from: &Source) -> bool {
        let violations = record.violations();
        let Some(first) = violations.first() else { return true };
        let more = match violations.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let message = format!("{}: {}{more}; mend it in the source and export again", first.field, first.description);
        let field = first.field.clone();
        self.reject(from, "FIELD_INVALID", message, &field);
        false
    }

    fn hand(&mut self, record: Record, from: &Source) -> Go {
        let item = Item { record, origin: crate::text::clip(&from.origin, 256), source_kind: from.kind.clone() };
        if (self.sink)(item).is_break() { Err(Stop::Asked) } else { Ok(()) }
    }
}
