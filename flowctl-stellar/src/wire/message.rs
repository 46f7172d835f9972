use bytes::Bytes;
use flowctl_core::{BoxError, event::EventValue as _};

use crate::{
    processor::protobuf::{Fields, put_number, put_set_bytes},
    token_transfer::TokenTransferEvent,
};

/// What an event service sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// An event.
    Event(Box<TokenTransferEvent>),
    /// This ledger and all before are complete.
    Mark(u32),
}

/// What a reader of events asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// The first ledger; 0: where the server begins by itself.
    pub(super) start: u32,
    /// The last ledger; 0: none.
    pub(super) end: u32,
}

impl Message {
    /// Reads a message.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, BoxError> {
        match mark(bytes)? {
            Some(ledger) => Ok(Self::Mark(ledger)),
            None => Ok(Self::Event(Box::new(TokenTransferEvent::decode(bytes)?))),
        }
    }

    /// The message that marks the end of a ledger.
    pub(super) fn write_mark(ledger: u32) -> Bytes {
        let (mut meta, mut message) = (Vec::new(), Vec::new());
        put_number(&mut meta, 1, ledger.into());
        put_set_bytes(&mut message, 1, &meta);
        message.into()
    }
}

/// The ledger of a message that has nothing but `meta.ledger_sequence`.
fn mark(bytes: &[u8]) -> Result<Option<u32>, BoxError> {
    let mut fields = Fields(bytes);
    let Some((1, meta)) = fields.next()? else {
        return Ok(None);
    };
    // An event has more, and that is seen after a few bytes.
    if !fields.0.is_empty() {
        return Ok(None);
    }
    let mut fields = Fields(meta.bytes()?);
    match (fields.next()?, fields.0.is_empty()) {
        (Some((1, ledger)), true) => Ok(Some(ledger.number()?)),
        _ => Ok(None),
    }
}

impl Request {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, BoxError> {
        let mut request = Self::default();
        let mut fields = Fields(bytes);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => request.start = value.number()?,
                2 => request.end = value.number()?,
                _ => {}
            }
        }
        Ok(request)
    }

    pub(super) fn write(self) -> Bytes {
        let mut message = Vec::new();
        put_number(&mut message, 1, self.start.into());
        put_number(&mut message, 2, self.end.into());
        message.into()
    }
}

#[cfg(test)]
mod tests {
    use flowctl_grpc::proto::{
        token_transfer::{EventMeta, TokenTransferEvent as Theirs},
        token_transfer_service::GetEventsRequest,
    };
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    proptest! {
        #[test]
        fn a_request_is_what_the_contract_says(start: u32, end: u32) {
            let bytes = Request { start, end }.write();
            let theirs = GetEventsRequest { start_ledger: start, end_ledger: end };
            prop_assert_eq!(GetEventsRequest::decode(bytes.clone()).unwrap(), theirs);
            prop_assert_eq!(Request::read(&bytes).unwrap(), Request { start, end });
        }

        #[test]
        fn a_mark_is_a_message_of_the_contract_and_no_event(ledger in 1_u32..) {
            let bytes = Message::write_mark(ledger);
            prop_assert_eq!(Message::read(&bytes).unwrap(), Message::Mark(ledger));
            let theirs = Theirs::decode(bytes).unwrap();
            let meta = EventMeta { ledger_sequence: ledger, ..EventMeta::default() };
            prop_assert_eq!(theirs, Theirs { meta: Some(meta), event: None });
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Message::read(&bytes);
            let _ = Request::read(&bytes);
        }
    }
}
