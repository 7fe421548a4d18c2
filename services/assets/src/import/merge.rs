//! What a source says, laid over what is known.

use wire::assets::v1::{Asset, ExternalId, Site};

use super::policy::Policy;

/// Puts the source's own id first among the external ids.
pub(super) fn own_id(ids: &mut Vec<ExternalId>, source: &str, external_id: &str) {
    let uri = ids
        .iter()
        .find(|id| id.system == source && id.value == external_id)
        .map(|id| id.uri.clone())
        .unwrap_or_default();
    ids.retain(|id| id.system != source);
    ids.insert(0, ExternalId { system: source.to_owned(), value: external_id.to_owned(), uri });
}

/// Lays what the source says over what is known, as far as its policy lets it. Gives the fields that were kept.
pub(super) fn merge_asset(policy: &Policy, old: &mut Asset, new: &Asset) -> Vec<String> {
    if let Some(own) = new.external_ids.first() {
        // It is listed again.
        old.unlisted_by.retain(|source| *source != own.system);
    }
    merge_ids(&mut old.external_ids, &new.external_ids);
    policy.lay(old, new)
}

/// As [`merge_asset`].
pub(super) fn merge_site(policy: &Policy, old: &mut Site, new: &Site) -> Vec<String> {
    merge_ids(&mut old.external_ids, &new.external_ids);
    policy.lay(old, new)
}

fn merge_ids(old: &mut Vec<ExternalId>, new: &[ExternalId]) {
    for id in new {
        match old.iter_mut().find(|known| known.system == id.system && known.value == id.value) {
            Some(known) if !id.uri.is_empty() => known.uri.clone_from(&id.uri),
            Some(_) => {}
            None => old.push(id.clone()),
        }
    }
}
