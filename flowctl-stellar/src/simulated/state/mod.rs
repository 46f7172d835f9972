//! The state of the simulated ledger, and what may be done with it.

mod genesis;
mod holdings;
mod ledger_state;

pub(super) use genesis::{CLOSE_SECONDS, FIRST_CLOSE_TIME, genesis};
pub(super) use holdings::{BASE_RESERVE, Refusal, bit, has, is_issuer, issuer, line_asset};
pub(super) use ledger_state::{
    LedgerState, Totals, account_key, claimable_balance_key, pool_key, trust_line_key,
};
