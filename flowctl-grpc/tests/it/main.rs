//! The crate as its users see it, over loopback, on ports that are free.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod admin;
mod breaker;
mod connecting;
mod control_legacy;
mod control_runs;
mod control_v1;
mod data_breaks;
mod data_contract;
mod data_equal;
mod lab;
mod plane;
mod probing;
mod python;
mod roundtrips;
mod scripted;
mod serving;
mod v1;
mod v1_strangers;
