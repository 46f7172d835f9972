use std::{collections::VecDeque, io, time::Duration};

use super::{
    super::{
        failure::Failure, identity::Presence, instance_folder::InstanceFolder, os::Changes,
        record::State,
    },
    log_reader::LogReader,
};
use crate::{
    ComponentId,
    executor::{ExecutorError, Handle, LogLine, LogOptions, LogStream},
};

/// How long a change may go unnoticed that nobody tells about, such as the end of a process that no
/// keeper is with.
const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

struct Follower {
    folder: InstanceFolder,
    component: ComponentId,
    /// `None` once there is nothing more to come.
    reader: Option<LogReader>,
    lines: VecDeque<LogLine>,
    /// `None` where nothing that is yet to come is wanted.
    changes: Option<Changes>,
}

/// The output of an instance, whoever keeps it.
pub(crate) async fn stream(
    folder: InstanceFolder,
    handle: &Handle,
    options: LogOptions,
) -> Result<LogStream, Failure> {
    // Before the first look, so that nothing that comes after it goes unnoticed.
    let changes = options.follow.then(|| Changes::of(folder.path()));
    let files = folder.clone();
    let open = move || LogReader::open(&files, &options);
    let follower = Follower {
        reader: Some(blocking(open).await?),
        folder,
        component: handle.component.clone(),
        lines: VecDeque::new(),
        changes,
    };
    Ok(LogStream::new(futures_util::stream::try_unfold(
        follower,
        |mut follower| async move {
            let line = follower.next().await?;
            Ok(line.map(|line| (line, follower)))
        },
    )))
}

impl Follower {
    async fn next(&mut self) -> Result<Option<LogLine>, ExecutorError> {
        let mut last = self.changes.is_none();
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Some(line));
            }
            let Some(reader) = self.reader.take() else {
                return Ok(None);
            };
            let read = self.read(reader, last).await;
            let (reader, lines, ended) =
                read.map_err(|error| Failure::from(error).of("read the logs of", &self.component))?;
            self.lines = lines.into();
            if !self.lines.is_empty() {
                self.reader = Some(reader);
                continue;
            }
            if last {
                continue;
            }
            self.reader = Some(reader);
            // It may have written between the look at its output and the look at itself: once more.
            last = ended;
            if let (false, Some(changes)) = (ended, &mut self.changes) {
                changes.next(AT_LEAST_EVERY).await;
            }
        }
    }

    async fn read(
        &self,
        mut reader: LogReader,
        last: bool,
    ) -> io::Result<(LogReader, Vec<LogLine>, bool)> {
        let folder = self.folder.clone();
        blocking(move || {
            let lines = reader.round(last)?;
            let ended = lines.is_empty() && !last && has_ended(&folder)?;
            Ok((reader, lines, ended))
        })
        .await
    }
}

/// Whether nothing more will be written.
fn has_ended(folder: &InstanceFolder) -> io::Result<bool> {
    Ok(match folder.read()?.map(|record| record.state) {
        None | Some(State::Ended(..)) => true,
        Some(State::Starting) => false,
        Some(State::Started(identity)) => folder.presence(&identity)? == Presence::Ended,
    })
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(act).await?
}
