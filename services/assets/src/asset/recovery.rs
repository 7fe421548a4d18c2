//! How fast an asset must be back (ISO 22301 objectives): pure rules. What supports must be back at least as fast as the strictest
//! of what depends on it, so objectives flow like values (X.1057 clause 7.4), but the shortest wins, each objective by itself.

use fault::{Fault, Outcome};
use prost_types::Duration;
use wire::assets::v1::{Asset, InheritedObjective, InheritedRecovery, RecoveryObjectives};
use wire::fault::v1::ErrorReason;

/// The longest objective: ten years.
pub const LONGEST: i64 = 3_660 * 86_400;

/// Which objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Recovery time objective: how long it may be out until it is restored.
    Rto,
    /// Recovery point objective: how old the data may be to which it is restored.
    Rpo,
    /// Maximum tolerable downtime: after how long without it the harm is no longer acceptable.
    Mtd,
}

impl Objective {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rto, Self::Rpo, Self::Mtd];

    /// Its field's name: `rto`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Rto => "rto",
            Self::Rpo => "rpo",
            Self::Mtd => "mtd",
        }
    }

    /// The objective of a key.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objective| objective.key() == key)
    }

    fn field(self, objectives: &RecoveryObjectives) -> Option<Duration> {
        match self {
            Self::Rto => objectives.rto,
            Self::Rpo => objectives.rpo,
            Self::Mtd => objectives.mtd,
        }
    }

    fn field_mut(self, objectives: &mut RecoveryObjectives) -> &mut Option<Duration> {
        match self {
            Self::Rto => &mut objectives.rto,
            Self::Rpo => &mut objectives.rpo,
            Self::Mtd => &mut objectives.mtd,
        }
    }

    fn inherited_mut(self, inherited: &mut InheritedRecovery) -> &mut Option<InheritedObjective> {
        match self {
            Self::Rto => &mut inherited.rto,
            Self::Rpo => &mut inherited.rpo,
            Self::Mtd => &mut inherited.mtd,
        }
    }
}

/// So many seconds.
#[must_use]
pub fn duration(seconds: i64) -> Duration {
    Duration { seconds, nanos: 0 }
}

/// An asset's own objective, in seconds; none where it has none.
#[must_use]
pub fn own(asset: &Asset, objective: Objective) -> Option<i64> {
    let seconds = objective.field(asset.recovery.as_ref()?)?.seconds;
    (seconds > 0).then_some(seconds)
}

/// The objective an asset inherits, in seconds, and whose it is; none where it inherits none.
#[must_use]
pub fn inherited(asset: &Asset, objective: Objective) -> Option<(i64, &str)> {
    let inherited = asset.inherited_recovery.as_ref()?;
    let found = match objective {
        Objective::Rto => inherited.rto.as_ref(),
        Objective::Rpo => inherited.rpo.as_ref(),
        Objective::Mtd => inherited.mtd.as_ref(),
    }?;
    Some((found.duration?.seconds, found.asset.as_str()))
}

/// The stricter of both, in seconds; none where the asset has neither.
#[must_use]
pub fn effective(asset: &Asset, objective: Objective) -> Option<i64> {
    own(asset, objective).into_iter().chain(inherited(asset, objective).map(|(seconds, _)| seconds)).min()
}

/// Lets an asset inherit an objective, in seconds, with whose it is; or none.
pub fn inherit(asset: &mut Asset, objective: Objective, becomes: Option<(i64, &str)>) {
    let mut inherited = asset.inherited_recovery.take().unwrap_or_default();
    *objective.inherited_mut(&mut inherited) =
        becomes.map(|(seconds, from)| InheritedObjective { duration: Some(duration(seconds)), asset: from.to_owned() });
    asset.inherited_recovery = (inherited != InheritedRecovery::default()).then_some(inherited);
}

