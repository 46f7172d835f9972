use stellar_xdr::{
    AccountEntry, AccountEntryExt, AccountMergeResult, Asset, CreateAccountOp, CreateAccountResult,
    LedgerEntryData, MuxedAccount, OperationBody, OperationResultTr, SequenceNumber, Thresholds,
};

use super::{Application, Planner, Step};
use crate::simulated::{
    cast::Cast,
    state::{BASE_RESERVE, Refusal, account_key},
    transaction::account_of,
};

/// Accounts that come and go: so many at most that the state stays small.
const NEWCOMERS: u64 = 64;

/// The first protocol in which an account can exist without lumens (CAP-33).
const FIRST_PROTOCOL_WITH_EMPTY_ACCOUNTS: u32 = 14;

pub(super) fn plan_create(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let source = planner.holder()?;
    let number = u32::try_from(planner.random.below(NEWCOMERS)).unwrap_or(0);
    let destination = Cast::newcomer(planner.seed, number);
    if planner.state.account(&destination).is_some() && !planner.random.chance(10) {
        return None;
    }
    let starting_balance = planner.random.between(2 * BASE_RESERVE, 20 * BASE_RESERVE);
    let body = OperationBody::CreateAccount(CreateAccountOp {
        destination,
        starting_balance,
    });
    Step::alone(source, body)
}

pub(super) fn create(
    application: &mut Application<'_>,
    operation: &CreateAccountOp,
) -> OperationResultTr {
    OperationResultTr::CreateAccount(created(application, operation))
}

fn created(application: &mut Application<'_>, operation: &CreateAccountOp) -> CreateAccountResult {
    let CreateAccountOp {
        destination,
        starting_balance,
    } = operation;
    if application.state.account(destination).is_some() {
        return CreateAccountResult::AlreadyExist;
    }
    let least = if application.state.protocol >= FIRST_PROTOCOL_WITH_EMPTY_ACCOUNTS {
        0
    } else {
        2 * BASE_RESERVE
    };
    if *starting_balance < least {
        return CreateAccountResult::LowReserve;
    }
    let source = application.source();
    let taken = application
        .state
        .take(&source, &Asset::Native, *starting_balance);
    if taken.is_err() {
        return CreateAccountResult::Underfunded;
    }
    let sequence = i64::from(application.state.sequence) << 32;
    application
        .state
        .put(LedgerEntryData::Account(AccountEntry {
            account_id: destination.clone(),
            balance: *starting_balance,
            seq_num: SequenceNumber(sequence),
            num_sub_entries: 0,
            inflation_dest: None,
            flags: 0,
            home_domain: stellar_xdr::String32::default(),
            thresholds: Thresholds([1, 0, 0, 0]),
            signers: stellar_xdr::VecM::default(),
            ext: AccountEntryExt::V0,
        }));
    let destination = MuxedAccount::from(destination.clone());
    application.tell_payment(&Asset::Native, &destination, *starting_balance);
    CreateAccountResult::Success
}

/// Merges a newcomer into a holder, or into the next newcomer.
pub(super) fn plan_merge(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let start = planner.random.below(NEWCOMERS);
    let numbers = (start..NEWCOMERS).chain(0..start);
    let newcomer = |number| Cast::newcomer(planner.seed, u32::try_from(number).unwrap_or(0));
    let mut present = numbers
        .map(newcomer)
        .filter(|id| planner.state.account(id).is_some());
    let source = present.next()?;
    let destination = present.next();
    let destination = match destination {
        Some(newcomer) if planner.random.chance(20) => newcomer,
        _ => planner.holder()?,
    };
    let body = OperationBody::AccountMerge(planner.muxed(&destination));
    Step::alone(source, body)
}

pub(super) fn merge(
    application: &mut Application<'_>,
    destination: &MuxedAccount,
) -> OperationResultTr {
    OperationResultTr::AccountMerge(merged(application, destination))
}

fn merged(application: &mut Application<'_>, destination: &MuxedAccount) -> AccountMergeResult {
    let (source, receiver) = (application.source(), account_of(destination));
    if source == receiver {
        return AccountMergeResult::Malformed;
    }
    let Some(account) = application.state.account(&source) else {
        return AccountMergeResult::NoAccount;
    };
    if account.num_sub_entries != 0 {
        return AccountMergeResult::HasSubEntries;
    }
    let balance = account.balance;
    match application.state.give(&receiver, &Asset::Native, balance) {
        Err(Refusal::NoAccount) => return AccountMergeResult::NoAccount,
        Err(_) => return AccountMergeResult::DestFull,
        Ok(()) => {}
    }
    application.state.remove(&account_key(&source));
    application.tell_payment(&Asset::Native, destination, balance);
    AccountMergeResult::Success(balance)
}
