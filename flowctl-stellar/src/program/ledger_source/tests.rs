use std::ffi::OsString;

use super::{
    origin::Origin,
    settings::{Backend, LedgerSettings},
};
use crate::{
    Network,
    program::variables::{Problems, Variables},
};

fn read(default: Backend, set: &[(&str, &str)]) -> Result<LedgerSettings, Problems> {
    let set = set
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let mut variables = Variables::new(set);
    let settings = LedgerSettings::read(&mut variables, default);
    variables.finish(settings)
}

#[test]
fn the_variables_of_the_live_source_are_understood() {
    let settings = read(
        Backend::Rpc,
        &[
            ("RPC_ENDPOINT", "https://soroban-testnet.stellar.org"),
            ("NETWORK_PASSPHRASE", "Test SDF Network ; September 2015"),
            ("STELLAR_NETWORK", "testnet"),
            ("SERVE_LEDGERS_FROM_DATASTORE", "false"),
            ("BATCH_SIZE", "100"),
            ("START_LEDGER", "1"),
            ("END_LEDGER", "0"),
        ],
    )
    .unwrap();
    let Origin::Rpc(config) = &settings.origin else {
        panic!("{settings:?}")
    };
    assert_eq!(config.batch.get(), 100);
    assert_eq!(config.network, Some(Network::testnet()));
    assert_eq!((settings.range.start(), settings.range.end()), (None, None));
}

#[test]
fn the_variables_of_the_datalake_source_are_understood() {
    let settings = read(
        Backend::Archive,
        &[
            ("STORAGE_TYPE", "FS"),
            ("BUCKET_NAME", "/data/lake/"),
            ("ARCHIVE_PATH", "landing/ledgers/testnet"),
            ("LEDGERS_PER_FILE", "64"),
            ("FILES_PER_PARTITION", "10"),
        ],
    )
    .unwrap();
    let Origin::Lake(config) = &settings.origin else {
        panic!("{settings:?}")
    };
    assert_eq!(config.url, "/data/lake/landing/ledgers/testnet");
    assert_eq!(config.ledgers_per_batch, Some(64));
}

#[test]
fn what_cannot_be_served_is_refused_with_what_to_do() {
    let rpc = ("RPC_ENDPOINT", "http://a");
    let lake = ("BUCKET_NAME", "/lake");
    for (default, set, word) in [
        (Backend::Rpc, vec![], "RPC_ENDPOINT is not set"),
        (
            Backend::Rpc,
            vec![("RPC_ENDPOINT", "https://horizon-testnet.stellar.org")],
            "https://soroban-testnet.stellar.org",
        ),
        (
            Backend::Rpc,
            vec![("RPC_ENDPIONT", "http://a")],
            "rename it to RPC_ENDPOINT",
        ),
        (Backend::Rpc, vec![rpc, ("BATCH_SIZE", "201")], "1 to 200"),
        (
            Backend::Rpc,
            vec![rpc, ("START_LEDGER", "9"), ("END_LEDGER", "5")],
            "below START_LEDGER",
        ),
        (
            Backend::Rpc,
            vec![("BACKEND_TYPE", "CAPTIVE_CORE")],
            "not built in",
        ),
        (Backend::Archive, vec![], "BUCKET_NAME is not set"),
        (
            Backend::Archive,
            vec![lake, ("STORAGE_TYPE", "S3")],
            "not built in",
        ),
        (
            Backend::Archive,
            vec![lake, ("ARCHIVE_STORAGE_TYPE", "GCS")],
            "not built in",
        ),
        (
            Backend::Archive,
            vec![lake, ("LEDGERS_PER_FILE", "many")],
            "whole number",
        ),
    ] {
        let problems = read(default, &set).unwrap_err().to_string();
        assert!(problems.contains(word), "{set:?}: {problems}");
    }
}

#[test]
fn what_is_not_used_is_not_asked_for() {
    let simulated = read(
        Backend::Rpc,
        &[("BACKEND_TYPE", "simulated"), ("SEED", "7")],
    )
    .unwrap();
    assert!(matches!(simulated.origin, Origin::Simulated(config) if config.options.seed == 7));
    // The seed's pipeline has a Horizon URL, which only matters where it is used.
    let lake = [
        ("BACKEND_TYPE", "ARCHIVE"),
        ("BUCKET_NAME", "/lake"),
        ("RPC_ENDPOINT", "https://horizon-testnet.stellar.org"),
    ];
    assert!(read(Backend::Rpc, &lake).is_ok());
}
