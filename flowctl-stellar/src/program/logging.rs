use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::{settings::Settings, values::LogFormat};

/// Libraries that have more to say at `debug` than anybody wants to read.
const TALKATIVE: [&str; 5] = ["h2", "hyper", "hyper_util", "rustls", "tower"];

/// Logs to stderr, as the settings say. Stdout belongs to what a program makes.
pub(crate) fn log_to_stderr(settings: &Settings) {
    let level = settings.log_level.0;
    let mut targets = Targets::new().with_default(level);
    if level != LevelFilter::TRACE {
        let quiet = level.min(LevelFilter::WARN);
        targets = targets.with_targets(TALKATIVE.map(|target| (target, quiet)));
    }
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // What reads stderr may be gone before the program is; that must not end it.
        .log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(targets);
    let set = match settings.log_format {
        LogFormat::Text => {
            let ansi = std::io::stderr().is_terminal();
            registry
                .with(layer.with_ansi(ansi).with_target(false))
                .try_init()
        }
        LogFormat::Json => registry
            .with(layer.json().flatten_event(true).with_current_span(false))
            .try_init(),
    };
    // Only the first of two in a process is set, and there is only one here.
    let _ = set;
}
