//! The executor that starts programs: its contract, and what programs do to those who start them.

mod conformance;
mod crashes;
mod lab;
mod output;
mod starts;
mod stops;
