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
    if let Some(old) = old.filter(|old| M::fields().iter().all(|field| (field.same)(old, new))) {
        new.provenance_mut().clone_from(old.provenance());
        return;
    }
    let given = std::mem::take(new.provenance_mut());
    let source = given.into_iter().find(|entry| entry.observe_time.is_none()).map(|entry| entry.source);
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
        // A creation of nothing.
        return;
    }
    let mut entries = vec![FieldProvenance {
        source: source.unwrap_or_default(),
        actor: context.caller.subject.clone(),
        method: context.method.as_ref().to_owned(),
        observe_time: store::timestamp(context.clock.now()),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access::{Caller, Context, SystemClock};
    use wire::assets::v1::Asset;
    use wire::assets::v1::field_provenance::Group;

    use super::{Traced as _, mark, of, stamp};

    fn context() -> Context {
        Context {
            caller: Arc::new(Caller::service("test", "acme")),
            method: "telwarden.assets.v1.AssetService/UpdateAsset".into(),
            trace: String::new(),
            clock: Arc::new(SystemClock),
            roles: Arc::default(),
        }
    }

    fn source_of(asset: &Asset, name: &str) -> Option<String> {
        let field = Asset::fields().iter().find(|field| field.name == name)?;
        of(asset, field).map(|entry| entry.source.clone())
    }

    /// An asset of a register that is older than provenance.
    #[test]
    fn what_was_set_before_provenance_was_kept_falls_to_nobody() {
        let old = Asset { owner: "noc".to_owned(), custodian: "field force".to_owned(), ..Default::default() };
        let mut new = Asset { owner: "core".to_owned(), ..old.clone() };
        new.provenance.push(mark("oss"));
        stamp(&context(), Some(&old), &mut new);
        assert_eq!((source_of(&new, "owner"), source_of(&new, "custodian")), (Some("oss".to_owned()), None));
        let mut same = Asset { provenance: vec![mark("oss")], ..old.clone() };
        stamp(&context(), Some(&old), &mut same);
        assert_eq!(same, old, "nothing changed, nothing is left");
    }

    /// An entry for each change would let an asset grow with its age.
    #[test]
    fn entries_end_with_the_values_that_came_from_them() {
        let mut asset = Asset { vendor: "Acme".to_owned(), ..Default::default() };
        stamp(&context(), None, &mut asset);
        for n in 0..50 {
            let old = asset.clone();
            (asset.owner, asset.vendor) = (format!("owner {n}"), format!("vendor {n}"));
            asset.provenance.push(mark(&format!("source {}", n % 7)));
            stamp(&context(), Some(&old), &mut asset);
        }
        assert_eq!(asset.provenance.len(), 1, "{:?}", asset.provenance);
        assert_eq!(
            asset.provenance.iter().flat_map(|entry| entry.groups()).collect::<Vec<_>>(),
            [Group::Responsibility, Group::Product]
        );
    }

    /// Merging looks at neighbours only.
    #[test]
    fn fields_of_a_group_stand_together() {
        let groups: Vec<Group> = Asset::fields().chunk_by(|a, b| a.group == b.group).map(|run| run[0].group).collect();
        let mut distinct = groups.clone();
        distinct.dedup();
        distinct.sort();
        distinct.dedup();
        assert_eq!(groups.len(), distinct.len());
    }

    /// A field of the proto that no one put here would be overwritten and explained by no one.
    #[test]
    fn every_field_an_importer_can_say_is_here_or_known_to_be_left_out() {
        let message = wire::pool().get_message_by_name("telwarden.assets.v1.Asset").expect("it is there");
        let left_out = [
            "name",
            "external_ids",
            "verify_time",
            "verification_method",
            "etag",
            "provenance",
            "create_time",
            "update_time",
        ];
        let output = [
            "value",
            "inherited_value",
            "inherited_from",
            "effective_value",
            "grade",
            "unlisted_by",
            "state",
            "value_override",
            "inherited_recovery",
            "effective_recovery",
        ];
        for field in message.fields() {
            let name = field.name();
            let known = Asset::fields().iter().any(|known| known.name == name);
            assert!(known || left_out.contains(&name) || output.contains(&name), "{name} has no group");
        }
    }
}
