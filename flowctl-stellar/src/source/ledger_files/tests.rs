use std::{fs, path::Path};

use flowctl_core::{
    Chain,
    component::{ComponentContext, ComponentError, Next, Resume, Source},
    event::{Position, SourceBatch},
};

use super::{LedgerFiles, LedgerFilesConfig};
use crate::{
    Network,
    fixtures::{batch, framed, ledgers, ledgers_of, tar, zstandard},
    ledger::Gaps,
    source::LedgerRange,
};

fn config(folder: &Path, gaps: Gaps, range: (Option<u32>, Option<u32>)) -> LedgerFilesConfig {
    let pattern = folder.join("**/*").display().to_string();
    LedgerFilesConfig {
        gaps,
        range: LedgerRange::new(range.0, range.1).unwrap(),
        ..LedgerFilesConfig::new(Network::pubnet(), vec![pattern])
    }
}

struct Run {
    batches: Vec<SourceBatch>,
    warnings: String,
    ended: Result<(), ComponentError>,
}

impl Run {
    fn sequences(&self) -> Vec<u64> {
        self.batches
            .iter()
            .flat_map(|batch| &batch.events)
            .map(|event| event.sequence())
            .collect()
    }

    fn error(self) -> String {
        Chain(&self.ended.unwrap_err()).to_string()
    }
}

async fn run(config: LedgerFilesConfig, resume: Resume) -> Run {
    let context = ComponentContext::detached("in".parse().unwrap());
    let meter = context.meter.clone();
    let mut source = LedgerFiles::new(config, context).unwrap();
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
    Run {
        batches,
        warnings: format!("{meter:?}"),
        ended,
    }
}

#[tokio::test]
async fn ledgers_come_by_sequence_from_whatever_files_in_whatever_order() {
    let folder = tempfile::tempdir().unwrap();
    let all = ledgers(7, 12);
    let shuffled: Vec<(&str, &[u8])> = vec![
        ("c", &all[5]),
        ("a", &all[3]),
        ("d", &all[6]),
        ("b", &all[4]),
    ];
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("z"), framed(&all[..3])).unwrap();
    fs::write(
        folder.path().join("sub/y.tar.zst"),
        zstandard(&tar(&shuffled)),
    )
    .unwrap();
    fs::write(folder.path().join("x"), batch(14, 16, &all[7..10])).unwrap();
    // Two that are elsewhere too.
    fs::write(folder.path().join("w"), framed(&all[9..])).unwrap();
    fs::write(folder.path().join("v"), &all[3]).unwrap();
    let found = run(
        config(folder.path(), Gaps::Error, (None, None)),
        Resume::default(),
    )
    .await;
    found.ended.as_ref().unwrap();
    assert_eq!(found.sequences(), (7..19).collect::<Vec<_>>());
    let events = found.batches.iter().flat_map(|batch| &batch.events);
    for (event, ledger) in events.zip(&all) {
        assert_eq!(event.payload().as_bytes().unwrap(), ledger);
    }
}

#[tokio::test]
async fn a_range_is_inclusive_and_a_position_resumes_behind_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), framed(&ledgers(7, 100))).unwrap();
    let ranged = config(folder.path(), Gaps::Error, (Some(10), Some(90)));
    let whole = run(ranged.clone(), Resume::default()).await;
    assert_eq!(whole.sequences(), (10..91).collect::<Vec<_>>());
    assert_eq!(whole.batches.len(), 2, "64 ledgers make a batch");
    let resumed = run(
        ranged.clone(),
        Resume::after(whole.batches[0].through.clone()),
    )
    .await;
    assert_eq!(resumed.sequences(), (74..91).collect::<Vec<_>>());
    let rewound = run(ranged.clone(), Resume::after(Position::at(80))).await;
    assert_eq!(rewound.sequences(), (81..91).collect::<Vec<_>>());
    let done = run(ranged, Resume::after(whole.batches[1].through.clone())).await;
    assert!(done.ended.is_ok() && done.batches.is_empty());
}

#[tokio::test]
async fn a_history_that_changed_since_the_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), framed(&ledgers(7, 3))).unwrap();
    let forged = Position::at(7).with_cursor(vec![9; 32]);
    let found = run(
        config(folder.path(), Gaps::Error, (None, None)),
        Resume::after(forged),
    )
    .await;
    assert!(
        found
            .error()
            .contains("ledger 8 follows a ledger with the hash")
    );
}

