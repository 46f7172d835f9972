use std::{io, process::Stdio, sync::Arc};

use super::{
    control::Control, entry::Surroundings, failure::Failure, group::Group, identity::Identity,
    keeper::Process, os, settings::Settings, standing::Standing, start::launch,
};
use crate::executor::ExitReport;

/// A command that runs beside an instance. Dropped, it is killed with all that it has started.
#[derive(Debug)]
pub(super) struct Aside {
    end: os::EndOf,
    process: Process,
}

/// Starts a command in the surroundings of an instance.
pub(super) fn exec(
    settings: &Settings,
    standing: Standing,
    command: Vec<String>,
) -> Result<Aside, Failure> {
    let surroundings = match standing {
        Standing::Unknown | Standing::Ended(_) => return Err(Failure::NotFound),
        Standing::Hidden(reason) => return Err(Failure::Hidden(reason)),
        Standing::Kept(entry) if entry.is_over() => return Err(Failure::NotFound),
        Standing::Kept(entry) => match (&entry.surroundings, entry.record.identity()) {
            (Some(surroundings), _) => surroundings.clone(),
            (None, Some(identity)) => of_process(identity)?,
            (None, None) => return Err(Failure::NotFound),
        },
        Standing::KeptElsewhere(identity) => of_process(&identity)?,
    };
    let launch = launch(settings, command, &surroundings)?;
    let child = launch
        .spawn(Stdio::null(), Stdio::null())
        .map_err(|error| Failure::spawn(&launch.program, error))?;
    let pid = child.id();
    let process = Process::new(Some(child), Arc::new(Control::new(Group::led_by(pid)?)));
    let end =
        os::EndOf::process(pid)?.ok_or_else(|| io::Error::other("the process has vanished"))?;
    Ok(Aside { end, process })
}

impl Aside {
    /// Waits for its end. Cut short, it ends the command.
    pub(super) async fn report(mut self) -> Result<ExitReport, Failure> {
        self.end.wait().await?;
        Ok(ExitReport::new(self.process.end()))
    }
}

/// What the first process of an instance was started with, as the system still knows it.
fn of_process(identity: &Identity) -> io::Result<Surroundings> {
    Ok(Surroundings {
        environment: os::environment(identity.pid)?,
        working_dir: os::working_dir(identity.pid)?,
    })
}
