//! Every example program runs and ends well. Cargo builds examples before it runs tests.

use std::{fs, path::Path, process::Command};

#[test]
fn every_program_ends_well() {
    let test = std::env::current_exe().unwrap();
    let built = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut ran = 0;
    for source in fs::read_dir(sources).unwrap() {
        let source = source.unwrap().path();
        let program = built.join(source.file_stem().unwrap());
        // The one that is a flowctl wants to be told what to do.
        let arguments: &[&str] = match program.ends_with("own_flowctl") {
            true => &["components", "shout"],
            false => &[],
        };
        let output = Command::new(&program).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && !output.stdout.is_empty(),
            "{}: {said}",
            program.display()
        );
        ran += 1;
    }
    assert_eq!(ran, 7);
}
