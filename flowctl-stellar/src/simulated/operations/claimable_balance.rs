use stellar_xdr::{
    AccountFlags, AccountId, Asset, ClaimClaimableBalanceOp, ClaimClaimableBalanceResult,
    ClaimPredicate, ClaimableBalanceEntry, ClaimableBalanceEntryExt,
    ClaimableBalanceEntryExtensionV1, ClaimableBalanceEntryExtensionV1Ext, ClaimableBalanceFlags,
    ClaimableBalanceId, Claimant, ClaimantV0, ClawbackClaimableBalanceOp,
    ClawbackClaimableBalanceResult, CreateClaimableBalanceOp, CreateClaimableBalanceResult,
    HashIdPreimage, HashIdPreimageOperationId, LedgerEntryData, OperationBody, OperationResultTr,
    ScAddress, SequenceNumber, TrustLineFlags,
};

use super::{Application, Planner, Step};
use crate::simulated::{
    encoding::{hash, list},
    state::{Refusal, account_bit, claimable_balance_key, has, is_issuer, issuer, line_asset},
};

/// So many claimable balances at most, so that the state stays small; beyond, they are claimed.
const BALANCES: usize = 80;

const CLAWBACK: u32 =
    (ClaimableBalanceFlags::ClaimableBalanceClawbackEnabledFlag as i32).cast_unsigned();

pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let balances: Vec<_> = planner.state.entries().filter_map(as_balance).collect();
    let is_full = balances.len() >= BALANCES;
    if !is_full && planner.random.chance(45) {
        return plan_create(planner);
    }
    let can_claw_back: Vec<_> = balances
        .iter()
        .copied()
        .filter(|balance| flagged(balance))
        .collect();
    if planner.random.chance(20) && !can_claw_back.is_empty() {
        let balance = *planner.random.pick(&can_claw_back)?;
        let source = issuer(&balance.asset)?.clone();
        let balance_id = balance.balance_id.clone();
        let operation = ClawbackClaimableBalanceOp { balance_id };
        return Step::alone(source, OperationBody::ClawbackClaimableBalance(operation));
    }
    let balance = *planner.random.pick(&balances)?;
    let Claimant::ClaimantTypeV0(claimant) = planner.random.pick(&balance.claimants)?;
    let source = if planner.random.chance(5) {
        planner.cast.root.clone()
    } else {
        claimant.destination.clone()
    };
    let balance_id = balance.balance_id.clone();
    let operation = ClaimClaimableBalanceOp { balance_id };
    Step::alone(source, OperationBody::ClaimClaimableBalance(operation))
}

const fn as_balance(entry: &LedgerEntryData) -> Option<&ClaimableBalanceEntry> {
    match entry {
        LedgerEntryData::ClaimableBalance(balance) => Some(balance),
        _ => None,
    }
}

fn plan_create(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let asset = planner.asset();
    let source = match issuer(&asset).cloned() {
        Some(issuer) if planner.random.chance(20) => issuer,
        _ => planner.holder()?,
    };
    let amount = planner.amount(&source, &asset);
    let mut claimants = vec![planner.holder()?];
    let other = match issuer(&asset).cloned() {
        Some(issuer) if planner.random.chance(30) => issuer,
        _ => source.clone(),
    };
    if !claimants.contains(&other) {
        claimants.push(other);
    }
    let body = OperationBody::CreateClaimableBalance(CreateClaimableBalanceOp {
        asset,
        amount,
        claimants: list(claimants.into_iter().map(unconditional).collect()),
    });
    Step::alone(source, body)
}

const fn unconditional(destination: AccountId) -> Claimant {
    Claimant::ClaimantTypeV0(ClaimantV0 {
        destination,
        predicate: ClaimPredicate::Unconditional,
    })
}

pub(super) fn create(
    application: &mut Application<'_>,
    operation: &CreateClaimableBalanceOp,
) -> OperationResultTr {
    let CreateClaimableBalanceOp {
        asset,
        amount,
        claimants,
    } = operation;
    let source = application.source();
    let result = match application.state.take(&source, asset, *amount) {
        Err(Refusal::NoTrustLine) => CreateClaimableBalanceResult::NoTrust,
        Err(Refusal::NotAuthorized) => CreateClaimableBalanceResult::NotAuthorized,
        Err(_) => CreateClaimableBalanceResult::Underfunded,
        Ok(()) => {
            let transaction = application.transaction;
            let id = hash(&HashIdPreimage::OpId(HashIdPreimageOperationId {
                source_account: transaction.source.clone(),
                seq_num: SequenceNumber(transaction.sequence),
                op_num: application.index,
            }));
            let id = ClaimableBalanceId::ClaimableBalanceIdTypeV0(id);
            let claimants = claimants.iter().map(|claimant| {
                let Claimant::ClaimantTypeV0(claimant) = claimant;
                claimant.destination.clone()
            });
            let can_claw_back = can_claw_back(application, &source, asset);
            put(
                application,
                id.clone(),
                claimants.collect(),
                asset,
                *amount,
                can_claw_back,
            );
            let (from, to) = (
                ScAddress::Account(source),
                ScAddress::ClaimableBalance(id.clone()),
            );
            application.emitter.movement(asset, from, to, *amount, None);
            CreateClaimableBalanceResult::Success(id)
        }
    };
    OperationResultTr::CreateClaimableBalance(result)
}

