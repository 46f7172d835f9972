use stellar_xdr::{
    AccountId, Asset, LedgerEntryData, LedgerKey, LedgerKeyOffer,
    LiquidityPoolConstantProductParameters, LiquidityPoolEntry, LiquidityPoolEntryBody,
    LiquidityPoolEntryConstantProduct, LiquidityPoolParameters, OfferEntry, PoolId,
};

use super::{LedgerState, pool_key};
use crate::simulated::{cast, encoding::hash, exchange::POOL_FEE};

/// A liquidity pool's assets, reserves and shares.
pub(in crate::simulated) type Pool = LiquidityPoolEntryConstantProduct;

impl LedgerState {
    /// All offers, by their sellers.
    pub(in crate::simulated) fn all_offers(&self) -> impl Iterator<Item = &OfferEntry> {
        let first = offer_key(&cast::account([0; 32]), i64::MIN);
        self.entries_from(first).map_while(|entry| match entry {
            LedgerEntryData::Offer(offer) => Some(offer),
            _ => None,
        })
    }

    /// The offers of `selling` for `buying`, the cheapest first, the oldest of equal ones first.
    pub(in crate::simulated) fn offers(&self, selling: &Asset, buying: &Asset) -> Vec<OfferEntry> {
        let matches = |offer: &&OfferEntry| offer.selling == *selling && offer.buying == *buying;
        let mut offers: Vec<_> = self.all_offers().filter(matches).cloned().collect();
        offers.sort_by(|one, other| {
            let left = i64::from(one.price.n) * i64::from(other.price.d);
            let right = i64::from(other.price.n) * i64::from(one.price.d);
            left.cmp(&right).then(one.offer_id.cmp(&other.offer_id))
        });
        offers
    }

    pub(in crate::simulated) fn offer(&self, seller: &AccountId, id: i64) -> Option<&OfferEntry> {
        match self.get(&offer_key(seller, id)) {
            Some(LedgerEntryData::Offer(offer)) => Some(offer),
            _ => None,
        }
    }

    pub(in crate::simulated) fn put_pool(&mut self, id: PoolId, pool: Pool) {
        self.put(LedgerEntryData::LiquidityPool(LiquidityPoolEntry {
            liquidity_pool_id: id,
            body: LiquidityPoolEntryBody::LiquidityPoolConstantProduct(pool),
        }));
    }

    /// Writes a pool that lost one of its trust lines: without any it is gone.
    pub(in crate::simulated) fn put_pool_or_remove(&mut self, id: PoolId, pool: Pool) {
        if pool.pool_shares_trust_line_count <= 0 {
            self.remove(&pool_key(&id));
        } else {
            self.put_pool(id, pool);
        }
    }
}

pub(in crate::simulated) fn offer_key(seller: &AccountId, id: i64) -> LedgerKey {
    LedgerKey::Offer(LedgerKeyOffer {
        seller_id: seller.clone(),
        offer_id: id,
    })
}

/// What makes the pool of two assets, whichever is named first.
pub(in crate::simulated) fn pool_parameters(
    one: &Asset,
    other: &Asset,
) -> LiquidityPoolConstantProductParameters {
    let (first, second) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    LiquidityPoolConstantProductParameters {
        asset_a: first.clone(),
        asset_b: second.clone(),
        fee: POOL_FEE,
    }
}

/// The id of the pool of two assets.
pub(in crate::simulated) fn pool_id(one: &Asset, other: &Asset) -> PoolId {
    let parameters = pool_parameters(one, other);
    PoolId(hash(
        &LiquidityPoolParameters::LiquidityPoolConstantProduct(parameters),
    ))
}
