//! How a case leaves the queue.

use access::Context;
use fault::{Fault, Outcome};
use store::{Life as _, in_state};
use wire::fault::v1::ErrorReason as House;
use wire::incidents::v1::timeline_entry::Kind;
use wire::incidents::v1::{
    AttachCaseRequest, Case, DismissCaseRequest, Incident, MergeCaseRequest, PromoteCaseRequest, TimelineEntry,
};

use super::settle::absorb;
use super::{ATTACH, Cases, DISMISS, LIVING, MERGE, PROMOTE, number};
use crate::{Registry, correlator, organization_of};

impl Registry {
    /// Makes an incident of a case.
    pub(super) async fn promote(&self, context: &Context, r: &PromoteCaseRequest) -> Outcome<Incident> {
        let organization = organization_of(&r.name);
        context.enter(organization, &r.name)?;
        let id = if r.incident_id.is_empty() { context.clock.id() } else { r.incident_id.clone() };
        if !resource::valid_id(&id) {
            let message = "an id has 1 to 63 of `a-z 0-9 - . _` and begins with a letter or digit";
            return Err(Fault::invalid(House::FieldInvalid, message).on("incident_id"));
        }
        let mut tx = correlator::begin(&self.database, context, organization).await?;
        let incident = format!("organizations/{organization}/incidents/{id}");
        let rule = |context: &Context, old: &Case, new: &mut Case| {
            PROMOTE.make::<Cases>(context, old, new, &r.reason)?;
            new.incident.clone_from(&incident);
            Ok(())
        };
        let case = self.cases.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        let made =
            self.incidents.create_in(&mut tx, organization, vec![(id.clone(), of(&case, &r.display_name))]).await?;
        self.note_case(&mut tx, organization, &id, &case, &format!("reported by its signals: {}", case.name)).await?;
        tx.commit().await?;
        made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))
    }

    /// Says that a case belongs to an incident.
    pub(super) async fn attach(&self, context: &Context, r: &AttachCaseRequest) -> Outcome<Case> {
        let organization = organization_of(&r.name);
        context.enter(organization, &r.name)?;
        store::ours(organization, "incidents", &r.incident, "incident".to_owned())?;
        let mut tx = correlator::begin(&self.database, context, organization).await?;
        let rule = |context: &Context, old: &Case, new: &mut Case| {
            ATTACH.make::<Cases>(context, old, new, &r.reason)?;
            new.incident.clone_from(&r.incident);
            Ok(())
        };
        let case = self.cases.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        let rule = |_: &Context, old: &Incident, new: &mut Incident| {
            crate::incident::takes_up(old)?;
            new.signal_count += case.signal_count;
            crate::incident::add_assets(new, case.assets.clone());
            Ok(())
        };
        self.incidents.change_in(&mut tx, &r.incident, "", rule).await?;
        let text = format!("{} belongs to it: {}", case.name, case.display_name);
        self.note_case(&mut tx, organization, crate::id_of(&r.incident), &case, &text).await?;
        tx.commit().await?;
        Ok(case)
    }

    /// Says that a case is nothing. What is raised next is another case.
    pub(super) async fn dismiss(&self, context: &Context, r: &DismissCaseRequest) -> Outcome<Case> {
        let organization = organization_of(&r.name);
        context.enter(organization, &r.name)?;
        let mut tx = correlator::begin(&self.database, context, organization).await?;
        let case = self.cases.step_in(&mut tx, (&r.name, &r.etag), &DISMISS, &r.reason).await?;
        correlator::forget(&mut tx, organization, number(&r.name)?).await?;
        correlator::start_anew(&mut tx, organization).await?;
        tx.commit().await?;
        Ok(case)
    }

    /// Makes a case a part of another.
    pub(super) async fn merge(&self, context: &Context, r: &MergeCaseRequest) -> Outcome<Case> {
        let organization = organization_of(&r.name);
        context.enter(organization, &r.name)?;
        store::ours(organization, "cases", &r.into, "into".to_owned())?;
        if r.into == r.name {
            let message = "it is no part of itself: give another case";
            return Err(Fault::invalid(House::FieldInvalid, message).on("into"));
        }
        let mut tx = correlator::begin(&self.database, context, organization).await?;
        let mut pair = [(&r.name, Case::default()), (&r.into, Case::default())];
        for (name, case) in &mut pair {
            let id = crate::id_of(name);
            let found = self.cases.load(&mut tx, organization, &[id]).await?;
            *case = found.into_iter().next().ok_or_else(|| Fault::not_found(name))?;
        }
        let [(_, part), (_, whole)] = pair;
        if !r.etag.is_empty() && r.etag != part.etag {
            let message = "the case has changed since you read it: read it again and decide on what it is now";
            return Err(Fault::new(tonic::Code::Aborted, House::EtagMismatch, message).on("etag"));
        }
        in_state(Cases::NOUN, part.state(), MERGE.from, MERGE.done)?;
        in_state("other case", whole.state(), &LIVING, "given a part")?;
        let numbers = (number(&r.name)?, number(&r.into)?);
        absorb(self, &mut tx, organization, numbers, &r.reason).await?;
        let standing = correlator::standing(&mut tx, organization).await?;
        correlator::hand_over(&mut tx, organization, numbers, standing.position).await?;
        correlator::start_anew(&mut tx, organization).await?;
        let merged = self.cases.load(&mut tx, organization, &[crate::id_of(&r.into)]).await?;
        tx.commit().await?;
        merged.into_iter().next().ok_or_else(|| Fault::not_found(&r.into))
    }

    /// Writes into the timeline of an incident what a case says.
    async fn note_case(
        &self,
        tx: &mut store::Transaction,
        organization: &str,
        incident: &str,
        case: &Case,
        text: &str,
    ) -> Outcome<()> {
        let entry = TimelineEntry {
            kind: Kind::Observation.into(),
            text: text.to_owned(),
            occurrence_time: case.first_signal_time,
            ..TimelineEntry::default()
        };
        let id = tx.context().clock.id();
        let drafts = vec![(format!("{incident}/{id}"), entry)];
        self.timeline_entries.create_in(tx, organization, drafts).await.map(drop)
    }
}

/// The incident that a case becomes.
fn of(case: &Case, display_name: &str) -> Incident {
    let display_name = if display_name.is_empty() { &case.display_name } else { display_name };
    Incident {
        display_name: display_name.to_owned(),
        description: format!("{} signals since the first: {}", case.signal_count, case.priority_reason),
        occurrence_time: case.first_signal_time,
        detect_time: case.create_time,
        assets: case.assets.clone(),
        incident_class: case.incident_class.clone(),
        classification_reason: case.class_reason.clone(),
        availability: case.incident_class.starts_with("availability/"),
        signal_count: case.signal_count,
        ..Incident::default()
    }
}
