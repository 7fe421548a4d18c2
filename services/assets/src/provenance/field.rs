//! The fields that have a provenance and a policy, each with what merging and explaining must know of it.

use std::collections::BTreeMap;

use prost_types::{Duration, Timestamp};
use wire::Choice as _;
use wire::assets::v1::field_provenance::Group;
use wire::assets::v1::{
    Asset, ExternalId, FieldProvenance, GeoPoint, Maintenance, NetworkIdentifier, RecoveryObjectives, ServiceDetails,
    Site,
};

use crate::asset::network;
use crate::taxonomy;

/// One field of a message.
pub(crate) struct Field<M> {
    /// Its name in the proto.
    pub(crate) name: &'static str,
    /// The group it belongs to. Fields of a group stand together in [`Traced::fields`].
    pub(crate) group: Group,
    /// Whether a message says something about it: it is set.
    pub(crate) said: fn(&M) -> bool,
    /// Whether two messages have the same there.
    pub(crate) same: fn(&M, &M) -> bool,
    /// Whether the first would change, were the second laid over it.
    pub(crate) adds: fn(&M, &M) -> bool,
    /// Lays the second over the first. Maps are laid key by key.
    pub(crate) lay: fn(&mut M, &M),
    /// Empties it; none where a message cannot be without.
    pub(crate) clear: Option<fn(&mut M)>,
    /// What it is, for people.
    pub(crate) text: fn(&M) -> String,
}

/// A message that says where its values come from.
pub(crate) trait Traced: Sized + 'static {
    /// Its fields that have a provenance, group by group.
    fn fields() -> &'static [Field<Self>];
    /// Where they come from.
    fn provenance(&self) -> &Vec<FieldProvenance>;
    /// Where they come from, to be written.
    fn provenance_mut(&mut self) -> &mut Vec<FieldProvenance>;
}

/// What all kinds of fields can do.
trait Value: Default + Clone + PartialEq {
    fn said(&self) -> bool {
        *self != Self::default()
    }
    fn adds(&self, new: &Self) -> bool {
        self != new
    }
    fn lay(&mut self, new: &Self) {
        self.clone_from(new);
    }
    fn text(&self) -> String;
}

impl Value for String {
    fn text(&self) -> String {
        self.clone()
    }
}

impl Value for bool {
    fn text(&self) -> String {
        if *self { "true".to_owned() } else { String::new() }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Value for $number {
            fn text(&self) -> String {
                if self.said() { self.to_string() } else { String::new() }
            }
        }
    )*};
}
numbers!(i32, i64, f64);

impl Value for Vec<String> {
    fn text(&self) -> String {
        self.join(", ")
    }
}

