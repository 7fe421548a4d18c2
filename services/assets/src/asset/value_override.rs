//! Another value than the ratings give, for a time.
//!
//! X.1057 clause 7.4 gives a supporting asset at least the greatest value of what depends on it. An override is the exception
//! that people answer for: while in force it *is* the effective value of this one asset, also where it is lower than what the
//! asset inherits. The rule holds for everything else: the override flows on in the place of the own value, and what the asset
//! inherits is still worked out, kept beside it, and flows through it unchanged. An override is in force from being set
//! until it is cleared or its expiry is written, by the timer and as a change like any other.

use std::sync::Arc;

use access::{Clock, Context};
use deadline::{Deadline, Timer};
use fault::{Fault, Outcome};
use store::{Changed, Datum, FieldType, Part, Transaction, in_state};
use wire::assets::v1::asset::State;
use wire::assets::v1::{Asset, AssetPolicy, ErrorReason, OverrideAssetValueRequest, ValueOverride};
use wire::fault::v1::ErrorReason as House;

use super::valuation;
use crate::Registry;

/// The kind of the deadline at which an override expires.
const EXPIRE: &str = "expire-value-override";
/// The longest an override may be set for, in days: a year, with room for a leap day.
const LONGEST_DAYS: i64 = 366;
const DAY: i64 = 86_400_000_000;

/// The value of the override as a column: 0 where there is none.
pub(super) struct Value;

impl Part<Asset> for Value {
    fn field_type() -> FieldType {
        FieldType::Real
    }

    fn get(asset: &Asset) -> Datum<'_> {
        Datum::Real(asset.value_override.as_ref().map_or(0.0, |instead| instead.value))
    }

    fn set(asset: &mut Asset, datum: Datum<'_>) {
        let value = datum.real();
        match asset.value_override.as_mut() {
            Some(instead) => instead.value = value,
            None if value != 0.0 => asset.value_override = Some(ValueOverride { value, ..Default::default() }),
            None => {}
        }
    }
}

/// Sets an override, or another in its place.
pub(super) async fn set(registry: &Registry, context: &Context, r: OverrideAssetValueRequest) -> Outcome<Asset> {
    let (name, etag) = (r.name.clone(), r.etag.clone());
    let now = context.clock.now();
    // Nothing is said of the request before it is known that the caller may see the asset.
    let change = |new: &mut Asset| {
        let living = [
            State::Surveyed,
            State::Identified,
            State::Classified,
            State::Registered,
            State::Valued,
            State::InService,
            State::Retired,
        ];
        in_state("asset", new.state(), &living, "given another value")?;
        new.value_override = Some(asked(now, r, &context.caller.subject)?);
        Ok(())
    };
    registry.revalue(context, &name, &etag, change).await
}

/// The override that a request asks for.
fn asked(now: i64, r: OverrideAssetValueRequest, by: &str) -> Outcome<ValueOverride> {
    let expires = store::micros(r.expire_time.as_ref());
    if expires <= now || expires > now.saturating_add(LONGEST_DAYS * DAY) {
        let message =
            format!("expire_time must be after now and at most {LONGEST_DAYS} days ahead: set it again when it ends");
        return Err(Fault::invalid(House::FieldInvalid, message).with("limit", LONGEST_DAYS).on("expire_time"));
    }
    if r.value <= 0.0 {
        let message = "the value of an override must be above 0: clear the override to have none";
        return Err(Fault::invalid(House::FieldInvalid, message).on("value"));
    }
    Ok(ValueOverride {
        value: r.value,
        reason: r.reason,
        overrider: by.to_owned(),
        set_time: store::timestamp(now),
        // To what deadlines keep, so that what is shown is when it ends.
        expire_time: store::timestamp(expires),
    })
}

/// Refuses an override beyond what the policy can give by ratings.
pub(super) fn within(policy: &AssetPolicy, asset: &Asset) -> Outcome<()> {
    let greatest = valuation::greatest(policy);
    match &asset.value_override {
        Some(instead) if instead.value > greatest => {
            let message = format!("the value is {}, but the active policy gives {greatest} at most", instead.value);
            Err(Fault::invalid(ErrorReason::RatingOutOfScale, message)
                .with("field", "value")
                .with("limit", greatest)
                .on("value"))
        }
        _ => Ok(()),
    }
}

/// Keeps deadlines in step with what was written.
pub(super) async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Asset>]) -> Outcome<()> {
    let ends = |asset: Option<&Asset>| Some(store::micros(asset?.value_override.as_ref()?.expire_time.as_ref()));
    let (mut sets, mut clears) = (Vec::new(), Vec::new());
    for change in changed {
        let (before, after) = (ends(change.before.as_ref()), ends(change.after.as_ref()));
        let Some(asset) = change.after.as_ref().or(change.before.as_ref()).filter(|_| before != after) else {
            continue;
        };
        match after {
            Some(due) => sets.push(Deadline::new(organization, EXPIRE, &asset.name, due)),
            None => clears.push(asset.name.as_str()),
        }
    }
    deadline::clear(tx, organization, EXPIRE, &clears).await?;
    deadline::set(tx, &sets).await
}

/// The timer that ends overrides.
pub(crate) fn timer(database: &store::Database, clock: Arc<dyn Clock>) -> Timer {
    Timer::new(database, clock).on(EXPIRE, |tx, deadline| Box::pin(expire(tx, deadline)))
}

/// Ends an override whose time has come; one that was set anew or cleared at the same moment stays as it is.
async fn expire(tx: &mut Transaction, deadline: &Deadline) -> Outcome<()> {
    let now = tx.context().clock.now();
    crate::locks::values(tx, &deadline.organization).await?;
    let change = |_: &Context, _: &Asset, new: &mut Asset| {
        let over = |instead: &ValueOverride| store::micros(instead.expire_time.as_ref()) <= now;
        if new.value_override.as_ref().is_some_and(over) {
            new.value_override = None;
        }
        Ok(())
    };
    match super::register(tx.database()).change_in(tx, &deadline.name, "", change).await {
        // Deleted at the same moment.
        Err(fault) if fault.code() == tonic::Code::NotFound => Ok(()),
        ended => ended.map(drop),
    }
}
