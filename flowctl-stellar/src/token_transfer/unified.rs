//! The events that stellar-core wrote itself (CAP-67), read from transaction meta V4.

use stellar_xdr::{ContractEventBody, ContractEventType, ScVal, TransactionEvent};

use super::{
    EventKind, Rejections, TransactionError,
    contract_event::{self, Layout, amount},
    emitter::Emitter,
    fees::{self, Fees},
};
use crate::{
    Address, ContractIds,
    ledger::{AppliedTransaction, MetaView},
};

/// Whether core wrote events for the transaction: its meta is V4 and has a fee event, which core
/// writes for every transaction or for none.
pub(super) fn is_unified(applied: &AppliedTransaction<'_>) -> bool {
    let meta = MetaView::of(applied.meta);
    meta.version == 4 && meta.events.iter().any(is_fee)
}

/// The fee events of a transaction, successful or not: one is the fee, a second one is a refund.
pub(super) fn fees(meta: &MetaView<'_>, contracts: &ContractIds) -> Result<Fees, TransactionError> {
    if meta.version != 4 {
        return Err(TransactionError::UnsupportedMeta {
            needed: "V4",
            found: meta.version,
        });
    }
    let mut found = Vec::with_capacity(2);
    for (index, event) in meta.events.iter().enumerate() {
        let event = read_fee(event, contracts).map_err(|problem| match problem {
            Problem::Shape(problem) => TransactionError::FeeEvent { index, problem },
            Problem::Contract(contract) => TransactionError::FeeContract { contract },
        })?;
        found.extend(event);
    }
    match *found.as_slice() {
        [fee] => Ok(Fees { fee, refund: None }),
        [fee, refund] => Ok(Fees {
            fee,
            refund: Some(refund),
        }),
        _ => Err(TransactionError::FeeEventCount { found: found.len() }),
    }
}

/// Appends the token events of all operations of a successful transaction, whatever their kind.
///
/// Divergence 4, authorisation: the stream also has `set_authorized` events. They move nothing and are
/// no token events, so they are passed over.
pub(super) fn operations(
    meta: &MetaView<'_>,
    emitter: &mut Emitter<'_>,
    rejected: &mut Rejections,
) {
    for (index, number) in (0..meta.operation_count()).zip(1..) {
        emitter.place.operation_index = Some(number);
        for event in meta.operation_events(index) {
            contract_event::emit(event, Layout::Cap67, emitter, rejected);
        }
    }
}

enum Problem {
    Shape(&'static str),
    Contract(Address),
}

fn is_fee(event: &TransactionEvent) -> bool {
    let ContractEventBody::V0(body) = &event.event.body;
    matches!(body.topics.first(), Some(ScVal::Symbol(name)) if name.0.as_slice() == b"fee")
}

/// `Ok(None)` for an event of the transaction that is no fee. The stages that CAP-67 gives these events
/// are not needed: the protocol decides where a refund stands.
fn read_fee(
    event: &TransactionEvent,
    contracts: &ContractIds,
) -> Result<Option<EventKind>, Problem> {
    let contract = match (event.event.type_, &event.event.contract_id) {
        (ContractEventType::Contract, Some(contract)) => contract.0.0,
        (ContractEventType::Contract, None) => return Err(Problem::Shape("it has no contract")),
        _ => return Err(Problem::Shape("it is not of the kind `contract`")),
    };
    if !is_fee(event) {
        return Ok(None);
    }
    let ContractEventBody::V0(body) = &event.event.body;
    let [_, payer] = body.topics.as_slice() else {
        return Err(Problem::Shape("it has not two topics"));
    };
    let ScVal::Address(payer) = payer else {
        return Err(Problem::Shape("its payer is not an address"));
    };
    let amount = amount(&body.data).ok_or(Problem::Shape("its amount is not a 128-bit integer"))?;
    if contract != contracts.native() {
        return Err(Problem::Contract(Address::Contract(contract)));
    }
    Ok(Some(fees::fee(payer.into(), amount)))
}
