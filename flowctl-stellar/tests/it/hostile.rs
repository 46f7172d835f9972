//! Nothing that claims to be a ledger makes the library panic, hang, or ask for unbounded memory.

use std::sync::OnceLock;

use flowctl_stellar::{
    Network,
    ledger::{Gaps, HashChain, LedgerHeader, decode, encode},
    token_transfer::{DeriveError, Mode, TokenTransferEvent, TokenTransfers, verify},
};
use proptest::prelude::*;
use stellar_xdr::*;

use crate::{build, ledgers};

/// Ledgers to damage: one of each form that is built here, and small real ones.
fn seeds() -> &'static [(Network, Vec<u8>)] {
    static SEEDS: OnceLock<Vec<(Network, Vec<u8>)>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let pay = || build::payment(build::account(2), build::asset("USDC", 50), 5);
        let mut seeds = Vec::new();
        for protocol in [5, 19, 22, 23] {
            let plain = build::tx([pay(), pay()]);
            let call = build::Tx {
                soroban: protocol >= 20,
                events: vec![build::fee_event(
                    TransactionEventStage::BeforeAllTxs,
                    1,
                    100,
                )],
                ..build::tx([build::invocation(vec![build::contract_event(
                    [3; 32],
                    vec![build::symbol("burn"), build::account_topic(1)],
                    build::i128_data(7),
                )])])
            };
            let ledger = build::ledger(protocol, &[plain, call]);
            seeds.push((build::network(), encode(&ledger).unwrap()));
        }
        if let Some(folder) = ledgers::folder("the real seeds of the hostile ledgers") {
            let small = |name: &str| name.contains("soroban") || name.contains("lcm-30822018");
            for (path, network) in ledgers::every_file(&folder) {
                if small(&path.to_string_lossy()) {
                    let raw = ledgers::raw(&path).into_iter();
                    seeds.extend(raw.map(|bytes| (network.clone(), bytes)));
                }
            }
        }
        seeds
    })
}

/// Does all that can be done with a ledger.
fn use_ledger(network: &Network, bytes: &[u8]) {
    let peeked = LedgerHeader::peek(bytes);
    let Ok(ledger) = decode(bytes) else {
        for mode in [Mode::Auto, Mode::Unified, Mode::Derived] {
            let _told = TokenTransfers::new(network.clone(), mode).events_of_xdr(bytes);
        }
        return;
    };
    let header = LedgerHeader::of(&ledger);
    assert_eq!(peeked.ok(), header.as_ref().ok().copied());
    if let Ok(header) = header {
        HashChain::new(Gaps::Error).join(&header).unwrap();
    }
    for mode in [Mode::Auto, Mode::Unified, Mode::Derived] {
        let mut processor = TokenTransfers::new(network.clone(), mode);
        let told = processor.events(&ledger);
        let sparse = processor.events_of_xdr(bytes);
        let text = |error: DeriveError| {
            format!(
                "{error}: {:?}",
                std::error::Error::source(&error).map(ToString::to_string)
            )
        };
        let (told, sparse) = (told.map_err(text), sparse.map_err(text));
        let (full, of_sparse) = (told.as_ref().err(), sparse.as_ref().err());
        assert!(told == sparse, "{mode:?}: {full:?} but {of_sparse:?}");
        let Ok(told) = told else {
            continue;
        };
        let _verified = verify(&ledger, &told.events);
        for event in &told.events {
            let read: TokenTransferEvent = serde_json::from_str(&event.to_json()).unwrap();
            assert_eq!(read.to_json(), event.to_json());
        }
    }
}

#[derive(Debug, Clone)]
enum Damage {
    Flip {
        at: prop::sample::Index,
        bits: u8,
    },
    Number {
        at: prop::sample::Index,
        number: u32,
    },
    Cut {
        at: prop::sample::Index,
    },
    Repeat {
        at: prop::sample::Index,
        length: usize,
    },
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    let number = prop_oneof![0..30_u32, any::<u32>(), Just(u32::MAX), Just(1 << 31)];
    prop_oneof![
        4 => (at(), 1..=u8::MAX).prop_map(|(at, bits)| Damage::Flip { at, bits }),
        4 => (at(), number).prop_map(|(at, number)| Damage::Number { at, number }),
        1 => at().prop_map(|at| Damage::Cut { at }),
        1 => (at(), 1..80_usize).prop_map(|(at, length)| Damage::Repeat { at, length }),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    if bytes.len() < 8 {
        return;
    }
    match damage {
        Damage::Flip { at, bits } => {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        Damage::Number { at, number } => {
            let at = at.index(bytes.len() / 4 - 1) * 4;
            bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        }
        Damage::Cut { at } => bytes.truncate(at.index(bytes.len())),
        Damage::Repeat { at, length } => {
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_ledgers_never_panic(
        seed in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let (network, bytes) = seed.get(seeds());
        let mut bytes = bytes.clone();
        damages.iter().for_each(|damage| apply(damage, &mut bytes));
        use_ledger(network, &bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        version in 0..4_u32,
        bytes in prop::collection::vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..800),
    ) {
        let bytes: Vec<_> = version.to_be_bytes().into_iter().chain(bytes).collect();
        use_ledger(&build::network(), &bytes);
    }
}

#[test]
fn a_ledger_cut_anywhere_is_an_error() {
    let (_, bytes) = &seeds()[3];
    for length in 0..bytes.len() {
        assert!(
            decode(&bytes[..length]).is_err(),
            "{length} of {}",
            bytes.len()
        );
    }
    let mut longer = bytes.clone();
    longer.extend([0; 4]);
    assert!(decode(&longer).is_err());
}

/// The ledger with an event whose data nests `levels` vectors, encoded without limits.
fn nested(levels: usize) -> Vec<u8> {
    let data = (0..levels).fold(ScVal::Void, |inner, _| {
        ScVal::Vec(Some(ScVec(build::list(vec![inner]))))
    });
    let event = build::contract_event([3; 32], vec![build::symbol("x")], data);
    let call = build::Tx {
        soroban: true,
        ..build::tx([build::invocation(vec![event])])
    };
    let ledger = build::ledger(23, &[call]);
    ledger.to_xdr(Limits::none()).unwrap()
}

#[test]
fn values_nest_as_deep_as_core_lets_them_and_no_deeper() {
    // Contract values are read and written by core with at most 500 levels of XDR, 4 for each vector.
    let deepest = nested(125);
    let ledger = decode(&deepest).unwrap();
    assert_eq!(encode(&ledger).unwrap(), deepest);
    let error = decode(&nested(1_000)).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("depth limit"), "{cause}");
}
