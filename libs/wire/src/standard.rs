//! What the requests of standard methods have in common (AIP-131 to AIP-135), and what all enums have. The `impl`s are generated.

/// A request for one resource by name (AIP-131).
pub trait GetRequest {
    /// The resource's name.
    fn name(&self) -> &str;
}

/// A request for a page of resources (AIP-132).
pub trait ListRequest {
    /// What is listed.
    type Resource;
    /// What holds a page.
    type Response;

    /// What to list.
    fn query(&self) -> ListQuery<'_>;

    /// A page as a response.
    fn response(items: Vec<Self::Resource>, next_page_token: String) -> Self::Response;
}

/// What to list, as a request says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListQuery<'a> {
    /// Whose: `organizations/{organization}`.
    pub parent: &'a str,
    /// How many at most: 0 is read as 50, more than 1000 as 1000.
    pub page_size: i32,
    /// Where to go on.
    pub page_token: &'a str,
    /// An AIP-160 filter.
    pub filter: &'a str,
    /// An AIP-132 order.
    pub order_by: &'a str,
}

/// A request to create a resource (AIP-133).
pub trait CreateRequest {
    /// What is created.
    type Resource;

    /// The parent, the id (empty where the service makes one) and the resource.
    fn into_parts(self) -> (String, String, Option<Self::Resource>);
}

/// A request to update a resource (AIP-134).
pub trait UpdateRequest {
    /// What is updated.
    type Resource;

    /// The resource and the fields to change.
    fn into_parts(self) -> (Option<Self::Resource>, Option<prost_types::FieldMask>);
}

/// A request to delete a resource (AIP-135).
pub trait DeleteRequest {
    /// The resource's name.
    fn name(&self) -> &str;

    /// The etag last read; empty skips the check.
    fn etag(&self) -> &str;
}

/// An enum of the API.
pub trait Choice: Copy + PartialEq + Into<i32> {
    /// The proto name and number of each of its values.
    const VALUES: &'static [(&'static str, i32)];

    /// The proto name.
    fn text(self) -> &'static str {
        let number: i32 = self.into();
        Self::VALUES.iter().find(|(_, known)| *known == number).map_or("", |(name, _)| name)
    }
}
