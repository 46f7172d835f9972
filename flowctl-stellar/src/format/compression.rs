use std::io::{self, Cursor, Read};

/// The bytes with which a gzip member begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The bytes with which a Zstandard frame begins (RFC 8878, section 3.1.1).
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The content, uncompressed: recognised by its first bytes, whatever the name says.
///
/// A ledger begins with a small number or with a frame's mark; neither looks like a compression.
pub(super) fn uncompressed(mut content: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut start = Vec::with_capacity(4);
    (&mut content).take(4).read_to_end(&mut start)?;
    let gzip = start.starts_with(&GZIP);
    let zstandard = start == ZSTANDARD;
    let whole = Cursor::new(start).chain(content);
    Ok(if gzip {
        Box::new(flate2::read::MultiGzDecoder::new(whole))
    } else if zstandard {
        Box::new(zstd::stream::read::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    })
}
