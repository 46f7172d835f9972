//! Events of smart contracts: SEP-41 tokens and the Stellar Asset Contract, in both layouts.

use flowctl_stellar::token_transfer::{Mode, Rejection};
use stellar_xdr::*;

use crate::build::*;

/// The contract of a token that is no classic asset.
const TOKEN: [u8; 32] = [30; 32];

fn usdc() -> Asset {
    asset("USDC", 50)
}

fn usdc_topic() -> ScVal {
    string(&flowctl_stellar::Asset::from(&usdc()).to_string())
}

fn told(protocol: u32, events: Vec<ContractEvent>) -> (Vec<String>, Vec<(Rejection, u64)>) {
    let tx = Tx {
        soroban: true,
        ..tx([invocation(events)]).memo(Memo::Id(5))
    };
    let told = try_told(Mode::Derived, protocol, &[tx]).unwrap();
    (lines(&told.events[1..]), told.rejected.iter().collect())
}

/// What one event becomes in the layout with an administrator.
fn v3(event: ContractEvent) -> Vec<String> {
    let (events, rejected) = told(22, vec![event]);
    assert_eq!(rejected, []);
    events
}

/// What one event becomes in the layout of CAP-67, derived and read from the stream.
fn v4(event: ContractEvent) -> Vec<String> {
    let (events, rejected) = told(23, vec![event.clone()]);
    assert_eq!(rejected, []);
    let fee = fee_event(TransactionEventStage::BeforeAllTxs, 1, 100);
    let unified = Tx {
        events: vec![fee],
        ..tx([invocation(vec![event])])
    };
    let unified = try_told(Mode::Unified, 23, &[unified]).unwrap();
    assert_eq!(lines(&unified.events[1..]), events);
    events
}

fn rejection(protocol: u32, event: ContractEvent) -> Rejection {
    match told(protocol, vec![event]) {
        (events, rejected) if events.is_empty() => match rejected.as_slice() {
            [(reason, 1)] => *reason,
            other => panic!("expected one rejection, got {other:?}"),
        },
        (events, _) => panic!("expected a rejection, got {events:?}"),
    }
}

fn token(topics: Vec<ScVal>, data: ScVal) -> ContractEvent {
    contract_event(TOKEN, topics, data)
}

fn usdc_contract(topics: Vec<ScVal>, data: ScVal) -> ContractEvent {
    contract_event(asset_contract(&usdc()), topics, data)
}

#[test]
fn a_token_of_either_layout_has_no_asset() {
    let transfer = token(
        vec![symbol("transfer"), account_topic(1), contract_topic(2)],
        i128_data(5),
    );
    assert_eq!(v3(transfer.clone()), ["transfer G1 → C2 5 token"]);
    assert_eq!(v4(transfer), ["transfer G1 → C2 5 token"]);
    let burn = token(vec![symbol("burn"), contract_topic(1)], i128_data(5));
    assert_eq!(v3(burn.clone()), ["burn C1 5 token"]);
    assert_eq!(v4(burn), ["burn C1 5 token"]);
}

#[test]
fn only_the_older_layout_names_an_administrator() {
    let with = |name| {
        token(
            vec![symbol(name), account_topic(9), account_topic(2)],
            i128_data(5),
        )
    };
    let without = |name| token(vec![symbol(name), account_topic(2)], i128_data(5));
    assert_eq!(v3(with("mint")), ["mint → G2 5 token"]);
    assert_eq!(v3(with("clawback")), ["clawback G2 5 token"]);
    assert_eq!(v4(without("mint")), ["mint → G2 5 token"]);
    assert_eq!(v4(without("clawback")), ["clawback G2 5 token"]);
    for name in ["mint", "clawback"] {
        assert_eq!(rejection(22, without(name)), Rejection::MissingTopic);
        assert_eq!(rejection(23, with(name)), Rejection::AmbiguousTopic);
    }
}

#[test]
fn amounts_have_128_bits() {
    for amount in [i128::MAX, i128::MIN, -1, 0, 18_446_947_143_889_701_584] {
        let burn = token(vec![symbol("burn"), account_topic(1)], i128_data(amount));
        assert_eq!(v3(burn.clone()), [format!("burn G1 {amount} token")]);
        assert_eq!(v4(burn), [format!("burn G1 {amount} token")]);
    }
}

#[test]
fn every_kind_of_address_is_a_holder() {
    let id = Hash([7; 32]);
    let holders = [
        (ScAddress::Account(account_id(7)), "G7"),
        (ScAddress::Contract(ContractId(id.clone())), "C7"),
        (
            ScAddress::MuxedAccount(MuxedEd25519Account {
                id: 4,
                ed25519: Uint256([7; 32]),
            }),
            "M7:4",
        ),
        (ScAddress::ClaimableBalance(balance_id(7)), "B7"),
        (ScAddress::LiquidityPool(PoolId(id.clone())), "L7"),
        (
            ScAddress::MuxedContract(MuxedContract {
                id: 4,
                contract_id: ContractId(id),
            }),
            "C7",
        ),
    ];
    for (holder, name) in holders {
        let burn = token(vec![symbol("burn"), ScVal::Address(holder)], i128_data(5));
        assert_eq!(v4(burn), [format!("burn {name} 5 token")]);
    }
}

