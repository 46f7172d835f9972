use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use flowctl_core::{
    BoxError, Chain, Registry,
    component::{ComponentContext, ComponentError, Held, OpenSink, Sink},
    event::{Batch, Event, EventValue, Payload},
};
use proptest::prelude::*;

use super::{JsonLines, JsonLinesConfig};

/// A payload whose JSON has the length it says.
struct Number(u64);

impl EventValue for Number {
    const EVENT_TYPE: &'static str = "test.number";

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.0.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(Self(u64::from_be_bytes(bytes.try_into()?)))
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend(format!("{{\"n\":{}}}", self.0).bytes());
    }
}

fn sink(path: &Path) -> JsonLines {
    let mut registry = Registry::new();
    registry.event::<Number>().unwrap();
    let context = ComponentContext::detached("out".parse().unwrap());
    let context = context.with_codecs(registry.codecs().clone());
    JsonLines::new(JsonLinesConfig::new(path), context).unwrap()
}

fn sources(fingerprint: &str) -> OpenSink {
    OpenSink::new(BTreeMap::from([(
        "in".parse().unwrap(),
        fingerprint.to_owned(),
    )]))
}

/// The batch that completes the stream up to `through`, with one event a sequence from `from` on.
fn batch(from: u64, through: u64) -> Batch {
    let event = |n| {
        Event::new(
            "test.number".parse().unwrap(),
            n,
            Payload::value(Number(n), 8),
        )
    };
    Batch::new(
        "in".parse().unwrap(),
        through,
        (from..=through).map(event).collect(),
    )
}

fn lines(through: u64) -> String {
    (1..=through).map(|n| format!("{{\"n\":{n}}}\n")).collect()
}

async fn opened(path: &Path) -> (JsonLines, u64) {
    try_open(path, "f").await.unwrap()
}

async fn try_open(path: &Path, fingerprint: &str) -> Result<(JsonLines, u64), ComponentError> {
    let mut sink = sink(path);
    let Held::Positions(held) = sink.open(&sources(fingerprint)).await? else {
        panic!("no positions")
    };
    Ok((sink, held.values().copied().next().unwrap_or(0)))
}

fn said(error: &ComponentError) -> String {
    Chain(error).to_string()
}

fn position(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.position", path.display()))
}

#[tokio::test]
async fn what_was_written_is_held_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/out.jsonl");
    let (mut sink, held) = opened(&path).await;
    assert_eq!(held, 0);
    sink.write(&[batch(1, 3), batch(4, 4)]).await.unwrap();
    sink.write(&[Batch::new("in".parse().unwrap(), 9, Vec::new())])
        .await
        .unwrap();
    sink.close().await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), lines(4));
    let (mut sink, held) = opened(&path).await;
    assert_eq!(held, 9, "a batch without events moves the position");
    sink.write(&[batch(2, 10)]).await.unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        lines(4) + "{\"n\":10}\n"
    );
}

#[tokio::test]
async fn what_a_dead_write_left_behind_is_cut_off_at_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    let before = (fs::read(&path).unwrap(), fs::read(position(&path)).unwrap());
    sink.write(&[batch(4, 6)]).await.unwrap();
    let after = (fs::read(&path).unwrap(), fs::read(position(&path)).unwrap());
    sink.close().await.unwrap();
    for length in before.0.len()..=after.0.len() {
        // The data is synced before the position is replaced, whatever of it was written by then.
        for position_written in [0, 1, after.1.len()] {
            fs::write(&path, &after.0[..length]).unwrap();
            fs::write(position(&path), &before.1).unwrap();
            let temporary = format!("{}.new", position(&path).display());
            fs::write(temporary, &after.1[..position_written]).unwrap();
            let (mut sink, held) = opened(&path).await;
            assert_eq!(held, 3);
            sink.write(&[batch(4, 6)]).await.unwrap();
            assert_eq!(fs::read(&path).unwrap(), after.0);
            assert_eq!(fs::read(position(&path)).unwrap(), after.1);
        }
    }
}

#[tokio::test]
async fn a_deleted_file_is_written_again_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    sink.close().await.unwrap();
    fs::remove_file(&path).unwrap();
    let (_sink, held) = opened(&path).await;
    assert_eq!(held, 0);
}

#[tokio::test]
async fn a_file_that_somebody_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    sink.close().await.unwrap();
    let (data, stored) = (fs::read(&path).unwrap(), fs::read(position(&path)).unwrap());

    fs::write(&path, &data[..data.len() - 1]).unwrap();
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("bytes where 24 were written"));

    let mut swapped = data.clone();
    swapped[5] ^= 1;
    fs::write(&path, &swapped).unwrap();
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("not what was written"));

    fs::write(&path, &data).unwrap();
    fs::write(position(&path), &stored[..stored.len() / 2]).unwrap();
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("is damaged"));

    let text = String::from_utf8(stored.clone()).unwrap();
    fs::write(
        position(&path),
        text.replace("\"through\":3", "\"through\":2"),
    )
    .unwrap();
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("is damaged"));

    fs::write(
        position(&path),
        text.replace("\"format\":1", "\"format\":2"),
    )
    .unwrap();
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("a format that this version"));

    fs::remove_file(position(&path)).unwrap();
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("holds data, but"));

    fs::write(position(&path), &stored).unwrap();
    assert_eq!(opened(&path).await.1, 3);
}

