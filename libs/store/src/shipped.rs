//! What ships with the program: read by every organization among its own, changed by nobody.
//!
//! It is kept in memory alone: the program is its provenance, and a new version of the program brings a new version of it
//! without touching any database.

use std::collections::BTreeMap;

use fault::{Fault, Outcome};
use tonic::Code;
use wire::fault::v1::ErrorReason;

use crate::Resource;

/// The messages of one kind that ship, by the id within the organization (`x1051-2023`, `x1051-2023/5.7`).
#[derive(Debug)]
pub struct Shipped<M> {
    messages: BTreeMap<String, M>,
}

impl<M> Shipped<M> {
    /// Nothing ships.
    pub const NONE: Self = Self { messages: BTreeMap::new() };

    /// The message with an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&M> {
        self.messages.get(id)
    }

    /// All messages with their ids, in the order of these.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &M)> {
        self.messages.iter().map(|(id, message)| (id.as_str(), message))
    }

    /// The messages that are kept within a resource, with their ids.
    pub fn within(&self, id: &str) -> impl Iterator<Item = (&str, &M)> {
        // '0' follows '/'.
        let range = format!("{id}/")..format!("{id}0");
        self.messages.range(range).map(|(id, message)| (id.as_str(), message))
    }
}

impl<M> FromIterator<(String, M)> for Shipped<M> {
    fn from_iter<T: IntoIterator<Item = (String, M)>>(messages: T) -> Self {
        Self { messages: messages.into_iter().collect() }
    }
}

/// A shipped message as one organization sees it.
pub(crate) fn placed<R: Resource>(message: &R::Message, organization: &str, id: &str) -> R::Message {
    let mut message = message.clone();
    R::shipped_to(&mut message, organization);
    let head = R::head(&mut message);
    *head.name = resource::written(organization, R::COLLECTION, id);
    *head.etag = resource::etag::etag(0);
    message
}

/// Refuses to write what ships, or into it.
///
/// # Errors
/// `RESOURCE_SHIPPED`.
pub(crate) fn refuse_shipped<R: Resource>(organization: &str, id: &str) -> Outcome<()> {
    let shipped = R::shipped();
    let within = id.rsplit_once('/').filter(|(within, _)| shipped.within(within).next().is_some());
    let name = match (shipped.get(id), within) {
        (Some(_), _) => resource::written(organization, R::COLLECTION, id),
        (None, Some(_)) => resource::parent_of(&resource::written(organization, R::COLLECTION, id)).to_owned(),
        (None, None) => return Ok(()),
    };
    let message = format!("{name} ships with Telwarden and is not changed: make one of your own, with another id");
    Err(Fault::new(Code::FailedPrecondition, ErrorReason::ResourceShipped, message).with("name", name))
}
