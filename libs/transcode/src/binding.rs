//! What a `google.api.http` annotation says, compiled against the descriptors once.

use http::Method;
use http::uri::PathAndQuery;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};

use crate::template::Template;

/// Why the annotations of a service cannot be served. It stops the start.
#[derive(Debug, thiserror::Error)]
pub enum ConflictError {
    /// The pool has no such service.
    #[error("the service {0} is not in the descriptors")]
    ServiceUnknown(String),
    /// The pool lacks `google/api/annotations.proto`.
    #[error("google/api/annotations.proto is not in the descriptors")]
    AnnotationUnknown,
    /// Two bindings answer to the same method and path.
    #[error("{method} {path} is bound to {first} and to {second}: change the path of one")]
    Path {
        /// The HTTP method.
        method: Method,
        /// The path template of the second binding.
        path: String,
        /// The gRPC method that has the path.
        first: String,
        /// The gRPC method that wants it too.
        second: String,
    },
    /// A binding cannot be understood, or does not fit its messages.
    #[error("the http option of {method}: {cause}")]
    Binding {
        /// The gRPC method.
        method: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// Where the HTTP body goes.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// There is none.
    None,
    /// It is the request, but for what the path fills.
    Whole,
    /// It is one field of the request, a message.
    Field(FieldDescriptor, MessageDescriptor),
}

/// A part of the path that fills a field.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// The field and those it is nested in, outermost first.
    pub(crate) fields: Vec<FieldDescriptor>,
    /// The path as the proto writes it.
    pub(crate) path: String,
    /// The first segment and one past the last; open at the end for `**`.
    pub(crate) start: usize,
    pub(crate) end: Option<usize>,
    pub(crate) multiple: bool,
}

/// One way to reach one method over HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) method: MethodDescriptor,
    /// `/package.Service/Method`.
    pub(crate) grpc_path: PathAndQuery,
    pub(crate) http_method: Method,
    pub(crate) template_text: String,
    pub(crate) template: Template,
    pub(crate) variables: Vec<Variable>,
    pub(crate) body: Body,
    pub(crate) input: MessageDescriptor,
    pub(crate) output: MessageDescriptor,
    /// The field `If-Match` fills: of the request, or of the resource that is its body.
    pub(crate) etag: Option<Vec<FieldDescriptor>>,
    /// The field mask that a PATCH may leave out.
    pub(crate) mask: Option<FieldDescriptor>,
    /// The field of the request that `Last-Event-ID` fills.
    pub(crate) resume: Option<FieldDescriptor>,
    /// The field of the response that becomes the `ETag` header.
    pub(crate) output_etag: Option<FieldDescriptor>,
    /// The field of the response that becomes the `id` of an event.
    pub(crate) output_cursor: Option<FieldDescriptor>,
}

/// Every binding of a service, in the order of the proto. Methods that stream from the client have none.
pub(crate) fn of_service(pool: &DescriptorPool, service: &str) -> Result<Vec<Binding>, ConflictError> {
    let annotation = pool.get_extension_by_name("google.api.http").ok_or(ConflictError::AnnotationUnknown)?;
    let found = pool.get_service_by_name(service).ok_or_else(|| ConflictError::ServiceUnknown(service.to_owned()))?;
    let mut bindings = Vec::new();
    for method in found.methods().filter(|method| !method.is_client_streaming()) {
        for rule in rules(&method, &annotation) {
            let compiled = compile(&method, &rule);
            bindings.push(
                compiled.map_err(|cause| ConflictError::Binding { method: method.full_name().to_owned(), cause })?,
            );
        }
    }
    Ok(bindings)
}

/// The rule of a method and the additional ones inside it.
fn rules(method: &MethodDescriptor, annotation: &ExtensionDescriptor) -> Vec<DynamicMessage> {
    let options = method.options();
    if !options.has_extension(annotation) {
        return Vec::new();
    }
    let Some(rule) = options.get_extension(annotation).as_message().cloned() else { return Vec::new() };
    let more = rule.get_field_by_name("additional_bindings").map(std::borrow::Cow::into_owned);
    let more = more.as_ref().and_then(|more| more.as_list()).unwrap_or_default();
    let more: Vec<DynamicMessage> = more.iter().filter_map(|rule| rule.as_message().cloned()).collect();
    std::iter::once(rule).chain(more).collect()
}

