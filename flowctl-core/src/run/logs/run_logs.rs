use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
    time::SystemTime,
};

use async_trait::async_trait;
use futures_core::Stream;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream, SelectAll},
};

use super::log_source::{ComponentLine, ComponentLog, LogSource};
use crate::{
    ComponentId, RunId,
    executor::{Executor, ExecutorError, Handle, LogLine, LogOptions},
    run::{ComponentState, RunControl, RunEventKind, RunEvents},
};

/// The logs of a run, as its executors have them.
///
/// Asks every executor which instances of the component it has; with `follow` again whenever the
/// component is started or ends, so that the log goes on over restarts.
#[derive(Clone, Debug)]
pub struct RunLogs {
    executors: Vec<Arc<dyn Executor>>,
    run: RunControl,
}

impl RunLogs {
    /// The logs of a run whose components these executors start.
    #[must_use]
    pub const fn new(run: RunControl, executors: Vec<Arc<dyn Executor>>) -> Self {
        Self { executors, run }
    }
}

#[async_trait]
impl LogSource for RunLogs {
    fn components(&self) -> Vec<ComponentId> {
        let components = self.run.status().components.into_iter();
        components.map(|component| component.id).collect()
    }

    async fn log(
        &self,
        component: &ComponentId,
        options: LogOptions,
    ) -> Result<ComponentLog, ExecutorError> {
        let events = options.follow.then(|| self.run.events());
        let mut reading = Reading {
            executors: self.executors.clone(),
            run: self.run.status().run,
            component: component.clone(),
            options,
            known: BTreeSet::new(),
            lines: SelectAll::new(),
            events,
        };
        reading.open().await?;
        reading.keep_newest().await;
        let lines = stream::unfold(Some(reading), |reading| async {
            let mut reading = reading?;
            match reading.next().await? {
                Ok(line) => Some((Ok(line), Some(reading))),
                // What follows an error is not known to follow what came before it.
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(ComponentLog::new(lines))
    }
}

type Line = Result<ComponentLine, ExecutorError>;

struct Reading {
    executors: Vec<Arc<dyn Executor>>,
    run: RunId,
    component: ComponentId,
    options: LogOptions,
    /// The instances whose lines are among `lines`: executor, index, generation.
    known: BTreeSet<(usize, u32, u32)>,
    lines: SelectAll<BoxStream<'static, Line>>,
    /// Only to follow.
    events: Option<RunEvents>,
}

impl Reading {
    /// Opens the logs of instances that are not open yet. The generations of one instance follow upon
    /// each other; only the newest can have more to say.
    async fn open(&mut self) -> Result<(), ExecutorError> {
        for (n, executor) in self.executors.iter().enumerate() {
            let handles = executor.list(&self.run).await?.into_iter();
            let mut instances: BTreeMap<u32, BTreeMap<u32, Handle>> = BTreeMap::new();
            for handle in handles.filter(|handle| handle.component == self.component) {
                if self.known.insert((n, handle.index, handle.generation)) {
                    let generations = instances.entry(handle.index).or_default();
                    generations.insert(handle.generation, handle);
                }
            }
            for generations in instances.values() {
                let mut lines: BoxStream<'static, Line> = stream::empty().boxed();
                let newest = generations.keys().next_back();
                for (generation, handle) in generations {
                    let mut options = self.options.clone();
                    options.follow &= Some(generation) == newest;
                    let more = executor.logs(handle, options).await?;
                    lines = lines.chain(of(handle, more)).boxed();
                }
                self.lines.push(lines);
            }
        }
        Ok(())
    }

    /// Several instances and generations each gave their newest lines; of those the newest are wanted. Done only where
    /// it can be: a log that is followed has no end that could be waited for, and gives a little more.
    async fn keep_newest(&mut self) {
        let Some(tail) = self.options.tail else {
            return;
        };
        if self.options.follow {
            return;
        }
        let mut lines: Vec<Line> = std::mem::take(&mut self.lines).collect().await;
        // Stable: lines of one moment stay in the order in which their instance wrote them.
        lines.sort_by_key(|line| {
            line.as_ref()
                .map_or(SystemTime::UNIX_EPOCH, |line| line.line.at)
        });
        let surplus = lines.len().saturating_sub(tail);
        self.lines
            .push(stream::iter(lines.split_off(surplus)).boxed());
    }

    async fn next(&mut self) -> Option<Line> {
        loop {
            let Some(events) = &mut self.events else {
                return self.lines.next().await;
            };
            tokio::select! {
                biased;
                Some(line) = self.lines.next() => return Some(line),
                event = events.next() => match event.map(|event| event.kind) {
                    Some(RunEventKind::State { component, state, .. }) => {
                        let may_be_new = state.is_over()
                            || matches!(state, ComponentState::Starting | ComponentState::Ready);
                        if component == self.component && may_be_new
                            && let Err(error) = self.open().await
                        {
                            return Some(Err(error));
                        }
                    }
                    Some(RunEventKind::Missed(_)) => {
                        if let Err(error) = self.open().await {
                            return Some(Err(error));
                        }
                    }
                    // Instances are taken away at the end of the run; what they wrote has an end then.
                    Some(RunEventKind::Ended(_)) | None => self.events = None,
                    Some(_) => {}
                },
            }
        }
    }
}

fn of(
    handle: &Handle,
    lines: impl Stream<Item = Result<LogLine, ExecutorError>> + Send + 'static,
) -> BoxStream<'static, Line> {
    let (index, generation) = (handle.index, handle.generation);
    let lines = lines.map(move |line| Ok(ComponentLine::new(index, generation, line?)));
    let lines: Pin<Box<dyn Stream<Item = Line> + Send>> = Box::pin(lines);
    lines
}
