//! What holds for every incident that is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use access::Context;
use classify::Glossary;
use fault::{Fault, Outcome};
use jiff::Timestamp;
use statute::outage::{Outage, Surroundings, measure};
use store::{Changed, Life as _, Rules, Transaction, in_state, micros, timestamp};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::incident::{State, TimeCorrection};
use wire::incidents::v1::{CorrectIncidentTimesRequest, ErrorReason, Incident};

use super::{Incidents, is_open};
use crate::{obligation, organization_of};

impl Rules for Incidents {
    type Needs = ();

    fn check(context: &Context, _: &(), new: &mut Incident) -> Outcome<()> {
        let now = context.clock.now();
        let organization = organization_of(&new.name).to_owned();
        for (at, asset) in new.assets.iter().enumerate() {
            store::ours(&organization, "assets", asset, format!("incident.assets[{at}]"))?;
        }
        // What another register says of its times is kept as it says it.
        if new.source.is_empty() {
            times(new, now)?;
        }
        classed(&new.incident_class)?;
        services(new, &organization, now)?;
        new.users_affected = users_affected(new, now)?;
        new.open = is_open(new.state());
        new.level_rank = new.level;
        Ok(())
    }

    fn create(context: &Context, needs: &(), new: &mut Incident) -> Outcome<()> {
        let now = context.clock.now();
        if new.source.is_empty() {
            Self::enter(new, State::Reported, "", now);
            new.detect_time = new.detect_time.or(timestamp(now));
        } else {
            // It is history: it comes as far as it came.
            new.state_time = timestamp(now);
        }
        Self::check(context, needs, new)
    }

    fn update(context: &Context, needs: &(), old: &Incident, new: &mut Incident) -> Outcome<()> {
        if matches!(old.state(), State::Dismissed | State::Merged) {
            return in_state("incident", old.state(), &LIVING, "changed");
        }
        let corrected = new.time_corrections.len() > old.time_corrections.len();
        for (field, was, is) in evidence(old, new) {
            if was != is && old.declare_time.is_some() && !corrected {
                let message = format!(
                    "{field} is evidence since the incident was declared: correct it by :correctTimes, with a reason"
                );
                return Err(Fault::precondition(ErrorReason::TimesAreEvidence, message)
                    .with("field", field)
                    .on(format!("incident.{field}")));
            }
        }
        Self::check(context, needs, new)
    }

    fn delete(_: &Context, _: &(), old: &Incident) -> Outcome<()> {
        in_state("incident", old.state(), &[State::Reported], "deleted: dismiss it instead")
    }

    /// What must be told of it follows.
    async fn settled(tx: &mut Transaction, _: &str, changed: &[Changed<Incident>]) -> Outcome<()> {
        for change in changed {
            if let Some(after) = change.after.as_ref().filter(|after| change.before.as_ref() != Some(after)) {
                obligation::follow(tx, after).await?;
            }
        }
        Ok(())
    }
}

/// The states in which an incident is changed: all but those in which it is none of its own.
const LIVING: [State; 11] = [
    State::Reported,
    State::Triaged,
    State::Declared,
    State::Assigned,
    State::Analysing,
    State::Containing,
    State::Eradicating,
    State::Recovering,
    State::Monitoring,
    State::Closed,
    State::Reviewed,
];

type When<'a> = Option<&'a prost_types::Timestamp>;

/// What is evidence: the field, what was said and what is.
fn evidence<'a>(old: &'a Incident, new: &'a Incident) -> [(&'static str, When<'a>, When<'a>); 3] {
    [
        ("occurrence_time", old.occurrence_time.as_ref(), new.occurrence_time.as_ref()),
        ("detect_time", old.detect_time.as_ref(), new.detect_time.as_ref()),
        ("aware_time", old.aware_time.as_ref(), new.aware_time.as_ref()),
    ]
}

/// Corrects times, and keeps what was said before.
pub(super) fn correct_times(context: &Context, old: &Incident, new: &mut Incident, r: &CorrectIncidentTimesRequest) {
    new.occurrence_time = r.occurrence_time.or(new.occurrence_time);
    new.detect_time = r.detect_time.or(new.detect_time);
    new.aware_time = r.aware_time.or(new.aware_time);
    let corrections: Vec<TimeCorrection> = evidence(old, new)
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(field, was, is)| TimeCorrection {
            field: field.to_owned(),
            from: was.copied(),
            to: is.copied(),
            reason: r.reason.clone(),
            by: context.caller.subject.clone(),
            change_time: timestamp(context.clock.now()),
        })
        .collect();
    new.time_corrections.extend(corrections);
}

