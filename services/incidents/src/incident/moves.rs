//! What a move says, what follows from it, and its entry in the timeline.

use access::Context;
use fault::{Fault, Outcome};
use prost_types::Timestamp;
use store::{Move, Transaction, in_state, micros, timestamp};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::incident::{Level, State};
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::{CorrectIncidentTimesRequest, ErrorReason, Incident, MergeIncidentRequest, TimelineEntry};

use super::{Incidents, MERGE, is_open, needs_lesson, unclassified};
use crate::lesson;
use crate::{Registry, organization_of};

/// What a move says beside its reason.
#[derive(Clone, Copy, Default)]
pub(super) struct Said<'a> {
    /// Since when it is so.
    pub(super) since: Option<&'a Timestamp>,
    /// Who answers for it.
    pub(super) owner: &'a str,
    /// Who handles it.
    pub(super) handler: &'a str,
    /// Why nothing is learnt from it.
    pub(super) no_lesson_reason: &'a str,
}

impl Registry {
    /// Moves an incident, and writes the move into its timeline.
    pub(super) async fn move_incident(
        &self,
        context: &Context,
        (name, etag): (&str, &str),
        by: &Move<State>,
        reason: &str,
        said: Said<'_>,
    ) -> Outcome<Incident> {
        let mut tx = self.database.begin(context).await?;
        let lessons = if by.to == State::Closed { lesson::count(&mut tx, name).await? } else { 0 };
        let mut before = State::Unspecified;
        let rule = |context: &Context, old: &Incident, new: &mut Incident| {
            before = old.state();
            by.make::<Incidents>(context, old, new, reason)?;
            follow(context.clock.now(), old, new, said, lessons)
        };
        let moved = self.incidents.change_in(&mut tx, name, etag, rule).await?;
        self.note_move(&mut tx, &moved, before, reason).await?;
        tx.commit().await?;
        Ok(moved)
    }

    /// Writes a move into the timeline.
    async fn note_move(&self, tx: &mut Transaction, moved: &Incident, from: State, reason: &str) -> Outcome<()> {
        let entry = TimelineEntry {
            kind: Kind::Move.into(),
            text: reason.to_owned(),
            from_state: from.as_str_name().to_owned(),
            to_state: moved.state().as_str_name().to_owned(),
            occurrence_time: moved.state_time,
            ..TimelineEntry::default()
        };
        let within = resource::id_of(&moved.name).to_owned();
        let id = tx.context().clock.id();
        let drafts = vec![(format!("{within}/{id}"), entry)];
        self.timeline_entries.create_in(tx, organization_of(&moved.name), drafts).await.map(drop)
    }

    /// Makes an incident a part of another.
    pub(super) async fn merge_into(&self, context: &Context, r: &MergeIncidentRequest) -> Outcome<Incident> {
        context.enter(organization_of(&r.name), &r.name)?;
        store::ours(organization_of(&r.name), "incidents", &r.into, "into".to_owned())?;
        if r.into == r.name {
            return Err(
                Fault::invalid(House::FieldInvalid, "it is no part of itself: give another incident").on("into")
            );
        }
        let mut tx = self.database.begin(context).await?;
        let mut part = (State::Unspecified, Incident::default());
        let rule = |context: &Context, old: &Incident, new: &mut Incident| {
            MERGE.make::<Incidents>(context, old, new, &r.reason)?;
            new.merged_into.clone_from(&r.into);
            part = (old.state(), old.clone());
            Ok(())
        };
        let merged = self.incidents.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        let (before, part) = part;
        let whole = |context: &Context, old: &Incident, new: &mut Incident| {
            if !is_open(old.state()) {
                return in_state("other incident", old.state(), &OPEN, "given a part");
            }
            earlier(context, &r.name, &part, old, new);
            take_up(part, new);
            Ok(())
        };
        self.incidents.change_in(&mut tx, &r.into, "", whole).await?;
        self.note_move(&mut tx, &merged, before, &r.reason).await?;
        tx.commit().await?;
        Ok(merged)
    }
}

/// The states in which an incident is neither over nor none.
pub(super) const OPEN: [State; 9] = [
    State::Reported,
    State::Triaged,
    State::Declared,
    State::Assigned,
    State::Analysing,
    State::Containing,
    State::Eradicating,
    State::Recovering,
    State::Monitoring,
];

