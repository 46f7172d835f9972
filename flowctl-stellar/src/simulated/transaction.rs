use stellar_xdr::{
    AccountId, FeeBumpTransaction, FeeBumpTransactionEnvelope, FeeBumpTransactionExt,
    FeeBumpTransactionInnerTx, Hash, LedgerFootprint, Memo, MuxedAccount, Operation, Preconditions,
    SequenceNumber, Signature, SignatureHint, SorobanResources, SorobanTransactionData,
    SorobanTransactionDataExt, TimeBounds, TimePoint, Transaction, TransactionEnvelope,
    TransactionExt, TransactionV0, TransactionV0Envelope, TransactionV0Ext, TransactionV1Envelope,
    Uint256,
};

use super::{
    cast,
    encoding::{byte_string, list, xdr},
};
use crate::Network;

/// The lowest fee of an operation, in stroops.
pub(super) const BASE_FEE: u32 = 100;

/// A transaction before it is applied.
#[derive(Debug, Clone)]
pub(super) struct PlannedTransaction {
    pub(super) source: MuxedAccount,
    /// Who pays instead of the source: makes it a fee bump.
    pub(super) fee_source: Option<MuxedAccount>,
    pub(super) sequence: i64,
    pub(super) memo: Memo,
    pub(super) operations: Vec<Operation>,
    /// What a contract call may cost beside the fee of its operation.
    pub(super) resources: Option<ResourceFee>,
    /// Whether it has the envelope of before protocol 13.
    pub(super) is_v0: bool,
}

/// What a contract call declares for its resources, and how much of it comes back.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResourceFee {
    pub(super) declared: i64,
    pub(super) refund: i64,
}

/// A transaction in its envelope.
#[derive(Debug)]
pub(super) struct SignedTransaction {
    pub(super) envelope: TransactionEnvelope,
    pub(super) hash: Hash,
    /// The hash of the transaction that a fee bump pays for.
    pub(super) inner_hash: Option<Hash>,
}

impl PlannedTransaction {
    /// The account that pays.
    pub(super) fn payer(&self) -> AccountId {
        account_of(self.fee_source.as_ref().unwrap_or(&self.source))
    }

    /// What is charged before the transaction is applied, in stroops.
    pub(super) fn fee(&self) -> i64 {
        let declared = self.resources.map_or(0, |resources| resources.declared);
        i64::from(self.inclusion_fee()) + declared
    }

    fn inclusion_fee(&self) -> u32 {
        let bump = usize::from(self.fee_source.is_some());
        let operations = u32::try_from(self.operations.len() + bump).unwrap_or(u32::MAX);
        operations.saturating_mul(BASE_FEE)
    }

    /// Puts the transaction into its envelope.
    pub(super) fn sign(&self, network: &Network) -> SignedTransaction {
        if let (true, MuxedAccount::Ed25519(key)) = (self.is_v0, &self.source) {
            let unsigned = TransactionEnvelope::TxV0(TransactionV0Envelope {
                tx: self.transaction_v0(key),
                signatures: list(Vec::new()),
            });
            let hash = transaction_hash(&unsigned, network);
            return SignedTransaction {
                envelope: TransactionEnvelope::TxV0(TransactionV0Envelope {
                    tx: self.transaction_v0(key),
                    signatures: self.signatures(&hash),
                }),
                hash,
                inner_hash: None,
            };
        }
        let unsigned = TransactionEnvelope::Tx(TransactionV1Envelope {
            tx: self.transaction(),
            signatures: list(Vec::new()),
        });
        let hash = transaction_hash(&unsigned, network);
        let inner = TransactionV1Envelope {
            tx: self.transaction(),
            signatures: self.signatures(&hash),
        };
        let Some(fee_source) = &self.fee_source else {
            return SignedTransaction {
                envelope: TransactionEnvelope::Tx(inner),
                hash,
                inner_hash: None,
            };
        };
        let envelope = TransactionEnvelope::TxFeeBump(FeeBumpTransactionEnvelope {
            tx: FeeBumpTransaction {
                fee_source: fee_source.clone(),
                fee: 2 * self.fee(),
                inner_tx: FeeBumpTransactionInnerTx::Tx(inner),
                ext: FeeBumpTransactionExt::V0,
            },
            signatures: self.signatures(&hash),
        });
        SignedTransaction {
            hash: transaction_hash(&envelope, network),
            inner_hash: Some(hash),
            envelope,
        }
    }

    fn transaction(&self) -> Transaction {
        Transaction {
            source_account: self.source.clone(),
            fee: self.fee_bid(),
            seq_num: SequenceNumber(self.sequence),
            cond: Preconditions::Time(any_time()),
            memo: self.memo.clone(),
            operations: list(self.operations.clone()),
            ext: match self.resources {
                None => TransactionExt::V0,
                Some(resources) => TransactionExt::V1(SorobanTransactionData {
                    ext: SorobanTransactionDataExt::V0,
                    resources: SorobanResources {
                        footprint: LedgerFootprint {
                            read_only: list(Vec::new()),
                            read_write: list(Vec::new()),
                        },
                        instructions: 1_000_000,
                        disk_read_bytes: 1_000,
                        write_bytes: 1_000,
                    },
                    resource_fee: resources.declared,
                }),
            },
        }
    }

    fn transaction_v0(&self, key: &Uint256) -> TransactionV0 {
        TransactionV0 {
            source_account_ed25519: key.clone(),
            fee: self.fee_bid(),
            seq_num: SequenceNumber(self.sequence),
            time_bounds: Some(any_time()),
            memo: self.memo.clone(),
            operations: list(self.operations.clone()),
            ext: TransactionV0Ext::V0,
        }
    }

    fn fee_bid(&self) -> u32 {
        u32::try_from(2 * self.fee()).unwrap_or(u32::MAX)
    }

    /// One signature, which looks like one and is none: the hash of the transaction, twice.
    fn signatures<const MAX: u32>(
        &self,
        hash: &Hash,
    ) -> stellar_xdr::VecM<stellar_xdr::DecoratedSignature, MAX> {
        let hint = cast::key_of(&self.payer()).0;
        let [.., a, b, c, d] = hint;
        list(vec![stellar_xdr::DecoratedSignature {
            hint: SignatureHint([a, b, c, d]),
            signature: Signature(byte_string(&[hash.0, hash.0].concat())),
        }])
    }
}

const fn any_time() -> TimeBounds {
    TimeBounds {
        min_time: TimePoint(0),
        max_time: TimePoint(0),
    }
}

/// # Source
///
/// stellar-core `getFullHash`, by way of the XDR crate.
fn transaction_hash(envelope: &TransactionEnvelope, network: &Network) -> Hash {
    let id = network.id().0;
    // The XDR crate fails only if writing to memory does.
    Hash(
        envelope
            .hash(id)
            .unwrap_or_else(|_| crate::Hash::of(xdr(envelope)).0),
    )
}

pub(super) fn account_of(account: &MuxedAccount) -> AccountId {
    let key = match account {
        MuxedAccount::Ed25519(key) => key,
        MuxedAccount::MuxedEd25519(account) => &account.ed25519,
    };
    cast::account(key.0)
}
