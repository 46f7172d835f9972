use std::time::{Duration, SystemTime};

use bytes::Bytes;
use flowctl_core::{BoxError, event::EventValue};
use jiff::Timestamp;
use serde_json::json;

use super::Place;
use crate::{
    ledger::{self, HeaderError, LedgerHeader},
    source::LEDGER_EVENT_TYPE,
};

/// One ledger as it came: the XDR of a `LedgerCloseMeta`, with its checked header.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawLedger {
    /// What its header says.
    pub header: LedgerHeader,
    /// The XDR, byte for byte as it was read.
    pub bytes: Bytes,
    /// Where it was read, for errors; `None` where it was made.
    pub place: Option<Place>,
}

impl RawLedger {
    /// A ledger that was read nowhere.
    ///
    /// # Errors
    ///
    /// When the bytes do not begin with a valid header.
    pub fn new(bytes: Bytes) -> Result<Self, HeaderError> {
        Ok(Self {
            header: LedgerHeader::peek(&bytes)?,
            bytes,
            place: None,
        })
    }

    /// When the ledger closed.
    #[must_use]
    pub fn closed_at(&self) -> SystemTime {
        // The header's check bounds the seconds to the year 9999, which `SystemTime` holds.
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.header.close_time_seconds)
    }
}

/// The binary form is the ledger's XDR itself. As JSON it is a summary: what its header says, its size,
/// and how many transactions it has.
impl EventValue for RawLedger {
    const EVENT_TYPE: &'static str = LEDGER_EVENT_TYPE;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(Self::new(Bytes::copy_from_slice(bytes))?)
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        let closed_at = i64::try_from(self.header.close_time_seconds)
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .map(|time| time.to_string());
        let transactions = ledger::decode(&self.bytes)
            .ok()
            .map(|ledger| ledger::applied_transactions(&ledger).count());
        let summary = json!({
            "ledger_sequence": self.header.sequence,
            "closed_at": closed_at,
            "protocol": self.header.protocol,
            "hash": self.header.hash.to_string(),
            "previous_hash": self.header.previous_hash.to_string(),
            "transactions": transactions,
            "bytes": self.bytes.len(),
        });
        out.extend_from_slice(summary.to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Network, fixtures::ledgers_of};

    #[test]
    fn a_ledger_travels_as_its_xdr_and_is_summed_up_in_json() {
        let bytes = ledgers_of(&Network::pubnet(), 7, 1).remove(0);
        let ledger = RawLedger::decode(&bytes).unwrap();
        let mut encoded = Vec::new();
        ledger.encode(&mut encoded);
        assert_eq!(encoded, bytes);
        let mut json = Vec::new();
        ledger.write_json(&mut json);
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["ledger_sequence"], 7);
        assert_eq!(json["closed_at"], "2023-11-14T22:13:55Z");
        assert_eq!(json["transactions"], 1);
        assert!(RawLedger::decode(b"").is_err());
    }
}
