//! The standard methods (AIP-131 to AIP-135), from request to reply. A handler of one is one line.

use access::Context;
use fault::Outcome;
use tonic::{Request, Response, Status};
use wire::{CreateRequest, DeleteRequest, GetRequest, ListRequest, UpdateRequest, Validate};

use crate::{Collection, Rules, open};

impl<R: Rules> Collection<R> {
    /// Answers Get.
    ///
    /// # Errors
    /// As [`Collection::get`]; `FIELD_INVALID` with every violation at once, as all of these.
    pub async fn serve_get<Q>(&self, request: Request<Q>) -> Result<Response<R::Message>, Status>
    where
        Q: GetRequest + Validate,
    {
        let (context, request) = open(request)?;
        reply(self.get(&context, request.name()).await)
    }

    /// Answers List.
    ///
    /// # Errors
    /// As [`Collection::list`].
    pub async fn serve_list<Q>(&self, request: Request<Q>) -> Result<Response<Q::Response>, Status>
    where
        Q: ListRequest<Resource = R::Message> + Validate,
    {
        let (context, request) = open(request)?;
        let page = self.list(&context, request.query()).await;
        reply(page.map(|page| Q::response(page.items, page.next_page_token)))
    }

    /// Answers Create.
    ///
    /// # Errors
    /// As [`Collection::create`].
    pub async fn serve_create<Q>(&self, request: Request<Q>) -> Result<Response<R::Message>, Status>
    where
        Q: CreateRequest<Resource = R::Message> + Validate,
    {
        let (context, request) = open(request)?;
        let (parent, id, message) = request.into_parts();
        reply(self.create(&context, &parent, &id, message).await)
    }

    /// Answers Update. What the resource becomes is checked, not what the request has of it: that may be a part.
    ///
    /// # Errors
    /// As [`Collection::update`].
    pub async fn serve_update<Q>(&self, request: Request<Q>) -> Result<Response<R::Message>, Status>
    where
        Q: UpdateRequest<Resource = R::Message>,
    {
        let context = Context::of(&request)?;
        let (message, mask) = request.into_inner().into_parts();
        reply(self.update(&context, message, mask).await)
    }

    /// Answers Delete.
    ///
    /// # Errors
    /// As [`Collection::delete`].
    pub async fn serve_delete<Q>(&self, request: Request<Q>) -> Result<Response<()>, Status>
    where
        Q: DeleteRequest + Validate,
    {
        let (context, request) = open(request)?;
        reply(self.delete(&context, request.name(), request.etag()).await)
    }
}

/// How a handler's outcome becomes a reply.
///
/// # Errors
/// The fault, as callers hear it.
pub fn reply<T>(outcome: Outcome<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}
