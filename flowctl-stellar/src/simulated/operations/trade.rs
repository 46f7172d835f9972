use stellar_xdr::{Asset, ClaimAtom, ScAddress};

use super::Application;
use crate::simulated::cast;

/// Tells trades in the order of stellar-core: of each, what the taker gave, then what it got.
pub(super) fn tell(application: &mut Application<'_>, claims: &[ClaimAtom]) {
    let taker = ScAddress::Account(application.source());
    for claim in claims {
        let (maker, sold, bought) = sides(claim);
        let emitter = &mut *application.emitter;
        emitter.movement(bought.0, taker.clone(), maker.clone(), bought.1, None);
        emitter.movement(sold.0, maker, taker.clone(), sold.1, None);
    }
}

type Side<'a> = (&'a Asset, i64);

/// The maker of a trade, what it sold and what it bought.
fn sides(claim: &ClaimAtom) -> (ScAddress, Side<'_>, Side<'_>) {
    match claim {
        ClaimAtom::V0(claim) => (
            ScAddress::Account(cast::account(claim.seller_ed25519.0)),
            (&claim.asset_sold, claim.amount_sold),
            (&claim.asset_bought, claim.amount_bought),
        ),
        ClaimAtom::OrderBook(claim) => (
            ScAddress::Account(claim.seller_id.clone()),
            (&claim.asset_sold, claim.amount_sold),
            (&claim.asset_bought, claim.amount_bought),
        ),
        ClaimAtom::LiquidityPool(claim) => (
            ScAddress::LiquidityPool(claim.liquidity_pool_id.clone()),
            (&claim.asset_sold, claim.amount_sold),
            (&claim.asset_bought, claim.amount_bought),
        ),
    }
}
