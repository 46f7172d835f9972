use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::super::instance_folder::create;
use crate::executor::Stream;

/// How long both outputs were at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Since 1970, in nanoseconds.
    pub(super) at: u64,
    pub(super) out: Span,
    pub(super) err: Span,
}

/// What a file holds, in bytes from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The first byte that is kept; where it is not 0, a line begins there if that was possible.
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The most marks that an index holds; half of them are dropped then, and times get coarser.
const MOST_MARKS: usize = 16_384;

impl Mark {
    const BYTES: usize = 40;

    pub(super) const fn span(&self, stream: Stream) -> Span {
        match stream {
            Stream::Out => self.out,
            Stream::Err => self.err,
        }
    }

    pub(super) const fn span_mut(&mut self, stream: Stream) -> &mut Span {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let Self { at, out, err } = self;
        let mut bytes = [0; Self::BYTES];
        let numbers = [at, out.start, out.end, err.start, err.end];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut numbers = bytes.chunks_exact(8).map(|eight| {
            let mut number = [0; 8];
            number.copy_from_slice(eight);
            u64::from_le_bytes(number)
        });
        let mut next = || numbers.next().unwrap_or_default();
        let at = next();
        let mut span = || Span {
            start: next(),
            end: next(),
        };
        Self {
            at,
            out: span(),
            err: span(),
        }
    }
}

/// A moment as marks have it.
pub(super) fn nanos(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        })
}

/// The moment of a mark.
pub(super) fn moment(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// An index that is written. Only an instance's keeper does that.
#[derive(Debug)]
pub(super) struct IndexWriter {
    path: PathBuf,
    file: File,
    marks: usize,
}

impl IndexWriter {
    /// Goes on with the index; the last mark is the second answer.
    pub(super) fn open(path: PathBuf) -> io::Result<(Self, Mark)> {
        let marks = read_all(&path)?;
        let last = marks.last().copied().unwrap_or_default();
        // A mark that was written by half is in the way of the next ones: begin anew without it.
        rewrite(&path, &marks)?;
        let file = create(&path, true)?;
        let marks = marks.len();
        Ok((Self { path, file, marks }, last))
    }

    pub(super) fn append(&mut self, mark: Mark) -> io::Result<()> {
        self.file.write_all(&mark.to_bytes())?;
        self.marks += 1;
        if self.marks > MOST_MARKS {
            let kept = thin(&read_all(&self.path)?);
            self.replace(&kept)?;
        }
        Ok(())
    }

    /// Puts these marks in the place of all others.
    pub(super) fn replace(&mut self, marks: &[Mark]) -> io::Result<()> {
        rewrite(&self.path, marks)?;
        self.file = create(&self.path, true)?;
        self.marks = marks.len();
        Ok(())
    }
}

fn rewrite(path: &Path, marks: &[Mark]) -> io::Result<()> {
    let next = path.with_extension("next");
    let bytes: Vec<u8> = marks.iter().flat_map(|mark| mark.to_bytes()).collect();
    create(&next, false)?.write_all(&bytes)?;
    fs::rename(next, path)
}

/// Leaves out the marks that no kept byte needs, and every second one of the others.
fn thin(marks: &[Mark]) -> Vec<Mark> {
    let Some(last) = marks.last() else {
        return Vec::new();
    };
    let needed = |mark: &&Mark| mark.out.end > last.out.start || mark.err.end > last.err.start;
    let needed: Vec<Mark> = marks.iter().filter(needed).copied().collect();
    let skip = needed.len() % 2;
    // The last one stays, whatever their number.
    let mut kept: Vec<Mark> = needed.into_iter().skip(1 - skip).step_by(2).collect();
    if kept.last() != Some(last) {
        kept.push(*last);
    }
    kept
}

fn read_all(path: &Path) -> io::Result<Vec<Mark>> {
    match fs::read(path) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8]) -> Vec<Mark> {
    bytes
        .chunks_exact(Mark::BYTES)
        .map(Mark::from_bytes)
        .collect()
}

/// An index that is read while it may be written.
#[derive(Debug)]
pub(super) struct Index {
    path: PathBuf,
    marks: Vec<Mark>,
    /// The file that the marks are from.
    inode: u64,
}

