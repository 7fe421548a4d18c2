//! Quantifications: what risks cost in a year, simulated (Open FAIR), with and without insurance (ITU-T X.1061).
//!
//! A model is judged when it is given. What is created is QUEUED; `quantification/runner.rs` takes it up, one at a time in a process, and the engine of
//! `quantify` simulates it. A run that a crash ends is begun anew by whoever finds it: the same model, years and seed give the same figures.

mod compose;
mod figures;
mod portfolio;
mod runner;

use std::collections::BTreeMap;

use access::Context;
use fault::{Fault, Outcome};
use store::{Changed, Rules, Transaction, in_state, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::risk::v1::quantification::State;
use wire::risk::v1::quantification_service_server::QuantificationService;
use wire::risk::v1::{
    CancelQuantificationRequest, ComposeModelRequest, ComposeModelResponse, CreateQuantificationRequest,
    DeleteQuantificationRequest, ErrorReason, GetQuantificationRequest, ListQuantificationsRequest,
    ListQuantificationsResponse, Quantification, QuantifyRiskRequest,
};
use wire::{ListRequest as _, Violation};

use crate::Registry;

pub(crate) use runner::start;

/// Most risks whose newest quantifications are read at once.
pub(crate) const MOST: usize = 1000;
/// How many years are simulated where nobody says.
const YEARS: i64 = 100_000;

// === The table ===

/// All quantifications.
pub struct Quantifications;

impl store::Resource for Quantifications {
    type Message = Quantification;
    const TABLE: &'static str = "quantification";
    const COLLECTION: &'static str = "quantifications";

    fn columns() -> &'static [store::Column<Quantification>] {
        store::columns![Quantification;
            display_name: text order search, risk: text index, state: choice(State) order, requester: text,
            end_time: time order, expected_loss: real order, tail_loss: real order,
        ]
    }

    store::head!(Quantification;
        risk, state, state_reason, requester, done_years, total_years, start_time, end_time, engine_version, expected_loss, tail_loss, portfolio,
        scenarios, outcome,
    );
}

// === The rules ===

impl Rules for Quantifications {
    type Needs = ();

    fn create(context: &Context, (): &(), new: &mut Quantification) -> Outcome<()> {
        if new.years == 0 {
            new.years = YEARS;
        }
        let scenarios = judged(new, "quantification.")?;
        new.total_years = new.years.saturating_mul(scenarios);
        new.requester.clone_from(&context.caller.subject);
        new.set_state(State::Queued);
        Ok(())
    }

    fn delete(_: &Context, (): &(), old: &Quantification) -> Outcome<()> {
        in_state("quantification", old.state(), &[State::Done, State::Cancelled, State::Failed], "deleted")
    }

