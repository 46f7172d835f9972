use stellar_xdr::{
    AccountId, Asset, Memo, MuxedAccount, OperationBody, OperationResult, ScAddress, ScVal,
};

use super::{account, payment};
use crate::simulated::{
    emitter::{self, Emitter},
    state::LedgerState,
    transaction::account_of,
};

/// The application of one operation to the state.
#[derive(Debug)]
pub(in crate::simulated) struct Application<'a> {
    pub(in crate::simulated) state: &'a mut LedgerState,
    pub(in crate::simulated) emitter: &'a mut Emitter,
    /// The source account of the operation, its own or the transaction's.
    pub(in crate::simulated) source: MuxedAccount,
    pub(in crate::simulated) transaction: TransactionFacts<'a>,
    /// The operation's place in the transaction, from 0.
    pub(in crate::simulated) index: u32,
}

/// What operations know of their transaction.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulated) struct TransactionFacts<'a> {
    pub(in crate::simulated) source: &'a AccountId,
    pub(in crate::simulated) sequence: i64,
    pub(in crate::simulated) memo: &'a Memo,
}

impl Application<'_> {
    /// Applies an operation and tells its result. If it fails, the caller takes everything back.
    pub(in crate::simulated) fn apply(&mut self, body: &OperationBody) -> OperationResult {
        if self.state.account(&self.source()).is_none() {
            return OperationResult::OpNoAccount;
        }
        let result = match body {
            OperationBody::CreateAccount(operation) => account::create(self, operation),
            OperationBody::AccountMerge(destination) => account::merge(self, destination),
            OperationBody::Payment(operation) => payment::pay(self, operation),
            _ => return OperationResult::OpNotSupported,
        };
        OperationResult::OpInner(result)
    }

    pub(super) fn source(&self) -> AccountId {
        account_of(&self.source)
    }

    /// What the operation tells the account `destination`.
    pub(super) fn note(&self, destination: &MuxedAccount) -> Option<ScVal> {
        emitter::note(destination, self.transaction.memo)
    }

    /// Tells that the source gave `amount` to the account `destination`.
    pub(super) fn tell_payment(&mut self, asset: &Asset, destination: &MuxedAccount, amount: i64) {
        let (from, to) = (self.source(), account_of(destination));
        let note = self.note(destination);
        let (from, to) = (ScAddress::Account(from), ScAddress::Account(to));
        self.emitter.movement(asset, from, to, amount, note);
    }
}
