//! What each kind of operation gives, for cases that no real ledger holds. The names in brackets are
//! those of the Go processor's test tables.

use flowctl_stellar::token_transfer::{DeriveError, Mode, OperationError};
use stellar_xdr::*;

use crate::build::*;

fn one_op(operation: Op) -> Vec<String> {
    lines(&derived(22, tx([operation])))
}

fn one_op_error(operation: Op) -> OperationError {
    match try_told(Mode::Derived, 22, &[tx([operation])]) {
        Err(DeriveError::Operation {
            operation_index: 1,
            cause,
            ..
        }) => cause,
        other => panic!("expected an error of operation 1, got {other:?}"),
    }
}

fn usdc() -> Asset {
    asset("USDC", 50)
}

fn eth() -> Asset {
    asset("ETH", 60)
}

fn create_account(balance: i64) -> Op {
    let operation = CreateAccountOp {
        destination: account_id(2),
        starting_balance: balance,
    };
    op(
        OperationBody::CreateAccount(operation),
        OperationResultTr::CreateAccount(CreateAccountResult::Success),
    )
}

#[test]
fn a_new_account_gets_its_starting_balance_even_of_zero() {
    assert_eq!(one_op(create_account(500)), ["transfer G1 → G2 500 XLM"]);
    assert_eq!(one_op(create_account(0)), ["transfer G1 → G2 0 XLM"]);
}

#[test]
fn an_operation_without_a_source_is_that_of_the_transaction() {
    let from = |source| one_op(payment(account(2), Asset::Native, 5).from(source));
    assert_eq!(from(account(3)), ["transfer G3 → G2 5 XLM"]);
    assert_eq!(from(muxed(3, 77)), ["transfer G3 → G2 5 XLM"]);
}

#[test]
fn a_merged_account_moves_what_it_had() {
    let merge = |result| {
        let body = OperationBody::AccountMerge(muxed(2, 8));
        one_op(op(body, OperationResultTr::AccountMerge(result)))
    };
    assert_eq!(
        merge(AccountMergeResult::Success(900)),
        ["transfer G1 → G2 900 XLM id 8"]
    );
    assert_eq!(merge(AccountMergeResult::Malformed), [""; 0]);
}

#[test]
fn the_issuer_mints_and_burns_and_pays_itself_by_transfer() {
    let pay = |from, to| one_op(payment(to, usdc(), 5).from(from));
    assert_eq!(pay(account(1), account(2)), ["transfer G1 → G2 5 USDC/50"]);
    assert_eq!(pay(account(50), account(2)), ["mint → G2 5 USDC/50"]);
    assert_eq!(pay(account(50), muxed(2, 6)), ["mint → G2 5 USDC/50 id 6"]);
    assert_eq!(pay(muxed(50, 1), account(2)), ["mint → G2 5 USDC/50"]);
    assert_eq!(pay(account(1), account(50)), ["burn G1 5 USDC/50"]);
    assert_eq!(pay(account(1), muxed(50, 6)), ["burn G1 5 USDC/50"]);
    assert_eq!(
        pay(account(50), account(50)),
        ["transfer G50 → G50 5 USDC/50"]
    );
    assert_eq!(
        pay(account(50), muxed(50, 6)),
        ["transfer G50 → G50 5 USDC/50 id 6"]
    );
}

#[test]
fn the_destination_is_told_the_memo_unless_it_is_muxed() {
    let told = |memo, to| {
        let mut lines = lines(&derived(22, tx([payment(to, Asset::Native, 5)]).memo(memo)));
        lines
            .pop()
            .unwrap()
            .split_off("transfer G1 → G2 5 XLM".len())
    };
    assert_eq!(told(Memo::None, account(2)), "");
    assert_eq!(told(Memo::Id(9), account(2)), " id 9");
    assert_eq!(told(Memo::Hash(Hash([4; 32])), account(2)), " hash 4×32");
    assert_eq!(told(Memo::Return(Hash([5; 32])), account(2)), " hash 5×32");
    assert_eq!(told(text_memo("käse".as_bytes()), account(2)), " text käse");
    assert_eq!(told(text_memo(b"a\xffb"), account(2)), " text a\u{fffd}b");
    assert_eq!(told(Memo::Id(9), muxed(2, 3)), " id 3");
}

fn claim(seller: u8, sold: (Asset, i64), bought: (Asset, i64)) -> ClaimAtom {
    ClaimAtom::OrderBook(ClaimOfferAtom {
        seller_id: account_id(seller),
        offer_id: 1,
        asset_sold: sold.0,
        amount_sold: sold.1,
        asset_bought: bought.0,
        amount_bought: bought.1,
    })
}

