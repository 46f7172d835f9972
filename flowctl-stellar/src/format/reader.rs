use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use stellar_xdr::{LedgerCloseMeta, Limited, Limits, ReadXdr};

use super::{
    FormatError, Place, Problem, RawLedger, Shape,
    archive::{self, Member},
    compression,
    input::Input,
    shape::{FRAME_MARK, word},
};
use crate::ledger::{LedgerHeader, MAX_DEPTH};

/// How many bytes of a ledger are looked at for its header.
///
/// A header is below 2 KiB: its lists of upgrades and skipped ledgers are bounded by the XDR.
const HEADER_BYTES: usize = 8 * 1024;

/// Takes the ledgers out of one file or object, in the order in which they lie there.
///
/// Holds one ledger and the buffers of the decompression at a time, however large the content is. An
/// iterator over the ledgers; after an error it ends.
pub struct LedgerReader {
    file: Arc<str>,
    member: Option<Member>,
    input: Input,
    archive: bool,
    content: Content,
    limit: usize,
}

/// What is left to be read of the current content.
enum Content {
    /// Its beginning was not looked at.
    New,
    Single,
    Batch {
        next: u32,
        end: u32,
        left: u32,
    },
    Framed,
    Done,
}

impl LedgerReader {
    /// Opens a file.
    ///
    /// `limit` is the largest ledger that is read, in bytes.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or its compression is damaged from the start.
    pub fn open(path: &Path, limit: usize) -> Result<Self, FormatError> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::new(
                &name,
                Box::new(io::BufReader::with_capacity(1 << 16, file)),
                limit,
            ),
            Err(error) => Err(at_start(name.as_str().into(), Problem::Io(error))),
        }
    }

    /// Reads from `content`, which errors call `name`.
    ///
    /// # Errors
    ///
    /// When the content cannot be read or its compression is damaged from the start.
    pub fn new(
        name: &str,
        content: Box<dyn Read + Send>,
        limit: usize,
    ) -> Result<Self, FormatError> {
        let file: Arc<str> = name.into();
        let opened = compression::uncompressed(content).and_then(|content| {
            let mut input = Input::new(content);
            let archive = archive::is_archive(&mut input)?;
            Ok((input, archive))
        });
        let (input, archive) = match opened {
            Ok(opened) => opened,
            Err(error) => return Err(at_start(file, Problem::Io(error))),
        };
        let content = if archive { Content::Done } else { Content::New };
        Ok(Self {
            file,
            member: None,
            input,
            archive,
            content,
            limit,
        })
    }

    /// The header of the next ledger, without reading the ledger where that can be avoided.
    ///
    /// May be mixed freely with iterating.
    ///
    /// # Errors
    ///
    /// As iterating; only the header of a ledger is looked at, and a batch of several is decoded.
    pub fn next_header(&mut self) -> Option<Result<LedgerHeader, FormatError>> {
        self.step(Self::skip_ledger)
    }

    /// Where the reader is.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            file: Arc::clone(&self.file),
            member: self.member.as_ref().map(|member| Arc::clone(&member.name)),
            offset: self.input.offset(),
        }
    }

    /// Does `take` at the next ledger. Fuses after an error.
    fn step<T>(
        &mut self,
        take: fn(&mut Self, LedgerHeader) -> Result<T, FormatError>,
    ) -> Option<Result<T, FormatError>> {
        let result = self.find_next().and_then(|found| match found {
            true => self
                .header()
                .and_then(|header| take(self, header))
                .map(Some),
            false => Ok(None),
        });
        if result.is_err() {
            self.content = Content::Done;
            self.archive = false;
        }
        result.transpose()
    }

    /// Brings `input` to the first byte of the next ledger; `false`: there is none.
    fn find_next(&mut self) -> Result<bool, FormatError> {
        loop {
            match self.content {
                Content::New => self.begin_content()?,
                Content::Done if self.archive => {
                    if !self.next_member()? {
                        return Ok(false);
                    }
                }
                Content::Done => return Ok(false),
                Content::Framed => {
                    if !self.peek(1)?.is_empty() {
                        return Ok(true);
                    }
                    self.content = Content::Done;
                }
                Content::Single | Content::Batch { .. } => return Ok(true),
            }
        }
    }

    fn next_member(&mut self) -> Result<bool, FormatError> {
        if let Some(member) = self.member.take() {
            let rest = member.size.saturating_sub(self.input.offset());
            let skipped = self
                .input
                .skip(rest)
                .map_err(|error| self.error(Problem::Io(error)))?;
            if skipped < rest {
                return Err(self.error(Problem::Truncated {
                    expected: rest,
                    found: skipped,
                }));
            }
            self.input.begin(member.padding());
            self.input
                .skip(member.padding())
                .map_err(|error| self.error(Problem::Io(error)))?;
        }
        let member = archive::next_member(&mut self.input)
            .map_err(|error| self.error(Problem::Archive(error)))?;
        let Some(member) = member else {
            return Ok(false);
        };
        self.input.begin(member.size);
        self.member = Some(member);
        self.content = Content::New;
        Ok(true)
    }

    /// Recognises the shape of new content and passes what comes before its first ledger.
    fn begin_content(&mut self) -> Result<(), FormatError> {
        let start = self.peek(Shape::PREFIX)?.to_vec();
        self.content = match Shape::detect(&start) {
            Some(Shape::Single) => Content::Single,
            Some(Shape::Framed) => Content::Framed,
            Some(Shape::Batch { start, end, count }) => {
                if u64::from(count) != u64::from(end - start) + 1 {
                    return Err(self.error(Problem::BatchCount { start, end, count }));
                }
                self.read(Shape::PREFIX)?;
                Content::Batch {
                    next: start,
                    end,
                    left: count,
                }
            }
            None if start.is_empty() => return Err(self.error(Problem::Empty)),
            None => {
                let start = start.iter().map(|byte| format!("{byte:02x}")).collect();
                return Err(self.error(Problem::NotALedger { start }));
            }
        };
        Ok(())
    }

    /// The header of the ledger that `input` is at, checked.
    fn header(&mut self) -> Result<LedgerHeader, FormatError> {
        let mark = if matches!(self.content, Content::Framed) {
            4
        } else {
            0
        };
        let start = self.peek(mark + HEADER_BYTES)?;
        let header = LedgerHeader::peek(start.get(mark..).unwrap_or_default())
            .map_err(|error| self.error(Problem::Header(error)))?;
        match self.content {
            Content::Batch { next, .. } if next != header.sequence => {
                let (expected, found) = (next, header.sequence);
                Err(self.error(Problem::BatchSequence { expected, found }))
            }
            _ => Ok(header),
        }
    }

    fn take_ledger(&mut self, header: LedgerHeader) -> Result<RawLedger, FormatError> {
        let place = Some(self.place());
        let bytes = match self.content {
            Content::Framed => {
                let length = self.frame_length()?;
                self.read(length)?
            }
            Content::Batch { next, end, left } if left > 1 => {
                self.content = Content::Batch {
                    next: next + 1,
                    end,
                    left: left - 1,
                };
                self.decoded_bytes()?
            }
            Content::New | Content::Single | Content::Batch { .. } | Content::Done => {
                self.content = Content::Done;
                self.read_rest()?
            }
        };
        Ok(RawLedger {
            header,
            bytes: bytes.into(),
            place,
        })
    }

    fn skip_ledger(&mut self, header: LedgerHeader) -> Result<LedgerHeader, FormatError> {
        match self.content {
            Content::Framed => {
                let length = u64::try_from(self.frame_length()?).unwrap_or(u64::MAX);
                let found = self
                    .input
                    .skip(length)
                    .map_err(|error| self.error(Problem::Io(error)))?;
                if found < length {
                    return Err(self.error(Problem::Truncated {
                        expected: length,
                        found,
                    }));
                }
            }
            Content::Batch { left, .. } if left > 1 => drop(self.take_ledger(header)?),
            // What is left of the content belongs to this ledger; the next member skips it.
            Content::New | Content::Single | Content::Batch { .. } | Content::Done => {
                self.content = Content::Done;
            }
        }
        Ok(header)
    }

    /// Passes a record mark; the length of what is behind it.
    fn frame_length(&mut self) -> Result<usize, FormatError> {
        let bytes = self.read(4)?;
        let mark = word(&bytes, 0).unwrap_or_default();
        if mark & FRAME_MARK == 0 {
            return Err(self.error(Problem::FrameMark { mark }));
        }
        match usize::try_from(mark & !FRAME_MARK) {
            Ok(length) if length <= self.limit => Ok(length),
            _ => Err(self.error(Problem::TooLarge { limit: self.limit })),
        }
    }

    /// The bytes of a ledger whose end only its XDR knows.
    fn decoded_bytes(&mut self) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::new();
        let limits = Limits {
            depth: MAX_DEPTH,
            len: self.limit,
        };
        let mut copy = Copying {
            from: &mut self.input,
            to: &mut bytes,
        };
        match LedgerCloseMeta::read_xdr(&mut Limited::new(&mut copy, limits)) {
            Ok(_) => Ok(bytes),
            Err(stellar_xdr::Error::LengthLimitExceeded) => {
                Err(self.error(Problem::TooLarge { limit: self.limit }))
            }
            Err(error) => Err(self.error(Problem::Xdr(error))),
        }
    }

    fn read_rest(&mut self) -> Result<Vec<u8>, FormatError> {
        let bytes = self
            .input
            .read_up_to(self.limit.saturating_add(1))
            .map_err(|error| self.error(Problem::Io(error)))?;
        if bytes.len() > self.limit {
            return Err(self.error(Problem::TooLarge { limit: self.limit }));
        }
        let missing = self
            .member
            .as_ref()
            .map_or(0, |member| member.size - self.input.offset());
        if missing > 0 {
            let found = self.input.offset();
            return Err(self.error(Problem::Truncated {
                expected: found + missing,
                found,
            }));
        }
        Ok(bytes)
    }

    fn read(&mut self, length: usize) -> Result<Vec<u8>, FormatError> {
        let bytes = self
            .input
            .read_up_to(length)
            .map_err(|error| self.error(Problem::Io(error)))?;
        if bytes.len() == length {
            return Ok(bytes);
        }
        let count = |length| u64::try_from(length).unwrap_or(u64::MAX);
        let (expected, found) = (count(length), count(bytes.len()));
        Err(self.error(Problem::Truncated { expected, found }))
    }

    fn peek(&mut self, length: usize) -> Result<&[u8], FormatError> {
        let place = self.place();
        self.input.peek(length).map_err(|error| FormatError {
            place,
            problem: Problem::Io(error),
        })
    }

    fn error(&self, problem: Problem) -> FormatError {
        FormatError {
            place: self.place(),
            problem,
        }
    }
}

impl Iterator for LedgerReader {
    type Item = Result<RawLedger, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(Self::take_ledger)
    }
}

impl fmt::Debug for LedgerReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerReader")
            .field("place", &self.place())
            .finish_non_exhaustive()
    }
}

/// Reads from one place and keeps a copy of what was read.
struct Copying<'a> {
    from: &'a mut Input,
    to: &'a mut Vec<u8>,
}

impl Read for Copying<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.to
            .extend_from_slice(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

fn at_start(file: Arc<str>, problem: Problem) -> FormatError {
    FormatError {
        place: Place {
            file,
            member: None,
            offset: 0,
        },
        problem,
    }
}
