use std::{pin::pin, sync::Arc, time::Duration};

use flowctl_core::{PipelineSpec, RunHandle, RunReport, Runner, spec::Reading, store::FileStore};
use futures_util::StreamExt as _;

use super::{
    arguments::{Arguments, Fresh},
    ending, logging, opening,
    signals::Signals,
    watch::Watch,
};
use crate::{
    backends::Backends, error::CliError, exit_code, session::Session, spec_files, terminal::Tone,
};

/// How long a run that was forced may take to end before the process ends without it.
const FORCED_WITHIN: Duration = Duration::from_secs(2);

/// Runs a pipeline to its end; gives the exit code.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    logging::start(session);
    let read = spec_files::read(&arguments.spec, &session.registry)?;
    spec_files::tell_warnings(session, &read.warnings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::NoRuntime)?;
    let code = runtime.block_on(run_spec(session, arguments, &read));
    // A component that blocks a thread for ever must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

async fn run_spec(
    session: &Session,
    arguments: &Arguments,
    Reading { spec, warnings, .. }: &Reading,
) -> Result<u8, CliError> {
    let mut signals = Signals::listen().map_err(CliError::NoRuntime)?;
    let state_dir = arguments.state.folder()?;
    let folder = FileStore::folder(&state_dir, &spec.namespace, &spec.name);
    let first_run = !folder.exists() || arguments.fresh.is_some();
    let backends = Backends::new(session, arguments.executor.choice(spec), &folder);
    let plan = backends.plan(&session.registry, spec)?;
    backends.check(spec, &plan)?;
    spec_files::tell_warnings(session, &spec_files::of_plan(&plan, warnings));
    let store = FileStore::open(&folder).map_err(CliError::State)?;
    let runner = backends.runner(&session.registry).store(Arc::new(store));
    let runner = runner.build();
    if let Some(fresh) = arguments.fresh {
        reset(&runner, spec, fresh).await?;
    }
    opening::tell(session, spec, &plan, &folder, first_run);
    let handle = runner.start(spec).map_err(CliError::Spec)?;
    let grace = arguments.grace.unwrap_or(spec.stop_within);
    let (report, forced_by) = see_through(session, handle, grace, &mut signals).await;
    session.screen.clear();
    let Some(report) = report else {
        session.tell_people(
            Tone::Error,
            "the run did not end when it was forced; what was not durable is lost",
        );
        return Ok(forced_by.map_or(exit_code::FORCED, exit_code::of_signal));
    };
    let code = forced_by.map_or_else(|| exit_code::of_report(&report), exit_code::of_signal);
    ending::tell(session, spec, &report, code);
    Ok(code)
}

async fn reset(runner: &Runner, spec: &PipelineSpec, fresh: Fresh) -> Result<(), CliError> {
    let what = match fresh {
        Fresh::State => flowctl_core::run::Reset::State,
        Fresh::Sinks => flowctl_core::run::Reset::StateAndSinks,
    };
    runner.reset(spec, what).await.map_err(CliError::Start)
}

/// Shows the run until it is over; passes signals on. Gives the report, unless the run did not end
/// although it was forced, and the signal that forced it.
async fn see_through(
    session: &Session,
    handle: RunHandle,
    grace: Duration,
    signals: &mut Signals,
) -> (Option<RunReport>, Option<i32>) {
    let control = handle.control();
    let mut events = handle.events();
    let mut watch = Watch::new(session, control.clone());
    let mut end = pin!(handle.wait());
    let mut draining = false;
    loop {
        tokio::select! {
            biased;
            signal = signals.next() => {
                if draining {
                    control.stop(Duration::ZERO);
                    let ended = tokio::time::timeout(FORCED_WITHIN, end).await;
                    return (ended.ok(), Some(signal));
                }
                draining = true;
                control.stop(grace);
                tell_draining(session, "sources stopped; Ctrl-C again to force");
            }
            () = session.screen.reader_gone(), if !draining => {
                draining = true;
                control.stop(grace);
                tell_draining(session, "nobody reads stdout any more");
            }
            report = &mut end => {
                while let Some(Some(event)) = futures_util::FutureExt::now_or_never(events.next()) {
                    watch.tell(&event);
                }
                watch.tell_held_back();
                return (Some(report), None);
            }
            Some(event) = events.next() => watch.tell(&event),
            () = watch.tick() => watch.show(),
        }
    }
}

fn tell_draining(session: &Session, why: &str) {
    session.tell_people(Tone::Strong, &format!("draining ({why})"));
}
