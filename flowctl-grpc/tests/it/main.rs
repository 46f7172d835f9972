//! Tests over loopback, on ports that are free.

mod breaker;
mod data_breaks;
mod data_contract;
mod data_equal;
mod lab;
mod probing;
mod scripted;
mod serving;
