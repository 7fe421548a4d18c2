//! The conflict policy of a source: what of what it says is laid over what is known, and what is kept.

use std::collections::HashMap;

use fault::Outcome;
use wire::assets::v1::Source;
use wire::assets::v1::field_provenance::Group;
use wire::assets::v1::source::Policy as May;

use crate::Registry;
use crate::provenance::{self, Field, Traced, mark};

/// The policy of one import's source, as it was when the import began.
pub(crate) struct Policy {
    source: String,
    /// What is said of the source; none: it overwrites whatever it says something about.
    own: Option<Source>,
    /// The ranks of all sources.
    ranks: HashMap<String, i32>,
}

impl Policy {
    /// Reads what is said of all sources: there are few, and one import asks once.
    pub(crate) async fn load(registry: &Registry, organization: &str, source: &str) -> Outcome<Self> {
        let all = registry.sources.find(organization, |sql| {
            sql.push("\"rank\" >= ").bind(0_i64);
        });
        Ok(Self::new(source, all.await?))
    }

    fn new(source: &str, all: Vec<Source>) -> Self {
        let ranks = all.iter().map(|known| (known.source.clone(), known.rank)).collect();
        let own = all.into_iter().find(|known| known.source == source);
        Self { source: source.to_owned(), own, ranks }
    }

    /// What the source may do to a group.
    fn may(&self, group: Group) -> May {
        let policies = self.own.as_ref().map(|own| own.group_policies.as_slice()).unwrap_or_default();
        let found = policies.iter().find(|policy| policy.group() == group).map(|policy| policy.policy());
        found.filter(|may| *may != May::Unspecified).unwrap_or(May::Overwrite)
    }

    /// Whether a field stays as it is, though the source says something else.
    fn keeps<M: Traced>(&self, field: &Field<M>, known: &M) -> bool {
        let Some(own) = &self.own else { return false };
        let closed = match self.may(field.group) {
            May::Ignore => true,
            May::FillEmpty => (field.said)(known),
            May::Overwrite | May::Unspecified => false,
        };
        closed
            || provenance::of(known, field).is_some_and(|holder| match holder.source.as_str() {
                "" => own.people_win,
                source if source == self.source => false,
                source => self.ranks.get(source).is_some_and(|rank| *rank > own.rank),
            })
    }

    /// Lays what the source says over what is known: what it says nothing about stays. Gives the fields that were kept.
    pub(super) fn lay<M: Traced>(&self, known: &mut M, new: &M) -> Vec<String> {
        let (mut kept, mut changed) = (Vec::new(), false);
        for field in M::fields().iter().filter(|field| (field.said)(new)) {
            if !(field.adds)(known, new) {
                continue;
            }
            if self.keeps(field, known) {
                kept.push(field.name.to_owned());
            } else {
                (field.lay)(known, new);
                changed = true;
            }
        }
        if changed {
            known.provenance_mut().push(mark(&self.source));
        }
        kept
    }

    /// Makes ready what is new in the register: what the source may not say is left out, where it can be. Gives the fields
    /// that were left out.
    pub(super) fn admit<M: Traced>(&self, new: &mut M) -> Vec<String> {
        let mut kept = Vec::new();
        for field in M::fields() {
            if let Some(clear) = field.clear.filter(|_| self.may(field.group) == May::Ignore && (field.said)(new)) {
                clear(new);
                kept.push(field.name.to_owned());
            }
        }
        *new.provenance_mut() = vec![mark(&self.source)];
        kept
    }
}
