use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::{
    ComponentId, Namespace, PipelineName, RunId,
    executor::{BoundPort, ExitReport, ExitStatus, Handle, Instance},
};

/// The form of the records that this version writes and reads.
const SCHEMA: u32 = 1;

/// What is written about an instance, so that a later process can answer for it.
///
/// It holds nothing that may be secret: no environment and no arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    schema: u32,
    pub(super) namespace: Namespace,
    pub(super) pipeline: PipelineName,
    pub(super) run: RunId,
    pub(super) component: ComponentId,
    pub(super) index: u32,
    pub(super) generation: u32,
    ports: Vec<PortRecord>,
    pub(super) state: State,
}

/// How far an instance has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It is about to be started: there may be a process or not.
    Starting,
    /// It was started as this process.
    Started(Identity),
    /// It was this process, and this is how it ended.
    Ended(Identity, Exit),
}

/// An [`ExitReport`] that can be written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exit {
    status: Status,
    forced: bool,
    /// Since 1970, in nanoseconds.
    ended: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Code(i32),
    Signal(i32),
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PortRecord {
    name: String,
    number: u16,
    declared: Option<u16>,
    address: String,
}

impl Record {
    /// What is written before an instance is started.
    pub(super) fn starting(instance: &Instance) -> Self {
        let ports = instance.ports.iter().map(|port| PortRecord {
            name: port.name.clone(),
            number: port.number,
            declared: port.declared,
            address: port.address.clone(),
        });
        Self {
            schema: SCHEMA,
            namespace: instance.run.namespace.clone(),
            pipeline: instance.run.pipeline.clone(),
            run: instance.run.id.clone(),
            component: instance.component.id.clone(),
            index: instance.index,
            generation: instance.generation,
            ports: ports.collect(),
            state: State::Starting,
        }
    }

    /// The same record with another state.
    pub(super) fn with(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// The process that it became, if it did.
    pub(super) const fn identity(&self) -> Option<&Identity> {
        match &self.state {
            State::Starting => None,
            State::Started(identity) | State::Ended(identity, _) => Some(identity),
        }
    }

    /// The handle on the instance; `None` before it has a process.
    pub(super) fn handle(&self) -> Option<Handle> {
        Some(Handle {
            run: self.run.clone(),
            component: self.component.clone(),
            index: self.index,
            generation: self.generation,
            token: self.identity()?.to_string().into(),
        })
    }

    /// The ports on which it was to listen.
    pub(super) fn ports(&self) -> impl Iterator<Item = BoundPort> {
        self.ports.iter().map(|port| {
            let bound = BoundPort::new(&port.name, port.number, &port.address);
            match port.declared {
                Some(declared) => bound.declared(declared),
                None => bound,
            }
        })
    }

    /// The record as it is written.
    pub(super) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// Reads a record; the error says what is wrong with it.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if version.schema != SCHEMA {
            return Err(format!(
                "it has schema {}, and this program reads {SCHEMA}",
                version.schema
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

impl From<&ExitReport> for Exit {
    fn from(report: &ExitReport) -> Self {
        let since = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).ok();
        Self {
            status: match report.status {
                ExitStatus::Code(code) => Status::Code(code),
                ExitStatus::Signal(signal) => Status::Signal(signal),
                ExitStatus::OutOfMemory | ExitStatus::Failed(_) | ExitStatus::Unknown => {
                    Status::Unknown
                }
            },
            forced: report.forced,
            ended: report
                .ended
                .and_then(since)
                .and_then(|since| u64::try_from(since.as_nanos()).ok()),
        }
    }
}

impl From<&Exit> for ExitReport {
    fn from(exit: &Exit) -> Self {
        let mut report = Self::new(match exit.status {
            Status::Code(code) => ExitStatus::Code(code),
            Status::Signal(signal) => ExitStatus::Signal(signal),
            Status::Unknown => ExitStatus::Unknown,
        })
        .forced(exit.forced);
        report.ended = exit
            .ended
            .map(|nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos));
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{component::ComponentContext, executor::RunScope, spec::ComponentSpec, spec::Role};

    fn record() -> Record {
        let id: ComponentId = "app".parse().unwrap();
        let run = RunScope::new(
            Namespace::default(),
            PipelineName::detached(),
            RunId::from_bits(7),
        );
        let mut instance = Instance::new(
            run,
            ComponentSpec::new(id.clone(), Role::Source),
            ComponentContext::detached(id),
        );
        instance.ports = vec![
            BoundPort::new("main", 50051, "127.0.0.1:50051").declared(1),
            BoundPort::new("health", 50052, "127.0.0.1:50052"),
        ];
        let record = Record::starting(&instance);
        assert!(record.ports().eq(instance.ports));
        record
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let identity = Identity {
            pid: 7,
            start: 9,
            machine: "m".to_owned(),
            boot: "b".to_owned(),
            namespace: "n".to_owned(),
        };
        let mut report = ExitReport::new(ExitStatus::Signal(9)).forced(true);
        report.ended = Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(1_234_567_891));
        let exit = Exit::from(&report);
        assert_eq!(ExitReport::from(&exit), report);
        for state in [
            State::Starting,
            State::Started(identity.clone()),
            State::Ended(identity, exit),
        ] {
            let record = record().with(state);
            let bytes = record.to_bytes().unwrap();
            assert_eq!(Record::from_bytes(&bytes), Ok(record));
        }
    }

    #[test]
    fn a_record_of_a_later_version_is_refused() {
        let later = br#"{"schema":2,"state":"frozen"}"#;
        let error = Record::from_bytes(later).unwrap_err();
        assert_eq!(error, "it has schema 2, and this program reads 1");
        assert!(Record::from_bytes(b"").is_err());
    }
}
