//! Amounts with units, as a spec writes them: [`ByteSize`] (`64MiB`, `256Mi`), [`CpuMillis`] (`250m`,
//! `0.5`), and durations (`10s`, `1m30s`). What is displayed parses to the same value again.

mod byte_size;
mod cpu_millis;
mod decimal;
pub(crate) mod duration;
mod error;

pub use self::{
    byte_size::ByteSize,
    cpu_millis::CpuMillis,
    duration::{DurationText, parse_duration},
    error::UnitError,
};
