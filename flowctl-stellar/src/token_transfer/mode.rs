/// Where the events of a ledger are to come from.
///
/// The two ways give the same events up to the divergences that [`token_transfer`](super) lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Per ledger: [`Unified`](Self::Unified) if every transaction has the events of CAP-67,
    /// [`Derived`](Self::Derived) if not. A ledger without transactions counts as derived.
    #[default]
    Auto,
    /// Read from the events that stellar-core wrote (CAP-67). A ledger without them is an error.
    Unified,
    /// Derived from operations, results and changed entries, as the Go processor does by default.
    Derived,
}

/// Where the events of a ledger came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Stellar-core's own events.
    Unified,
    /// Operations, results and changed entries.
    Derived,
}

impl Origin {
    /// The name of the [`Mode`] that asks for this origin: `unified` or `derived`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unified => "unified",
            Self::Derived => "derived",
        }
    }
}
