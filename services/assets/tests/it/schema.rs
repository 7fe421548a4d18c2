//! Migrations lead to exactly the tables the resources ask for.

#[test]
fn migrations_lead_to_what_the_resources_ask_for() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let migrated: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for table in assets::tables().tables() {
        assert!(
            migrated.contains(&table.ddl),
            "no migration makes the table {} as it is asked for:\n{}",
            table.name,
            table.ddl
        );
    }
}

/// What the proto says callers cannot set is exactly what the engine clears.
fn clears_what_is_output_only<R: store::Resource>() {
    use prost::{Message as _, Name as _};
    use prost_reflect::{DynamicMessage, Kind, Value};
    let descriptor = wire::pool().get_message_by_name(&R::Message::full_name()).unwrap();
    let behaviors = wire::pool().get_extension_by_name("google.api.field_behavior").unwrap();
    let mut full = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields().filter(|field| !field.is_list() && !field.is_map()) {
        let value = match field.kind() {
            Kind::String => Value::String("x".to_owned()),
            Kind::Bool => Value::Bool(true),
            Kind::Double => Value::F64(1.0),
            Kind::Int32 => Value::I32(1),
            Kind::Int64 => Value::I64(1),
            Kind::Enum(_) => Value::EnumNumber(1),
            Kind::Message(inner) => Value::Message(DynamicMessage::new(inner)),
            _ => continue,
        };
        full.set_field(&field, value);
    }
    let mut message = R::Message::decode(full.encode_to_vec().as_slice()).unwrap();
    R::clear_output(&mut message);
    let cleared = DynamicMessage::decode(descriptor.clone(), message.encode_to_vec().as_slice()).unwrap();
    for field in descriptor.fields().filter(|field| full.has_field(field)) {
        let options = field.options();
        let said = options
            .get_extension(&behaviors)
            .as_list()
            .is_some_and(|list| list.iter().any(|value| value.as_enum_number() == Some(3)));
        assert_eq!(!cleared.has_field(&field), said, "{}", field.full_name());
    }
}

#[test]
fn output_only_fields_are_not_the_callers_to_set() {
    clears_what_is_output_only::<assets::asset::Assets>();
    clears_what_is_output_only::<assets::asset_policy::AssetPolicies>();
    clears_what_is_output_only::<assets::asset_type::AssetTypes>();
    clears_what_is_output_only::<assets::change_request::ChangeRequests>();
    clears_what_is_output_only::<assets::dependency::Dependencies>();
    clears_what_is_output_only::<assets::site::Sites>();
}
