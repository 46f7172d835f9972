//! What the benchmark programs share. The programs are in `src/bin`.

mod raw_ledger;

pub use raw_ledger::RawLedger;

/// Why a benchmark program cannot go on; only ever shown.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
