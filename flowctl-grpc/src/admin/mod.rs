//! `flowctl.admin.v1`: looking at a run, and stopping it, from another process.
//!
//! A [`ServedRun`] is what is served: a run, its history, its logs. [`AdminSocket`] serves it on a Unix
//! socket in the state folder, which only the user who runs it can open; a
//! [`ControlPlaneServer`](crate::ControlPlaneServer) that has a token serves it on its port to whoever shows
//! that. [`AdminClient`] is the other end of both.

mod admin_client;
mod admin_socket;
mod event_log;
mod events;
mod logs;
mod run_token;
mod runs;
mod served_run;
mod service;
mod socket_path;
mod status;

pub(crate) use self::service::AdminService;
pub use self::{
    admin_client::AdminClient, admin_socket::AdminSocket, run_token::RunToken,
    served_run::ServedRun,
};
