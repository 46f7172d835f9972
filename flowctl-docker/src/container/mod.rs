//! What a container is made from, and what the engine's picture of it means. Pure.

mod create_body;
mod exit;
mod identity;
mod limits;
mod ports;
mod secrets;
mod user;
mod volumes;

pub(crate) use self::{
    create_body::{Ground, create_body},
    exit::{Phase, exit_report, moment, phase},
    identity::{Identity, label, prefix, run_labels},
    limits::verify,
    ports::{PublishedPort, published, reserved},
    secrets::SecretFiles,
    user::{ContainerUser, DEFAULT_USER},
    volumes::{Folders, writable_binds},
};