fn text(message: &DynamicMessage, field: &str) -> Option<String> {
    let value = message.get_field_by_name(field)?;
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn verb_and_path(rule: &DynamicMessage) -> Result<(Method, String), String> {
    let known = [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ];
    for (field, method) in known {
        if let Some(path) = text(rule, field) {
            return Ok((method, path));
        }
    }
    let custom = rule.get_field_by_name("custom").filter(|_| rule.has_field_by_name("custom"));
    let custom = custom.as_ref().and_then(|custom| custom.as_message()).ok_or("names no path")?;
    let kind = text(custom, "kind").ok_or("names no verb")?;
    let method = Method::from_bytes(kind.as_bytes()).map_err(|_| format!("{kind} is no HTTP method"))?;
    Ok((method, text(custom, "path").ok_or("names no path")?))
}

fn compile(method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Binding, String> {
    let (http_method, template_text) = verb_and_path(rule)?;
    if text(rule, "response_body").is_some() {
        return Err("response_body is not supported: return the whole message".to_owned());
    }
    let template = Template::parse(&template_text).map_err(|error| format!("{template_text}: {error}"))?;
    let input = method.input();
    let variables = template
        .variables
        .iter()
        .map(|variable| {
            Ok(Variable {
                fields: variable_fields(&input, &variable.path)?,
                path: variable.path.clone(),
                start: variable.start,
                end: variable.end,
                multiple: variable.multiple,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    let body = match text(rule, "body").as_deref() {
        None => Body::None,
        Some("*") => Body::Whole,
        Some(name) => {
            let field = input.get_field_by_name(name).ok_or_else(|| format!("the body {name} is no field"))?;
            match field.kind() {
                Kind::Message(message) if !field.is_list() && !field.is_map() => Body::Field(field, message),
                _ => return Err(format!("the body {name} is no message")),
            }
        }
    };
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let output = method.output();
    Ok(Binding {
        grpc_path: PathAndQuery::try_from(path).map_err(|error| error.to_string())?,
        etag: etag_path(&input, &body),
        mask: input.get_field_by_name("update_mask").filter(|_| http_method == Method::PATCH).filter(is_mask),
        resume: single_text(&input, "cursor").filter(|_| method.is_server_streaming()),
        output_etag: single_text(&output, "etag").filter(|_| !method.is_server_streaming()),
        output_cursor: single_text(&output, "cursor").filter(|_| method.is_server_streaming()),
        method: method.clone(),
        http_method,
        template_text,
        template,
        variables,
        body,
        input,
        output,
    })
}

fn single_text(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_name(name).filter(|field| field.kind() == Kind::String && !field.is_list())
}

fn is_mask(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(message) if message.full_name() == "google.protobuf.FieldMask")
}

fn etag_path(input: &MessageDescriptor, body: &Body) -> Option<Vec<FieldDescriptor>> {
    if let Some(field) = single_text(input, "etag") {
        return Some(vec![field]);
    }
    match body {
        Body::Field(field, message) => single_text(message, "etag").map(|etag| vec![field.clone(), etag]),
        _ => None,
    }
}

/// The fields along a dotted path of proto names; the last holds one scalar.
fn variable_fields(input: &MessageDescriptor, path: &str) -> Result<Vec<FieldDescriptor>, String> {
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    let mut message = Some(input.clone());
    for name in path.split('.') {
        let field = message
            .as_ref()
            .and_then(|message| message.get_field_by_name(name))
            .ok_or_else(|| format!("the path fills {path}, which {} does not have", input.full_name()))?;
        if field.is_list() || field.is_map() {
            return Err(format!("the path fills {path}, of which {name} is a list or map"));
        }
        message = field.kind().as_message().cloned();
        fields.push(field);
    }
    if message.is_some() {
        return Err(format!("the path fills {path}, which is a message"));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests;
