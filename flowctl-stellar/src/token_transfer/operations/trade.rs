use stellar_xdr::{ClaimAtom, ManageBuyOfferResult, ManageSellOfferResult, OperationResultTr};

use super::{
    super::{
        OperationError,
        emitter::{Emitter, Note},
    },
    OperationInput,
};
use crate::{Address, Asset};

/// The trades of an offer that crossed others; none if it only rests in the order book.
///
/// Core writes the result of a passive offer into the arm of `ManageSellOffer`, so every arm is read.
pub(super) fn offer(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let (OperationResultTr::ManageSellOffer(ManageSellOfferResult::Success(success))
    | OperationResultTr::CreatePassiveSellOffer(ManageSellOfferResult::Success(success))
    | OperationResultTr::ManageBuyOffer(ManageBuyOfferResult::Success(success))) =
        input.inner_result()?
    else {
        return Err(OperationError::Result);
    };
    trades(input, &success.offers_claimed, emitter);
    Ok(())
}

/// Two movements a trade, one of nothing included: what the seller or pool sold, then what it got.
///
/// Divergence 1, trade legs: stellar-core writes the second leg first. This follows Go.
pub(super) fn trades(input: &OperationInput<'_>, claims: &[ClaimAtom], emitter: &mut Emitter<'_>) {
    let buyer = input.source();
    for claim in claims {
        let (seller, sold, amount_sold, bought, amount_bought) = match claim {
            ClaimAtom::V0(claim) => (
                Address::Account(claim.seller_ed25519.0),
                &claim.asset_sold,
                claim.amount_sold,
                &claim.asset_bought,
                claim.amount_bought,
            ),
            ClaimAtom::OrderBook(claim) => (
                Address::from(&claim.seller_id),
                &claim.asset_sold,
                claim.amount_sold,
                &claim.asset_bought,
                claim.amount_bought,
            ),
            ClaimAtom::LiquidityPool(claim) => (
                Address::from(&claim.liquidity_pool_id),
                &claim.asset_sold,
                claim.amount_sold,
                &claim.asset_bought,
                claim.amount_bought,
            ),
        };
        emitter.movement(Asset::from(sold), seller, buyer, amount_sold, Note::None);
        emitter.movement(
            Asset::from(bought),
            buyer,
            seller,
            amount_bought,
            Note::None,
        );
    }
}
