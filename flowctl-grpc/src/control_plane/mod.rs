//! The control plane: where the components of a run register and send heartbeats, and where tools look.
//!
//! [`ControlPlaneServer`] serves both services that components and tools in the field speak
//! (`flowctl.ControlPlane` and `flowctl.v1.ControlPlaneService`), `flowctl.admin.v1`, `grpc.health.v1` and
//! reflection on one port, over HTTP/2 without TLS unless it is set. It is the
//! [`ControlPlane`](flowctl_core::ControlPlane) that a runner is given.
//!
//! # Who may call
//!
//! * Whoever shows the run's token, or a client certificate that the settings' authorities signed: anything.
//! * Whoever calls from this machine (a loopback address) and shows nothing: anything but
//!   `flowctl.admin.v1`, which wants the token.
//! * Whoever shows the token of an instance: what components call, as that instance.
//! * Whoever calls from the address of an instance of this run and shows nothing: the same. Components
//!   that know of no token can do no better. Where the address is not known yet, the registration waits
//!   for a moment: a container may be quicker than the backend's answer about it.
//! * Nobody else. What is shown and wrong is refused, wherever it comes from.

mod access;
mod caller;
mod convert;
mod legacy;
mod runs;
mod server;
mod settings;
mod shared;
#[cfg(test)]
mod tests;
mod v1;

pub(crate) use self::{convert::timestamp, shared::RunSlot};
pub use self::{server::ControlPlaneServer, settings::ControlPlaneSettings};
