use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use crate::container::moment;

/// The longest line that is kept together. Beyond it a line is handed out in parts, so that a program
/// that never ends its line does not fill the memory.
pub(super) const LONGEST_LINE: usize = 16 << 20;

/// A line with its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: SystemTime,
    pub(super) bytes: Bytes,
}

/// Puts the lines of one output stream together again.
///
/// The engine cuts lines into pieces of 16 KiB and puts the moment before each; only the last piece
/// ends with a line break. All pieces of a line have the moment of the first.
#[derive(Debug, Default)]
pub(super) struct LineJoiner {
    at: Option<SystemTime>,
    begun: BytesMut,
}

impl LineJoiner {
    /// Takes the next piece; gives the line that it ends.
    pub(super) fn push(&mut self, piece: &Bytes) -> Option<Line> {
        let (at, rest) = split(piece);
        let at = *self.at.get_or_insert(at.unwrap_or(SystemTime::UNIX_EPOCH));
        if let Some(end) = rest.strip_suffix(b"\n") {
            let bytes = if self.begun.is_empty() {
                rest.slice(..end.len())
            } else {
                self.begun.extend_from_slice(end);
                self.begun.split().freeze()
            };
            self.at = None;
            return Some(Line { at, bytes });
        }
        self.begun.extend_from_slice(&rest);
        (self.begun.len() >= LONGEST_LINE).then(|| Line {
            at,
            bytes: self.begun.split().freeze(),
        })
    }

    /// The last line, where it has no line break.
    pub(super) fn finish(&mut self) -> Option<Line> {
        let at = self.at.take()?;
        let bytes = self.begun.split().freeze();
        (!bytes.is_empty()).then_some(Line { at, bytes })
    }

    /// Forgets the pieces of a line that was not ended: they will be read again.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The moment before the first space, and the rest.
fn split(piece: &Bytes) -> (Option<SystemTime>, Bytes) {
    let space = piece.iter().position(|byte| *byte == b' ');
    let at = space
        .and_then(|space| std::str::from_utf8(&piece[..space]).ok())
        .and_then(moment);
    match (at, space) {
        (Some(at), Some(space)) => (Some(at), piece.slice(space + 1..)),
        // Not a moment: the engine was not asked for any, or it is no engine.
        _ => (None, piece.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: &str = "2026-01-02T03:04:05.000000006Z";

    fn pieces_of(line: &[u8], with_break: bool) -> Vec<Bytes> {
        let mut whole = line.to_vec();
        if with_break {
            whole.push(b'\n');
        }
        let mut pieces: Vec<Bytes> = whole
            .chunks(16 << 10)
            .map(|chunk| Bytes::from([AT.as_bytes(), b" ", chunk].concat()))
            .collect();
        if pieces.is_empty() {
            pieces.push(Bytes::from(format!("{AT} ")));
        }
        pieces
    }

    proptest! {
        #[test]
        fn lines_come_out_as_they_went_in(
            lines in prop::collection::vec(
                (any::<u8>().prop_filter("a break", |byte| *byte != b'\n'), 0usize..50_000), 0..6
            ),
            last_has_break: bool,
        ) {
            let lines: Vec<Vec<u8>> = lines.iter().map(|(byte, n)| vec![*byte; *n]).collect();
            let mut joiner = LineJoiner::default();
            let mut found = Vec::new();
            for (at, line) in lines.iter().enumerate() {
                let with_break = last_has_break || at + 1 < lines.len();
                for piece in pieces_of(line, with_break) {
                    found.extend(joiner.push(&piece));
                }
            }
            found.extend(joiner.finish());
            // A last line that is empty and has no break is no line.
            let mut expected = lines;
            if !last_has_break && expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            let found: Vec<Vec<u8>> = found.iter().map(|line| line.bytes.to_vec()).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let mut joiner = LineJoiner::default();
        let piece = [AT.as_bytes(), b" \xff\xfe \x80\x00\n"].concat();
        let line = joiner.push(&Bytes::from(piece)).unwrap();
        assert_eq!(&line.bytes[..], b"\xff\xfe \x80\x00");
        assert_eq!(Some(line.at), moment(AT));
    }

    #[test]
    fn an_endless_line_is_handed_out_in_parts() {
        let mut joiner = LineJoiner::default();
        let piece = Bytes::from([AT.as_bytes(), b" ", &[b'x'; 16 << 10][..]].concat());
        let parts: Vec<Line> = (0..2048).filter_map(|_| joiner.push(&piece)).collect();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].bytes.len(), LONGEST_LINE);
    }
}
