//! Waiting until served components have come as far as others need them.

use super::{
    asker::{Asker, how},
    error::{RunError, RunErrorKind},
    generation::Generation,
    layout::Node,
    readiness::Question,
    started::Started,
};
use crate::{
    executor::ExitStatus,
    spec::{Check, Condition, Probe},
};

impl Generation<'_> {
    pub(super) fn asker(&self, started: &Started) -> Asker {
        Asker {
            started: started.clone(),
            probers: self.parts.probers.clone(),
            roster: self
                .parts
                .control_plane
                .as_ref()
                .map(|control| control.roster().clone()),
        }
    }

    /// Waits until what says that the component is ready has passed.
    pub(super) async fn until_ready(&self, of: &Node, started: &Started) -> Result<(), RunError> {
        let asker = self.asker(started);
        let questions = self.parts.questions(of, &started.ports);
        self.until(&asker, &questions, of.component.probes.start_within)
            .await
    }

    /// Waits until a component that was started has come as far as another one needs it.
    pub(super) async fn condition(
        &self,
        node: usize,
        started: &Started,
        condition: &Condition,
    ) -> Result<(), RunError> {
        let asker = self.asker(started);
        let id = &started.handle.component;
        match condition {
            Condition::Completed => {
                let report = started.executor.wait(&started.handle).await;
                let report = report.map_err(|error| self.refused(started.node, error))?;
                if report.status == ExitStatus::Code(0) {
                    return Ok(());
                }
                let how = format!(
                    "{}, and `{}` waits for its success",
                    how(&report),
                    self.id(node)
                );
                let lines = asker.last_lines().await;
                Err(RunError::new(RunErrorKind::Ended { how })
                    .of(id)
                    .with_last_lines(lines))
            }
            Condition::Log(contains) => {
                let check = Check::Log {
                    contains: contains.clone(),
                };
                self.asks(&asker, check, started).await
            }
            Condition::Registered => self.asks(&asker, Check::Registered, started).await,
            Condition::Started | Condition::Ready => Ok(()),
        }
    }

    async fn asks(&self, asker: &Asker, check: Check, started: &Started) -> Result<(), RunError> {
        let question = Question {
            probe: Probe::new(check),
            port: None,
        };
        self.until(asker, &[question], started.component.probes.start_within)
            .await
    }

    async fn until(
        &self,
        asker: &Asker,
        questions: &[Question],
        within: std::time::Duration,
    ) -> Result<(), RunError> {
        let started = &asker.started;
        let id = &started.handle.component;
        let error = tokio::select! {
            biased;
            passed = asker.until_passed(questions, within) => match passed {
                Ok(()) => return Ok(()),
                Err(last) => RunError::new(RunErrorKind::NotReady { waited: within }).caused_by(last),
            },
            report = started.executor.wait(&started.handle) => {
                let report = report.map_err(|error| self.refused(started.node, error))?;
                if asker.passed_before_the_end(questions, &report).await {
                    return Ok(());
                }
                RunError::new(RunErrorKind::EndedEarly { how: how(&report) })
            }
        };
        Err(error.of(id).with_last_lines(asker.last_lines().await))
    }
}
