//! Verification can fail: every amount that is changed by one is noticed.

use flowctl_stellar::{
    Network,
    token_transfer::{EventKind, Mode, TokenTransferEvent, TokenTransfers, VerifyError, verify},
};
use stellar_xdr::*;

use crate::{build, ledgers};

/// At most this many amounts are changed in a ledger, spread evenly.
const CHANGES: usize = 60;

fn told(network: &Network, ledger: &LedgerCloseMeta) -> Vec<TokenTransferEvent> {
    TokenTransfers::new(network.clone(), Mode::Auto)
        .events(ledger)
        .unwrap()
        .events
}

fn real_ledgers(test: &str) -> Vec<(Network, LedgerCloseMeta)> {
    let Some(folder) = ledgers::folder(test) else {
        return vec![];
    };
    let chosen = |name: &str| {
        name.contains("lcm-30822020")
            || name.contains("ledger-63092988")
            || name.contains("soroban")
    };
    let files = ledgers::every_file(&folder).into_iter();
    let files = files.filter(|(path, _)| chosen(&path.to_string_lossy()));
    files
        .flat_map(|(path, network)| {
            ledgers::read(&path)
                .into_iter()
                .map(move |ledger| (network.clone(), ledger))
        })
        .collect()
}

fn spread(count: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by((count / CHANGES).max(1))
}

/// What the contract of all sevens holds of an asset, in the entry that the asset's contract keeps.
fn held_by_contract(asset_contract: [u8; 32], amount: i128) -> LedgerEntry {
    let holder = build::contract_topic(7);
    let key = ScVal::Vec(Some(ScVec(build::list(vec![
        build::symbol("Balance"),
        holder,
    ]))));
    let val = build::map(vec![
        (build::symbol("amount"), build::i128_data(amount)),
        (build::symbol("authorized"), ScVal::Bool(true)),
    ]);
    build::entry(LedgerEntryData::ContractData(ContractDataEntry {
        ext: ExtensionPoint::V0,
        contract: ScAddress::Contract(ContractId(Hash(asset_contract))),
        key,
        durability: ContractDataDurability::Persistent,
        val,
    }))
}

/// A ledger in which a contract holds, receives and pays lumens.
fn with_contract_balances() -> LedgerCloseMeta {
    let contract = build::asset_contract(&Asset::Native);
    let transfer = |from, to, amount| {
        let topics = vec![build::symbol("transfer"), from, to, build::string("native")];
        build::contract_event(contract, topics, build::i128_data(amount))
    };
    let (account, holder) = (build::account_topic(2), build::contract_topic(7));
    let events = vec![
        transfer(account.clone(), holder.clone(), 30),
        transfer(holder, account, 10),
    ];
    let mut changes = vec![
        LedgerEntryChange::State(held_by_contract(contract, i128::MAX - 20)),
        LedgerEntryChange::Updated(held_by_contract(contract, i128::MAX)),
    ];
    changes.extend(build::balance(2, 100, 80));
    let call = build::Tx {
        soroban: true,
        fee_changes: build::balance(1, 1_000, 900).into(),
        ..build::tx([build::invocation(events).changing(changes)])
    };
    build::ledger(23, &[call])
}

#[test]
fn a_changed_amount_of_an_event_is_noticed() {
    let mut all = real_ledgers("a_changed_amount_of_an_event_is_noticed");
    all.push((build::network(), with_contract_balances()));
    for (network, ledger) in all {
        let mut events = told(&network, &ledger);
        verify(&ledger, &events).unwrap();
        for index in spread(events.len()) {
            let original = events[index].clone();
            if original.kind.from() == original.kind.to() || original.kind.asset().is_none() {
                continue;
            }
            let (EventKind::Transfer { amount, .. }
            | EventKind::Mint { amount, .. }
            | EventKind::Burn { amount, .. }
            | EventKind::Clawback { amount, .. }
            | EventKind::Fee { amount, .. }) = &mut events[index].kind;
            *amount += 1;
            let noticed = verify(&ledger, &events);
            assert!(
                matches!(noticed, Err(VerifyError::Unexplained(_))),
                "{original:?}"
            );
            events[index] = original;
        }
    }
}

#[test]
fn a_missing_or_repeated_or_misplaced_event_is_noticed() {
    let ledger = with_contract_balances();
    let events = told(&build::network(), &ledger);
    assert_eq!(events.len(), 3);
    for index in 0..events.len() {
        let mut missing = events.clone();
        let event = missing.remove(index);
        assert!(matches!(
            verify(&ledger, &missing),
            Err(VerifyError::Unexplained(_))
        ));
        let mut repeated = events.clone();
        repeated.push(event.clone());
        assert!(matches!(
            verify(&ledger, &repeated),
            Err(VerifyError::Unexplained(_))
        ));
        let mut misplaced = missing;
        misplaced.push(event);
        let last = misplaced.last_mut().unwrap();
        last.meta.operation_index = last.meta.operation_index.xor(Some(2));
        assert!(matches!(
            verify(&ledger, &misplaced),
            Err(VerifyError::Unexplained(_))
        ));
    }
}

