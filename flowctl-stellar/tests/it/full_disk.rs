//! What sinks do when the disk is full. Needs the right to mount a small file system in memory.

use std::{fs, path::Path, process::Command, sync::Arc};

use flowctl_core::{
    Chain, Outcome,
    spec::{Restart, RestartPolicy},
    store::MemoryStore,
};
use serde_json::json;

use crate::pipelines::{run, simulated};

/// A file system in memory of a fixed size, for as long as this lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` after saying loudly that `test` is skipped.
    fn mount(test: &str, size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if mount(
            &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"],
            folder.path(),
        ) {
            return Some(Self(folder));
        }
        let required = std::env::var("FLOWCTL_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|name| name.trim() == "tmpfs"),
            "{test} needs the right to mount a tmpfs"
        );
        eprintln!("SKIPPED {test}: it needs the right to mount a tmpfs");
        None
    }

    fn grow(&self, size: &str) {
        assert!(mount(
            &["-o", &format!("remount,size={size}")],
            self.0.path()
        ));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mounted = Command::new("mount").args(arguments).arg(folder).output();
    mounted.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn a_full_disk_ends_the_run_with_its_path_and_a_rerun_completes_the_file() {
    let test = "a_full_disk_ends_the_run_with_its_path_and_a_rerun_completes_the_file";
    let roomy = tempfile::tempdir().unwrap();
    let golden = roomy.path().join("golden.jsonl");
    run(
        &simulated(400, ("jsonl", json!({ "path": golden }))),
        Arc::new(MemoryStore::new()),
    )
    .await;
    for kind in ["jsonl", "sqlite"] {
        let Some(disk) = SmallDisk::mount(test, "400k") else {
            return;
        };
        let path = disk.0.path().join("out");
        let mut pipeline = simulated(400, (kind, json!({ "path": path })));
        pipeline.components[2].on_error.retry.attempts = 1;
        pipeline.components[2].restart = Restart::new(RestartPolicy::Never);
        let store = Arc::new(MemoryStore::new());
        let report = run(&pipeline, Arc::clone(&store) as _).await;
        assert_eq!(report.outcome, Outcome::Failed);
        let error = Chain(&report.error.unwrap()).to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        disk.grow("64m");
        let report = run(&pipeline, store).await;
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.error);
        let golden = fs::read_to_string(&golden).unwrap();
        if kind == "jsonl" {
            assert!(fs::read_to_string(&path).unwrap() == golden);
        } else {
            let database = rusqlite::Connection::open(&path).unwrap();
            let count = "SELECT count(*) FROM events";
            let count: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
            assert_eq!(count, i64::try_from(golden.lines().count()).unwrap());
        }
    }
}
