//! `ttp-processor`: token-transfer events over gRPC, from the ledgers of a source.

mod chain;
mod offered;
mod program;
mod settings;
mod watch;

pub(crate) use self::program::TokenTransferProcessor;
