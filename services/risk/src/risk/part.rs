//! What is filtered, ordered and counted by within the fields of a risk.

use store::{Datum, FieldType, Part, micros, timestamp};
use wire::risk::v1::Risk;
use wire::risk::v1::risk::{Acceptance, Score};

macro_rules! of_score {
    ($($part:ident = $score:ident . $field:ident),* $(,)?) => {$(
        #[doc = concat!("The ", stringify!($field), " of the ", stringify!($score), " score as a column.")]
        pub(super) struct $part;

        impl Part<Risk> for $part {
            fn field_type() -> FieldType {
                FieldType::Integer
            }

            fn get(risk: &Risk) -> Datum<'_> {
                Datum::Integer(risk.$score.as_ref().map_or(0, |score| i64::from(score.$field)))
            }

            fn set(risk: &mut Risk, datum: Datum<'_>) {
                let value = i32::try_from(datum.integer()).unwrap_or_default();
                match risk.$score.as_mut() {
                    Some(score) => score.$field = value,
                    None if value != 0 => risk.$score = Some(Score { $field: value, ..Default::default() }),
                    None => {}
                }
            }
        }
    )*};
}

of_score! {
    InherentLikelihood = inherent.likelihood,
    InherentConsequence = inherent.consequence,
    InherentLevel = inherent.level,
    CurrentLikelihood = current.likelihood,
    CurrentConsequence = current.consequence,
    CurrentLevel = current.level,
    ResidualLikelihood = residual.likelihood,
    ResidualConsequence = residual.consequence,
    ResidualLevel = residual.level,
}

/// Until when the last acceptance is, as a column.
pub(super) struct AcceptanceUntil;

impl Part<Risk> for AcceptanceUntil {
    fn field_type() -> FieldType {
        FieldType::Time
    }

    fn get(risk: &Risk) -> Datum<'_> {
        Datum::Integer(micros(risk.acceptance.as_ref().and_then(|acceptance| acceptance.until.as_ref())))
    }

    fn set(risk: &mut Risk, datum: Datum<'_>) {
        let until = timestamp(datum.integer());
        match risk.acceptance.as_mut() {
            Some(acceptance) => acceptance.until = until,
            None if until.is_some() => risk.acceptance = Some(Acceptance { until, ..Default::default() }),
            None => {}
        }
    }
}
