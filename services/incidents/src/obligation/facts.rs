//! What an incident is to a statute: pure, from its fields.

use std::collections::BTreeSet;

use fault::{Fault, Outcome};
use jiff::Timestamp;
use statute::outage::{Crossing, Measured, Surroundings, measure};
use statute::{Fact, Facts, Kind, PersonalRisk, ServiceImpact};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::Incident;
use wire::incidents::v1::incident::{self, Known, State};

use crate::incident::{instant, outages};
use crate::statute_book::Law;

/// What its outages come to: each service, and each threshold for each service.
///
/// # Errors
/// `FIELD_INVALID` for intervals that cannot be.
pub(crate) fn outage(law: &Law, incident: &Incident, now: Timestamp) -> Outcome<(Vec<Measured>, Vec<Crossing>)> {
    let emergency_calls = incident.facts.as_ref().and_then(|facts| truth(facts.emergency_calls()));
    let around = Surroundings { emergency_calls, ..law.surroundings.clone() };
    let measured = measure(&outages(incident)?, &around, now).map_err(|problem| {
        Fault::invalid(House::FieldInvalid, problem.to_string().replace("outages", "services")).on("incident.services")
    })?;
    let thresholds = law.book.thresholds();
    let crossings =
        measured.iter().flat_map(|one| thresholds.iter().map(|threshold| threshold.crossing(one, &around, now)));
    let crossings = crossings.collect();
    Ok((measured, crossings))
}

/// What is known of an incident, as statutes ask for it.
///
/// # Errors
/// As [`outage`]; a time that cannot be told.
pub(crate) fn facts(law: &Law, incident: &Incident, now: Timestamp) -> Outcome<Facts> {
    let said = incident.facts.clone().unwrap_or_default();
    let (measured, crossings) = outage(law, incident, now)?;
    let time = |at: Option<&prost_types::Timestamp>| at.map(instant).transpose();
    let texts = |of_law: &BTreeSet<String>, own: &[String]| of_law.iter().chain(own).cloned().collect();
    let over = matches!(incident.state(), State::Monitoring | State::Closed | State::Reviewed);
    let hit = !incident.services.is_empty();
    Ok(Facts {
        detected: time(incident.detect_time.as_ref())?,
        aware: time(incident.aware_time.as_ref())?,
        handled: if over { time(incident.recover_time.as_ref())? } else { None },
        operator_kinds: texts(&law.operator_kinds, &said.operator_kinds),
        jurisdictions: texts(&law.jurisdictions, &said.jurisdictions),
        personal_data_breach: truth(incident.personal_data_breach()),
        adverse_effect_likely: truth(said.adverse_effect_likely()),
        data_unintelligible: truth(said.data_unintelligible()),
        personal_risk: personal_risk(said.personal_risk()),
        severe_disruption: truth(said.severe_disruption()),
        severe_financial_loss: truth(said.severe_financial_loss()),
        damage_to_others: truth(said.damage_to_others()),
        malicious: truth(said.malicious()),
        cross_border: truth(said.cross_border()),
        emergency_calls: truth(said.emergency_calls()),
        users_affected: hit.then_some(incident.users_affected as f64),
        hours: measured.iter().map(|one| one.duration.as_secs_f64() / 3600.0).reduce(f64::max),
        user_hours: measured.iter().map(Measured::user_hours).reduce(|sum, hours| sum + hours),
        level: (incident.level() != incident::Level::Unspecified)
            .then(|| incident.level().as_str_name().to_lowercase()),
        class: (!incident.incident_class.is_empty()).then(|| incident.incident_class.clone()),
        thresholds: Some(crossed(&crossings, Some(true))),
        thresholds_open: &crossed(&crossings, None) - &crossed(&crossings, Some(true)),
        services: hit.then(|| measured.iter().map(service).collect()),
        requested: requests(incident)?,
        own: own(law, &said),
    })
}

/// The thresholds that are crossed for a service, are not, or of which that is not known.
fn crossed(crossings: &[Crossing], so: Option<bool>) -> BTreeSet<String> {
    crossings.iter().filter(|one| one.crossed == so).map(|one| one.threshold.clone()).collect()
}

/// When an outage that goes on crosses the next threshold, by time alone; nothing where none will.
///
/// # Errors
/// As [`outage`].
pub(crate) fn next_crossing(law: &Law, incident: &Incident, now: Timestamp) -> Outcome<Option<Timestamp>> {
    let (_, crossings) = outage(law, incident, now)?;
    Ok(crossings.iter().filter_map(|one| one.crosses_after).min())
}

fn requests(incident: &Incident) -> Outcome<std::collections::BTreeMap<String, Timestamp>> {
    incident.requests.iter().map(|(stage, at)| Ok((stage.clone(), instant(at)?))).collect()
}

fn service(measured: &Measured) -> ServiceImpact {
    ServiceImpact {
        kind: measured.service.clone(),
        users_affected: Some(measured.users as f64),
        users_percent: measured.users_percent,
        hours: Some(measured.duration.as_secs_f64() / 3600.0),
    }
}

/// The facts that the organization's own book declares, by what their texts are there.
fn own(law: &Law, said: &incident::Facts) -> std::collections::BTreeMap<String, Fact> {
    let read = |(name, text): (&String, &String)| {
        let fact = match law.book.facts().get(name)? {
            Kind::Truth => Fact::Truth(text.parse().ok()?),
            Kind::Number => Fact::Number(text.parse().ok().filter(|number: &f64| number.is_finite())?),
            Kind::Text => Fact::Text(text.clone()),
            Kind::Texts => Fact::Texts(text.split(',').map(|part| part.trim().to_owned()).collect()),
        };
        Some((name.clone(), fact))
    };
    said.own.iter().filter_map(read).collect()
}

fn truth(known: Known) -> Option<bool> {
    match known {
        Known::Yes => Some(true),
        Known::No => Some(false),
        Known::Unspecified => None,
    }
}

fn personal_risk(risk: incident::PersonalRisk) -> Option<PersonalRisk> {
    match risk {
        incident::PersonalRisk::Unlikely => Some(PersonalRisk::Unlikely),
        incident::PersonalRisk::Risk => Some(PersonalRisk::Risk),
        incident::PersonalRisk::High => Some(PersonalRisk::High),
        incident::PersonalRisk::Unspecified => None,
    }
}

/// Whether anything is asked of the law: from triage on, and before where somebody says what may oblige. What is none, part of another, or was brought in
/// from another register is not.
pub(crate) fn asks(incident: &Incident) -> bool {
    let said = incident.facts.clone().unwrap_or_default();
    let obliging = [
        incident.personal_data_breach(),
        said.severe_disruption(),
        said.severe_financial_loss(),
        said.damage_to_others(),
    ];
    match incident.state() {
        _ if !incident.source.is_empty() => false,
        State::Dismissed | State::Merged => false,
        State::Reported => obliging.contains(&Known::Yes),
        _ => true,
    }
}
