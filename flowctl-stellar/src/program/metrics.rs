use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What a program counts: for `/metrics`, for `/health` and for heartbeats. Cheap to clone.
///
/// | metric | what it is |
/// |---|---|
/// | `flowctl_events_in_total` | events taken from whoever is read |
/// | `flowctl_events_out_total` | events given to whoever reads, or made durable |
/// | `flowctl_bytes_out_total` | their bytes |
/// | `flowctl_units_total` | whole units (ledgers) that were done with |
/// | `flowctl_errors_total` | calls and streams that ended in an error |
/// | `flowctl_retries_total` | attempts that were made again |
/// | `flowctl_open_streams` | streams that are being served |
/// | `flowctl_position` | the last sequence that was done with |
/// | `flowctl_tip` | the newest sequence that is known of |
/// | `flowctl_lag` | how far the position is behind the tip |
/// | `flowctl_uptime_seconds` | how long the program runs |
/// | `flowctl_ready` | 1 while it is ready |
///
/// Every one has the label `component`. Gauges that nothing is known of are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    counters: [AtomicU64; Counter::ALL.len()],
    open_streams: AtomicU64,
    // No sequence is 0: there is no ledger 0.
    position: AtomicU64,
    tip: AtomicU64,
}

/// What only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    EventsIn,
    EventsOut,
    BytesOut,
    Units,
    Errors,
    Retries,
}

impl Counter {
    pub(crate) const ALL: [Self; 6] = [
        Self::EventsIn,
        Self::EventsOut,
        Self::BytesOut,
        Self::Units,
        Self::Errors,
        Self::Retries,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::EventsIn => "flowctl_events_in_total",
            Self::EventsOut => "flowctl_events_out_total",
            Self::BytesOut => "flowctl_bytes_out_total",
            Self::Units => "flowctl_units_total",
            Self::Errors => "flowctl_errors_total",
            Self::Retries => "flowctl_retries_total",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::EventsIn => "Events taken from whoever is read.",
            Self::EventsOut => "Events given to whoever reads, or made durable.",
            Self::BytesOut => "Bytes of the events given.",
            Self::Units => "Whole units (ledgers) that were done with.",
            Self::Errors => "Calls and streams that ended in an error.",
            Self::Retries => "Attempts that were made again.",
        }
    }
}

/// A stream that is being served; dropping it counts it out.
#[derive(Debug)]
pub(crate) struct OpenStream(Metrics);

impl Metrics {
    /// Adds to a counter.
    pub(crate) fn add(&self, counter: Counter, count: u64) {
        let [events_in, events_out, bytes_out, units, errors, retries] = &self.0.counters;
        let cell = match counter {
            Counter::EventsIn => events_in,
            Counter::EventsOut => events_out,
            Counter::BytesOut => bytes_out,
            Counter::Units => units,
            Counter::Errors => errors,
            Counter::Retries => retries,
        };
        cell.fetch_add(count, Ordering::Relaxed);
    }

    /// What a counter stands at.
    pub(crate) fn count(&self, counter: Counter) -> u64 {
        let mut counters = Counter::ALL.into_iter().zip(&self.0.counters);
        let found = counters.find(|(each, _)| *each == counter);
        found.map_or(0, |(_, cell)| cell.load(Ordering::Relaxed))
    }

    /// Everything up to this sequence is done with.
    pub(crate) fn set_position(&self, sequence: u64) {
        self.0.position.store(sequence, Ordering::Relaxed);
        self.0.tip.fetch_max(sequence, Ordering::Relaxed);
    }

    /// This is the newest sequence that is known of.
    pub(crate) fn set_tip(&self, sequence: u64) {
        self.0.tip.fetch_max(sequence, Ordering::Relaxed);
    }

    /// A stream has begun.
    pub(crate) fn open_stream(&self) -> OpenStream {
        self.0.open_streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(self.clone())
    }

    /// The last sequence that was done with.
    pub(crate) fn position(&self) -> Option<u64> {
        Some(self.0.position.load(Ordering::Relaxed)).filter(|position| *position > 0)
    }

    /// How far the position is behind the tip.
    pub(crate) fn lag(&self) -> Option<u64> {
        Some(self.tip()?.saturating_sub(self.position()?))
    }

    /// The newest sequence that is known of.
    pub(crate) fn tip(&self) -> Option<u64> {
        Some(self.0.tip.load(Ordering::Relaxed)).filter(|tip| *tip > 0)
    }

