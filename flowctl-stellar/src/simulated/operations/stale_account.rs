use stellar_xdr::{Asset, ManageSellOfferOp, OfferEntry, OperationBody, PaymentOp, Price};

use super::{Planner, Step};
use crate::simulated::state::issuer;

/// Two operations of which the second finds the transaction's source as it was before the first: the
/// source was paid, which is lost, or sold lumens, which come back.
pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let offers: Vec<OfferEntry> = planner
        .state
        .all_offers()
        .filter(|offer| offer.selling == Asset::Native && issuer(&offer.buying).is_some())
        .filter(|offer| planner.cast.holders.contains(&offer.seller_id))
        .cloned()
        .collect();
    let offer = planner.random.pick(&offers).cloned();
    let (first, stale) = match offer {
        Some(offer) if planner.random.chance(60) => {
            let other = planner.another_holder(&offer.seller_id)?;
            let body = OperationBody::ManageSellOffer(ManageSellOfferOp {
                selling: offer.buying,
                buying: Asset::Native,
                amount: 10_000_000,
                price: Price { n: 1, d: 2 },
                offer_id: 0,
            });
            let step = Step {
                source: other,
                body,
            };
            (step, offer.seller_id)
        }
        _ => {
            let stale = planner.holder()?;
            let other = planner.another_holder(&stale)?;
            let amount = planner.random.between(1, 10_000);
            let body = OperationBody::Payment(PaymentOp {
                destination: stale.clone().into(),
                asset: Asset::Native,
                amount,
            });
            let step = Step {
                source: other,
                body,
            };
            (step, stale)
        }
    };
    let destination = planner.another_holder(&stale)?.into();
    let amount = planner.random.between(1, 10_000);
    let body = OperationBody::Payment(PaymentOp {
        destination,
        asset: Asset::Native,
        amount,
    });
    let second = Step {
        source: stale,
        body,
    };
    Some(vec![first, second])
}
