use std::{fs, path::Path};

use flowctl_stellar::source::LakeSchema;
use serde_json::json;
use stellar_xdr::{LedgerCloseMetaBatch, Limits, WriteXdr as _};

use super::{Running, client, simulated, stream, take};

/// Writes the ledgers 2 to 63 of seed 7 as a lake with 8 ledgers in a file.
fn write_lake(folder: &Path) {
    let schema = LakeSchema::new(8, 4).unwrap();
    let ledgers = simulated(7, 2, 63);
    for start in (0..64).step_by(8) {
        let held: Vec<_> = ledgers
            .iter()
            .filter(|ledger| schema.batch(start).contains(&ledger.sequence))
            .map(|ledger| flowctl_stellar::ledger::decode(&ledger.ledger_close_meta_xdr).unwrap())
            .collect();
        let batch = LedgerCloseMetaBatch {
            start_sequence: start.max(2),
            end_sequence: start + 7,
            ledger_close_metas: held.try_into().unwrap(),
        };
        let content = batch.to_xdr(Limits::none()).unwrap();
        let path = folder.join(schema.key(start.max(2)) + ".xdr.zst");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, zstd::encode_all(&content[..], 1).unwrap()).unwrap();
    }
    let manifest = json!({
        "networkPassphrase": "flowctl simulated network ; v1",
        "version": "1.0",
        "compression": "zstd",
        "ledgersPerBatch": 8,
        "batchesPerPartition": 4,
    });
    fs::write(folder.join(".config.json"), manifest.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_lake_is_served_as_its_manifest_says_and_wrong_defaults_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write_lake(&folder.path().join("ledgers"));
    let bucket = folder.path().to_str().unwrap();
    let mut source = Running::start(
        "stellar-live-source-datalake",
        &[
            ("STORAGE_TYPE", "FS"),
            ("BUCKET_NAME", bucket),
            ("ARCHIVE_PATH", "ledgers"),
            ("LEDGERS_PER_FILE", "64"),
            ("FILES_PER_PARTITION", "10"),
            ("STELLAR_NETWORK", "simulated"),
        ],
    );
    source.wait_for("says 8 ledgers per file; the configuration's 64 is not used");
    source.wait_for("says 4 files per partition; the configuration's 10 is not used");
    let client = client(&mut source).await;
    let mut stream = stream(&client, 20).await;
    assert!(take(&mut stream, 44).await.unwrap() == simulated(7, 20, 63));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulated_network_needs_nothing() {
    let set = [("BACKEND_TYPE", "SIMULATED"), ("SEED", "9")];
    let mut source = Running::start("stellar-live-source", &set);
    let client = client(&mut source).await;
    let mut stream = stream(&client, 5).await;
    assert!(take(&mut stream, 30).await.unwrap() == simulated(9, 5, 34));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_waits_for_its_server_and_says_so() {
    // A port that is free, and stays so as nobody else asks for this one.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut source = Running::start("stellar-live-source", &[("RPC_ENDPOINT", &endpoint)]);
    source.wait_for("waiting for where ledgers come from");
    let health = source.address("serving health");
    let asked = super::running::command("stellar-live-source", &[("HEALTH_PORT", &health)])
        .arg("--health")
        .output()
        .unwrap();
    assert_eq!(asked.status.code(), Some(1));
    let page = String::from_utf8(asked.stdout).unwrap();
    assert!(
        page.contains("\"starting\"") && page.contains("cannot be reached"),
        "{page}"
    );
    let address = format!("127.0.0.1:{port}");
    let _rpc = Running::start("simulated-rpc", &[("SEED", "7"), ("PORT", &address)]);
    let client = client(&mut source).await;
    let mut stream = stream(&client, 2).await;
    assert!(take(&mut stream, 5).await.unwrap() == simulated(7, 2, 6));
}
