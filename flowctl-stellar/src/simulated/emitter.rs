use stellar_xdr::{
    AccountId, Asset, ContractEvent, ContractEventBody, ContractEventType, ContractEventV0,
    ContractId, ExtensionPoint, Hash, Int128Parts, Memo, MuxedAccount, ScAddress, ScBytes, ScMap,
    ScMapEntry, ScString, ScSymbol, ScVal,
};

use super::{
    encoding::{byte_string, list, text},
    state::is_issuer,
};
use crate::{ContractIds, Network};

/// Writes events as stellar-core does.
///
/// # Source
///
/// CAP-46-6 (Stellar Asset Contract) before protocol 23, CAP-67 since then and for classic operations.
#[derive(Debug, Clone)]
pub(super) struct Emitter {
    contracts: ContractIds,
    /// Whether classic operations and fees have events.
    unified: bool,
    /// Whether contract events have the form of CAP-67.
    modern: bool,
    /// Whether events are told; skipped ledgers do without.
    pub(super) tells_events: bool,
    events: Vec<ContractEvent>,
}

impl Emitter {
    pub(super) fn new(network: &Network, unified: bool) -> Self {
        Self {
            contracts: ContractIds::new(network),
            unified,
            modern: true,
            tells_events: true,
            events: Vec::new(),
        }
    }

    /// Core rewrites the events of earlier protocols when it fills in those of classic operations.
    pub(super) const fn set_protocol(&mut self, protocol: u32) {
        self.modern = self.unified || protocol >= 23;
    }

    pub(super) const fn is_unified(&self) -> bool {
        self.unified
    }

    pub(super) const fn is_modern(&self) -> bool {
        self.modern
    }

    /// The events since the last call.
    pub(super) fn take(&mut self) -> Vec<ContractEvent> {
        std::mem::take(&mut self.events)
    }

    pub(super) fn contract_of(&mut self, asset: &Asset) -> ContractId {
        ContractId(Hash(self.contracts.of(&asset.into())))
    }

    /// The event of a movement by a classic operation: from the issuer it is a mint, to it a burn.
    pub(super) fn movement(
        &mut self,
        asset: &Asset,
        from: ScAddress,
        to: ScAddress,
        amount: i64,
        note: Option<ScVal>,
    ) {
        if !self.unified {
            return;
        }
        match (issues(&from, asset), issues(&to, asset)) {
            (true, false) => self.asset_event("mint", asset, vec![to], data(amount, note)),
            (false, true) => self.asset_event("burn", asset, vec![from], data(amount, None)),
            _ => self.asset_event("transfer", asset, vec![from, to], data(amount, note)),
        }
    }

    /// The event that core writes for an asset whatever the roles of those who take part.
    pub(super) fn classic_event(
        &mut self,
        name: &str,
        asset: &Asset,
        holder: ScAddress,
        amount: i64,
    ) {
        if self.unified {
            self.asset_event(name, asset, vec![holder], data(amount, None));
        }
    }

    /// Tells lumens that came into being before an operation whose events are complete, first of all, or
    /// that were lost, last of all.
    pub(super) fn drift(&mut self, account: &AccountId, lumens: i64) {
        let holder = ScAddress::Account(account.clone());
        if lumens > 0 {
            let rest = self.take();
            self.classic_event("mint", &Asset::Native, holder, lumens);
            self.events.extend(rest);
        } else if lumens < 0 {
            self.classic_event("burn", &Asset::Native, holder, -lumens);
        }
    }

    pub(super) fn set_authorized(&mut self, account: &AccountId, asset: &Asset, authorized: bool) {
        if self.unified {
            let holder = ScAddress::Account(account.clone());
            self.asset_event(
                "set_authorized",
                asset,
                vec![holder],
                ScVal::Bool(authorized),
            );
        }
    }

    /// An event of the asset's contract, with the asset's name as the last topic.
    pub(super) fn asset_event(
        &mut self,
        name: &str,
        asset: &Asset,
        addresses: Vec<ScAddress>,
        data: ScVal,
    ) {
        if !self.tells_events {
            return;
        }
        let contract = self.contract_of(asset);
        let asset_name = crate::Asset::from(asset).to_string();
        let mut topics: Vec<_> = addresses.into_iter().map(ScVal::Address).collect();
        topics.push(ScVal::String(ScString(text(asset_name.as_bytes()))));
        self.contract_event(contract, name, topics, data);
    }

    pub(super) fn contract_event(
        &mut self,
        contract: ContractId,
        name: &str,
        topics: Vec<ScVal>,
        data: ScVal,
    ) {
        let event = contract_event(contract, name, topics, data);
        self.events.push(event);
    }

    /// The event of a fee, or of its refund if `amount` is negative.
    pub(super) fn fee_event(&self, payer: &AccountId, amount: i64) -> ContractEvent {
        let contract = ContractId(Hash(self.contracts.native()));
        let payer = ScVal::Address(ScAddress::Account(payer.clone()));
        contract_event(contract, "fee", vec![payer], data(amount, None))
    }
}

fn issues(address: &ScAddress, asset: &Asset) -> bool {
    matches!(address, ScAddress::Account(account) if is_issuer(account, asset))
}

fn contract_event(
    contract: ContractId,
    name: &str,
    mut topics: Vec<ScVal>,
    data: ScVal,
) -> ContractEvent {
    topics.insert(0, symbol(name));
    ContractEvent {
        ext: ExtensionPoint::V0,
        contract_id: Some(contract),
        type_: ContractEventType::Contract,
        body: ContractEventBody::V0(ContractEventV0 {
            topics: list(topics),
            data,
        }),
    }
}

pub(super) fn symbol(name: &str) -> ScVal {
    ScVal::Symbol(ScSymbol(text(name.as_bytes())))
}

/// The amount, with what the destination is told if there is something.
pub(super) fn data(amount: impl Into<i128>, note: Option<ScVal>) -> ScVal {
    let amount = number(amount.into());
    let Some(note) = note else { return amount };
    map(vec![("amount", amount), ("to_muxed_id", note)])
}

pub(super) fn map(entries: Vec<(&str, ScVal)>) -> ScVal {
    let entries = entries
        .into_iter()
        .map(|(key, val)| ScMapEntry {
            key: symbol(key),
            val,
        })
        .collect();
    ScVal::Map(Some(ScMap(list(entries))))
}

pub(super) const fn number(amount: i128) -> ScVal {
    let bytes = amount.to_be_bytes();
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
    ScVal::I128(Int128Parts {
        hi: i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        lo: u64::from_be_bytes([i, j, k, l, m, n, o, p]),
    })
}

/// What a payment tells its destination: the id of a muxed account, else the transaction's memo.
pub(super) fn note(destination: &MuxedAccount, memo: &Memo) -> Option<ScVal> {
    if let MuxedAccount::MuxedEd25519(account) = destination {
        return Some(ScVal::U64(account.id));
    }
    match memo {
        Memo::None => None,
        Memo::Text(bytes) => Some(ScVal::String(ScString(text(bytes.as_slice())))),
        Memo::Id(id) => Some(ScVal::U64(*id)),
        Memo::Hash(hash) | Memo::Return(hash) => Some(ScVal::Bytes(ScBytes(byte_string(&hash.0)))),
    }
}