fn offer_result(claims: Vec<ClaimAtom>) -> ManageOfferSuccessResult {
    ManageOfferSuccessResult {
        offers_claimed: list(claims),
        offer: ManageOfferSuccessResultOffer::Deleted,
    }
}

fn sell_offer(claims: Vec<ClaimAtom>) -> Op {
    let result = ManageSellOfferResult::Success(offer_result(claims));
    let body = OperationBody::ManageSellOffer(ManageSellOfferOp {
        selling: usdc(),
        buying: eth(),
        amount: 1,
        price: Price { n: 1, d: 1 },
        offer_id: 0,
    });
    op(body, OperationResultTr::ManageSellOffer(result))
}

#[test]
fn divergence_1_the_sold_leg_of_a_trade_comes_first() {
    let claims = vec![
        claim(2, (eth(), 10), (usdc(), 20)),
        claim(3, (eth(), 30), (usdc(), 0)),
    ];
    let expected = [
        "transfer G2 → G1 10 ETH/60",
        "transfer G1 → G2 20 USDC/50",
        "transfer G3 → G1 30 ETH/60",
        "transfer G1 → G3 0 USDC/50",
    ];
    let sell = sell_offer(claims.clone());
    assert_eq!(one_op(sell.clone()), expected);
    let in_own_arm = |result| OperationResultTr::CreatePassiveSellOffer(result);
    let success = ManageSellOfferResult::Success(offer_result(claims.clone()));
    let body = OperationBody::CreatePassiveSellOffer(CreatePassiveSellOfferOp {
        selling: usdc(),
        buying: eth(),
        amount: 1,
        price: Price { n: 1, d: 1 },
    });
    assert_eq!(one_op(op(body.clone(), in_own_arm(success))), expected);
    assert_eq!(one_op(op(body, sell.result)), expected);
    let success = ManageBuyOfferResult::Success(offer_result(claims));
    let body = OperationBody::ManageBuyOffer(ManageBuyOfferOp {
        selling: usdc(),
        buying: eth(),
        buy_amount: 1,
        price: Price { n: 1, d: 1 },
        offer_id: 0,
    });
    assert_eq!(
        one_op(op(body, OperationResultTr::ManageBuyOffer(success))),
        expected
    );
}

#[test]
fn an_offer_that_rests_gives_nothing() {
    assert_eq!(one_op(sell_offer(vec![])), [""; 0]);
}

#[test]
fn trades_with_an_issuer_mint_and_burn_and_tell_nothing() {
    let trades = sell_offer(vec![claim(60, (eth(), 10), (usdc(), 20))]).from(muxed(50, 4));
    let events = derived(22, tx([trades]).memo(Memo::Id(3)));
    assert_eq!(
        lines(&events),
        ["mint → G50 10 ETH/60", "mint → G60 20 USDC/50"]
    );
    let trades = sell_offer(vec![claim(50, (eth(), 10), (usdc(), 20))]);
    assert_eq!(
        one_op(trades),
        ["transfer G50 → G1 10 ETH/60", "burn G1 20 USDC/50"]
    );
}

#[test]
fn every_kind_of_claim_names_its_seller() {
    let v0 = ClaimAtom::V0(ClaimOfferAtomV0 {
        seller_ed25519: Uint256([4; 32]),
        offer_id: 1,
        asset_sold: eth(),
        amount_sold: 1,
        asset_bought: Asset::Native,
        amount_bought: 2,
    });
    let pool = ClaimAtom::LiquidityPool(ClaimLiquidityAtom {
        liquidity_pool_id: PoolId(Hash([5; 32])),
        asset_sold: eth(),
        amount_sold: 3,
        asset_bought: Asset::Native,
        amount_bought: 4,
    });
    let expected = [
        "transfer G4 → G1 1 ETH/60",
        "transfer G1 → G4 2 XLM",
        "transfer L5 → G1 3 ETH/60",
        "transfer G1 → L5 4 XLM",
    ];
    assert_eq!(one_op(sell_offer(vec![v0, pool])), expected);
}

