use stellar_xdr::{
    LedgerCloseMeta, LedgerCloseMetaExt, LedgerHeaderHistoryEntry, Limited, Limits, ReadXdr,
    WriteXdr,
};

use super::decode::{DecodeError, limits};
use crate::Hash;

/// The last second of the year 9999, which is what a protobuf timestamp and RFC 3339 can say.
const LAST_CLOSE_SECONDS: u64 = 253_402_300_799;

/// The facts in a ledger's header that the rest of the ledger is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerHeader {
    /// The ledger's number, one higher than the ledger's before.
    pub sequence: u32,
    /// When the ledger closed, in whole seconds since the Unix epoch.
    pub close_time_seconds: u64,
    /// The protocol version that its transactions were applied under.
    pub protocol: u32,
    /// The ledger's hash: the SHA-256 of its header, which was checked.
    pub hash: Hash,
    /// The hash of the ledger before.
    pub previous_hash: Hash,
}

/// Why a header cannot be trusted or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The bytes do not start with a ledger's header.
    #[error("cannot read the ledger's header")]
    Unreadable(#[source] DecodeError),
    /// The hash beside the header is not the header's.
    #[error("ledger {sequence} states the hash `{stated}`, but its header hashes to `{computed}`")]
    WrongHash {
        /// The ledger.
        sequence: u32,
        /// What the ledger states.
        stated: Hash,
        /// What its header hashes to.
        computed: Hash,
    },
    /// The close time lies beyond the year 9999.
    #[error("ledger {sequence} closes at second {seconds}, beyond the year 9999")]
    CloseTime {
        /// The ledger.
        sequence: u32,
        /// Seconds since the Unix epoch.
        seconds: u64,
    },
}

impl LedgerHeader {
    /// Reads and checks the header of a decoded ledger.
    ///
    /// # Errors
    ///
    /// [`HeaderError::WrongHash`] and [`HeaderError::CloseTime`].
    pub fn of(ledger: &LedgerCloseMeta) -> Result<Self, HeaderError> {
        let entry = match ledger {
            LedgerCloseMeta::V0(ledger) => &ledger.ledger_header,
            LedgerCloseMeta::V1(ledger) => &ledger.ledger_header,
            LedgerCloseMeta::V2(ledger) => &ledger.ledger_header,
        };
        Self::checked(entry)
    }

    /// Reads and checks the header at the start of a ledger's XDR. What follows is not looked at, so
    /// this costs a microsecond where decoding the ledger costs milliseconds.
    ///
    /// # Errors
    ///
    /// Every [`HeaderError`].
    pub fn peek(ledger: &[u8]) -> Result<Self, HeaderError> {
        Self::checked(&Self::entry(ledger)?)
    }

    /// The header at the start of a ledger's XDR as it stands there, unchecked.
    pub(crate) fn entry(ledger: &[u8]) -> Result<LedgerHeaderHistoryEntry, HeaderError> {
        let mut reader = Limited::new(ledger, limits(ledger));
        match u32::read_xdr(&mut reader).map_err(unreadable)? {
            0 => {}
            1 | 2 => {
                LedgerCloseMetaExt::read_xdr(&mut reader).map_err(unreadable)?;
            }
            _ => return Err(unreadable(stellar_xdr::Error::Invalid)),
        }
        LedgerHeaderHistoryEntry::read_xdr(&mut reader).map_err(unreadable)
    }

    fn checked(entry: &LedgerHeaderHistoryEntry) -> Result<Self, HeaderError> {
        let sequence = entry.header.ledger_seq;
        let header = entry.header.to_xdr(Limits::none()).map_err(unreadable)?;
        let (stated, computed) = (Hash::from(&entry.hash), Hash::of(header));
        if stated != computed {
            return Err(HeaderError::WrongHash {
                sequence,
                stated,
                computed,
            });
        }
        let seconds = entry.header.scp_value.close_time.0;
        if seconds > LAST_CLOSE_SECONDS {
            return Err(HeaderError::CloseTime { sequence, seconds });
        }
        Ok(Self {
            sequence,
            close_time_seconds: seconds,
            protocol: entry.header.ledger_version,
            hash: stated,
            previous_hash: Hash::from(&entry.header.previous_ledger_hash),
        })
    }
}

fn unreadable(cause: stellar_xdr::Error) -> HeaderError {
    HeaderError::Unreadable(DecodeError::new(cause))
}
