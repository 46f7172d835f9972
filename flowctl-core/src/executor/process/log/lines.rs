use bytes::{Buf, Bytes, BytesMut};

/// The longest piece of a line, in bytes. A longer line comes in pieces, and nothing of it is lost.
pub(super) const LONGEST: usize = 64 * 1024;

/// Cuts what comes in chunks into lines. Holds no more than one piece and one chunk.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pending: BytesMut,
    /// Where the next piece begins in what was given so far.
    position: u64,
}

/// A line, or a piece of one that is longer than [`LONGEST`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it begins.
    pub(super) position: u64,
    pub(super) bytes: Bytes,
    /// Whether the line goes on with the next piece.
    pub(super) partial: bool,
}

impl Lines {
    /// Lines of what begins here.
    pub(super) fn at(position: u64) -> Self {
        Self {
            pending: BytesMut::new(),
            position,
        }
    }

    /// Where the next chunk begins.
    pub(super) fn end(&self) -> u64 {
        self.position + self.pending.len() as u64
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.pending.extend_from_slice(chunk);
    }

    /// The next piece that is complete.
    pub(super) fn next(&mut self) -> Option<Piece> {
        let most = self.pending.len().min(LONGEST + 1);
        let line = self
            .pending
            .get(..most)?
            .iter()
            .position(|byte| *byte == b'\n');
        match line {
            Some(length) => {
                let piece = self.take(length, false);
                self.pending.advance(1);
                self.position += 1;
                Some(piece)
            }
            None if self.pending.len() > LONGEST => Some(self.take(LONGEST, true)),
            None => None,
        }
    }

    /// What is left when nothing more comes: a line that was never ended.
    pub(super) fn rest(&mut self) -> Option<Piece> {
        let length = self.pending.len();
        (length > 0).then(|| self.take(length, false))
    }

    fn take(&mut self, length: usize, partial: bool) -> Piece {
        let position = self.position;
        self.position += length as u64;
        // A copy: a slice would keep the whole buffer as long as it lives.
        let bytes = Bytes::copy_from_slice(&self.pending.split_to(length));
        Piece {
            position,
            bytes,
            partial,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces_of(chunks: &[Vec<u8>]) -> Vec<Piece> {
        let mut lines = Lines::at(0);
        let mut pieces = Vec::new();
        for chunk in chunks {
            lines.push(chunk);
            pieces.extend(std::iter::from_fn(|| lines.next()));
        }
        pieces.extend(lines.rest());
        pieces
    }

    #[test]
    fn a_line_of_the_longest_length_is_one_piece() {
        for (length, expected) in [(LONGEST, 1), (LONGEST + 1, 2), (2 * LONGEST, 2), (0, 1)] {
            let mut line = vec![b'x'; length];
            line.push(b'\n');
            let pieces = pieces_of(&[line]);
            assert_eq!(pieces.len(), expected, "{length}");
            let partial: Vec<bool> = pieces.iter().map(|piece| piece.partial).collect();
            assert!(partial.iter().rev().skip(1).all(|partial| *partial));
            assert_eq!(partial.last(), Some(&false));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_it_comes(
            chunks in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..40),
                    (LONGEST - 2..LONGEST + 2).prop_map(|length| vec![b'x'; length]),
                ],
                0..12,
            )
        ) {
            let all = chunks.concat();
            let pieces = pieces_of(&chunks);
            let mut again = Vec::new();
            for piece in &pieces {
                prop_assert_eq!(piece.position, again.len() as u64);
                prop_assert!(piece.bytes.len() <= LONGEST);
                prop_assert!(!piece.bytes.contains(&b'\n'));
                again.extend_from_slice(&piece.bytes);
                if !piece.partial {
                    again.push(b'\n');
                }
            }
            if all.last().is_some_and(|byte| *byte != b'\n') {
                again.pop();
            }
            prop_assert_eq!(again, all);
            // The same pieces, whatever the chunks.
            let at_once = pieces_of(&[chunks.concat()]);
            prop_assert_eq!(pieces, at_once);
        }
    }
}
