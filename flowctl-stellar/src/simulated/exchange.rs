//! Trades: what the order book and the pools give for an amount, and how that changes balances.
//!
//! The arithmetic is in whole stroops and rounds in favour of who made the offer, so nothing is lost.

use stellar_xdr::{
    AccountId, Asset, ClaimAtom, ClaimLiquidityAtom, ClaimOfferAtom, ClaimOfferAtomV0,
    LedgerEntryData, OfferEntry, PoolId, Price,
};

use super::{
    cast::key_of,
    state::{LedgerState, Pool, offer_key, pool_id},
};

/// Parts of ten thousand that a pool keeps of what it gets, and the only fee that pools can have (CAP-38).
pub(super) const POOL_FEE: i32 = 30;

/// The first protocol whose claims tell offers from pools.
const FIRST_PROTOCOL_WITH_CLAIM_KINDS: u32 = 18;

/// What a taker wants: to sell one asset for the other, up to amounts of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) taker: &'a AccountId,
    pub(super) sells: &'a Asset,
    pub(super) buys: &'a Asset,
    pub(super) sell_at_most: i64,
    pub(super) buy_at_most: i64,
    /// Whether all of `sell_at_most` has to go: then what rounding leaves goes to the last maker.
    pub(super) sells_all: bool,
}

/// What a taker gets.
#[derive(Debug, Clone, Default)]
pub(super) struct Trade {
    fills: Vec<Fill>,
    pub(super) sold: i64,
    pub(super) bought: i64,
}

/// One offer or pool that takes part: `gives` of what the taker buys, for `takes` of what it sells.
#[derive(Debug, Clone)]
struct Fill {
    maker: Maker,
    gives: i64,
    takes: i64,
}

#[derive(Debug, Clone)]
enum Maker {
    Offer { offer: OfferEntry, is_used_up: bool },
    Pool { id: PoolId, pool: Pool },
}

/// The taker's own offer is in the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct CrossesSelf;

impl Trade {
    /// What the order book gives, from the best price on, as long as `accepts` likes the price: units of
    /// what the taker sells, per unit of what it buys.
    pub(super) fn with_offers(
        state: &LedgerState,
        wish: &Wish<'_>,
        accepts: impl Fn(&Price) -> bool,
    ) -> Result<Self, CrossesSelf> {
        let mut trade = Self::default();
        for offer in state.offers(wish.buys, wish.sells) {
            let to_sell = wish.sell_at_most - trade.sold;
            let to_buy = wish.buy_at_most - trade.bought;
            if to_sell <= 0 || to_buy <= 0 || !accepts(&offer.price) {
                break;
            }
            if offer.seller_id == *wish.taker {
                return Err(CrossesSelf);
            }
            let (gave, took) = trade.moved_by(&offer.seller_id);
            let available = state.available(&offer.seller_id, wish.buys).unwrap_or(0);
            let room = state.room(&offer.seller_id, wish.sells).unwrap_or(0);
            let most = offer.amount.min(available.saturating_sub(gave)).min(floor(
                room.saturating_sub(took),
                offer.price.d,
                offer.price.n,
            ));
            let mut gives = most.min(to_buy).max(0);
            let mut takes = ceiling(gives, offer.price.n, offer.price.d);
            if takes > to_sell {
                gives = floor(to_sell, offer.price.d, offer.price.n);
                takes = if wish.sells_all {
                    to_sell
                } else {
                    ceiling(gives, offer.price.n, offer.price.d)
                };
                if gives == 0 && !wish.sells_all {
                    break;
                }
            }
            trade.sold += takes;
            trade.bought += gives;
            let is_used_up = gives == most.max(0);
            let maker = Maker::Offer { offer, is_used_up };
            trade.fills.push(Fill {
                maker,
                gives,
                takes,
            });
        }
        Ok(trade)
    }

