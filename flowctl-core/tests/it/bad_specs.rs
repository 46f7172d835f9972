//! What people read when a spec is wrong: one file each, with the message beside it.
//!
//! `FLOWCTL_BLESS=1` writes the messages anew; read the difference before committing it.

use std::{collections::BTreeSet, fmt::Write, fs, io, path::Path};

use flowctl_core::spec::{Code, Reader};

use crate::catalog::Four;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/bad_specs"))
}

/// The names of the cases, without `.yaml`.
fn cases() -> BTreeSet<String> {
    let files = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name());
    let names = files.filter_map(|name| {
        name.into_string()
            .unwrap()
            .strip_suffix(".yaml")
            .map(str::to_owned)
    });
    names.filter(|name| !name.ends_with(".overlay")).collect()
}

/// The files that `env_file` may name.
fn env_file(name: &str) -> io::Result<String> {
    match name {
        "broken.env" => Ok("A=1\nB\n".to_owned()),
        _ => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "there is no such file",
        )),
    }
}

/// All that is said about a case.
fn message(name: &str) -> String {
    let file = format!("{name}.yaml");
    let text = fs::read_to_string(folder().join(&file)).unwrap();
    let set = text
        .strip_prefix("# set: ")
        .and_then(|text| text.lines().next())
        .map(str::to_owned);
    let mut reader = Reader::new()
        .text(file, text)
        .files(env_file)
        .catalog(&Four);
    let overlay = format!("{name}.overlay.yaml");
    if let Ok(text) = fs::read_to_string(folder().join(&overlay)) {
        reader = reader.text(overlay, text);
    }
    if let Some(set) = set {
        reader = reader.set(set);
    }
    match reader.read() {
        Err(errors) => format!("{errors}\n"),
        Ok(reading) => {
            assert!(!reading.warnings.is_empty(), "{name} is not bad at all");
            let mut out = String::new();
            for warning in reading.warnings {
                write!(out, "{warning}").unwrap();
            }
            out
        }
    }
}

#[test]
fn every_bad_spec_has_its_message() {
    let bless = std::env::var_os("FLOWCTL_BLESS").is_some();
    let mut different = Vec::new();
    for name in cases() {
        let golden = folder().join(format!("{name}.txt"));
        let message = message(&name);
        if bless {
            fs::write(&golden, &message).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != message {
            different.push(format!("--- {name}\n{message}"));
        }
    }
    assert!(
        different.is_empty(),
        "not as written:\n{}",
        different.join("\n")
    );
}

/// Codes of a plan: what is wrong there depends on the executors, not on the spec alone.
const OF_PLANS: [&str; 2] = ["S131", "W207"];

#[test]
fn every_code_is_shown_by_a_bad_spec() {
    let said: String = cases().iter().map(|name| message(name)).collect();
    let silent: Vec<_> = Code::pages()
        .map(|page| page.code)
        .filter(|code| !OF_PLANS.contains(&code.as_str()))
        .filter(|code| !said.contains(&format!("[{code}]")))
        .collect();
    assert!(silent.is_empty(), "no bad spec shows {silent:?}");
}

#[test]
fn every_problem_has_a_place_unless_there_is_no_text() {
    for name in cases() {
        let text = fs::read_to_string(folder().join(format!("{name}.yaml"))).unwrap();
        let Err(errors) = Reader::new().text("a", text).read() else {
            continue;
        };
        for problem in errors.diagnostics() {
            assert!(problem.location.is_some(), "{name}: {problem}");
        }
    }
}
