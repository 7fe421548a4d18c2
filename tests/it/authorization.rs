//! Who may do what: the matrix is a checked-in file, and every method is tried by those who may not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use telwarden::suite;

fn rules() -> access::Rules {
    access::Rules::of(wire::pool(), &suite::grpc_services()).unwrap()
}

fn matrix() -> String {
    let roles = access::shipped_roles();
    let mut out = String::from(
        "Who may call what: a role a column, a method a row. Written by the test `the_matrix_is_the_checked_in_one`.\n\n",
    );
    let names: Vec<&str> = roles.names().map(|(name, _)| name).collect();
    for (index, name) in names.iter().enumerate() {
        let _ = writeln!(out, "{}{name}", "| ".repeat(index));
    }
    for (path, rule) in rules().iter() {
        let cells: Vec<&str> = names
            .iter()
            .map(|name| if roles.allow(&BTreeSet::from([(*name).to_owned()]), &rule.permission) { "x" } else { "." })
            .collect();
        let _ = writeln!(out, "{}   {}  ({})", cells.join(" "), path.trim_start_matches('/'), rule.permission);
    }
    out
}

#[test]
fn the_matrix_is_the_checked_in_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/authorization.txt");
    let held = std::fs::read_to_string(path).unwrap_or_default();
    let made = matrix();
    if held != made && std::env::var_os("TELWARDEN_WRITE").is_some() {
        std::fs::write(path, &made).unwrap();
        return;
    }
    assert!(
        held == made,
        "docs/authorization.txt differs from what the roles give; read the difference, then run with TELWARDEN_WRITE=1:\n{made}"
    );
}

/// Every method of the suite, from outside, through the gateway: without a token, as a stranger to the organization, and in
/// a role that is too small. No list of exceptions exists; a method that cannot be tried fails here.
#[tokio::test(flavor = "multi_thread")]
async fn every_method_refuses_those_who_may_not() {
    let running = crate::story::start().await;
    let roles = access::shipped_roles();
    let mut tried = 0;
    for (path, rule) in rules().iter() {
        let method = path.trim_start_matches('/');
        let json = request(method, &rule.permission, &rule.scope_field);
        let code = |token: Option<String>| call(&running, method, &json, token);
        assert_eq!(code(None).await, tonic::Code::Unauthenticated, "{method} without a token");
        let foreign = running.token("eve", &["elsewhere"], &["administrator"]).unwrap();
        assert_eq!(code(Some(foreign)).await, tonic::Code::NotFound, "{method} of a foreign organization");
        let small = roles
            .names()
            .map(|(name, _)| name)
            .find(|name| !roles.allow(&BTreeSet::from([(*name).to_owned()]), &rule.permission));
        let small = running.token("vic", &["acme"], &[small.unwrap_or("no-such-role")]).unwrap();
        assert_eq!(code(Some(small)).await, tonic::Code::PermissionDenied, "{method} in too small a role");
        tried += 1;
    }
    assert_eq!(tried, rules().iter().count());
    running.stop().await.unwrap();
}

/// A request that names a resource of `acme` in the scope field, and is otherwise as small as the message allows.
fn request(method: &str, permission: &str, scope_field: &str) -> serde_json::Value {
    let (service, name) = method.rsplit_once('/').unwrap();
    let method =
        wire::pool().get_service_by_name(service).unwrap().methods().find(|known| known.name() == name).unwrap();
    let collection = permission.split('.').nth(1).unwrap();
    let value = pattern(&method, scope_field).unwrap_or_else(|| match scope_field.ends_with("parent") {
        true => "organizations/*".to_owned(),
        false => format!("organizations/*/{collection}/*"),
    });
    let value = value.replacen('*', "acme", 1).replace('*', "x");
    let mut json = filled(&method.input(), 0);
    let mut at = &mut json;
    for part in scope_field.split('.') {
        at = &mut at[part];
    }
    *at = value.into();
    json
}

/// The pattern of a field in the path of a method: `organizations/*/catalogues/*` of `{parent=organizations/*/catalogues/*}`.
fn pattern(method: &prost_reflect::MethodDescriptor, field: &str) -> Option<String> {
    let extension = wire::pool().get_extension_by_name("google.api.http").unwrap();
    let options = method.options();
    let rule = options.get_extension(&extension);
    let paths = rule.as_message()?.fields().filter_map(|(_, value)| value.as_str().map(str::to_owned));
    let opening = format!("{{{field}=");
    paths.into_iter().find_map(|path| {
        let (_, after) = path.split_once(&opening)?;
        after.split_once('}').map(|(pattern, _)| pattern.to_owned())
    })
}

/// Values for the required fields, so that the message itself is in order.
fn filled(message: &prost_reflect::MessageDescriptor, depth: usize) -> serde_json::Value {
    let extension = wire::pool().get_extension_by_name("google.api.field_behavior").unwrap();
    let mut json = serde_json::Map::new();
    for field in message.fields() {
        let options = field.options();
        let required = options
            .get_extension(&extension)
            .as_list()
            .is_some_and(|list| list.iter().any(|value| value.as_enum_number() == Some(2)));
        let opening = field.name() == "start" && depth == 0;
        if !(required || opening) {
            continue;
        }
        let value = match field.kind() {
            prost_reflect::Kind::Message(inner) if inner.full_name() == "google.protobuf.Timestamp" => {
                "2026-07-01T12:00:00Z".into()
            }
            prost_reflect::Kind::Message(inner) => filled(&inner, depth + 1),
            prost_reflect::Kind::Enum(_) => 1.into(),
            prost_reflect::Kind::String if matches!(field.name(), "asset" | "dependent" | "supporting") => {
                "organizations/acme/assets/x".into()
            }
            prost_reflect::Kind::String if field.name() == "type" => "office".into(),
            prost_reflect::Kind::String if field.name() == "protocol" => "SS7".into(),
            prost_reflect::Kind::String if field.name() == "currency_code" => "EUR".into(),
            prost_reflect::Kind::String => "x".into(),
            _ => 1.into(),
        };
        json.insert(field.name().to_owned(), if field.is_list() { serde_json::json!([value]) } else { value });
    }
    json.into()
}

async fn call(running: &suite::Suite, method: &str, json: &serde_json::Value, token: Option<String>) -> tonic::Code {
    use futures::StreamExt as _;
    use prost::Message as _;
    let (service, name) = method.rsplit_once('/').unwrap();
    let descriptor =
        wire::pool().get_service_by_name(service).unwrap().methods().find(|known| known.name() == name).unwrap();
    let message = transcode::message_from_json(&descriptor.input(), json.to_string())
        .unwrap_or_else(|fault| panic!("{method} {json}: {fault}"));
    let channel = tonic::transport::Endpoint::from_shared(running.url()).unwrap().connect().await.unwrap();
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.unwrap();
    let mut request = tonic::Request::new(futures::stream::iter([prost::bytes::Bytes::from(message.encode_to_vec())]));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let path = format!("/{method}").parse().unwrap();
    match grpc.streaming(request, path, transcode::BytesCodec).await {
        Err(status) => status.code(),
        Ok(answers) => {
            match tokio::time::timeout(std::time::Duration::from_secs(10), answers.into_inner().next()).await {
                Ok(Some(Err(status))) => status.code(),
                other => panic!("{method} let the caller in: {other:?}"),
            }
        }
    }
}
