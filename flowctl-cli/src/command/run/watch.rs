//! Shows a run while it goes on.

use std::{collections::VecDeque, time::Duration};

use flowctl_core::run::{RunControl, RunEvent, RunEventKind, RunStatus};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at};

use super::{happening, throttle::Throttle};
use crate::{
    arguments::Form,
    clock,
    facts::RunFacts,
    session::Session,
    terminal::Tone,
    text::{number::counted, progress},
};

/// How often the block is painted.
const REPAINT: Duration = Duration::from_millis(200);
/// How many paintings a rate reaches back: two seconds.
const WINDOW: usize = 10;
/// When the first line of progress is told, and how long after it each further one.
const FIRST_LINE: Duration = Duration::from_secs(1);
const NEXT_LINE: Duration = Duration::from_secs(10);

/// Shows one run.
#[derive(Debug)]
pub(super) struct Watch<'s> {
    session: &'s Session,
    control: RunControl,
    clock: Interval,
    /// Earlier looks at the run, oldest first; rates are taken since the oldest.
    earlier: VecDeque<RunStatus>,
    throttle: Throttle,
    /// Why the run failed: told with what comes of it, a restart or the report.
    failed: Option<String>,
}

impl<'s> Watch<'s> {
    pub(super) fn new(session: &'s Session, control: RunControl) -> Self {
        let mut clock = if session.screen.is_live() {
            interval(REPAINT)
        } else {
            interval_at(Instant::now() + FIRST_LINE, NEXT_LINE)
        };
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            session,
            control,
            clock,
            earlier: VecDeque::new(),
            throttle: Throttle::new(Instant::now()),
            failed: None,
        }
    }

    /// Waits until it is time to show how the run goes. Cancel safe.
    pub(super) async fn tick(&mut self) {
        self.clock.tick().await;
    }

    /// Shows how the run goes: paints the block, or tells a line.
    pub(super) fn show(&mut self) {
        let now = self.control.status();
        let facts = RunFacts::new(&now, self.earlier.front());
        let reach = if self.session.screen.is_live() {
            WINDOW
        } else {
            1
        };
        while self.earlier.len() >= reach {
            self.earlier.pop_front();
        }
        self.earlier.push_back(now);
        if self.session.screen.is_live() {
            self.session.screen.paint(&progress::block(&facts));
        } else {
            self.session.tell("progress", &facts, |palette| {
                let time = clock::time(std::time::SystemTime::now(), self.session.utc);
                format!(
                    "  {} {}",
                    palette.paint(Tone::Faint, &time),
                    progress::line(&facts)
                )
            });
        }
    }

    /// Tells what happened.
    pub(super) fn tell(&mut self, event: &RunEvent) {
        match self.session.form {
            Form::Json => {
                if let Some(object) = happening::object(event) {
                    self.session.tell("event", &object, |_| String::new());
                }
            }
            Form::Human => self.tell_people(event),
        }
    }

    fn tell_people(&mut self, event: &RunEvent) {
        let palette = self.session.screen.palette();
        match &event.kind {
            RunEventKind::Failed { error, .. } => self.failed = Some(error.clone()),
            RunEventKind::Restarting { generation } => {
                let why = self.failed.take().unwrap_or_default();
                let text = format!("starts again (start {generation}): {why}");
                self.session
                    .tell_people(Tone::Warning, &format!("  {text}"));
            }
            _ => {
                let Some(line) = happening::line(event, self.session.utc, palette) else {
                    return;
                };
                if self.throttle.admits(Instant::now()) {
                    self.tell_held_back();
                    self.session.screen.tell(&line);
                }
            }
        }
    }

    /// Says how many lines were held back because they came too fast.
    pub(super) fn tell_held_back(&mut self) {
        let more = self.throttle.take_held_back();
        if more > 0 {
            let text = format!("  … and {} more", counted(more, "line"));
            self.session.tell_people(Tone::Faint, &text);
        }
    }
}