    /// How many streams are being served.
    pub(crate) fn open_streams(&self) -> u64 {
        self.0.open_streams.load(Ordering::Relaxed)
    }

    /// All of it as Prometheus reads it (text format 0.0.4).
    pub(crate) fn prometheus(&self, component: &str, uptime_seconds: u64, ready: bool) -> String {
        let mut text = String::new();
        for counter in Counter::ALL {
            let value = Some(self.count(counter));
            series(
                &mut text,
                component,
                counter.name(),
                "counter",
                counter.help(),
                value,
            );
        }
        let gauges = [
            (
                "flowctl_open_streams",
                "Streams that are being served.",
                Some(self.open_streams()),
            ),
            (
                "flowctl_position",
                "The last sequence that was done with.",
                self.position(),
            ),
            (
                "flowctl_tip",
                "The newest sequence that is known of.",
                self.tip(),
            ),
            (
                "flowctl_lag",
                "How far the position is behind the tip.",
                self.lag(),
            ),
            (
                "flowctl_uptime_seconds",
                "How long the program runs.",
                Some(uptime_seconds),
            ),
            ("flowctl_ready", "1 while it is ready.", Some(ready.into())),
        ];
        for (name, help, value) in gauges {
            series(&mut text, component, name, "gauge", help, value);
        }
        text
    }

    /// All of it for `/health` and heartbeats: by the names that flowctl shows, and by those of upstream's
    /// programs.
    pub(crate) fn values(&self) -> Vec<(&'static str, u64)> {
        let known = |name, value: Option<u64>| value.map(|value| (name, value));
        [
            Some(("events_in", self.count(Counter::EventsIn))),
            Some(("events_out", self.count(Counter::EventsOut))),
            known("position", self.position()),
            known("tip", self.tip()),
            known("lag", self.lag()),
            Some(("success_count", self.count(Counter::Units))),
            Some(("error_count", self.count(Counter::Errors))),
            Some(("retry_count", self.count(Counter::Retries))),
            Some(("total_processed", self.count(Counter::EventsIn))),
            Some(("total_events_emitted", self.count(Counter::EventsOut))),
            Some(("total_bytes_processed", self.count(Counter::BytesOut))),
            Some(("open_streams", self.open_streams())),
            known("last_processed_ledger", self.position()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.0.open_streams.fetch_sub(1, Ordering::Relaxed);
    }
}

fn series(
    text: &mut String,
    component: &str,
    name: &str,
    kind: &str,
    help: &str,
    value: Option<u64>,
) {
    let Some(value) = value else { return };
    let component = component
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{{component=\"{component}\"}} {value}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_help_type_and_value_of_everything_that_is_documented() {
        let metrics = Metrics::default();
        metrics.add(Counter::Units, 3);
        metrics.set_position(7);
        metrics.set_tip(9);
        let stream = metrics.open_stream();
        let text = metrics.prometheus("my \"source\"", 5, true);
        let documented: Vec<_> = include_str!("metrics.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("/// | `")?.split_once('`'))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(documented.len(), 12);
        let mut names: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
            .map(|(name, _)| name)
            .collect();
        let mut sorted = documented;
        sorted.sort_unstable();
        names.sort_unstable();
        assert_eq!(names, sorted);
        assert!(text.contains("# HELP flowctl_lag How far"), "{text}");
        assert!(
            text.contains("flowctl_lag{component=\"my \\\"source\\\"\"} 2\n"),
            "{text}"
        );
        assert!(text.contains("flowctl_units_total{component=\"my \\\"source\\\"\"} 3\n"));
        drop(stream);
        assert_eq!(metrics.open_streams(), 0);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let text = Metrics::default().prometheus("a", 0, false);
        assert!(
            !text.contains("flowctl_lag") && !text.contains("flowctl_position"),
            "{text}"
        );
        assert!(text.contains("flowctl_ready{component=\"a\"} 0"), "{text}");
        let values = Metrics::default().values();
        assert!(values.iter().all(|(name, _)| *name != "lag"));
    }

    #[test]
    fn a_tip_never_lies_behind_the_position() {
        let metrics = Metrics::default();
        metrics.set_tip(5);
        metrics.set_position(8);
        assert_eq!((metrics.tip(), metrics.lag()), (Some(8), Some(0)));
    }
}
