use stellar_xdr::{
    AccountFlags, AccountId, AllowTrustOp, AllowTrustResult, Asset, AssetCode, HashIdPreimage,
    HashIdPreimageRevokeId, OperationBody, OperationResultTr, PoolId, ScAddress, SequenceNumber,
    SetTrustLineFlagsOp, SetTrustLineFlagsResult, TrustLineAsset, TrustLineFlags,
};

use super::{Application, Planner, Step, claimable_balance, trust_line};
use crate::simulated::{
    encoding::hash,
    exchange::remove_offer,
    state::{account_bit, bit, is_issuer, line_asset},
};

const AUTHORIZED: u32 = bit(TrustLineFlags::AuthorizedFlag);
const MAINTAIN: u32 = bit(TrustLineFlags::AuthorizedToMaintainLiabilitiesFlag);

/// The first protocol with trust lines that can be kept but not used (CAP-18).
const FIRST_PROTOCOL_WITH_MAINTAIN: u32 = 13;

/// The first protocol with `SetTrustLineFlags` (CAP-35).
const FIRST_PROTOCOL_WITH_FLAGS: u32 = 17;

/// The first protocol that withdraws the pool shares of a revoked trust line (CAP-38).
const FIRST_PROTOCOL_WITH_POOLS: u32 = 18;

/// Takes authorisation, preferably from those with pool shares, and gives it back soon.
pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let regulated = planner.cast.regulated_assets.clone();
    let asset = planner.random.pick(&regulated)?.clone();
    if planner.random.chance(4) {
        // The bank did not keep the right to revoke: this fails.
        let (source, free) = (planner.cast.bank.clone(), planner.cast.free_assets.clone());
        let [asset, _] = free;
        let trustor = planner.holder()?;
        return Step::alone(source, change(planner, trustor, &asset, 0)?);
    }
    let source = planner.cast.regulator.clone();
    let line_asset = line_asset(&asset)?;
    let state = planner.state;
    let mut accounts = planner.cast.holders.clone();
    accounts.push(planner.cast.bank.clone());
    accounts.push(planner.cast.root.clone());
    let flags_of = |id: &AccountId| state.trust_line(id, &line_asset).map(|line| line.flags);
    let unauthorized: Vec<_> = accounts
        .iter()
        .filter(|id| flags_of(id).is_some_and(|flags| flags & AUTHORIZED == 0))
        .collect();
    if !unauthorized.is_empty() && planner.random.chance(60) {
        let trustor = (*planner.random.pick(&unauthorized)?).clone();
        return Step::alone(source, change(planner, trustor, &asset, AUTHORIZED)?);
    }
    let has_shares = |id: &&AccountId| {
        state
            .entries()
            .filter_map(trust_line::pool_of_line(id))
            .any(|pool| {
                let pool = state.pool(&pool);
                pool.is_some_and(|pool| {
                    pool.params.asset_a == asset || pool.params.asset_b == asset
                })
            })
    };
    let authorized: Vec<_> = accounts
        .iter()
        .filter(|id| flags_of(id).is_some_and(|flags| flags & AUTHORIZED != 0))
        .collect();
    let in_pools: Vec<_> = authorized.iter().copied().filter(has_shares).collect();
    let candidates = if in_pools.is_empty() || planner.random.chance(40) {
        authorized
    } else {
        in_pools
    };
    let bank = planner.cast.bank.clone();
    let trustor = if candidates.contains(&&bank) && planner.random.chance(40) {
        bank
    } else {
        (*planner.random.pick(&candidates)?).clone()
    };
    if trustor == planner.cast.bank && !is_worth_telling(planner, &trustor) {
        return None;
    }
    let maintain = planner.state.protocol >= FIRST_PROTOCOL_WITH_MAINTAIN;
    let level = if maintain && planner.random.chance(20) {
        MAINTAIN
    } else {
        0
    };
    Step::alone(source, change(planner, trustor, &asset, level)?)
}

