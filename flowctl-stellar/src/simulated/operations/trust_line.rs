use stellar_xdr::{
    AccountFlags, AccountId, Asset, ChangeTrustAsset, ChangeTrustOp, ChangeTrustResult,
    LedgerEntryData, LiquidityPoolParameters, OperationBody, OperationResultTr, TrustLineAsset,
    TrustLineEntry, TrustLineEntryExt, TrustLineFlags,
};

use super::{Application, Planner, Step};
use crate::simulated::state::{
    Pool, account_bit, bit, issuer, line_asset, pool_id, trust_line_key,
};

/// The root, and issuers of other assets, trust an asset or no longer; holders change a limit.
pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let asset = planner.issued_asset();
    let accounts = [
        planner.cast.root.clone(),
        planner.cast.bank.clone(),
        planner.cast.regulator.clone(),
        planner.holder()?,
    ];
    let source = planner.random.pick(&accounts)?.clone();
    if issuer(&asset) == Some(&source) {
        return None;
    }
    let line_asset = line_asset(&asset)?;
    let limit = match planner.state.trust_line(&source, &line_asset) {
        Some(line) if line.balance == 0 => 0,
        Some(_) => planner.random.between(1, i64::MAX),
        None => i64::MAX,
    };
    let line = match asset {
        Asset::Native => ChangeTrustAsset::Native,
        Asset::CreditAlphanum4(asset) => ChangeTrustAsset::CreditAlphanum4(asset),
        Asset::CreditAlphanum12(asset) => ChangeTrustAsset::CreditAlphanum12(asset),
    };
    Step::alone(
        source,
        OperationBody::ChangeTrust(ChangeTrustOp { line, limit }),
    )
}

pub(super) fn change(
    application: &mut Application<'_>,
    operation: &ChangeTrustOp,
) -> OperationResultTr {
    let limit = operation.limit;
    OperationResultTr::ChangeTrust(match &operation.line {
        ChangeTrustAsset::Native => ChangeTrustResult::Malformed,
        ChangeTrustAsset::CreditAlphanum4(asset) => {
            change_asset(application, &Asset::CreditAlphanum4(asset.clone()), limit)
        }
        ChangeTrustAsset::CreditAlphanum12(asset) => {
            change_asset(application, &Asset::CreditAlphanum12(asset.clone()), limit)
        }
        ChangeTrustAsset::PoolShare(parameters) => change_pool(application, parameters, limit),
    })
}

fn change_asset(application: &mut Application<'_>, asset: &Asset, limit: i64) -> ChangeTrustResult {
    let source = application.source();
    let (Some(issuer), Some(line_asset)) = (issuer(asset), line_asset(asset)) else {
        return ChangeTrustResult::Malformed;
    };
    if *issuer == source {
        return ChangeTrustResult::SelfNotAllowed;
    }
    let Some(issuer_flags) = application
        .state
        .account(issuer)
        .map(|account| account.flags)
    else {
        return ChangeTrustResult::NoIssuer;
    };
    let has = |flag| issuer_flags & account_bit(flag) != 0;
    match (application.state.trust_line(&source, &line_asset), limit) {
        (Some(line), limit) if limit < line.balance => ChangeTrustResult::InvalidLimit,
        (None, 0) => ChangeTrustResult::InvalidLimit,
        (Some(_), 0) if is_in_use(application, &source, asset) => ChangeTrustResult::CannotDelete,
        (Some(_), 0) => {
            remove_line(application, &source, &line_asset, 1);
            ChangeTrustResult::Success
        }
        (Some(_), limit) => {
            let state = &mut *application.state;
            state.change_trust_line(&source, &line_asset, |line| line.limit = limit);
            ChangeTrustResult::Success
        }
        (None, limit) => {
            let mut flags = 0;
            if !has(AccountFlags::RequiredFlag) {
                flags |= bit(TrustLineFlags::AuthorizedFlag);
            }
            if has(AccountFlags::ClawbackEnabledFlag) {
                flags |= bit(TrustLineFlags::TrustlineClawbackEnabledFlag);
            }
            add_line(application, &source, line_asset, limit, flags, 1);
            ChangeTrustResult::Success
        }
    }
}

