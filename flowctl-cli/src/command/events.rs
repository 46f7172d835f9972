use clap::Args;
use futures_util::StreamExt as _;

use crate::{
    arguments::{Form, StateArguments},
    error::CliError,
    exit_code,
    happening::Happening,
    runtime,
    session::Session,
    target::Target,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The pipeline that runs: its name, its file, or a run [default: the only one that runs]
    name: Option<String>,
    /// Go on with what is yet to happen, until the run is over
    #[arg(short, long)]
    follow: bool,
    /// Only events after the one with this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    since: u64,
    #[command(flatten)]
    state: StateArguments,
}

pub(super) fn events(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let state_dir = arguments.state.folder()?;
    runtime::block_on(async {
        let target = Target::find_or_only(session, &state_dir, arguments.name.as_deref()).await?;
        let (pipeline, live) = target.running()?;
        let silent = |reason: String| CliError::NotAnswering {
            pipeline: pipeline.title(),
            reason,
        };
        let events = live.client.events(arguments.since, arguments.follow).await;
        let mut events = events.map_err(|status| silent(status.message().to_owned()))?;
        while let Some(event) = events.next().await {
            let event = event.map_err(|status| silent(status.message().to_owned()))?;
            let Some(happening) = Happening::told(event) else {
                continue;
            };
            match session.form {
                Form::Json => session.answer("event", &happening, "")?,
                Form::Human => {
                    let line = happening.line(session.utc, session.answers);
                    let line = format!("{}\n", line.trim_start());
                    session.screen.answer(&line).map_err(CliError::Unwritable)?;
                }
            }
            if session.screen.is_unread() {
                break;
            }
        }
        Ok(exit_code::DONE)
    })
}
