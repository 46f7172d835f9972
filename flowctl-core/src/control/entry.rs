use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Bound, Declared, Health, MetricValue, Registration,
    happening::{Happening, HappeningKind},
    moment::Moment,
    pulse::Pulse,
};

/// How long a silent service that is no component of the run is still shown.
const KEPT: Duration = Duration::from_secs(600);

/// What is known of one service.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) registration: Arc<Registration>,
    pub(super) declared: Declared,
    pub(super) bound: Option<Bound>,
    /// What it last said of itself; healthy, by registering, until it said something.
    pub(super) told: Health,
    pub(super) pulse: Pulse,
    pub(super) registered: Moment,
    pub(super) heartbeats: u64,
    pub(super) metrics: BTreeMap<String, MetricValue>,
    /// What it takes to keep it, in bytes of text.
    pub(super) bytes: usize,
}

impl Entry {
    pub(super) fn new(registration: Registration, service: &str, now: Moment) -> Self {
        Self {
            bytes: registration.bytes() + service.len(),
            declared: registration.settled(),
            registration: Arc::new(registration),
            bound: None,
            told: Health::Healthy,
            pulse: Pulse::new(now),
            registered: now,
            heartbeats: 0,
            metrics: BTreeMap::new(),
        }
    }

    pub(super) fn beat(
        &mut self,
        health: Option<Health>,
        metrics: BTreeMap<String, MetricValue>,
        bytes: usize,
        now: Moment,
    ) {
        self.pulse.beat(now);
        self.told = health.unwrap_or(self.told);
        self.metrics.extend(metrics);
        self.bytes = bytes;
        self.heartbeats += 1;
    }

    pub(super) const fn health(&self) -> Health {
        if self.pulse.silent {
            Health::Unhealthy
        } else {
            self.told
        }
    }

    pub(super) fn reason(&self, now: Moment) -> String {
        if self.pulse.silent {
            let silence = now.at.saturating_duration_since(self.pulse.seen.at);
            let (silence, allowed) = (silence.as_secs(), self.pulse.patience().as_secs());
            return format!("no heartbeat for {silence} s, {allowed} s are allowed");
        }
        match (self.heartbeats, self.told) {
            (0, _) => "it registered".to_owned(),
            (_, Health::Healthy) => "it sends heartbeats".to_owned(),
            (_, told) => format!("it says that it is {told}"),
        }
    }

    pub(super) fn changed(&self, service: &str, now: Moment) -> Happening {
        let (health, reason) = (self.health(), self.reason(now));
        Happening::new(service, HappeningKind::Health { health, reason })
    }

    /// When something happens to it by itself: it falls silent; a stranger that did is dropped.
    pub(super) fn due(&self) -> Option<Instant> {
        let silent_at = self.pulse.deadline()?;
        match (self.pulse.silent, &self.bound) {
            (false, _) => Some(silent_at),
            (true, None) => silent_at.checked_add(KEPT),
            (true, Some(_)) => None,
        }
    }

    /// Its bytes once these measurements are among its own.
    pub(super) fn bytes_with(&self, metrics: &BTreeMap<String, MetricValue>) -> usize {
        let bytes_of = |value: &MetricValue| match value {
            MetricValue::Number(_) => size_of::<f64>(),
            MetricValue::Text(text) => text.len(),
        };
        metrics.iter().fold(self.bytes, |bytes, (name, value)| {
            let before = self.metrics.get(name);
            let known = before.map_or(0, |before| name.len() + bytes_of(before));
            bytes - known + name.len() + bytes_of(value)
        })
    }
}
