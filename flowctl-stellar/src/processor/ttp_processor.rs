use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flowctl_core::{
    EventType,
    component::{ComponentContext, ComponentError, Output, Processor},
    event::{Batch, Event, Payload},
};
use serde::Deserialize;
use tokio::task;

use super::TOKEN_TRANSFER_EVENT_TYPE;
use crate::{
    Network, ledger,
    network_name::{NetworkName, required_network},
    source::PLACE,
    token_transfer::{
        DeriveError, LedgerEvents, Mode, MuxedInfo, Rejections, TokenTransferEvent, TokenTransfers,
        verify,
    },
};

/// What [`TtpProcessor`] makes of ledgers.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Keys")]
#[non_exhaustive]
pub struct TtpProcessorConfig {
    /// The network that the ledgers are of.
    pub network: Network,
    /// Where the events of a ledger come from.
    pub mode: Mode,
    /// Whether the events of every ledger are held against the changes of all balances in it.
    pub verify: bool,
}

impl TtpProcessorConfig {
    /// Events in [`Mode::Auto`], not verified.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self {
            network,
            mode: Mode::default(),
            verify: false,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    network: Option<NetworkName>,
    network_passphrase: Option<String>,
    #[serde(default)]
    mode: ModeKey,
    #[serde(default)]
    verify: bool,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeKey {
    #[default]
    Auto,
    Unified,
    Derived,
}

impl TryFrom<Keys> for TtpProcessorConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        Ok(Self {
            network: required_network(keys.network, keys.network_passphrase)?,
            mode: match keys.mode {
                ModeKey::Auto => Mode::Auto,
                ModeKey::Unified => Mode::Unified,
                ModeKey::Derived => Mode::Derived,
            },
            verify: keys.verify,
        })
    }
}

/// Turns ledgers into their [`TokenTransferEvent`]s, in the order of
/// [`LedgerEvents`](crate::token_transfer::LedgerEvents).
///
/// Stateless and deterministic: the events of a ledger depend on nothing but the ledger. Contract
/// events that claim to be token events and are none are counted as dropped, by reason.
#[derive(Debug)]
pub struct TtpProcessor {
    context: ComponentContext,
    /// Shared with the thread that works, and with nobody else.
    deriver: Arc<Mutex<Deriver>>,
}

impl TtpProcessor {
    /// A processor as `config` says.
    ///
    /// # Errors
    ///
    /// None today; as every component's factory.
    pub fn new(
        config: TtpProcessorConfig,
        context: ComponentContext,
    ) -> Result<Self, ComponentError> {
        let event_type = TOKEN_TRANSFER_EVENT_TYPE.parse().map_err(|error| {
            ComponentError::stop("the event type is not valid").caused_by(error)
        })?;
        let transfers = TokenTransfers::new(config.network, config.mode);
        let deriver = Deriver {
            event_type,
            transfers,
            verify: config.verify,
        };
        Ok(Self {
            context,
            deriver: Arc::new(Mutex::new(deriver)),
        })
    }
}

#[async_trait]
impl Processor for TtpProcessor {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        let batch = batch.clone();
        let context = self.context.clone();
        let deriver = Arc::clone(&self.deriver);
        // On a thread of its own: a large ledger takes longer than a runtime may be held up.
        let derived = task::spawn_blocking(move || {
            deriver
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .output(&batch, &context)
        });
        derived.await.map_err(|error| {
            ComponentError::stop("the thread that derives events ended").caused_by(error)
        })?
    }
}

/// The work of one call, apart from the runtime.
#[derive(Debug)]
struct Deriver {
    event_type: EventType,
    transfers: TokenTransfers,
    verify: bool,
}

impl Deriver {
    fn output(
        &mut self,
        batch: &Batch,
        context: &ComponentContext,
    ) -> Result<Output, ComponentError> {
        let mut output = Output::new();
        let mut rejected = Vec::new();
        for event in batch.events() {
            let found = self.ledger_events(event, context)?;
            rejected.push(found.rejected);
            output.extend((0..).zip(found.events).map(|(index, transfer)| {
                event.derive(index, self.event_type.clone(), payload(transfer))
            }));
        }
        // Only now: a call that fails is made again and would count them again.
        for (reason, count) in rejected.iter().flat_map(Rejections::iter) {
            let reason = format!("rejected token event: {reason}");
            context.meter.dropped(reason, count);
        }
        Ok(output)
    }

    fn ledger_events(
        &mut self,
        event: &Event,
        context: &ComponentContext,
    ) -> Result<LedgerEvents, ComponentError> {
        let refuse = |what: &str| {
            let place = event.metadata().get(PLACE);
            let from = place
                .map(|place| format!(", read from {place},"))
                .unwrap_or_default();
            let message = format!("ledger {}{from} {what}", event.sequence());
            ComponentError::skip(message, vec![(event.sequence(), event.path().clone())])
        };
        let bytes = context
            .codecs
            .encode(event)
            .map_err(|e| refuse("has no bytes").caused_by(e))?;
        let found = self
            .transfers
            .events_of_xdr(&bytes)
            .map_err(|error| match error {
                error if error.is_other_network() => {
                    let sequence = event.sequence();
                    ComponentError::stop(format!(
                        "ledger {sequence} is not of the network it should be"
                    ))
                    .caused_by(error)
                    .help("set `network_passphrase` to that of the network the ledgers are of")
                }
                DeriveError::Undecodable(_) => refuse("is malformed").caused_by(error),
                _ => refuse("has no derivable events").caused_by(error),
            })?;
        if self.verify {
            let ledger = ledger::decode(&bytes).map_err(|e| refuse("is malformed").caused_by(e))?;
            verify(&ledger, &found.events).map_err(|error| {
                let sequence = event.sequence();
                ComponentError::stop(format!("the events of ledger {sequence} do not add up"))
                    .caused_by(error)
            })?;
        }
        Ok(found)
    }
}

/// An event as a payload that counts with all that it owns.
pub(crate) fn payload(transfer: TokenTransferEvent) -> Payload {
    let size = size_of_val(&transfer) + heap_size(&transfer);
    Payload::value(transfer, size)
}

/// What an event owns outside of itself, in bytes.
fn heap_size(event: &TokenTransferEvent) -> usize {
    match &event.meta.to_muxed_info {
        Some(MuxedInfo::Text(text)) => text.len(),
        Some(MuxedInfo::Hash(hash)) => hash.len(),
        Some(MuxedInfo::Id(_)) | None => 0,
    }
}
