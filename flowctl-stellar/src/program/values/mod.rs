//! What the values of variables are: ports, intervals, addresses, levels.

mod address;
mod inputs;
mod interval;
mod listen_address;
mod log_settings;

pub(crate) use self::{
    inputs::Inputs,
    interval::Interval,
    listen_address::ListenAddress,
    log_settings::{LogFormat, LogLevel},
};
