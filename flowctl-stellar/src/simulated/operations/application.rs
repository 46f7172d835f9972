use stellar_xdr::{
    AccountId, Asset, Memo, MuxedAccount, OperationBody, OperationResult, ScAddress, ScVal,
};

use super::{
    account, authorization, claimable_balance, clawback, contract_call, inflation, offer,
    path_payment, payment, pool, settings, trust_line,
};
use crate::simulated::{
    cast::Cast,
    emitter::{self, Emitter},
    state::LedgerState,
    transaction::account_of,
};

/// The application of one operation to the state.
#[derive(Debug)]
pub(in crate::simulated) struct Application<'a> {
    pub(in crate::simulated) state: &'a mut LedgerState,
    pub(in crate::simulated) emitter: &'a mut Emitter,
    pub(in crate::simulated) cast: &'a Cast,
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
            OperationBody::PathPaymentStrictSend(operation) => {
                path_payment::strict_send(self, operation)
            }
            OperationBody::PathPaymentStrictReceive(operation) => {
                path_payment::strict_receive(self, operation)
            }
            OperationBody::ManageSellOffer(operation) => offer::sell(self, operation),
            OperationBody::ManageBuyOffer(operation) => offer::buy(self, operation),
            OperationBody::CreatePassiveSellOffer(operation) => {
                offer::sell_passively(self, operation)
            }
            OperationBody::ChangeTrust(operation) => trust_line::change(self, operation),
            OperationBody::AllowTrust(operation) => authorization::allow_trust(self, operation),
            OperationBody::SetTrustLineFlags(operation) => {
                authorization::set_flags(self, operation)
            }
            OperationBody::CreateClaimableBalance(operation) => {
                claimable_balance::create(self, operation)
            }
            OperationBody::ClaimClaimableBalance(operation) => {
                claimable_balance::claim(self, operation)
            }
            OperationBody::ClawbackClaimableBalance(operation) => {
                claimable_balance::claw_back(self, operation)
            }
            OperationBody::Clawback(operation) => clawback::claw_back(self, operation),
            OperationBody::LiquidityPoolDeposit(operation) => pool::deposit(self, operation),
            OperationBody::LiquidityPoolWithdraw(operation) => pool::withdraw(self, operation),
            OperationBody::Inflation => inflation::pay_out(self),
            OperationBody::SetOptions(operation) => settings::set(self, operation),
            OperationBody::InvokeHostFunction(operation) => contract_call::invoke(self, operation),
            OperationBody::ManageData(_)
            | OperationBody::BumpSequence(_)
            | OperationBody::BeginSponsoringFutureReserves(_)
            | OperationBody::EndSponsoringFutureReserves
            | OperationBody::RevokeSponsorship(_)
            | OperationBody::ExtendFootprintTtl(_)
            | OperationBody::RestoreFootprint(_) => return OperationResult::OpNotSupported,
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
