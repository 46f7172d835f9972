use stellar_xdr::{
    Asset, ClaimAtom, OperationBody, OperationResultTr, PathPaymentStrictReceiveOp,
    PathPaymentStrictReceiveResult, PathPaymentStrictReceiveResultSuccess, PathPaymentStrictSendOp,
    PathPaymentStrictSendResult, PathPaymentStrictSendResultSuccess, SimplePaymentResult,
};

use super::{Application, Planner, Step, trade};
use crate::simulated::{
    encoding::list,
    exchange::{Trade, Wish},
    state::Refusal,
    transaction::account_of,
};

/// The first protocol in which a path payment can say what is sent.
const FIRST_PROTOCOL_WITH_STRICT_SEND: u32 = 12;

/// The first protocol with liquidity pools.
const FIRST_PROTOCOL_WITH_POOLS: u32 = 18;

pub(super) fn plan(planner: &mut Planner<'_>) -> Option<Vec<Step>> {
    let source = planner.holder()?;
    let receiver = if planner.random.chance(10) {
        planner.cast.bank.clone()
    } else {
        planner.holder()?
    };
    let (send_asset, dest_asset) = (planner.asset(), planner.asset());
    let hops = planner.random.below(3);
    let path = list((0..hops).map(|_| planner.asset()).collect());
    let amount = planner.random.between(1, 1_000_000);
    let destination = planner.muxed(&receiver);
    let is_strict_send =
        planner.state.protocol >= FIRST_PROTOCOL_WITH_STRICT_SEND && planner.random.chance(60);
    let is_strict_limit = planner.random.chance(10);
    let body = if is_strict_send {
        OperationBody::PathPaymentStrictSend(PathPaymentStrictSendOp {
            send_asset,
            send_amount: amount,
            destination,
            dest_asset,
            dest_min: if is_strict_limit { 2 * amount } else { 1 },
            path,
        })
    } else {
        OperationBody::PathPaymentStrictReceive(PathPaymentStrictReceiveOp {
            send_asset,
            send_max: if is_strict_limit {
                amount / 2 + 1
            } else {
                4 * amount + 100
            },
            destination,
            dest_asset,
            dest_amount: amount,
            path,
        })
    };
    Step::alone(source, body)
}

/// Why a path payment does not happen.
#[derive(Debug, Clone, Copy)]
enum Stop {
    NotTaken(Refusal),
    NotGiven(Refusal),
    TooFewOffers,
    CrossesSelf,
    BeyondLimit,
}

pub(super) fn strict_send(
    application: &mut Application<'_>,
    operation: &PathPaymentStrictSendOp,
) -> OperationResultTr {
    OperationResultTr::PathPaymentStrictSend(match sent(application, operation) {
        Ok(success) => PathPaymentStrictSendResult::Success(success),
        Err(stop) => match into_receive(stop) {
            PathPaymentStrictReceiveResult::Underfunded => PathPaymentStrictSendResult::Underfunded,
            PathPaymentStrictReceiveResult::SrcNoTrust => PathPaymentStrictSendResult::SrcNoTrust,
            PathPaymentStrictReceiveResult::SrcNotAuthorized => {
                PathPaymentStrictSendResult::SrcNotAuthorized
            }
            PathPaymentStrictReceiveResult::NoDestination => {
                PathPaymentStrictSendResult::NoDestination
            }
            PathPaymentStrictReceiveResult::NoTrust => PathPaymentStrictSendResult::NoTrust,
            PathPaymentStrictReceiveResult::NotAuthorized => {
                PathPaymentStrictSendResult::NotAuthorized
            }
            PathPaymentStrictReceiveResult::LineFull => PathPaymentStrictSendResult::LineFull,
            PathPaymentStrictReceiveResult::NoIssuer(asset) => {
                PathPaymentStrictSendResult::NoIssuer(asset)
            }
            PathPaymentStrictReceiveResult::TooFewOffers => {
                PathPaymentStrictSendResult::TooFewOffers
            }
            PathPaymentStrictReceiveResult::OfferCrossSelf => {
                PathPaymentStrictSendResult::OfferCrossSelf
            }
            PathPaymentStrictReceiveResult::OverSendmax => {
                PathPaymentStrictSendResult::UnderDestmin
            }
            PathPaymentStrictReceiveResult::Success(_)
            | PathPaymentStrictReceiveResult::Malformed => PathPaymentStrictSendResult::Malformed,
        },
    })
}

fn sent(
    application: &mut Application<'_>,
    operation: &PathPaymentStrictSendOp,
) -> Result<PathPaymentStrictSendResultSuccess, Stop> {
    let source = application.source();
    let receiver = account_of(&operation.destination);
    require_account(application, &receiver)?;
    let taken = application
        .state
        .take(&source, &operation.send_asset, operation.send_amount);
    taken.map_err(Stop::NotTaken)?;
    let mut amount = operation.send_amount;
    let mut claims = Vec::new();
    for (sells, buys) in hops(
        &operation.send_asset,
        &operation.path,
        &operation.dest_asset,
    ) {
        let wish = Wish {
            taker: &source,
            sells,
            buys,
            sell_at_most: amount,
            buy_at_most: i64::MAX,
            sells_all: true,
        };
        let trade = best(application, &wish, |trade| trade.bought)?;
        if trade.sold != amount || trade.bought == 0 {
            return Err(Stop::TooFewOffers);
        }
        amount = trade.bought;
        claims.append(&mut trade.settle(application.state, &wish));
    }
    if amount < operation.dest_min {
        return Err(Stop::BeyondLimit);
    }
    let given = application
        .state
        .give(&receiver, &operation.dest_asset, amount);
    given.map_err(Stop::NotGiven)?;
    trade::tell(application, &claims);
    application.tell_payment(&operation.dest_asset, &operation.destination, amount);
    Ok(PathPaymentStrictSendResultSuccess {
        offers: list(claims),
        last: SimplePaymentResult {
            destination: receiver,
            asset: operation.dest_asset.clone(),
            amount,
        },
    })
}