/// Checks an asset's own objectives, and fills in what follows from them and the inherited ones.
///
/// # Errors
/// `FIELD_INVALID` for one that is negative, too long or no whole number of seconds, and for an RTO beyond the MTD.
pub fn settle(asset: &mut Asset) -> Outcome<()> {
    if let Some(objectives) = asset.recovery.as_mut() {
        for objective in Objective::ALL {
            let field = objective.field_mut(objectives);
            let Some(found) = *field else { continue };
            let wrong = match (found.seconds, found.nanos) {
                (0, 0) => {
                    *field = None;
                    continue;
                }
                (_, nanos) if nanos != 0 => "is no whole number of seconds: leave the fraction out".to_owned(),
                (seconds, _) if !(0..=LONGEST).contains(&seconds) => {
                    format!("is {seconds} s: it can be 0 (not set) to {LONGEST} s, ten years")
                }
                _ => continue,
            };
            let key = objective.key();
            return Err(Fault::invalid(ErrorReason::FieldInvalid, format!("{key} {wrong}"))
                .with("limit", LONGEST)
                .on(format!("asset.recovery.{key}")));
        }
        if *objectives == RecoveryObjectives::default() {
            asset.recovery = None;
        }
    }
    if let (Some(rto), Some(mtd)) = (own(asset, Objective::Rto), own(asset, Objective::Mtd))
        && rto > mtd
    {
        let message = format!(
            "the rto is {rto} s, longer than the mtd of {mtd} s, after which the harm is not acceptable: shorten the rto or lengthen the mtd"
        );
        return Err(Fault::invalid(ErrorReason::FieldInvalid, message).with("limit", mtd).on("asset.recovery.rto"));
    }
    let mut becomes = RecoveryObjectives::default();
    for objective in Objective::ALL {
        *objective.field_mut(&mut becomes) = effective(asset, objective).map(duration);
    }
    asset.effective_recovery = (becomes != RecoveryObjectives::default()).then_some(becomes);
    Ok(())
}

/// What the table of objectives has of an asset: objective, own, inherited (seconds, empty where none), whose.
pub(crate) fn rows(asset: &Asset) -> Vec<Vec<String>> {
    let text = |seconds: Option<i64>| seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
    let row = |objective: Objective| {
        let (own, inherited) = (own(asset, objective), inherited(asset, objective));
        if own.is_none() && inherited.is_none() {
            return None;
        }
        let from = inherited.map(|(_, from)| from.to_owned()).unwrap_or_default();
        Some(vec![objective.key().to_owned(), text(own), text(inherited.map(|(seconds, _)| seconds)), from])
    };
    Objective::ALL.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(rto: i64, rpo: i64, mtd: i64) -> Asset {
        let some = |seconds| Some(duration(seconds));
        Asset {
            recovery: Some(RecoveryObjectives { rto: some(rto), rpo: some(rpo), mtd: some(mtd) }),
            ..Default::default()
        }
    }

    #[test]
    fn the_stricter_of_own_and_inherited_counts_for_each_objective() {
        let mut asset = asset(3600, 60, 0);
        inherit(&mut asset, Objective::Rto, Some((600, "a")));
        inherit(&mut asset, Objective::Rpo, Some((900, "b")));
        inherit(&mut asset, Objective::Mtd, Some((7200, "c")));
        settle(&mut asset).unwrap();
        let found = Objective::ALL.map(|objective| effective(&asset, objective));
        assert_eq!(found, [Some(600), Some(60), Some(7200)]);
        assert_eq!(rows(&asset)[0], ["rto", "3600", "600", "a"]);
        assert_eq!(rows(&asset)[2], ["mtd", "", "7200", "c"]);
        for objective in Objective::ALL {
            inherit(&mut asset, objective, None);
        }
        assert_eq!(asset.inherited_recovery, None);
    }

    #[test]
    fn nothing_set_is_nothing_kept() {
        let mut asset = asset(0, 0, 0);
        settle(&mut asset).unwrap();
        assert_eq!((asset.recovery, asset.effective_recovery, rows(&asset).len()), (None, None, 0));
    }

    #[test]
    fn wrong_objectives_name_the_field() {
        for (rto, rpo, mtd, field) in [
            (-1, 0, 0, "asset.recovery.rto"),
            (0, LONGEST + 1, 0, "asset.recovery.rpo"),
            (0, 0, i64::MIN, "asset.recovery.mtd"),
            (7201, 0, 7200, "asset.recovery.rto"),
        ] {
            assert_eq!(settle(&mut asset(rto, rpo, mtd)).unwrap_err().field(), field);
        }
        let mut fraction = asset(0, 0, 0);
        fraction.recovery.as_mut().unwrap().rpo = Some(Duration { seconds: 1, nanos: 5 });
        assert_eq!(settle(&mut fraction).unwrap_err().field(), "asset.recovery.rpo");
        settle(&mut asset(7200, 0, 7200)).unwrap();
    }
}
