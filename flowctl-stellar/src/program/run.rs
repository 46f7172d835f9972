use std::{ffi::OsString, io::Write as _, process::ExitCode, time::Duration};

use flowctl_core::{Chain, component::Cancellation};
use flowctl_grpc::ServerSettings;
use tokio::{
    runtime::Runtime,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{
    arguments::Arguments,
    ask_health::ask_health,
    facts::Facts,
    failure::Failure,
    http::HttpServer,
    logging::log_to_stderr,
    program::Program,
    registration::Registration,
    services::{self, Services},
    settings::Settings,
    shell::Shell,
    signals::heed,
    socket::Socket,
    usage::usage,
    variables::{Problems, Variables},
};

/// The version of all programs.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long streams may take to end when the program drains: below the 30 s after which Kubernetes
/// kills.
const DRAIN_LIMIT: Duration = Duration::from_secs(25);

const DONE: u8 = 0;
const FAILED: u8 = 1;
const MISCONFIGURED: u8 = 2;

/// Runs a program with the arguments and the environment of the process, and says how the process
/// should end: 0 when it did what it should, 1 when it failed, 2 when its configuration is wrong.
pub(crate) fn run<P: Program>() -> ExitCode {
    let mut arguments = std::env::args_os();
    arguments.next();
    ExitCode::from(execute::<P>(arguments, std::env::vars_os()))
}

fn execute<P: Program>(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> u8 {
    let facts = P::FACTS;
    let arguments = match Arguments::read(arguments) {
        Arguments::Help => {
            let mut variables = Variables::new([]);
            let _ = (
                P::read(&mut variables, &[]),
                Settings::read(&mut variables, &facts),
            );
            return say(&usage(&facts, &variables));
        }
        Arguments::Version => return say(&format!("{} {VERSION}\n", facts.name)),
        Arguments::Health => return health(&facts, environment),
        Arguments::Run(arguments) => arguments,
    };
    let mut variables = Variables::new(environment);
    let program = P::read(&mut variables, &arguments);
    let settings = Settings::read(&mut variables, &facts);
    if facts.arguments.is_none() {
        for argument in arguments {
            variables.refuse(
                format!("`{argument}`"),
                "is an argument, and there are none",
                format!("see {} --help", facts.name),
            );
        }
    }
    let without_effect = variables.set_without_effect();
    let (program, settings) = match variables.finish(program.map(|program| (program, settings))) {
        Ok(read) => read,
        Err(problems) => return complain(&facts, &problems),
    };
    log_to_stderr(&settings);
    for (name, why) in without_effect {
        tracing::info!(variable = name, why, "a variable has no effect");
    }
    let ended = Runtime::new()
        .map_err(|error| Failure::because("cannot start threads", error))
        .and_then(|runtime| {
            let ended = runtime.block_on(live(program, Shell::new(facts, settings)));
            // Threads that read or make ledgers end by themselves, but not always soon.
            runtime.shutdown_timeout(Duration::from_millis(500));
            ended
        });
    match ended {
        Ok(()) => DONE,
        Err(failure) => {
            let help = failure.help();
            tracing::error!(help, "{} failed: {}", facts.name, Chain(&failure));
            FAILED
        }
    }
}

/// The life of a program, from its first listening to its last answer.
async fn live<P: Program>(program: P, shell: Shell) -> Result<(), Failure> {
    let settings = &shell.settings;
    // The signals first: whoever asks while it starts is heard too.
    let mut forced = JoinSet::new();
    forced.spawn(heed(shell.stop.clone()));
    let health = Socket::take(&settings.health, shell.facts.health.0.name()).await?;
    let grpc = match (&settings.grpc, &shell.facts.grpc) {
        (Some(address), Some((variable, _))) => Some(Socket::take(address, variable.name()).await?),
        _ => None,
    };
    let (health, health_address) = health.listen()?;
    // Whatever else ends, the pages answer until the last.
    let end = Cancellation::new();
    let mut serving = JoinSet::new();
    let server = HttpServer::new(health, std::sync::Arc::new(shell.pages()));
    serving.spawn(server.serve(end.clone()));
    tracing::info!(program = shell.facts.name, version = VERSION, address = %health_address, "serving health");
    let lived = tokio::select! {
        lived = serve(program, &shell, grpc, health_address) => lived,
        Some(ended) = forced.join_next() => Err(asked_twice(ended)),
    };
    shell.stop.cancel();
    end.cancel();
    let answered = timeout(Duration::from_secs(1), async {
        while serving.join_next().await.is_some() {}
    });
    // Who keeps a connection open is not waited for.
    let _ = answered.await;
    if lived.is_ok() {
        tracing::info!(program = shell.facts.name, "ended");
    }
    lived
}

/// Starts the program, serves it, registers it, lets it work, drains it.
async fn serve<P: Program>(
    program: P,
    shell: &Shell,
    grpc: Option<Socket>,
    health_address: std::net::SocketAddr,
) -> Result<(), Failure> {
    let mut settings = ServerSettings::default();
    // The limit for the whole program comes first.
    settings.grace = DRAIN_LIMIT + Duration::from_secs(5);
    let mut services = Services::new(settings);
    let metadata = program.metadata();
    let work = tokio::select! {
        started = program.start(shell, &mut services) => started?,
        () = shell.stop.cancelled() => return Ok(()),
    };
    let mut serving = JoinSet::new();
    let mut following = JoinSet::new();
    let (drain, condition) = (shell.drain.clone(), shell.condition.clone());
    following.spawn(async move {
        drain.cancelled().await;
        condition.draining();
    });
    let offers = services.offers();
    for offer in &offers {
        following.spawn(services::drain_together(offer.clone(), shell.drain.clone()));
    }
    let mut grpc_address = None;
    if let Some(grpc) = grpc {
        // The address stays taken until the server has it.
        let listening = services.listen(grpc.address()?).await?;
        drop(grpc);
        let address = listening.address();
        serving.spawn(services::serve(listening, shell.stop.clone()));
        tracing::info!(program = shell.facts.name, %address, "serving grpc");
        grpc_address = Some(address);
    }
    shell.condition.ready();
    tracing::info!(program = shell.facts.name, "ready");
    let registered = Cancellation::new();
    let mut registering = JoinSet::new();
    if let Some(control_plane) = &shell.settings.control_plane {
        let registration =
            Registration::new(shell, control_plane, metadata, grpc_address, health_address);
        registering.spawn(registration.keep(registered.clone()));
    }
    let mut overdue = std::pin::pin!(async {
        shell.stop.cancelled().await;
        sleep(DRAIN_LIMIT).await;
        Failure::DrainLimit {
            open: shell.metrics.open_streams(),
            seconds: DRAIN_LIMIT.as_secs(),
        }
    });
    let worked = tokio::select! {
        worked = work => worked,
        Some(ended) = serving.join_next() => ended_early(ended),
        failure = &mut overdue => Err(failure),
    };
    shell.stop.cancel();
    let drained = tokio::select! {
        () = async {
            while serving.join_next().await.is_some() {}
            // What was begun by a call that is over is finished too.
            for offer in offers {
                offer.finished().await;
            }
        } => Ok(()),
        failure = &mut overdue => Err(failure),
    };
    registered.cancel();
    while registering.join_next().await.is_some() {}
    worked.and(drained)
}

/// Why it is to end at once.
fn asked_twice(ended: Result<std::io::Result<()>, JoinError>) -> Failure {
    match ended {
        Ok(Ok(())) => Failure::Forced,
        Ok(Err(error)) => Failure::because("cannot listen for signals", error),
        Err(error) => Failure::because("cannot listen for signals", error),
    }
}

/// The gRPC server ended, which is right only while draining.
fn ended_early(ended: Result<Result<(), Failure>, JoinError>) -> Result<(), Failure> {
    ended.unwrap_or_else(|error| Err(Failure::because("the gRPC server broke", error)))
}

/// Asks the running program how it is.
fn health(facts: &Facts, environment: impl IntoIterator<Item = (OsString, OsString)>) -> u8 {
    let mut variables = Variables::new(environment);
    let settings = Settings::read(&mut variables, facts);
    let asked = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(ask_health(&settings.health)));
    match asked {
        Ok((true, page)) => say(&format!("{page}\n")),
        Ok((false, page)) => {
            say(&format!("{page}\n"));
            FAILED
        }
        Err(error) => {
            let line = format!("{} at {}: {error}\n", facts.name, settings.health);
            // Nobody to tell is nothing to do.
            let _ = std::io::stderr().write_all(line.as_bytes());
            FAILED
        }
    }
}

fn say(text: &str) -> u8 {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => DONE,
        Err(_) => FAILED,
    }
}

fn complain(facts: &Facts, problems: &Problems) -> u8 {
    let name = facts.name;
    let text = format!(
        "{name} cannot start with this configuration:\n{problems}see {name} --help for all variables\n"
    );
    // Nobody to tell is nothing to do.
    let _ = std::io::stderr().write_all(text.as_bytes());
    MISCONFIGURED
}