pub(super) fn strict_receive(
    application: &mut Application<'_>,
    operation: &PathPaymentStrictReceiveOp,
) -> OperationResultTr {
    OperationResultTr::PathPaymentStrictReceive(match received(application, operation) {
        Ok(success) => PathPaymentStrictReceiveResult::Success(success),
        Err(stop) => into_receive(stop),
    })
}

/// Goes backwards from the destination; the claims are told forwards.
fn received(
    application: &mut Application<'_>,
    operation: &PathPaymentStrictReceiveOp,
) -> Result<PathPaymentStrictReceiveResultSuccess, Stop> {
    let source = application.source();
    let receiver = account_of(&operation.destination);
    require_account(application, &receiver)?;
    let given = application
        .state
        .give(&receiver, &operation.dest_asset, operation.dest_amount);
    given.map_err(Stop::NotGiven)?;
    let mut amount = operation.dest_amount;
    let mut claims: Vec<ClaimAtom> = Vec::new();
    let hops = hops(
        &operation.send_asset,
        &operation.path,
        &operation.dest_asset,
    );
    for (sells, buys) in hops.into_iter().rev() {
        let wish = Wish {
            taker: &source,
            sells,
            buys,
            sell_at_most: i64::MAX,
            buy_at_most: amount,
            sells_all: false,
        };
        let trade = best(application, &wish, |trade| -trade.sold)?;
        if trade.bought != amount {
            return Err(Stop::TooFewOffers);
        }
        amount = trade.sold;
        let mut earlier = trade.settle(application.state, &wish);
        earlier.append(&mut claims);
        claims = earlier;
    }
    if amount > operation.send_max {
        return Err(Stop::BeyondLimit);
    }
    let taken = application
        .state
        .take(&source, &operation.send_asset, amount);
    taken.map_err(Stop::NotTaken)?;
    trade::tell(application, &claims);
    let dest_amount = operation.dest_amount;
    application.tell_payment(&operation.dest_asset, &operation.destination, dest_amount);
    Ok(PathPaymentStrictReceiveResultSuccess {
        offers: list(claims),
        last: SimplePaymentResult {
            destination: receiver,
            asset: operation.dest_asset.clone(),
            amount: dest_amount,
        },
    })
}

fn require_account(
    application: &Application<'_>,
    receiver: &stellar_xdr::AccountId,
) -> Result<(), Stop> {
    match application.state.account(receiver) {
        Some(_) => Ok(()),
        None => Err(Stop::NotGiven(Refusal::NoAccount)),
    }
}

/// The order book or the pool, whichever is better for the taker: has more `worth` of what fills the wish.
fn best(
    application: &Application<'_>,
    wish: &Wish<'_>,
    worth: impl Fn(&Trade) -> i64,
) -> Result<Trade, Stop> {
    let state = &*application.state;
    let pool = if state.protocol >= FIRST_PROTOCOL_WITH_POOLS {
        Trade::with_pool(state, wish)
    } else {
        None
    };
    let book = Trade::with_offers(state, wish, |_| true);
    let fills = |trade: &Trade| {
        if wish.sells_all {
            trade.sold == wish.sell_at_most
        } else {
            trade.bought == wish.buy_at_most
        }
    };
    match (pool, book) {
        (Some(pool), Ok(book)) if fills(&book) && worth(&book) >= worth(&pool) => Ok(book),
        (Some(pool), _) => Ok(pool),
        (None, book) => book.map_err(|_| Stop::CrossesSelf),
    }
}

/// The pairs of assets that are traded on the way; none between equal ones.
fn hops<'a>(send: &'a Asset, path: &'a [Asset], dest: &'a Asset) -> Vec<(&'a Asset, &'a Asset)> {
    let stops: Vec<_> = std::iter::once(send)
        .chain(path)
        .chain(std::iter::once(dest))
        .collect();
    let pairs = stops.iter().zip(stops.iter().skip(1));
    let pairs = pairs.filter(|(from, to)| from != to);
    pairs.map(|(from, to)| (*from, *to)).collect()
}

const fn into_receive(stop: Stop) -> PathPaymentStrictReceiveResult {
    match stop {
        Stop::TooFewOffers => PathPaymentStrictReceiveResult::TooFewOffers,
        Stop::CrossesSelf => PathPaymentStrictReceiveResult::OfferCrossSelf,
        Stop::BeyondLimit => PathPaymentStrictReceiveResult::OverSendmax,
        Stop::NotTaken(Refusal::NoTrustLine) => PathPaymentStrictReceiveResult::SrcNoTrust,
        Stop::NotTaken(Refusal::NotAuthorized) => PathPaymentStrictReceiveResult::SrcNotAuthorized,
        Stop::NotTaken(_) => PathPaymentStrictReceiveResult::Underfunded,
        Stop::NotGiven(Refusal::NoAccount) => PathPaymentStrictReceiveResult::NoDestination,
        Stop::NotGiven(Refusal::NoTrustLine) => PathPaymentStrictReceiveResult::NoTrust,
        Stop::NotGiven(Refusal::NotAuthorized) => PathPaymentStrictReceiveResult::NotAuthorized,
        Stop::NotGiven(_) => PathPaymentStrictReceiveResult::LineFull,
    }
}
