//! The executor that starts programs: its contract, and what programs do to those who start them.

mod conformance;
mod lab;
