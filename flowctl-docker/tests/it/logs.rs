//! What containers write: complete, in order, with its bytes as they were.

use flowctl_core::{
    Executor,
    executor::{ExecutorErrorKind, LogOptions, Stream},
};
use futures_util::StreamExt;

use crate::bench::{Bench, kind, text};

fn numbered(word: &str, lines: &[flowctl_core::executor::LogLine], stream: Stream) -> Vec<u64> {
    text(lines, stream)
        .lines()
        .map(|line| line.strip_prefix(word).unwrap().trim().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn every_line_of_both_outputs_is_there_in_order() {
    let Some(bench) = Bench::open("logs").await else {
        return;
    };
    let handle = bench.start("one", &["lines", "20000"]).await;
    let mut follow = LogOptions::default();
    follow.follow = true;
    // Followed from the start, and read after the end: the same.
    let (followed, report) = tokio::join!(bench.lines(&handle, follow), bench.wait(&handle));
    assert_eq!(report.status, flowctl_core::executor::ExitStatus::Code(0));
    let read = bench.lines(&handle, LogOptions::default()).await;
    for lines in [&followed, &read] {
        assert_eq!(
            numbered("out", lines, Stream::Out),
            (0..20000).collect::<Vec<_>>()
        );
        let expected: Vec<u64> = (0..20000).step_by(3).collect();
        assert_eq!(numbered("err", lines, Stream::Err), expected);
    }
    bench.close().await;
}

#[tokio::test]
async fn long_lines_are_whole_and_bytes_that_are_no_text_are_kept() {
    let Some(bench) = Bench::open("long lines").await else {
        return;
    };
    for (id, length) in [
        ("a", 16_384_u32),
        ("b", 16_383),
        ("c", 40_000),
        ("d", 1_000_000),
    ] {
        let (_, written) = bench
            .run(bench.component(id, &["long", &length.to_string()]))
            .await;
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(lines[0].len(), usize::try_from(length).unwrap());
        let alphabet = lines[0].bytes().zip((b'a'..=b'z').cycle());
        assert!(alphabet.clone().all(|(found, expected)| found == expected));
        assert_eq!(lines[1..], ["short", "no break"]);
    }
    let handle = bench.start("raw", &["raw"]).await;
    bench.wait(&handle).await;
    let lines = bench.lines(&handle, LogOptions::default()).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(&lines[0].bytes[..], b"\xff\xfe\x80\x00\x01 \xc3");
    bench.close().await;
}

#[tokio::test]
async fn the_end_of_a_log_is_counted_in_lines_and_then_followed() {
    let Some(bench) = Bench::open("tail").await else {
        return;
    };
    let handle = bench.start("one", &["lines", "300", "stay"]).await;
    bench.until_says(&handle, "out 299").await;
    let mut options = LogOptions::default();
    options.tail = Some(3);
    let all = bench.lines(&handle, LogOptions::default()).await;
    assert_eq!(all.len(), 400);
    assert_eq!(bench.lines(&handle, options.clone()).await, all[397..]);
    options.tail = Some(1000);
    assert_eq!(bench.lines(&handle, options.clone()).await, all);
    options.tail = Some(0);
    assert_eq!(bench.lines(&handle, options.clone()).await, []);
    options.tail = Some(2);
    options.follow = true;
    let follow = bench.lines(&handle, options);
    let (followed, _) = tokio::join!(follow, async {
        bench.stop(&handle).await;
    });
    assert_eq!(followed, all[398..]);

    let long = bench.start("long", &["long", "100000"]).await;
    bench.wait(&long).await;
    let mut options = LogOptions::default();
    options.tail = Some(3);
    let lines = bench.lines(&long, options).await;
    assert_eq!(lines[0].bytes.len(), 100_000);
    bench.close().await;
}

#[tokio::test]
async fn a_log_is_opened_again_at_any_moment() {
    let Some(bench) = Bench::open("since").await else {
        return;
    };
    let handle = bench.start("one", &["lines", "500"]).await;
    bench.wait(&handle).await;
    let all = bench.lines(&handle, LogOptions::default()).await;
    for at in [0, 1, 250, all.len() - 1] {
        let mut options = LogOptions::default();
        options.since = Some(all[at].at);
        let expected: Vec<_> = all
            .iter()
            .filter(|line| line.at >= all[at].at)
            .cloned()
            .collect();
        assert_eq!(bench.lines(&handle, options).await, expected);
    }
    bench.close().await;
}

#[tokio::test]
async fn a_reader_that_stops_reading_holds_nobody_up() {
    let Some(bench) = Bench::open("unread log").await else {
        return;
    };
    let handle = bench.start("one", &["lines", "200000"]).await;
    let mut follow = LogOptions::default();
    follow.follow = true;
    let mut unread = bench.executor.logs(&handle, follow).await.unwrap();
    assert!(unread.next().await.unwrap().is_ok());
    let report = bench.wait(&handle).await;
    assert_eq!(report.status, flowctl_core::executor::ExitStatus::Code(0));
    // And what it has not read is still there for it.
    assert_eq!(unread.count().await, 200_000 + 66_667 - 1);
    bench.close().await;
}

#[tokio::test]
async fn logs_of_nobody_are_not_found() {
    let Some(bench) = Bench::open("no logs").await else {
        return;
    };
    let mut handle = bench.start("one", &["exit", "0"]).await;
    bench.wait(&handle).await;
    handle.generation = 7;
    let refused = bench.executor.logs(&handle, LogOptions::default()).await;
    assert_eq!(kind(refused), Some(ExecutorErrorKind::NotFound));
    bench.close().await;
}
