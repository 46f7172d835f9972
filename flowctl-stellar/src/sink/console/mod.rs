//! Events for a person to watch: `console`.

mod config;
mod line;
mod sink;
#[cfg(test)]
mod tests;
mod throttle;

pub use self::{
    config::{ConsoleConfig, ConsoleFormat},
    sink::Console,
};
