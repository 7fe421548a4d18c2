//! Compiles the proto files without `protoc`: descriptor bytes, messages, stubs, and the `buf.validate` rules as Rust.

mod rules;
mod standard;

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_reflect::DescriptorPool;

fn main() -> Result<(), Box<dyn Error>> {
    let proto = Path::new("../../proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let files = proto_files(proto)?;
    for file in &files {
        println!("cargo:rerun-if-changed={}", proto.join(file).display());
    }
    println!("cargo:rerun-if-changed={}", proto.display());
    println!("cargo:rerun-if-changed=build");

    // The bytes keep our own options; a decoded `FileDescriptorSet` would lose them.
    let mut compiler = protox::Compiler::new([proto])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    let bytes = compiler.encode_file_descriptor_set();
    std::fs::write(out.join("descriptors.bin"), &bytes)?;

    let lossy = prost_types::FileDescriptorSet::decode(bytes.as_slice())?;
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    // Ordered maps, so that the same message is always the same bytes: digests and the ledger rest on it.
    config.btree_map(["."]);
    tonic_prost_build::configure()
        .build_transport(true)
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(lossy, config)?;

    let pool = DescriptorPool::decode(bytes.as_slice())?;
    for (package, source) in rules::generate(&pool)? {
        std::fs::write(out.join(format!("{package}.rules.rs")), source)?;
    }
    Ok(())
}

/// Every proto file below `root`, as paths relative to it, sorted so that the output is stable.
fn proto_files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                found.push(path.strip_prefix(root).map_err(std::io::Error::other)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}