impl Value for Vec<NetworkIdentifier> {
    /// Two spellings of one address are the same.
    fn adds(&self, new: &Self) -> bool {
        let normal = |all: &Self| -> Vec<(i32, String)> {
            let value = |one: &NetworkIdentifier| network::keys(one).map_or_else(|_| one.value.clone(), |keys| keys.0);
            all.iter().map(|one| (one.kind, value(one))).collect()
        };
        self != new && normal(self) != normal(new)
    }
    fn text(&self) -> String {
        let one = |one: &NetworkIdentifier| format!("{} {}", one.kind().text(), one.value);
        self.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

impl Value for Vec<ExternalId> {
    fn text(&self) -> String {
        self.iter().map(|id| format!("{} {}", id.system, id.value)).collect::<Vec<_>>().join(", ")
    }
}

impl Value for BTreeMap<String, String> {
    fn adds(&self, new: &Self) -> bool {
        new.iter().any(|(key, value)| self.get(key) != Some(value))
    }
    fn lay(&mut self, new: &Self) {
        self.extend(new.clone());
    }
    fn text(&self) -> String {
        self.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
    }
}

impl Value for Option<Timestamp> {
    fn text(&self) -> String {
        self.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

impl Value for Option<Maintenance> {
    fn text(&self) -> String {
        let Some(maintenance) = self else { return String::new() };
        let parts = [
            ("contract", maintenance.contract.clone()),
            ("window", maintenance.window.clone()),
            ("last", maintenance.last_time.text()),
            ("next", maintenance.next_time.text()),
        ];
        let said = parts.into_iter().filter(|(_, text)| !text.is_empty());
        said.map(|(name, text)| format!("{name} {text}")).collect::<Vec<_>>().join(", ")
    }
}

impl Value for Option<GeoPoint> {
    fn text(&self) -> String {
        self.as_ref().map(|point| format!("{}, {}", point.latitude, point.longitude)).unwrap_or_default()
    }
}

impl Value for Option<Duration> {
    fn text(&self) -> String {
        self.as_ref().map(|duration| format!("{} s", duration.seconds)).unwrap_or_default()
    }
}

/// An objective that the source does not state stays.
impl Value for Option<RecoveryObjectives> {
    fn adds(&self, new: &Self) -> bool {
        let mut laid = *self;
        laid.lay(new);
        laid != *self
    }
    fn lay(&mut self, new: &Self) {
        let Some(new) = new else { return };
        let old = self.get_or_insert_default();
        for (old, new) in [(&mut old.rto, &new.rto), (&mut old.rpo, &new.rpo), (&mut old.mtd, &new.mtd)] {
            if new.is_some() {
                *old = *new;
            }
        }
    }
    fn text(&self) -> String {
        let Some(must) = self else { return String::new() };
        let parts = [("rto", must.rto.text()), ("rpo", must.rpo.text()), ("mtd", must.mtd.text())];
        let said = parts.into_iter().filter(|(_, text)| !text.is_empty());
        said.map(|(name, text)| format!("{name} {text}")).collect::<Vec<_>>().join(", ")
    }
}

/// A number of subscribers comes with how and when it was counted: the three go together.
impl Value for Option<ServiceDetails> {
    fn adds(&self, new: &Self) -> bool {
        let mut laid = self.clone();
        laid.lay(new);
        laid != *self
    }
    fn lay(&mut self, new: &Self) {
        let Some(new) = new else { return };
        let old = self.get_or_insert_default();
        if !new.service_areas.is_empty() {
            old.service_areas.clone_from(&new.service_areas);
        }
        if new.subscribers > 0 {
            old.subscribers = new.subscribers;
            old.basis.clone_from(&new.basis);
            old.count_time = new.count_time;
        }
    }
    fn text(&self) -> String {
        let Some(service) = self else { return String::new() };
        let basis = if service.basis.is_empty() { String::new() } else { format!(" ({})", service.basis) };
        format!("{} subscribers{basis} {}", service.subscribers, service.service_areas.join(", ")).trim_end().to_owned()
    }
}

macro_rules! field {
    ($message:ty, $group:ident, $field:ident, $name:expr) => {
        Field::<$message> {
            name: $name,
            group: Group::$group,
            said: |m| m.$field.said(),
            same: |a, b| a.$field == b.$field,
            adds: |known, new| known.$field.adds(&new.$field),
            lay: |known, new| known.$field.lay(&new.$field),
            clear: Some(|m| m.$field = Default::default()),
            text: |m| m.$field.text(),
        }
    };
    ($message:ty, $group:ident, $field:ident) => {
        field!($message, $group, $field, stringify!($field))
    };
}

const ASSET: &[Field<Asset>] = &[
    Field { clear: None, ..field!(Asset, Identity, display_name) },
    // A source that does not know what a thing is says nothing against who does.
    Field {
        said: |asset| !asset.r#type.is_empty() && asset.r#type != taxonomy::UNCLASSIFIED,
        clear: None,
        ..field!(Asset, Identity, r#type, "type")
    },
    field!(Asset, Identity, description),
    field!(Asset, Responsibility, owner),
    field!(Asset, Responsibility, custodian),
    field!(Asset, Place, site),
    field!(Asset, Place, location),
    field!(Asset, Classification, classification),
    field!(Asset, Classification, confidentiality),
    field!(Asset, Classification, integrity),
    field!(Asset, Classification, availability),
    field!(Asset, Classification, criticality_reason),
    field!(Asset, Classification, legal_tags),
    field!(Asset, Product, vendor),
    field!(Asset, Product, model),
    field!(Asset, Product, software_version),
    field!(Asset, Product, serial_number),
    field!(Asset, Network, network_identifiers),
    field!(Asset, Life, maintenance),
    field!(Asset, Life, acquire_time),
    field!(Asset, Life, end_of_life_time),
    field!(Asset, Life, power_watts),
    field!(Asset, Life, quantity),
    field!(Asset, Labels, labels),
    field!(Asset, Labels, attributes),
    field!(Asset, Continuity, recovery),
    field!(Asset, Service, service),
];

impl Traced for Asset {
    fn fields() -> &'static [Field<Self>] {
        ASSET
    }
    fn provenance(&self) -> &Vec<FieldProvenance> {
        &self.provenance
    }
    fn provenance_mut(&mut self) -> &mut Vec<FieldProvenance> {
        &mut self.provenance
    }
}

const SITE: &[Field<Site>] = &[
    Field { clear: None, ..field!(Site, Place, display_name) },
    Field { clear: None, ..field!(Site, Place, r#type, "type") },
    field!(Site, Place, manned),
    field!(Site, Place, owner_party),
    field!(Site, Place, region),
    field!(Site, Place, address),
    field!(Site, Place, position),
    field!(Site, Place, hazards),
    field!(Site, Place, access_log),
    field!(Site, Place, labels),
];

impl Traced for Site {
    fn fields() -> &'static [Field<Self>] {
        SITE
    }
    fn provenance(&self) -> &Vec<FieldProvenance> {
        &self.provenance
    }
    fn provenance_mut(&mut self) -> &mut Vec<FieldProvenance> {
        &mut self.provenance
    }
}

/// A field that can be explained: its name, its group, what it is in a message.
type Known = (&'static str, Group, fn(&Asset) -> String);

/// Fields of an asset that no policy is about, but whose story the ledger tells.
const BESIDE: &[Known] = &[
    ("external_ids", Group::Unspecified, |asset| asset.external_ids.text()),
    ("unlisted_by", Group::Unspecified, |asset| asset.unlisted_by.text()),
    ("state", Group::Unspecified, |asset| asset.state().text().to_owned()),
    ("verify_time", Group::Unspecified, |asset| asset.verify_time.text()),
    ("verification_method", Group::Unspecified, |asset| asset.verification_method.text()),
    ("value", Group::Unspecified, |asset| asset.value.text()),
    ("inherited_value", Group::Unspecified, |asset| asset.inherited_value.text()),
    ("inherited_from", Group::Unspecified, |asset| asset.inherited_from.text()),
    ("effective_value", Group::Unspecified, |asset| asset.effective_value.text()),
    ("grade", Group::Unspecified, |asset| asset.grade.text()),
    ("value_override", Group::Unspecified, |asset| {
        asset
            .value_override
            .as_ref()
            .map(|instead| format!("{}: {}", instead.value, instead.reason))
            .unwrap_or_default()
    }),
    ("effective_recovery", Group::Unspecified, |asset| asset.effective_recovery.text()),
];

/// Every field of an asset that can be explained.
pub(crate) fn known_fields() -> impl Iterator<Item = Known> {
    ASSET.iter().map(|field| (field.name, field.group, field.text)).chain(BESIDE.iter().copied())
}
