//! What the descriptors say of methods, as the paths gRPC calls them by: `/package.Service/Method`.

use std::collections::{HashMap, HashSet};

use prost_reflect::prost_types::method_options::IdempotencyLevel;
use prost_reflect::{DescriptorPool, MethodDescriptor};

/// Streams that every service may have and that our own descriptors do not hold.
const STANDARD_STREAMS: [&str; 3] = [
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The methods that may be repeated without harm: those whose descriptor says `NO_SIDE_EFFECTS` or `IDEMPOTENT`.
#[must_use]
pub fn idempotent_methods(pool: &DescriptorPool) -> HashSet<String> {
    paths(pool, |method| {
        let level = method.method_descriptor_proto().options.as_ref().map(|options| options.idempotency_level());
        matches!(level, Some(IdempotencyLevel::NoSideEffects | IdempotencyLevel::Idempotent))
    })
}

/// The methods that stream in either direction, the standard ones included.
#[must_use]
pub fn streaming_methods(pool: &DescriptorPool) -> HashSet<String> {
    let mut streams = paths(pool, |method| method.is_client_streaming() || method.is_server_streaming());
    streams.extend(STANDARD_STREAMS.map(str::to_owned));
    streams
}

fn paths(pool: &DescriptorPool, wanted: impl Fn(&MethodDescriptor) -> bool) -> HashSet<String> {
    pool.services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .filter(wanted)
        .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
        .collect()
}

/// What the channel must know of a method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    pub(crate) idempotent: bool,
    pub(crate) streaming: bool,
}

/// One look-up per call.
#[derive(Debug, Default)]
pub(crate) struct Methods(HashMap<String, Traits>);

impl Methods {
    pub(crate) fn new(idempotent: &HashSet<String>, streaming: &HashSet<String>) -> Self {
        let mut methods: HashMap<String, Traits> = HashMap::new();
        for path in idempotent {
            methods.entry(path.clone()).or_default().idempotent = true;
        }
        for path in streaming {
            methods.entry(path.clone()).or_default().streaming = true;
        }
        Self(methods)
    }

    /// A method nobody described is taken for a unary one that must not be repeated.
    pub(crate) fn of(&self, path: &str) -> Traits {
        self.0.get(path).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_says_which_methods_may_be_repeated_and_which_stream() {
        let (idempotent, streaming) = (idempotent_methods(wire::pool()), streaming_methods(wire::pool()));
        let methods = Methods::new(&idempotent, &streaming);
        let of = |path: &str| methods.of(path);
        assert_eq!(of("/telwarden.assets.v1.AssetService/GetAsset"), Traits { idempotent: true, streaming: false });
        assert_eq!(of("/telwarden.assets.v1.AssetService/CreateAsset"), Traits::default());
        assert_eq!(of("/nobody.knows/It"), Traits::default());
        assert!(of("/grpc.health.v1.Health/Watch").streaming);
    }
}
