use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use flowctl_core::{
    PipelineSpec, RunHandle, RunReport, Runner, Store,
    run::{Plan, Reset, RunHistory},
    spec::Reading,
    store::FileStore,
};
use futures_util::{FutureExt as _, StreamExt as _};

use super::{
    arguments::{Arguments, Fresh},
    detach,
    opening::Opening,
    serving::{self, Serving},
};
use crate::{
    backends::Backends, ending::Ending, error::CliError, exit_code, happening::Happening, logging,
    runtime, sample::Sample, session::Session, signals::Signals, spec_files, terminal::Tone,
    watch::Watch,
};

/// How long a run that was forced may take to end before the process ends without it.
const FORCED_WITHIN: Duration = Duration::from_secs(2);

/// Runs a pipeline to its end, or until it is ready if it is to be detached; gives the exit code.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let detached = detach::is_detached();
    if detached {
        detach::lead_session();
    }
    logging::start(session);
    let read = spec_files::read(&arguments.spec, &session.registry)?;
    spec_files::tell_warnings(session, &read.warnings);
    runtime::block_on(async {
        if arguments.detach && !detached {
            detach::start(session, arguments, &read).await
        } else {
            run_spec(session, arguments, &read, detached).await
        }
    })
}

async fn run_spec(
    session: &Session,
    arguments: &Arguments,
    Reading { spec, warnings, .. }: &Reading,
    detached: bool,
) -> Result<u8, CliError> {
    let mut signals = Signals::listen().map_err(CliError::NoRuntime)?;
    let state_dir = arguments.state.folder()?;
    let folder = FileStore::folder(&state_dir, &spec.namespace, &spec.name);
    let first_run = !FileStore::is_in(&folder) || arguments.fresh.is_some();
    let backends = Backends::new(session, arguments.executor.choice(spec), &folder);
    let plan = backends.plan(&session.registry, spec)?;
    backends.check(spec, &plan)?;
    spec_files::tell_warnings(session, &spec_files::of_plan(&plan, warnings));
    let store = FileStore::open(&folder).map_err(CliError::State)?;
    let store: Arc<dyn Store> = Arc::new(store);
    let mut runner = backends.runner(&session.registry).store(Arc::clone(&store));
    let control_plane = match backends.is_elsewhere(&plan) {
        true => Some(serving::control_plane(&folder, arguments.control_plane_port).await?),
        false => None,
    };
    let mut address = None;
    if let Some(control_plane) = &control_plane {
        address = Some(control_plane.address().to_string());
        runner = runner.control_plane(Arc::clone(control_plane) as Arc<_>);
    }
    let runner = runner.build();
    if let Some(fresh) = arguments.fresh {
        reset(&runner, spec, fresh).await?;
    }
    let history = RunHistory::open(store, &spec.namespace, &spec.name, RunHistory::KEPT).await;
    let history = history.map_err(CliError::State)?;
    let opening = Opening {
        spec,
        plan: &plan,
        folder: &folder,
        first_run,
        control_plane: address.as_deref(),
    };
    opening.tell(session);
    let handle = runner.start(spec).map_err(CliError::Spec)?;
    let (control, run) = (handle.control(), handle.status().run);
    let grace = arguments.grace.unwrap_or(spec.stop_within);
    let executors = backends.executors();
    let mut served = serving::served(control.clone(), history.clone(), &plan, executors, grace);
    if let Some(address) = &address {
        served = served.control_plane(address);
    }
    let serving = Serving::begin(&folder, control, history, served, control_plane.as_deref());
    let mut showing = Showing {
        session,
        watch: Watch::new(session, executors_of(&plan)),
        grace,
        detached: detached.then_some(folder.as_path()),
    };
    let seen = serving.beside(showing.see_through(handle, &mut signals));
    let (report, forced_by) = seen.await;
    session.screen.clear();
    let Some(report) = report else {
        session.tell_people(
            Tone::Error,
            "the run did not end when it was forced; what was not durable is lost",
        );
        return Ok(forced_by.map_or(exit_code::FORCED, exit_code::of_signal));
    };
    let code = forced_by.map_or_else(|| exit_code::of_report(&report), exit_code::of_signal);
    let logs = backends
        .is_elsewhere(&plan)
        .then(|| Backends::logs(&folder, run.as_str()));
    Ending::new(spec, &session.registry, &report, code, logs).tell(session);
    Ok(code)
}

async fn reset(runner: &Runner, spec: &PipelineSpec, fresh: Fresh) -> Result<(), CliError> {
    let what = match fresh {
        Fresh::State => Reset::State,
        Fresh::Sinks => Reset::StateAndSinks,
    };
    runner.reset(spec, what).await.map_err(CliError::Start)
}

/// The executor of each component.
fn executors_of(plan: &Plan) -> impl Iterator<Item = (String, String)> {
    let components = plan.components().iter();
    components.filter_map(|one| Some((one.id.to_string(), one.executor.clone()?)))
}

/// Shows a run of this process.
struct Showing<'s> {
    session: &'s Session,
    watch: Watch<'s>,
    grace: Duration,
    /// The folder of the pipeline, where nobody watches.
    detached: Option<&'s Path>,
}

impl Showing<'_> {
    /// Shows the run until it is over; passes signals on. Gives the report, unless the run did not end
    /// although it was forced, and the signal that forced it.
    async fn see_through(
        &mut self,
        handle: RunHandle,
        signals: &mut Signals,
    ) -> (Option<RunReport>, Option<i32>) {
        let control = handle.control();
        let mut events = handle.events();
        let mut end = pin!(handle.wait());
        let mut draining = false;
        let now = || Sample::from(&control.status());
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
                    control.stop(self.grace);
                    self.tell_draining("sources stopped; Ctrl-C again to force");
                }
                () = self.session.screen.reader_gone(), if !draining => {
                    draining = true;
                    control.stop(self.grace);
                    self.tell_draining("nobody reads stdout any more");
                }
                report = &mut end => {
                    while let Some(Some(event)) = events.next().now_or_never() {
                        self.tell(Happening::of_run(&event), now);
                    }
                    self.watch.tell_held_back();
                    return (Some(report), None);
                }
                Some(event) = events.next() => {
                    let happening = Happening::of_run(&event);
                    // Asked to by another process, through the socket.
                    if happening.as_ref().is_some_and(|one| one.event == "draining") && !draining {
                        draining = true;
                        self.tell_draining("asked to stop; Ctrl-C to force");
                    }
                    self.tell(happening, now);
                }
                () = self.watch.tick() => match self.detached {
                    Some(folder) => detach::keep_log_small(folder),
                    None => self.watch.show(now()),
                },
            }
        }
    }

    fn tell(&mut self, happening: Option<Happening>, now: impl Fn() -> Sample) {
        if let Some(happening) = happening {
            let sample = self.watch.wants_sample(&happening).then(now);
            self.watch.tell(&happening, sample.as_ref());
        }
    }

    fn tell_draining(&self, why: &str) {
        self.session
            .tell_people(Tone::Strong, &format!("draining ({why})"));
    }
}
