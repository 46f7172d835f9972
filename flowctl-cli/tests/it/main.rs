//! The `flowctl` command, as a process.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should fail"
)]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod answers;
mod damage;
mod elsewhere;
mod fresh;
mod kill;
mod objects;
mod process;
mod programs;
mod required;
mod resume;
mod running;
mod specs;
mod stellar_programs;
mod stopping;
