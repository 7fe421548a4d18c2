//! What a notification tells: each field that its stage asks for, from what is known of the incident.

use fault::Outcome;
use jiff::Timestamp;
use statute::outage::Measured;
use wire::incidents::v1::incident::{Known, Level};
use wire::incidents::v1::obligation::Asked;
use wire::incidents::v1::{Incident, Obligation};

use super::facts;
use crate::statute_book::Law;

/// The stage an obligation is of; none where its book no longer has it.
pub(super) fn stage<'a>(law: &'a Law, obligation: &Obligation) -> Option<&'a statute::Stage> {
    let since = obligation.regime_since.parse().ok();
    let regime = law.book.regimes().iter().find(|one| one.id == obligation.regime && one.valid_from == since)?;
    regime.stage(&obligation.stage)
}

/// Fills in what the incident has and nobody wrote by hand.
///
/// # Errors
/// Those of outages that cannot be.
pub(super) fn fill(law: &Law, incident: &Incident, obligation: &mut Obligation, now: Timestamp) -> Outcome<()> {
    let Some(stage) = stage(law, obligation) else { return Ok(()) };
    let (measured, _) = facts::outage(law, incident, now)?;
    for field in &stage.fields {
        let value = match field.key.as_str() {
            "notification_kind" => {
                if obligation.version == 0 {
                    "first".to_owned()
                } else {
                    "further".to_owned()
                }
            }
            _ => field.path.as_deref().map(|path| value(law, incident, &measured, path)).unwrap_or_default(),
        };
        // A further version says that it is one, where the one before said that it was the first.
        let first = |text: &str| field.key == "notification_kind" && text == "first";
        let written = obligation.contents.get(&field.key).is_some_and(|text| !text.trim().is_empty() && !first(text));
        if !value.is_empty() && !written {
            obligation.contents.insert(field.key.clone(), value);
        }
    }
    Ok(())
}

/// What the stage asks for, and what of it the contents lack.
pub(super) fn asked(law: &Law, obligation: &Obligation) -> Vec<Asked> {
    let has = |key: &str| obligation.contents.get(key).is_some_and(|text| !text.trim().is_empty());
    let fields = stage(law, obligation).map(|stage| stage.fields.as_slice()).unwrap_or_default();
    let asked = |field: &statute::Field| Asked {
        key: field.key.clone(),
        title: field.title.clone(),
        required: field.required,
        missing: !has(&field.key),
    };
    fields.iter().map(asked).collect()
}

/// What an incident has under a path of a statute book; empty where it has nothing. What is not one of its own fields is one of its particulars.
fn value(law: &Law, incident: &Incident, measured: &[Measured], path: &str) -> String {
    let said = incident.facts.clone().unwrap_or_default();
    let known = |known: Known| match known {
        Known::Yes => "yes".to_owned(),
        Known::No => "no".to_owned(),
        Known::Unspecified => String::new(),
    };
    let time = |at: Option<&prost_types::Timestamp>| at.map(ToString::to_string).unwrap_or_default();
    let key = path.strip_prefix("incident.").unwrap_or_default();
    let own = match path {
        "organization.title" => law.notifier.clone(),
        "organization.contact" => law.contact.clone(),
        "incident.started" => time(incident.occurrence_time.as_ref()),
        "incident.detected" => time(incident.detect_time.as_ref()),
        "incident.title" => incident.display_name.clone(),
        "incident.summary" if incident.description.is_empty() => incident.display_name.clone(),
        "incident.summary" => format!("{}. {}", incident.display_name, incident.description),
        "incident.users_affected" if incident.users_affected > 0 => incident.users_affected.to_string(),
        "incident.severity" if incident.level() != Level::Unspecified => incident.level().as_str_name().to_lowercase(),
        "incident.impact" => impact(incident),
        "incident.services" => each(measured, |one| one.service.clone()),
        "incident.duration" => each(measured, length),
        "incident.users_percent" => each(measured, |one| {
            one.users_percent.map(|percent| format!("{}: {percent:.1} %", one.service)).unwrap_or_default()
        }),
        "incident.root_cause" => incident.root_cause.clone(),
        "incident.malicious" => known(said.malicious()),
        "incident.cross_border" => known(said.cross_border()),
        _ => String::new(),
    };
    // What is said for this very purpose goes before what is made of other fields.
    incident.particulars.get(key).filter(|text| !text.trim().is_empty()).cloned().unwrap_or(own)
}

/// What is said of each service, where anything is.
fn each(measured: &[Measured], say: impl Fn(&Measured) -> String) -> String {
    measured.iter().map(say).filter(|said| !said.is_empty()).collect::<Vec<_>>().join("; ")
}

/// How long a service was out, or is by now.
fn length(of: &Measured) -> String {
    let minutes = of.duration.as_mins();
    let so_far = if of.open { " so far" } else { "" };
    format!("{}: {} h {} min{so_far}", of.service, minutes / 60, minutes % 60)
}

/// The services that are hit, each with its users and for how long.
fn impact(incident: &Incident) -> String {
    let service = |hit: &wire::incidents::v1::incident::ServiceImpact| {
        let until = hit.end_time.as_ref().map_or("on".to_owned(), |end| format!("until {end}"));
        let from = hit.begin_time.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}: {} users, from {from} {until}", hit.kind, hit.users_affected)
    };
    incident.services.iter().map(service).collect::<Vec<_>>().join("; ")
}