impl Index {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let mut index = Self {
            path,
            marks: Vec::new(),
            inode: 0,
        };
        index.refresh()?;
        Ok(index)
    }

    /// Reads what has come since.
    pub(super) fn refresh(&mut self) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let read = (self.marks.len() * Mark::BYTES) as u64;
        if metadata.ino() != self.inode || metadata.len() < read {
            self.marks.clear();
            self.inode = metadata.ino();
        }
        let read = (self.marks.len() * Mark::BYTES) as u64;
        if metadata.len() > read {
            file.seek(SeekFrom::Start(read))?;
            let mut bytes = Vec::new();
            file.take((MOST_MARKS * Mark::BYTES * 2) as u64)
                .read_to_end(&mut bytes)?;
            self.marks.extend(parse(&bytes));
        }
        Ok(())
    }

    /// The first byte of an output that is kept.
    pub(super) fn start(&self, stream: Stream) -> u64 {
        self.marks.last().map_or(0, |mark| mark.span(stream).start)
    }

    /// When this byte of an output was written; `None` while there is no mark behind it.
    pub(super) fn at(&self, stream: Stream, byte: u64) -> Option<u64> {
        let before = self
            .marks
            .partition_point(|mark| mark.span(stream).end <= byte);
        self.marks.get(before).map(|mark| mark.at)
    }

    /// The first byte of an output that may have been written at this moment or later.
    pub(super) fn since(&self, stream: Stream, at: u64) -> u64 {
        let before = self.marks.partition_point(|mark| mark.at < at);
        before
            .checked_sub(1)
            .and_then(|last| self.marks.get(last))
            .map_or(0, |mark| mark.span(stream).end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at: u64, start: u64, end: u64) -> Mark {
        Mark {
            at,
            out: Span { start, end },
            err: Span::default(),
        }
    }

    #[test]
    fn a_byte_has_the_time_of_the_first_mark_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.index");
        let (mut writer, last) = IndexWriter::open(path.clone()).unwrap();
        assert_eq!(last, Mark::default());
        let mut index = Index::open(path.clone()).unwrap();
        assert_eq!(index.at(Stream::Out, 0), None);
        for (at, end) in [(10, 5), (20, 9), (30, 9), (40, 12)] {
            writer.append(mark(at, 0, end)).unwrap();
        }
        index.refresh().unwrap();
        let times: Vec<_> = (0..13).map(|byte| index.at(Stream::Out, byte)).collect();
        let expected = [10, 10, 10, 10, 10, 20, 20, 20, 20, 40, 40, 40].map(Some);
        assert_eq!(times, [&expected[..], &[None]].concat());
        for (at, first) in [(0, 0), (10, 0), (11, 5), (20, 5), (30, 9), (41, 12)] {
            assert_eq!(index.since(Stream::Out, at), first, "since {at}");
        }
        // Half a mark is what a crash leaves.
        create(&path, true).unwrap().write_all(&[1; 17]).unwrap();
        let (_, last) = IndexWriter::open(path.clone()).unwrap();
        assert_eq!(last, mark(40, 0, 12));
        assert_eq!(fs::metadata(&path).unwrap().len(), 4 * 40);
    }

    #[test]
    fn an_index_is_bounded_and_keeps_its_last_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.index");
        let (mut writer, _) = IndexWriter::open(path.clone()).unwrap();
        let mut index = Index::open(path.clone()).unwrap();
        let last = MOST_MARKS as u64 * 2;
        for n in 1..=last {
            writer.append(mark(n, n / 2, n)).unwrap();
            if n % 5000 == 0 {
                index.refresh().unwrap();
                assert_eq!(index.at(Stream::Out, n - 1), Some(n));
            }
        }
        index.refresh().unwrap();
        assert!(fs::metadata(&path).unwrap().len() <= (MOST_MARKS * Mark::BYTES) as u64);
        assert_eq!(index.at(Stream::Out, last - 1), Some(last));
        assert_eq!(index.start(Stream::Out), last / 2);
        let early = index.at(Stream::Out, last / 2).unwrap();
        assert!((last / 2..last / 2 + 16).contains(&early), "{early}");
    }
}
