//! Ledgers out of a data lake: `stellar-lake`.
//!
//! # Source
//!
//! SEP-54 (draft 0.2.0), "Ledger Metadata Storage", for the keys, the manifest and the content; lakes
//! made before it use the suffix `.xdr.zstd`.

mod config;
mod manifest;
mod object;
mod prefetch;
mod schema;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod wait;

pub use self::{
    config::LakeConfig,
    schema::{LakeSchema, ObjectName},
    source::Lake,
};
