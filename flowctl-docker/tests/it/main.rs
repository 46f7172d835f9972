//! Tests on a real engine. Each has a pipeline of its own with a random name, and removes what it made;
//! any number of runs of these tests may share an engine.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail"
)]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod bench;
mod confinement;
mod conformance;
mod engine;
mod images;
mod lifecycle;
mod logs;
mod played;
mod reach;
mod registry;
mod subject;