/// Whether the trustor's shares are worth something of both assets, with a margin. If an issuer's are
/// worth only tokens of its own, the revocation burns them without a claimable balance, which the Go
/// processor does not tell: its events could not be verified.
fn is_worth_telling(planner: &Planner<'_>, trustor: &AccountId) -> bool {
    let state = planner.state;
    let mut pools = state
        .entries()
        .filter_map(trust_line::pool_of_line(trustor));
    pools.all(|id| {
        let line = state.trust_line(trustor, &TrustLineAsset::PoolShare(id.clone()));
        let shares = line.map_or(0, |line| line.balance);
        let amounts = state
            .pool(&id)
            .map(|pool| super::pool::redeemed(pool, shares));
        shares == 0 || amounts.is_some_and(|amounts| amounts.iter().all(|amount| *amount > 1_000))
    })
}

/// One of the two operations that set the level of authorisation.
fn change(
    planner: &mut Planner<'_>,
    trustor: AccountId,
    asset: &Asset,
    level: u32,
) -> Option<OperationBody> {
    let flags = planner.state.protocol >= FIRST_PROTOCOL_WITH_FLAGS;
    if flags && planner.random.chance(50) {
        return Some(OperationBody::SetTrustLineFlags(SetTrustLineFlagsOp {
            trustor,
            asset: asset.clone(),
            clear_flags: (AUTHORIZED | MAINTAIN) & !level,
            set_flags: level,
        }));
    }
    let asset = match asset {
        Asset::Native => return None,
        Asset::CreditAlphanum4(asset) => AssetCode::CreditAlphanum4(asset.asset_code.clone()),
        Asset::CreditAlphanum12(asset) => AssetCode::CreditAlphanum12(asset.asset_code.clone()),
    };
    Some(OperationBody::AllowTrust(AllowTrustOp {
        trustor,
        asset,
        authorize: level,
    }))
}

pub(super) fn allow_trust(
    application: &mut Application<'_>,
    operation: &AllowTrustOp,
) -> OperationResultTr {
    let issuer = application.source();
    let asset = match operation.asset.clone() {
        AssetCode::CreditAlphanum4(asset_code) => {
            Asset::CreditAlphanum4(stellar_xdr::AlphaNum4 { asset_code, issuer })
        }
        AssetCode::CreditAlphanum12(asset_code) => {
            Asset::CreditAlphanum12(stellar_xdr::AlphaNum12 { asset_code, issuer })
        }
    };
    let level = operation.authorize;
    OperationResultTr::AllowTrust(
        match set_level(application, &operation.trustor, &asset, level) {
            Ok(()) => AllowTrustResult::Success,
            Err(SetTrustLineFlagsResult::CantRevoke) => AllowTrustResult::CantRevoke,
            Err(_) => AllowTrustResult::NoTrustLine,
        },
    )
}

pub(super) fn set_flags(
    application: &mut Application<'_>,
    operation: &SetTrustLineFlagsOp,
) -> OperationResultTr {
    let SetTrustLineFlagsOp {
        trustor,
        asset,
        set_flags,
        ..
    } = operation;
    let result = if is_issuer(&application.source(), asset) {
        set_level(application, trustor, asset, *set_flags)
    } else {
        Err(SetTrustLineFlagsResult::Malformed)
    };
    OperationResultTr::SetTrustLineFlags(match result {
        Ok(()) => SetTrustLineFlagsResult::Success,
        Err(error) => error,
    })
}

