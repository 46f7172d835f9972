//! Builds small ledgers for what no real ledger holds, with right hashes.

use flowctl_stellar::{
    Network,
    token_transfer::{
        DeriveError, EventKind, LedgerEvents, Mode, MuxedInfo, TokenTransferEvent, TokenTransfers,
    },
};
use stellar_xdr::*;

pub(crate) fn network() -> Network {
    Network::named("standalone").unwrap()
}

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

    fn envelope(&self) -> TransactionEnvelope {
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

    fn result(&self) -> TransactionResultPair {
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

    fn meta(&self, version: u32) -> TransactionMeta {
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

/// A ledger of the form that stellar-core wrote under `protocol`.
pub(crate) fn ledger(protocol: u32, txs: &[Tx]) -> LedgerCloseMeta {
    let header = LedgerHeader {
        ledger_version: protocol,
        previous_ledger_hash: Hash([1; 32]),
        scp_value: StellarValue {
            close_time: TimePoint(1_600_000_000),
            ..StellarValue::default()
        },
        ledger_seq: 1_000,
        total_coins: 1,
        ..LedgerHeader::default()
    };
    let hash = flowctl_stellar::Hash::of(header.to_xdr(Limits::none()).unwrap());
    let ledger_header = LedgerHeaderHistoryEntry {
        hash: Hash(hash.0),
        header,
        ext: LedgerHeaderHistoryEntryExt::V0,
    };
    // The set is not in the order of application.
    let envelopes = list(txs.iter().rev().map(Tx::envelope).collect());
    let default_meta = match protocol {
        0..20 => 2,
        20..23 => 3,
        _ => 4,
    };
    let meta = |tx: &Tx| tx.meta(tx.meta_version.unwrap_or(default_meta));
    let processing = |tx: &Tx| TransactionResultMeta {
        result: tx.result(),
        fee_processing: changes(&tx.fee_changes),
        tx_apply_processing: meta(tx),
    };
    let set = |phases: Vec<TransactionPhase>| {
        GeneralizedTransactionSet::V1(TransactionSetV1 {
            previous_ledger_hash: Hash([1; 32]),
            phases: list(phases),
        })
    };
    match protocol {
        0..20 => LedgerCloseMeta::V0(LedgerCloseMetaV0 {
            ledger_header,
            tx_set: TransactionSet {
                previous_ledger_hash: Hash([1; 32]),
                txs: envelopes,
            },
            tx_processing: list(txs.iter().map(processing).collect()),
            upgrades_processing: VecM::default(),
            scp_info: VecM::default(),
        }),
        20..23 => LedgerCloseMeta::V1(LedgerCloseMetaV1 {
            ledger_header,
            tx_set: set(vec![sequential_phase(envelopes)]),
            tx_processing: list(txs.iter().map(processing).collect()),
            ..LedgerCloseMetaV1::default()
        }),
        _ => {
            let (parallel, sequential): (Vec<_>, Vec<_>) =
                envelopes.iter().cloned().partition(|envelope| {
                    matches!(envelope, TransactionEnvelope::Tx(envelope)
                        if matches!(envelope.tx.ext, TransactionExt::V1(_)))
                });
            LedgerCloseMeta::V2(LedgerCloseMetaV2 {
                ledger_header,
                tx_set: set(vec![
                    sequential_phase(list(sequential)),
                    parallel_phase(parallel),
                ]),
                tx_processing: list(
                    txs.iter()
                        .map(|tx| TransactionResultMetaV1 {
                            ext: ExtensionPoint::V0,
                            result: tx.result(),
                            fee_processing: changes(&tx.fee_changes),
                            tx_apply_processing: meta(tx),
                            post_tx_apply_fee_processing: changes(&tx.refund_changes),
                        })
                        .collect(),
                ),
                ..LedgerCloseMetaV2::default()
            })
        }
    }
}

fn sequential_phase(txs: VecM<TransactionEnvelope>) -> TransactionPhase {
    let component = TxSetComponentTxsMaybeDiscountedFee {
        base_fee: None,
        txs,
    };
    TransactionPhase::V0(list(vec![TxSetComponent::TxsetCompTxsMaybeDiscountedFee(
        component,
    )]))
}

fn parallel_phase(envelopes: Vec<TransactionEnvelope>) -> TransactionPhase {
    let cluster = |envelope| DependentTxCluster(list(vec![envelope]));
    let stage = ParallelTxExecutionStage(list(envelopes.into_iter().map(cluster).collect()));
    let execution_stages = list(vec![stage]);
    TransactionPhase::V1(ParallelTxsComponent {
        base_fee: None,
        execution_stages,
    })
}

/// The events of a ledger with one transaction.
pub(crate) fn try_told(mode: Mode, protocol: u32, txs: &[Tx]) -> Result<LedgerEvents, DeriveError> {
    TokenTransfers::new(network(), mode).events(&ledger(protocol, txs))
}

/// The events that are no fees, of a ledger with one transaction, derived.
pub(crate) fn derived(protocol: u32, tx: Tx) -> Vec<TokenTransferEvent> {
    let told = try_told(Mode::Derived, protocol, &[tx]).unwrap();
    told.events
        .into_iter()
        .filter(|event| !matches!(event.kind, EventKind::Fee { .. }))
        .collect()
}

/// One line an event: kind, from, to, amount, asset, and what the destination is told.
pub(crate) fn lines(events: &[TokenTransferEvent]) -> Vec<String> {
    events.iter().map(line).collect()
}

fn line(event: &TokenTransferEvent) -> String {
    let kind = &event.kind;
    let mut words = vec![kind.name().to_owned()];
    words.extend(kind.from().map(name));
    words.extend(kind.to().map(|to| format!("→ {}", name(to))));
    words.push(kind.amount().to_string());
    words.push(match kind.asset() {
        Some(flowctl_stellar::Asset::Native) => "XLM".to_owned(),
        Some(flowctl_stellar::Asset::Issued { code, issuer }) => {
            format!("{code}/{}", issuer[0])
        }
        None => "token".to_owned(),
    });
    words.extend(event.meta.to_muxed_info.as_ref().map(|info| match info {
        MuxedInfo::Id(id) => format!("id {id}"),
        MuxedInfo::Text(text) => format!("text {text}"),
        MuxedInfo::Hash(bytes) => format!("hash {}×{}", bytes[0], bytes.len()),
    }));
    words.join(" ")
}

/// `G1` for the account whose key is all ones, and so on.
fn name(address: &flowctl_stellar::Address) -> String {
    use flowctl_stellar::Address;
    match address {
        Address::Account(key) => format!("G{}", key[0]),
        Address::MuxedAccount { account, id } => format!("M{}:{id}", account[0]),
        Address::Contract(id) => format!("C{}", id[0]),
        Address::ClaimableBalance(id) => format!("B{}", id[0]),
        Address::LiquidityPool(id) => format!("L{}", id[0]),
        _ => panic!("an address of a new kind"),
    }
}

pub(crate) fn account(key: u8) -> MuxedAccount {
    MuxedAccount::Ed25519(Uint256([key; 32]))
}

pub(crate) fn muxed(key: u8, id: u64) -> MuxedAccount {
    MuxedAccount::MuxedEd25519(MuxedAccountMed25519 {
        id,
        ed25519: Uint256([key; 32]),
    })
}

pub(crate) fn account_id(key: u8) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([key; 32])))
}