#[test]
fn a_path_payment_ends_with_what_arrives_and_tells_only_that() {
    let claims = vec![claim(2, (eth(), 10), (usdc(), 20))];
    let last = SimplePaymentResult {
        destination: account_id(9),
        asset: eth(),
        amount: 7,
    };
    let send = op(
        OperationBody::PathPaymentStrictSend(PathPaymentStrictSendOp {
            send_asset: usdc(),
            send_amount: 20,
            destination: muxed(9, 1),
            dest_asset: eth(),
            dest_min: 1,
            path: VecM::default(),
        }),
        OperationResultTr::PathPaymentStrictSend(PathPaymentStrictSendResult::Success(
            PathPaymentStrictSendResultSuccess {
                offers: list(claims.clone()),
                last: last.clone(),
            },
        )),
    );
    let receive = op(
        OperationBody::PathPaymentStrictReceive(PathPaymentStrictReceiveOp {
            send_asset: usdc(),
            send_max: 20,
            destination: account(60),
            dest_asset: eth(),
            dest_amount: 8,
            path: VecM::default(),
        }),
        OperationResultTr::PathPaymentStrictReceive(PathPaymentStrictReceiveResult::Success(
            PathPaymentStrictReceiveResultSuccess {
                offers: list(claims),
                last,
            },
        )),
    );
    let trade = ["transfer G2 → G1 10 ETH/60", "transfer G1 → G2 20 USDC/50"];
    let expected = [trade[0], trade[1], "transfer G1 → G9 7 ETH/60 id 1"];
    assert_eq!(lines(&derived(22, tx([send]).memo(Memo::Id(5)))), expected);
    let expected = [trade[0], trade[1], "burn G1 8 ETH/60"];
    assert_eq!(
        lines(&derived(22, tx([receive]).memo(Memo::Id(5)))),
        expected
    );
}

#[test]
fn a_created_claimable_balance_receives_and_is_told_nothing() {
    let create = |source| {
        let body = OperationBody::CreateClaimableBalance(CreateClaimableBalanceOp {
            asset: usdc(),
            amount: 3,
            claimants: VecM::default(),
        });
        let result = CreateClaimableBalanceResult::Success(balance_id(7));
        let create = op(body, OperationResultTr::CreateClaimableBalance(result)).from(source);
        lines(&derived(22, tx([create]).memo(Memo::Id(5))))
    };
    assert_eq!(create(account(1)), ["transfer G1 → B7 3 USDC/50"]);
    assert_eq!(create(account(50)), ["mint → B7 3 USDC/50"]);
}

fn claim_balance() -> Op {
    let operation = ClaimClaimableBalanceOp {
        balance_id: balance_id(7),
    };
    let result = ClaimClaimableBalanceResult::Success;
    op(
        OperationBody::ClaimClaimableBalance(operation),
        OperationResultTr::ClaimClaimableBalance(result),
    )
}

#[test]
fn a_claimed_balance_moves_to_the_claimant_who_is_told() {
    let claim = |source| {
        let claim = claim_balance()
            .from(source)
            .changing(removed_balance(7, usdc(), 3));
        lines(&derived(22, tx([claim]).memo(Memo::Id(5))))
    };
    assert_eq!(claim(account(1)), ["transfer B7 → G1 3 USDC/50 id 5"]);
    assert_eq!(claim(muxed(1, 2)), ["transfer B7 → G1 3 USDC/50 id 2"]);
    assert_eq!(claim(account(50)), ["burn B7 3 USDC/50"]);
}

#[test]
fn a_claim_without_its_one_removed_balance_is_an_error() {
    let none = one_op_error(claim_balance());
    assert_eq!(none, OperationError::ClaimableBalances { found: 0 });
    let two = removed_balance(7, usdc(), 3)
        .into_iter()
        .chain(removed_balance(8, usdc(), 3));
    let two = one_op_error(claim_balance().changing(two));
    assert_eq!(two, OperationError::ClaimableBalances { found: 2 });
    let [_, orphan] = removed_balance(7, usdc(), 3);
    let orphan = one_op_error(claim_balance().changing([orphan]));
    assert!(matches!(orphan, OperationError::Changes(_)), "{orphan:?}");
}

#[test]
fn clawbacks_know_no_issuer_rule() {
    let clawback = |asset| {
        let operation = ClawbackOp {
            asset,
            from: muxed(50, 3),
            amount: 4,
        };
        let result = OperationResultTr::Clawback(ClawbackResult::Success);
        one_op(op(OperationBody::Clawback(operation), result))
    };
    assert_eq!(clawback(usdc()), ["clawback G50 4 USDC/50"]);
    assert_eq!(clawback(Asset::Native), ["clawback G50 4 XLM"]);
}

#[test]
fn a_claimable_balance_is_clawed_back_from_itself() {
    let operation = ClawbackClaimableBalanceOp {
        balance_id: balance_id(7),
    };
    let result =
        OperationResultTr::ClawbackClaimableBalance(ClawbackClaimableBalanceResult::Success);
    let clawback = op(OperationBody::ClawbackClaimableBalance(operation), result);
    let with = clawback.clone().changing(removed_balance(7, usdc(), 3));
    assert_eq!(one_op(with.from(account(50))), ["clawback B7 3 USDC/50"]);
    let without = one_op_error(clawback);
    assert_eq!(without, OperationError::ClaimableBalances { found: 0 });
}

