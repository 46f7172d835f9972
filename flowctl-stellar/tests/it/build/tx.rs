//! Transactions and their operations, with results and effects.

use stellar_xdr::*;

use super::{account, changes, list, network};

/// An operation with its result and effects.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) source: Option<MuxedAccount>,
    pub(crate) body: OperationBody,
    pub(crate) result: OperationResultTr,
    pub(crate) changes: Vec<LedgerEntryChange>,
    pub(crate) events: Vec<ContractEvent>,
}

/// A transaction with its result and effects.
#[derive(Clone)]
pub(crate) struct Tx {
    pub(crate) source: MuxedAccount,
    pub(crate) fee_source: Option<MuxedAccount>,
    pub(crate) v0: bool,
    pub(crate) soroban: bool,
    pub(crate) sequence: i64,
    pub(crate) memo: Memo,
    pub(crate) fee_charged: i64,
    pub(crate) failed: bool,
    pub(crate) ops: Vec<Op>,
    pub(crate) fee_changes: Vec<LedgerEntryChange>,
    pub(crate) changes_after: Vec<LedgerEntryChange>,
    pub(crate) refund_changes: Vec<LedgerEntryChange>,
    pub(crate) events: Vec<TransactionEvent>,
    pub(crate) meta_version: Option<u32>,
}

pub(crate) fn op(body: OperationBody, result: OperationResultTr) -> Op {
    Op {
        source: None,
        body,
        result,
        changes: vec![],
        events: vec![],
    }
}

impl Op {
    pub(crate) fn from(self, source: MuxedAccount) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }

    pub(crate) fn changing(self, changes: impl IntoIterator<Item = LedgerEntryChange>) -> Self {
        Self {
            changes: changes.into_iter().collect(),
            ..self
        }
    }
}

pub(crate) fn tx(ops: impl IntoIterator<Item = Op>) -> Tx {
    Tx {
        source: account(1),
        fee_source: None,
        v0: false,
        soroban: false,
        sequence: 7,
        memo: Memo::None,
        fee_charged: 100,
        failed: false,
        ops: ops.into_iter().collect(),
        fee_changes: vec![],
        changes_after: vec![],
        refund_changes: vec![],
        events: vec![],
        meta_version: None,
    }
}

impl Tx {
    pub(crate) fn memo(self, memo: Memo) -> Self {
        Self { memo, ..self }
    }

