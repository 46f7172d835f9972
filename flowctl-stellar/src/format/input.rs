use std::io::{self, Read};

/// A reader that can look ahead, count, and stop at the end of a stretch.
///
/// A stretch is the whole content, or one member of an archive.
pub(super) struct Input {
    inner: Box<dyn Read + Send>,
    /// Read from `inner` and not yet handed out, from `taken` on.
    ahead: Vec<u8>,
    taken: usize,
    offset: u64,
    remaining: u64,
}

impl Input {
    /// The whole of `inner` as one stretch.
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Self {
            inner,
            ahead: Vec::new(),
            taken: 0,
            offset: 0,
            remaining: u64::MAX,
        }
    }

    /// How many bytes of the stretch have been handed out.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Begins a stretch of `length` bytes.
    pub(super) const fn begin(&mut self, length: u64) {
        self.offset = 0;
        self.remaining = length;
    }

    /// Up to `wanted` of the next bytes of the stretch; fewer only at its end.
    pub(super) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        let wanted = usize::try_from(self.remaining).map_or(wanted, |rest| wanted.min(rest));
        if self.taken > 0 {
            self.ahead.drain(..self.taken);
            self.taken = 0;
        }
        if let Some(missing) = wanted.checked_sub(self.ahead.len()) {
            let missing = u64::try_from(missing).unwrap_or(u64::MAX);
            (&mut self.inner)
                .take(missing)
                .read_to_end(&mut self.ahead)?;
        }
        Ok(self.ahead.get(..wanted).unwrap_or(&self.ahead))
    }

    /// Passes over up to `length` bytes of the stretch; says how many there were.
    pub(super) fn skip(&mut self, length: u64) -> io::Result<u64> {
        io::copy(&mut self.take(length), &mut io::sink())
    }

    /// Up to `length` of the next bytes, in memory that grows only as they come.
    pub(super) fn read_up_to(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length.min(1 << 20));
        self.take(u64::try_from(length).unwrap_or(u64::MAX))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.remaining).map_or(buffer.len(), |n| n.min(buffer.len()));
        let Some(buffer) = buffer.get_mut(..length) else {
            return Ok(0);
        };
        let mut ahead = self.ahead.get(self.taken..).unwrap_or_default();
        let read = if ahead.is_empty() {
            self.inner.read(buffer)?
        } else {
            let read = ahead.read(buffer)?;
            self.taken += read;
            read
        };
        let counted = u64::try_from(read).map_err(io::Error::other)?;
        self.offset += counted;
        self.remaining -= counted;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn looking_ahead_and_skipping_lose_no_byte(
            content in prop::collection::vec(any::<u8>(), 0..300),
            steps in prop::collection::vec((0_u8..3, 0_usize..40), 0..30),
        ) {
            let mut input = Input::new(Box::new(io::Cursor::new(content.clone())));
            let mut at = 0;
            for (step, length) in steps {
                let end = (at + length).min(content.len());
                match step {
                    0 => prop_assert_eq!(input.peek(length).unwrap(), &content[at..end]),
                    1 => {
                        prop_assert_eq!(input.read_up_to(length).unwrap(), &content[at..end]);
                        at = end;
                    }
                    _ => {
                        prop_assert_eq!(input.skip(length as u64).unwrap(), (end - at) as u64);
                        at = end;
                    }
                }
                prop_assert_eq!(input.offset(), at as u64);
            }
        }
    }

    #[test]
    fn a_stretch_ends_where_it_was_said_to_end() {
        let mut input = Input::new(Box::new(io::Cursor::new(b"abcdefgh".to_vec())));
        input.begin(3);
        assert_eq!(input.peek(8).unwrap(), b"abc");
        assert_eq!(input.read_up_to(8).unwrap(), b"abc");
        input.begin(2);
        assert_eq!(input.read_up_to(8).unwrap(), b"de");
        assert_eq!(input.offset(), 2);
    }
}
