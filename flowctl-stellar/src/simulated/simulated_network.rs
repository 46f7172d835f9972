use bytes::Bytes;
use stellar_xdr::{LedgerCloseMeta, LedgerHeaderHistoryEntry, TransactionMeta};

use super::{
    applied::{AppliedTransaction, FIRST_PROTOCOL_WITH_LATE_REFUNDS},
    cast::Cast,
    close,
    emitter::Emitter,
    encoding::xdr,
    meta::MetaForm,
    operations::Planner,
    options::{Options, OptionsError, PASSPHRASE},
    planning::plan_ledger,
    random::Random,
    state::{CLOSE_SECONDS, LedgerState, genesis},
    transaction_set::LedgerTransactionSet,
};
use crate::{Hash, Network};

/// The first ledger that there is; ledger 1, the genesis, has no transactions and is not told.
pub const FIRST_LEDGER: u32 = 2;

/// A simulated Stellar network: an endless iterator over its ledgers, from [`FIRST_LEDGER`] on.
///
/// The ledgers follow from the options alone. A clone goes on from where the original stands, so it is a
/// checkpoint that costs a copy of the state.
#[derive(Debug, Clone)]
pub struct SimulatedNetwork {
    options: Options,
    network: Network,
    pub(super) cast: Cast,
    pub(super) state: LedgerState,
    emitter: Emitter,
    last_hash: stellar_xdr::Hash,
}

/// What a ledger is put together from.
#[derive(Debug)]
struct LedgerParts {
    /// The protocol that its transactions were applied under.
    protocol: u32,
    header: LedgerHeaderHistoryEntry,
    set: LedgerTransactionSet,
    applied: Vec<AppliedTransaction>,
    upgrade: Option<u32>,
}

/// One ledger of a [`SimulatedNetwork`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimulatedLedger {
    /// Its number.
    pub sequence: u32,
    /// When it closed, in whole seconds since the Unix epoch; five more than the ledger before.
    pub close_time_seconds: u64,
    /// Its hash.
    pub hash: Hash,
    /// The hash of the ledger before.
    pub previous_hash: Hash,
    /// The XDR of its `LedgerCloseMeta`.
    pub bytes: Bytes,
}

impl SimulatedNetwork {
    /// The network with these options, before its first ledger.
    ///
    /// # Errors
    ///
    /// Every [`OptionsError`].
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        options.check()?;
        let network = Self::network();
        let cast = Cast::new(&options, &network);
        let state = genesis(&options, &cast);
        Ok(Self {
            emitter: Emitter::new(&network, options.unified_events),
            // Ledger 1 is the hash of what makes the network.
            last_hash: stellar_xdr::Hash(Hash::of(format!("genesis {}", options.seed)).0),
            network,
            cast,
            state,
            options,
        })
    }

    /// The network that all simulated ledgers belong to: its passphrase is [`PASSPHRASE`].
    #[must_use]
    pub fn network() -> Network {
        Network::new(PASSPHRASE)
    }

    /// The number of the ledger that comes next.
    #[must_use]
    pub const fn next_sequence(&self) -> u32 {
        self.state.sequence.saturating_add(1)
    }

    /// Goes forward until ledger `sequence` is the next one. Nothing happens if it lies behind.
    ///
    /// Every ledger in between is made, for a hash depends on all before it, but only as far as its header
    /// needs: without entry changes, events, meta and XDR. That still takes more than half the time of
    /// telling them; a clone of the network, kept as a checkpoint, saves all of it.
    pub fn skip_to(&mut self, sequence: u32) {
        self.state.tells_changes = false;
        self.emitter.tells_events = false;
        while self.next_sequence() < sequence {
            self.apply_ledger();
        }
        self.state.tells_changes = true;
        self.emitter.tells_events = true;
    }

    /// The next ledger, decoded.
    pub fn close_ledger(&mut self) -> LedgerCloseMeta {
        let parts = self.apply_ledger();
        let applied = self.with_metas(parts.protocol, parts.applied);
        close::close(
            parts.protocol,
            parts.header,
            parts.set,
            applied,
            parts.upgrade,
        )
    }

    /// Makes the next ledger, up to its header.
    fn apply_ledger(&mut self) -> LedgerParts {
        self.state.sequence = self.next_sequence();
        self.state.close_time += CLOSE_SECONDS;
        let protocol = self.state.protocol;
        self.emitter.set_protocol(protocol);
        let upgrade = self.upgrade();
        let applied = if upgrade.is_some() {
            Vec::new()
        } else {
            self.apply_transactions()
        };
        let (mut classic, mut calls) = (Vec::new(), Vec::new());
        for transaction in &applied {
            let list = if transaction.is_contract_call {
                &mut calls
            } else {
                &mut classic
            };
            list.push(transaction.envelope.clone());
        }
        let previous = self.last_hash.clone();
        let set = LedgerTransactionSet::new(protocol, previous.clone(), classic, calls);
        let header = close::header(&self.state, previous, &set, &applied, upgrade);
        self.last_hash = header.hash.clone();
        self.state.protocol = upgrade.unwrap_or(protocol);
        LedgerParts {
            protocol,
            header,
            set,
            applied,
            upgrade,
        }
    }

    fn upgrade(&self) -> Option<u32> {
        let sequence = self.state.sequence;
        let mut upgrades = self.options.upgrades.iter();
        let upgrade = upgrades.find(|upgrade| upgrade.sequence == sequence)?;
        Some(upgrade.protocol)
    }

    /// Takes all fees, then applies all transactions, then gives back what was too much.
    fn apply_transactions(&mut self) -> Vec<AppliedTransaction> {
        let mut random = Random::new(self.options.seed, self.state.sequence);
        let mut planner = Planner {
            state: &self.state,
            random: &mut random,
            cast: &self.cast,
            seed: self.options.seed,
        };
        let mean = self.options.transactions_per_ledger;
        let planned = plan_ledger(&mut planner, &self.options.mix, mean);
        let state = &mut self.state;
        let charges: Vec<_> = planned
            .iter()
            .map(|planned| AppliedTransaction::charge(state, planned))
            .collect();
        let mut applied: Vec<_> = planned
            .iter()
            .zip(charges)
            .map(|(planned, charge)| {
                let (emitter, network) = (&mut self.emitter, &self.network);
                AppliedTransaction::apply(state, emitter, network, &self.cast, planned, charge)
            })
            .collect();
        if state.protocol >= FIRST_PROTOCOL_WITH_LATE_REFUNDS {
            for applied in &mut applied {
                applied.refund(state);
            }
        }
        applied
    }

    fn with_metas(
        &self,
        protocol: u32,
        applied: Vec<AppliedTransaction>,
    ) -> Vec<(AppliedTransaction, TransactionMeta)> {
        let form = MetaForm::of(protocol, self.options.unified_events);
        let with_meta = |mut applied: AppliedTransaction| {
            let meta = form.write(&mut applied, &self.emitter, protocol);
            (applied, meta)
        };
        applied.into_iter().map(with_meta).collect()
    }
}

impl Iterator for SimulatedNetwork {
    type Item = SimulatedLedger;

    /// The next ledger; none after the last number that a ledger can have.
    fn next(&mut self) -> Option<SimulatedLedger> {
        if self.state.sequence == u32::MAX {
            return None;
        }
        let previous_hash = Hash::from(&self.last_hash);
        let ledger = self.close_ledger();
        Some(SimulatedLedger {
            sequence: self.state.sequence,
            close_time_seconds: self.state.close_time,
            hash: Hash::from(&self.last_hash),
            previous_hash,
            bytes: xdr(&ledger).into(),
        })
    }
}
