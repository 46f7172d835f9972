use stellar_xdr::LedgerCloseMeta;

use super::{
    DeriveError, Mode, OperationError, Origin, Rejections, TokenTransferEvent, TransactionError,
    emitter::Emitter,
    fees::{self, Fees},
    ledger_events::{Collected, LedgerEvents},
    operations::{self, OperationInput},
    transaction::{Transaction, place},
    unified,
};
use crate::{
    ContractIds, Network,
    ledger::{
        AppliedTransaction, Envelopes, LedgerHeader, MetaView, Unread, Wanted,
        applied_transactions, decode, decode_sparse,
    },
};

/// The first protocol under which refunds come after all transactions.
const FIRST_PROTOCOL_WITH_LATE_REFUNDS: u32 = 23;

/// Tells the token-transfer events of ledgers, one ledger at a time and each on its own: ledgers can be
/// given in any order, and to several of these.
///
/// It is mutable only because it remembers the contract ids of assets.
#[derive(Debug, Clone)]
pub struct TokenTransfers {
    network: Network,
    mode: Mode,
    contracts: ContractIds,
}

impl TokenTransfers {
    /// For ledgers of `network`.
    #[must_use]
    pub fn new(network: Network, mode: Mode) -> Self {
        let contracts = ContractIds::new(&network);
        Self {
            network,
            mode,
            contracts,
        }
    }

    /// The events of a ledger.
    ///
    /// # Errors
    ///
    /// [`DeriveError`] for a ledger of another network, for one that contradicts itself, and in
    /// [`Mode::Unified`] for one without core's events. Another attempt gives the same error.
    pub fn events(&mut self, ledger: &LedgerCloseMeta) -> Result<LedgerEvents, DeriveError> {
        let header = LedgerHeader::of(ledger).map_err(DeriveError::Header)?;
        let origin = origin(self.mode, ledger);
        let mut collected = Collected::default();
        match origin {
            Origin::Unified => {
                for applied in applied_transactions(ledger) {
                    self.unified(&header, &applied, &mut collected)?;
                }
            }
            Origin::Derived => {
                let envelopes = Envelopes::of(ledger, &self.network);
                for applied in applied_transactions(ledger) {
                    self.derived(&header, applied, &envelopes, &mut collected)?;
                }
            }
        }
        let (events, rejected) = collected.finish();
        Ok(LedgerEvents {
            header,
            origin,
            events,
            rejected,
        })
    }

    /// The events of a ledger in its XDR: those of [`events`](Self::events), many times faster.
    ///
    /// Of the ledger only what events need is decoded. What is stepped over is not checked, so
    /// malformed parts that no event depends on can pass.
    ///
    /// # Errors
    ///
    /// As [`events`](Self::events), and [`DeriveError::Undecodable`] for bytes that are no ledger. An
    /// error is always that of the full decoding.
    pub fn events_of_xdr(&mut self, ledger: &[u8]) -> Result<LedgerEvents, DeriveError> {
        if let Some(told) = self.events_of_sparse(ledger) {
            return Ok(told);
        }
        let ledger = decode(ledger).map_err(DeriveError::Undecodable)?;
        self.events(&ledger)
    }

    fn events_of_sparse(&mut self, xdr: &[u8]) -> Option<LedgerEvents> {
        if self.mode != Mode::Derived {
            match decode_sparse(xdr, Wanted::Unified) {
                Ok(ledger) if origin(self.mode, &ledger) == Origin::Unified => {
                    return self.events(&ledger).ok();
                }
                Ok(_) | Err(Unread::NotUnified) if self.mode == Mode::Auto => {}
                Ok(_) | Err(_) => return None,
            }
        }
        let ledger = decode_sparse(xdr, Wanted::Derived).ok()?;
        self.events(&ledger).ok()
    }

    fn unified(
        &mut self,
        header: &LedgerHeader,
        applied: &AppliedTransaction<'_>,
        collected: &mut Collected,
    ) -> Result<(), DeriveError> {
        let meta = MetaView::of(applied.meta);
        let fees = unified::fees(&meta, &self.contracts)
            .map_err(|cause| transaction_error(header, applied, cause))?;
        self.fee(header, applied, fees, collected);
        if applied.successful_operations().is_some() {
            let (mut emitter, rejected) = self.emitter(header, applied, collected);
            unified::operations(&meta, &mut emitter, rejected);
        }
        self.refund(header, applied, fees, collected);
        Ok(())
    }

