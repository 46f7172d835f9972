//! Revoked trust lines whose owners have shares of liquidity pools.

use flowctl_stellar::Hash as OwnHash;
use stellar_xdr::*;

use crate::build::*;

const SEQUENCE: i64 = 7;

fn assets() -> [Asset; 2] {
    [asset("ETH", 60), asset("USDC", 50)]
}

fn revoke() -> Op {
    let body = OperationBody::SetTrustLineFlags(SetTrustLineFlagsOp {
        trustor: account_id(9),
        asset: asset("USDC", 50),
        clear_flags: 1,
        set_flags: 0,
    });
    op(
        body,
        OperationResultTr::SetTrustLineFlags(SetTrustLineFlagsResult::Success),
    )
}

fn allow_trust() -> Op {
    let body = OperationBody::AllowTrust(AllowTrustOp {
        trustor: account_id(9),
        asset: AssetCode::CreditAlphanum4(AssetCode4(*b"USDC")),
        authorize: 0,
    });
    op(
        body,
        OperationResultTr::AllowTrust(AllowTrustResult::Success),
    )
}

/// The id by CAP-38, from the source of the transaction and the operation's index from 0.
fn id(pool: u8, asset: Asset, index: u32) -> ClaimableBalanceId {
    let preimage = HashIdPreimage::PoolRevokeOpId(HashIdPreimageRevokeId {
        source_account: account_id(1),
        seq_num: SequenceNumber(SEQUENCE),
        op_num: index,
        liquidity_pool_id: PoolId(Hash([pool; 32])),
        asset,
    });
    let hash = OwnHash::of(preimage.to_xdr(Limits::none()).unwrap());
    ClaimableBalanceId::ClaimableBalanceIdTypeV0(Hash(hash.0))
}

fn created(pool: u8, asset: Asset, index: u32, amount: i64) -> LedgerEntryChange {
    LedgerEntryChange::Created(claimable(id(pool, asset.clone(), index), asset, amount))
}

/// The events without the balances' ids, which are hashes.
fn events(operation: Op) -> Vec<String> {
    let operation = operation.from(muxed(50, 2));
    let with_other_first = tx([payment(account(2), Asset::Native, 1), operation]);
    let events = derived(22, with_other_first.memo(Memo::Id(3)));
    let lines = lines(&events[1..]);
    lines
        .iter()
        .map(|line| {
            let words = line
                .split(' ')
                .map(|word| if word.starts_with('B') { "B" } else { word });
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn without_a_pool_nothing_moves() {
    assert_eq!(events(revoke()), [""; 0]);
    assert_eq!(events(allow_trust()), [""; 0]);
}

#[test]
fn two_created_balances_are_two_transfers() {
    let [eth, usdc] = assets();
    for operation in [revoke(), allow_trust()] {
        let changes = [
            created(5, usdc.clone(), 1, 20),
            created(5, eth.clone(), 1, 10),
        ]
        .into_iter()
        .chain(pool_change(5, assets(), [11, 22], [1, 2]));
        let expected = ["transfer L5 → B 10 ETH/60", "transfer L5 → B 20 USDC/50"];
        assert_eq!(events(operation.changing(changes)), expected);
    }
}

#[test]
fn divergence_2_one_created_balance_is_a_transfer_and_then_a_burn_even_of_nothing() {
    let [eth, usdc] = assets();
    let one = |asset, after| {
        let change = pool_change(5, assets(), [11, 22], after);
        events(revoke().changing([created(5, asset, 1, 20)].into_iter().chain(change)))
    };
    let expected = ["transfer L5 → B 20 USDC/50", "burn L5 10 ETH/60"];
    assert_eq!(one(usdc.clone(), [1, 2]), expected);
    let expected = ["transfer L5 → B 20 ETH/60", "burn L5 20 USDC/50"];
    assert_eq!(one(eth, [1, 2]), expected);
    let expected = ["transfer L5 → B 20 USDC/50", "burn L5 0 ETH/60"];
    assert_eq!(one(usdc, [11, 2]), expected);
}

#[test]
fn divergence_2_without_a_created_balance_even_a_burn_gives_nothing() {
    let change = pool_change(5, assets(), [11, 22], [11, 2]);
    assert_eq!(events(revoke().changing(change)), [""; 0]);
}

#[test]
fn a_balance_of_another_operation_does_not_belong_to_the_pool() {
    let [eth, _] = assets();
    let change = pool_change(5, assets(), [11, 22], [1, 2]);
    let other = created(5, eth, 0, 10);
    assert_eq!(
        events(revoke().changing([other].into_iter().chain(change))),
        [""; 0]
    );
}

#[test]
fn pools_come_in_the_order_of_their_ids() {
    let [eth, usdc] = assets();
    let of_pool = |pool: u8| {
        let balances = [
            created(pool, eth.clone(), 1, 10),
            created(pool, usdc.clone(), 1, 20),
        ];
        balances
            .into_iter()
            .chain(pool_change(pool, assets(), [11, 22], [1, 2]))
    };
    let found = events(revoke().changing(of_pool(8).chain(of_pool(3))));
    let pools: Vec<_> = found
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap())
        .collect();
    assert_eq!(pools, ["L3", "L3", "L8", "L8"]);
}
