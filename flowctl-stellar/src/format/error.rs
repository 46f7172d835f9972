use std::{fmt, io, sync::Arc};

use crate::ledger::HeaderError;

/// A ledger could not be read: where, and (as its source) why.
#[derive(Debug, thiserror::Error)]
#[error("cannot read a ledger at {place}")]
pub struct FormatError {
    /// Where in which file.
    pub place: Place,
    /// What is wrong there.
    #[source]
    pub problem: Problem,
}

/// A place in a file or an object.
///
/// Shown as `` `lcm.tar.zst`, member `7.xdr`, byte 120``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the file, or the key of the object.
    pub file: Arc<str>,
    /// The member, when the file is an archive.
    pub member: Option<Arc<str>>,
    /// Bytes from the beginning of the uncompressed content (of the member, where there is one).
    pub offset: u64,
}

/// What can be wrong with bytes that should hold ledgers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The medium, or the decompression, failed.
    #[error("the content cannot be read")]
    Io(#[source] io::Error),
    /// There is nothing at all.
    #[error("there is no content")]
    Empty,
    /// The first bytes begin neither a ledger, a batch nor a frame.
    #[error("the bytes `{start}` begin no ledger, no batch of ledgers and no frame")]
    NotALedger {
        /// The first bytes, in hexadecimal.
        start: String,
    },
    /// The content ends too early.
    #[error("the content ends after {found} of {expected} bytes")]
    Truncated {
        /// How many bytes should be here.
        expected: u64,
        /// How many are.
        found: u64,
    },
    /// A record mark without its high bit: a record in several pieces, or no mark at all.
    #[error("`{mark:08x}` is not the mark of a whole frame: its high bit is not set")]
    FrameMark {
        /// The four bytes, as a number.
        mark: u32,
    },
    /// The ledger is larger than the limit.
    #[error("the ledger is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The header is not a ledger's.
    #[error("the header of the ledger is not valid")]
    Header(#[source] HeaderError),
    /// A ledger within a batch does not decode, so the next one cannot be found.
    #[error("the ledger is not valid XDR")]
    Xdr(#[source] stellar_xdr::Error),
    /// A batch holds another number of ledgers than its range says.
    #[error("a batch of the ledgers {start} to {end} holds {count} ledgers")]
    BatchCount {
        /// The first ledger of its range.
        start: u32,
        /// The last ledger of its range.
        end: u32,
        /// How many ledgers it holds.
        count: u32,
    },
    /// A ledger in a batch is not the one that its place in the batch says.
    #[error("ledger {found} stands where the batch says that ledger {expected} is")]
    BatchSequence {
        /// The sequence by its place.
        expected: u32,
        /// The sequence by its header.
        found: u32,
    },
    /// An archive's member has no valid header.
    #[error("the archive is damaged: a member's header is not valid")]
    Archive(#[source] io::Error),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if let Some(member) = &self.member {
            write!(f, ", member `{member}`")?;
        }
        write!(f, ", byte {}", self.offset)
    }
}
