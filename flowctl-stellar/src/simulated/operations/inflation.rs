use std::collections::BTreeMap;

use stellar_xdr::{
    AccountId, Asset, InflationPayout, InflationResult, LedgerEntryData, OperationBody,
    OperationResultTr, ScAddress,
};

use super::{Application, Planner, Step};
use crate::simulated::encoding::list;

/// A trillionth of all lumens come into being so many times a week.
const RATE: u128 = 190_721_000;

/// A destination needs this many trillionths of all votes: one in 2,000.
const LEAST_VOTES: u128 = 500_000_000;

const TRILLION: u128 = 1_000_000_000_000;

/// Seconds since the Unix epoch when weeks began to be counted: 2014-07-01.
const START: u64 = 1_404_172_800;

const WEEK: u64 = 7 * 24 * 60 * 60;

/// Since the next protocol there is no inflation (CAP-26).
const LAST_PROTOCOL: u32 = 11;

/// The last protocol that counts what is paid out of the fee pool as new lumens.
const LAST_PROTOCOL_WITH_WRONG_TOTAL: u32 = 7;

pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    Step::alone(planner.holder()?, OperationBody::Inflation)
}

/// # Source
///
/// stellar-core `InflationOpFrame::doApply`.
pub(super) fn pay_out(application: &mut Application<'_>) -> OperationResultTr {
    OperationResultTr::Inflation(paid_out(application))
}

fn paid_out(application: &mut Application<'_>) -> InflationResult {
    let state = &mut *application.state;
    let weeks = u64::from(state.totals.inflation_sequence);
    if state.protocol > LAST_PROTOCOL || state.close_time < START + weeks * WEEK {
        return InflationResult::NotTime;
    }
    let coins = u128::from(state.totals.coins.unsigned_abs());
    let new = amount(coins * RATE / TRILLION);
    let to_pay = new + state.totals.fee_pool;
    let least = amount(coins * LEAST_VOTES / TRILLION);
    let mut votes: BTreeMap<AccountId, i64> = BTreeMap::new();
    for entry in state.entries() {
        if let LedgerEntryData::Account(account) = entry
            && let Some(destination) = &account.inflation_dest
        {
            *votes.entry(destination.clone()).or_default() += account.balance;
        }
    }
    let mut winners: Vec<_> = votes
        .into_iter()
        .filter(|(_, votes)| *votes >= least)
        .collect();
    winners.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| other.0.cmp(&one.0)));
    state.totals.fee_pool = 0;
    state.totals.inflation_sequence += 1;
    let mut left = to_pay;
    let mut payouts = Vec::new();
    for (destination, votes) in winners {
        let share = u128::from(to_pay.unsigned_abs()) * u128::from(votes.unsigned_abs()) / coins;
        let share = amount(share);
        if share == 0 || state.give(&destination, &Asset::Native, share).is_err() {
            continue;
        }
        left -= share;
        if state.protocol <= LAST_PROTOCOL_WITH_WRONG_TOTAL {
            state.totals.coins += share;
        }
        let holder = ScAddress::Account(destination.clone());
        application
            .emitter
            .classic_event("mint", &Asset::Native, holder, share);
        payouts.push(InflationPayout {
            destination,
            amount: share,
        });
    }
    state.totals.fee_pool += left;
    if state.protocol > LAST_PROTOCOL_WITH_WRONG_TOTAL {
        state.totals.coins += new;
    }
    InflationResult::Success(list(payouts))
}

fn amount(amount: u128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}