/// A credit asset whose issuer's key is all `issuer`.
pub(crate) fn asset(code: &str, issuer: u8) -> Asset {
    let issuer = flowctl_stellar::AssetCode::from_bytes(code.as_bytes()).map(|code| {
        flowctl_stellar::Asset::Issued {
            code,
            issuer: [issuer; 32],
        }
    });
    (&issuer.unwrap()).into()
}

pub(crate) fn text_memo(bytes: &[u8]) -> Memo {
    Memo::Text(bytes.try_into().unwrap())
}

pub(crate) fn list<T, const MAX: u32>(items: Vec<T>) -> VecM<T, MAX> {
    items
        .try_into()
        .unwrap_or_else(|_| panic!("a list within its limit"))
}

fn changes(changes: &[LedgerEntryChange]) -> LedgerEntryChanges {
    LedgerEntryChanges(list(changes.to_vec()))
}

pub(crate) fn entry(data: LedgerEntryData) -> LedgerEntry {
    LedgerEntry {
        last_modified_ledger_seq: 1,
        data,
        ext: LedgerEntryExt::V0,
    }
}

/// An account whose balance goes from `before` to `after`.
pub(crate) fn balance(key: u8, before: i64, after: i64) -> [LedgerEntryChange; 2] {
    let with = |balance| {
        let account = AccountEntry {
            account_id: account_id(key),
            balance,
            ..Default::default()
        };
        entry(LedgerEntryData::Account(account))
    };
    [
        LedgerEntryChange::State(with(before)),
        LedgerEntryChange::Updated(with(after)),
    ]
}