/// Whether offers or pool shares of the account need its trust line.
fn is_in_use(application: &Application<'_>, account: &AccountId, asset: &Asset) -> bool {
    let offered = application.state.all_offers().any(|offer| {
        offer.seller_id == *account && (offer.selling == *asset || offer.buying == *asset)
    });
    let assets: Vec<_> = application
        .state
        .entries()
        .filter_map(pool_of_line(account))
        .collect();
    let pooled = assets.iter().any(|id| {
        let pool = application.state.pool(id);
        pool.is_some_and(|pool| pool.params.asset_a == *asset || pool.params.asset_b == *asset)
    });
    offered || pooled
}

/// Finds the pools that an account has shares of.
pub(super) fn pool_of_line(
    account: &AccountId,
) -> impl Fn(&LedgerEntryData) -> Option<stellar_xdr::PoolId> {
    move |entry| match entry {
        LedgerEntryData::Trustline(TrustLineEntry {
            account_id,
            asset: TrustLineAsset::PoolShare(id),
            ..
        }) if account_id == account => Some(id.clone()),
        _ => None,
    }
}

fn change_pool(
    application: &mut Application<'_>,
    parameters: &LiquidityPoolParameters,
    limit: i64,
) -> ChangeTrustResult {
    let LiquidityPoolParameters::LiquidityPoolConstantProduct(parameters) = parameters;
    let source = application.source();
    let id = pool_id(&parameters.asset_a, &parameters.asset_b);
    let line_asset = TrustLineAsset::PoolShare(id.clone());
    let pool = application.state.pool(&id).cloned();
    match (application.state.trust_line(&source, &line_asset), limit) {
        (Some(line), limit) if limit < line.balance => ChangeTrustResult::InvalidLimit,
        (None, 0) => ChangeTrustResult::InvalidLimit,
        (Some(_), 0) => {
            remove_line(application, &source, &line_asset, 2);
            if let Some(mut pool) = pool {
                pool.pool_shares_trust_line_count -= 1;
                application.state.put_pool_or_remove(id, pool);
            }
            ChangeTrustResult::Success
        }
        (Some(_), limit) => {
            let state = &mut *application.state;
            state.change_trust_line(&source, &line_asset, |line| line.limit = limit);
            ChangeTrustResult::Success
        }
        (None, limit) => {
            for asset in [&parameters.asset_a, &parameters.asset_b] {
                if application.state.room(&source, asset).is_err() {
                    return ChangeTrustResult::TrustLineMissing;
                }
            }
            let mut pool = pool.unwrap_or_else(|| Pool {
                params: parameters.clone(),
                reserve_a: 0,
                reserve_b: 0,
                total_pool_shares: 0,
                pool_shares_trust_line_count: 0,
            });
            pool.pool_shares_trust_line_count += 1;
            application.state.put_pool(id, pool);
            let flags = bit(TrustLineFlags::AuthorizedFlag);
            add_line(application, &source, line_asset, limit, flags, 2);
            ChangeTrustResult::Success
        }
    }
}

fn add_line(
    application: &mut Application<'_>,
    account: &AccountId,
    asset: TrustLineAsset,
    limit: i64,
    flags: u32,
    sub_entries: u32,
) {
    let state = &mut *application.state;
    state.change_account(account, |account| account.num_sub_entries += sub_entries);
    state.put(LedgerEntryData::Trustline(TrustLineEntry {
        account_id: account.clone(),
        asset,
        balance: 0,
        limit,
        flags,
        ext: TrustLineEntryExt::V0,
    }));
}

pub(super) fn remove_line(
    application: &mut Application<'_>,
    account: &AccountId,
    asset: &TrustLineAsset,
    sub_entries: u32,
) {
    let state = &mut *application.state;
    state.remove(&trust_line_key(account, asset));
    state.change_account(account, |account| {
        account.num_sub_entries = account.num_sub_entries.saturating_sub(sub_entries);
    });
}
