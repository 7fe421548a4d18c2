//! Any method of the suite, from the descriptors: `telwarden call package.Service/Method '{json}'`.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures::StreamExt as _;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use transcode::BytesCodec;

use crate::client::{Connection, explain};

/// Calls a method and prints its answers, one JSON a line for streams.
///
/// # Errors
/// What the caller or the service has against the call.
pub async fn call(connection: &Connection, method: &str, json: &str) -> Result<()> {
    let descriptor = find(method)?;
    let mut messages = Vec::new();
    for text in requests(&descriptor, json)? {
        let message = transcode::message_from_json(&descriptor.input(), text.as_bytes())
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        messages.push(Bytes::from(message.encode_to_vec()));
    }
    let client = connection.open().await?;
    let mut grpc = tonic::client::Grpc::new(client).max_decoding_message_size(64 * 1024 * 1024);
    grpc.ready().await.map_err(anyhow::Error::from_boxed).context("the gateway does not answer")?;
    let path = format!("/{}/{}", descriptor.parent_service().full_name(), descriptor.name())
        .parse()
        .context("the method's path")?;
    let requests = tonic::Request::new(futures::stream::iter(messages));
    let answers = grpc.streaming(requests, path, BytesCodec).await.map_err(|status| explain(&status))?;
    let mut answers = answers.into_inner();
    while let Some(answer) = answers.next().await {
        let message = DynamicMessage::decode(descriptor.output(), answer.map_err(|status| explain(&status))?)?;
        let json = transcode::message_to_json(&message);
        if descriptor.is_server_streaming() {
            println!("{json}");
        } else {
            println!("{}", serde_json::to_string_pretty(&json)?);
        }
    }
    Ok(())
}

fn find(method: &str) -> Result<MethodDescriptor> {
    let pool = wire::pool();
    let (service, name) =
        method.trim_start_matches('/').rsplit_once('/').context("write the method as package.Service/Method")?;
    let ours = |service: &&str| service.starts_with("telwarden.");
    let Some(service) = pool.get_service_by_name(service) else {
        let known: Vec<String> =
            pool.services().map(|known| known.full_name().to_owned()).filter(|name| ours(&name.as_str())).collect();
        bail!("no service {service}; there are:\n  {}", known.join("\n  "));
    };
    let Some(method) = service.methods().find(|known| known.name() == name) else {
        let known: Vec<String> = service.methods().map(|known| known.name().to_owned()).collect();
        bail!("{} has no method {name}; it has {}", service.full_name(), known.join(", "));
    };
    Ok(method)
}

/// The messages to send: one object, or for a client stream a list of them.
fn requests(method: &MethodDescriptor, json: &str) -> Result<Vec<String>> {
    if !method.is_client_streaming() {
        return Ok(vec![json.to_owned()]);
    }
    let list: Vec<serde_json::Value> =
        serde_json::from_str(json).context("the method takes a stream: write a JSON list of messages")?;
    Ok(list.iter().map(serde_json::Value::to_string).collect())
}
