use std::{fs, path::Path};

use flowctl_core::{
    Chain,
    component::{ComponentContext, ComponentError, Next, Resume, Source},
    event::{Position, SourceBatch},
};
use serde_json::{Value, json};

use super::{Lake, LakeSchema};
use crate::{
    Network,
    fixtures::{batch, ledgers, ledgers_of, zstandard},
};

/// Writes the ledgers from 2 on as a lake; the objects that are whole, and the first.
fn write_lake(folder: &Path, schema: LakeSchema, suffix: &str, ledgers: &[Vec<u8>]) {
    let mut at = 2;
    while let Some(left) = ledgers.get(at - 2..).filter(|left| !left.is_empty()) {
        let start = u32::try_from(at).unwrap();
        let end = *schema.batch(start).end();
        let count = usize::try_from(end - start + 1).unwrap();
        let Some(held) = left.get(..count) else { break };
        put(
            folder,
            &(schema.key(start) + suffix),
            &zstandard(&batch(start, end, held)),
        );
        at += count;
    }
}

fn put(folder: &Path, key: &str, content: &[u8]) {
    let path = folder.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn manifest(folder: &Path, schema: LakeSchema) {
    let manifest = json!({
        "networkPassphrase": Network::testnet().passphrase(),
        "version": "1.0",
        "compression": "zstd",
        "ledgersPerBatch": schema.ledgers_per_batch(),
        "batchesPerPartition": schema.batches_per_partition(),
    });
    put(folder, ".config.json", manifest.to_string().as_bytes());
}

fn lake(folder: &Path, mut keys: Value) -> Lake {
    keys["url"] = json!(folder);
    let config = serde_json::from_value(keys).unwrap();
    Lake::new(config, ComponentContext::detached("in".parse().unwrap())).unwrap()
}

async fn read(
    folder: &Path,
    keys: Value,
    resume: Resume,
) -> (Vec<SourceBatch>, Result<(), ComponentError>) {
    let mut source = lake(folder, keys);
    let mut batches = Vec::new();
    let ended = async {
        source.identify().await?;
        source.open(resume).await?;
        loop {
            match source.next().await? {
                Next::Batch(batch) => batches.push(batch),
                Next::End => return Ok(()),
                other => panic!("{other:?}"),
            }
        }
    }
    .await;
    (batches, ended)
}

fn sequences(batches: &[SourceBatch]) -> Vec<u64> {
    batches
        .iter()
        .flat_map(|batch| &batch.events)
        .map(|event| event.sequence())
        .collect()
}

fn said(ended: Result<(), ComponentError>) -> String {
    Chain(&ended.unwrap_err()).to_string()
}

#[tokio::test]
async fn every_layout_and_suffix_gives_the_same_ledgers_in_order() {
    let all = ledgers(2, 40);
    for (batch, partition, suffix) in [(1, 1, ".xdr.zst"), (1, 8, ".xdr.zstd"), (7, 2, ".xdr.zst")]
    {
        let folder = tempfile::tempdir().unwrap();
        let schema = LakeSchema::new(batch, partition).unwrap();
        manifest(folder.path(), schema);
        write_lake(folder.path(), schema, suffix, &all);
        let keys = json!({ "end_ledger": 30, "prefetch": 3 });
        let (batches, ended) = read(folder.path(), keys, Resume::default()).await;
        ended.unwrap();
        assert_eq!(sequences(&batches), (2..31).collect::<Vec<_>>());
        let events = batches.iter().flat_map(|batch| &batch.events);
        for (event, ledger) in events.zip(&all) {
            assert_eq!(event.payload().as_bytes().unwrap(), ledger);
        }
    }
}

#[tokio::test]
async fn a_range_begins_and_resumes_within_an_object() {
    let folder = tempfile::tempdir().unwrap();
    let schema = LakeSchema::new(8, 10).unwrap();
    manifest(folder.path(), schema);
    write_lake(folder.path(), schema, ".xdr.zst", &ledgers(2, 60));
    let keys = json!({ "start_ledger": 11, "end_ledger": 50 });
    let (whole, _) = read(folder.path(), keys.clone(), Resume::default()).await;
    assert_eq!(sequences(&whole), (11..51).collect::<Vec<_>>());
    // How many objects a batch holds depends on how fast they come: here the first may be the only one.
    let after = Resume::after(whole[0].through.clone());
    let (resumed, ended) = read(folder.path(), keys.clone(), after).await;
    ended.unwrap();
    assert_eq!(sequences(&resumed), sequences(&whole[1..]));
    let (rewound, _) = read(folder.path(), keys.clone(), Resume::after(Position::at(20))).await;
    assert_eq!(sequences(&rewound), (21..51).collect::<Vec<_>>());
    let (done, ended) = read(folder.path(), keys, Resume::after(Position::at(50))).await;
    assert!(done.is_empty() && ended.is_ok());
}

#[tokio::test]
async fn a_missing_object_in_a_range_with_an_end_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let schema = LakeSchema::new(1, 10).unwrap();
    manifest(folder.path(), schema);
    write_lake(folder.path(), schema, ".xdr.zst", &ledgers(2, 10));
    fs::remove_file(folder.path().join(schema.key(6) + ".xdr.zst")).unwrap();
    let (batches, ended) = read(
        folder.path(),
        json!({ "end_ledger": 10 }),
        Resume::default(),
    )
    .await;
    assert_eq!(sequences(&batches), [2, 3, 4, 5]);
    assert!(said(ended).contains("FFFFFFF9--6.xdr.zst` is missing"));
}

