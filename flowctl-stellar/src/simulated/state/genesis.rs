use stellar_xdr::{
    AccountEntry, AccountEntryExt, AccountFlags, AccountId, Asset, LedgerEntryData, SequenceNumber,
    Thresholds, TrustLineEntry, TrustLineEntryExt, TrustLineFlags,
};

use super::{LedgerState, Totals, bit, issuer, line_asset};
use crate::simulated::{cast::Cast, options::Options};

/// When the genesis ledger closed: 2021-01-01T00:00:00Z, in seconds since the Unix epoch.
pub(in crate::simulated) const FIRST_CLOSE_TIME: u64 = 1_609_459_200;

/// Seconds from ledger to ledger, about those of the public network.
pub(in crate::simulated) const CLOSE_SECONDS: u64 = 5;

/// All lumens there are: 10¹¹, in stroops.
const COINS: i64 = 1_000_000_000_000_000_000;

/// Lumens of an account at the beginning: 10⁶.
const START_BALANCE: i64 = 10_000_000_000_000;

/// Lumens of the first holder: a tenth of all, so that its vote counts for inflation.
const RICH_BALANCE: i64 = COINS / 10;

/// Clawback exists since this protocol (CAP-35).
const FIRST_PROTOCOL_WITH_CLAWBACK: u32 = 17;

/// The state of ledger 1, from which ledger 2 is made.
pub(in crate::simulated) fn genesis(options: &Options, cast: &Cast) -> LedgerState {
    let totals = Totals {
        coins: COINS,
        fee_pool: 0,
        inflation_sequence: 0,
        last_id: 0,
    };
    let mut state = LedgerState::new(options.protocol, FIRST_CLOSE_TIME, totals);
    let clawback = options.protocol >= FIRST_PROTOCOL_WITH_CLAWBACK;
    let mut rest = COINS;
    for (number, holder) in cast.holders.iter().enumerate() {
        let balance = if number == 0 {
            RICH_BALANCE
        } else {
            START_BALANCE
        };
        let votes_for = if number == 0 {
            cast.holders.get(1)
        } else {
            None
        };
        rest -= balance;
        let mut account = account(holder, balance, votes_for);
        account.num_sub_entries = 4;
        state.put(LedgerEntryData::Account(account));
        for asset in cast.issued_assets() {
            put_line(&mut state, cast, holder, asset, clawback);
        }
    }
    rest -= 2 * START_BALANCE;
    let mut bank = account(&cast.bank, START_BALANCE, None);
    bank.num_sub_entries = 2;
    state.put(LedgerEntryData::Account(bank));
    for asset in &cast.regulated_assets {
        put_line(&mut state, cast, &cast.bank, asset, clawback);
    }
    let mut regulator = account(&cast.regulator, START_BALANCE, None);
    regulator.flags =
        account_bit(AccountFlags::RequiredFlag) | account_bit(AccountFlags::RevocableFlag);
    if clawback {
        regulator.flags |= account_bit(AccountFlags::ClawbackEnabledFlag);
    }
    state.put(LedgerEntryData::Account(regulator));
    let root = account(&cast.root, rest, cast.holders.get(2));
    state.put(LedgerEntryData::Account(root));
    state.begin();
    state
}

/// Gives the account tokens of `asset` to start with.
fn put_line(
    state: &mut LedgerState,
    cast: &Cast,
    holder: &AccountId,
    asset: &Asset,
    clawback: bool,
) {
    let Some(line_asset) = line_asset(asset) else {
        return;
    };
    let mut flags = bit(TrustLineFlags::AuthorizedFlag);
    if clawback && issuer(asset) == Some(&cast.regulator) {
        flags |= bit(TrustLineFlags::TrustlineClawbackEnabledFlag);
    }
    state.put(LedgerEntryData::Trustline(TrustLineEntry {
        account_id: holder.clone(),
        asset: line_asset,
        balance: START_BALANCE,
        limit: i64::MAX,
        flags,
        ext: TrustLineEntryExt::V0,
    }));
}

/// The flag's bit in an account.
pub(in crate::simulated) const fn account_bit(flag: AccountFlags) -> u32 {
    (flag as i32).cast_unsigned()
}

fn account(id: &AccountId, balance: i64, votes_for: Option<&AccountId>) -> AccountEntry {
    AccountEntry {
        account_id: id.clone(),
        balance,
        // Core starts an account's numbers at its first ledger's number times 2³².
        seq_num: SequenceNumber(1 << 32),
        num_sub_entries: 0,
        inflation_dest: votes_for.cloned(),
        flags: 0,
        home_domain: stellar_xdr::String32::default(),
        thresholds: Thresholds([1, 0, 0, 0]),
        signers: stellar_xdr::VecM::default(),
        ext: AccountEntryExt::V0,
    }
}