#[test]
fn the_contract_of_an_asset_tells_it() {
    let event = |name, mut topics: Vec<ScVal>| {
        topics.insert(0, symbol(name));
        topics.push(usdc_topic());
        usdc_contract(topics, i128_data(5))
    };
    let (one, two) = (account_topic(1), account_topic(2));
    let transfer = event("transfer", vec![one.clone(), two.clone()]);
    assert_eq!(v3(transfer.clone()), ["transfer G1 → G2 5 USDC/50"]);
    assert_eq!(v4(transfer), ["transfer G1 → G2 5 USDC/50"]);
    assert_eq!(v3(event("burn", vec![one.clone()])), ["burn G1 5 USDC/50"]);
    assert_eq!(
        v3(event("mint", vec![one.clone(), two.clone()])),
        ["mint → G2 5 USDC/50"]
    );
    assert_eq!(
        v3(event("clawback", vec![one.clone(), two])),
        ["clawback G2 5 USDC/50"]
    );
    assert_eq!(v4(event("burn", vec![one.clone()])), ["burn G1 5 USDC/50"]);
    assert_eq!(
        v4(event("mint", vec![one.clone()])),
        ["mint → G1 5 USDC/50"]
    );
    assert_eq!(v4(event("clawback", vec![one])), ["clawback G1 5 USDC/50"]);
}

#[test]
fn the_lumen_has_a_contract_too() {
    let topics = vec![
        symbol("transfer"),
        account_topic(1),
        contract_topic(2),
        string("native"),
    ];
    let event = contract_event(asset_contract(&Asset::Native), topics, i128_data(5));
    assert_eq!(v3(event.clone()), ["transfer G1 → C2 5 XLM"]);
    assert_eq!(v4(event), ["transfer G1 → C2 5 XLM"]);
}

#[test]
fn the_older_asset_contract_wrote_transfers_for_mints_and_burns() {
    let transfer = |from, to| {
        let topics = vec![symbol("transfer"), from, to, usdc_topic()];
        usdc_contract(topics, i128_data(5))
    };
    let (issuer, other) = (account_topic(50), contract_topic(2));
    let minted = transfer(issuer.clone(), other.clone());
    assert_eq!(v3(minted.clone()), ["mint → C2 5 USDC/50"]);
    assert_eq!(v4(minted), ["transfer G50 → C2 5 USDC/50"]);
    let burned = transfer(other, issuer.clone());
    assert_eq!(v3(burned), ["burn C2 5 USDC/50"]);
    let to_itself = transfer(issuer.clone(), issuer);
    assert_eq!(v3(to_itself), ["transfer G50 → G50 5 USDC/50"]);
}

#[test]
fn an_asset_is_told_only_by_its_own_contract_in_its_own_form() {
    let transfer = |topic: Vec<ScVal>| {
        let mut topics = vec![symbol("transfer"), account_topic(1), account_topic(2)];
        topics.extend(topic);
        topics
    };
    let amount = || i128_data(5);
    let list = format!("{},native", flowctl_stellar::Asset::from(&usdc()));
    for event in [
        token(transfer(vec![usdc_topic()]), amount()),
        usdc_contract(transfer(vec![]), amount()),
        usdc_contract(transfer(vec![usdc_topic(), string("more")]), amount()),
        usdc_contract(transfer(vec![string("")]), amount()),
        usdc_contract(transfer(vec![string("USDC")]), amount()),
        usdc_contract(transfer(vec![string(&list)]), amount()),
        usdc_contract(transfer(vec![symbol("native")]), amount()),
    ] {
        assert_eq!(v3(event.clone()), ["transfer G1 → G2 5 token"]);
        assert_eq!(v4(event), ["transfer G1 → G2 5 token"]);
    }
}

#[test]
fn a_map_of_cap_67_tells_the_destination() {
    let transfer = |extra: Option<ScVal>| {
        let mut entries = vec![(symbol("amount"), i128_data(5))];
        entries.extend(extra.map(|id| (symbol("to_muxed_id"), id)));
        entries.push((symbol("more"), ScVal::Bool(true)));
        let topics = vec![symbol("transfer"), account_topic(1), account_topic(2)];
        token(topics, map(entries))
    };
    let text = |id| v4(transfer(id)).pop().unwrap();
    let bytes = |length: usize| ScVal::Bytes(ScBytes(vec![3; length].try_into().unwrap()));
    assert_eq!(text(None), "transfer G1 → G2 5 token");
    assert_eq!(text(Some(ScVal::Void)), "transfer G1 → G2 5 token");
    assert_eq!(
        text(Some(ScVal::U64(u64::MAX))),
        "transfer G1 → G2 5 token id 18446744073709551615"
    );
    assert_eq!(text(Some(bytes(32))), "transfer G1 → G2 5 token hash 3×32");
    assert_eq!(text(Some(bytes(5))), "transfer G1 → G2 5 token hash 3×5");
    assert_eq!(text(Some(bytes(40))), "transfer G1 → G2 5 token hash 3×40");
    assert_eq!(
        text(Some(string("memo"))),
        "transfer G1 → G2 5 token text memo"
    );
    assert_eq!(
        rejection(23, transfer(Some(ScVal::Bool(true)))),
        Rejection::InvalidMuxedId
    );
    assert_eq!(rejection(22, transfer(None)), Rejection::DataNotAmount);
}

