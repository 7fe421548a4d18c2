//! The grammar of the API (Google's AIPs), checked over the descriptors. An exception is a row here with a reason.

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};

fn methods() -> Vec<MethodDescriptor> {
    let services = wire::pool().services().filter(|service| service.full_name().starts_with("telwarden."));
    services.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

fn messages() -> Vec<MessageDescriptor> {
    let ours =
        |message: &MessageDescriptor| message.package_name().starts_with("telwarden.") && !message.is_map_entry();
    wire::pool().all_messages().filter(ours).collect()
}

fn has_option(options: &prost_reflect::DynamicMessage, name: &str) -> bool {
    options.has_extension(&wire::pool().get_extension_by_name(name).unwrap())
}

#[test]
fn every_method_is_reachable_over_http_unless_it_takes_a_stream() {
    for method in methods() {
        if !method.is_client_streaming() {
            assert!(has_option(&method.options(), "google.api.http"), "{} has no google.api.http", method.full_name());
        }
    }
}

#[test]
fn every_list_pages_filters_and_orders() {
    for method in methods().into_iter().filter(|method| method.name().starts_with("List")) {
        let (input, output) = (method.input(), method.output());
        for field in ["parent", "page_size", "page_token"] {
            assert!(input.get_field_by_name(field).is_some(), "{} lacks {field}", input.full_name());
        }
        assert!(output.get_field_by_name("next_page_token").is_some(), "{}", output.full_name());
        // The ledger has one order, and its own ways to narrow it down.
        if method.name() != "ListChanges" {
            assert!(
                input.get_field_by_name("filter").is_some() && input.get_field_by_name("order_by").is_some(),
                "{}",
                input.full_name()
            );
        }
    }
}

#[test]
fn every_resource_has_a_pattern_an_etag_and_stamps() {
    let resources: Vec<MessageDescriptor> =
        messages().into_iter().filter(|message| has_option(&message.options(), "google.api.resource")).collect();
    assert!(resources.len() >= 6);
    for resource in resources {
        for field in ["name", "etag", "create_time", "update_time"] {
            assert!(resource.get_field_by_name(field).is_some(), "{} lacks {field}", resource.full_name());
        }
        for field in resource.fields() {
            assert!(
                has_option(&field.options(), "google.api.field_behavior"),
                "{} has no field_behavior",
                field.full_name()
            );
        }
    }
}

#[test]
fn every_request_field_says_how_it_behaves() {
    for message in messages().into_iter().filter(|message| message.name().ends_with("Request")) {
        for field in message.fields().filter(|field| field.containing_oneof().is_none()) {
            assert!(
                has_option(&field.options(), "google.api.field_behavior"),
                "{} has no field_behavior",
                field.full_name()
            );
        }
    }
}

#[test]
fn the_zero_of_every_enum_says_nothing() {
    for message in messages() {
        for field in message.fields() {
            let Kind::Enum(kind) = field.kind() else { continue };
            let zero = kind.get_value(0).unwrap();
            assert!(zero.name().ends_with("UNSPECIFIED"), "{}", zero.full_name());
        }
    }
}

#[test]
fn state_is_never_the_callers_to_write() {
    for message in messages() {
        let Some(state) = message.get_field_by_name("state") else { continue };
        assert!(resource_behaviors(&message).contains(&state.name().to_owned()), "{} is writable", state.full_name());
    }
}

fn resource_behaviors(message: &MessageDescriptor) -> Vec<String> {
    let extension = wire::pool().get_extension_by_name("google.api.field_behavior").unwrap();
    let output_only = |field: &prost_reflect::FieldDescriptor| {
        let options = field.options();
        options
            .get_extension(&extension)
            .as_list()
            .is_some_and(|list| list.iter().any(|value| value.as_enum_number() == Some(3)))
    };
    message.fields().filter(output_only).map(|field| field.name().to_owned()).collect()
}
