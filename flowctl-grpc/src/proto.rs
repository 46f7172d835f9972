//! The messages, clients and servers that `proto/` describes, as prost and tonic write them.
//!
//! Not covered by semver: what is promised is the wire, not the shape of generated Rust.
#![allow(
    clippy::allow_attributes,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    reason = "generated code"
)]

/// `asset`: what a token-transfer event moves.
#[rustfmt::skip]
pub mod asset {
    include!("generated/asset.rs");
}

/// `token_transfer`: token-transfer events.
#[rustfmt::skip]
pub mod token_transfer {
    include!("generated/token_transfer.rs");
}

/// `token_transfer_service`: serves token-transfer events.
#[rustfmt::skip]
pub mod token_transfer_service {
    include!("generated/token_transfer_service.rs");
}

/// `raw_ledger_service`: serves ledgers.
#[rustfmt::skip]
pub mod raw_ledger {
    include!("generated/raw_ledger_service.rs");
}

/// `flowctl`: upstream's older control plane.
#[rustfmt::skip]
pub mod legacy {
    include!("generated/flowctl.rs");
}

/// `flowctl.v1`: upstream's control plane, sources, processors and consumers.
#[rustfmt::skip]
pub mod v1 {
    include!("generated/flowctl.v1.rs");
}

/// `flowctl.data.v1`: records between components that know flowctl.
#[rustfmt::skip]
pub mod data {
    include!("generated/flowctl.data.v1.rs");
}

/// `flowctl.admin.v1`: looking at a run and stopping it.
#[rustfmt::skip]
pub mod admin {
    include!("generated/flowctl.admin.v1.rs");
}

/// All of it as an encoded `google.protobuf.FileDescriptorSet`, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/descriptors.bin");
