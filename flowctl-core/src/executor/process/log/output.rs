use std::{fs::File, io, os::unix::fs::FileExt};

use super::lines::{LONGEST, Lines, Piece};

/// One output of an instance, read forward.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
    lines: Lines,
    /// The next piece, already read.
    next: Option<Piece>,
    /// Whether the line that is being read began before what is wanted.
    skips: bool,
}

const CHUNK: usize = 64 * 1024;

impl Output {
    /// The lines that begin at `position` or later.
    pub(super) fn open(file: File, position: u64, first: u64) -> io::Result<Self> {
        let mut output = Self {
            file,
            lines: Lines::at(position),
            next: None,
            skips: false,
        };
        output.go(position, first)?;
        Ok(output)
    }

    /// Goes on with the lines that begin at `position` or later, where `first` is the first byte kept.
    pub(super) fn go(&mut self, position: u64, first: u64) -> io::Result<()> {
        let position = position.max(first);
        let mut before = [b'\n'];
        if position > first {
            self.file.read_at(&mut before, position - 1)?;
        }
        self.lines = Lines::at(position);
        self.next = None;
        self.skips = before != [b'\n'];
        Ok(())
    }

    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub(super) fn modified(&self) -> io::Result<std::time::SystemTime> {
        self.file.metadata()?.modified()
    }

    /// Where the next piece begins.
    pub(super) fn position(&self) -> u64 {
        self.next
            .as_ref()
            .map_or_else(|| self.lines.end(), |piece| piece.position)
    }

    /// How far it was read.
    pub(super) fn read_to(&self) -> u64 {
        self.lines.end()
    }

    /// The next piece before `end`. `rest` says that nothing more comes, so that a line without an
    /// end is one too.
    pub(super) fn peek(&mut self, end: u64, rest: bool) -> io::Result<Option<&Piece>> {
        while self.next.is_none() {
            let piece = match self.lines.next() {
                None if self.read(end)? => continue,
                None if rest => self.lines.rest(),
                next => next,
            };
            let Some(piece) = piece else {
                return Ok(None);
            };
            let skips = self.skips;
            self.skips = skips && piece.partial;
            if !skips {
                self.next = Some(piece);
            }
        }
        Ok(self.next.as_ref())
    }

    pub(super) fn take(&mut self) -> Option<Piece> {
        self.next.take()
    }

    /// Reads on; false at `end`.
    fn read(&mut self, end: u64) -> io::Result<bool> {
        let position = self.lines.end();
        let left = usize::try_from(end.saturating_sub(position)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; CHUNK.min(left)];
        let length = self.file.read_at(&mut buffer, position)?;
        self.lines.push(buffer.get(..length).unwrap_or_default());
        Ok(length > 0)
    }

    /// Where the last `count` lines of `from..end` begin, or earlier.
    pub(super) fn last_lines(&self, count: usize, from: u64, end: u64) -> io::Result<u64> {
        let mut at = end;
        let mut found = 0;
        let mut buffer = vec![0; CHUNK];
        while at > from {
            let length = CHUNK.min(usize::try_from(at - from).unwrap_or(CHUNK));
            let begin = at - length as u64;
            let part = buffer.get_mut(..length).unwrap_or_default();
            self.file.read_exact_at(part, begin)?;
            for (place, byte) in part.iter().enumerate().rev() {
                // The break that ends the last line begins none.
                if *byte == b'\n' && begin + place as u64 + 1 < end {
                    found += 1;
                    if found >= count {
                        return Ok(begin + place as u64 + 1);
                    }
                }
            }
            at = begin;
        }
        Ok(from)
    }
}

const _: () = assert!(CHUNK >= LONGEST, "a chunk completes a piece");
