//! Bringing everything that a generation started to an end, in order.

use std::{sync::PoisonError, time::Duration};

use futures_util::{
    future::join_all,
    stream::{FuturesUnordered, StreamExt as _},
};
use tokio::time::timeout;

use super::{
    asker::how, counters::Counters, deadline::Deadline, engine::StopAsked, generation::Generation,
    instances::Instances, started::Started, status::ComponentState, wiring,
};
use crate::{
    Chain, ComponentId,
    connector::Served,
    executor::{Endpoint, ExecutorErrorKind, ExitStatus, Handle, StopOptions},
};

/// How long a component may take to hear that it is to drain. It is only told; it drains afterwards.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

impl Generation<'_> {
    /// Ends and forgets what was started, stage by stage, those that feed before those that are fed; what
    /// has not ended by `deadline`, or by an earlier one that is asked for meanwhile, is forced.
    pub(super) async fn end(&self, mut deadline: Deadline, asked: &mut StopAsked) -> AllEnded {
        let started = self
            .started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        self.tell_to_drain(&started).await;
        let mut all = AllEnded::default();
        for stage in &self.layout.stop {
            let mut left: Vec<&Started> = started
                .iter()
                .filter(|started| stage.contains(&started.node))
                .collect();
            while !left.is_empty() {
                let stops = left.iter().map(|started| self.stop(started, deadline));
                let mut stopping: FuturesUnordered<_> = stops.collect();
                let mut done = Vec::new();
                loop {
                    tokio::select! {
                        stopped = stopping.next() => match stopped {
                            Some((handle, stopped)) => {
                                done.push(handle);
                                all.add(stopped);
                            }
                            None => break,
                        },
                        // What has ended stays ended; the others are asked again, with less patience.
                        grace = asked.next() => {
                            deadline = deadline.sooner(Deadline::after(grace));
                            break;
                        }
                    }
                }
                drop(stopping);
                left.retain(|started| !done.contains(&&started.handle));
            }
        }
        self.end_unknown(&started).await;
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        all
    }

    /// Tells every component that can understand it, before the first is stopped: a server ends its
    /// streams after the last complete unit, and who pulls does not dial again.
    async fn tell_to_drain(&self, started: &[Started]) {
        let dialled = |started: &&Started| {
            let node = &self.layout.nodes[started.node];
            node.served && (node.pulled || !node.pulls.is_empty())
        };
        let tell = |started: &Started| {
            let started = started.clone();
            async move {
                let node = &self.layout.nodes[started.node];
                let protocol = self.parts.protocol_of(node).unwrap_or_default();
                let endpoint = started.reached_at(Some(started.main_port()?)).await.ok()?;
                let Endpoint::Network { address } = endpoint else {
                    return None;
                };
                let served = Served::new(protocol, address, started.component);
                for connector in &self.parts.connectors {
                    match connector.drain(&served).await {
                        Ok(true) => return Some(()),
                        Ok(false) => {}
                        Err(error) => {
                            tracing::debug!(component = %served.component.id, error = %Chain(&error), "not told to drain");
                        }
                    }
                }
                None
            }
        };
        let telling = join_all(started.iter().filter(dialled).map(tell));
        // Whoever does not listen is stopped all the same.
        let _ = timeout(TOLD_WITHIN, telling).await;
    }

    /// Stops one instance and forgets it.
    async fn stop<'s>(&self, started: &'s Started, deadline: Deadline) -> (&'s Handle, Stopped) {
        let Started {
            executor,
            handle,
            component,
            ..
        } = started;
        let node = &self.layout.nodes[started.node];
        let grace = match node.served {
            true => component.stop.grace.min(deadline.left()),
            // Its task has ended by now.
            false => Duration::ZERO,
        };
        let mut options = StopOptions::within(grace);
        options.signal.clone_from(&component.stop.signal);
        let counters = &self.counters[started.node];
        if node.served && !counters.is_over() {
            wiring::enter(counters, self.teller, ComponentState::Draining);
        }
        let stopped = match executor.stop(handle, options).await {
            Ok(report) if node.served => {
                ended(counters, self, &report);
                match report.forced {
                    true => Stopped::Forced(handle.component.clone()),
                    false => Stopped::Well,
                }
            }
            Ok(_) => Stopped::Well,
            // Somebody has ended and removed it already.
            Err(error) if *error.kind() == ExecutorErrorKind::NotFound => Stopped::Well,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "an instance did not stop");
                return (handle, Stopped::Not);
            }
        };
        if let Err(error) = executor.remove(handle).await {
            tracing::warn!(error = %Chain(&error), "an instance was not removed");
        }
        if node.served
            && let Err(error) = Instances::of(self.state)
                .forget(&handle.component, handle.index)
                .await
        {
            tracing::warn!(error = %Chain(&error), "an instance was not forgotten");
        }
        (handle, stopped)
    }

    /// Ends what a start that was cut short may have left: it has no handle here, but its backend has.
    async fn end_unknown(&self, started: &[Started]) {
        for executor in &self.parts.executors {
            let Ok(handles) = executor.list(&self.scope.id).await else {
                continue;
            };
            let unknown = handles
                .into_iter()
                .filter(|handle| started.iter().all(|known| known.handle != *handle));
            for handle in unknown {
                let stopped = executor
                    .stop(&handle, StopOptions::within(Duration::ZERO))
                    .await;
                if let Err(error) = stopped.map(drop) {
                    tracing::warn!(error = %Chain(&error), "an instance did not stop");
                }
                let _ = executor.remove(&handle).await;
                let _ = Instances::of(self.state)
                    .forget(&handle.component, handle.index)
                    .await;
            }
        }
    }
}

/// How everything that a generation started came to its end.
#[derive(Debug, Default)]
pub(super) struct AllEnded {
    /// Those that had to be forced.
    pub(super) forced: Vec<ComponentId>,
    /// Whether something could not be brought to an end at all, and may still be at work.
    pub(super) left_behind: bool,
}

/// How one instance was stopped.
enum Stopped {
    Well,
    Forced(ComponentId),
    Not,
}

impl AllEnded {
    fn add(&mut self, stopped: Stopped) {
        match stopped {
            Stopped::Well => {}
            Stopped::Forced(id) => self.forced.push(id),
            Stopped::Not => self.left_behind = true,
        }
    }
}

/// Shows how a component that was stopped ended.
fn ended(counters: &Counters, generation: &Generation<'_>, report: &crate::executor::ExitReport) {
    if counters.is_over() {
        return;
    }
    let well = matches!(
        report.status,
        ExitStatus::Code(0) | ExitStatus::Signal(_) | ExitStatus::Code(143)
    );
    if !well {
        tracing::warn!(component = %counters.id, how = how(report), "did not end well when asked to");
    }
    wiring::enter(counters, generation.teller, ComponentState::Stopped);
}