#[tokio::test]
async fn without_an_end_the_source_is_idle_at_the_tip_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let schema = LakeSchema::new(1, 10).unwrap();
    let all = ledgers(2, 12);
    manifest(folder.path(), schema);
    write_lake(folder.path(), schema, ".xdr.zst", &all[..4]);
    let mut source = lake(folder.path(), json!({ "poll_interval": "1ms" }));
    source.identify().await.unwrap();
    source.open(Resume::default()).await.unwrap();
    let mut found = Vec::new();
    let mut idles = 0;
    while found.len() < 12 {
        match source.next().await.unwrap() {
            Next::Batch(batch) => found.extend(sequences(&[batch])),
            Next::Idle => {
                idles += 1;
                assert_eq!(found.len(), 4, "idle is said once, at the tip");
                write_lake(folder.path(), schema, ".xdr.zst", &all);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((found, idles), ((2..14).collect(), 1));
}

#[tokio::test]
async fn a_damaged_object_is_named() {
    let schema = LakeSchema::new(1, 1).unwrap();
    let all = ledgers(2, 3);
    let object = |ledger: &[u8]| zstandard(&batch(3, 3, &[ledger.to_vec()]));
    let cut = |bytes: Vec<u8>, length: usize| bytes[..bytes.len() - length].to_vec();
    let longer = [all[1].as_slice(), &[0; 4]].concat();
    for (content, what) in [
        (cut(object(&all[1]), 3), "damaged"),
        (object(&all[1][..all[1].len() - 4]), "damaged"),
        (object(&longer), "damaged"),
        (b"something else".to_vec(), "damaged"),
        (
            zstandard(&batch(4, 4, &all[2..])),
            "should hold the ledgers 3 to 3, but has ledger 4 in place of ledger 3",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        manifest(folder.path(), schema);
        write_lake(folder.path(), schema, ".xdr.zst", &all);
        put(folder.path(), &(schema.key(3) + ".xdr.zst"), &content);
        let (batches, ended) =
            read(folder.path(), json!({ "end_ledger": 4 }), Resume::default()).await;
        assert_eq!(sequences(&batches), [2]);
        let error = said(ended);
        assert!(
            error.contains(what) && error.contains("FFFFFFFC--3.xdr.zst"),
            "{error}"
        );
    }
}

/// The next that the source says, other than what it hands out.
async fn after_batches(source: &mut Lake) -> Result<Next, ComponentError> {
    loop {
        match source.next().await {
            Ok(Next::Batch(_)) => {}
            other => return other,
        }
    }
}

#[tokio::test]
async fn an_object_that_is_still_being_written_at_the_tip_is_waited_for() {
    let schema = LakeSchema::new(1, 10).unwrap();
    let all = ledgers(2, 4);
    let last = zstandard(&batch(5, 5, &all[3..]));
    let key = schema.key(5) + ".xdr.zst";
    for there in [0, last.len() / 2] {
        let folder = tempfile::tempdir().unwrap();
        manifest(folder.path(), schema);
        write_lake(folder.path(), schema, ".xdr.zst", &all[..3]);
        put(folder.path(), &key, &last[..there]);
        let mut source = lake(folder.path(), json!({ "poll_interval": "1ms" }));
        source.open(Resume::default()).await.unwrap();
        assert!(matches!(after_batches(&mut source).await, Ok(Next::Idle)));
        put(folder.path(), &key, &last);
        let Ok(Next::Batch(batch)) = source.next().await else {
            panic!("no batch")
        };
        assert_eq!(sequences(&[batch]), [5]);
        // One that stays as it is, is damaged.
        put(folder.path(), &(schema.key(6) + ".xdr.zst"), &last[..there]);
        let error = loop {
            match source.next().await {
                Ok(Next::Idle) => {}
                other => break other.unwrap_err(),
            }
        };
        assert!(said(Err(error)).contains("FFFFFFF9--6.xdr.zst` is damaged"));
    }
}

#[tokio::test]
async fn a_hole_is_not_taken_for_the_tip() {
    let schema = LakeSchema::new(1, 3).unwrap();
    let folder = tempfile::tempdir().unwrap();
    manifest(folder.path(), schema);
    write_lake(folder.path(), schema, ".xdr.zst", &ledgers(2, 30));
    let remove = |sequences: std::ops::Range<u32>| {
        for sequence in sequences {
            fs::remove_file(folder.path().join(schema.key(sequence) + ".xdr.zst")).unwrap();
        }
    };
    let error = async |keys: Value| {
        let mut source = lake(folder.path(), keys);
        source.open(Resume::default()).await.unwrap();
        loop {
            match after_batches(&mut source).await {
                Ok(Next::Idle) => {}
                other => break other.unwrap_err(),
            }
        }
    };
    remove(10..20);
    let hole = error(json!({ "poll_interval": "1ms" })).await;
    let hole = said(Err(hole));
    assert!(
        hole.contains("--10.xdr.zst` is missing, but a later one, of ledger 20"),
        "{hole}"
    );
    let inside = error(json!({ "poll_interval": "1ms", "start_ledger": 12 })).await;
    assert!(said(Err(inside)).contains("--12.xdr.zst` is missing"));
    remove(2..10);
    for entry in fs::read_dir(folder.path()).unwrap() {
        // Only empty folders can be removed.
        let _ = fs::remove_dir(entry.unwrap().path());
    }
    let start = error(json!({ "poll_interval": "5s" })).await;
    assert_eq!(start.help_text(), Some("set `start_ledger` to 20 or above"));
    assert!(said(Err(start)).contains("the lake has nothing before ledger 20"));
}

#[tokio::test]
async fn a_lake_that_goes_away_is_worth_a_retry() {
    let schema = LakeSchema::new(1, 10).unwrap();
    let folder = tempfile::tempdir().unwrap();
    manifest(folder.path(), schema);
    write_lake(folder.path(), schema, ".xdr.zst", &ledgers(2, 3));
    let mut source = lake(folder.path(), json!({ "poll_interval": "1ms" }));
    source.open(Resume::default()).await.unwrap();
    assert!(matches!(after_batches(&mut source).await, Ok(Next::Idle)));
    fs::remove_dir_all(folder.path()).unwrap();
    let error = source.next().await.unwrap_err();
    assert!(error.is_transient());
    assert!(said(Err(error)).contains("is not there any more"));
}

#[test]
fn an_object_that_claims_more_ledgers_than_its_key_is_left_at_the_first_of_them() {
    let schema = LakeSchema::new(2, 1).unwrap();
    let all = ledgers(2, 3);
    // Three of the 2^31 ledgers that it claims; reading on would end in the damage behind them.
    let mut object = batch(2, 1 << 31, &all);
    object[8..12].copy_from_slice(&((1_u32 << 31) - 1).to_be_bytes());
    let error = super::object::unpack("o", object.into(), schema, 2).unwrap_err();
    assert!(said(Err(error)).contains("should hold the ledgers 2 to 3, but goes on with ledger 4"));
}

#[tokio::test]
async fn another_network_than_the_manifest_says_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let schema = LakeSchema::new(1, 1).unwrap();
    manifest(folder.path(), schema);
    write_lake(
        folder.path(),
        schema,
        ".xdr.zst",
        &ledgers_of(&Network::pubnet(), 2, 2),
    );
    let (batches, ended) = read(folder.path(), json!({ "end_ledger": 3 }), Resume::default()).await;
    assert!(batches.is_empty());
    assert!(said(ended).contains(Network::testnet().passphrase()));
}

#[tokio::test]
async fn what_is_no_lake_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_, ended) = read(&folder.path().join("none"), json!({}), Resume::default()).await;
    assert!(said(ended).contains("there is no lake at"));
    put(folder.path(), ".config.json", b"{}");
    let (_, ended) = read(folder.path(), json!({}), Resume::default()).await;
    assert!(said(ended).contains("is no manifest of a lake"));
}
