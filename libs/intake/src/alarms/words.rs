//! Words of X.733 and X.736 as other systems write them: `equipmentAlarm`, `EQUIPMENT_ALARM`, `Equipment Alarm`.

use wire::incidents::v1::signal::{AlarmType, Severity};

use crate::text::squeeze;

/// What a word of severity says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// How bad it is.
    Severity(Severity),
    /// That the condition is gone.
    Gone,
}

/// What a word of severity says; nothing where it is not known.
pub(super) fn severity(word: &str) -> Option<Said> {
    let found = match squeeze(word).as_str() {
        "critical" => Severity::Critical,
        "major" => Severity::Major,
        "minor" => Severity::Minor,
        "warning" => Severity::Warning,
        "indeterminate" | "unknown" | "undetermined" => Severity::Indeterminate,
        "cleared" | "clear" | "normal" => return Some(Said::Gone),
        _ => return None,
    };
    Some(Said::Severity(found))
}

/// The type of alarm that a word means; nothing where it is not known.
pub(super) fn alarm_type(word: &str) -> Option<AlarmType> {
    let squeezed = squeeze(word);
    let bare = squeezed.strip_suffix("alarm").unwrap_or(&squeezed);
    let found = match bare {
        "communications" | "communication" => AlarmType::Communications,
        "qualityofservice" | "qos" => AlarmType::QualityOfService,
        "processingerror" => AlarmType::ProcessingError,
        "equipment" => AlarmType::Equipment,
        "environmental" | "environment" => AlarmType::Environmental,
        "integrityviolation" => AlarmType::IntegrityViolation,
        "operationalviolation" => AlarmType::OperationalViolation,
        "physicalviolation" => AlarmType::PhysicalViolation,
        "securityserviceormechanismviolation"
        | "securityservicemechanismviolation"
        | "securityserviceviolation"
        | "securitymechanismviolation"
        | "mechanismviolation"
        | "securityviolation" => AlarmType::SecurityServiceOrMechanismViolation,
        "timedomainviolation" => AlarmType::TimeDomainViolation,
        _ => return None,
    };
    Some(found)
}

/// Whether something is so, as people and systems write it; nothing where the word is not known.
pub(super) fn yes(word: &str) -> Option<bool> {
    match squeeze(word).as_str() {
        "true" | "yes" | "y" | "1" => Some(true),
        "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}