    fn derived(
        &mut self,
        header: &LedgerHeader,
        applied: AppliedTransaction<'_>,
        envelopes: &Envelopes<'_>,
        collected: &mut Collected,
    ) -> Result<(), DeriveError> {
        let wrong = |cause| transaction_error(header, &applied, cause);
        let transaction =
            Transaction::join(header, applied, envelopes, &self.network).map_err(wrong)?;
        let fees = fees::derived(&transaction).map_err(wrong)?;
        self.fee(header, &applied, fees, collected);
        if let Some(results) = applied.successful_operations() {
            let operations = transaction.envelope.operations;
            if operations.len() != results.len() {
                let (operations, results) = (operations.len(), results.len());
                return Err(wrong(TransactionError::ResultCount {
                    operations,
                    results,
                }));
            }
            let effects = transaction.meta.operation_count();
            if operations.len() != effects {
                let operations = operations.len();
                return Err(wrong(TransactionError::MetaCount {
                    operations,
                    effects,
                }));
            }
            let (mut emitter, rejected) = self.emitter(header, &applied, collected);
            let pairs = operations.iter().zip(results);
            for ((index, number), (operation, result)) in (0..).zip(1..).zip(pairs) {
                emitter.place.operation_index = Some(number);
                let transaction = &transaction;
                let input = OperationInput {
                    transaction,
                    index,
                    operation,
                    result,
                };
                operations::derive(&input, &mut emitter, rejected).map_err(|cause| {
                    operation_error(header, &applied, number, operation.body.name(), cause)
                })?;
            }
        }
        self.refund(header, &applied, fees, collected);
        Ok(())
    }

    fn fee(
        &self,
        header: &LedgerHeader,
        applied: &AppliedTransaction<'_>,
        fees: Fees,
        collected: &mut Collected,
    ) {
        let meta = place(header, applied).meta(self.contracts.native(), None);
        collected.fees.push(TokenTransferEvent {
            meta,
            kind: fees.fee,
        });
    }

    fn refund(
        &self,
        header: &LedgerHeader,
        applied: &AppliedTransaction<'_>,
        fees: Fees,
        collected: &mut Collected,
    ) {
        let Some(kind) = fees.refund else { return };
        let meta = place(header, applied).meta(self.contracts.native(), None);
        let refunds = if header.protocol >= FIRST_PROTOCOL_WITH_LATE_REFUNDS {
            &mut collected.late_refunds
        } else {
            &mut collected.operations
        };
        refunds.push(TokenTransferEvent { meta, kind });
    }

    fn emitter<'a>(
        &'a mut self,
        header: &LedgerHeader,
        applied: &AppliedTransaction<'_>,
        collected: &'a mut Collected,
    ) -> (Emitter<'a>, &'a mut Rejections) {
        let Collected {
            operations: events,
            rejected,
            ..
        } = collected;
        let contracts = &mut self.contracts;
        (
            Emitter {
                place: place(header, applied),
                contracts,
                events,
            },
            rejected,
        )
    }
}

/// Where the events of a ledger come from. Core writes its events for all transactions or for none, so
/// one transaction without them means that it did not.
fn origin(mode: Mode, ledger: &LedgerCloseMeta) -> Origin {
    match mode {
        Mode::Unified => Origin::Unified,
        Mode::Derived => Origin::Derived,
        Mode::Auto => {
            let mut transactions = applied_transactions(ledger).peekable();
            let any = transactions.peek().is_some();
            if any && transactions.all(|applied| unified::is_unified(&applied)) {
                Origin::Unified
            } else {
                Origin::Derived
            }
        }
    }
}

fn transaction_error(
    header: &LedgerHeader,
    applied: &AppliedTransaction<'_>,
    cause: TransactionError,
) -> DeriveError {
    DeriveError::Transaction {
        ledger_sequence: header.sequence,
        tx_hash: applied.hash,
        cause,
    }
}

fn operation_error(
    header: &LedgerHeader,
    applied: &AppliedTransaction<'_>,
    operation_index: u32,
    operation_type: &'static str,
    cause: OperationError,
) -> DeriveError {
    let (ledger_sequence, tx_hash) = (header.sequence, applied.hash);
    DeriveError::Operation {
        ledger_sequence,
        tx_hash,
        operation_index,
        operation_type,
        cause,
    }
}
