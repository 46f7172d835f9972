use std::{convert::Infallible, time::Duration};

use flowctl_core::run::{RunControl, RunStatus};
use tokio::time::{MissedTickBehavior, interval};

use super::pipeline::STORE;
use crate::program::{
    metrics::{Counter, Metrics},
    shell::Shell,
};

/// How often the pages learn of what the pipeline does.
const EVERY: Duration = Duration::from_millis(250);

/// Tells the pages and heartbeats what the pipeline does.
#[derive(Debug)]
pub(super) struct Follower {
    shell: Shell,
    service: String,
    told: Told,
}

/// What the counters were told of already.
#[derive(Debug, Default)]
struct Told {
    events_in: u64,
    events_out: u64,
    retries: u64,
    warnings: u64,
    position: u64,
}

impl Follower {
    pub(super) fn new(shell: &Shell, service: String) -> Self {
        Self {
            shell: shell.clone(),
            service,
            told: Told::default(),
        }
    }

    /// Follows for as long as it is polled.
    pub(super) async fn follow(&mut self, run: &RunControl) -> Infallible {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tell(&run.status());
        }
    }

    /// Tells what a status says that was not told yet.
    pub(super) fn tell(&mut self, status: &RunStatus) {
        let metrics = &self.shell.metrics;
        let told = &mut self.told;
        let asked_again = told.warnings;
        let moved = (told.events_out, told.position);
        for component in &status.components {
            if component.id == *STORE {
                rise(
                    metrics,
                    Counter::EventsIn,
                    &mut told.events_in,
                    component.events_in,
                );
                // What a sink has taken is durable.
                rise(
                    metrics,
                    Counter::EventsOut,
                    &mut told.events_out,
                    component.events_in,
                );
                let position = component.positions.values().copied().max().unwrap_or(0);
                let units = position.saturating_sub(told.position);
                if told.position > 0 {
                    metrics.add(Counter::Units, units);
                }
                if position > told.position {
                    told.position = position;
                    metrics.set_position(position);
                }
            } else {
                told.warnings = component.warnings.values().sum();
                if let Some(tip) = component.tip {
                    metrics.set_tip(tip);
                }
            }
            rise(
                metrics,
                Counter::Retries,
                &mut told.retries,
                component.retries,
            );
        }
        if moved != (told.events_out, told.position) {
            self.shell.condition.well();
        } else if told.warnings > asked_again {
            let service = &self.service;
            let reason = format!("`{service}` cannot be read; it is asked again");
            self.shell.condition.trouble(reason);
        }
    }
}

/// Brings a counter up to what it should be.
fn rise(metrics: &Metrics, counter: Counter, told: &mut u64, now: u64) {
    metrics.add(counter, now.saturating_sub(*told));
    *told = now.max(*told);
}
