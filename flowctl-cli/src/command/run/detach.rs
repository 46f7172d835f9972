//! `run --detach`: a process of its own, in a session of its own, runs the pipeline. It is this program,
//! started again with the same arguments and a variable that says so; what it tells goes to a file in the
//! pipeline's folder.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::{fs::OpenOptionsExt as _, process::ExitStatusExt as _},
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use flowctl_core::{spec::Reading, store::FileStore};
use flowctl_grpc::proto::admin::StatusResponse;
use futures_util::StreamExt as _;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::process::{Child, Command};

use super::arguments::Arguments;
use crate::{
    backends::Backends,
    error::CliError,
    exit_code,
    pipeline::{Live, Pipeline},
    session::Session,
    signals::Signals,
    terminal::Tone,
    text::number::{self, counted},
};

/// The file in the pipeline's folder that has what a detached run tells.
const LOG: &str = "detached.log";
/// Set for the process that runs a pipeline detached.
const VARIABLE: &str = "FLOWCTL_RUNS_DETACHED";
/// More of the log than this is not kept: what is older goes.
const LARGEST_LOG: u64 = 8 << 20;
/// How much of the log is shown of a run that did not come up.
const SHOWN: u64 = 64 << 10;
/// How often it is looked whether the process can be asked.
const PAUSE: Duration = Duration::from_millis(20);

/// A run that goes on without its terminal.
#[derive(Serialize)]
struct Detached<'a> {
    pipeline: &'a str,
    namespace: &'a str,
    run: &'a str,
    pid: u32,
    components: usize,
    control_plane: Option<&'a str>,
    log: String,
}

/// Whether this process is the one that runs a pipeline detached.
pub(super) fn is_detached() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Leaves the session of the terminal, so that nothing of it reaches this process.
pub(super) fn lead_session() {
    // Refused only to a process that leads a group, and so a session, already.
    let _ = rustix::process::setsid();
}

/// Keeps the log of a detached run from growing for ever.
pub(super) fn keep_log_small(folder: &Path) {
    let path = folder.join(LOG);
    if fs::metadata(&path).is_ok_and(|log| log.len() > LARGEST_LOG) {
        // Its end is kept; what is written in between is lost, and nothing else can be done about it.
        let kept = tail(&path, LARGEST_LOG / 2).unwrap_or_default();
        let file = OpenOptions::new().append(true).open(&path);
        let cut = file.and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(&kept)
        });
        if let Err(error) = cut {
            tracing::warn!(%error, "the log of the run was not cut");
        }
    }
}

/// Starts the process that runs the pipeline, and waits until that is ready, or has failed.
///
/// # Errors
///
/// When the process cannot be started, or the pipeline runs already.
pub(super) async fn start(
    session: &Session,
    arguments: &Arguments,
    Reading { spec, .. }: &Reading,
) -> Result<u8, CliError> {
    let mut signals = Signals::listen().map_err(CliError::NoRuntime)?;
    let folder = FileStore::folder(&arguments.state.folder()?, &spec.namespace, &spec.name);
    let pipeline = Pipeline::new(spec.namespace.as_str(), spec.name.as_str(), folder.clone());
    let backends = Backends::new(session, arguments.executor.choice(spec), &folder);
    let plan = backends.plan(&session.registry, spec)?;
    backends.check(spec, &plan)?;
    if let Some(live) = pipeline.live().await? {
        return Err(CliError::RunsAlready {
            pipeline: pipeline.title(),
            pid: live.status.pid,
        });
    }
    let began = Instant::now();
    let mut child = spawn(&folder).map_err(CliError::NotDetached)?;
    let pid = child.id().unwrap_or(0);
    let log = folder.join(LOG);
    tokio::select! {
        ended = child.wait() => {
            let status = ended.map_err(CliError::NotDetached)?;
            return Ok(tell_end(session, status, &log));
        }
        _ = signals.next() => {
            session.tell_people(Tone::Strong, "stopping what was started");
            end(&mut child, &mut signals).await;
            let ended = child.wait().await.map_err(CliError::NotDetached)?;
            return Ok(tell_end(session, ended, &log));
        }
        status = up(&pipeline, pid) => tell_up(session, arguments, &pipeline, &status, began, &log),
    }
    Ok(exit_code::DONE)
}

