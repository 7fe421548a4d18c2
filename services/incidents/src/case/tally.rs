//! What a portion of signals adds to cases, before it is written into them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use store::micros;
use wire::incidents::v1::signal::{Severity, State};
use wire::incidents::v1::{Signal, SignalOrigin};

use super::{class, name_of};
use crate::estate::Known;

/// What is added to one case.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) signals: i64,
    pub(super) raised: i64,
    /// Microseconds since 1970; `i64::MAX` and `i64::MIN` where none came.
    pub(super) first: i64,
    pub(super) last: i64,
    /// When the last of these conditions was gone.
    pub(super) cleared: i64,
    pub(super) severity: Severity,
    pub(super) security: bool,
    /// Assets by name, in the order in which they came.
    pub(super) assets: Vec<String>,
    /// The new root, with what is about it.
    pub(super) root: Option<Root>,
    /// The class that a signal comes to, and how; whether that signal is of security.
    pub(super) class: Option<(String, String, bool)>,
}

/// What a case begins with.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) origin: SignalOrigin,
    /// The device as its source calls it.
    pub(super) device: String,
    pub(super) asset: String,
    pub(super) site: String,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            signals: 0,
            raised: 0,
            first: i64::MAX,
            last: i64::MIN,
            cleared: i64::MIN,
            severity: Severity::Unspecified,
            security: false,
            assets: Vec::new(),
            root: None,
            class: None,
        }
    }
}

/// What is added to the cases of an organization.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    /// By the number of the case.
    pub(super) of: BTreeMap<i64, Tally>,
    /// Cases that were opened.
    pub(super) opened: BTreeSet<i64>,
    /// Cases that turned out to be parts of others, in the order in which they did.
    pub(super) merged: Vec<(i64, i64)>,
    /// Of these, those that somebody has decided on already: the decision stands, and only what comes later belongs to the other.
    pub(super) decided: BTreeSet<i64>,
    /// Assets that signals are about, by name.
    pub(super) known: HashMap<String, Known>,
}

impl Tallies {
    /// Knows an asset.
    pub(crate) fn know(&mut self, name: &str, known: &Known) {
        if !self.known.contains_key(name) {
            self.known.insert(name.to_owned(), known.clone());
        }
    }

    /// A case is opened by a signal.
    pub(crate) fn open(&mut self, case: i64, origin: SignalOrigin, signal: &Signal) {
        self.opened.insert(case);
        self.rooted(case, origin, signal);
    }

    /// A signal turns out to be what a case begins with.
    pub(crate) fn rooted(&mut self, case: i64, origin: SignalOrigin, signal: &Signal) {
        let (device, asset, site) = (signal.device.clone(), signal.asset.clone(), signal.site.clone());
        self.of.entry(case).or_default().root = Some(Root { origin, device, asset, site });
    }

    /// A case turns out to be part of another.
    pub(crate) fn merge(&mut self, from: i64, into: i64) {
        self.merged.push((from, into));
        if let Some(tally) = self.of.remove(&from) {
            let whole = self.of.entry(into).or_default();
            whole.root = whole.root.take().or(tally.root);
        }
    }

    /// The names of cases that turned out to be parts of others and were there before.
    pub(super) fn parts(&self) -> Vec<String> {
        self.merged.iter().filter(|(from, _)| !self.opened.contains(from)).map(|(from, _)| from.to_string()).collect()
    }

    /// The case that one is by now.
    pub(crate) fn is(&self, case: i64) -> i64 {
        // Each was merged at most once, and what came later was merged later.
        self.merged.iter().fold(case, |at, (from, into)| if at == *from { *into } else { at })
    }

    /// The greatest number that was given.
    pub(crate) fn last_case(&self) -> i64 {
        self.opened.last().copied().unwrap_or_default()
    }

    /// What names of cases became, by name.
    pub(crate) fn renamed(&self, organization: &str) -> HashMap<String, String> {
        let name = |number: i64| name_of(organization, number);
        self.merged
            .iter()
            .filter(|(from, _)| !self.decided.contains(from))
            .map(|(from, _)| (name(*from), name(self.is(*from))))
            .collect()
    }

    /// Counts a new signal.
    pub(crate) fn add(&mut self, signal: &Signal) {
        let Ok(case) = crate::id_of(&signal.case).parse::<i64>() else { return };
        let tally = self.of.entry(case).or_default();
        let raised = micros(signal.raise_time.as_ref());
        tally.signals += 1;
        tally.first = tally.first.min(raised);
        tally.seen(signal);
        if !signal.asset.is_empty() && !tally.assets.contains(&signal.asset) {
            tally.assets.push(signal.asset.clone());
        }
        if signal.state() == State::Raised {
            tally.raised += 1;
        }
    }

    /// Counts what became of a signal that was known, in the case it belongs to.
    pub(crate) fn change(&mut self, case: &str, before: &Signal, after: &Signal) {
        let Ok(case) = crate::id_of(case).parse::<i64>() else { return };
        let tally = self.of.entry(case).or_default();
        tally.seen(after);
        tally.raised += i64::from(after.state() == State::Raised) - i64::from(before.state() == State::Raised);
    }
}

impl Tally {
    fn seen(&mut self, signal: &Signal) {
        self.last = self.last.max(micros(signal.raise_time.as_ref()));
        self.cleared = self.cleared.max(micros(signal.clear_time.as_ref()));
        self.severity = self.severity.max(signal.severity());
        let security = class::security(signal);
        self.security |= security;
        let better = self.class.as_ref().is_none_or(|(_, _, known)| security && !known);
        if better && let Some((class, reason)) = class::of(signal) {
            self.class = Some((class, reason, security));
        }
    }
}