#[test]
fn a_burn_keeps_what_its_map_tells() {
    let entries = vec![
        (symbol("amount"), i128_data(5)),
        (symbol("to_muxed_id"), ScVal::U64(8)),
    ];
    let burn = token(vec![symbol("burn"), account_topic(1)], map(entries));
    assert_eq!(v4(burn), ["burn G1 5 token id 8"]);
}

#[test]
fn further_topics_are_the_contracts_own() {
    let more = || vec![string("a"), ScVal::U32(3)];
    let event = |mut topics: Vec<ScVal>| {
        topics.extend(more());
        token(topics, i128_data(5))
    };
    let one = || account_topic(1);
    let events = [
        (
            event(vec![symbol("transfer"), one(), one()]),
            "transfer G1 → G1 5 token",
        ),
        (event(vec![symbol("mint"), one()]), "mint → G1 5 token"),
        (
            event(vec![symbol("clawback"), one()]),
            "clawback G1 5 token",
        ),
        (event(vec![symbol("burn"), one()]), "burn G1 5 token"),
    ];
    for (event, expected) in events {
        assert_eq!(v4(event), [expected]);
    }
}

#[test]
fn what_claims_to_be_a_token_event_and_is_none_is_counted_by_its_reason() {
    let amount = || i128_data(5);
    let one = || account_topic(1);
    let transfer = |rest: Vec<ScVal>, data| {
        let mut topics = vec![symbol("transfer")];
        topics.extend(rest);
        token(topics, data)
    };
    for protocol in [22, 23] {
        let reason = |event| rejection(protocol, event);
        assert_eq!(reason(transfer(vec![], amount())), Rejection::MissingTopic);
        assert_eq!(
            reason(transfer(vec![one()], amount())),
            Rejection::MissingTopic
        );
        assert_eq!(
            reason(transfer(vec![one(), symbol("x")], amount())),
            Rejection::TopicNotAddress
        );
        assert_eq!(
            reason(transfer(vec![one(), one()], ScVal::U64(5))),
            Rejection::DataNotAmount
        );
        let burn = token(vec![symbol("burn"), string("G")], amount());
        assert_eq!(reason(burn), Rejection::TopicNotAddress);
    }
    let with = |data| rejection(23, transfer(vec![one(), one()], data));
    assert_eq!(with(ScVal::Map(None)), Rejection::MissingAmount);
    assert_eq!(with(map(vec![])), Rejection::MissingAmount);
    let not_an_amount = map(vec![(symbol("amount"), ScVal::U64(5))]);
    assert_eq!(with(not_an_amount), Rejection::AmountNotInteger);
    let not_a_symbol = map(vec![(string("amount"), amount())]);
    assert_eq!(with(not_a_symbol), Rejection::KeyNotSymbol);
    let administrator = token(
        vec![symbol("mint"), string("admin"), account_topic(2)],
        amount(),
    );
    assert_eq!(rejection(22, administrator), Rejection::TopicNotAddress);
    let twice = transfer(vec![], amount());
    let (_, rejected) = told(23, vec![twice.clone(), twice]);
    assert_eq!(rejected, [(Rejection::MissingTopic, 2)]);
}

#[test]
fn other_events_are_passed_over_and_not_counted() {
    let topics = || vec![symbol("transfer"), account_topic(1), account_topic(2)];
    let approve = token(vec![symbol("approve"), account_topic(1)], i128_data(5));
    let no_symbol = token(vec![string("transfer"), account_topic(1)], i128_data(5));
    let empty = token(vec![], i128_data(5));
    let system = ContractEvent {
        type_: ContractEventType::System,
        ..token(topics(), i128_data(5))
    };
    let diagnostic = ContractEvent {
        type_: ContractEventType::Diagnostic,
        ..token(topics(), i128_data(5))
    };
    let anonymous = ContractEvent {
        contract_id: None,
        ..token(topics(), i128_data(5))
    };
    for protocol in [22, 23] {
        let events = vec![
            &approve,
            &no_symbol,
            &empty,
            &system,
            &diagnostic,
            &anonymous,
        ];
        let events = events.into_iter().cloned().collect();
        assert_eq!(told(protocol, events), (vec![], vec![]));
    }
}

#[test]
fn divergence_4_authorisation_is_no_token_event() {
    let topics = vec![symbol("set_authorized"), account_topic(1), usdc_topic()];
    assert_eq!(v4(usdc_contract(topics, ScVal::Bool(true))), [""; 0]);
}