    /// What the pool of the two assets gives for exactly `sell_at_most`, or takes for exactly
    /// `buy_at_most` unless all is to be sold. None if there is no such pool, or too little in it.
    ///
    /// # Source
    ///
    /// CAP-38, "Price bounds" and "Rounding": a constant product, the fee taken from what comes in.
    pub(super) fn with_pool(state: &LedgerState, wish: &Wish<'_>) -> Option<Self> {
        let id = pool_id(wish.sells, wish.buys);
        let pool = state.pool(&id)?.clone();
        let (into, out_of) = if pool.params.asset_a == *wish.sells {
            (pool.reserve_a, pool.reserve_b)
        } else {
            (pool.reserve_b, pool.reserve_a)
        };
        let (into, out_of) = (i128::from(into), i128::from(out_of));
        let kept = i128::from(10_000 - POOL_FEE);
        let (takes, gives) = if wish.sells_all {
            let takes = i128::from(wish.sell_at_most);
            let numerator = kept.checked_mul(out_of)?.checked_mul(takes)?;
            let denominator = into
                .checked_mul(10_000)?
                .checked_add(kept.checked_mul(takes)?)?;
            (takes, numerator.checked_div(denominator)?)
        } else {
            let gives = i128::from(wish.buy_at_most);
            let numerator = into.checked_mul(gives)?.checked_mul(10_000)?;
            let denominator = out_of.checked_sub(gives)?.checked_mul(kept)?;
            if denominator <= 0 {
                return None;
            }
            (
                numerator
                    .checked_add(denominator - 1)?
                    .checked_div(denominator)?,
                gives,
            )
        };
        let (takes, gives) = (i64::try_from(takes).ok()?, i64::try_from(gives).ok()?);
        if gives <= 0 || takes > wish.sell_at_most {
            return None;
        }
        let maker = Maker::Pool { id, pool };
        Some(Self {
            fills: vec![Fill {
                maker,
                gives,
                takes,
            }],
            sold: takes,
            bought: gives,
        })
    }

    /// Changes the balances of the makers, not the taker's, and tells the claims.
    pub(super) fn settle(self, state: &mut LedgerState, wish: &Wish<'_>) -> Vec<ClaimAtom> {
        let has_kinds = state.protocol >= FIRST_PROTOCOL_WITH_CLAIM_KINDS;
        let mut claims = Vec::new();
        for Fill {
            maker,
            gives,
            takes,
        } in self.fills
        {
            let (sold, bought) = (wish.buys.clone(), wish.sells.clone());
            match maker {
                Maker::Pool { id, mut pool } => {
                    let (change_a, change_b) = if pool.params.asset_a == *wish.sells {
                        (takes, -gives)
                    } else {
                        (-gives, takes)
                    };
                    pool.reserve_a += change_a;
                    pool.reserve_b += change_b;
                    state.put_pool(id.clone(), pool);
                    claims.push(ClaimAtom::LiquidityPool(ClaimLiquidityAtom {
                        liquidity_pool_id: id,
                        asset_sold: sold,
                        amount_sold: gives,
                        asset_bought: bought,
                        amount_bought: takes,
                    }));
                }
                Maker::Offer { offer, is_used_up } => {
                    state.shift(&offer.seller_id, wish.buys, -gives);
                    state.shift(&offer.seller_id, wish.sells, takes);
                    if is_used_up {
                        remove_offer(state, &offer);
                    } else {
                        let amount = offer.amount - gives;
                        let rest = OfferEntry {
                            amount,
                            ..offer.clone()
                        };
                        state.put(LedgerEntryData::Offer(rest));
                    }
                    if takes == 0 && gives == 0 {
                        continue;
                    }
                    claims.push(if has_kinds {
                        ClaimAtom::OrderBook(ClaimOfferAtom {
                            seller_id: offer.seller_id,
                            offer_id: offer.offer_id,
                            asset_sold: sold,
                            amount_sold: gives,
                            asset_bought: bought,
                            amount_bought: takes,
                        })
                    } else {
                        ClaimAtom::V0(ClaimOfferAtomV0 {
                            seller_ed25519: key_of(&offer.seller_id).clone(),
                            offer_id: offer.offer_id,
                            asset_sold: sold,
                            amount_sold: gives,
                            asset_bought: bought,
                            amount_bought: takes,
                        })
                    });
                }
            }
        }
        claims
    }

    /// What an account's offers gave and took so far.
    fn moved_by(&self, account: &AccountId) -> (i64, i64) {
        let mut moved = (0, 0);
        for fill in &self.fills {
            if matches!(&fill.maker, Maker::Offer { offer, .. } if offer.seller_id == *account) {
                moved.0 += fill.gives;
                moved.1 += fill.takes;
            }
        }
        moved
    }
}

pub(super) fn remove_offer(state: &mut LedgerState, offer: &OfferEntry) {
    state.remove(&offer_key(&offer.seller_id, offer.offer_id));
    state.change_account(&offer.seller_id, |account| {
        account.num_sub_entries = account.num_sub_entries.saturating_sub(1);
    });
}

/// `amount · n / d`, rounded down, at most the largest amount.
pub(super) fn floor(amount: i64, n: i32, d: i32) -> i64 {
    let product = i128::from(amount) * i128::from(n);
    product
        .checked_div(i128::from(d))
        .map_or(0, |quotient| i64::try_from(quotient).unwrap_or(i64::MAX))
}

/// `amount · n / d`, rounded up, at most the largest amount.
pub(super) fn ceiling(amount: i64, n: i32, d: i32) -> i64 {
    let product = i128::from(amount) * i128::from(n) + i128::from(d) - 1;
    product
        .checked_div(i128::from(d))
        .map_or(0, |quotient| i64::try_from(quotient).unwrap_or(i64::MAX))
}
