//! What is looked up of treatments beside their fields.

use prost::Message as _;
use store::{Datum, FieldType, Part, parent_of};
use wire::risk::v1::Treatment;

/// The risk it is within, by name.
pub(super) struct OfRisk;
/// The digest of what is decided on when its risk is accepted.
pub(super) struct Material;

/// The digest of what says what is done and what it aims at; nothing of who does it, what it costs and when.
pub(super) fn material(treatment: &Treatment) -> String {
    let Treatment { name, description, option, implementations, target_likelihood, target_consequence, .. } =
        treatment.clone();
    let of = Treatment {
        name,
        description,
        option,
        implementations,
        target_likelihood,
        target_consequence,
        ..Treatment::default()
    };
    approval::digest(&[of.encode_to_vec()])
}

impl Part<Treatment> for OfRisk {
    fn field_type() -> FieldType {
        FieldType::Text
    }

    fn get(treatment: &Treatment) -> Datum<'_> {
        Datum::from(parent_of(&treatment.name))
    }

    /// It follows from the name.
    fn set(_: &mut Treatment, _: Datum<'_>) {}
}

impl Part<Treatment> for Material {
    fn field_type() -> FieldType {
        FieldType::Text
    }

    fn get(treatment: &Treatment) -> Datum<'_> {
        Datum::from(material(treatment))
    }

    /// It follows from the rest.
    fn set(_: &mut Treatment, _: Datum<'_>) {}
}
