//! Generated messages, stubs and the descriptor bytes; nothing by hand but the few lines the generated code leans on.
//!
//! A new proto file below `proto/telwarden/` is compiled by itself; a new *package* needs a module here.

pub mod json;
pub mod rules;
pub mod standard;

pub use rules::{At, Validate, Violation};
pub use standard::{Choice, CreateRequest, DeleteRequest, GetRequest, ListQuery, ListRequest, UpdateRequest};

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

/// The descriptors of the whole suite, with comments and our own options: a serialised `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut pool = DescriptorPool::decode(DESCRIPTORS).unwrap_or_default();
    // Error details travel in `Any`; JSON needs their descriptors too.
    let _ = pool.decode_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET);
    pool
});

/// The descriptors of the whole suite, ready to ask, with the standard error details.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The gRPC services of a package: `telwarden.assets.v1`.
pub fn services(package: &str) -> Vec<String> {
    let ours = pool().services().filter(|service| service.package_name() == package);
    ours.map(|service| service.full_name().to_owned()).collect()
}

macro_rules! packages {
    ($($service:ident => $package:literal),* $(,)?) => {$(
        #[doc = concat!("Package `", $package, "`.")]
        pub mod $service {
            /// Version 1.
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));
                include!(concat!(env!("OUT_DIR"), "/", $package, ".rules.rs"));
            }
        }
    )*};
}

packages! {
    access => "telwarden.access.v1",
    approval => "telwarden.approval.v1",
    assets => "telwarden.assets.v1",
    changes => "telwarden.changes.v1",
    controls => "telwarden.controls.v1",
    incidents => "telwarden.incidents.v1",
    risk => "telwarden.risk.v1",
}

/// Package `telwarden.fault.v1`.
pub mod fault {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/telwarden.fault.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/telwarden.fault.v1.rules.rs"));
    }
}
