use stellar_xdr::{
    AccountId, Asset, ClaimAtom, LedgerEntryData, ManageBuyOfferResult, ManageOfferSuccessResult,
    ManageOfferSuccessResultOffer, ManageSellOfferResult, OfferEntry, OfferEntryExt,
    OfferEntryFlags, Price,
};

use super::{Application, trade};
use crate::simulated::{
    encoding::list,
    exchange::{Trade, Wish, floor, remove_offer},
    state::{BASE_RESERVE, Refusal},
};

/// What any of the three operations asks for.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) selling: &'a Asset,
    pub(super) buying: &'a Asset,
    pub(super) size: Size,
    /// Units of what is bought, per unit of what is sold.
    pub(super) price: Price,
    pub(super) offer_id: i64,
    pub(super) is_passive: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    Sell(i64),
    Buy(i64),
}

/// Why an order is not taken.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rejected {
    NotFound,
    CannotSell(Refusal),
    CannotBuy(Refusal),
    CrossesSelf,
    LowReserve,
}

impl Order<'_> {
    /// Lets the order meet those in the book, and puts what is left of it there.
    pub(super) fn place(
        &self,
        application: &mut Application<'_>,
    ) -> Result<ManageOfferSuccessResult, Rejected> {
        let source = application.source();
        let id = self.take_old(application, &source)?;
        if matches!(self.size, Size::Sell(0) | Size::Buy(0)) {
            return Ok(success(Vec::new(), ManageOfferSuccessResultOffer::Deleted));
        }
        let state = &mut *application.state;
        let available = state
            .available(&source, self.selling)
            .map_err(Rejected::CannotSell)?;
        let room = state
            .room(&source, self.buying)
            .map_err(Rejected::CannotBuy)?;
        if available == 0 {
            return Err(Rejected::CannotSell(Refusal::TooFew));
        }
        let (sell_at_most, buy_at_most) = match self.size {
            Size::Sell(amount) => (amount.min(available), room),
            Size::Buy(amount) => (available, amount.min(room)),
        };
        let wish = Wish {
            taker: &source,
            sells: self.selling,
            buys: self.buying,
            sell_at_most,
            buy_at_most,
            sells_all: false,
        };
        let accepts = |theirs: &Price| {
            let product = i64::from(theirs.n) * i64::from(self.price.n);
            let limit = i64::from(theirs.d) * i64::from(self.price.d);
            product < limit || (product == limit && !self.is_passive)
        };
        let trade = Trade::with_offers(state, &wish, accepts).map_err(|_| Rejected::CrossesSelf)?;
        let (sold, bought) = (trade.sold, trade.bought);
        let claims = trade.settle(state, &wish);
        state.shift(&source, self.selling, -sold);
        state.shift(&source, self.buying, bought);
        let rest = match self.size {
            Size::Sell(amount) => amount - sold,
            Size::Buy(amount) => floor(amount - bought, self.price.d, self.price.n),
        };
        let available = state.available(&source, self.selling).unwrap_or(0);
        let offer = self.rest(application, &source, id, rest.min(available))?;
        trade::tell(application, &claims);
        Ok(success(claims, offer))
    }

    /// Removes the offer that this one replaces, and tells its id.
    fn take_old(
        &self,
        application: &mut Application<'_>,
        source: &AccountId,
    ) -> Result<Option<i64>, Rejected> {
        if self.offer_id == 0 {
            return Ok(None);
        }
        let offer = application.state.offer(source, self.offer_id).cloned();
        let offer = offer.ok_or(Rejected::NotFound)?;
        remove_offer(application.state, &offer);
        Ok(Some(self.offer_id))
    }

    /// Puts what found no taker into the order book.
    fn rest(
        &self,
        application: &mut Application<'_>,
        source: &AccountId,
        old_id: Option<i64>,
        amount: i64,
    ) -> Result<ManageOfferSuccessResultOffer, Rejected> {
        if amount <= 0 {
            return Ok(ManageOfferSuccessResultOffer::Deleted);
        }
        let state = &mut *application.state;
        let can_reserve = state.account(source).is_some_and(|account| {
            account.balance >= (3 + i64::from(account.num_sub_entries)) * BASE_RESERVE
        });
        if !can_reserve {
            return Err(Rejected::LowReserve);
        }
        let offer_id = old_id.unwrap_or_else(|| {
            state.totals.last_id += 1;
            i64::try_from(state.totals.last_id).unwrap_or(i64::MAX)
        });
        let passive = (OfferEntryFlags::PassiveFlag as i32).cast_unsigned();
        let offer = OfferEntry {
            seller_id: source.clone(),
            offer_id,
            selling: self.selling.clone(),
            buying: self.buying.clone(),
            amount,
            price: self.price.clone(),
            flags: if self.is_passive { passive } else { 0 },
            ext: OfferEntryExt::V0,
        };
        state.change_account(source, |account| account.num_sub_entries += 1);
        state.put(LedgerEntryData::Offer(offer.clone()));
        Ok(if old_id.is_some() {
            ManageOfferSuccessResultOffer::Updated(offer)
        } else {
            ManageOfferSuccessResultOffer::Created(offer)
        })
    }
}

