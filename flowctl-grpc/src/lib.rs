//! gRPC for flowctl: components that run as programs, and the control plane that they register with.
//!
//! tonic is known in this crate alone. Its types and the generated messages appear in [`proto`] and where a
//! service is served beside others, never in a signature of `flowctl-core`.

mod address;
pub mod admin;
pub mod connect;
pub mod control_plane;
pub mod data;
pub mod dial;
mod offer;
mod probe;
pub mod proto;
pub mod serve;
pub mod v1;

pub use self::{
    address::{Address, AddressError},
    admin::{AdminClient, AdminSocket, RunToken, ServedRun},
    connect::{Adapter, GrpcConnector},
    control_plane::{ControlPlaneServer, ControlPlaneSettings},
    dial::{ClientTls, Dial, DialError, Token},
    offer::{Offer, Parameters},
    probe::NetworkProber,
    serve::{GrpcServer, ServerSettings, ServerTls},
};
