//! Insurers: who bears a part of what happens, and what is known of how they pay (ITU-T X.1061, 12 and 14).

use access::Context;
use fault::{Fault, Outcome};
use store::{Referrer, Rules, Side, open, reply};
use tonic::{Request, Response, Status};
use wire::fault::v1::ErrorReason as House;
use wire::risk::v1::describe_insurance_words_response::Word;
use wire::risk::v1::insurer_service_server::InsurerService;
use wire::risk::v1::{
    CreateInsurerRequest, DeleteInsurerRequest, DescribeInsuranceWordsRequest, DescribeInsuranceWordsResponse,
    GetInsurerRequest, Insurer, ListInsurersRequest, ListInsurersResponse, UpdateInsurerRequest,
};

use crate::Registry;
use crate::insurance::words::words;

// === The table ===

/// All insurers.
pub struct Insurers;

impl store::Resource for Insurers {
    type Message = Insurer;
    const TABLE: &'static str = "insurer";
    const COLLECTION: &'static str = "insurers";

    fn columns() -> &'static [store::Column<Insurer>] {
        store::columns![Insurer; display_name: text order search, rating: text, country_code: text]
    }

    fn sides() -> &'static [Side<Insurer>] {
        store::sides![Insurer; labels: map "insurer_label"]
    }

    fn referrers() -> &'static [Referrer] {
        const POLICIES: Referrer = Referrer {
            what: "insurance policies",
            table: "insurance_policy",
            column: "insurer",
            filter: "insurer=",
            by_id: false,
        };
        const QUESTIONNAIRES: Referrer = Referrer {
            what: "questionnaires",
            table: "insurer_questionnaire",
            column: "insurer",
            filter: "insurer=",
            by_id: false,
        };
        const { &[POLICIES, QUESTIONNAIRES] }
    }

    store::head!(Insurer;);
}

// === The rules ===

impl Rules for Insurers {
    type Needs = ();

    fn check(_: &Context, (): &(), new: &mut Insurer) -> Outcome<()> {
        let Some(record) = new.claim_record.as_ref().filter(|record| record.paid_claims > record.claims) else {
            return Ok(());
        };
        let message =
            format!("{} claims paid of {} known: no more are paid than there are", record.paid_claims, record.claims);
        Err(Fault::invalid(House::FieldInvalid, message).on("insurer.claim_record.paid_claims"))
    }
}

/// The words of insurance as callers see them.
fn told() -> DescribeInsuranceWordsResponse {
    let words = words();
    let word = |key: &str, label: &str, clause: &str| Word {
        key: key.to_owned(),
        label: label.to_owned(),
        clause: clause.to_owned(),
        ..Word::default()
    };
    DescribeInsuranceWordsResponse {
        edition: words.edition.clone(),
        coverages: words
            .coverage
            .iter()
            .map(|one| Word { party: one.party.clone(), ..word(&one.key, &one.label, &one.clause) })
            .collect(),
        exclusions: words
            .exclusion
            .iter()
            .map(|one| Word {
                meets: one.excludes.clone(),
                unclear: one.unclear.clone(),
                ..word(&one.key, &one.label, &one.clause)
            })
            .collect(),
        cost_types: words
            .cost_type
            .iter()
            .map(|one| Word {
                provisional: one.provisional,
                meets: Some(one.coverage.clone()).filter(|kind| !kind.is_empty()).into_iter().collect(),
                ..word(&one.key, &one.label, &one.clause)
            })
            .collect(),
        perils: words
            .peril
            .iter()
            .map(|one| Word { provisional: true, meets: one.cost_types.clone(), ..word(&one.key, &one.label, "") })
            .collect(),
    }
}

// === The API ===

#[tonic::async_trait]
impl InsurerService for Registry {
    async fn create_insurer(&self, request: Request<CreateInsurerRequest>) -> Result<Response<Insurer>, Status> {
        self.insurers.serve_create(request).await
    }

    async fn get_insurer(&self, request: Request<GetInsurerRequest>) -> Result<Response<Insurer>, Status> {
        self.insurers.serve_get(request).await
    }

    async fn list_insurers(
        &self,
        request: Request<ListInsurersRequest>,
    ) -> Result<Response<ListInsurersResponse>, Status> {
        self.insurers.serve_list(request).await
    }

    async fn update_insurer(&self, request: Request<UpdateInsurerRequest>) -> Result<Response<Insurer>, Status> {
        self.insurers.serve_update(request).await
    }

    async fn delete_insurer(&self, request: Request<DeleteInsurerRequest>) -> Result<Response<()>, Status> {
        self.insurers.serve_delete(request).await
    }

    async fn describe_insurance_words(
        &self,
        request: Request<DescribeInsuranceWordsRequest>,
    ) -> Result<Response<DescribeInsuranceWordsResponse>, Status> {
        let (context, r) = open(request)?;
        reply(crate::enter(&context, &r.parent, "parent").map(|_| told()))
    }
}
