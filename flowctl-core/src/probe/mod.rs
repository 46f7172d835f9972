//! How a served component is asked whether it is ready and whether it lives.

use std::fmt;

use async_trait::async_trait;

use crate::spec::Check;

/// Asks components over a network.
///
/// The library itself asks what needs no network (a command, a line of the log, a registration). TCP, HTTP
/// and gRPC are asked by whoever brings a client for them.
#[async_trait]
pub trait Prober: fmt::Debug + Send + Sync + 'static {
    /// Whether it can ask this kind of question.
    fn can(&self, check: &Check) -> bool;

    /// Asks once, at `address` (`host:port`, without a scheme). `Ok` is a pass. Cancel safe; the caller
    /// bounds the time.
    ///
    /// # Errors
    ///
    /// What was answered instead, as one line for people, for example
    /// `GET /health: 503 {"status":"starting"}`.
    async fn ask(&self, check: &Check, address: &str) -> Result<(), String>;
}
