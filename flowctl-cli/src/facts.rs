//! What is known of a run, in the one shape that both the JSON output and the text for people are
//! made of.

use std::{collections::BTreeMap, time::Duration};

use flowctl_core::{
    ComponentId,
    run::{ComponentState, ComponentStatus, RunStatus},
    spec::Role,
};
use serde::{Serialize, Serializer};

/// A run at one moment.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunFacts {
    pub(crate) pipeline: String,
    pub(crate) run: String,
    #[serde(rename = "elapsed_ms", serialize_with = "millis")]
    pub(crate) elapsed: Duration,
    pub(crate) components: Vec<ComponentFacts>,
}

/// One component at one moment.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct ComponentFacts {
    pub(crate) component: String,
    pub(crate) role: &'static str,
    pub(crate) state: &'static str,
    /// Which start of it this is; more than one means that the run was restarted.
    pub(crate) generation: u32,
    pub(crate) events_in: u64,
    pub(crate) events_out: u64,
    /// Of what it gives, or takes if it is a sink.
    #[serde(rename = "events_per_second", serialize_with = "tenths")]
    pub(crate) rate: f64,
    /// How far it is, per source.
    pub(crate) positions: BTreeMap<String, u64>,
    /// How far it is behind: a source behind its origin, the others behind their sources.
    pub(crate) lag: Option<u64>,
    /// How far the stream of a source is durable in every sink.
    pub(crate) durable: Option<u64>,
    pub(crate) retries: u64,
    /// What was left out, by reason.
    pub(crate) dropped: BTreeMap<String, u64>,
    pub(crate) dead_letters: u64,
    /// What is allowed but not as it should be, by kind.
    pub(crate) warnings: BTreeMap<String, u64>,
    /// What waits on the fullest edge out of it.
    pub(crate) queued_events: u64,
    pub(crate) queued_bytes: u64,
    /// How long a source will need for its lag, if its pace stays.
    #[serde(rename = "remaining_ms", serialize_with = "optional_millis")]
    pub(crate) remaining: Option<Duration>,
}

impl RunFacts {
    /// What `now` tells, with rates since `earlier` (`None`: since the start).
    pub(crate) fn new(now: &RunStatus, earlier: Option<&RunStatus>) -> Self {
        let since = earlier.map_or(Duration::ZERO, |earlier| earlier.elapsed);
        let pace = Pace {
            seconds: now.elapsed.saturating_sub(since).as_secs_f64(),
        };
        let fronts: BTreeMap<&ComponentId, u64> = now
            .components
            .iter()
            .filter_map(|component| Some((&component.id, *component.positions.get(&component.id)?)))
            .collect();
        let components = now.components.iter().map(|component| {
            let before = earlier
                .and_then(|earlier| earlier.components.iter().find(|c| c.id == component.id));
            ComponentFacts::new(component, before, pace, &fronts)
        });
        Self {
            pipeline: now.pipeline.to_string(),
            run: now.run.to_string(),
            elapsed: now.elapsed,
            components: components.collect(),
        }
    }

    /// The sources.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &ComponentFacts> {
        self.components
            .iter()
            .filter(|component| component.is(Role::Source))
    }

    /// The sinks.
    pub(crate) fn sinks(&self) -> impl Iterator<Item = &ComponentFacts> {
        self.components
            .iter()
            .filter(|component| component.is(Role::Sink))
    }
}

impl ComponentFacts {
    fn new(
        now: &ComponentStatus,
        earlier: Option<&ComponentStatus>,
        pace: Pace,
        fronts: &BTreeMap<&ComponentId, u64>,
    ) -> Self {
        let moved = |status: &ComponentStatus| match status.role {
            Role::Sink => status.events_in,
            _ => status.events_out,
        };
        let own = |status: &ComponentStatus| status.positions.get(&status.id).copied();
        let lag = match now.role {
            Role::Source => now.lag(),
            _ => now
                .positions
                .iter()
                .filter_map(|(source, at)| Some(fronts.get(source)?.saturating_sub(*at)))
                .max(),
        };
        let step = own(now)
            .unwrap_or(0)
            .saturating_sub(earlier.and_then(own).unwrap_or(0));
        let known = earlier.and_then(own).is_some() && now.state == ComponentState::Ready;
        let remaining = lag
            .filter(|lag| known && *lag > 0)
            .and_then(|lag| pace.time_for(lag, step));
        Self {
            component: now.id.to_string(),
            role: now.role.as_str(),
            state: now.state.as_str(),
            generation: now.generation,
            events_in: now.events_in,
            events_out: now.events_out,
            rate: pace.rate(moved(now).saturating_sub(earlier.map_or(0, moved))),
            positions: now
                .positions
                .iter()
                .map(|(source, at)| (source.to_string(), *at))
                .collect(),
            lag,
            durable: now.durable,
            retries: now.retries,
            dropped: texts(&now.dropped),
            dead_letters: now.dead_letters,
            warnings: texts(&now.warnings),
            queued_events: now.queued.0,
            queued_bytes: now.queued.1,
            remaining: remaining.filter(|_| now.role == Role::Source),
        }
    }

    /// Whether it has this role.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.role == role.as_str()
    }

    /// How many records it left out.
    pub(crate) fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum()
    }
}

/// How long something took.
#[derive(Clone, Copy, Debug)]
struct Pace {
    seconds: f64,
}

impl Pace {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is shown with three digits"
    )]
    fn rate(self, events: u64) -> f64 {
        if self.seconds > 0.0 {
            events as f64 / self.seconds
        } else {
            0.0
        }
    }

    fn time_for(self, lag: u64, step: u64) -> Option<Duration> {
        let rate = self.rate(step);
        #[expect(
            clippy::cast_precision_loss,
            reason = "an estimate is shown in seconds"
        )]
        let seconds = lag as f64 / rate;
        (rate > 0.0)
            .then(|| Duration::try_from_secs_f64(seconds).ok())
            .flatten()
    }
}

fn texts<K: ToString>(counts: &BTreeMap<K, u64>) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(reason, count)| (reason.to_string(), *count))
        .collect()
}

fn millis<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn optional_millis<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => millis(duration, to),
        None => to.serialize_none(),
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn tenths<S: Serializer>(rate: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((rate * 10.0).round() / 10.0)
}

/// Runs to try texts on.
#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A simulated network, its processor and two sinks, one a little behind the other.
    pub(crate) fn running() -> RunFacts {
        let component =
            |component: &str, role: Role, events_in, events_out, rate, at| ComponentFacts {
                component: component.to_owned(),
                role: role.as_str(),
                state: "ready",
                generation: 1,
                events_in,
                events_out,
                rate,
                positions: BTreeMap::from([("network".to_owned(), at)]),
                lag: Some(1_204_u64.saturating_sub(at)),
                ..ComponentFacts::default()
            };
        let mut network = component("network", Role::Source, 0, 1_204, 402.0, 1_204);
        network.lag = None;
        network.durable = Some(1_203);
        RunFacts {
            pipeline: "quickstart".to_owned(),
            run: "7c1e09ab-0000-4000-8000-000000000001".to_owned(),
            elapsed: Duration::from_secs(3),
            components: vec![
                network,
                component("ttp", Role::Processor, 1_204, 31_877, 10_600.0, 1_204),
                component("store", Role::Sink, 31_877, 0, 10_600.0, 1_203),
                component("console", Role::Sink, 31_800, 0, 10_570.0, 1_202),
            ],
        }
    }
}