/// The terms that incidents are classed by.
static TERMS: LazyLock<Result<BTreeSet<String>, String>> = LazyLock::new(|| {
    let glossary = Glossary::shipped().map_err(|violations| format!("{violations:?}"))?;
    let taxonomy = glossary.taxonomy("rsit").ok_or("RSIT does not ship")?;
    Ok(taxonomy.terms.iter().map(|term| term.id.clone()).collect())
});

/// Its class is one of the incident taxonomy.
fn classed(class: &str) -> Outcome<()> {
    let terms = TERMS.as_ref().map_err(|problem| Fault::defect(problem.clone()))?;
    if class.is_empty() || terms.contains(class) {
        return Ok(());
    }
    let within = class.split('/').next().unwrap_or_default();
    let near: Vec<&str> =
        terms.iter().filter(|term| term.split('/').next() == Some(within)).map(String::as_str).collect();
    let classes = terms.iter().filter(|term| !term.contains('/')).map(String::as_str).collect();
    let near = if near.is_empty() { classes } else { near };
    let message = format!("{class:?} is no class of RSIT: give one of {}", near.join(", "));
    Err(Fault::invalid(House::FieldInvalid, message).on("incident.incident_class"))
}

/// What happened comes in the order in which it must.
fn times(new: &Incident, now: i64) -> Outcome<()> {
    let wrong =
        |field: &str, message: &str| Err(Fault::invalid(House::FieldInvalid, message).on(format!("incident.{field}")));
    let detected = micros(new.detect_time.as_ref());
    if detected > now {
        return wrong("detect_time", "it lies in the future: give when it was detected");
    }
    if new.detect_time.is_some() && micros(new.occurrence_time.as_ref()) > detected {
        return wrong(
            "occurrence_time",
            "it lies after the detection: give when it began, at the latest when it was detected",
        );
    }
    match new.aware_time.as_ref().map(|aware| micros(Some(aware))) {
        Some(aware) if aware < detected => {
            wrong("aware_time", "nobody knows of it before it is detected: give the detection or a later time")
        }
        Some(aware) if aware > now => {
            wrong("aware_time", "it lies in the future: give when the organization knew of it")
        }
        _ => Ok(()),
    }
}

/// Services were hit before now, and for some time.
fn services(new: &Incident, organization: &str, now: i64) -> Outcome<()> {
    for (at, impact) in new.services.iter().enumerate() {
        let field = |part: &str| format!("incident.services[{at}].{part}");
        store::ours(organization, "assets", &impact.asset, field("asset"))?;
        let begin = micros(impact.begin_time.as_ref());
        if begin > now {
            return Err(Fault::invalid(House::FieldInvalid, "it lies in the future: leave out what has not begun")
                .on(field("begin_time")));
        }
        if impact.end_time.as_ref().is_some_and(|end| micros(Some(end)) < begin) {
            return Err(Fault::invalid(House::FieldInvalid, "it ends before it begins: give a later time, or none")
                .on(field("end_time")));
        }
    }
    Ok(())
}

/// The intervals in which services were out, as the clock library reads them.
pub(crate) fn outages(incident: &Incident) -> Outcome<Vec<Outage>> {
    let time = |at: Option<&prost_types::Timestamp>| at.map(instant).transpose();
    let outage = |(at, impact): (usize, &wire::incidents::v1::incident::ServiceImpact)| {
        // Each is of its own users unless it says otherwise.
        let population = if impact.population.is_empty() { format!("#{at}") } else { impact.population.clone() };
        Ok(Outage {
            service: impact.kind.clone(),
            population,
            from: time(impact.begin_time.as_ref())?.unwrap_or_default(),
            to: time(impact.end_time.as_ref())?,
            users: u64::try_from(impact.users_affected).unwrap_or_default(),
        })
    };
    incident.services.iter().enumerate().map(outage).collect()
}

/// A time of a message as the clock library has it.
pub(crate) fn instant(time: &prost_types::Timestamp) -> Outcome<Timestamp> {
    Timestamp::new(time.seconds, time.nanos)
        .map_err(|problem| Fault::invalid(House::FieldInvalid, format!("a time that cannot be told: {problem}")))
}

/// How many users it hit: of the service that has most, since who has two is one user.
fn users_affected(incident: &Incident, now: i64) -> Outcome<i64> {
    let now = Timestamp::from_microsecond(now).map_err(Fault::defect)?;
    let measured = measure(&outages(incident)?, &Surroundings::default(), now);
    let measured = measured.map_err(|problem| {
        Fault::invalid(House::FieldInvalid, problem.to_string().replace("outages", "services")).on("incident.services")
    })?;
    let by_service: BTreeMap<&str, u64> = measured.iter().map(|one| (one.service.as_str(), one.users)).collect();
    Ok(i64::try_from(by_service.into_values().max().unwrap_or_default()).unwrap_or(i64::MAX))
}
