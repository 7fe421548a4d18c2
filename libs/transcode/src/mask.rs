//! Field masks of PATCH requests.

use prost_reflect::{Kind, MessageDescriptor};
use serde_json::{Map, Value as Json};

use crate::json::{field_named, snake_case};

/// The mask of a PATCH that names none: the fields present in the body, in proto names.
///
/// Nested messages are followed down to the fields given in them; lists, maps, and messages that JSON writes as one value are taken
/// whole, and so is a message given as `null` or `{}`. A resource's own name and etag say which resource and version is meant, not
/// what is to change, so they stay out. Unknown keys are left to the binding of the body, which refuses them.
pub(crate) fn of_body(message: &MessageDescriptor, body: &Map<String, Json>) -> Vec<String> {
    let mut paths = Vec::new();
    collect(message, body, "", &mut paths);
    paths.retain(|path| path != "name" && path != "etag");
    paths
}

fn collect(message: &MessageDescriptor, body: &Map<String, Json>, prefix: &str, paths: &mut Vec<String>) {
    for (key, value) in body {
        let Some(field) = field_named(message, key) else { continue };
        let path = if prefix.is_empty() { field.name().to_owned() } else { format!("{prefix}.{}", field.name()) };
        match (&field.kind(), value) {
            (Kind::Message(nested), Json::Object(fields))
                if !field.is_map() && !field.is_list() && !fields.is_empty() && is_plain(nested) =>
            {
                collect(nested, fields, &path, paths);
            }
            _ => paths.push(path),
        }
    }
}

/// Whether JSON writes the message as an object of its fields.
fn is_plain(message: &MessageDescriptor) -> bool {
    message.package_name() != "google.protobuf"
}

/// A path of a mask as the caller wrote it, in proto names: each part is looked up, so that `displayName` and `display_name` both do.
/// What follows a map is a key and stays as it is; what is unknown stays too, so that the service names it as the caller wrote it.
pub(crate) fn proto_path(message: &MessageDescriptor, path: &str) -> String {
    let mut parts = Vec::new();
    let mut at = Some(message.clone());
    for part in path.split('.') {
        let field = at.as_ref().and_then(|message| field_named(message, part));
        parts.push(field.as_ref().map_or_else(|| part.to_owned(), |field| field.name().to_owned()));
        at = field.filter(|field| !field.is_map()).and_then(|field| field.kind().as_message().cloned());
    }
    parts.join(".")
}

/// The paths of a mask given in a query, for the message it is about where that is known.
pub(crate) fn of_text(about: Option<&MessageDescriptor>, text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .map(|path| about.map_or_else(|| snake_case(path), |message| proto_path(message, path)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset() -> MessageDescriptor {
        wire::pool().get_message_by_name("telwarden.assets.v1.Asset").unwrap()
    }

    #[test]
    fn the_keys_of_the_body_are_the_mask() {
        let table: &[(&str, &[&str])] = &[
            (r#"{}"#, &[]),
            (r#"{"displayName":"x"}"#, &["display_name"]),
            (r#"{"display_name":"","owner":null}"#, &["display_name", "owner"]),
            (r#"{"name":"n","etag":"\"1\"","owner":"o"}"#, &["owner"]),
            (r#"{"labels":{"a":"b"},"externalIds":[{"system":"s"}]}"#, &["external_ids", "labels"]),
            (
                r#"{"maintenance":{"window":"w","nextTime":"2026-01-01T00:00:00Z"}}"#,
                &["maintenance.next_time", "maintenance.window"],
            ),
            (r#"{"maintenance":{}}"#, &["maintenance"]),
            (r#"{"maintenance":null}"#, &["maintenance"]),
            (r#"{"verifyTime":"2026-01-01T00:00:00Z"}"#, &["verify_time"]),
        ];
        for (body, want) in table {
            let body: Map<String, Json> = serde_json::from_str(body).unwrap();
            let mut got = of_body(&asset(), &body);
            got.sort();
            assert_eq!(got, *want, "{body:?}");
        }
    }

    #[test]
    fn masks_in_either_spelling() {
        let table = [
            ("displayName,owner", "display_name,owner"),
            ("display_name", "display_name"),
            ("maintenance.nextTime", "maintenance.next_time"),
            ("labels.costCentre", "labels.costCentre"),
            ("*", "*"),
            ("noSuchField", "noSuchField"),
            (" owner , site ,", "owner,site"),
        ];
        for (text, want) in table {
            assert_eq!(of_text(Some(&asset()), text).join(","), want, "{text}");
        }
        assert_eq!(of_text(None, "displayName.fooBar"), ["display_name.foo_bar"]);
    }
}
