use std::{
    collections::VecDeque,
    time::{SystemTime, UNIX_EPOCH},
};

use bollard::{Docker, container::LogOutput, errors::Error};
use bytes::Bytes;
use flowctl_core::executor::{ExecutorError, LogLine, LogOptions, LogStream, Stream};
use futures_util::{StreamExt, stream::BoxStream};

use super::{
    line_joiner::{Line, LineJoiner},
    mark::{self, Mark},
    tail,
};
use crate::{
    container::{Phase, phase},
    error::{Call, failed, is_absent, is_broken},
    executor::Outage,
};

/// Reads the log of one container; goes on where it was after any break, until the container has ended
/// and all is read.
pub(crate) struct LogReader {
    docker: Docker,
    container: String,
    options: LogOptions,
    out: Output,
    err: Output,
    ready: VecDeque<LogLine>,
    /// The stream of the last line that was read.
    last: Option<Stream>,
    /// The same while the log is read again, until that line is met: what stands before it in the log,
    /// on a stream of which nothing was read, was not asked for.
    gate: Option<Stream>,
    reading: Option<BoxStream<'static, Result<LogOutput, Error>>>,
    outage: Outage,
    stage: Stage,
}

#[derive(Default)]
struct Output {
    joiner: LineJoiner,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was read.
    New,
    /// The log is followed.
    Following,
    /// The container has ended, or nobody waits for more: what is there is read to its end.
    Last,
    Over,
}

impl LogReader {
    pub(crate) fn new(
        docker: Docker,
        container: String,
        options: LogOptions,
        outage: Outage,
    ) -> Self {
        Self {
            docker,
            container,
            options,
            out: Output::default(),
            err: Output::default(),
            ready: VecDeque::new(),
            last: None,
            gate: None,
            reading: None,
            outage,
            stage: Stage::New,
        }
    }

    pub(crate) fn into_stream(self) -> LogStream {
        LogStream::new(futures_util::stream::unfold(self, |mut reader| async {
            let line = reader.next().await?;
            Some((line, reader))
        }))
    }

    async fn next(&mut self) -> Option<Result<LogLine, ExecutorError>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(Ok(line));
            }
            match self.step().await {
                Ok(()) if self.stage == Stage::Over && self.ready.is_empty() => return None,
                Ok(()) => {}
                Err(error) if is_absent(&error) => self.stage = Stage::Over,
                Err(error) => {
                    self.break_off();
                    if is_broken(&error) && self.outage.endure().await {
                        continue;
                    }
                    self.stage = Stage::Over;
                    return Some(Err(failed(Call::Logs, error)));
                }
            }
        }
    }

    /// One step: opens, reads a piece, or finds out why there are no more.
    async fn step(&mut self) -> Result<(), Error> {
        if self.stage == Stage::Over {
            return Ok(());
        }
        if self.stage == Stage::New {
            if let Some(lines) = self.options.tail {
                self.read_tail(lines).await?;
            }
            self.stage = if self.options.follow {
                Stage::Following
            } else if self.options.tail.is_some() {
                Stage::Over
            } else {
                Stage::Last
            };
            return Ok(());
        }
        let Some(reading) = &mut self.reading else {
            self.open();
            return Ok(());
        };
        match reading.next().await {
            Some(piece) => {
                let piece = piece?;
                self.outage.is_over();
                self.take(&piece);
            }
            None if self.stage == Stage::Last => {
                self.finish();
                self.stage = Stage::Over;
            }
            None => {
                // The container has ended, or the engine closed the stream on its way down. What was
                // written last may have been missed either way: read once more to the end.
                self.break_off();
                let found = self.docker.inspect_container(&self.container, None).await?;
                if phase(found.state.as_ref()) == Phase::Running {
                    self.outage.pause().await;
                } else {
                    self.stage = Stage::Last;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self) {
        let options = tail::options()
            .follow(self.stage == Stage::Following)
            .since(self.since())
            .build();
        let reading = self.docker.logs(&self.container, Some(options));
        self.reading = Some(reading.boxed());
    }

    /// The engine is asked by whole seconds; what is too early is left out here.
    fn since(&self) -> i32 {
        let again = mark::before([&self.out.mark, &self.err.mark]);
        let since = again.max(self.options.since);
        let seconds = since.and_then(|since| since.duration_since(UNIX_EPOCH).ok());
        seconds.map_or(0, |seconds| {
            i32::try_from(seconds.as_secs()).unwrap_or(i32::MAX)
        })
    }

    /// What was begun will be read again.
    fn break_off(&mut self) {
        self.reading = None;
        self.gate = self.last;
        for output in [&mut self.out, &mut self.err] {
            output.joiner.reset();
            output.mark.read_again();
        }
    }

    async fn read_tail(&mut self, lines: usize) -> Result<(), Error> {
        let (pieces, whole) =
            tail::read(&self.docker, &self.container, lines, self.since()).await?;
        let mut cut = [!whole; 2];
        for piece in &pieces {
            let Some((stream, bytes)) = of(piece) else {
                continue;
            };
            for line in self.output(stream).joiner.push(bytes).into_iter().flatten() {
                // The first line of each stream may have lost its beginning.
                if std::mem::take(&mut cut[usize::from(stream == Stream::Err)]) {
                    self.output(stream).mark.admit(line.at);
                    self.last = Some(stream);
                } else {
                    self.admit(stream, line);
                }
            }
        }
        if !self.options.follow {
            self.finish();
        }
        self.ready
            .drain(..self.ready.len().saturating_sub(lines))
            .for_each(drop);
        self.break_off();
        Ok(())
    }

    fn take(&mut self, piece: &LogOutput) {
        if let Some((stream, bytes)) = of(piece) {
            for line in self.output(stream).joiner.push(bytes).into_iter().flatten() {
                self.admit(stream, line);
            }
        }
    }

    fn finish(&mut self) {
        for stream in [Stream::Out, Stream::Err] {
            if let Some(line) = self.output(stream).joiner.finish() {
                self.admit(stream, line);
            }
        }
    }

    fn admit(&mut self, stream: Stream, line: Line) {
        if self.gate.is_some_and(|gate| gate != stream) && !self.output(stream).mark.is_set() {
            return;
        }
        let mark = &mut self.output(stream).mark;
        let is_new = mark.admit(line.at);
        let has_caught_up = mark.has_caught_up();
        if self.gate == Some(stream) && has_caught_up {
            self.gate = None;
        }
        if is_new {
            self.last = Some(stream);
        }
        let is_wanted = |since: SystemTime| line.at >= since;
        if is_new && self.options.since.is_none_or(is_wanted) {
            self.ready
                .push_back(LogLine::new(line.at, stream, line.bytes));
        }
    }

    fn output(&mut self, stream: Stream) -> &mut Output {
        match stream {
            Stream::Err => &mut self.err,
            _ => &mut self.out,
        }
    }
}

fn of(piece: &LogOutput) -> Option<(Stream, &Bytes)> {
    match piece {
        LogOutput::StdOut { message } | LogOutput::Console { message } => {
            Some((Stream::Out, message))
        }
        LogOutput::StdErr { message } => Some((Stream::Err, message)),
        LogOutput::StdIn { .. } => None,
    }
}
