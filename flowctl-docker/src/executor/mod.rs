//! The executor: each clause of the contract of `flowctl_core::executor`, on an engine.

mod command;
mod docker_executor;
mod ending;
mod handing_over;
mod inventory;
mod naming;
mod outage;
mod port_owner;
mod preparing;
mod reach;
mod run_network;
mod starting;

pub(crate) use self::outage::Outage;
pub use self::{
    docker_executor::DockerExecutor,
    inventory::{Container, ContainerState},
};
