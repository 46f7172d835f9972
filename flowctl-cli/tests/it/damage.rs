//! What happens to files between runs and under them: the golden result, or a clear error.

use std::{fs, path::Path, process::Command};

use flowctl_stellar::simulated::{Options, SimulatedNetwork};
use rustix::process::Signal;

use crate::{
    process::{Ended, Place, end, signal, until},
    required::skip,
    specs,
};

const LEDGERS: u32 = 30;

fn spec(sinks: &str) -> String {
    specs::simulated("damaged", LEDGERS, sinks)
}

/// A place where the pipeline has run to its end.
fn ran(sinks: &str) -> Place {
    let place = Place::new();
    place.write("p.yaml", &spec(sinks));
    place.flowctl(&["run", "p.yaml"]).exits(0);
    place
}

#[track_caller]
fn refused(ended: Ended, code: i32, words: &[&str]) {
    let ended = ended.exits(code);
    assert!(ended.stderr.contains("error["), "{}", ended.stderr);
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "no {word:?} in {}",
            ended.stderr
        );
    }
}

#[test]
fn a_deleted_sink_file_is_written_again() {
    let place = ran(specs::JSONL);
    let lines = place.read("out.jsonl");
    fs::remove_file(place.path("out.jsonl")).unwrap();
    place.flowctl(&["run", "p.yaml"]).exits(0);
    assert_eq!(place.read("out.jsonl"), lines);

    let place = ran(specs::SQLITE);
    for file in ["out.db", "out.db-wal", "out.db-shm"] {
        let _ = fs::remove_file(place.path(file));
    }
    let again = place.flowctl(&["run", "p.yaml"]).exits(0).stderr;
    assert!(again.contains("done: network 30 → store "), "{again}");
}

#[test]
fn a_sink_file_that_was_cut_short_is_refused() {
    for (sink, file) in [(specs::JSONL, "out.jsonl"), (specs::SQLITE, "out.db")] {
        let place = ran(sink);
        let mut content = place.read(file);
        content.truncate(content.len() / 2);
        fs::write(place.path(file), content).unwrap();
        refused(place.flowctl(&["run", "p.yaml"]), 4, &[file]);
    }
}

#[test]
fn a_sink_file_of_another_pipeline_is_refused() {
    for (sink, files) in [
        (specs::JSONL, &["out.jsonl", "out.jsonl.position"][..]),
        (specs::SQLITE, &["out.db"]),
    ] {
        let place = ran(sink);
        let other = Place::new();
        let network = format!("end_ledger: {}, seed: 9", LEDGERS + 1);
        other.write("p.yaml", &specs::simulated_with("damaged", &network, sink));
        other.flowctl(&["run", "p.yaml"]).exits(0);
        for file in files {
            fs::copy(other.path(file), place.path(file)).unwrap();
        }
        refused(place.flowctl(&["run", "p.yaml"]), 4, &[files[0]]);
    }
}

#[test]
fn a_sink_file_that_was_swapped_without_its_position_is_refused() {
    let place = ran(specs::JSONL);
    let mut lines = place.read("out.jsonl");
    lines.reverse();
    fs::write(place.path("out.jsonl"), lines).unwrap();
    refused(
        place.flowctl(&["run", "p.yaml"]),
        4,
        &["out.jsonl", "changed by somebody else"],
    );
}

#[test]
fn a_folder_that_is_removed_under_a_run_ends_it_and_loses_nothing() {
    for sink in [specs::JSONL, specs::SQLITE] {
        let place = Place::new();
        let spec = specs::simulated_with(
            "damaged",
            "interval: 2ms",
            &sink.replace("path: out", "path: sub/out"),
        );
        place.write("p.yaml", &spec);
        let child = place.start(&["run", "p.yaml"]);
        let written = || {
            let files = ["sub/out.jsonl", "sub/out.db-wal"];
            files
                .iter()
                .any(|file| place.path(file).metadata().is_ok_and(|file| file.len() > 0))
        };
        until("the sink writes", written);
        fs::rename(place.path("sub"), place.path("gone")).unwrap();
        fs::remove_dir_all(place.path("gone")).unwrap();
        refused(end(child), 5, &["sub/out"]);
        // What was acknowledged is gone with the folder; a sink that holds nothing gets it again.
        let child = place.start(&["run", "p.yaml"]);
        until("the sink writes again", written);
        signal(&child, Signal::INT);
        end(child).exits(0);
    }
}

