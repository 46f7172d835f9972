//! Makes `flowctl-grpc/src/generated` from `proto/`, without protoc.
//!
//! Run from the root of the repository: `cargo run --manifest-path proto/codegen/Cargo.toml`.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use prost::Message as _;
use protox::Compiler;

/// The folder of .proto files, and where what is made from it goes.
const FROM: &str = "proto";
const TO: &str = "flowctl-grpc/src/generated";

fn main() -> Result<(), Box<dyn Error>> {
    let files = proto_files(Path::new(FROM))?;
    let mut compiler = Compiler::new([FROM])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?;
    let described = compiler.file_descriptor_set();

    fs::create_dir_all(TO)?;
    let mut config = prost_build::Config::new();
    config
        // Payloads are shared, not copied, and equal messages have equal bytes.
        .bytes(["."])
        .btree_map(["."])
        // Their comments are written for other tools than rustdoc.
        .disable_comments([".google.protobuf"]);
    tonic_prost_build::configure()
        .out_dir(TO)
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(described, config)?;

    // What servers show by reflection: the same without comments.
    let mut shown = Compiler::new([FROM])?;
    shown.include_imports(true).open_files(&files)?;
    let bytes = shown.file_descriptor_set().encode_to_vec();
    fs::write(Path::new(TO).join("descriptors.bin"), bytes)?;
    Ok(())
}

/// All .proto files below a folder, by name.
fn proto_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
