//! gRPC for flowctl: components that run as programs, and the control plane that they register with.
//!
//! tonic is known in this crate alone. Its types and the generated messages appear in [`proto`] and where a
//! service is served beside others, never in a signature of `flowctl-core`.

pub mod proto;
