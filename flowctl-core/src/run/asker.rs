//! Asks a started component questions until it answers them, or watches that it goes on to.

use std::{sync::Arc, time::Duration};

use futures_util::stream::StreamExt as _;
use tokio::time::{sleep, timeout};

use super::{deadline::Deadline, readiness::Question, started::Started};
use crate::{
    Chain, Prober,
    control::{Health, Roster},
    executor::{Endpoint, ExitReport, ExitStatus, LogOptions},
    spec::{Check, Role},
};

/// What asks one instance.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) started: Started,
    pub(super) probers: Vec<Arc<dyn Prober>>,
    pub(super) roster: Option<Roster>,
}

/// The pause after the first question that did not pass; each one after it is half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause while an instance is coming up, so that it is never ready for long unnoticed.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How many of the last lines of an instance tell why it failed.
const LAST_LINES: usize = 8;

/// An instance did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("{answer} ({times} {})", if *.times == 1 { "probe" } else { "probes" })]
pub(super) struct Unanswered {
    answer: String,
    times: u32,
}

impl Asker {
    /// Asks until every question has passed once. Cancel safe.
    ///
    /// # Errors
    ///
    /// The last answer, when `within` is over.
    pub(super) async fn until_passed(
        &self,
        questions: &[Question],
        within: Duration,
    ) -> Result<(), Unanswered> {
        let deadline = Deadline::after(within);
        for question in questions {
            let mut last = Unanswered {
                answer: "no answer".to_owned(),
                times: 0,
            };
            let mut pause = FIRST_PAUSE;
            loop {
                let left = deadline.left();
                if left.is_zero() && last.times > 0 {
                    return Err(last);
                }
                last.times += 1;
                match self.ask(question, left).await {
                    Ok(()) => break,
                    Err(answer) => last.answer = answer,
                }
                let left = deadline.left();
                sleep(pause.min(left)).await;
                pause = (pause + pause / 2).min(LONGEST_PAUSE);
            }
        }
        Ok(())
    }

    /// Whether an instance that has ended had come as far as it was asked to: it has written the lines
    /// that were waited for, or it is a sink that came to a good end of its own before anybody could ask.
    pub(super) async fn passed_before_the_end(
        &self,
        questions: &[Question],
        report: &ExitReport,
    ) -> bool {
        let component = &self.started.component;
        if report.status == ExitStatus::Code(0) && component.role == Role::Sink {
            return true;
        }
        for question in questions {
            match &question.probe.check {
                Check::Log { contains } if self.line_with(contains, false).await.is_ok() => {}
                _ => return false,
            }
        }
        !questions.is_empty()
    }

    /// Answers once the question has failed as often in a row as it may.
    pub(super) async fn until_failed(&self, question: &Question) -> Unanswered {
        let mut failed = 0;
        loop {
            sleep(question.probe.every).await;
            match self.ask(question, question.probe.timeout).await {
                Ok(()) => failed = 0,
                Err(answer) => {
                    failed += 1;
                    if failed >= question.probe.failures {
                        return Unanswered {
                            answer,
                            times: failed,
                        };
                    }
                }
            }
        }
    }

    /// Asks once. A question that waits for something (a line, a registration) waits for as long as it
    /// may.
    async fn ask(&self, question: &Question, left: Duration) -> Result<(), String> {
        let check = &question.probe.check;
        let within = match check {
            Check::Log { .. } | Check::Registered => left,
            _ => question.probe.timeout.min(left),
        };
        match timeout(within, self.ask_unbounded(question)).await {
            Ok(answer) => answer,
            Err(_) => Err(match check {
                Check::Log { contains } => format!("no line holds `{contains}`"),
                Check::Registered => "it has not registered with the control plane".to_owned(),
                _ => format!("no answer within {within:?}"),
            }),
        }
    }

    async fn ask_unbounded(&self, question: &Question) -> Result<(), String> {
        let Started {
            executor, handle, ..
        } = &self.started;
        let text = |error: crate::executor::ExecutorError| Chain(&error).to_string();
        match &question.probe.check {
            Check::Exec { command } => {
                let report = executor.exec(handle, command).await.map_err(text)?;
                match report.status {
                    ExitStatus::Code(0) => Ok(()),
                    _ => Err(format!("{}: {}", command.join(" "), how(&report))),
                }
            }
            Check::Log { contains } => self.line_with(contains, true).await,
            Check::Registered => self.registered().await,
            check => {
                let Some(prober) = self.probers.iter().find(|prober| prober.can(check)) else {
                    return Err("nothing here can ask this".to_owned());
                };
                let port = question.port.as_deref();
                let endpoint = self.started.reached_at(port).await;
                match endpoint.map_err(text)? {
                    Endpoint::Network { address } => prober.ask(check, &address).await,
                    Endpoint::Local(_) => Err("it does not listen on a network".to_owned()),
                }
            }
        }
    }

    async fn line_with(&self, contains: &str, follow: bool) -> Result<(), String> {
        let Started {
            executor, handle, ..
        } = &self.started;
        let options = LogOptions {
            follow,
            ..LogOptions::default()
        };
        let lines = executor.logs(handle, options).await;
        let mut lines = lines.map_err(|error| Chain(&error).to_string())?;
        while let Some(line) = lines.next().await {
            let line = line.map_err(|error| Chain(&error).to_string())?;
            if String::from_utf8_lossy(&line.bytes).contains(contains) {
                return Ok(());
            }
        }
        Err(format!("its output ended, and no line holds `{contains}`"))
    }

    async fn registered(&self) -> Result<(), String> {
        let Some(roster) = &self.roster else {
            return Err("there is no control plane with which it could register".to_owned());
        };
        loop {
            let changed = roster.changed();
            let member = roster.member_of(&self.started.handle.component);
            if member.is_some_and(|member| member.health == Health::Healthy) {
                return Ok(());
            }
            changed.await;
        }
    }

    /// The last lines that the instance wrote, as far as they can be had at once.
    pub(super) async fn last_lines(&self) -> Vec<String> {
        let Started {
            executor, handle, ..
        } = &self.started;
        let options = LogOptions {
            tail: Some(LAST_LINES),
            ..LogOptions::default()
        };
        let read = async {
            let lines = executor.logs(handle, options).await.ok()?;
            let lines = lines.filter_map(|line| async { line.ok() });
            let text = lines.map(|line| String::from_utf8_lossy(&line.bytes).into_owned());
            Some(text.collect::<Vec<_>>().await)
        };
        timeout(Duration::from_secs(1), read)
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    }
}

/// How an instance ended, as a clause about it.
pub(super) fn how(report: &ExitReport) -> String {
    match &report.status {
        ExitStatus::Code(code) => format!("exited with code {code}"),
        ExitStatus::Signal(signal) => format!("was ended by signal {signal}"),
        ExitStatus::OutOfMemory => "was ended because it ran out of memory".to_owned(),
        ExitStatus::Failed(why) => format!("failed: {why}"),
        ExitStatus::Unknown => "ended, and nobody can say how".to_owned(),
    }
}
