use stellar_xdr::{LedgerCloseMeta, Limited, Limits, ReadXdr, WriteXdr};

/// How deep the XDR of a ledger may nest.
///
/// stellar-core reads and writes contract values with a limit of 500 (soroban-env-host,
/// `DEFAULT_XDR_RW_LIMITS`), and in a ledger they lie a few dozen levels deep. A value of this depth
/// still decodes in the 2 MiB stack of a spawned thread.
pub(crate) const MAX_DEPTH: u32 = 550;

/// Bytes that are no `LedgerCloseMeta`.
#[derive(Debug, thiserror::Error)]
#[error("not a `LedgerCloseMeta`")]
pub struct DecodeError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl DecodeError {
    pub(crate) fn new(cause: stellar_xdr::Error) -> Self {
        Self(Box::new(cause))
    }
}

/// The limits for reading from `bytes`: no length field can ask for more than there is.
pub(crate) const fn limits(bytes: &[u8]) -> Limits {
    Limits {
        depth: MAX_DEPTH,
        len: bytes.len(),
    }
}

/// Decodes the XDR of one `LedgerCloseMeta`, all of `bytes`.
///
/// Memory is bounded by a small multiple of the input, whatever the input claims about its lengths.
///
/// # Errors
///
/// [`DecodeError`] for truncated or malformed XDR, for bytes left over, and for values nested deeper
/// than any real ledger.
pub fn decode(bytes: &[u8]) -> Result<LedgerCloseMeta, DecodeError> {
    // Reading from the slice itself is faster than `from_xdr`, which goes through a cursor.
    let mut reader = Limited::new(bytes, limits(bytes));
    let ledger = LedgerCloseMeta::read_xdr(&mut reader).map_err(DecodeError::new)?;
    if reader.inner.is_empty() {
        Ok(ledger)
    } else {
        Err(DecodeError::new(stellar_xdr::Error::Invalid))
    }
}

/// The XDR of a `LedgerCloseMeta`.
///
/// # Errors
///
/// [`DecodeError`] if the value has no XDR: a length above its maximum, or nesting that [`decode`]
/// would refuse.
pub fn encode(ledger: &LedgerCloseMeta) -> Result<Vec<u8>, DecodeError> {
    ledger
        .to_xdr(Limits::depth(MAX_DEPTH))
        .map_err(DecodeError::new)
}
