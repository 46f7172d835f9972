use std::{fs::File, io, time::SystemTime};

use super::{
    super::instance_folder::InstanceFolder,
    index::{Index, moment, nanos},
    output::Output,
};
use crate::executor::{LogLine, LogOptions, Stream};

/// Reads what an instance has written, while it may write on and its keeper may give parts back.
#[derive(Debug)]
pub(crate) struct LogReader {
    index: Index,
    out: Output,
    err: Output,
    since: u64,
    /// Where reading ends; `None` where it goes on with what is yet to come.
    ends: Option<Ends>,
    /// How many lines are not wanted yet.
    skip: usize,
}

/// Up to where a round reads.
#[derive(Clone, Copy, Debug)]
struct Ends {
    out: u64,
    err: u64,
    /// Whether nothing follows.
    last: bool,
}

/// The most bytes of one round.
const ROUND: usize = 256 * 1024;

impl LogReader {
    pub(crate) fn open(folder: &InstanceFolder, options: &LogOptions) -> io::Result<Self> {
        let index = Index::open(folder.index())?;
        let since = options.since.map_or(0, nanos);
        let open = |stream| {
            let file = File::open(folder.log(stream))?;
            let first = index.start(stream);
            Output::open(file, index.since(stream, since).max(first), first)
        };
        let mut reader = Self {
            out: open(Stream::Out)?,
            err: open(Stream::Err)?,
            index,
            since,
            ends: None,
            skip: 0,
        };
        if !options.follow {
            reader.ends = Some(reader.ends(true)?);
        }
        if let Some(tail) = options.tail {
            reader.leave(tail)?;
        }
        Ok(reader)
    }

    /// Passes over all but the newest `tail` lines of those that are there.
    fn leave(&mut self, tail: usize) -> io::Result<()> {
        let ends = self.ends(false)?;
        for stream in [Stream::Out, Stream::Err] {
            let (first, end) = (self.index.start(stream), ends.of(stream));
            let output = self.output(stream);
            // One more: a line that has not ended may be among them, and is none yet.
            let begin = output.last_lines(tail.saturating_add(1), output.position(), end)?;
            output.go(begin, first)?;
        }
        let begins = (self.out.position(), self.err.position());
        let mut lines = 0_usize;
        while self.next(ends)?.is_some() {
            lines += 1;
        }
        self.out.go(begins.0, self.index.start(Stream::Out))?;
        self.err.go(begins.1, self.index.start(Stream::Err))?;
        self.skip = lines.saturating_sub(tail);
        Ok(())
    }

    /// Some of the lines that have come; none if none have. With `last`, nothing more will come, and
    /// what is left of a line that was not ended is one too.
    pub(crate) fn round(&mut self, last: bool) -> io::Result<Vec<LogLine>> {
        self.index.refresh()?;
        let ends = self.ends(last)?;
        let mut lines = Vec::new();
        let mut bytes = 0;
        while bytes < ROUND
            && let Some(line) = self.next(ends)?
        {
            bytes += line.bytes.len() + size_of::<LogLine>();
            if self.skip > 0 {
                self.skip -= 1;
            } else {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    fn ends(&self, last: bool) -> io::Result<Ends> {
        if let Some(ends) = self.ends {
            return Ok(ends);
        }
        Ok(Ends {
            out: self.out.length()?,
            err: self.err.length()?,
            last,
        })
    }

    fn output(&mut self, stream: Stream) -> &mut Output {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    /// The next line before `ends` that is wanted, the older one of the two outputs first.
    fn next(&mut self, ends: Ends) -> io::Result<Option<LogLine>> {
        loop {
            let out = self.peek(Stream::Out, ends)?;
            let err = self.peek(Stream::Err, ends)?;
            let (stream, at) = match (out, err) {
                (None, None) => return Ok(None),
                (Some(out), Some(err)) if err < out => (Stream::Err, err),
                (Some(out), _) => (Stream::Out, out),
                (None, Some(err)) => (Stream::Err, err),
            };
            let Some(piece) = self.output(stream).take() else {
                return Ok(None);
            };
            if at >= self.since {
                let line = LogLine::new(moment(at), stream, piece.bytes);
                return Ok(Some(if piece.partial { line.partial() } else { line }));
            }
        }
    }

    /// When the next line of an output was written.
    fn peek(&mut self, stream: Stream, ends: Ends) -> io::Result<Option<u64>> {
        let end = ends.of(stream);
        if end < self.output(stream).read_to() {
            let output = self.output(stream);
            if output.length()? < output.read_to() {
                // It was emptied, and begins again.
                output.go(0, 0)?;
            }
        }
        loop {
            let before = self.output(stream).read_to();
            let piece = self.output(stream).peek(end, ends.last)?;
            let position = piece.map(|piece| piece.position);
            if self.output(stream).read_to() != before {
                // What was given back while it was read is no output; the mark says so before it is.
                self.index.refresh()?;
                let first = self.index.start(stream);
                if before < first {
                    self.output(stream).go(first, first)?;
                    continue;
                }
            }
            return match position {
                Some(position) => Ok(Some(self.at(stream, position)?)),
                None => Ok(None),
            };
        }
    }

    fn at(&mut self, stream: Stream, position: u64) -> io::Result<u64> {
        if let Some(at) = self.index.at(stream, position) {
            return Ok(at);
        }
        // No keeper has seen it yet. While one looks, that is a matter of milliseconds.
        let modified = self.output(stream).modified()?;
        Ok(nanos(modified.min(SystemTime::now())))
    }
}

impl Ends {
    const fn of(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Out => self.out,
            Stream::Err => self.err,
        }
    }
}
