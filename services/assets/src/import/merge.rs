//! What a source says, laid over what is known.

use wire::assets::v1::{Asset, ExternalId, RecoveryObjectives, ServiceDetails, Site};

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
fn take<T: Default + PartialEq + Clone>(old: &mut T, new: &T) {
    if *new != T::default() {
        old.clone_from(new);
    }
}

/// Lays what the source says over what is known: what it says nothing about stays.
pub(super) fn merge_asset(old: &mut Asset, new: &Asset) {
    macro_rules! said {
        ($($field:ident),*) => {$( take(&mut old.$field, &new.$field); )*};
    }
    said!(
        display_name,
        description,
        owner,
        custodian,
        site,
        location,
        classification,
        confidentiality,
        integrity,
        availability,
        criticality_reason,
        legal_tags,
        vendor,
        model,
        software_version,
        serial_number,
        network_identifiers,
        maintenance,
        acquire_time,
        end_of_life_time,
        power_watts,
        quantity
    );
    merge_recovery(&mut old.recovery, new.recovery.as_ref());
    merge_service(&mut old.service, new.service.as_ref());
    if let Some(own) = new.external_ids.first() {
        // It is listed again.
        old.unlisted_by.retain(|source| *source != own.system);
    }
    merge_ids(&mut old.external_ids, &new.external_ids);
    policy.lay(old, new)
}

/// As [`merge_asset`].
pub(super) fn merge_site(policy: &Policy, old: &mut Site, new: &Site) -> Vec<String> {
/// An objective that the source does not state stays.
fn merge_recovery(old: &mut Option<RecoveryObjectives>, new: Option<&RecoveryObjectives>) {
    if let Some(new) = new {
        let old = old.get_or_insert_default();
        take(&mut old.rto, &new.rto);
        take(&mut old.rpo, &new.rpo);
        take(&mut old.mtd, &new.mtd);
    }
}

/// A number of subscribers comes with how and when it was counted: the three go together.
fn merge_service(old: &mut Option<ServiceDetails>, new: Option<&ServiceDetails>) {
    let Some(new) = new else { return };
    let old = old.get_or_insert_default();
    take(&mut old.service_areas, &new.service_areas);
    if new.subscribers > 0 {
        old.subscribers = new.subscribers;
        old.basis.clone_from(&new.basis);
        old.counted_time = new.counted_time;
    }
}

pub(super) fn merge_site(old: &mut Site, new: &Site) {
    macro_rules! said {
        ($($field:ident),*) => {$( take(&mut old.$field, &new.$field); )*};
    }
    said!(display_name, r#type, manned, owner_party, region, address, position, hazards, access_log);
    old.labels.extend(new.labels.clone());
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