/// This program once more, with the same arguments.
fn spawn(folder: &Path) -> io::Result<Child> {
    fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    let log = options.open(folder.join(LOG))?;
    log.set_len(0)?;
    Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(VARIABLE, "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// Waits until everything of the run of this process is up. Never answers when that does not happen: the
/// process ends then. Cancel safe.
async fn up(pipeline: &Pipeline, pid: u32) -> StatusResponse {
    loop {
        if let Ok(Some(live)) = pipeline.live().await
            && live.status.pid == pid
            && let Some(status) = everything_up(live).await
        {
            return status;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn everything_up(live: Live) -> Option<StatusResponse> {
    let mut events = live.client.events(0, true).await.ok()?;
    loop {
        let status = live.client.status().await.ok()?;
        let is_up =
            |state: &str| !matches!(state, "waiting" | "starting" | "backing off" | "failed");
        if status.components.iter().all(|one| is_up(&one.state)) {
            return Some(status);
        }
        events.next().await?.ok()?;
    }
}

/// Ends what was started: asks, and forces with the second signal.
async fn end(child: &mut Child, signals: &mut Signals) {
    terminate(child);
    tokio::select! {
        _ = child.wait() => {}
        _ = signals.next() => terminate(child),
    }
}

fn terminate(child: &Child) {
    // A child that has not been waited for keeps its number, which then means nobody else.
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

fn tell_up(
    session: &Session,
    arguments: &Arguments,
    pipeline: &Pipeline,
    status: &StatusResponse,
    began: Instant,
    log: &Path,
) {
    let detached = Detached {
        pipeline: &status.pipeline,
        namespace: &status.namespace,
        run: &status.run,
        pid: status.pid,
        components: status.components.len(),
        control_plane: Some(status.control_plane.as_str()).filter(|address| !address.is_empty()),
        log: log.display().to_string(),
    };
    session.tell("detached", &detached, |palette| {
        let name = palette.paint(Tone::Strong, &pipeline.title());
        let components = counted(detached.components as u64, "component");
        let took = number::duration(began.elapsed());
        let (run, pid, log) = (number::short(detached.run), detached.pid, &detached.log);
        let mut text = format!(
            "{name} runs detached: {components} up after {took}, run {run}, process {pid}, log in {log}"
        );
        let mut state = arguments.state.words().join(" ");
        if !state.is_empty() {
            state.insert(0, ' ');
        }
        let commands = ["ps", "logs -f", "attach", "stop"]
            .map(|command| format!("flowctl {command} {}{state}", pipeline.title()));
        text.push_str(&format!("\nnext: {}", commands.join("   ·   ")));
        text
    });
}

/// Tells what the process said that ended before the pipeline was up.
fn tell_end(session: &Session, status: ExitStatus, log: &Path) -> u8 {
    let said = tail(log, SHOWN).unwrap_or_default();
    session
        .screen
        .tell(String::from_utf8_lossy(&said).trim_end());
    match (status.code(), status.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(exit_code::FAILED),
        (None, Some(signal)) => {
            let text = format!("the process that runs the pipeline was ended by signal {signal}");
            session.tell_people(Tone::Error, &text);
            exit_code::FAILED
        }
        (None, None) => exit_code::FAILED,
    }
}

/// The last bytes of a file, from the beginning of a line on.
fn tail(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    if length > most {
        file.seek(SeekFrom::Start(length - most))?;
    }
    file.take(most).read_to_end(&mut bytes)?;
    if length > most
        && let Some(end) = bytes.iter().position(|byte| *byte == b'\n')
    {
        bytes.drain(..=end);
    }
    Ok(bytes)
}
