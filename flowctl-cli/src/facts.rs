//! What is known of a run, in the one shape that both the JSON output and the text for people are
//! made of.

use std::{collections::BTreeMap, time::Duration};

use flowctl_core::spec::Role;
use serde::{Serialize, Serializer};

use crate::sample::{ComponentSample, Sample};

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
    pub(crate) role: String,
    pub(crate) state: String,
    /// Which start of it this is; more than one means that the run was restarted.
    pub(crate) generation: u32,
    /// Not known of a program that streams by itself and does not tell.
    pub(crate) events_in: Option<u64>,
    pub(crate) events_out: Option<u64>,
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
    /// What runs it, where it runs outside the process of the run.
    pub(crate) executor: Option<String>,
    #[serde(skip)]
    pub(crate) by_itself: bool,
    /// Its ports by name, `host:port`.
    pub(crate) addresses: BTreeMap<String, String>,
    /// Its health, where it runs outside the process of the run, and why.
    pub(crate) health: Option<String>,
    pub(crate) health_reason: Option<String>,
    /// Why it is in its state, where the process of the run tells that.
    pub(crate) reason: Option<String>,
    /// How often it was started again.
    pub(crate) restarts: u64,
    /// How long its present start has been going on, where the process of the run tells that.
    #[serde(rename = "up_ms", serialize_with = "optional_millis")]
    pub(crate) up: Option<Duration>,
}

impl RunFacts {
    /// What `now` tells, with rates since `earlier` (`None`: since the start).
    pub(crate) fn new(now: &Sample, earlier: Option<&Sample>) -> Self {
        let since = earlier.map_or(Duration::ZERO, |earlier| earlier.elapsed);
        let pace = Pace {
            seconds: now.elapsed.saturating_sub(since).as_secs_f64(),
        };
        let fronts: BTreeMap<&str, u64> = now
            .components
            .iter()
            .filter_map(|component| {
                let id = component.id.as_str();
                Some((id, *component.positions.get(id)?))
            })
            .collect();
        let components = now.components.iter().map(|component| {
            let before = earlier
                .and_then(|earlier| earlier.components.iter().find(|c| c.id == component.id));
            ComponentFacts::new(component, before, pace, &fronts)
        });
        Self {
            pipeline: now.pipeline.clone(),
            run: now.run.clone(),
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
        now: &ComponentSample,
        earlier: Option<&ComponentSample>,
        pace: Pace,
        fronts: &BTreeMap<&str, u64>,
    ) -> Self {
        let is = |role: Role| now.role == role.as_str();
        let moved = |sample: &ComponentSample| {
            let events = if is(Role::Sink) {
                sample.events_in
            } else {
                sample.events_out
            };
            events.unwrap_or(0)
        };
        let own = |sample: &ComponentSample| sample.positions.get(&sample.id).copied();
        let behind = || {
            let positions = now.positions.iter();
            let behind = positions
                .filter_map(|(source, at)| Some(fronts.get(source.as_str())?.saturating_sub(*at)));
            behind.max()
        };
        let lag = if is(Role::Source) { now.lag } else { behind() };
        let step = own(now)
            .unwrap_or(0)
            .saturating_sub(earlier.and_then(own).unwrap_or(0));
        let known = earlier.and_then(own).is_some() && now.state == "ready";
        let remaining = lag
            .filter(|lag| known && *lag > 0)
            .and_then(|lag| pace.time_for(lag, step));
        let (health, health_reason) = now.health.clone().unzip();
        Self {
            component: now.id.clone(),
            role: now.role.clone(),
            state: now.state.clone(),
            generation: now.generation,
            events_in: now.events_in,
            events_out: now.events_out,
            rate: pace.rate(moved(now).saturating_sub(earlier.map_or(0, moved))),
            positions: now.positions.clone(),
            lag,
            durable: now.durable,
            retries: now.retries,
            dropped: now.dropped.clone(),
            dead_letters: now.dead_letters,
            warnings: now.warnings.clone(),
            queued_events: now.queued.0,
            queued_bytes: now.queued.1,
            remaining: remaining.filter(|_| is(Role::Source)),
            executor: now.executor.clone(),
            by_itself: now.by_itself,
            addresses: now.addresses.clone(),
            health,
            health_reason,
            reason: None,
            restarts: u64::from(now.generation.saturating_sub(1)),
            up: None,
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
                role: role.as_str().to_owned(),
                state: "ready".to_owned(),
                generation: 1,
                events_in: Some(events_in),
                events_out: Some(events_out),
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
