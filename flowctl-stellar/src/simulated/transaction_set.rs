use stellar_xdr::{
    DependentTxCluster, GeneralizedTransactionSet, Hash, ParallelTxExecutionStage,
    ParallelTxsComponent, TransactionEnvelope, TransactionPhase, TransactionSet, TransactionSetV1,
    TxSetComponent, TxSetComponentTxsMaybeDiscountedFee,
};

use super::{
    encoding::{hash, list, xdr},
    transaction::BASE_FEE,
};

/// The set of a ledger's transactions, in the form of its protocol.
#[derive(Debug, Clone)]
pub(super) enum LedgerTransactionSet {
    /// Before protocol 20.
    Plain(TransactionSet),
    /// Since protocol 20 (CAP-42), with contract calls in parallel since 23 (CAP-63).
    Generalized(GeneralizedTransactionSet),
}

impl LedgerTransactionSet {
    /// The set of `classic` transactions and contract `calls`. It is sorted by the hashes of the
    /// envelopes, as core does it; transactions are applied in another order.
    pub(super) fn new(
        protocol: u32,
        previous_ledger_hash: Hash,
        classic: Vec<TransactionEnvelope>,
        calls: Vec<TransactionEnvelope>,
    ) -> Self {
        let (classic, calls) = (sorted(classic), sorted(calls));
        if protocol < 20 {
            return Self::Plain(TransactionSet {
                previous_ledger_hash,
                txs: list(classic),
            });
        }
        let calls = if protocol < 23 {
            sequential(calls)
        } else {
            parallel(calls)
        };
        Self::Generalized(GeneralizedTransactionSet::V1(TransactionSetV1 {
            previous_ledger_hash,
            phases: list(vec![sequential(classic), calls]),
        }))
    }

    /// # Source
    ///
    /// stellar-core `TxSetXDRFrame`: of a generalized set the hash of its XDR, of a plain one that of the
    /// previous ledger's hash and the envelopes, without their number.
    pub(super) fn hash(&self) -> Hash {
        match self {
            Self::Plain(set) => {
                let mut bytes = set.previous_ledger_hash.0.to_vec();
                for envelope in set.txs.iter() {
                    bytes.extend_from_slice(&xdr(envelope));
                }
                Hash(crate::Hash::of(bytes).0)
            }
            Self::Generalized(set) => hash(set),
        }
    }
}

fn sorted(mut envelopes: Vec<TransactionEnvelope>) -> Vec<TransactionEnvelope> {
    envelopes.sort_by_cached_key(hash);
    envelopes
}

fn sequential(envelopes: Vec<TransactionEnvelope>) -> TransactionPhase {
    let component =
        TxSetComponent::TxsetCompTxsMaybeDiscountedFee(TxSetComponentTxsMaybeDiscountedFee {
            base_fee: Some(i64::from(BASE_FEE)),
            txs: list(envelopes),
        });
    TransactionPhase::V0(list(vec![component]))
}

/// One stage, in which each call is a cluster of its own.
fn parallel(envelopes: Vec<TransactionEnvelope>) -> TransactionPhase {
    let clusters: Vec<_> = envelopes
        .into_iter()
        .map(|envelope| DependentTxCluster(list(vec![envelope])))
        .collect();
    let stages = if clusters.is_empty() {
        Vec::new()
    } else {
        vec![ParallelTxExecutionStage(list(clusters))]
    };
    TransactionPhase::V1(ParallelTxsComponent {
        base_fee: Some(i64::from(BASE_FEE)),
        execution_stages: list(stages),
    })
}
