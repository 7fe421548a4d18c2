//! Silent cover reviews: what policies that are not meant for cyber risks say of each cyber peril (ITU-T X.1061, 11).
//!
//! Cover that is silent may be there, and may be denied; the review says of each peril whether the policy affirms it, excludes it, or says nothing. What
//! the terms say that are kept here can be suggested; the wording has to be read all the same. Reading needs `readRestricted`.

mod rules;

use access::Context;
use fault::Outcome;
use store::{Life as _, Reference, Side, in_state, open, reply, timestamp};
use tonic::{Request, Response, Status};
use wire::risk::v1::silent_cover_review::State;
use wire::risk::v1::silent_cover_review_service_server::SilentCoverReviewService;
use wire::risk::v1::{
    CompleteSilentCoverReviewRequest, CreateSilentCoverReviewRequest, DeleteSilentCoverReviewRequest,
    GetSilentCoverReviewRequest, ListSilentCoverReviewsRequest, ListSilentCoverReviewsResponse,
    ReopenSilentCoverReviewRequest, SilentCoverReview, SuggestSilentCoverReviewRequest, UpdateSilentCoverReviewRequest,
};

use crate::insurance_policy::InsurancePolicies;
use crate::{Registry, id_of, organization_of};

const NOUN: &str = "silent cover review";

// === The table ===

/// All silent cover reviews.
pub struct SilentCoverReviews;

impl store::Resource for SilentCoverReviews {
    type Message = SilentCoverReview;
    const TABLE: &'static str = "silent_cover_review";
    const COLLECTION: &'static str = "silentCoverReviews";

    fn columns() -> &'static [store::Column<SilentCoverReview>] {
        store::columns![SilentCoverReview;
            display_name: text order search, policy: text index, reviewer: text, next_review_time: time order,
            silent_perils: integer order, state: choice(State) order,
        ]
    }

    fn sides() -> &'static [Side<SilentCoverReview>] {
        store::sides![SilentCoverReview; labels: map "silent_cover_review_label"]
    }

    fn references() -> &'static [Reference<SilentCoverReview>] {
        store::references![SilentCoverReview; policy: InsurancePolicies]
    }

    store::head!(SilentCoverReview; open_perils, silent_perils, complete_time, completer, state, state_reason, state_time);
}

store::life!(SilentCoverReviews; State, NOUN);

impl Registry {
    /// Fills in what the terms of the policy say of the perils that nothing is said of yet.
    async fn suggest_silent_cover(
        &self,
        context: &Context,
        r: &SuggestSilentCoverReviewRequest,
    ) -> Outcome<SilentCoverReview> {
        let review = self.silent_cover_reviews.get(context, &r.name).await?;
        let mut tx = self.database.begin(context).await?;
        let policies =
            self.insurance_policies.load(&mut tx, organization_of(&r.name), &[id_of(&review.policy)]).await?;
        let rule = |_: &Context, old: &SilentCoverReview, new: &mut SilentCoverReview| {
            in_state(NOUN, old.state(), &[State::Open], "given suggestions")?;
            if let Some(policy) = policies.first() {
                rules::suggest(policy, new);
            }
            Ok(())
        };
        let changed = self.silent_cover_reviews.change_in(&mut tx, &r.name, &r.etag, rule).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

// === The API ===

#[tonic::async_trait]
impl SilentCoverReviewService for Registry {
    async fn create_silent_cover_review(
        &self,
        request: Request<CreateSilentCoverReviewRequest>,
    ) -> Result<Response<SilentCoverReview>, Status> {
        self.silent_cover_reviews.serve_create(request).await
    }

    async fn get_silent_cover_review(
        &self,
        request: Request<GetSilentCoverReviewRequest>,
    ) -> Result<Response<SilentCoverReview>, Status> {
        self.silent_cover_reviews.serve_get(request).await
    }

    async fn list_silent_cover_reviews(
        &self,
        request: Request<ListSilentCoverReviewsRequest>,
    ) -> Result<Response<ListSilentCoverReviewsResponse>, Status> {
        self.silent_cover_reviews.serve_list(request).await
    }

    async fn update_silent_cover_review(
        &self,
        request: Request<UpdateSilentCoverReviewRequest>,
    ) -> Result<Response<SilentCoverReview>, Status> {
        self.silent_cover_reviews.serve_update(request).await
    }

    async fn delete_silent_cover_review(
        &self,
        request: Request<DeleteSilentCoverReviewRequest>,
    ) -> Result<Response<()>, Status> {
        self.silent_cover_reviews.serve_delete(request).await
    }

    async fn suggest_silent_cover_review(
        &self,
        request: Request<SuggestSilentCoverReviewRequest>,
    ) -> Result<Response<SilentCoverReview>, Status> {
        let (context, r) = open(request)?;
        reply(self.suggest_silent_cover(&context, &r).await)
    }

    async fn complete_silent_cover_review(
        &self,
        request: Request<CompleteSilentCoverReviewRequest>,
    ) -> Result<Response<SilentCoverReview>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &SilentCoverReview, new: &mut SilentCoverReview| {
            in_state(NOUN, old.state(), &[State::Open], "completed")?;
            rules::complete(old)?;
            let now = context.clock.now();
            SilentCoverReviews::enter(new, State::Completed, &r.reason, now);
            new.complete_time = timestamp(now);
            new.completer.clone_from(&context.caller.subject);
            Ok(())
        };
        reply(self.silent_cover_reviews.change(&context, &r.name, &r.etag, rule).await)
    }

    async fn reopen_silent_cover_review(
        &self,
        request: Request<ReopenSilentCoverReviewRequest>,
    ) -> Result<Response<SilentCoverReview>, Status> {
        let (context, r) = open(request)?;
        let rule = |context: &Context, old: &SilentCoverReview, new: &mut SilentCoverReview| {
            in_state(NOUN, old.state(), &[State::Completed], "reopened")?;
            SilentCoverReviews::enter(new, State::Open, &r.reason, context.clock.now());
            new.complete_time = None;
            new.completer.clear();
            Ok(())
        };
        reply(self.silent_cover_reviews.change(&context, &r.name, &r.etag, rule).await)
    }
}
