//! The state of the simulated ledger, and what may be done with it.

mod contract_balance;
mod genesis;
mod holdings;
mod ledger_state;
mod markets;

#[cfg(test)]
pub(super) use contract_balance::amount;
pub(super) use contract_balance::shift_account;
pub(super) use genesis::{CLOSE_SECONDS, account_bit, genesis};
pub(super) use holdings::{BASE_RESERVE, Refusal, bit, has, is_issuer, issuer, line_asset};
pub(super) use ledger_state::{
    LedgerState, Totals, account_key, claimable_balance_key, pool_key, trust_line_key,
};
pub(super) use markets::{Pool, offer_key, pool_id, pool_parameters};
