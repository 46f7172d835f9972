//! The library as its users see it: pipelines that run on the in-process executor.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail"
)]

mod bad_specs;
mod catalog;
mod conformance;
mod conservation;
mod dead_letters;
mod failures;
mod flow;
mod good_specs;
mod lab;
#[cfg(unix)]
mod misbehaving;
mod process;
mod programs;
mod resuming;
mod served;
mod spec_laws;
mod split_records;
mod stopping;
mod stores;