#[test]
fn an_event_of_another_ledger_is_refused() {
    let ledger = with_contract_balances();
    let events = told(&build::network(), &ledger);
    let changes: [fn(&mut TokenTransferEvent); 3] = [
        |event| event.meta.ledger_sequence += 1,
        |event| event.meta.transaction_index += 1,
        |event| event.meta.tx_hash.0[0] ^= 1,
    ];
    for change in changes {
        let mut foreign = events.clone();
        change(&mut foreign[1]);
        let refused = verify(&ledger, &foreign);
        assert!(matches!(
            refused,
            Err(VerifyError::ForeignEvent { position: 1, .. })
        ));
    }
}

#[test]
fn a_changed_balance_in_the_meta_is_noticed() {
    let mut all = real_ledgers("a_changed_balance_in_the_meta_is_noticed");
    all.push((build::network(), with_contract_balances()));
    for (network, mut ledger) in all {
        let events = told(&network, &ledger);
        let mut count = 0;
        each_balance(&mut ledger, &mut |_| count += 1);
        assert!(count > 0);
        for wanted in spread(count) {
            let mut change = |difference: i64| {
                let mut index = 0;
                each_balance(&mut ledger, &mut |balance| {
                    if index == wanted {
                        *balance += difference;
                    }
                    index += 1;
                });
                verify(&ledger, &events)
            };
            let noticed = change(1);
            assert!(
                matches!(noticed, Err(VerifyError::Unexplained(_))),
                "balance {wanted}"
            );
            change(-1).unwrap();
        }
    }
}

/// Calls `each` with every balance of a classic asset in the changes of all transactions.
fn each_balance(ledger: &mut LedgerCloseMeta, each: &mut dyn FnMut(&mut i64)) {
    match ledger {
        LedgerCloseMeta::V0(LedgerCloseMetaV0 { tx_processing, .. })
        | LedgerCloseMeta::V1(LedgerCloseMetaV1 { tx_processing, .. }) => {
            for tx in tx_processing.iter_mut() {
                in_changes(&mut tx.fee_processing, each);
                in_meta(&mut tx.tx_apply_processing, each);
            }
        }
        LedgerCloseMeta::V2(ledger) => {
            for tx in ledger.tx_processing.iter_mut() {
                in_changes(&mut tx.fee_processing, each);
                in_meta(&mut tx.tx_apply_processing, each);
                in_changes(&mut tx.post_tx_apply_fee_processing, each);
            }
        }
    }
}

fn in_meta(meta: &mut TransactionMeta, each: &mut dyn FnMut(&mut i64)) {
    let lists: Vec<&mut LedgerEntryChanges> = match meta {
        TransactionMeta::V2(meta) => [&mut meta.tx_changes_before, &mut meta.tx_changes_after]
            .into_iter()
            .chain(
                meta.operations
                    .iter_mut()
                    .map(|operation| &mut operation.changes),
            )
            .collect(),
        TransactionMeta::V3(meta) => [&mut meta.tx_changes_before, &mut meta.tx_changes_after]
            .into_iter()
            .chain(
                meta.operations
                    .iter_mut()
                    .map(|operation| &mut operation.changes),
            )
            .collect(),
        TransactionMeta::V4(meta) => [&mut meta.tx_changes_before, &mut meta.tx_changes_after]
            .into_iter()
            .chain(
                meta.operations
                    .iter_mut()
                    .map(|operation| &mut operation.changes),
            )
            .collect(),
        TransactionMeta::V0(_) | TransactionMeta::V1(_) => vec![],
    };
    lists
        .into_iter()
        .for_each(|changes| in_changes(changes, each));
}

fn in_changes(changes: &mut LedgerEntryChanges, each: &mut dyn FnMut(&mut i64)) {
    for change in changes.0.iter_mut() {
        let (LedgerEntryChange::Created(entry)
        | LedgerEntryChange::Updated(entry)
        | LedgerEntryChange::State(entry)) = change
        else {
            continue;
        };
        match &mut entry.data {
            LedgerEntryData::Account(account) => each(&mut account.balance),
            LedgerEntryData::Trustline(line)
                if !matches!(line.asset, TrustLineAsset::PoolShare(_)) =>
            {
                each(&mut line.balance);
            }
            LedgerEntryData::ClaimableBalance(balance) => each(&mut balance.amount),
            LedgerEntryData::LiquidityPool(pool) => {
                let LiquidityPoolEntryBody::LiquidityPoolConstantProduct(body) = &mut pool.body;
                each(&mut body.reserve_a);
                each(&mut body.reserve_b);
            }
            _ => {}
        }
    }
}

/// A call that restores what a contract holds from the archive, with core's later repair: a mint that
/// no entry shows.
fn with_repaired_balance(protocol: u32) -> LedgerCloseMeta {
    let contract = build::asset_contract(&Asset::Native);
    let topics = vec![
        build::symbol("mint"),
        build::contract_topic(7),
        build::string("native"),
    ];
    let repair = build::contract_event(contract, topics, build::i128_data(30));
    let restored = LedgerEntryChange::Restored(held_by_contract(contract, 100));
    let call = build::Tx {
        soroban: true,
        fee_changes: build::balance(1, 1_000, 900).into(),
        ..build::tx([build::invocation(vec![repair]).changing([restored])])
    };
    build::ledger(protocol, &[call])
}

#[test]
fn divergence_5_only_protocol_23_repairs_what_it_restored_wrongly() {
    let verified = |protocol| {
        let ledger = with_repaired_balance(protocol);
        verify(&ledger, &told(&build::network(), &ledger))
    };
    verified(23).unwrap();
    let error = verified(24).unwrap_err();
    assert!(matches!(error, VerifyError::Unexplained(_)), "{error}");
}
