//! Where values come from: for each group of fields the source, the actor, the method and the time of the last change.
//!
//! The rules of a resource leave it at every write ([`stamp`]), so calls and imports alike do. An import says whose word it
//! lays over the register by adding a [`mark`], an entry without a time, which [`stamp`] takes away again.

mod field;

use access::Context;
use wire::assets::v1::FieldProvenance;

pub(crate) use field::{Field, Traced, known_fields};

/// An entry that only says which source the change comes from.
pub(crate) fn mark(source: &str) -> FieldProvenance {
    FieldProvenance { source: source.to_owned(), ..Default::default() }
}

/// Where a field comes from; nowhere known where it was never set, or not since provenance is kept.
pub(crate) fn of<'a, M: Traced>(message: &'a M, field: &Field<M>) -> Option<&'a FieldProvenance> {
    place(message.provenance(), field, (field.said)(message)).and_then(|at| message.provenance().get(at))
}

fn place<M>(entries: &[FieldProvenance], field: &Field<M>, set: bool) -> Option<usize> {
    let named = entries.iter().position(|entry| entry.fields.iter().any(|name| name == field.name));
    named.or_else(|| {
        let group = i32::from(field.group);
        entries.iter().position(|entry| set && entry.groups.contains(&group))
    })
}

/// Leaves in `new` where its values come from: what differs from `old` comes from this call. Nothing differs, nothing is left.
pub(crate) fn stamp<M: Traced>(context: &Context, old: Option<&M>, new: &mut M) {
    let given = std::mem::take(new.provenance_mut());
    let source = given.into_iter().find(|entry| entry.observed_time.is_none()).map(|entry| entry.source);
    let known = old.map(|old| old.provenance().clone()).unwrap_or_default();
    let changed = |field: &Field<M>| old.map_or_else(|| (field.said)(new), |old| !(field.same)(old, new));
    let from: Vec<(&Field<M>, Option<usize>)> = M::fields()
        .iter()
        .map(|field| match changed(field) {
            true => (field, Some(0)),
            false => (field, place(&known, field, (field.said)(new)).map(|at| at + 1)),
        })
        .collect();
    if !from.iter().any(|(_, at)| *at == Some(0)) {
        *new.provenance_mut() = known;
        return;
    }
    let mut entries = vec![FieldProvenance {
        source: source.unwrap_or_default(),
        actor: context.caller.subject.clone(),
        method: context.method.as_ref().to_owned(),
        observed_time: store::timestamp(context.clock.now()),
        ..Default::default()
    }];
    entries.extend(known.into_iter().map(|entry| FieldProvenance { groups: Vec::new(), fields: Vec::new(), ..entry }));
    write(&mut entries, &from, new);
    entries.retain(|entry| !entry.groups.is_empty() || !entry.fields.is_empty());
    *new.provenance_mut() = entries;
}

/// Writes into each entry what comes from it. A group is named where most of its set fields come from one entry, so that an
/// asset that came at once, as nearly all do, has one short entry.
fn write<M: Traced>(entries: &mut [FieldProvenance], from: &[(&Field<M>, Option<usize>)], new: &M) {
    for group in from.chunk_by(|(a, _), (b, _)| a.group == b.group) {
        let set: Vec<Option<usize>> = group.iter().filter(|(field, _)| (field.said)(new)).map(|(_, at)| *at).collect();
        // A set field that comes from nowhere known must not fall to whoever has the group.
        let most = match set.contains(&None) {
            true => None,
            false => set.iter().flatten().max_by_key(|at| {
                let count = set.iter().flatten().filter(|other| other == at).count();
                (count, std::cmp::Reverse(**at))
            }),
        };
        if let Some((entry, (field, _))) = most.and_then(|at| entries.get_mut(*at)).zip(group.first()) {
            entry.groups.push(field.group.into());
        }
        for (field, at) in group {
            let covered = (field.said)(new) && at.as_ref() == most;
            if let Some(entry) = at.filter(|_| !covered).and_then(|at| entries.get_mut(at)) {
                entry.fields.push(field.name.to_owned());
            }
        }
    }
}
