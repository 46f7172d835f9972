use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use flowctl_stellar::ledger::{LedgerHeader, decode, encode};
use stellar_xdr::{LedgerCloseMeta, LedgerCloseMetaBatch, Limits, ReadXdr};

use crate::Failure;

/// The XDR of one `LedgerCloseMeta`, kept encoded so that decoding can be timed.
#[derive(Debug, Clone)]
pub struct RawLedger {
    /// The ledger's sequence number.
    pub sequence: u32,
    /// The ledger's XDR.
    pub bytes: Vec<u8>,
}

impl RawLedger {
    /// Every ledger of the files, or of stdin if there is no file, ordered by sequence.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or holds something else than ledgers; the message names it.
    pub fn read(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        let mut ledgers = Vec::new();
        if paths.is_empty() {
            unpack_from(&mut io::stdin().lock(), &mut ledgers)?;
        }
        for path in paths {
            let named = |cause: Failure| format!("{}: {cause}", path.display());
            let content = fs::read(path).map_err(|cause| named(cause.into()))?;
            unpack(content, &mut ledgers).map_err(named)?;
        }
        ledgers.sort_by_key(|ledger| ledger.sequence);
        Ok(ledgers)
    }

    fn of(ledger: &LedgerCloseMeta, bytes: Vec<u8>) -> Result<Self, Failure> {
        Ok(Self {
            sequence: LedgerHeader::of(ledger)?.sequence,
            bytes,
        })
    }
}

/// Tells the forms apart by what the content starts with: gzip, zstd, tar, a framed stream (a 4-byte
/// length with the high bit set), else bare XDR of one ledger or of one batch.
fn unpack(content: Vec<u8>, to: &mut Vec<RawLedger>) -> Result<(), Failure> {
    match content.as_slice() {
        [0x1f, 0x8b, ..] => unpack_from(
            &mut flate2::read::MultiGzDecoder::new(content.as_slice()),
            to,
        ),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            unpack_from(&mut zstd::Decoder::new(content.as_slice())?, to)
        }
        tar if tar.get(257..262) == Some(b"ustar") => {
            for entry in tar::Archive::new(tar).entries()? {
                let mut entry = entry?;
                if entry.header().entry_type().is_file() {
                    unpack_from(&mut entry, to)?;
                }
            }
            Ok(())
        }
        [first, ..] if first & 0x80 != 0 => unpack_frames(&content, to),
        _ => unpack_xdr(content, to),
    }
}

fn unpack_from(reader: &mut dyn Read, to: &mut Vec<RawLedger>) -> Result<(), Failure> {
    let mut content = Vec::new();
    reader.read_to_end(&mut content)?;
    unpack(content, to)
}

fn unpack_frames(mut content: &[u8], to: &mut Vec<RawLedger>) -> Result<(), Failure> {
    while !content.is_empty() {
        let (head, rest) = content
            .split_first_chunk::<4>()
            .ok_or("a frame is cut off")?;
        let length = u32::from_be_bytes(*head) & !(1 << 31);
        let (frame, rest) = rest
            .split_at_checked(usize::try_from(length)?)
            .ok_or("a frame is cut off")?;
        unpack_xdr(frame.to_vec(), to)?;
        content = rest;
    }
    Ok(())
}

fn unpack_xdr(content: Vec<u8>, to: &mut Vec<RawLedger>) -> Result<(), Failure> {
    if let Ok(ledger) = decode(&content) {
        to.push(RawLedger::of(&ledger, content)?);
        return Ok(());
    }
    let limits = Limits {
        depth: 500,
        len: content.len(),
    };
    let batch = LedgerCloseMetaBatch::from_xdr(content, limits)?;
    for ledger in batch.ledger_close_metas.iter() {
        to.push(RawLedger::of(ledger, encode(ledger)?)?);
    }
    Ok(())
}
