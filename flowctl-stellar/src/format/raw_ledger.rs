use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::Place;
use crate::ledger::{HeaderError, LedgerHeader};

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
