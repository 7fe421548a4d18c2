//! Holds events to what the common event format demands.

use std::net::{Ipv4Addr, Ipv6Addr};

use jsonschema::Validator;
use serde_json::Value;

use crate::alarms::words;
use crate::text;

/// What the common event format demands of an event, as far as this reader leans on it. Written for this reader; names and values are those of
/// VES 7.
const SCHEMA: &str = include_str!("schema.json");

/// The rules, ready for use.
pub(super) struct Check {
    /// Nothing where the rules themselves are wrong, which a test rules out: then no event passes.
    rules: Option<Validator>,
}

impl Check {
    pub(super) fn new() -> Self {
        let rules = serde_json::from_str::<Value>(SCHEMA).ok().and_then(|schema| {
            jsonschema::draft7::options()
                .with_format("IPv4 address", |text: &str| text.parse::<Ipv4Addr>().is_ok())
                .with_format("IPv6 address", is_v6)
                // Editions of 3GPP write them differently: `Environmental Alarm`, `ENVIRONMENTAL_ALARM`.
                .with_format("severity", |text: &str| words::severity(text).is_some())
                .with_format("type of alarm", |text: &str| words::alarm_type(text).is_some())
                .should_validate_formats(true)
                .build(&schema)
                .ok()
        });
        Self { rules }
    }

    /// The first rule that an event breaks: the field, by its path, and what is wrong with it.
    pub(super) fn first(&self, event: &Value) -> Option<(String, String)> {
        let Some(rules) = &self.rules else {
            return Some((String::new(), "the rules for events cannot be read".to_owned()));
        };
        let mut errors = rules.iter_errors(event);
        let first = errors.next()?;
        let more = match errors.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let field = text::line(&first.instance_path().to_string().trim_start_matches('/').replace('/', "."), 200);
        let at = if field.is_empty() { String::new() } else { format!("`{field}`: ") };
        let problem = text::line(&first.to_string(), 300);
        let message = format!("{at}{problem}{more}; VES 7 demands it: mend it in the source and send it again");
        // What is missing in the event itself is a matter of the header.
        let field = if field.is_empty() { "commonEventHeader".to_owned() } else { field };
        Some((field, message))
    }
}

/// Whether it is an IPv6 address, with a zone or without.
fn is_v6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "-"));
    !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_can_be_read() {
        assert!(Check::new().rules.is_some());
    }
}