#[tokio::test]
async fn a_gap_is_an_error_or_a_counted_warning_and_what_comes_before_is_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = ledgers(7, 9);
    all.remove(4);
    fs::write(folder.path().join("a"), framed(&all)).unwrap();
    let strict = run(
        config(folder.path(), Gaps::Error, (None, None)),
        Resume::default(),
    )
    .await;
    assert_eq!(strict.sequences(), (7..11).collect::<Vec<_>>());
    let error = strict.error();
    assert!(
        error.contains("expected ledger 11, found 12") && error.contains("byte"),
        "{error}"
    );
    let lenient = run(
        config(folder.path(), Gaps::Allow, (None, None)),
        Resume::default(),
    )
    .await;
    assert_eq!(lenient.sequences().len(), 8);
    assert!(
        lenient.warnings.contains("\"gap between ledgers\": 1"),
        "{}",
        lenient.warnings
    );
}

#[tokio::test]
async fn an_end_that_the_files_do_not_reach_is_an_error_before_the_first_ledger() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), framed(&ledgers(7, 3))).unwrap();
    let run_to = |gaps| {
        run(
            config(folder.path(), gaps, (None, Some(12))),
            Resume::default(),
        )
    };
    let strict = run_to(Gaps::Error).await;
    assert!(strict.batches.is_empty());
    assert!(
        strict
            .error()
            .contains("the files end with ledger 9, before `end_ledger` 12")
    );
    assert_eq!(run_to(Gaps::Allow).await.sequences(), [7, 8, 9]);
}

#[tokio::test]
async fn two_different_ledgers_with_one_sequence_are_an_error_that_names_both_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), framed(&ledgers(7, 3))).unwrap();
    fs::write(
        folder.path().join("b"),
        &ledgers_of(&Network::pubnet(), 8, 1)[0],
    )
    .unwrap();
    let found = run(
        config(folder.path(), Gaps::Error, (None, None)),
        Resume::default(),
    )
    .await;
    let error = found.error();
    assert!(
        error.contains("ledger 8") && error.contains("/a`") && error.contains("/b`"),
        "{error}"
    );
}

#[tokio::test]
async fn ledgers_of_another_network_are_refused_with_the_passphrase_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("a"),
        framed(&ledgers_of(&Network::testnet(), 7, 3)),
    )
    .unwrap();
    let found = run(
        config(folder.path(), Gaps::Error, (None, None)),
        Resume::default(),
    )
    .await;
    assert!(found.batches.is_empty());
    let help = found
        .ended
        .as_ref()
        .unwrap_err()
        .help_text()
        .unwrap()
        .to_owned();
    assert!(help.contains(Network::testnet().passphrase()), "{help}");
    assert!(found.error().contains(Network::pubnet().passphrase()));
}

#[tokio::test]
async fn a_ledger_that_does_not_end_where_its_file_or_frame_ends_is_refused_with_its_place() {
    let all = ledgers_of(&Network::pubnet(), 7, 3);
    let whole = &all[1];
    let cut = &whole[..whole.len() - 40];
    let short = &whole[..whole.len() - 4];
    let long = [whole.as_slice(), &[0; 4]].concat();
    let at = 4 + all[0].len();
    let frames = |second: &[u8]| framed(&[all[0].clone(), second.to_vec(), all[2].clone()]);
    for (content, before, place) in [
        (cut.to_vec(), 0, "/a`, byte 0".to_owned()),
        (
            [whole.as_slice(), &all[2]].concat(),
            0,
            "/a`, byte 0".into(),
        ),
        (tar(&[("m", cut)]), 0, "/a`, member `m`, byte 0".into()),
        (frames(short), 1, format!("/a`, byte {at}")),
        (frames(&long), 1, format!("/a`, byte {at}")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), content).unwrap();
        let found = run(
            config(folder.path(), Gaps::Error, (None, None)),
            Resume::default(),
        )
        .await;
        assert_eq!(found.sequences().len(), before);
        let error = found.error();
        assert!(
            error.contains("ledger 8 at") && error.contains(&place),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_pattern_that_matches_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let found = run(
        config(folder.path(), Gaps::Error, (None, None)),
        Resume::default(),
    )
    .await;
    assert!(found.error().contains("no file matches `"));
}
