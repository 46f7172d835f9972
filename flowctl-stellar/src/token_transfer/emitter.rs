use stellar_xdr::Memo;

use super::{EventKind, EventMeta, MuxedInfo, TokenTransferEvent};
use crate::{Address, Asset, ContractIds, Hash};

/// Where the events being derived belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) ledger_sequence: u32,
    pub(super) closed_at_seconds: u64,
    pub(super) tx_hash: Hash,
    pub(super) transaction_index: u32,
    /// From 1; `None` for fees.
    pub(super) operation_index: Option<u32>,
}

impl Place {
    pub(super) const fn meta(
        self,
        contract: [u8; 32],
        to_muxed_info: Option<MuxedInfo>,
    ) -> EventMeta {
        EventMeta {
            ledger_sequence: self.ledger_sequence,
            closed_at_seconds: self.closed_at_seconds,
            tx_hash: self.tx_hash,
            transaction_index: self.transaction_index,
            operation_index: self.operation_index,
            contract_address: Address::Contract(contract),
            to_muxed_info,
        }
    }
}

/// Whether a movement tells the destination whom it is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Note<'a> {
    /// No: the movement is a side effect that the sender did not address.
    None,
    /// Yes: by the destination's muxed id, or else by the transaction's memo.
    Memo(&'a Memo),
}

/// Appends events of one place to a list.
#[derive(Debug)]
pub(super) struct Emitter<'a> {
    pub(super) place: Place,
    pub(super) contracts: &'a mut ContractIds,
    pub(super) events: &'a mut Vec<TokenTransferEvent>,
}

impl Emitter<'_> {
    /// Moves a classic asset: a mint if it comes from its issuer, a burn if it goes back there, and
    /// else a transfer. From the issuer to itself it is a transfer too (CAP-67, "Payment"; pubnet
    /// ledger 4522126). Only accounts issue. A burn tells its destination, the issuer, nothing.
    pub(super) fn movement(
        &mut self,
        asset: Asset,
        from: Address,
        to: Address,
        amount: impl Into<i128>,
        note: Note<'_>,
    ) {
        let (destination, amount) = (to, amount.into());
        let (from, to) = (from.without_mux(), to.without_mux());
        let issuer = asset.issuer().map(|key| Address::Account(*key));
        let (some_asset, from_issuer, to_issuer) =
            (Some(asset), Some(from) == issuer, Some(to) == issuer);
        let kind = match (from_issuer, to_issuer) {
            (true, false) => EventKind::Mint {
                to,
                asset: some_asset,
                amount,
            },
            (false, true) => EventKind::Burn {
                from,
                asset: some_asset,
                amount,
            },
            _ => EventKind::Transfer {
                from,
                to,
                asset: some_asset,
                amount,
            },
        };
        let info = match (kind, note) {
            (EventKind::Burn { .. }, _) | (_, Note::None) => None,
            (_, Note::Memo(memo)) => MuxedInfo::of_destination(&destination, memo),
        };
        self.classic(kind, info);
    }

    /// Appends an event of a classic asset as it is.
    pub(super) fn classic(&mut self, kind: EventKind, info: Option<MuxedInfo>) {
        let asset = kind.asset().copied().unwrap_or(Asset::Native);
        let contract = self.contracts.of(&asset);
        self.push(contract, kind, info);
    }

    /// Appends an event of any contract.
    pub(super) fn push(&mut self, contract: [u8; 32], kind: EventKind, info: Option<MuxedInfo>) {
        self.events.push(TokenTransferEvent {
            meta: self.place.meta(contract, info),
            kind,
        });
    }
}

impl MuxedInfo {
    /// What a payment tells its destination: the destination's muxed id if it has one, else the
    /// transaction's memo. Only accounts are told.
    ///
    /// # Source
    ///
    /// CAP-67, "to_muxed_id".
    fn of_destination(destination: &Address, memo: &Memo) -> Option<Self> {
        match (destination, memo) {
            (Address::MuxedAccount { id, .. }, _) => Some(Self::Id(*id)),
            (Address::Account(_), Memo::Text(text)) => Some(Self::Text(
                String::from_utf8_lossy(text.as_slice()).into_owned(),
            )),
            (Address::Account(_), Memo::Id(id)) => Some(Self::Id(*id)),
            (Address::Account(_), Memo::Hash(hash) | Memo::Return(hash)) => {
                Some(Self::Hash(hash.0.to_vec()))
            }
            _ => None,
        }
    }
}
