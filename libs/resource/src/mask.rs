//! Field masks (AIP-134, AIP-161): what of a message an update takes over.
//!
//! - No mask: every field that is populated in the new message. Below a message that both sides have, the same holds field
//!   by field, so `maintenance.contract` alone leaves `maintenance.window` as it is; there a REQUIRED field counts as
//!   populated even where it is zero, so a position can move to the equator. Standard types (`google.*`, such as a
//!   timestamp) and lists and maps are taken whole.
//! - `*`: every field, also those the new message leaves empty.
//! - Paths: exactly those fields. A path may go into messages and to one key of a map: `labels.site`, and
//!   ``labels.`a.b` `` where the key has a dot (a backtick within is written twice). Names may be in snake_case or
//!   camelCase. A list can only be named whole. `field.*` means `field`.
//!
//! Whatever the mask says, OUTPUT_ONLY and IDENTIFIER fields and the etag of the resource stay as they are, at every depth;
//! in a list, items that the caller sends back unchanged keep theirs, others get none. An IMMUTABLE field may be sent with
//! the value it has; any other value is a [`Problem::Immutable`]. Where a sub-message comes to be, its IMMUTABLE fields may
//! be set.

mod copy;
mod path;

use prost_reflect::{DynamicMessage, ReflectMessage as _};

use crate::problem::Problem;

/// The message that results where the fields of `new` that `mask` names are taken over into `old`. Applying the same again
/// changes nothing more.
///
/// # Errors
/// [`Problem::UnknownPath`] and [`Problem::InvalidPath`] where the mask is wrong (no path is followed then),
/// [`Problem::Immutable`] where a field that is set once would change, [`Problem::MessageMismatch`] where `old` and `new`
/// are of different types.
pub fn apply(
    old: &DynamicMessage,
    new: &DynamicMessage,
    mask: Option<&prost_types::FieldMask>,
) -> Result<DynamicMessage, Problem> {
    let descriptor = old.descriptor();
    if new.descriptor() != descriptor {
        return Err(Problem::MessageMismatch {
            expected: descriptor.full_name().to_owned(),
            found: new.descriptor().full_name().to_owned(),
        });
    }
    let mut out = old.clone();
    let top = copy::Place::top();
    match mask.map(|mask| mask.paths.as_slice()).unwrap_or_default() {
        [] => copy::populated(&mut out, new, &top)?,
        [star] if star == "*" => copy::all(&mut out, new, &top)?,
        paths => {
            let paths: Vec<_> = paths.iter().map(|text| path::parse(text, &descriptor)).collect::<Result<_, _>>()?;
            for path in &paths {
                copy::along(&mut out, new, path, &top)?;
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