#[tokio::test]
async fn another_source_behind_the_same_name_is_refused_with_both() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    sink.close().await.unwrap();
    let error = said(&try_open(&path, "other").await.unwrap_err());
    assert!(
        error.contains("`f`") && error.contains("`other`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_reset_removes_what_this_sink_wrote_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    sink(&path).reset().await.unwrap();
    let (mut written, _) = opened(&path).await;
    written.write(&[batch(1, 3)]).await.unwrap();
    assert!(said(&sink(&path).reset().await.unwrap_err()).contains("in use"));
    written.close().await.unwrap();
    fs::write(position(&path), "damaged").unwrap();
    sink(&path).reset().await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(&path, "mine\n").unwrap();
    assert!(said(&sink(&path).reset().await.unwrap_err()).contains("holds data, but"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
}

#[tokio::test]
async fn a_file_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (_sink, _) = opened(&path).await;
    assert!(said(&try_open(&path, "f").await.unwrap_err()).contains("in use by another process"));
}

#[tokio::test]
async fn an_event_without_a_codec_is_named_and_nothing_of_the_call_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    let stranger = Event::new("test.stranger".parse().unwrap(), 2, Payload::bytes(vec![1]));
    let batches = [
        batch(1, 1),
        Batch::new("in".parse().unwrap(), 2, vec![stranger]),
    ];
    let error = sink.write(&batches).await.unwrap_err();
    assert!(said(&error).contains("`test.stranger`"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
    sink.write(&[batch(1, 2)]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), lines(2));
}

#[tokio::test]
async fn a_folder_that_is_removed_under_way_is_an_error_and_nothing_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone/out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    fs::remove_dir_all(folder.path().join("gone")).unwrap();
    let error = sink.write(&[batch(4, 6)]).await.unwrap_err();
    assert!(!error.is_transient());
    assert!(said(&error).contains("out.jsonl"));
}

#[tokio::test]
async fn a_failed_write_is_undone_before_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    // A folder in the place of the temporary file makes replacing the position fail, with the lines
    // already appended.
    let obstacle = format!("{}.new", position(&path).display());
    fs::create_dir(&obstacle).unwrap();
    sink.write(&[batch(4, 6)]).await.unwrap_err();
    sink.write(&[batch(4, 6)]).await.unwrap_err();
    fs::remove_dir(&obstacle).unwrap();
    sink.write(&[batch(4, 6)]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), lines(6));
    sink.close().await.unwrap();
    assert_eq!(opened(&path).await.1, 6);
}

#[tokio::test]
async fn a_file_that_is_removed_under_way_is_an_error_without_new_lines_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    let before = fs::read(position(&path)).unwrap();
    fs::remove_file(&path).unwrap();
    let empty = Batch::new("in".parse().unwrap(), 9, Vec::new());
    let error = sink.write(&[empty]).await.unwrap_err();
    assert!(said(&error).contains("removed or replaced"));
    assert_eq!(fs::read(position(&path)).unwrap(), before);
    let error = sink.close().await.unwrap_err();
    assert!(said(&error).contains("removed or replaced"));
}

#[tokio::test]
async fn a_position_of_no_bytes_lets_nobody_elses_data_be_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[Batch::new("in".parse().unwrap(), 9, Vec::new())])
        .await
        .unwrap();
    sink.close().await.unwrap();
    // What a first append leaves that dies before the position is replaced is ours, and cut.
    fs::write(&path, "{\"n\":").unwrap();
    let (mut sink, held) = opened(&path).await;
    assert_eq!((held, fs::read(&path).unwrap().len()), (9, 0));
    sink.close().await.unwrap();
    // Written elsewhere and moved here: another file.
    let other = folder.path().join("other");
    fs::write(&other, "mine\n").unwrap();
    fs::rename(&other, &path).unwrap();
    let error = try_open(&path, "f").await.unwrap_err();
    assert!(said(&error).contains("not the file that was left empty"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
    // An empty one can be taken over.
    fs::write(&path, "").unwrap();
    let (mut sink, held) = opened(&path).await;
    assert_eq!(held, 9);
    sink.write(&[batch(10, 11)]).await.unwrap();
    sink.close().await.unwrap();
    assert_eq!(opened(&path).await.1, 11);
}

#[tokio::test]
async fn a_position_that_cannot_be_replaced_leaves_the_end_of_the_data_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let (mut sink, _) = opened(&path).await;
    sink.write(&[batch(1, 3)]).await.unwrap();
    let before = fs::read(position(&path)).unwrap();
    let obstacle = format!("{}.new", position(&path).display());
    fs::create_dir(&obstacle).unwrap();
    sink.write(&[batch(4, 6)]).await.unwrap_err();
    fs::remove_dir(&obstacle).unwrap();
    sink.write(&[Batch::new("in".parse().unwrap(), 3, Vec::new())])
        .await
        .unwrap();
    assert_eq!(fs::read(position(&path)).unwrap(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn however_a_stream_is_cut_and_reopened_the_file_is_the_same(
        steps in prop::collection::vec((1_u64..2000, any::<bool>(), 0_u64..3), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let through = runtime.block_on(async {
            let (mut sink, mut at) = opened(&path).await;
            for (length, reopen, back) in steps {
                let from = at.saturating_sub(back).max(1);
                sink.write(&[batch(from, at + length)]).await.unwrap();
                at += length;
                if reopen {
                    sink.close().await.unwrap();
                    let held;
                    (sink, held) = opened(&path).await;
                    assert_eq!(held, at);
                }
            }
            at
        });
        prop_assert_eq!(fs::read_to_string(&path).unwrap(), lines(through));
    }
}
