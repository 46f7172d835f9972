use clap::Args;
use futures_util::StreamExt as _;
use serde::Serialize;

use crate::{
    arguments::StateArguments,
    ending::Ending,
    error::CliError,
    exit_code,
    facts::RunFacts,
    happening::Happening,
    pipeline::{Live, Pipeline},
    runtime,
    sample::Sample,
    session::Session,
    signals::Signals,
    target::Target,
    terminal::Tone,
    text::{Failure, number},
    watch::Watch,
};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The pipeline that runs: its name, its file, or a run [default: the only one that runs]
    name: Option<String>,
    /// Let Ctrl-C stop the run, as it does with `run`, instead of only leaving it
    #[arg(long)]
    stop: bool,
    #[command(flatten)]
    state: StateArguments,
}

/// The first object of it.
#[derive(Serialize)]
struct Attached<'a> {
    pipeline: &'a str,
    namespace: &'a str,
    run: &'a str,
    pid: u32,
}

/// How following a run came to its end.
enum Left {
    /// The run is over.
    Over(Box<(Option<Happening>, Sample)>),
    /// It goes on without being followed.
    Detached,
    /// A second signal, while it was being stopped.
    Signalled(i32),
}

pub(super) fn attach(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let state_dir = arguments.state.folder()?;
    runtime::block_on(async {
        let mut signals = Signals::listen().map_err(CliError::NoRuntime)?;
        let target = Target::find_or_only(session, &state_dir, arguments.name.as_deref()).await?;
        let (pipeline, live) = target.running()?;
        let attached = Attached {
            pipeline: &pipeline.name,
            namespace: &pipeline.namespace,
            run: &live.status.run,
            pid: live.status.pid,
        };
        session.tell("attached", &attached, |palette| {
            let name = palette.paint(Tone::Strong, &pipeline.title());
            let run = number::short(attached.run);
            let does = if arguments.stop {
                "stops it"
            } else {
                "leaves it running"
            };
            format!(
                "{name}: run {run} in process {}; Ctrl-C {does}",
                attached.pid
            )
        });
        let left = follow(session, &pipeline, &live, arguments.stop, &mut signals).await;
        session.screen.clear();
        Ok(match left? {
            Left::Detached => {
                let text = format!("{} goes on", pipeline.title());
                session.tell_people(Tone::Plain, &text);
                exit_code::DONE
            }
            Left::Signalled(signal) => exit_code::of_signal(signal),
            Left::Over(end) => over(session, end.0, &end.1),
        })
    })
}

async fn follow(
    session: &Session,
    pipeline: &Pipeline,
    live: &Live,
    stop: bool,
    signals: &mut Signals,
) -> Result<Left, CliError> {
    let silent = |reason: String| CliError::NotAnswering {
        pipeline: pipeline.title(),
        reason,
    };
    let client = &live.client;
    let components = live.status.components.iter();
    let executors = components.map(|one| (one.id.clone(), one.executor.clone()));
    let mut watch = Watch::new(session, executors);
    let mut last = Sample::from(&live.status);
    let events = client.events(0, true).await;
    let mut events = events.map_err(|status| silent(status.message().to_owned()))?;
    let mut ended = None;
    let mut draining = false;
    loop {
        let happening = tokio::select! {
            biased;
            signal = signals.next() => {
                if draining {
                    return Ok(Left::Signalled(signal));
                }
                if !stop {
                    return Ok(Left::Detached);
                }
                draining = true;
                let asked = client.stop(None).await;
                asked.map_err(|status| silent(status.message().to_owned()))?;
                continue;
            }
            event = events.next() => match event {
                Some(Ok(event)) => Happening::told(event),
                // With the end of the run, or of its process.
                Some(Err(_)) | None => {
                    watch.tell_held_back();
                    return Ok(Left::Over(Box::new((ended, last))));
                }
            },
            () = watch.tick() => {
                if let Ok(status) = client.status().await {
                    last = Sample::from(&status);
                    watch.show(last.clone());
                }
                continue;
            }
        };
        let Some(happening) = happening else { continue };
        if happening.event == "draining" {
            draining |= stop;
            session.tell_people(Tone::Strong, "draining");
        }
        if (happening.event == "ended" || watch.wants_sample(&happening))
            && let Ok(status) = client.status().await
        {
            last = Sample::from(&status);
        }
        watch.tell(&happening, Some(&last));
        if happening.event == "ended" {
            ended = Some(happening);
        }
    }
}

/// Reports the end of the run as its own process does, as far as it is known here.
fn over(session: &Session, ended: Option<Happening>, last: &Sample) -> u8 {
    let Some(ended) = ended else {
        session.tell_people(
            Tone::Error,
            "the process of the run is gone; the next `flowctl run` goes on from what is durable",
        );
        return exit_code::FAILED;
    };
    let outcome = ended.outcome.unwrap_or_default();
    let code = exit_code::of_word(&outcome);
    let ending = Ending {
        outcome,
        code,
        failure: ended.reason.map(Failure::told),
        forced: Vec::new(),
        next: Vec::new(),
        logs: None,
        facts: RunFacts::new(last, None),
    };
    ending.tell(session);
    code
}
