//! What the benchmark programs share. The programs are in `src/bin`.

/// Why a benchmark program cannot go on; only ever shown.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
