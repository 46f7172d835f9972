use std::collections::BTreeMap;

use stellar_xdr::{AccountId, Hash, Memo, MuxedAccount, Operation};

use super::{
    encoding::text,
    kind::{Kind, Mix},
    operations::{Planner, Step},
    random::Random,
    transaction::{PlannedTransaction, ResourceFee, account_of},
};

/// The first protocol with the present envelope and with fee bumps (CAP-15).
const FIRST_PROTOCOL_WITH_FEE_BUMPS: u32 = 13;

/// The first protocol in which the result of a contract call's fee bump tells what was charged; before,
/// stellar-core told too much (its issue 4188). No such transaction is made.
const FIRST_PROTOCOL_WITH_RIGHT_FEE_BUMPS: u32 = 21;

/// Chooses the transactions of a ledger, in the order of application. Contract calls come last, since
/// their phase does (CAP-42, CAP-63).
pub(super) fn plan_ledger(
    planner: &mut Planner<'_>,
    mix: &Mix,
    mean: u32,
) -> Vec<PlannedTransaction> {
    let weights = mix.of_protocol(planner.state.protocol);
    let count = u64::from(mean / 2) + planner.random.below(u64::from(mean) + 1);
    let mut planned: Vec<_> = (0..count)
        .filter_map(|_| plan_transaction(planner, &weights))
        .collect();
    planned.sort_by_key(|transaction| transaction.resources.is_some());
    let mut sequences = BTreeMap::new();
    for transaction in &mut planned {
        let source = account_of(&transaction.source);
        let account = planner.state.account(&source);
        let last = account.map_or(0, |account| account.seq_num.0);
        let sequence = sequences.entry(source).or_insert(last);
        *sequence += 1;
        transaction.sequence = *sequence;
    }
    planned
}

fn plan_transaction(
    planner: &mut Planner<'_>,
    weights: &[(Kind, u16)],
) -> Option<PlannedTransaction> {
    let kind = choose(planner.random, weights);
    let mut steps = planner.plan_or_pay(kind)?;
    let protocol = planner.state.protocol;
    if !kind.is_alone(protocol) && planner.random.chance(20) {
        for _ in 0..=planner.random.below(3) {
            let kind = choose(planner.random, weights);
            if !kind.is_alone(protocol) && kind != Kind::StaleAccount {
                // Before the others, so that the transaction's source stays the last one.
                let mut more = planner.plan_or_pay(kind)?;
                more.append(&mut steps);
                steps = more;
            }
        }
    }
    Some(wrap(planner, kind, steps))
}

fn choose(random: &mut Random, weights: &[(Kind, u16)]) -> Kind {
    let total = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut rest = random.below(total);
    for (kind, weight) in weights {
        match rest.checked_sub(u64::from(*weight)) {
            Some(less) => rest = less,
            None => return *kind,
        }
    }
    Kind::Payment
}

/// Puts operations into a transaction. Its source is that of the last operation, or somebody else.
fn wrap(planner: &mut Planner<'_>, kind: Kind, steps: Vec<Step>) -> PlannedTransaction {
    let protocol = planner.state.protocol;
    let own = steps.last().map(|step| step.source.clone());
    let own = own.filter(|source| planner.cast.is_permanent(source));
    let is_own = kind == Kind::StaleAccount || !planner.random.chance(12);
    let source = match (own, is_own) {
        (Some(own), true) => own,
        _ => planner.holder_or_root(),
    };
    let muxed_source = planner.muxed(&source);
    let operations = steps
        .into_iter()
        .map(|step| operation(planner, step, &source))
        .collect();
    let resources = kind.is_contract_call().then(|| {
        let declared = planner.random.between(1_000, 100_000);
        let nothing = planner.random.chance(15);
        let refund = if nothing {
            0
        } else {
            planner.random.between(1, declared / 2)
        };
        ResourceFee { declared, refund }
    });
    let bumps_since = if resources.is_some() {
        FIRST_PROTOCOL_WITH_RIGHT_FEE_BUMPS
    } else {
        FIRST_PROTOCOL_WITH_FEE_BUMPS
    };
    let bumps = protocol >= bumps_since && planner.random.chance(12);
    let fee_source = bumps.then(|| {
        let payer = planner.holder_or_root();
        planner.muxed(&payer)
    });
    let is_plain = matches!(muxed_source, MuxedAccount::Ed25519(_));
    let may_be_v0 = is_plain && fee_source.is_none() && resources.is_none();
    let is_old = protocol < FIRST_PROTOCOL_WITH_FEE_BUMPS;
    PlannedTransaction {
        source: muxed_source,
        fee_source,
        sequence: 0,
        memo: memo(planner.random),
        operations,
        resources,
        is_v0: is_old || (may_be_v0 && planner.random.chance(6)),
    }
}

fn operation(planner: &mut Planner<'_>, step: Step, transaction_source: &AccountId) -> Operation {
    let needs_own = step.source != *transaction_source || planner.random.chance(10);
    Operation {
        source_account: needs_own.then(|| planner.muxed(&step.source)),
        body: step.body,
    }
}

/// Every kind of memo; of the texts, one in three is no UTF-8.
fn memo(random: &mut Random) -> Memo {
    match random.below(12) {
        0 => Memo::Text(text(format!("invoice {}", random.below(1_000)).as_bytes())),
        1 => Memo::Text(text("größer € 10".as_bytes())),
        2 => Memo::Text(text(&[b'n', b'o', 0xff, 0xfe, b'!'])),
        3 => Memo::Id(random.number()),
        4 => Memo::Hash(Hash(random.bytes())),
        5 => Memo::Return(Hash(random.bytes())),
        _ => Memo::None,
    }
}