    async fn settled(tx: &mut Transaction, organization: &str, changed: &[Changed<Quantification>]) -> Outcome<()> {
        for new in changed.iter().filter_map(|change| change.after.as_ref()) {
            match new.state() {
                State::Queued => runner::queue(tx, organization, &new.name).await?,
                State::Cancelled => runner::dismiss(tx, organization, &new.name).await?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Judges what is to be run; gives of how many scenarios it is. `within` is where the request has its fields.
fn judged(new: &Quantification, within: &str) -> Outcome<i64> {
    let refused = |wrong: &quantify::Violations, within: &str| {
        let violation = |one: &quantify::Violation| Violation {
            field: format!("{within}{}", one.field),
            description: format!("{}: {}", one.problem, one.remedy),
        };
        Fault::violations(wrong.list().iter().map(violation).collect())
    };
    let model = quantify::Model::from_yaml(&new.model).map_err(|wrong| refused(&wrong, &format!("{within}model.")))?;
    figures::settings(new).check(&model).map_err(|wrong| refused(&wrong, within))?;
    i64::try_from(model.scenario_ids().count()).map_err(Fault::defect)
}

// === The API ===

#[tonic::async_trait]
impl QuantificationService for Registry {
    async fn create_quantification(
        &self,
        request: Request<CreateQuantificationRequest>,
    ) -> Result<Response<Quantification>, Status> {
        self.quantifications.serve_create(request).await
    }

    async fn quantify_risk(&self, request: Request<QuantifyRiskRequest>) -> Result<Response<Quantification>, Status> {
        let (context, r) = open(request)?;
        reply(self.begin_for_risk(&context, r).await)
    }

    async fn get_quantification(
        &self,
        request: Request<GetQuantificationRequest>,
    ) -> Result<Response<Quantification>, Status> {
        let (context, r) = open(request)?;
        reply(self.quantification(&context, &r.name).await)
    }

    async fn list_quantifications(
        &self,
        request: Request<ListQuantificationsRequest>,
    ) -> Result<Response<ListQuantificationsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.page_of_quantifications(&context, &r).await)
    }

    async fn cancel_quantification(
        &self,
        request: Request<CancelQuantificationRequest>,
    ) -> Result<Response<Quantification>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &Quantification, new: &mut Quantification| {
            in_state("quantification", old.state(), &[State::Queued, State::Running], "cancelled")?;
            new.set_state(State::Cancelled);
            new.state_reason.clone_from(&r.reason);
            new.end_time = timestamp(context.clock.now());
            Ok(())
        };
        reply(self.quantifications.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn compose_model(
        &self,
        request: Request<ComposeModelRequest>,
    ) -> Result<Response<ComposeModelResponse>, Status> {
        let (context, r) = open(request)?;
        reply(self.compose(&context, &r).await)
    }

    async fn delete_quantification(
        &self,
        request: Request<DeleteQuantificationRequest>,
    ) -> Result<Response<()>, Status> {
        self.quantifications.serve_delete(request).await
    }
}

impl Registry {
    /// Begins a quantification of a risk, by the model given or that of its last one.
    async fn begin_for_risk(&self, context: &Context, r: QuantifyRiskRequest) -> Outcome<Quantification> {
        let risk = self.risks.get(context, &r.name).await?;
        let organization = crate::organization_of(&risk.name).to_owned();
        let mut tx = self.database.begin(context).await?;
        let (model, currency_code) = if r.model.is_empty() {
            let last = self.newest(&organization, Some(&[risk.name.as_str()]), "").await?.into_iter().next();
            let last = last.ok_or_else(|| model_missing(&risk.name, "model"))?;
            (last.model, last.currency_code)
        } else {
            (r.model, r.currency_code)
        };
        let new = Quantification {
            display_name: risk.display_name,
            risk: risk.name,
            model,
            currency_code,
            years: r.years,
            seed: r.seed,
            ..Quantification::default()
        };
        judged(&new, "")?;
        let drafts = vec![(context.clock.id(), new)];
        let made = self.quantifications.create_in(&mut tx, &organization, drafts).await?;
        tx.commit().await?;
        made.into_iter().next().ok_or_else(|| Fault::defect("a creation created nothing"))
    }

    /// The newest quantification of each of some risks, or of every risk, in a state or in any (empty). At most one more than [`MOST`] of them.
    pub(crate) async fn newest(
        &self,
        organization: &str,
        risks: Option<&[&str]>,
        state: &str,
    ) -> Outcome<Vec<Quantification>> {
        // Which they are, before any is read: each holds its curves.
        let mut sql = self.database.sql("SELECT risk, id FROM quantification WHERE risk <> '' AND organization = ");
        sql.bind(organization);
        if let Some(risks) = risks {
            sql.push(" AND ").is_in("risk", risks);
        }
        if !state.is_empty() {
            sql.push(" AND state = ").bind(state);
        }
        sql.push(" ORDER BY create_time, id");
        let mut newest: BTreeMap<String, String> = BTreeMap::new();
        for row in self.database.rows(sql).await? {
            let risk = row.try_get_by_index(0).map_err(Fault::defect)?;
            newest.insert(risk, row.try_get_by_index(1).map_err(Fault::defect)?);
        }
        let ids: Vec<&str> = newest.values().map(String::as_str).take(MOST.saturating_add(1)).collect();
        let chosen = |sql: &mut store::Sql| {
            sql.is_in("id", &ids);
        };
        self.quantifications.find(organization, chosen).await
    }

    /// A quantification; one that is running with how far it is at this moment.
    async fn quantification(&self, context: &Context, name: &str) -> Outcome<Quantification> {
        let mut got = vec![self.quantifications.get(context, name).await?];
        runner::tell_progress(&self.database, &mut got).await?;
        got.pop().ok_or_else(|| Fault::defect("what was read is gone"))
    }

    /// A page of them; those that are running with how far they are at this moment.
    async fn page_of_quantifications(
        &self,
        context: &Context,
        r: &ListQuantificationsRequest,
    ) -> Outcome<ListQuantificationsResponse> {
        let mut page = self.quantifications.list(context, r.query()).await?;
        runner::tell_progress(&self.database, &mut page.items).await?;
        Ok(ListQuantificationsResponse { quantifications: page.items, next_page_token: page.next_page_token })
    }
}

/// Of a risk that was never quantified. `field` is where the request names it, or has a model for it.
fn model_missing(risk: &str, field: &str) -> Box<Fault> {
    let message = format!(
        "{risk} was never quantified, so there is no model to take again: quantify it with one in `model` (see docs/quantify.md)"
    );
    Fault::precondition(ErrorReason::QuantificationModelMissing, message).with("risk", risk).on(field.to_owned())
}
