//! From the form to a book: every rule about what may be written, all violations at once.

use datafile::Violations;
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    book::{Book, Event, Field, Regime, Stage, Start},
    calendar::Calendar,
    expression::Expression,
    fact::{KNOWN, Kind},
    form::{Document, RegimeForm, StageForm, StartForm},
    outage::Threshold,
};

pub(super) fn book(document: &Document) -> Result<Book, Violations> {
    let mut checker = Checker { violations: Violations::default(), document };
    checker.counts();
    checker.declared();
    let mut seen = BTreeSet::new();
    let mut calendars = Vec::new();
    for (at, form) in document.calendars.iter().enumerate().take(Book::MOST_ENTRIES) {
        checker.id(&format!("calendars[{at}].id"), &form.id, &mut seen);
        calendars.extend(Calendar::check(&format!("calendars[{at}]"), form, &mut checker.violations));
    }
    let mut seen = BTreeSet::new();
    let mut thresholds = Vec::new();
    for (at, form) in document.thresholds.iter().enumerate().take(Book::MOST_ENTRIES) {
        checker.id(&format!("thresholds[{at}].id"), &form.id, &mut seen);
        thresholds.extend(Threshold::check(&format!("thresholds[{at}]"), form, &mut checker.violations));
    }
    let mut regimes = Vec::new();
    for (at, form) in document.regimes.iter().enumerate().take(Book::MOST_ENTRIES) {
        regimes.extend(checker.regime(&format!("regimes[{at}]"), form));
    }
    checker.spans();
    if checker.violations.list().is_empty() {
        Ok(Book { edition: document.edition.clone(), facts: document.facts.clone(), calendars, thresholds, regimes })
    } else {
        Err(checker.violations)
    }
}

struct Checker<'a> {
    violations: Violations,
    document: &'a Document,
}