/// Gives the trust line this level of authorisation: full, that to maintain liabilities, or none.
fn set_level(
    application: &mut Application<'_>,
    trustor: &AccountId,
    asset: &Asset,
    level: u32,
) -> Result<(), SetTrustLineFlagsResult> {
    let source = application.source();
    let line_asset = line_asset(asset).ok_or(SetTrustLineFlagsResult::Malformed)?;
    let state = &mut *application.state;
    let line = state.trust_line(trustor, &line_asset).cloned();
    let line = line.ok_or(SetTrustLineFlagsResult::NoTrustLine)?;
    let revocable = account_bit(AccountFlags::RevocableFlag);
    let can_revoke = state
        .account(&source)
        .is_some_and(|account| account.flags & revocable != 0);
    if level & AUTHORIZED == 0 && !can_revoke {
        return Err(SetTrustLineFlagsResult::CantRevoke);
    }
    let before = line.flags & (AUTHORIZED | MAINTAIN);
    state.change_trust_line(trustor, &line_asset, |line| {
        line.flags = (line.flags & !(AUTHORIZED | MAINTAIN)) | level;
    });
    if before != 0 && level == 0 {
        let is_theirs = |offer: &&stellar_xdr::OfferEntry| {
            offer.seller_id == *trustor && (offer.selling == *asset || offer.buying == *asset)
        };
        let offers: Vec<_> = state.all_offers().filter(is_theirs).cloned().collect();
        for offer in offers {
            remove_offer(state, &offer);
        }
        if state.protocol >= FIRST_PROTOCOL_WITH_POOLS {
            redeem_shares(application, trustor, asset);
        }
    }
    if (before & AUTHORIZED) != (level & AUTHORIZED) {
        let authorized = level & AUTHORIZED != 0;
        application
            .emitter
            .set_authorized(trustor, asset, authorized);
    }
    Ok(())
}

/// Withdraws the trustor's shares of every pool with the asset, into claimable balances.
fn redeem_shares(application: &mut Application<'_>, trustor: &AccountId, asset: &Asset) {
    let entries = application.state.entries();
    let pools: Vec<_> = entries
        .filter_map(trust_line::pool_of_line(trustor))
        .collect();
    for id in pools {
        let Some(mut pool) = application.state.pool(&id).cloned() else {
            continue;
        };
        if pool.params.asset_a != *asset && pool.params.asset_b != *asset {
            continue;
        }
        let line_asset = TrustLineAsset::PoolShare(id.clone());
        let line = application.state.trust_line(trustor, &line_asset);
        let shares = line.map_or(0, |line| line.balance);
        let amounts = super::pool::redeemed(&pool, shares);
        trust_line::remove_line(application, trustor, &line_asset, 2);
        pool.total_pool_shares -= shares;
        pool.reserve_a -= amounts[0];
        pool.reserve_b -= amounts[1];
        pool.pool_shares_trust_line_count -= 1;
        let assets = [pool.params.asset_a.clone(), pool.params.asset_b.clone()];
        application.state.put_pool_or_remove(id.clone(), pool);
        for (asset, amount) in assets.iter().zip(amounts) {
            redeem(application, trustor, &id, asset, amount);
        }
    }
}

/// Tells in core's way: nothing of nothing, and a burn where the trustor issues the asset.
fn redeem(
    application: &mut Application<'_>,
    trustor: &AccountId,
    pool: &PoolId,
    asset: &Asset,
    amount: i64,
) {
    if amount == 0 {
        return;
    }
    let from = ScAddress::LiquidityPool(pool.clone());
    if is_issuer(trustor, asset) {
        application
            .emitter
            .classic_event("burn", asset, from, amount);
        return;
    }
    let transaction = application.transaction;
    let id = hash(&HashIdPreimage::PoolRevokeOpId(HashIdPreimageRevokeId {
        source_account: transaction.source.clone(),
        seq_num: SequenceNumber(transaction.sequence),
        op_num: application.index,
        liquidity_pool_id: pool.clone(),
        asset: asset.clone(),
    }));
    let id = stellar_xdr::ClaimableBalanceId::ClaimableBalanceIdTypeV0(id);
    let claimants = vec![trustor.clone()];
    let can_claw_back = claimable_balance::can_claw_back(application, trustor, asset);
    claimable_balance::put(
        application,
        id.clone(),
        claimants,
        asset,
        amount,
        can_claw_back,
    );
    let to = ScAddress::ClaimableBalance(id);
    application.emitter.movement(asset, from, to, amount, None);
}
