//! Events of contracts and the values in them.

use stellar_xdr::*;

use super::{account_id, list, network};

pub(crate) fn contract_event(contract: [u8; 32], topics: Vec<ScVal>, data: ScVal) -> ContractEvent {
    ContractEvent {
        ext: ExtensionPoint::V0,
        contract_id: Some(ContractId(Hash(contract))),
        type_: ContractEventType::Contract,
        body: ContractEventBody::V0(ContractEventV0 {
            topics: list(topics),
            data,
        }),
    }
}

pub(crate) fn symbol(name: &str) -> ScVal {
    ScVal::Symbol(ScSymbol(name.try_into().unwrap()))
}

pub(crate) fn string(text: &str) -> ScVal {
    ScVal::String(ScString(text.try_into().unwrap()))
}

pub(crate) fn account_topic(key: u8) -> ScVal {
    ScVal::Address(ScAddress::Account(account_id(key)))
}

pub(crate) fn contract_topic(id: u8) -> ScVal {
    ScVal::Address(ScAddress::Contract(ContractId(Hash([id; 32]))))
}

pub(crate) fn i128_data(amount: i128) -> ScVal {
    let hi = i64::try_from(amount >> 64).unwrap();
    let lo = u64::try_from(amount & i128::from(u64::MAX)).unwrap();
    ScVal::I128(Int128Parts { hi, lo })
}

pub(crate) fn map(entries: Vec<(ScVal, ScVal)>) -> ScVal {
    let entries = entries
        .into_iter()
        .map(|(key, val)| ScMapEntry { key, val })
        .collect();
    ScVal::Map(Some(ScMap(list(entries))))
}

/// The contract id of a classic asset on the network of these ledgers.
pub(crate) fn asset_contract(asset: &Asset) -> [u8; 32] {
    flowctl_stellar::ContractIds::new(&network()).of(&asset.into())
}

pub(crate) fn fee_event(stage: TransactionEventStage, payer: u8, amount: i128) -> TransactionEvent {
    let topics = vec![symbol("fee"), account_topic(payer)];
    let contract = asset_contract(&Asset::Native);
    TransactionEvent {
        stage,
        event: contract_event(contract, topics, i128_data(amount)),
    }
}
