use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::ledger::LedgerHeader;

/// One ledger as it came: the XDR of a `LedgerCloseMeta`, with its checked header.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawLedger {
    /// What its header says.
    pub header: LedgerHeader,
    /// The XDR, byte for byte as it was read.
    pub bytes: Bytes,
}

impl RawLedger {
    pub(crate) const fn new(header: LedgerHeader, bytes: Bytes) -> Self {
        Self { header, bytes }
    }

    /// When the ledger closed.
    #[must_use]
    pub fn closed_at(&self) -> SystemTime {
        // The header's check bounds the seconds to the year 9999, which `SystemTime` holds.
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.header.close_time_seconds)
    }
}
