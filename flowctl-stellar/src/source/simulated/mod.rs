//! Ledgers of a simulated network: `stellar-simulated-network`.

mod config;
mod pace;
mod simulation;
mod source;
#[cfg(test)]
mod tests;

pub use self::{config::SimulatedConfig, source::Simulated};
