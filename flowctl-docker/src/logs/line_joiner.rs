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
/// ends with a line break. All pieces of a line have the moment of the first, and a line that fills its
/// pieces exactly has lost its break: another moment begins another line.
#[derive(Debug, Default)]
pub(super) struct LineJoiner {
    at: Option<SystemTime>,
    begun: BytesMut,
}

impl LineJoiner {
    /// Takes the next piece; gives the lines that it ends: none, one, or, where the line before it has
    /// lost its break, two.
    pub(super) fn push(&mut self, piece: &Bytes) -> [Option<Line>; 2] {
        let (at, rest) = split(piece);
        let before = match (self.at, at) {
            (Some(begun), Some(at)) if begun != at => self.finish(),
            _ => None,
        };
        let at = *self.at.get_or_insert(at.unwrap_or(SystemTime::UNIX_EPOCH));
        if let Some(end) = rest.strip_suffix(b"\n") {
            let bytes = if self.begun.is_empty() {
                rest.slice(..end.len())
            } else {
                self.begun.extend_from_slice(end);
                self.begun.split().freeze()
            };
            self.at = None;
            return [before, Some(Line { at, bytes })];
        }
        self.begun.extend_from_slice(&rest);
        let part = (self.begun.len() >= LONGEST_LINE).then(|| Line {
            at,
            bytes: self.begun.split().freeze(),
        });
        [before, part]
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

    /// The pieces of a line as the engine gives them, each line with a moment of its own.
    fn pieces_of(number: usize, line: &[u8], with_break: bool) -> Vec<Bytes> {
        let mut pieces: Vec<Vec<u8>> = line.chunks(16 << 10).map(<[u8]>::to_vec).collect();
        let is_full = pieces.last().is_some_and(|last| last.len() == 16 << 10);
        match pieces.last_mut() {
            // The break of a line that fills its pieces is lost.
            Some(last) if with_break && !is_full => last.push(b'\n'),
            None if with_break => pieces.push(b"\n".to_vec()),
            _ => {}
        }
        let at = format!("2026-01-02T03:04:05.{number:09}Z ");
        let with_moment = |piece: Vec<u8>| Bytes::from([at.as_bytes(), &piece].concat());
        pieces.into_iter().map(with_moment).collect()
    }

    proptest! {
        #[test]
        fn lines_come_out_as_they_went_in(
            lines in prop::collection::vec(
                (
                    any::<u8>().prop_filter("a break", |byte| *byte != b'\n'),
                    prop_oneof![0usize..50_000, Just(16 << 10), Just(32 << 10)],
                ),
                0..6,
            ),
            last_has_break: bool,
        ) {
            let lines: Vec<Vec<u8>> = lines.iter().map(|(byte, n)| vec![*byte; *n]).collect();
            let mut joiner = LineJoiner::default();
            let mut found = Vec::new();
            for (at, line) in lines.iter().enumerate() {
                let with_break = last_has_break || at + 1 < lines.len();
                for piece in pieces_of(at, line, with_break) {
                    found.extend(joiner.push(&piece).into_iter().flatten());
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
        let [_, line] = joiner.push(&Bytes::from(piece));
        let line = line.unwrap();
        assert_eq!(&line.bytes[..], b"\xff\xfe \x80\x00");
        assert_eq!(Some(line.at), moment(AT));
    }

    #[test]
    fn an_endless_line_is_handed_out_in_parts() {
        let mut joiner = LineJoiner::default();
        let piece = Bytes::from([AT.as_bytes(), b" ", &[b'x'; 16 << 10][..]].concat());
        let parts: Vec<Line> = (0..2048)
            .flat_map(|_| joiner.push(&piece).into_iter().flatten())
            .collect();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].bytes.len(), LONGEST_LINE);
    }
}
