//! Why a field of an asset is what it is: from which source, and who set it when, by which method, and what it was before.

use access::Context;
use fault::{Fault, Outcome};
use prost::Message as _;
use wire::assets::v1::{Asset, ExplainAssetFieldRequest, ExplainAssetFieldResponse};
use wire::fault::v1::ErrorReason;

use crate::Registry;
use crate::provenance::{self, Traced as _, known_fields};

pub(crate) async fn explain(
    registry: &Registry,
    context: &Context,
    request: &ExplainAssetFieldRequest,
) -> Outcome<ExplainAssetFieldResponse> {
    // Whether the asset is theirs to see comes before what they ask of it.
    let asset = registry.assets.get(context, &request.name).await?;
    let wanted = snake(&request.field);
    let Some((field, group, text)) = known_fields().find(|(name, ..)| *name == wanted) else {
        return Err(unknown(&request.field));
    };
    let traced = Asset::fields().iter().find(|known| known.name == field);
    let mut answer = ExplainAssetFieldResponse {
        field: field.to_owned(),
        value: text(&asset),
        group: group.into(),
        provenance: traced.and_then(|known| provenance::of(&asset, known)).cloned(),
        ..Default::default()
    };
    since(registry, &asset, text, &mut answer).await?;
    Ok(answer)
}

/// Reads the asset's life for the last change of the field.
async fn since(
    registry: &Registry,
    asset: &Asset,
    text: fn(&Asset) -> String,
    answer: &mut ExplainAssetFieldResponse,
) -> Outcome<()> {
    let (mut after, mut value) = (0, None);
    loop {
        let page = registry.database.life(&asset.name, after, 500).await?;
        for (_, entry) in &page {
            if entry.after.is_empty() {
                // It was deleted; what comes is another asset of the same name.
                value = None;
                continue;
            }
            let now = text(&Asset::decode(entry.after.as_slice()).map_err(Fault::defect)?);
            if value.as_ref() != Some(&now) {
                answer.since = store::timestamp(entry.at);
                answer.since_actor.clone_from(&entry.actor);
                answer.since_on_behalf_of.clone_from(&entry.on_behalf_of);
                answer.since_method.clone_from(&entry.method);
                answer.since_creation = value.is_none();
                answer.previous_value = value.replace(now).unwrap_or_default();
            }
        }
        match page.last() {
            Some((place, _)) => after = *place,
            None => return Ok(()),
        }
    }
}

/// `softwareVersion` as `software_version`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn unknown(field: &str) -> Box<Fault> {
    let known: Vec<&str> = known_fields().map(|(name, ..)| name).collect();
    let message = format!("{field} is no field of an asset that can be explained: use one of {}", known.join(", "));
    Fault::invalid(ErrorReason::FieldInvalid, message).with("field", field).on("field")
}
