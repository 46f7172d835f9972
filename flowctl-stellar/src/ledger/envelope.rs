use std::collections::HashMap;

use sha2::{Digest, Sha256};
use stellar_xdr::{
    EnvelopeType, FeeBumpTransactionInnerTx, GeneralizedTransactionSet, LedgerCloseMeta, Limited,
    Limits, Memo, Operation, Transaction, TransactionEnvelope, TransactionExt, TransactionPhase,
    TxSetComponent, WriteXdr,
};

use crate::{Address, Hash, Network};

/// What a transaction asked for: the fields of its envelope, whichever kind of envelope it is.
///
/// For a fee bump, everything but `fee_source` is the inner transaction's.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EnvelopeView<'a> {
    /// Who pays the fee.
    pub fee_source: Address,
    /// Whose transaction it is, and the source of its operations that name none.
    pub source: Address,
    /// The sequence number of the source account that it uses up.
    pub sequence_number: i64,
    /// The memo.
    pub memo: &'a Memo,
    /// The operations, in order.
    pub operations: &'a [Operation],
    /// Whether it is a smart-contract transaction: its fee has a refundable part.
    pub soroban: bool,
}

impl<'a> EnvelopeView<'a> {
    /// Views an envelope.
    #[must_use]
    pub fn of(envelope: &'a TransactionEnvelope) -> Self {
        match envelope {
            TransactionEnvelope::TxV0(envelope) => {
                let transaction = &envelope.tx;
                let source = Address::Account(transaction.source_account_ed25519.0);
                Self {
                    fee_source: source,
                    source,
                    sequence_number: transaction.seq_num.0,
                    memo: &transaction.memo,
                    operations: &transaction.operations,
                    soroban: false,
                }
            }
            TransactionEnvelope::Tx(envelope) => Self::of_transaction(&envelope.tx),
            TransactionEnvelope::TxFeeBump(envelope) => {
                let FeeBumpTransactionInnerTx::Tx(inner) = &envelope.tx.inner_tx;
                let fee_source = Address::from(&envelope.tx.fee_source);
                Self {
                    fee_source,
                    ..Self::of_transaction(&inner.tx)
                }
            }
        }
    }

    fn of_transaction(transaction: &'a Transaction) -> Self {
        let source = Address::from(&transaction.source_account);
        Self {
            fee_source: source,
            source,
            sequence_number: transaction.seq_num.0,
            memo: &transaction.memo,
            operations: &transaction.operations,
            soroban: matches!(transaction.ext, TransactionExt::V1(_)),
        }
    }
}

/// The envelopes of a ledger by transaction hash.
///
/// The transaction set is in another order than the one transactions were applied in, so results find
/// their envelopes by hash. The hash depends on the network: with a wrong passphrase none is found.
#[derive(Debug)]
pub struct Envelopes<'a> {
    by_hash: HashMap<Hash, &'a TransactionEnvelope>,
}

impl<'a> Envelopes<'a> {
    /// Hashes every envelope in the ledger's transaction set, in all its phases.
    #[must_use]
    pub fn of(ledger: &'a LedgerCloseMeta, network: &Network) -> Self {
        let mut hasher = EnvelopeHasher {
            network: network.id(),
            buffer: Vec::new(),
        };
        let mut by_hash = HashMap::new();
        let mut add = |envelopes: &'a [TransactionEnvelope]| {
            for envelope in envelopes {
                by_hash.insert(hasher.hash(envelope), envelope);
            }
        };
        match ledger {
            LedgerCloseMeta::V0(ledger) => add(&ledger.tx_set.txs),
            LedgerCloseMeta::V1(ledger) => each_list(&ledger.tx_set, &mut add),
            LedgerCloseMeta::V2(ledger) => each_list(&ledger.tx_set, &mut add),
        }
        Self { by_hash }
    }

    /// The envelope of the transaction with this hash.
    #[must_use]
    pub fn get(&self, transaction_hash: Hash) -> Option<&'a TransactionEnvelope> {
        self.by_hash.get(&transaction_hash).copied()
    }
}

/// Calls `add` with each list of envelopes: of the components of a sequential phase, and of the
/// clusters in each stage of a parallel one (CAP-63).
fn each_list<'a>(
    set: &'a GeneralizedTransactionSet,
    add: &mut impl FnMut(&'a [TransactionEnvelope]),
) {
    let GeneralizedTransactionSet::V1(set) = set;
    for phase in set.phases.iter() {
        match phase {
            TransactionPhase::V0(components) => {
                for component in components.iter() {
                    let TxSetComponent::TxsetCompTxsMaybeDiscountedFee(component) = component;
                    add(&component.txs);
                }
            }
            TransactionPhase::V1(parallel) => {
                let stages = parallel.execution_stages.iter();
                for cluster in stages.flat_map(|stage| stage.0.iter()) {
                    add(&cluster.0);
                }
            }
        }
    }
}

/// Hashes envelopes into one reused buffer.
struct EnvelopeHasher {
    network: Hash,
    buffer: Vec<u8>,
}

impl EnvelopeHasher {
    /// # Source
    ///
    /// stellar-core `getFullHash`: the network id, the kind of envelope, and the transaction without its
    /// signatures. A V0 transaction is hashed as the V1 transaction that it stands for: the same bytes
    /// with the key's type before the source account, since optional time bounds encode as preconditions.
    fn hash(&mut self, envelope: &TransactionEnvelope) -> Hash {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.network.0);
        let mut writer = Limited::new(&mut self.buffer, Limits::none());
        let written = match envelope {
            TransactionEnvelope::TxV0(envelope) => EnvelopeType::Tx
                .write_xdr(&mut writer)
                .and_then(|()| stellar_xdr::CryptoKeyType::Ed25519.write_xdr(&mut writer))
                .and_then(|()| envelope.tx.write_xdr(&mut writer)),
            TransactionEnvelope::Tx(envelope) => EnvelopeType::Tx
                .write_xdr(&mut writer)
                .and_then(|()| envelope.tx.write_xdr(&mut writer)),
            TransactionEnvelope::TxFeeBump(envelope) => EnvelopeType::TxFeeBump
                .write_xdr(&mut writer)
                .and_then(|()| envelope.tx.write_xdr(&mut writer)),
        };
        // Only a value that could not have been decoded has no encoding. Its hash then matches nothing,
        // and the join says so.
        debug_assert!(written.is_ok(), "a decoded envelope encodes");
        Hash(Sha256::digest(&self.buffer).into())
    }
}
