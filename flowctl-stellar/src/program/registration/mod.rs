//! Registering with a control plane, and staying registered.
//!
//! Both kinds of control plane are spoken to: `flowctl.v1.ControlPlaneService` first, and where it is
//! not implemented `flowctl.ControlPlane`. A program registers once it serves. When a heartbeat is
//! answered with "not found", because the control plane was started again or has forgotten the program,
//! it registers again. At the end it says that it is gone, where the control plane has a word for it.

mod client;
mod identity;
#[expect(
    clippy::module_inception,
    reason = "files are named after their main type"
)]
mod registration;

pub(crate) use self::registration::Registration;
use self::{
    client::{Client, Refusal},
    identity::Identity,
};