    fn transaction(&self) -> Transaction {
        Transaction {
            source_account: self.source.clone(),
            fee: 100,
            seq_num: SequenceNumber(self.sequence),
            cond: Preconditions::Time(TimeBounds {
                min_time: TimePoint(0),
                max_time: TimePoint(9),
            }),
            memo: self.memo.clone(),
            operations: list(self.operations()),
            ext: if self.soroban {
                TransactionExt::V1(soroban_data())
            } else {
                TransactionExt::V0
            },
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let operation = |op: &Op| Operation {
            source_account: op.source.clone(),
            body: op.body.clone(),
        };
        self.ops.iter().map(operation).collect()
    }

    pub(crate) fn envelope(&self) -> TransactionEnvelope {
        let signatures = VecM::default();
        if self.v0 {
            let MuxedAccount::Ed25519(source_account_ed25519) = self.source.clone() else {
                panic!("a V0 transaction has a plain source")
            };
            let transaction = self.transaction();
            let Preconditions::Time(time_bounds) = transaction.cond else {
                unreachable!()
            };
            return TransactionEnvelope::TxV0(TransactionV0Envelope {
                tx: TransactionV0 {
                    source_account_ed25519,
                    fee: transaction.fee,
                    seq_num: transaction.seq_num,
                    time_bounds: Some(time_bounds),
                    memo: transaction.memo,
                    operations: transaction.operations,
                    ext: TransactionV0Ext::V0,
                },
                signatures,
            });
        }
        let inner = TransactionV1Envelope {
            tx: self.transaction(),
            signatures: VecM::default(),
        };
        match self.fee_source.clone() {
            None => TransactionEnvelope::Tx(inner),
            Some(fee_source) => TransactionEnvelope::TxFeeBump(FeeBumpTransactionEnvelope {
                tx: FeeBumpTransaction {
                    fee_source,
                    fee: 200,
                    inner_tx: FeeBumpTransactionInnerTx::Tx(inner),
                    ext: FeeBumpTransactionExt::V0,
                },
                signatures,
            }),
        }
    }

    pub(crate) fn result(&self) -> TransactionResultPair {
        let results = || {
            list(
                self.ops
                    .iter()
                    .map(|op| OperationResult::OpInner(op.result.clone()))
                    .collect(),
            )
        };
        let result = match (&self.fee_source, self.failed) {
            (None, false) => TransactionResultResult::TxSuccess(results()),
            (None, true) => TransactionResultResult::TxFailed(results()),
            (Some(_), failed) => {
                let pair = InnerTransactionResultPair {
                    transaction_hash: Hash([9; 32]),
                    result: InnerTransactionResult {
                        fee_charged: 0,
                        result: if failed {
                            InnerTransactionResultResult::TxFailed(results())
                        } else {
                            InnerTransactionResultResult::TxSuccess(results())
                        },
                        ext: InnerTransactionResultExt::V0,
                    },
                };
                if failed {
                    TransactionResultResult::TxFeeBumpInnerFailed(pair)
                } else {
                    TransactionResultResult::TxFeeBumpInnerSuccess(pair)
                }
            }
        };
        // Hashed by the XDR crate, not by the code under test.
        let hash = self.envelope().hash(network().id().0).unwrap();
        TransactionResultPair {
            transaction_hash: Hash(hash),
            result: TransactionResult {
                fee_charged: self.fee_charged,
                result,
                ext: TransactionResultExt::V0,
            },
        }
    }

    pub(crate) fn meta(&self, version: u32) -> TransactionMeta {
        let ops: &[Op] = if self.failed { &[] } else { &self.ops };
        let operations = || {
            list(
                ops.iter()
                    .map(|op| OperationMeta {
                        changes: changes(&op.changes),
                    })
                    .collect(),
            )
        };
        match version {
            0 => TransactionMeta::V0(operations()),
            1 => TransactionMeta::V1(TransactionMetaV1 {
                tx_changes: LedgerEntryChanges::default(),
                operations: operations(),
            }),
            2 => TransactionMeta::V2(TransactionMetaV2 {
                tx_changes_before: LedgerEntryChanges::default(),
                operations: operations(),
                tx_changes_after: changes(&self.changes_after),
            }),
            3 => TransactionMeta::V3(TransactionMetaV3 {
                ext: ExtensionPoint::V0,
                tx_changes_before: LedgerEntryChanges::default(),
                operations: operations(),
                tx_changes_after: changes(&self.changes_after),
                soroban_meta: self.soroban.then(|| SorobanTransactionMeta {
                    ext: SorobanTransactionMetaExt::V0,
                    events: list(ops.iter().flat_map(|op| op.events.clone()).collect()),
                    return_value: ScVal::Void,
                    diagnostic_events: VecM::default(),
                }),
            }),
            _ => TransactionMeta::V4(TransactionMetaV4 {
                ext: ExtensionPoint::V0,
                tx_changes_before: LedgerEntryChanges::default(),
                operations: list(
                    ops.iter()
                        .map(|op| OperationMetaV2 {
                            ext: ExtensionPoint::V0,
                            changes: changes(&op.changes),
                            events: list(op.events.clone()),
                        })
                        .collect(),
                ),
                tx_changes_after: changes(&self.changes_after),
                soroban_meta: None,
                events: list(self.events.clone()),
                diagnostic_events: VecM::default(),
            }),
        }
    }
}

pub(crate) fn payment(to: MuxedAccount, asset: Asset, amount: i64) -> Op {
    let body = OperationBody::Payment(PaymentOp {
        destination: to,
        asset,
        amount,
    });
    op(body, OperationResultTr::Payment(PaymentResult::Success))
}

/// A call of a contract that emits `events`.
pub(crate) fn invocation(events: Vec<ContractEvent>) -> Op {
    let body = OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
        host_function: HostFunction::UploadContractWasm(BytesM::default()),
        auth: VecM::default(),
    });
    let result = InvokeHostFunctionResult::Success(Hash([0; 32]));
    Op {
        events,
        ..op(body, OperationResultTr::InvokeHostFunction(result))
    }
}

fn soroban_data() -> SorobanTransactionData {
    SorobanTransactionData {
        ext: SorobanTransactionDataExt::V0,
        resources: SorobanResources {
            footprint: LedgerFootprint {
                read_only: VecM::default(),
                read_write: VecM::default(),
            },
            instructions: 0,
            disk_read_bytes: 0,
            write_bytes: 0,
        },
        resource_fee: 50,
    }
}
