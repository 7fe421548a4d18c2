//! What is wrong with a piece of text or a message that a caller sent, and what to do about it.

use thiserror::Error;
use wire::fault::v1::ErrorReason;

/// The longest piece of a caller's text that a message repeats, in characters.
const MOST_SHOWN: usize = 80;

/// The most names that a message lists.
const MOST_LISTED: usize = 64;

/// What is wrong with what a caller sent. The message is a sentence that says what to do instead.
///
/// Text of the caller is repeated at most 80 characters long, with control characters escaped.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A resource name does not have the expected form.
    #[error("{text:?} is not a name of the form {pattern:?}: {rule}")]
    InvalidName {
        /// What was sent, shortened.
        text: String,
        /// The form it should have had: `organizations/{organization}/assets/{asset}`.
        pattern: String,
        /// What makes a name good.
        rule: &'static str,
    },
    /// The parent is not what the resources are kept in, an organization for most.
    #[error("{text:?} is not a parent of the form {pattern:?}: {rule}")]
    InvalidParent {
        /// What was sent, shortened.
        text: String,
        /// The form it should have had: `organizations/{organization}`.
        pattern: String,
        /// What makes a parent good.
        rule: &'static str,
    },
    /// An id has letters it may not have, or is too long or empty.
    #[error("{text:?} is not an id: {rule}")]
    InvalidId {
        /// What was sent, shortened.
        text: String,
        /// What makes an id good.
        rule: &'static str,
    },
    /// A path of a field mask names no field.
    #[error("the mask path {path:?} names no field of {message}: use the fields of {message}, such as {example:?}")]
    UnknownPath {
        /// The path, shortened.
        path: String,
        /// The message the last good segment stands in: `Asset`.
        message: String,
        /// A field there is.
        example: String,
    },
    /// A path of a field mask cannot be followed.
    #[error("the mask path {path:?} cannot be followed: {cause}")]
    InvalidPath {
        /// The path, shortened.
        path: String,
        /// Why, and what to do.
        cause: &'static str,
    },
    /// A field that is set once was given another value.
    #[error(
        "the field {field:?} is set when the resource is created and cannot be changed: leave it out, or send the value it has"
    )]
    Immutable {
        /// The field, as a path of proto names.
        field: String,
    },
    /// Two messages of different types were to be merged: a mistake in our code, not of the caller.
    #[error("a {found} cannot be merged into a {expected}")]
    MessageMismatch {
        /// The full name of the type there was.
        expected: String,
        /// The full name of the type that came.
        found: String,
    },
    /// The filter does not follow the grammar, or is too long, too deep or has too many terms.
    #[error("the filter is wrong at position {position}: {cause}")]
    InvalidFilter {
        /// Where in the filter, in bytes from 0.
        position: usize,
        /// What is wrong there and what to write instead.
        cause: String,
    },
    /// The filter names a field that cannot be filtered by.
    #[error("the filter names {field:?} at position {position}, which cannot be filtered by: use {known}")]
    UnknownFilterField {
        /// Where in the filter, in bytes from 0.
        position: usize,
        /// What was named, shortened.
        field: String,
        /// The fields that can be filtered by, as a list to read.
        known: String,
    },
    /// The filter compares a field with a value of the wrong type, or in a way that its type does not have.
    #[error("the filter compares {field:?} at position {position} with {found}: {expected}")]
    InvalidFilterValue {
        /// Where in the filter, in bytes from 0.
        position: usize,
        /// The field.
        field: String,
        /// What was written, shortened.
        found: String,
        /// What is expected, as a sentence.
        expected: String,
    },
    /// The order cannot be understood.
    #[error("the order is wrong at {term:?}: {cause}")]
    InvalidOrder {
        /// The term at fault, shortened.
        term: String,
        /// What is wrong and what to write instead.
        cause: String,
    },
    /// The page token was not made by this service for this query.
    #[error(
        "the page token was not made for this query: send the next_page_token of the page before, with all other fields unchanged, or start again without a token"
    )]
    InvalidPageToken,
}

impl Problem {
    /// The reason in the error index.
    #[must_use]
    pub fn reason(&self) -> ErrorReason {
        match self {
            Self::InvalidName { .. } | Self::InvalidParent { .. } | Self::InvalidId { .. } => ErrorReason::FieldInvalid,
            Self::UnknownPath { .. } | Self::InvalidPath { .. } => ErrorReason::MaskInvalid,
            Self::Immutable { .. } => ErrorReason::FieldImmutable,
            Self::MessageMismatch { .. } => ErrorReason::Defect,
            Self::InvalidFilter { .. } | Self::UnknownFilterField { .. } | Self::InvalidFilterValue { .. } => {
                ErrorReason::FilterInvalid
            }
            Self::InvalidOrder { .. } => ErrorReason::OrderInvalid,
            Self::InvalidPageToken => ErrorReason::PageTokenInvalid,
        }
    }

    /// The field of the request at fault, where this crate can know it: `filter`, `order_by`, `page_token`,
    /// `update_mask`, `parent`, `name`, or the immutable field itself. `None` for an id and for a defect: the caller of
    /// this crate knows which field held the id.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::InvalidName { .. } => Some("name"),
            Self::InvalidParent { .. } => Some("parent"),
            Self::InvalidId { .. } | Self::MessageMismatch { .. } => None,
            Self::UnknownPath { .. } | Self::InvalidPath { .. } => Some("update_mask"),
            Self::Immutable { field } => Some(field),
            Self::InvalidFilter { .. } | Self::UnknownFilterField { .. } | Self::InvalidFilterValue { .. } => {
                Some("filter")
            }
            Self::InvalidOrder { .. } => Some("order_by"),
            Self::InvalidPageToken => Some("page_token"),
        }
    }

    /// The values that the message speaks of, for the `metadata` of `google.rpc.ErrorInfo` (AIP-193).
    /// [`Self::field`] is not among them.
    #[must_use]
    pub fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::InvalidName { text, pattern, .. } | Self::InvalidParent { text, pattern, .. } => {
                vec![("value", text.clone()), ("pattern", pattern.clone())]
            }
            Self::InvalidId { text, .. } => vec![("value", text.clone())],
            Self::UnknownPath { path, message, example } => {
                vec![("path", path.clone()), ("message", message.clone()), ("example", example.clone())]
            }
            Self::InvalidPath { path, .. } => vec![("path", path.clone())],
            Self::MessageMismatch { expected, found } => {
                vec![("expected", expected.clone()), ("found", found.clone())]
            }
            Self::InvalidFilter { position, .. } => vec![("position", position.to_string())],
            Self::UnknownFilterField { position, field, known } => {
                vec![("position", position.to_string()), ("filter_field", field.clone()), ("known", known.clone())]
            }
            Self::InvalidFilterValue { position, field, found, expected } => vec![
                ("position", position.to_string()),
                ("filter_field", field.clone()),
                ("found", found.clone()),
                ("expected", expected.clone()),
            ],
            Self::InvalidOrder { term, .. } => vec![("term", term.clone())],
            Self::Immutable { .. } | Self::InvalidPageToken => Vec::new(),
        }
    }
}

/// The beginning of a caller's text, short enough for a message; says so by an ellipsis where text is missing.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Names as a list to read: `a, b, c`.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut text = names.by_ref().take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    let left = names.count();
    if left > 0 {
        text.push_str(&format!(" and {left} more"));
    }
    text
}
