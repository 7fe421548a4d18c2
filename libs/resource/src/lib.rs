//! The AIP vocabulary with no I/O: names, ids, field masks, etags, page tokens, order-by, filters.
//!
//! Everything here is a plain function over values: no clock, no database, no network. Whatever a caller can send is
//! answered with a value or a [`Problem`], never with a panic.

pub mod behavior;
pub mod etag;
pub mod filter;
pub mod id;
pub mod mask;
pub mod name;
pub mod order;
pub mod problem;
pub mod token;

pub use behavior::{Behaviors, behaviors};
pub use filter::{Comparison, Condition, FieldType, FilterField, Literal, Match, parse_filter};
pub use id::new_id;
pub use name::{
    Name, Parent, id_of, id_of_key, organization_of, parent_of, parse_parent, parse_parent_of, valid_id, written,
};
pub use order::{OrderTerm, parse_order};
pub use problem::Problem;
pub use token::Sealer;

/// The field's name as the protos write it: `display_name` for `displayName`. A name without capitals stays as it is.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// Whether `given` is the field `name` (which is in snake_case), in snake_case or in the camelCase of its JSON.
pub(crate) fn same_field(name: &str, given: &str) -> bool {
    if name == given {
        return true;
    }
    let mut given = given.chars();
    let mut raise = false;
    for character in name.chars() {
        if character == '_' {
            raise = true;
            continue;
        }
        let expected = if raise { character.to_ascii_uppercase() } else { character };
        raise = false;
        if given.next() != Some(expected) {
            return false;
        }
    }
    given.next().is_none()
}