/// What was known of a part was known of the whole: the earlier times count, as corrections that name the part.
fn earlier(context: &Context, name: &str, part: &Incident, old: &Incident, new: &mut Incident) {
    let least = |one: Option<Timestamp>, other: Option<Timestamp>| {
        one.into_iter().chain(other).min_by_key(|time| micros(Some(time)))
    };
    let detected = micros(least(part.detect_time, old.detect_time).as_ref());
    // Where nobody said when the organization knew of it, it did when it was detected; what another register says is not held to that.
    let aware_time = least(part.aware_time.or(part.detect_time), old.aware_time.or(old.detect_time))
        .map(|aware| if micros(Some(&aware)) < detected { timestamp(detected) } else { Some(aware) })
        .unwrap_or_default();
    // It began before it was first detected; a later begin, of the part that was detected later, says nothing of the whole.
    let begun = part.occurrence_time.or(old.occurrence_time.and(part.detect_time));
    let occurrence_time = least(begun, old.occurrence_time).filter(|begun| micros(Some(begun)) <= detected);
    let request = CorrectIncidentTimesRequest {
        occurrence_time,
        detect_time: timestamp(detected),
        aware_time: aware_time.filter(|aware| old.aware_time.is_some() || micros(Some(aware)) != detected),
        reason: format!("it was known as {name}, which is part of it"),
        ..Default::default()
    };
    super::rules::correct_times(context, old, new, &request);
}

/// At most so many assets, as the API takes them: with more, it could not be changed any more.
const MOST_ASSETS: usize = 1000;

/// Adds assets to those that an incident hits, as long as there is room.
pub(crate) fn add_assets(incident: &mut Incident, assets: Vec<String>) {
    for asset in assets {
        if incident.assets.len() < MOST_ASSETS && !incident.assets.contains(&asset) {
            incident.assets.push(asset);
        }
    }
}

/// What is a part of an incident brings its assets, services and signals, and was perhaps seen earlier.
fn take_up(part: Incident, whole: &mut Incident) {
    add_assets(whole, part.assets);
    whole.services.extend(part.services);
    whole.signal_count += part.signal_count;
    whole.confidentiality |= part.confidentiality;
    whole.integrity |= part.integrity;
    whole.availability |= part.availability;
}

/// What follows from a move: its times, who has it, and what it must not lack. `now` is in microseconds since 1970.
fn follow(now: i64, old: &Incident, new: &mut Incident, said: Said<'_>, lessons: i64) -> Outcome<()> {
    let since = since(now, new, said.since)?;
    match new.state() {
        State::Triaged => new.triage_time = timestamp(now),
        State::Declared => {
            new.triage_time = new.triage_time.or(timestamp(now));
            new.declare_time = timestamp(now);
        }
        State::Assigned => assign(new, said)?,
        // What more came out may have spread again.
        State::Analysing => (new.contain_time, new.recover_time, new.close_time) = (None, None, None),
        State::Eradicating => new.contain_time = new.contain_time.or(since),
        State::Recovering => new.contain_time = new.contain_time.or(since),
        State::Monitoring => new.recover_time = new.recover_time.or(since),
        State::Closed => close(new, since, said.no_lesson_reason, lessons)?,
        _ => {}
    }
    let classified = matches!(new.state(), State::Triaged | State::Declared);
    if classified && old.level() == Level::Unspecified {
        return Err(unclassified(old, if new.state() == State::Triaged { "triaged" } else { "declared" }));
    }
    Ok(())
}

/// Since when it is so: what was said, between the detection and now.
fn since(now: i64, incident: &Incident, said: Option<&Timestamp>) -> Outcome<Option<Timestamp>> {
    let Some(said) = said else { return Ok(timestamp(now)) };
    let at = micros(Some(said));
    if at > now || at < micros(incident.detect_time.as_ref()) {
        let message = "it lies before the detection or in the future: give a time between the two, or none for now";
        return Err(Fault::invalid(House::FieldInvalid, message).on("effective_time"));
    }
    Ok(Some(*said))
}

fn assign(new: &mut Incident, said: Said<'_>) -> Outcome<()> {
    for (mine, given) in [(&mut new.owner, said.owner), (&mut new.handler, said.handler)] {
        if !given.is_empty() {
            given.clone_into(mine);
        }
    }
    let missing = match (new.owner.is_empty(), new.handler.is_empty()) {
        (false, false) => return Ok(()),
        (true, false) => "owner",
        (false, true) => "handler",
        (true, true) => "owner, handler",
    };
    let message = format!("somebody answers for it and somebody handles it: give {missing}");
    Err(Fault::precondition(ErrorReason::IncidentUnassigned, message).with("missing", missing).on(missing
        .split(',')
        .next()
        .unwrap_or(missing)
        .to_owned()))
}

fn close(new: &mut Incident, since: Option<Timestamp>, no_lesson_reason: &str, lessons: i64) -> Outcome<()> {
    if needs_lesson(new.level()) && lessons == 0 && no_lesson_reason.trim().is_empty() {
        let message =
            "nothing is learnt from it: create a lesson within it, or say in no_lesson_reason why there is none";
        return Err(Fault::precondition(ErrorReason::LessonMissing, message)
            .with("incident", &new.name)
            .with("level", new.level().as_str_name())
            .on("no_lesson_reason"));
    }
    no_lesson_reason.clone_into(&mut new.no_lesson_reason);
    new.recover_time = new.recover_time.or(since);
    new.contain_time = new.contain_time.or(since);
    new.close_time = since;
    Ok(())
}
