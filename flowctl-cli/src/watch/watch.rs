use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at};

use super::throttle::Throttle;
use crate::{
    arguments::Form,
    clock,
    facts::RunFacts,
    happening::{self, Happening},
    sample::{IN_PROCESS, Sample},
    session::Session,
    terminal::Tone,
    text::{
        number::{self, counted},
        place, progress,
    },
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
pub(crate) struct Watch<'s> {
    session: &'s Session,
    clock: Interval,
    /// Earlier looks at the run, oldest first; rates are taken since the oldest.
    earlier: VecDeque<Sample>,
    throttle: Throttle,
    /// Why the run failed: told with what comes of it, a restart or the report.
    failed: Option<String>,
    /// What runs the components that run outside the process of the run, and since when each of them
    /// starts.
    served: BTreeMap<String, Start>,
}

#[derive(Debug)]
struct Start {
    executor: String,
    since: Option<SystemTime>,
}

impl<'s> Watch<'s> {
    /// Shows a run of which these executors run components.
    pub(crate) fn new(
        session: &'s Session,
        executors: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut clock = if session.screen.is_live() {
            interval(REPAINT)
        } else {
            interval_at(Instant::now() + FIRST_LINE, NEXT_LINE)
        };
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let served = executors
            .into_iter()
            .filter(|(_, executor)| executor != IN_PROCESS)
            .map(|(id, executor)| {
                let since = None;
                (id, Start { executor, since })
            });
        Self {
            session,
            clock,
            earlier: VecDeque::new(),
            throttle: Throttle::new(Instant::now()),
            failed: None,
            served: served.collect(),
        }
    }

    /// Waits until it is time to show how the run goes. Cancel safe.
    pub(crate) async fn tick(&mut self) {
        self.clock.tick().await;
    }

    /// Shows how the run goes: paints the block, or tells a line.
    pub(crate) fn show(&mut self, now: Sample) {
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
                let time = clock::time(SystemTime::now(), self.session.utc);
                format!(
                    "  {} {}",
                    palette.paint(Tone::Faint, &time),
                    progress::line(&facts)
                )
            });
        }
    }

    /// Whether what happened is told together with how its component is at this moment.
    pub(crate) fn wants_sample(&self, happening: &Happening) -> bool {
        self.session.form == Form::Human
            && happening.state.as_deref() == Some("ready")
            && self.is_served(happening)
    }

    /// Tells what happened; `now` is how the run is, where that is [wanted](Self::wants_sample).
    pub(crate) fn tell(&mut self, happening: &Happening, now: Option<&Sample>) {
        match self.session.form {
            Form::Json => self.session.tell("event", happening, |_| String::new()),
            Form::Human => self.tell_people(happening, now),
        }
    }

    fn tell_people(&mut self, happening: &Happening, now: Option<&Sample>) {
        let palette = self.session.screen.palette();
        match happening.event {
            "failed" => self.failed.clone_from(&happening.reason),
            "restarting" => {
                let why = self.failed.take().unwrap_or_default();
                let generation = happening.generation.unwrap_or(0);
                let text = format!("starts again (start {generation}): {why}");
                self.session
                    .tell_people(Tone::Warning, &format!("  {text}"));
            }
            "state" if self.is_served(happening) => {
                if let Some(text) = self.start(happening, now) {
                    let (at, utc) = (happening.when(), self.session.utc);
                    let line = happening::line(at, utc, palette, Tone::Plain, &text);
                    self.session.screen.tell(&line);
                }
            }
            _ if happening.is_for_watchers() && self.throttle.admits(Instant::now()) => {
                self.tell_held_back();
                let line = happening.line(self.session.utc, palette);
                self.session.screen.tell(&line);
            }
            _ => {}
        }
    }

    fn is_served(&self, happening: &Happening) -> bool {
        let component = happening.component.as_deref();
        component.is_some_and(|component| self.served.contains_key(component))
    }

    /// The start of a component that runs elsewhere, its getting ready, and its own end.
    fn start(&mut self, happening: &Happening, now: Option<&Sample>) -> Option<String> {
        let component = happening.component.as_deref()?;
        let start = self.served.get_mut(component)?;
        match happening.state.as_deref()? {
            "starting" => {
                start.since = Some(happening.when());
                Some(format!("{component} starts {}", place(&start.executor)))
            }
            "ready" => {
                let since = start.since.take()?;
                let took = happening.when().duration_since(since).unwrap_or_default();
                let mut text = format!("{component} is ready after {}", number::duration(took));
                let addresses = now.and_then(|now| Some(&now.component(component)?.addresses));
                for (name, address) in addresses.into_iter().flatten() {
                    text.push_str(&format!(", {name} {address}"));
                }
                Some(text)
            }
            "finished" => Some(format!("{component} has finished")),
            _ => None,
        }
    }

    /// Says how many lines were held back because they came too fast.
    pub(crate) fn tell_held_back(&mut self) {
        let more = self.throttle.take_held_back();
        if more > 0 {
            let text = format!("  … and {} more", counted(more, "line"));
            self.session.tell_people(Tone::Faint, &text);
        }
    }
}
