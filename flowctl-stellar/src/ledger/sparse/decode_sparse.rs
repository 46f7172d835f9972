use stellar_xdr::{
    ExtensionPoint, GeneralizedTransactionSet, LedgerCloseMeta, LedgerCloseMetaV0,
    LedgerCloseMetaV1, LedgerCloseMetaV2, LedgerHeaderHistoryEntry, OperationMeta, OperationMetaV2,
    OperationResult, OperationResultTr, ScVal, SorobanTransactionMeta, SorobanTransactionMetaExt,
    TransactionMeta, TransactionMetaV2, TransactionMetaV3, TransactionMetaV4,
    TransactionResultMeta, TransactionResultMetaV1, TransactionResultPair, TransactionSet, VecM,
};

use super::{
    super::applied::{is_classic, operation_results},
    entries::{
        CHANGES, CONTRACT_EVENTS, DIAGNOSTIC_EVENTS, SC_VAL, SOROBAN_META_EXTENSION,
        SOROBAN_META_V2, TRANSACTION_EVENTS,
    },
    envelopes::{GENERALIZED_TRANSACTION_SET, TRANSACTION_SET},
    reader::{Reader, Unread},
};

/// Up to this protocol, every change of an operation is needed, and the fee's too.
const LAST_PROTOCOL_READ_IN_FULL: u32 = 9;

/// What the ledger is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The events that core wrote: no envelopes and no changes.
    Unified,
    /// What events are derived from: of the changes, only those of a few kinds of operations, and of
    /// the fees of smart-contract transactions.
    Derived,
}

/// Reads a ledger for one purpose. What was not wanted is empty: envelopes, changes, events, Soroban's
/// return values, diagnostics.
///
/// What is skipped is not checked beyond its lengths.
pub(crate) fn decode_sparse(bytes: &[u8], wanted: Wanted) -> Result<LedgerCloseMeta, Unread> {
    let mut walk = Walk {
        reader: Reader::new(bytes),
        wanted,
        protocol: 0,
    };
    let ledger = match walk.reader.read::<u32>()? {
        0 => LedgerCloseMeta::V0(walk.v0()?),
        1 => LedgerCloseMeta::V1(walk.v1()?),
        2 => LedgerCloseMeta::V2(walk.v2()?),
        _ => return Err(Unread::Unknown),
    };
    if walk.reader.is_at_end() {
        Ok(ledger)
    } else {
        Err(Unread::Unknown)
    }
}

struct Walk<'a> {
    reader: Reader<'a>,
    wanted: Wanted,
    protocol: u32,
}

impl Walk<'_> {
    fn v0(&mut self) -> Result<LedgerCloseMetaV0, Unread> {
        Ok(LedgerCloseMetaV0 {
            ledger_header: self.header()?,
            tx_set: self
                .reader
                .read_if::<TransactionSet>(self.derived(), &TRANSACTION_SET)?,
            tx_processing: self.transactions()?,
            upgrades_processing: self.reader.read()?,
            scp_info: self.reader.read()?,
        })
    }

    fn v1(&mut self) -> Result<LedgerCloseMetaV1, Unread> {
        Ok(LedgerCloseMetaV1 {
            ext: self.reader.read()?,
            ledger_header: self.header()?,
            tx_set: self.generalized_set()?,
            tx_processing: self.transactions()?,
            upgrades_processing: self.reader.read()?,
            scp_info: self.reader.read()?,
            total_byte_size_of_live_soroban_state: self.reader.read()?,
            evicted_keys: self.reader.read()?,
            unused: self.reader.read()?,
        })
    }

    fn v2(&mut self) -> Result<LedgerCloseMetaV2, Unread> {
        Ok(LedgerCloseMetaV2 {
            ext: self.reader.read()?,
            ledger_header: self.header()?,
            tx_set: self.generalized_set()?,
            tx_processing: self.transactions_with_refunds()?,
            upgrades_processing: self.reader.read()?,
            scp_info: self.reader.read()?,
            total_byte_size_of_live_soroban_state: self.reader.read()?,
            evicted_keys: self.reader.read()?,
        })
    }

    fn derived(&self) -> bool {
        self.wanted == Wanted::Derived
    }

    fn header(&mut self) -> Result<LedgerHeaderHistoryEntry, Unread> {
        let header: LedgerHeaderHistoryEntry = self.reader.read()?;
        self.protocol = header.header.ledger_version;
        Ok(header)
    }

    fn generalized_set(&mut self) -> Result<GeneralizedTransactionSet, Unread> {
        self.reader
            .read_if(self.derived(), &GENERALIZED_TRANSACTION_SET)
    }

    fn transactions(&mut self) -> Result<VecM<TransactionResultMeta>, Unread> {
        let (wanted, protocol) = (self.wanted, self.protocol);
        self.reader.list(|reader, _| {
            let result: TransactionResultPair = reader.read()?;
            let needs = Needs::of(&result, wanted, protocol);
            Ok(TransactionResultMeta {
                fee_processing: reader.read_if(needs.fees, &CHANGES)?,
                tx_apply_processing: meta(reader, &needs)?,
                result,
            })
        })
    }

    fn transactions_with_refunds(&mut self) -> Result<VecM<TransactionResultMetaV1>, Unread> {
        let (wanted, protocol) = (self.wanted, self.protocol);
        self.reader.list(|reader, _| {
            let ext = reader.read()?;
            let result: TransactionResultPair = reader.read()?;
            let needs = Needs::of(&result, wanted, protocol);
            Ok(TransactionResultMetaV1 {
                ext,
                fee_processing: reader.read_if(needs.fees, &CHANGES)?,
                tx_apply_processing: meta(reader, &needs)?,
                post_tx_apply_fee_processing: reader.read_if(needs.fees, &CHANGES)?,
                result,
            })
        })
    }
}