pub(crate) fn balance_id(id: u8) -> ClaimableBalanceId {
    ClaimableBalanceId::ClaimableBalanceIdTypeV0(Hash([id; 32]))
}

pub(crate) fn claimable(balance_id: ClaimableBalanceId, asset: Asset, amount: i64) -> LedgerEntry {
    entry(LedgerEntryData::ClaimableBalance(ClaimableBalanceEntry {
        balance_id,
        claimants: VecM::default(),
        asset,
        amount,
        ext: ClaimableBalanceEntryExt::V0,
    }))
}

/// A claimable balance that is removed.
pub(crate) fn removed_balance(id: u8, asset: Asset, amount: i64) -> [LedgerEntryChange; 2] {
    let entry = claimable(balance_id(id), asset, amount);
    let key = entry.to_key();
    [
        LedgerEntryChange::State(entry),
        LedgerEntryChange::Removed(key),
    ]
}

pub(crate) fn pool(id: u8, assets: [Asset; 2], reserves: [i64; 2]) -> LedgerEntry {
    let [asset_a, asset_b] = assets;
    let [reserve_a, reserve_b] = reserves;
    entry(LedgerEntryData::LiquidityPool(LiquidityPoolEntry {
        liquidity_pool_id: PoolId(Hash([id; 32])),
        body: LiquidityPoolEntryBody::LiquidityPoolConstantProduct(
            LiquidityPoolEntryConstantProduct {
                params: LiquidityPoolConstantProductParameters {
                    asset_a,
                    asset_b,
                    fee: 30,
                },
                reserve_a,
                reserve_b,
                total_pool_shares: 1,
                pool_shares_trust_line_count: 1,
            },
        ),
    }))
}

/// A pool whose reserves go from `before` to `after`.
pub(crate) fn pool_change(
    id: u8,
    assets: [Asset; 2],
    before: [i64; 2],
    after: [i64; 2],
) -> [LedgerEntryChange; 2] {
    [
        LedgerEntryChange::State(pool(id, assets.clone(), before)),
        LedgerEntryChange::Updated(pool(id, assets, after)),
    ]
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

pub(crate) fn contract_event(contract: [u8; 32], topics: Vec<ScVal>, data: ScVal) -> ContractEvent {
    ContractEvent {
        ext: ExtensionPoint::V0,
        contract_id: Some(ContractId(Hash(contract))),
        type_: ContractEventType::Contract,
        body: ContractEventBody::V0(ContractEventV0 {
            topics: list(topics),
            data,
        }),
    }
}

pub(crate) fn symbol(name: &str) -> ScVal {
    ScVal::Symbol(ScSymbol(name.try_into().unwrap()))
}

pub(crate) fn string(text: &str) -> ScVal {
    ScVal::String(ScString(text.try_into().unwrap()))
}

pub(crate) fn account_topic(key: u8) -> ScVal {
    ScVal::Address(ScAddress::Account(account_id(key)))
}

pub(crate) fn contract_topic(id: u8) -> ScVal {
    ScVal::Address(ScAddress::Contract(ContractId(Hash([id; 32]))))
}

pub(crate) fn i128_data(amount: i128) -> ScVal {
    let hi = i64::try_from(amount >> 64).unwrap();
    let lo = u64::try_from(amount & i128::from(u64::MAX)).unwrap();
    ScVal::I128(Int128Parts { hi, lo })
}

pub(crate) fn map(entries: Vec<(ScVal, ScVal)>) -> ScVal {
    let entries = entries
        .into_iter()
        .map(|(key, val)| ScMapEntry { key, val })
        .collect();
    ScVal::Map(Some(ScMap(list(entries))))
}

/// The contract id of a classic asset on the network of these ledgers.
pub(crate) fn asset_contract(asset: &Asset) -> [u8; 32] {
    flowctl_stellar::ContractIds::new(&network()).of(&asset.into())
}

pub(crate) fn fee_event(stage: TransactionEventStage, payer: u8, amount: i128) -> TransactionEvent {
    let topics = vec![symbol("fee"), account_topic(payer)];
    let contract = asset_contract(&Asset::Native);
    TransactionEvent {
        stage,
        event: contract_event(contract, topics, i128_data(amount)),
    }
}
