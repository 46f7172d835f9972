use std::{
    fs::{File, Metadata, OpenOptions},
    io,
    os::unix::fs::FileExt,
    time::SystemTime,
};

use super::{
    super::{
        instance_folder::{InstanceFolder, create},
        os,
    },
    index::{IndexWriter, Mark, Span, nanos},
    lines::LONGEST,
};
use crate::executor::Stream;

/// Sees to the output of an instance: notes when it grows, and keeps it within its limit.
#[derive(Debug)]
pub(crate) struct LogKeeper {
    out: File,
    err: File,
    index: IndexWriter,
    last: Mark,
    limit: u64,
}

impl LogKeeper {
    /// Goes on where an earlier keeper stopped. Each output keeps `limit` bytes.
    pub(crate) fn open(folder: &InstanceFolder, limit: u64) -> io::Result<Self> {
        let open = |stream| {
            let path = folder.log(stream);
            create(&path, true)?;
            OpenOptions::new().read(true).write(true).open(path)
        };
        let (index, last) = IndexWriter::open(folder.index())?;
        Ok(Self {
            out: open(Stream::Out)?,
            err: open(Stream::Err)?,
            index,
            last,
            limit: limit.max(4 * LONGEST as u64),
        })
    }

    /// Notes how far the outputs have come, and gives the oldest part back of one that is too long.
    ///
    /// What it does is quick (two looks at open files, 40 bytes written), and no byte is copied.
    pub(crate) fn observe(&mut self) -> io::Result<()> {
        let files = [self.out.metadata()?, self.err.metadata()?];
        let ends = [self.last.out.end, self.last.err.end];
        let grown = |(file, end): (&Metadata, u64)| file.len() != end;
        let written = files
            .iter()
            .zip(ends)
            .filter(|(file, end)| grown((file, *end)));
        // The moment of the last write is nearer to the truth than the moment of looking, above all
        // where nobody looked for a while.
        let Some(at) = written
            .map(|(file, _)| file.modified().map_or(0, nanos))
            .max()
        else {
            return Ok(());
        };
        let mut mark = Mark {
            at: self.last.at.max(at),
            ..self.last
        };
        let mut anew = false;
        for (stream, file) in [Stream::Out, Stream::Err].into_iter().zip(&files) {
            let span = mark.span_mut(stream);
            if file.len() < span.end {
                // Somebody emptied the file.
                *span = Span::default();
                anew = true;
            }
            span.end = file.len();
        }
        let before = mark;
        for stream in [Stream::Out, Stream::Err] {
            let span = mark.span(stream);
            if span.end - span.start > self.limit {
                mark.span_mut(stream).start = self.next_start(stream, span.end)?;
            }
        }
        if anew {
            self.index.replace(&[mark])?;
        } else {
            self.index.append(mark)?;
        }
        self.last = mark;
        // Only now: whoever reads a hole finds out by the mark that it is none of the output.
        for stream in [Stream::Out, Stream::Err] {
            self.give_back(stream, before.span(stream).start, mark.span(stream).start)?;
        }
        Ok(())
    }

    fn file(&self, stream: Stream) -> &File {
        match stream {
            Stream::Out => &self.out,
            Stream::Err => &self.err,
        }
    }

    /// The beginning of the first line in the last three quarters of the limit.
    fn next_start(&self, stream: Stream, end: u64) -> io::Result<u64> {
        let start = end - self.limit / 4 * 3;
        let mut buffer = vec![0; LONGEST];
        let length = self.file(stream).read_at(&mut buffer, start)?;
        let line = buffer.iter().take(length).position(|byte| *byte == b'\n');
        Ok(start + line.map_or(0, |at| at as u64 + 1))
    }

    fn give_back(&mut self, stream: Stream, from: u64, to: u64) -> io::Result<()> {
        // Whole blocks, so that none is left behind half used.
        const BLOCK: u64 = 4096;
        let (from, to) = (from / BLOCK * BLOCK, to / BLOCK * BLOCK);
        if to <= from {
            return Ok(());
        }
        if os::punch(self.file(stream), from, to - from).is_err() {
            self.file(stream).set_len(0)?;
            *self.last.span_mut(stream) = Span::default();
            self.last.at = self.last.at.max(nanos(SystemTime::now()));
            self.index.replace(&[self.last])?;
        }
        Ok(())
    }
}