#[test]
fn a_full_disk_ends_the_run_and_room_lets_it_go_on() {
    let test = "a_full_disk_ends_the_run_and_room_lets_it_go_on";
    let place = Place::new();
    fs::create_dir(place.path("small")).unwrap();
    let Some(_mounted) = Tmpfs::mount(&place.path("small"), "256k") else {
        return skip(test, "tmpfs", "needs the right to mount a tmpfs (root)");
    };
    for (sink, ledgers) in [(specs::JSONL, 600), (specs::SQLITE, 600)] {
        let on = |path: &str| {
            specs::simulated(
                "full",
                ledgers,
                &sink.replace("path: out", &format!("path: {path}out")),
            )
        };
        let golden = Place::new();
        golden.write("p.yaml", &on(""));
        golden.flowctl(&["run", "p.yaml"]).exits(0);
        place.write("p.yaml", &on("small/"));
        let arguments = [
            "run",
            "p.yaml",
            "--set",
            "spec.sinks[0].on_error.retry.attempts=0",
        ];
        refused(place.flowctl(&arguments), 5, &["small/out"]);
        Tmpfs::resize(&place.path("small"), "64m");
        place.flowctl(&["run", "p.yaml"]).exits(0);
        if sink == specs::JSONL {
            assert_eq!(place.read("small/out.jsonl"), golden.read("out.jsonl"));
        }
        fs::remove_dir_all(place.path("state")).unwrap();
        for file in fs::read_dir(place.path("small")).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        Tmpfs::resize(&place.path("small"), "256k");
    }
}

/// A small file system in memory, unmounted when dropped.
struct Tmpfs(std::path::PathBuf);

impl Tmpfs {
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(folder.to_owned()))
    }

    fn resize(folder: &Path, size: &str) {
        let options = format!("remount,size={size}");
        let mut mount = Command::new("mount");
        assert!(
            mount
                .args(["-o", &options])
                .arg(folder)
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The ledgers of a network, raw, from the first on.
fn raw(seed: u64) -> Vec<Vec<u8>> {
    let mut options = Options::default();
    options.seed = seed;
    options.transactions_per_ledger = 2;
    let network = SimulatedNetwork::new(options).unwrap();
    network
        .take(8)
        .map(|ledger| ledger.bytes.to_vec())
        .collect()
}

/// A place with one file a ledger, and a pipeline that reads them.
fn with_files(ledgers: &[Vec<u8>]) -> Place {
    let place = Place::new();
    fs::create_dir(place.path("ledgers")).unwrap();
    for (n, ledger) in ledgers.iter().enumerate() {
        fs::write(
            place.path(&format!("ledgers/{n}.xdr.zst")),
            zstd::encode_all(&ledger[..], 1).unwrap(),
        )
        .unwrap();
    }
    place.write("p.yaml", &specs::files("files", "ledgers/*", "simulated"));
    place
}

/// Damages one file, sees that the run names it, puts it back, and sees that nothing is missing.
fn damaged_and_put_back(damage: impl FnOnce(&Path), words: &[&str]) {
    let ledgers = raw(1);
    let golden = with_files(&ledgers);
    golden.flowctl(&["run", "p.yaml"]).exits(0);
    let place = with_files(&ledgers);
    let file = place.path("ledgers/5.xdr.zst");
    let whole = fs::read(&file).unwrap();
    damage(&file);
    let ended = place.flowctl(&["run", "p.yaml"]);
    assert!(
        matches!(ended.status.code(), Some(4 | 5)),
        "{} {}",
        ended.status,
        ended.stderr
    );
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "no {word:?} in {}",
            ended.stderr
        );
    }
    fs::write(&file, whole).unwrap();
    place.flowctl(&["run", "p.yaml"]).exits(0);
    assert_eq!(place.read("out.jsonl"), golden.read("out.jsonl"));
}

#[test]
fn corrupt_compression_is_named_with_its_file() {
    let damage = |file: &Path| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xff);
        fs::write(file, bytes).unwrap();
    };
    damaged_and_put_back(damage, &["5.xdr.zst"]);
}

#[test]
fn a_truncated_ledger_is_named_with_its_file() {
    let damage = |file: &Path| {
        let ledger = zstd::decode_all(&fs::read(file).unwrap()[..]).unwrap();
        fs::write(
            file,
            zstd::encode_all(&ledger[..ledger.len() / 2], 1).unwrap(),
        )
        .unwrap();
    };
    damaged_and_put_back(damage, &["5.xdr.zst"]);
}

#[test]
fn a_missing_ledger_is_a_gap() {
    damaged_and_put_back(|file| fs::remove_file(file).unwrap(), &["7"]);
}

#[test]
fn a_ledger_of_another_chain_breaks_it() {
    let damage = |file: &Path| {
        let other = raw(2).swap_remove(5);
        fs::write(file, zstd::encode_all(&other[..], 1).unwrap()).unwrap();
    };
    damaged_and_put_back(
        damage,
        &["5.xdr.zst", "ledger 7 follows a ledger with the hash"],
    );
}
