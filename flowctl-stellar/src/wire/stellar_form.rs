use std::time::UNIX_EPOCH;

use bytes::Bytes;
use flowctl_core::{
    BoxError, EventType,
    component::ComponentError,
    event::{Codecs, Event, Payload},
};
use flowctl_grpc::{
    proto::v1,
    v1::{Form, PlainForm},
};

use crate::{
    Network,
    processor::{
        TOKEN_TRANSFER_EVENT_TYPE,
        protobuf::{Fields, put_bytes, put_number, put_set_bytes},
    },
    source::LEDGER_EVENT_TYPE,
};

/// Ledgers and token-transfer events as upstream's components write and read them in `flowctl.v1`.
///
/// | event | `type` | payload |
/// |---|---|---|
/// | a ledger | `stellar.ledger.v1` | `stellar.v1.RawLedger`: sequence 1, XDR 2, passphrase 3, close time 4 |
/// | a token transfer | `stellar.token.transfer.v1` | `token_transfer.TokenTransferEvent` |
///
/// Events of other types travel as they are. A `stellar.v1.TokenTransferBatch`, which travels under the
/// second type too, is not read: it is many events.
#[derive(Clone, Debug, Default)]
pub struct StellarForm {
    network: Option<Network>,
    plain: PlainForm,
}

const LEDGER: &str = "stellar.ledger.v1";
const TRANSFER: &str = "stellar.token.transfer.v1";
const PROTOBUF: &str = "application/protobuf";
const TRANSFER_CONTENT: &str = "application/protobuf; message=token_transfer.TokenTransferEvent";

impl StellarForm {
    /// Writes the network into ledgers.
    #[must_use]
    pub fn with_network(mut self, network: Option<Network>) -> Self {
        self.network = network;
        self
    }

    fn raw_ledger(&self, sequence: u64, xdr: &[u8], closed_at: u64) -> Vec<u8> {
        let passphrase = self.network.as_ref().map_or("", Network::passphrase);
        let mut out = Vec::with_capacity(xdr.len() + passphrase.len() + 32);
        put_number(&mut out, 1, sequence);
        put_set_bytes(&mut out, 2, xdr);
        put_bytes(&mut out, 3, passphrase.as_bytes());
        put_number(&mut out, 4, closed_at);
        out
    }
}

impl Form for StellarForm {
    fn write(&self, event: &Event, codecs: &Codecs) -> Result<v1::Event, ComponentError> {
        let mut sent = self.plain.write(event, codecs)?;
        match event.event_type().as_str() {
            LEDGER_EVENT_TYPE => {
                let closed_at = event
                    .timestamp()
                    .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
                let closed_at = closed_at.map_or(0, |since| since.as_secs());
                let size = sent.payload.len();
                let payload = self.raw_ledger(event.sequence(), &sent.payload, closed_at);
                sent.payload = payload.into();
                sent.r#type = LEDGER.to_owned();
                sent.content_type = PROTOBUF.to_owned();
                let sequence = event.sequence().to_string();
                sent.metadata.insert("ledger_sequence".to_owned(), sequence);
                sent.metadata
                    .insert("xdr_size".to_owned(), size.to_string());
            }
            TOKEN_TRANSFER_EVENT_TYPE => {
                sent.r#type = TRANSFER.to_owned();
                sent.content_type = TRANSFER_CONTENT.to_owned();
                let sequence = event.sequence().to_string();
                sent.metadata.insert("ledger_sequence".to_owned(), sequence);
            }
            _ => {}
        }
        Ok(sent)
    }

    fn read(&self, event: &v1::Event) -> Result<(EventType, Payload), ComponentError> {
        let refuse = |why: BoxError| {
            let kind = &event.r#type;
            ComponentError::stop(format!("an event `{kind}` cannot be read")).caused_by(why)
        };
        let named = |name: &str| {
            name.parse::<EventType>()
                .map_err(|error| refuse(error.into()))
        };
        match event.r#type.as_str() {
            LEDGER => {
                let xdr = xdr(&event.payload).map_err(refuse)?;
                Ok((named(LEDGER_EVENT_TYPE)?, Payload::bytes(xdr)))
            }
            TRANSFER => {
                let payload = Payload::bytes(event.payload.clone());
                Ok((named(TOKEN_TRANSFER_EVENT_TYPE)?, payload))
            }
            _ => self.plain.read(event),
        }
    }
}

/// The XDR in a `stellar.v1.RawLedger`, without a copy.
fn xdr(message: &Bytes) -> Result<Bytes, BoxError> {
    let mut found = None;
    let mut fields = Fields(message);
    while let Some((field, value)) = fields.next()? {
        if field == 2 {
            found = Some(value.bytes()?);
        }
    }
    let found = found.ok_or("the message has no ledger")?;
    Ok(message.slice_ref(found))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn a_ledger_is_a_raw_ledger_on_the_wire_and_comes_back() {
        let form = StellarForm::default().with_network(Some(Network::testnet()));
        let event_type: EventType = LEDGER_EVENT_TYPE.parse().unwrap();
        let at = UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        let payload = Payload::bytes(Bytes::from_static(b"the ledger"));
        let event = Event::new(event_type.clone(), 7, payload).at(at);
        let sent = form.write(&event, &Codecs::default()).unwrap();
        assert_eq!((&*sent.r#type, &*sent.content_type), (LEDGER, PROTOBUF));
        assert_eq!(sent.metadata["ledger_sequence"], "7");
        // The message of the older service is a prefix of it.
        let decoded = flowctl_grpc::proto::raw_ledger::RawLedger::decode(&*sent.payload).unwrap();
        assert_eq!(
            (decoded.sequence, &*decoded.ledger_close_meta_xdr),
            (7, &b"the ledger"[..])
        );
        let (read, payload) = form.read(&sent).unwrap();
        assert_eq!(read, event_type);
        assert_eq!(
            payload.as_bytes().unwrap(),
            event.payload().as_bytes().unwrap()
        );
    }

    #[test]
    fn what_is_no_ledger_is_an_error() {
        let sent = v1::Event {
            r#type: LEDGER.to_owned(),
            payload: Bytes::from_static(b"\x0a\xff"),
            ..v1::Event::default()
        };
        assert!(StellarForm::default().read(&sent).is_err());
    }

    #[test]
    fn other_events_travel_as_they_are() {
        let event = Event::new(
            "mine".parse().unwrap(),
            7,
            Payload::bytes(Bytes::from_static(b"x")),
        );
        let sent = StellarForm::default()
            .write(&event, &Codecs::default())
            .unwrap();
        assert_eq!((&*sent.r#type, &*sent.payload), ("mine", &b"x"[..]));
    }
}
