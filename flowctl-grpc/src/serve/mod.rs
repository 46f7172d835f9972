//! Serving: one port with a health service, reflection, TLS, tokens and an orderly end.

mod error;
mod grpc_server;
mod guard;
mod settings;

pub use self::{
    error::ServeError,
    grpc_server::{GrpcServer, Health, Listening},
    guard::Guard,
    settings::{ServerSettings, ServerTls},
};