fn deposit() -> Op {
    let body = OperationBody::LiquidityPoolDeposit(LiquidityPoolDepositOp {
        liquidity_pool_id: PoolId(Hash([5; 32])),
        max_amount_a: 1,
        max_amount_b: 1,
        min_price: Price { n: 1, d: 1 },
        max_price: Price { n: 1, d: 1 },
    });
    op(
        body,
        OperationResultTr::LiquidityPoolDeposit(LiquidityPoolDepositResult::Success),
    )
}

fn withdrawal() -> Op {
    let body = OperationBody::LiquidityPoolWithdraw(LiquidityPoolWithdrawOp {
        liquidity_pool_id: PoolId(Hash([5; 32])),
        amount: 1,
        min_amount_a: 0,
        min_amount_b: 0,
    });
    op(
        body,
        OperationResultTr::LiquidityPoolWithdraw(LiquidityPoolWithdrawResult::Success),
    )
}

fn both() -> [Asset; 2] {
    [eth(), usdc()]
}

#[test]
fn a_deposit_moves_both_assets_into_the_pool() {
    let expected = ["transfer G1 → L5 10 ETH/60", "transfer G1 → L5 20 USDC/50"];
    let change = pool_change(5, both(), [1, 2], [11, 22]);
    assert_eq!(one_op(deposit().changing(change.clone())), expected);
    let created = [LedgerEntryChange::Created(pool(5, both(), [10, 20]))];
    assert_eq!(one_op(deposit().changing(created)), expected);
    let by_issuer = deposit().from(account(60)).changing(change);
    assert_eq!(
        one_op(by_issuer),
        ["mint → L5 10 ETH/60", "transfer G60 → L5 20 USDC/50"]
    );
}

#[test]
fn a_withdrawal_moves_both_assets_out_of_the_pool_and_tells() {
    let change = pool_change(5, both(), [11, 22], [1, 22]);
    let withdraw = |op: Op| lines(&derived(22, tx([op]).memo(Memo::Id(3))));
    let expected = [
        "transfer L5 → G1 10 ETH/60 id 3",
        "transfer L5 → G1 0 USDC/50 id 3",
    ];
    assert_eq!(withdraw(withdrawal().changing(change)), expected);
    let emptied = pool(5, both(), [10, 20]);
    let key = emptied.to_key();
    let removed = [
        LedgerEntryChange::State(emptied),
        LedgerEntryChange::Removed(key),
    ];
    let expected = ["burn L5 10 ETH/60", "transfer L5 → G60 20 USDC/50 id 3"];
    assert_eq!(
        withdraw(withdrawal().from(account(60)).changing(removed)),
        expected
    );
}

#[test]
fn a_pool_operation_without_its_one_changed_pool_is_an_error() {
    for operation in [deposit(), withdrawal()] {
        let none = one_op_error(operation.clone());
        assert_eq!(none, OperationError::LiquidityPools { found: 0 });
        let first = pool_change(5, both(), [1, 2], [11, 22]);
        let second = pool_change(6, both(), [1, 2], [11, 22]);
        let two = one_op_error(operation.changing(first.into_iter().chain(second)));
        assert_eq!(two, OperationError::LiquidityPools { found: 2 });
    }
    let change = pool_change(5, both(), [1, 2], [11, 2]);
    let empty = one_op_error(deposit().changing(change));
    assert!(
        matches!(empty, OperationError::EmptyDeposit { .. }),
        "{empty:?}"
    );
}

#[test]
fn inflation_mints_for_each_winner() {
    let payout = |key, amount| InflationPayout {
        destination: account_id(key),
        amount,
    };
    let payouts = list(vec![payout(2, 10), payout(3, 20)]);
    let result = OperationResultTr::Inflation(InflationResult::Success(payouts));
    let inflation = op(OperationBody::Inflation, result);
    let events = lines(&derived(11, tx([inflation]).memo(Memo::Id(3))));
    assert_eq!(events, ["mint → G2 10 XLM", "mint → G3 20 XLM"]);
}

#[test]
fn the_result_of_another_operation_is_an_error() {
    let wrong = sell_offer(vec![]).result;
    for operation in [
        Op {
            result: OperationResultTr::Payment(PaymentResult::Success),
            ..sell_offer(vec![])
        },
        op(OperationBody::Inflation, wrong.clone()),
        op(OperationBody::AccountMerge(account(2)), wrong),
    ] {
        assert_eq!(one_op_error(operation), OperationError::Result);
    }
}

#[test]
fn an_error_names_ledger_transaction_and_operation() {
    let error = try_told(Mode::Derived, 22, &[tx([claim_balance()])]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("operation 1 (`ClaimClaimableBalance`)"),
        "{text}"
    );
    assert!(text.contains("in ledger 1000"), "{text}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "expected one removed claimable balance, found 0");
}
