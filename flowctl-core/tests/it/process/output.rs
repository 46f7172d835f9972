//! What programs write, however much and in whatever form.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime},
};

use flowctl_core::{
    ByteSize, Executor,
    executor::{LogLine, LogOptions, Stream},
};
use futures_util::{StreamExt, TryStreamExt};

use super::lab::{Lab, shell, soon};

fn following() -> LogOptions {
    let mut options = LogOptions::default();
    options.follow = true;
    options
}

fn text(line: &LogLine) -> &str {
    std::str::from_utf8(&line.bytes).unwrap()
}

#[tokio::test]
async fn both_outputs_are_told_apart_and_lines_come_as_they_are_written() {
    let lab = Lab::new();
    let gate = lab.file("gate");
    let script = format!(
        "echo one; echo two >&2; until [ -e {} ]; do sleep 0.01; done; echo three; printf unended",
        gate.display()
    );
    let before = SystemTime::now() - Duration::from_secs(1);
    let handle = lab.start(&script).await;
    // Another process follows.
    let mut lines = lab.later().logs(&handle, following()).await.unwrap();
    let mut first = Vec::new();
    for _ in 0..2 {
        first.push(soon(lines.next()).await.unwrap().unwrap());
    }
    first.sort_by_key(|line| line.stream == Stream::Err);
    assert_eq!(first.iter().map(text).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(
        first.iter().map(|line| line.stream).collect::<Vec<_>>(),
        [Stream::Out, Stream::Err]
    );
    fs::write(gate, "").unwrap();
    let rest: Vec<LogLine> = soon(lines.try_collect()).await.unwrap();
    assert_eq!(
        rest.iter().map(text).collect::<Vec<_>>(),
        ["three", "unended"]
    );
    let now = SystemTime::now();
    for line in first.iter().chain(&rest) {
        assert!(before < line.at && line.at <= now, "{line:?}");
    }
}

#[tokio::test]
async fn some_lines_can_be_asked_for() {
    let lab = Lab::new();
    let gate = lab.file("gate");
    let script = format!(
        "seq 1 5; until [ -e {} ]; do sleep 0.01; done; seq 6 10; echo end >&2",
        gate.display()
    );
    let handle = lab.start(&script).await;
    let five: Vec<LogLine> = {
        let lines = lab.executor.logs(&handle, following()).await.unwrap();
        soon(lines.take(5).try_collect()).await.unwrap()
    };
    // The keeper's marks are some milliseconds apart.
    tokio::time::sleep(Duration::from_millis(100)).await;
    fs::write(gate, "").unwrap();
    soon(lab.executor.wait(&handle)).await.unwrap();

    let mut options = LogOptions::default();
    for tail in 0..13 {
        options.tail = Some(tail);
        let lines = lab.lines(&handle, options.clone()).await;
        let all: Vec<String> = (1..=10)
            .map(|n| n.to_string())
            .chain(["end".to_owned()])
            .collect();
        let newest = &all[all.len().saturating_sub(tail)..];
        assert_eq!(
            lines.iter().map(text).collect::<Vec<_>>(),
            newest,
            "the newest {tail}"
        );
    }
    options.tail = None;
    options.since = Some(five.last().unwrap().at + Duration::from_millis(20));
    let later = lab.lines(&handle, options.clone()).await;
    assert_eq!(
        later.iter().map(text).collect::<Vec<_>>(),
        ["6", "7", "8", "9", "10", "end"]
    );
    options.tail = Some(2);
    let later = lab.lines(&handle, options).await;
    assert_eq!(later.iter().map(text).collect::<Vec<_>>(), ["10", "end"]);
}

#[tokio::test]
async fn a_line_without_an_end_comes_in_pieces() {
    let mut lab = Lab::new();
    lab.executor = lab.executor.log_limit(ByteSize::from_mib(80));
    let handle = lab
        .start("head -c 67108864 /dev/zero; echo; echo end")
        .await;
    let mut lines = lab.executor.logs(&handle, following()).await.unwrap();
    let (mut bytes, mut pieces, mut partial) = (0, 0, true);
    while partial {
        let line = soon(lines.next()).await.unwrap().unwrap();
        assert!(line.bytes.len() <= 64 * 1024 && line.bytes.iter().all(|byte| *byte == 0));
        bytes += line.bytes.len();
        pieces += 1;
        partial = line.partial;
    }
    assert_eq!((bytes, pieces), (64 << 20, 1024));
    let end = soon(lines.next()).await.unwrap().unwrap();
    assert_eq!((text(&end), end.partial), ("end", false));
    assert!(soon(lines.next()).await.is_none());
}

#[tokio::test]
async fn a_flood_takes_no_more_room_than_it_may() {
    let mut lab = Lab::new();
    lab.executor = lab.executor.log_limit(ByteSize::from_mib(4));
    let handle = lab
        .start("yes 'a line that says nothing' | head -c 200000000; echo; echo end")
        .await;
    soon(lab.executor.wait(&handle)).await.unwrap();
    let file = fs::metadata(lab.file_of(&handle, "out.log")).unwrap();
    let room = file.blocks() * 512;
    assert!(room <= 5 << 20, "{room} bytes are kept");
    let lines = lab.texts(&handle).await;
    let (end, flood) = lines.split_last().unwrap();
    assert_eq!(end, "end");
    let (_, flood) = flood.split_last().unwrap();
    assert!(flood.len() > 50_000, "{} lines are left", flood.len());
    assert!(flood.iter().all(|line| line == "a line that says nothing"));
}

#[tokio::test]
async fn a_follower_sees_no_hole_where_lines_were_given_back() {
    let mut lab = Lab::new();
    lab.executor = lab.executor.log_limit(ByteSize::from_mib(1));
    let handle = lab.start("seq 1 2000000; seq 1 2000000 >&2").await;
    let mut lines = lab.executor.logs(&handle, following()).await.unwrap();
    let mut newest = [0_u64; 2];
    while let Some(line) = soon(lines.next()).await {
        let line = line.unwrap();
        let number: u64 = text(&line).parse().unwrap();
        let newest = &mut newest[usize::from(line.stream == Stream::Err)];
        assert!(*newest < number, "{number} after {newest}");
        *newest = number;
    }
    assert_eq!(newest, [2_000_000; 2]);
}

#[tokio::test]
async fn a_program_that_writes_to_both_outputs_many_times_loses_nothing() {
    let lab = Lab::new();
    let script = "i=0; while [ $i -lt 2000 ]; do echo $i; echo $i >&2; i=$((i+1)); done";
    let handle = lab
        .executor
        .start(&lab.instance(shell("app", script)))
        .await
        .unwrap();
    let lines: Vec<LogLine> = {
        let lines = lab.executor.logs(&handle, following()).await.unwrap();
        soon(lines.try_collect()).await.unwrap()
    };
    for stream in [Stream::Out, Stream::Err] {
        let seen = lines.iter().filter(|line| line.stream == stream).map(text);
        assert!(
            seen.eq((0..2000).map(|n| n.to_string()).collect::<Vec<_>>()),
            "{stream:?}"
        );
    }
    // Read at once, they are in the order of time.
    let lines = lab.lines(&handle, LogOptions::default()).await;
    assert_eq!(lines.len(), 4000);
    assert!(lines.is_sorted_by_key(|line| line.at));
}
