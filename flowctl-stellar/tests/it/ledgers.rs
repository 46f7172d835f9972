//! Reads the real ledgers that `FLOWCTL_TEST_LEDGERS` points to. The formats are those of the data set,
//! told apart by what decodes; the production readers are stricter.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use flowctl_stellar::Network;
use stellar_xdr::{LedgerCloseMeta, LedgerCloseMetaBatch, Limits, ReadXdr};

/// The folder with the real ledgers, or `None` after saying loudly that `test` is skipped.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("FLOWCTL_TEST_LEDGERS") {
        return Some(folder.into());
    }
    let required = std::env::var("FLOWCTL_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == "ledgers"),
        "{test} needs the real ledgers: set FLOWCTL_TEST_LEDGERS"
    );
    eprintln!("SKIPPED {test}: set FLOWCTL_TEST_LEDGERS");
    None
}

/// The bytes of the `LedgerCloseMeta`s in a file: plain or compressed, single, batched, framed, or in a
/// tar.
pub(crate) fn raw(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.to_string_lossy();
    let (bytes, name) = match name.rsplit_once('.') {
        Some((inner, "zst" | "zstd")) => (zstd::decode_all(&bytes[..]).unwrap(), inner),
        Some((inner, "gz")) => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&bytes[..])
                .read_to_end(&mut plain)
                .unwrap();
            (plain, inner)
        }
        _ => (bytes, &*name),
    };
    if name.ends_with(".tar") {
        in_tar(&bytes)
    } else {
        in_xdr(&bytes)
    }
}

/// The ledgers in a file.
pub(crate) fn read(path: &Path) -> Vec<LedgerCloseMeta> {
    raw(path)
        .iter()
        .map(|bytes| flowctl_stellar::ledger::decode(bytes).unwrap())
        .collect()
}

/// The files of a folder, sorted, whose names pass `wanted`.
pub(crate) fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| wanted(&path.file_name().unwrap().to_string_lossy()))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no test ledgers in {}", folder.display());
    paths
}

/// The network of stellar-core's test suite.
pub(crate) fn core_tests() -> Network {
    Network::new("(V) (;,,;) (V)")
}

/// Every file of the data set with its network.
pub(crate) fn every_file(folder: &Path) -> Vec<(PathBuf, Network)> {
    let mut all = Vec::new();
    let mut add = |paths: Vec<PathBuf>, network: &Network| {
        all.extend(paths.into_iter().map(|path| (path, network.clone())));
    };
    let xdr = |name: &str| name.contains(".xdr") || name.contains(".tar");
    add(files(&folder.join("pubnet"), xdr), &Network::pubnet());
    add(
        files(&folder.join("pubnet/tutorial"), xdr),
        &Network::pubnet(),
    );
    add(files(&folder.join("pubnet/p13"), xdr), &Network::pubnet());
    add(files(&folder.join("core"), xdr), &core_tests());
    add(files(&folder.join("testnet"), xdr), &Network::testnet());
    let load = folder.join("load");
    let standalone = Network::named("standalone").unwrap();
    add(
        files(&load, |name| name.contains("standalone")),
        &standalone,
    );
    add(
        files(&load, |name| name.contains("v26")),
        &Network::new("load test network"),
    );
    add(
        files(&load, |name| name.contains("v27")),
        &Network::new("Apply Load"),
    );
    all
}

fn in_tar(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let path = entry.path().unwrap().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.push((path, content));
        }
    }
    files.sort();
    files
        .iter()
        .flat_map(|(_, content)| in_xdr(content))
        .collect()
}

fn in_xdr(bytes: &[u8]) -> Vec<Vec<u8>> {
    if LedgerCloseMeta::from_xdr(bytes, Limits::none()).is_ok() {
        return vec![bytes.to_vec()];
    }
    if let Ok(batch) = LedgerCloseMetaBatch::from_xdr(bytes, Limits::none()) {
        let encode = flowctl_stellar::ledger::encode;
        return batch
            .ledger_close_metas
            .iter()
            .map(|ledger| encode(ledger).unwrap())
            .collect();
    }
    in_frames(bytes)
}

/// Record marking of RFC 5531: four bytes with the length, whose highest bit is set.
fn in_frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let Some((mark, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*mark) & 0x7fff_ffff).unwrap();
        let (record, rest) = rest.split_at(length);
        records.push(record.to_vec());
        bytes = rest;
    }
    records
}