/// What of a transaction is needed. Its result says so: the envelope is not known yet.
struct Needs<'a> {
    wanted: Wanted,
    /// The changes of the fee and the refund.
    fees: bool,
    protocol: u32,
    results: &'a [OperationResult],
}

impl<'a> Needs<'a> {
    fn of(result: &'a TransactionResultPair, wanted: Wanted, protocol: u32) -> Self {
        let results = operation_results(&result.result.result);
        let read_in_full = protocol <= LAST_PROTOCOL_READ_IN_FULL;
        // A transaction whose operations have no results may be a smart-contract one.
        let fees = wanted == Wanted::Derived && (read_in_full || !results.iter().any(is_classic));
        Self {
            wanted,
            fees,
            protocol,
            results,
        }
    }

    fn changes(&self, operation: usize) -> bool {
        self.wanted == Wanted::Derived
            && (self.protocol <= LAST_PROTOCOL_READ_IN_FULL
                || matches!(
                    self.results.get(operation),
                    Some(OperationResult::OpInner(
                        OperationResultTr::AllowTrust(_)
                            | OperationResultTr::ClaimClaimableBalance(_)
                            | OperationResultTr::ClawbackClaimableBalance(_)
                            | OperationResultTr::SetTrustLineFlags(_)
                            | OperationResultTr::LiquidityPoolDeposit(_)
                            | OperationResultTr::LiquidityPoolWithdraw(_)
                    ))
                ))
    }

    fn events(&self, operation: usize) -> bool {
        self.wanted == Wanted::Unified
            || matches!(
                self.results.get(operation),
                Some(OperationResult::OpInner(
                    OperationResultTr::InvokeHostFunction(_)
                ))
            )
    }
}

fn meta(reader: &mut Reader<'_>, needs: &Needs<'_>) -> Result<TransactionMeta, Unread> {
    let version: u32 = reader.read()?;
    if needs.wanted == Wanted::Unified && version != 4 {
        return Err(Unread::NotUnified);
    }
    match version {
        0 => reader.read().map(TransactionMeta::V0),
        1 => reader.read().map(TransactionMeta::V1),
        2 => meta_v2(reader, needs).map(TransactionMeta::V2),
        3 => meta_v3(reader, needs).map(TransactionMeta::V3),
        4 => meta_v4(reader, needs).map(TransactionMeta::V4),
        _ => Err(Unread::Unknown),
    }
}

fn meta_v2(reader: &mut Reader<'_>, needs: &Needs<'_>) -> Result<TransactionMetaV2, Unread> {
    Ok(TransactionMetaV2 {
        tx_changes_before: reader.read_if(false, &CHANGES)?,
        operations: operations(reader, needs)?,
        tx_changes_after: reader.read_if(needs.fees, &CHANGES)?,
    })
}

fn meta_v3(reader: &mut Reader<'_>, needs: &Needs<'_>) -> Result<TransactionMetaV3, Unread> {
    Ok(TransactionMetaV3 {
        ext: reader.read()?,
        tx_changes_before: reader.read_if(false, &CHANGES)?,
        operations: operations(reader, needs)?,
        tx_changes_after: reader.read_if(needs.fees, &CHANGES)?,
        soroban_meta: if reader.read()? {
            Some(soroban_meta(reader)?)
        } else {
            None
        },
    })
}

fn operations(reader: &mut Reader<'_>, needs: &Needs<'_>) -> Result<VecM<OperationMeta>, Unread> {
    reader.list(|reader, index| {
        Ok(OperationMeta {
            changes: reader.read_if(needs.changes(index), &CHANGES)?,
        })
    })
}

fn soroban_meta(reader: &mut Reader<'_>) -> Result<SorobanTransactionMeta, Unread> {
    reader.skip(&SOROBAN_META_EXTENSION)?;
    let events = reader.read()?;
    reader.skip(&SC_VAL)?;
    Ok(SorobanTransactionMeta {
        ext: SorobanTransactionMetaExt::V0,
        events,
        return_value: ScVal::Void,
        diagnostic_events: reader.read_if(false, &DIAGNOSTIC_EVENTS)?,
    })
}

fn meta_v4(reader: &mut Reader<'_>, needs: &Needs<'_>) -> Result<TransactionMetaV4, Unread> {
    let ext: ExtensionPoint = reader.read()?;
    let tx_changes_before = reader.read_if(false, &CHANGES)?;
    let operations = reader.list(|reader, index| {
        Ok(OperationMetaV2 {
            ext: reader.read()?,
            changes: reader.read_if(needs.changes(index), &CHANGES)?,
            events: reader.read_if(needs.events(index), &CONTRACT_EVENTS)?,
        })
    })?;
    let tx_changes_after = reader.read_if(needs.fees, &CHANGES)?;
    reader.skip(&SOROBAN_META_V2)?;
    let unified = needs.wanted == Wanted::Unified;
    let events: VecM<_> = reader.read_if(unified, &TRANSACTION_EVENTS)?;
    if unified && events.is_empty() {
        return Err(Unread::NotUnified);
    }
    Ok(TransactionMetaV4 {
        ext,
        tx_changes_before,
        operations,
        tx_changes_after,
        soroban_meta: None,
        events,
        diagnostic_events: reader.read_if(false, &DIAGNOSTIC_EVENTS)?,
    })
}