fn success(
    claims: Vec<ClaimAtom>,
    offer: ManageOfferSuccessResultOffer,
) -> ManageOfferSuccessResult {
    ManageOfferSuccessResult {
        offers_claimed: list(claims),
        offer,
    }
}

pub(super) fn into_sell(
    result: Result<ManageOfferSuccessResult, Rejected>,
) -> ManageSellOfferResult {
    match result {
        Ok(success) => ManageSellOfferResult::Success(success),
        Err(Rejected::NotFound) => ManageSellOfferResult::NotFound,
        Err(Rejected::CrossesSelf) => ManageSellOfferResult::CrossSelf,
        Err(Rejected::LowReserve) => ManageSellOfferResult::LowReserve,
        Err(Rejected::CannotSell(Refusal::NoTrustLine)) => ManageSellOfferResult::SellNoTrust,
        Err(Rejected::CannotSell(Refusal::NotAuthorized)) => {
            ManageSellOfferResult::SellNotAuthorized
        }
        Err(Rejected::CannotSell(_)) => ManageSellOfferResult::Underfunded,
        Err(Rejected::CannotBuy(Refusal::NoTrustLine)) => ManageSellOfferResult::BuyNoTrust,
        Err(Rejected::CannotBuy(Refusal::NotAuthorized)) => ManageSellOfferResult::BuyNotAuthorized,
        Err(Rejected::CannotBuy(_)) => ManageSellOfferResult::LineFull,
    }
}

pub(super) fn into_buy(result: Result<ManageOfferSuccessResult, Rejected>) -> ManageBuyOfferResult {
    match into_sell(result) {
        ManageSellOfferResult::Success(success) => ManageBuyOfferResult::Success(success),
        ManageSellOfferResult::Malformed => ManageBuyOfferResult::Malformed,
        ManageSellOfferResult::SellNoTrust => ManageBuyOfferResult::SellNoTrust,
        ManageSellOfferResult::BuyNoTrust => ManageBuyOfferResult::BuyNoTrust,
        ManageSellOfferResult::SellNotAuthorized => ManageBuyOfferResult::SellNotAuthorized,
        ManageSellOfferResult::BuyNotAuthorized => ManageBuyOfferResult::BuyNotAuthorized,
        ManageSellOfferResult::LineFull => ManageBuyOfferResult::LineFull,
        ManageSellOfferResult::Underfunded => ManageBuyOfferResult::Underfunded,
        ManageSellOfferResult::CrossSelf => ManageBuyOfferResult::CrossSelf,
        ManageSellOfferResult::SellNoIssuer => ManageBuyOfferResult::SellNoIssuer,
        ManageSellOfferResult::BuyNoIssuer => ManageBuyOfferResult::BuyNoIssuer,
        ManageSellOfferResult::NotFound => ManageBuyOfferResult::NotFound,
        ManageSellOfferResult::LowReserve => ManageBuyOfferResult::LowReserve,
    }
}
