use std::{collections::BTreeMap, fs, path::Path};

use flowctl_core::{
    Chain, Registry,
    component::{ComponentContext, ComponentError, Held, OpenSink, Sink},
    event::{Batch, Event, Payload},
};
use rusqlite::Connection;

use super::{Sqlite, SqliteConfig};
use crate::{
    Address, Asset, AssetCode, Hash,
    token_transfer::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent},
};

const ISSUER: [u8; 32] = [7; 32];

fn sink(path: &Path) -> Sqlite {
    let mut registry = Registry::new();
    crate::register(&mut registry).unwrap();
    let context = ComponentContext::detached("out".parse().unwrap());
    let context = context.with_codecs(registry.codecs().clone());
    Sqlite::new(SqliteConfig::new(path), context).unwrap()
}

fn sources(fingerprint: &str) -> OpenSink {
    OpenSink::new(BTreeMap::from([(
        "in".parse().unwrap(),
        fingerprint.to_owned(),
    )]))
}

async fn try_open(path: &Path, fingerprint: &str) -> Result<(Sqlite, u64), ComponentError> {
    let mut sink = sink(path);
    let Held::Positions(held) = sink.open(&sources(fingerprint)).await? else {
        panic!("no positions")
    };
    Ok((sink, held.values().copied().next().unwrap_or(0)))
}

async fn refused(path: &Path, fingerprint: &str) -> String {
    Chain(&try_open(path, fingerprint).await.unwrap_err()).to_string()
}

fn transfer(ledger: u32, index: u32, amount: i128) -> TokenTransferEvent {
    let issued = Asset::Issued {
        code: AssetCode::from_bytes(b"USD").unwrap(),
        issuer: ISSUER,
    };
    let (from, to) = (Address::Account([1; 32]), Address::Account([2; 32]));
    let kind = match index {
        0 => EventKind::Fee {
            from,
            asset: Some(Asset::Native),
            amount,
        },
        1 => EventKind::Transfer {
            from,
            to,
            asset: Some(issued),
            amount,
        },
        _ => EventKind::Mint {
            to,
            asset: None,
            amount,
        },
    };
    TokenTransferEvent {
        meta: EventMeta {
            ledger_sequence: ledger,
            closed_at_seconds: 1_700_000_000,
            tx_hash: Hash([9; 32]),
            transaction_index: 1,
            operation_index: index.checked_sub(1),
            contract_address: Address::Contract([3; 32]),
            to_muxed_info: (index == 1).then(|| MuxedInfo::Hash(vec![0xab, 0xcd])),
        },
        kind,
    }
}

/// The batch that completes the stream up to `through`, with three events a ledger from `from` on.
fn batch(from: u32, through: u32) -> Batch {
    let event_type = || "token.transfer".parse().unwrap();
    let events = (from..=through).flat_map(|ledger| {
        let origin = Event::new(
            "stellar.ledger".parse().unwrap(),
            ledger.into(),
            Payload::bytes(""),
        );
        (0..3).map(move |index| {
            let amount = i128::from(ledger) * 10;
            origin.derive(
                index,
                event_type(),
                Payload::value(transfer(ledger, index, amount), 1),
            )
        })
    });
    Batch::new("in".parse().unwrap(), through.into(), events.collect())
}

/// Everything in the database, as text.
fn contents(path: &Path) -> String {
    let connection = Connection::open(path).unwrap();
    let mut all = String::new();
    for table in ["meta", "positions", "events"] {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table}"))
            .unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                all += &format!("{:?}|", row.get_ref(column).unwrap());
            }
            all += "\n";
        }
    }
    all
}

#[tokio::test]
async fn rows_say_what_the_events_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/ttp.db");
    let (mut sink, held) = try_open(&path, "f").await.unwrap();
    assert_eq!(held, 0);
    sink.write(&[batch(5, 6)]).await.unwrap();
    sink.close().await.unwrap();
    let names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    assert_eq!(names, ["ttp.db"], "one file is left");
    let connection = Connection::open(&path).unwrap();
    let query = "SELECT ledger_sequence || '/' || event_index || ' ' || closed_at || ' ' || kind
        || ' ' || coalesce(operation_index, '-') || ' ' || coalesce(asset_code, '-') || ' ' || amount
        || ' ' || coalesce(to_muxed_kind || ':' || to_muxed, '-') FROM events";
    let mut statement = connection.prepare(query).unwrap();
    let rows: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        rows[..3],
        [
            "5/0 2023-11-14T22:13:20Z fee - - 50 -",
            "5/1 2023-11-14T22:13:20Z transfer 0 USD 50 hash:abcd",
            "5/2 2023-11-14T22:13:20Z mint 1 - 50 -",
        ]
    );
    let asset: String = connection
        .query_row(
            "SELECT asset FROM events WHERE kind = 'transfer'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(asset, format!("USD:{}", Address::Account(ISSUER)));
}

#[tokio::test]
async fn the_view_gives_amounts_with_seven_decimal_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttp.db");
    let (mut sink, _) = try_open(&path, "f").await.unwrap();
    let amounts = [
        0,
        1,
        -1,
        12_345_678,
        -9_999_999,
        i128::from(i64::MAX),
        i128::MIN,
    ];
    let events = (0..).zip(amounts).map(|(index, amount)| {
        let origin = Event::new("stellar.ledger".parse().unwrap(), 5, Payload::bytes(""));
        let payload = Payload::value(transfer(5, 0, amount), 1);
        origin.derive(index, "token.transfer".parse().unwrap(), payload)
    });
    sink.write(&[Batch::new("in".parse().unwrap(), 5, events.collect())])
        .await
        .unwrap();
    let connection = Connection::open(&path).unwrap();
    let mut statement = connection.prepare("SELECT tokens FROM amounts").unwrap();
    let tokens: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        tokens,
        [
            "0.0000000",
            "0.0000001",
            "-0.0000001",
            "1.2345678",
            "-0.9999999",
            "922337203685.4775807",
            "-17014118346046923173168730371588.4105728",
        ]
    );
}