impl Checker<'_> {
    fn counts(&mut self) {
        let document = self.document;
        let counts = [
            ("calendars", document.calendars.len()),
            ("thresholds", document.thresholds.len()),
            ("regimes", document.regimes.len()),
        ];
        for (field, count) in counts {
            if count > Book::MOST_ENTRIES {
                let problem = format!("{count} entries, where at most {} are allowed", Book::MOST_ENTRIES);
                self.violations.refuse(field, problem, "split the book into several");
            }
        }
    }

    fn declared(&mut self) {
        for name in self.document.facts.keys() {
            let word = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let word = word && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 60;
            let field = format!("facts.{}", name.chars().take(60).collect::<String>());
            if !word {
                self.violations.refuse(
                    &field,
                    "is no name for a fact",
                    "use up to 60 small letters, digits and _, a letter first",
                );
            } else if KNOWN.iter().any(|(known, _)| known == name) || name == "services" {
                self.violations.refuse(&field, "is a fact of every book", "leave it out, or give yours another name");
            }
        }
    }

    fn id(&mut self, field: &str, id: &str, seen: &mut BTreeSet<String>) {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if id.is_empty() || id.len() > 80 || !id.chars().all(word) {
            self.violations.refuse(field, "is not an id", "use 1 to 80 small letters, digits, -, _ and .");
        } else if !seen.insert(id.to_owned()) {
            self.violations.refuse(field, format!("{id:?} is there twice"), "give each an id of its own");
        }
    }

    fn expression(&mut self, field: &str, text: &str) -> Option<Expression> {
        let declared: &BTreeMap<String, Kind> = &self.document.facts;
        Expression::compile(text, declared)
            .map_err(|(problem, remedy)| self.violations.refuse(field, problem, remedy))
            .ok()
    }

    fn regime(&mut self, place: &str, form: &RegimeForm) -> Option<Regime> {
        // Twice the same id is a regime that changed; their spans are held apart in `spans`.
        self.id(&format!("{place}.id"), &form.id, &mut BTreeSet::new());
        if form.provenance.trim().is_empty() {
            let remedy = "say which text its facts were read in";
            self.violations.refuse(&format!("{place}.provenance"), "is empty", remedy);
        }
        if let (Some(from), Some(to)) = (form.valid_from, form.valid_to)
            && to < from
        {
            self.violations.refuse(
                &format!("{place}.valid_to"),
                format!("{to} is before {from}"),
                "end it after it begins",
            );
        }
        let calendar = self.document.calendars.iter().position(|calendar| calendar.id == form.calendar);
        if calendar.is_none() {
            let problem = format!("no calendar {:?} is in the book", form.calendar);
            self.violations.refuse(&format!("{place}.calendar"), problem, "name one of its calendars, or add it");
        }
        let count = form.stages.len();
        if !(1..=Book::MOST_PARTS).contains(&count) {
            let problem = format!("{count} stages, where 1 to {} are allowed", Book::MOST_PARTS);
            self.violations.refuse(&format!("{place}.stages"), problem, "say what the regime asks for");
        }
        let applies_if = self.expression(&format!("{place}.applies_if"), &form.applies_if);
        let trigger = self.expression(&format!("{place}.trigger"), &form.trigger);
        let mut seen = BTreeSet::new();
        let mut stages = Vec::with_capacity(count.min(Book::MOST_PARTS));
        for (at, stage) in form.stages.iter().enumerate().take(Book::MOST_PARTS) {
            let place = format!("{place}.stages[{at}]");
            self.id(&format!("{place}.id"), &stage.id, &mut seen);
            stages.extend(self.stage(&place, form, stage));
        }
        Some(Regime {
            id: form.id.clone(),
            title: form.title.clone(),
            jurisdiction: form.jurisdiction.clone(),
            valid_from: form.valid_from,
            valid_to: form.valid_to,
            superseded_by: form.superseded_by.clone(),
            provenance: form.provenance.clone(),
            provisional: form.provisional.clone(),
            calendar: calendar?,
            applies_if: applies_if?,
            trigger: trigger?,
            stages,
        })
    }

    fn stage(&mut self, place: &str, regime: &RegimeForm, form: &StageForm) -> Option<Stage> {
        let when = form.when.as_ref().map(|text| self.expression(&format!("{place}.when"), text));
        let mut starts = Vec::with_capacity(form.starts.len());
        for (at, start) in form.starts.iter().enumerate().take(Book::MOST_PARTS) {
            starts.extend(self.start(&format!("{place}.starts[{at}]"), (regime, &form.id), start));
        }
        if form.starts.is_empty() || form.starts.last().is_some_and(|start| start.after_sent.is_some()) {
            let remedy = "let the last of them have no after_sent";
            self.violations.refuse(&format!("{place}.starts"), "has nothing it starts from in every case", remedy);
        }
        if form.fields.len() > Book::MOST_PARTS {
            let problem = format!("{} fields, where at most {} are allowed", form.fields.len(), Book::MOST_PARTS);
            self.violations.refuse(&format!("{place}.fields"), problem, "ask for less at once");
        }
        let mut seen = BTreeSet::new();
        for (at, field) in form.fields.iter().enumerate().take(Book::MOST_PARTS) {
            self.id(&format!("{place}.fields[{at}].key"), &field.key, &mut seen);
        }
        let fields = form.fields.iter().map(|field| Field {
            key: field.key.clone(),
            title: field.title.clone(),
            path: field.path.clone(),
            required: field.required,
        });
        Some(Stage {
            id: form.id.clone(),
            title: form.title.clone(),
            recipient: form.recipient.clone(),
            when: when.map_or(Some(None), |when| when.map(Some))?,
            starts,
            term: form.term,
            fields: fields.collect(),
        })
    }

    fn start(&mut self, place: &str, of: (&RegimeForm, &str), form: &StartForm) -> Option<Start> {
        let (regime, stage) = of;
        let from = match form.from.as_str() {
            "detected" => Some(Event::Detected),
            "aware" => Some(Event::Aware),
            "handled" => Some(Event::Handled),
            "requested" => Some(Event::Requested),
            other => other.strip_prefix("sent ").map(|sent| Event::Sent(sent.to_owned())),
        };
        if from.is_none() {
            let problem = format!("{:?} is nothing a clock runs from", form.from);
            let remedy = "write detected, aware, handled, requested, or sent with the id of a stage";
            self.violations.refuse(&format!("{place}.from"), problem, remedy);
        }
        let sent = if let Some(Event::Sent(sent)) = &from { Some(sent) } else { None };
        for (key, named) in [("from", sent), ("after_sent", form.after_sent.as_ref())] {
            let Some(named) = named else { continue };
            if named == stage || !regime.stages.iter().any(|other| other.id == *named) {
                let problem = format!("{named:?} is no other stage of {}", regime.id);
                self.violations.refuse(
                    &format!("{place}.{key}"),
                    problem,
                    "name the id of another stage of the regime",
                );
            }
        }
        Some(Start { from: from?, after_sent: form.after_sent.clone() })
    }

    /// Of one id, at most one is in force on a day.
    fn spans(&mut self) {
        let regimes = &self.document.regimes;
        for (at, one) in regimes.iter().enumerate() {
            let overlaps = |other: &&RegimeForm| {
                one.id == other.id
                    && one.valid_from.is_none_or(|from| other.valid_to.is_none_or(|to| from <= to))
                    && other.valid_from.is_none_or(|from| one.valid_to.is_none_or(|to| from <= to))
            };
            if regimes.iter().take(at).find(overlaps).is_some() {
                let problem = format!("{:?} is in force twice on some day", one.id);
                let remedy = "let the earlier one end (valid_to) the day before the later one begins (valid_from)";
                self.violations.refuse(&format!("regimes[{at}].id"), problem, remedy);
            }
        }
    }
}
