use stellar_xdr::{
    CreatePassiveSellOfferOp, ManageBuyOfferOp, ManageSellOfferOp, OperationBody,
    OperationResultTr, Price,
};

use super::{
    Application, Planner, Step,
    order::{Order, Size, into_buy, into_sell},
};

/// So many offers at most, so that the state stays small; beyond, offers are deleted.
const OFFERS: usize = 60;

/// The first protocol with offers that say what is bought.
const FIRST_PROTOCOL_WITH_BUY_OFFERS: u32 = 11;

pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let offers: Vec<_> = planner.state.all_offers().collect();
    let is_full = offers.len() >= OFFERS;
    if is_full || planner.random.chance(15) {
        let offer = (*planner.random.pick(&offers)?).clone();
        let amount = if is_full || planner.random.chance(50) {
            0
        } else {
            planner.random.between(1_000, 1_000_000)
        };
        let body = OperationBody::ManageSellOffer(ManageSellOfferOp {
            selling: offer.selling,
            buying: offer.buying,
            amount,
            price: offer.price,
            offer_id: offer.offer_id,
        });
        return Step::alone(offer.seller_id, body);
    }
    let source = if planner.random.chance(8) {
        planner.cast.bank.clone()
    } else {
        planner.holder()?
    };
    let selling = planner.asset();
    let buying = planner.asset();
    if selling == buying {
        return None;
    }
    let amount = planner.random.between(1_000, 10_000_000);
    let price = price(planner);
    let kind = planner.random.below(10);
    let body = if kind < 4 && planner.state.protocol >= FIRST_PROTOCOL_WITH_BUY_OFFERS {
        OperationBody::ManageBuyOffer(ManageBuyOfferOp {
            selling,
            buying,
            buy_amount: amount,
            price,
            offer_id: 0,
        })
    } else if kind < 6 {
        OperationBody::CreatePassiveSellOffer(CreatePassiveSellOfferOp {
            selling,
            buying,
            amount,
            price,
        })
    } else {
        OperationBody::ManageSellOffer(ManageSellOfferOp {
            selling,
            buying,
            amount,
            price,
            offer_id: 0,
        })
    };
    Step::alone(source, body)
}

/// Around one for one, so that offers meet.
fn price(planner: &mut Planner<'_>) -> Price {
    let n = planner.random.between(90, 115);
    Price {
        n: i32::try_from(n).unwrap_or(100),
        d: 100,
    }
}

pub(super) fn sell(
    application: &mut Application<'_>,
    operation: &ManageSellOfferOp,
) -> OperationResultTr {
    let order = Order {
        selling: &operation.selling,
        buying: &operation.buying,
        size: Size::Sell(operation.amount),
        price: operation.price.clone(),
        offer_id: operation.offer_id,
        is_passive: false,
    };
    OperationResultTr::ManageSellOffer(into_sell(order.place(application)))
}

/// The result is that of an offer to sell: so core writes it.
pub(super) fn sell_passively(
    application: &mut Application<'_>,
    operation: &CreatePassiveSellOfferOp,
) -> OperationResultTr {
    let order = Order {
        selling: &operation.selling,
        buying: &operation.buying,
        size: Size::Sell(operation.amount),
        price: operation.price.clone(),
        offer_id: 0,
        is_passive: true,
    };
    OperationResultTr::ManageSellOffer(into_sell(order.place(application)))
}

pub(super) fn buy(
    application: &mut Application<'_>,
    operation: &ManageBuyOfferOp,
) -> OperationResultTr {
    let order = Order {
        selling: &operation.selling,
        buying: &operation.buying,
        size: Size::Buy(operation.buy_amount),
        price: Price {
            n: operation.price.d,
            d: operation.price.n,
        },
        offer_id: operation.offer_id,
        is_passive: false,
    };
    OperationResultTr::ManageBuyOffer(into_buy(order.place(application)))
}