/// Whether a balance that `source` makes can be clawed back: if its own tokens could.
pub(super) fn can_claw_back(
    application: &Application<'_>,
    source: &AccountId,
    asset: &Asset,
) -> bool {
    if is_issuer(source, asset) {
        let flag = account_bit(AccountFlags::ClawbackEnabledFlag);
        let account = application.state.account(source);
        return account.is_some_and(|account| account.flags & flag != 0);
    }
    let line = line_asset(asset).and_then(|asset| application.state.trust_line(source, &asset));
    line.is_some_and(|line| has(line, TrustLineFlags::TrustlineClawbackEnabledFlag))
}

pub(super) fn put(
    application: &mut Application<'_>,
    balance_id: ClaimableBalanceId,
    claimants: Vec<AccountId>,
    asset: &Asset,
    amount: i64,
    can_claw_back: bool,
) {
    let ext = if can_claw_back {
        ClaimableBalanceEntryExt::V1(ClaimableBalanceEntryExtensionV1 {
            ext: ClaimableBalanceEntryExtensionV1Ext::V0,
            flags: CLAWBACK,
        })
    } else {
        ClaimableBalanceEntryExt::V0
    };
    let entry = ClaimableBalanceEntry {
        balance_id,
        claimants: list(claimants.into_iter().map(unconditional).collect()),
        asset: asset.clone(),
        amount,
        ext,
    };
    application
        .state
        .put(LedgerEntryData::ClaimableBalance(entry));
}

const fn flagged(balance: &ClaimableBalanceEntry) -> bool {
    match &balance.ext {
        ClaimableBalanceEntryExt::V0 => false,
        ClaimableBalanceEntryExt::V1(extension) => extension.flags & CLAWBACK != 0,
    }
}

pub(super) fn claim(
    application: &mut Application<'_>,
    operation: &ClaimClaimableBalanceOp,
) -> OperationResultTr {
    OperationResultTr::ClaimClaimableBalance(claimed(application, &operation.balance_id))
}

fn claimed(
    application: &mut Application<'_>,
    id: &ClaimableBalanceId,
) -> ClaimClaimableBalanceResult {
    let source = application.source();
    let Some(balance) = application.state.claimable_balance(id).cloned() else {
        return ClaimClaimableBalanceResult::DoesNotExist;
    };
    let is_claimant = balance.claimants.iter().any(|claimant| {
        let Claimant::ClaimantTypeV0(claimant) = claimant;
        claimant.destination == source
    });
    if !is_claimant {
        return ClaimClaimableBalanceResult::CannotClaim;
    }
    match application
        .state
        .give(&source, &balance.asset, balance.amount)
    {
        Err(Refusal::NoTrustLine) => return ClaimClaimableBalanceResult::NoTrust,
        Err(Refusal::NotAuthorized) => return ClaimClaimableBalanceResult::NotAuthorized,
        Err(_) => return ClaimClaimableBalanceResult::LineFull,
        Ok(()) => {}
    }
    application.state.remove(&claimable_balance_key(id));
    let note = application.note(&application.source);
    let (from, to) = (
        ScAddress::ClaimableBalance(id.clone()),
        ScAddress::Account(source),
    );
    application
        .emitter
        .movement(&balance.asset, from, to, balance.amount, note);
    ClaimClaimableBalanceResult::Success
}

pub(super) fn claw_back(
    application: &mut Application<'_>,
    operation: &ClawbackClaimableBalanceOp,
) -> OperationResultTr {
    let id = &operation.balance_id;
    OperationResultTr::ClawbackClaimableBalance(clawed_back(application, id))
}

fn clawed_back(
    application: &mut Application<'_>,
    id: &ClaimableBalanceId,
) -> ClawbackClaimableBalanceResult {
    let Some(balance) = application.state.claimable_balance(id).cloned() else {
        return ClawbackClaimableBalanceResult::DoesNotExist;
    };
    if !is_issuer(&application.source(), &balance.asset) {
        return ClawbackClaimableBalanceResult::NotIssuer;
    }
    if !flagged(&balance) {
        return ClawbackClaimableBalanceResult::NotClawbackEnabled;
    }
    application.state.remove(&claimable_balance_key(id));
    let holder = ScAddress::ClaimableBalance(id.clone());
    application
        .emitter
        .classic_event("clawback", &balance.asset, holder, balance.amount);
    ClawbackClaimableBalanceResult::Success
}
