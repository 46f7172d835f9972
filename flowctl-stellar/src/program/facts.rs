use super::variables::Variable;

/// What is fixed about a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Its name: of the file, in logs, and of its component where none is told.
    pub(crate) name: &'static str,
    /// One line on what it does.
    pub(crate) summary: &'static str,
    /// More for `--help`, whole lines.
    pub(crate) details: &'static str,
    /// What it is in a pipeline.
    pub(crate) role: Role,
    /// What it takes.
    pub(crate) inputs: &'static [Traffic],
    /// What it gives.
    pub(crate) outputs: &'static [Traffic],
    /// How its arguments are shown; `None`: it takes none.
    pub(crate) arguments: Option<&'static str>,
    /// The variable that sets the port of its gRPC server, and the port where it is unset; `None`: it
    /// has no such server.
    pub(crate) grpc: Option<(Variable, u16)>,
    /// The same for its pages.
    pub(crate) health: (Variable, u16),
}

/// What a program is in a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Processor,
    Consumer,
    /// Carries no data of the pipeline; does not register.
    Service,
}

/// A kind of event, by the names that the two kinds of control plane know it by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    /// In `flowctl.v1`.
    pub(crate) v1: &'static str,
    /// In the service before it.
    pub(crate) legacy: &'static str,
}

impl Traffic {
    /// Raw ledgers.
    pub(crate) const LEDGERS: Self = Self {
        v1: "stellar.ledger.v1",
        legacy: "raw_ledger_service.RawLedgerChunk",
    };
    /// Token-transfer events.
    pub(crate) const TRANSFERS: Self = Self {
        v1: "stellar.token.transfer.v1",
        legacy: "event_service.TokenTransferEvent",
    };
}