#[tokio::test]
async fn whenever_the_process_dies_data_and_position_agree() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().join("golden.db");
    let (mut uninterrupted, _) = try_open(&golden, "f").await.unwrap();
    for n in 1..6 {
        uninterrupted.write(&[batch(n, n)]).await.unwrap();
    }
    uninterrupted.close().await.unwrap();

    let path = folder.path().join("ttp.db");
    let (mut sink, _) = try_open(&path, "f").await.unwrap();
    for n in 1..6 {
        sink.write(&[batch(n, n)]).await.unwrap();
        // What a dead process leaves: the database and its log, with the end of the log cut at will.
        let log = fs::read(folder.path().join("ttp.db-wal")).unwrap();
        for cut in [0, 1, 100, 5000] {
            let copy = folder.path().join(format!("{n}-{cut}.db"));
            fs::copy(&path, &copy).unwrap();
            fs::write(copy.with_extension("db-wal"), &log[..log.len() - cut]).unwrap();
            let (mut resumed, held) = try_open(&copy, "f").await.unwrap();
            assert!(if cut == 0 {
                held == u64::from(n)
            } else {
                held <= u64::from(n)
            });
            let from = u32::try_from(held).unwrap() + 1;
            resumed.write(&[batch(from, 5)]).await.unwrap();
            resumed.close().await.unwrap();
            assert_eq!(contents(&copy), contents(&golden));
        }
    }
}

#[tokio::test]
async fn batches_that_come_again_are_not_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttp.db");
    let (mut sink, _) = try_open(&path, "f").await.unwrap();
    sink.write(&[batch(1, 3), batch(4, 4)]).await.unwrap();
    sink.write(&[batch(2, 6)]).await.unwrap();
    let count: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 18);
}

#[tokio::test]
async fn an_event_of_another_type_is_named_and_nothing_of_the_call_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttp.db");
    let (mut sink, _) = try_open(&path, "f").await.unwrap();
    let stranger = Event::new(
        "test.stranger".parse().unwrap(),
        2,
        Payload::bytes(vec![0xff]),
    );
    let batches = [
        batch(1, 1),
        Batch::new("in".parse().unwrap(), 2, vec![stranger]),
    ];
    sink.write(&batches).await.unwrap_err();
    sink.close().await.unwrap();
    assert_eq!(try_open(&path, "f").await.unwrap().1, 0);
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    assert!(refused(&path, "f").await.contains("did not make"));
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::write(
        &path,
        "this is some text, and it is long enough to be looked at".repeat(20),
    )
    .unwrap();
    assert!(refused(&path, "f").await.contains("not a database"));

    let ours = folder.path().join("ours.db");
    let (mut sink, _) = try_open(&ours, "f").await.unwrap();
    sink.write(&[batch(1, 40)]).await.unwrap();
    sink.close().await.unwrap();
    assert!(refused(&ours, "other").await.contains("`other`"));

    let whole = fs::read(&ours).unwrap();
    fs::write(&ours, &whole[..whole.len() / 2]).unwrap();
    assert!(refused(&ours, "f").await.contains("malformed"));

    fs::write(&ours, &whole).unwrap();
    Connection::open(&ours)
        .unwrap()
        .pragma_update(None, "user_version", 2)
        .unwrap();
    assert!(
        refused(&ours, "f")
            .await
            .contains("version 2 of the schema")
    );

    fs::remove_file(&ours).unwrap();
    assert_eq!(
        try_open(&ours, "f").await.unwrap().1,
        0,
        "a deleted database is made again"
    );
}

#[tokio::test]
async fn a_reset_removes_what_this_sink_wrote_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttp.db");
    sink(&path).reset().await.unwrap();
    let (mut written, _) = try_open(&path, "f").await.unwrap();
    written.write(&[batch(1, 40)]).await.unwrap();
    drop(written);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..200]).unwrap();
    sink(&path).reset().await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(&path, "mine").unwrap();
    let error = sink(&path).reset().await.unwrap_err();
    assert!(Chain(&error).to_string().contains("did not make"));
    assert!(path.exists());
}

#[tokio::test]
async fn a_database_that_is_removed_under_way_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttp.db");
    let (mut sink, _) = try_open(&path, "f").await.unwrap();
    sink.write(&[batch(1, 1)]).await.unwrap();
    fs::remove_file(&path).unwrap();
    let error = sink.write(&[batch(2, 2)]).await.unwrap_err();
    assert!(Chain(&error).to_string().contains("ttp.db"));
}

#[tokio::test]
async fn a_second_sink_on_one_database_is_refused_before_it_leaves_events_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ttp.db");
    let (mut one, _) = try_open(&path, "f").await.unwrap();
    let (mut other, _) = try_open(&path, "f").await.unwrap();
    one.write(&[batch(1, 2)]).await.unwrap();
    let error = other.write(&[batch(1, 3)]).await.unwrap_err();
    assert!(!error.is_transient());
    assert!(Chain(&error).to_string().contains("another sink writes"));
    one.write(&[batch(3, 4)]).await.unwrap();
}
