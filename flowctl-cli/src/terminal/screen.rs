use std::{
    fmt,
    io::{self, IsTerminal as _, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use flowctl_core::Cancellation;

use super::{Palette, Tone};

/// The two streams of the process. On a terminal, stderr ends with a block that is painted again and
/// again; whatever else is written goes above it.
///
/// Cheap to clone; every clone is the same screen.
#[derive(Clone)]
pub(crate) struct Screen {
    shared: Arc<Mutex<Painted>>,
    palette: Palette,
    live: bool,
    /// stdout goes to a terminal, where it would get between the lines of the block.
    stdout_is_beside: bool,
    reader_gone: Cancellation,
}

/// How many lines of the block stand on the terminal now.
#[derive(Debug, Default)]
struct Painted {
    lines: usize,
}

impl Screen {
    /// A screen on stdout and stderr; `live`: stderr is a terminal that can be painted on.
    pub(crate) fn new(palette: Palette, live: bool) -> Self {
        Self {
            shared: Arc::default(),
            palette,
            live,
            stdout_is_beside: live && io::stdout().is_terminal(),
            reader_gone: Cancellation::new(),
        }
    }

    /// Whether a block can be painted.
    pub(crate) const fn is_live(&self) -> bool {
        self.live
    }

    /// How tones become colours.
    pub(crate) const fn palette(&self) -> Palette {
        self.palette
    }

    /// Writes text and a line break to stderr. There is nobody to tell when that fails.
    pub(crate) fn tell(&self, text: &str) {
        let _ = self.above(|| writeln!(io::stderr().lock(), "{text}"));
    }

    /// Writes text to stdout.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written. A reader that has gone away is no error: it has what it wants.
    pub(crate) fn answer(&self, text: &str) -> io::Result<()> {
        let written = self.above(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.reader_gone.cancel();
                Ok(())
            }
            written => written,
        }
    }

    /// Whether somebody wrote to a stdout that nobody reads any more.
    pub(crate) fn is_unread(&self) -> bool {
        self.reader_gone.is_cancelled()
    }

    /// Paints the block over the one before.
    pub(crate) fn paint(&self, lines: &[(Tone, String)]) {
        if !self.live {
            return;
        }
        let width = width();
        let mut painted = self.painted();
        let mut text = erase(painted.lines);
        for (tone, line) in lines {
            let cut: String = line.chars().take(width).collect();
            text.push_str(&self.palette.paint(*tone, &cut));
            text.push('\n');
        }
        if io::stderr().lock().write_all(text.as_bytes()).is_ok() {
            painted.lines = lines.len();
        }
    }

    /// Takes the block away.
    pub(crate) fn clear(&self) {
        let _ = self.above(|| Ok(()));
    }

    /// Waits until somebody wrote to a stdout that nobody reads any more. Cancel safe.
    pub(crate) async fn reader_gone(&self) {
        self.reader_gone.cancelled().await;
    }

    /// A writer to one of the streams that goes above the block.
    pub(crate) fn writer(&self, stream: Stream) -> ScreenWriter {
        ScreenWriter {
            screen: self.clone(),
            stream,
        }
    }

    fn above<T>(&self, write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let mut painted = self.painted();
        if painted.lines > 0 {
            io::stderr()
                .lock()
                .write_all(erase(painted.lines).as_bytes())?;
            painted.lines = 0;
        }
        write()
    }

    fn painted(&self) -> MutexGuard<'_, Painted> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves the cursor up over `lines` and erases from there (ECMA-48: CUU, ED).
fn erase(lines: usize) -> String {
    if lines == 0 {
        String::new()
    } else {
        format!("\u{1b}[{lines}A\u{1b}[J")
    }
}

/// Columns of the terminal; a line that is longer would wrap and break the block.
fn width() -> usize {
    terminal_size::terminal_size_of(io::stderr())
        .map_or(80, |(terminal_size::Width(columns), _)| {
            usize::from(columns)
        })
}

/// One of the streams of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Writes to a stream of a [`Screen`], above its block.
#[derive(Clone, Debug)]
pub(crate) struct ScreenWriter {
    screen: Screen,
    stream: Stream,
}

impl Write for ScreenWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.stream {
            Stream::Stderr => self.screen.above(|| io::stderr().lock().write_all(bytes)),
            Stream::Stdout if self.screen.stdout_is_beside => {
                self.screen.above(|| io::stdout().lock().write_all(bytes))
            }
            // A reader that does not read must not hold up what is told.
            Stream::Stdout => self.to_stdout(|stdout| stdout.write_all(bytes)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.stream {
            Stream::Stdout => self.to_stdout(Write::flush),
            Stream::Stderr => Ok(()),
        }
    }
}

impl ScreenWriter {
    /// A reader that has gone away is no error of who writes; whoever waits for it is told.
    fn to_stdout(
        &self,
        write: impl FnOnce(&mut io::StdoutLock<'static>) -> io::Result<()>,
    ) -> io::Result<()> {
        match write(&mut io::stdout().lock()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.screen.reader_gone.cancel();
                Ok(())
            }
            written => written,
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen")
            .field("palette", &self.palette)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}
