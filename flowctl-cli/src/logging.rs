use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    arguments::Form,
    session::Session,
    terminal::{Screen, ScreenWriter, Stream},
};

/// Sends what libraries log to stderr: nothing, unless `-v` or `FLOWCTL_LOG` asks for it, because a run
/// tells what matters by itself.
///
/// A subscriber that is set already stays.
pub(crate) fn start(session: &Session) {
    let by_count = match session.verbosity {
        0 => "off",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let asked = std::env::var("FLOWCTL_LOG").unwrap_or_else(|_| by_count.to_owned());
    let filter = EnvFilter::try_new(asked).unwrap_or_else(|_| EnvFilter::new(by_count));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(session.screen.palette().coloured)
        .with_writer(ToScreen(session.screen.clone()));
    let set = match session.form {
        Form::Human => subscriber.try_init(),
        Form::Json => subscriber.json().try_init(),
    };
    // Somebody who embeds the command has a logger of their own.
    drop(set);
}

struct ToScreen(Screen);

impl<'a> MakeWriter<'a> for ToScreen {
    type Writer = ScreenWriter;

    fn make_writer(&'a self) -> ScreenWriter {
        self.0.writer(Stream::Stderr)
    }
}
