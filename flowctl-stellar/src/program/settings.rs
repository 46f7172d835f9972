use flowctl_grpc::Address;

use super::{
    facts::{Facts, Role},
    values::{Interval, ListenAddress, LogFormat, LogLevel},
    variables::{Value as _, Variable, Variables},
};

/// What every program reads from its environment.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where gRPC is served; `None`: nowhere.
    pub(crate) grpc: Option<ListenAddress>,
    /// Where the pages are served.
    pub(crate) health: ListenAddress,
    /// The address that ports without one are served on; `None`: all of IPv4.
    pub(crate) listen_host: Option<String>,
    pub(crate) log_level: LogLevel,
    pub(crate) log_format: LogFormat,
    /// The id of the component that this program is.
    pub(crate) component: String,
    /// The control plane to register with; `None`: none.
    pub(crate) control_plane: Option<ControlPlane>,
}

/// A control plane, and how to keep in touch with it.
#[derive(Clone, Debug)]
pub(crate) struct ControlPlane {
    pub(crate) endpoint: Address,
    pub(crate) interval: Interval,
    /// What shows it who is calling.
    pub(crate) token: Option<String>,
}

/// Where gRPC is served.
pub(crate) const GRPC_PORT: Variable =
    Variable::new(&["GRPC_PORT", "PORT"], "the port that gRPC is served on")
        .example("50052")
        .agree();
/// Where the pages are served.
pub(crate) const HEALTH_PORT: Variable = Variable::new(
    &["HEALTH_PORT"],
    "the port that /health, /ready, /live and /metrics are served on",
)
.example("8088");
const LISTEN_HOST: Variable = Variable::new(
    &["LISTEN_HOST"],
    "the address that ports without one are served on; unset, all of this machine",
)
.example("127.0.0.1");
const LOG_LEVEL: Variable = Variable::new(
    &["LOG_LEVEL"],
    "how much is logged: off, error, warn, info, debug or trace",
);
const LOG_FORMAT: Variable = Variable::new(&["LOG_FORMAT"], "how it is logged: text or json");
const ENABLE_FLOWCTL: Variable = Variable::new(
    &["ENABLE_FLOWCTL"],
    "`true` to register with a control plane and send heartbeats",
);
const FLOWCTL_ENDPOINT: Variable =
    Variable::new(&["FLOWCTL_ENDPOINT"], "the control plane's `host:port`");
const FLOWCTL_HEARTBEAT_INTERVAL: Variable = Variable::new(
    &["FLOWCTL_HEARTBEAT_INTERVAL"],
    "the time between heartbeats, such as `10s`; a bare number is milliseconds",
);
const FLOWCTL_TOKEN: Variable = Variable::new(
    &["FLOWCTL_TOKEN"],
    "the token that the control plane asks for beyond this machine",
)
.secret();
const COMPONENT_ID: Variable = Variable::new(
    &["FLOWCTL_COMPONENT_ID", "COMPONENT_ID", "FLOWCTL_SERVICE_ID"],
    "the id of the component that this program is",
);

impl Settings {
    /// Reads them, for a program with these facts.
    pub(crate) fn read(variables: &mut Variables, facts: &Facts) -> Self {
        let listen_host: Option<String> = variables.optional(LISTEN_HOST);
        let mut listens = |variable, port| {
            let address = variables.or(variable, ListenAddress::port(port));
            address.or_host(listen_host.as_deref())
        };
        let grpc = facts.grpc.map(|(variable, port)| listens(variable, port));
        let (health_port, port) = facts.health;
        let health = listens(health_port, port);
        if let Some(grpc) = &grpc
            && grpc.port == health.port
            && grpc.port != 0
        {
            variables.refuse(
                health_port.name(),
                format!("is {}, which is where gRPC is served", health.port),
                "set it to another port",
            );
        }
        let log_level = variables.or(
            LOG_LEVEL,
            LogLevel(tracing::level_filters::LevelFilter::INFO),
        );
        let log_format = variables.or(LOG_FORMAT, LogFormat::Text);
        let component = variables.or(COMPONENT_ID, facts.name.to_owned());
        let enabled = variables.or(ENABLE_FLOWCTL, false);
        let endpoint = match Address::read("localhost:8080") {
            Ok(default) => Some(variables.or(FLOWCTL_ENDPOINT, default)),
            Err(_) => variables.optional(FLOWCTL_ENDPOINT),
        };
        let interval = variables.or(
            FLOWCTL_HEARTBEAT_INTERVAL,
            Interval(std::time::Duration::from_secs(10)),
        );
        let token = variables.optional(FLOWCTL_TOKEN);
        let registers = enabled && facts.role != Role::Service;
        Self {
            grpc,
            health,
            listen_host,
            log_level,
            log_format,
            component,
            control_plane: endpoint.filter(|_| registers).map(|endpoint| ControlPlane {
                endpoint,
                interval,
                token,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, time::Duration};

    use super::*;
    use crate::program::{
        facts::Traffic,
        variables::{Problem, Problems},
    };

    const FACTS: Facts = Facts {
        name: "stellar-live-source",
        summary: "",
        details: "",
        role: Role::Source,
        inputs: &[],
        outputs: &[Traffic::LEDGERS],
        arguments: None,
        grpc: Some((GRPC_PORT, 50052)),
        health: (HEALTH_PORT, 8088),
    };

    fn read(set: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
        let set = set
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let mut variables = Variables::new(set);
        let settings = Settings::read(&mut variables, &FACTS);
        variables
            .finish(Some(settings))
            .map_err(|Problems(problems)| problems)
    }

    #[test]
    fn the_defaults_are_those_of_the_go_programs() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.grpc, Some(ListenAddress::port(50052)));
        assert_eq!(settings.health, ListenAddress::port(8088));
        assert_eq!(settings.component, "stellar-live-source");
        assert!(settings.control_plane.is_none());
    }

    #[test]
    fn what_flowctl_injects_is_understood() {
        let settings = read(&[
            ("ENABLE_FLOWCTL", "true"),
            ("FLOWCTL_ENDPOINT", "http://127.0.0.1:9090"),
            ("FLOWCTL_HEARTBEAT_INTERVAL", "10000ms"),
            ("FLOWCTL_COMPONENT_ID", "source"),
            ("COMPONENT_ID", "from-the-file"),
            ("PORT", ":40001"),
            ("GRPC_PORT", "40001"),
            ("HEALTH_PORT", "40002"),
        ])
        .unwrap();
        let control_plane = settings.control_plane.unwrap();
        assert_eq!(control_plane.endpoint.to_string(), "127.0.0.1:9090");
        assert_eq!(control_plane.interval, Interval(Duration::from_secs(10)));
        assert_eq!(settings.component, "source");
        assert_eq!(settings.grpc, Some(ListenAddress::port(40001)));
    }

    #[test]
    fn contradictions_and_malformed_values_are_told_together() {
        let problems = read(&[
            ("PORT", "127.0.0.1:1"),
            ("GRPC_PORT", "2"),
            ("HEALTH_PORT", "x"),
            ("ENABLE_FLOWCTL", "yes"),
            ("FLOWCTL_HEARTBEAT_INTERVAL", "0"),
            ("LOG_LEVEL", "loud"),
            ("LOG_FROMAT", "json"),
        ])
        .unwrap_err();
        let names: Vec<_> = problems
            .iter()
            .map(|problem| problem.name.as_str())
            .collect();
        let expected = [
            "PORT",
            "HEALTH_PORT",
            "LOG_LEVEL",
            "ENABLE_FLOWCTL",
            "FLOWCTL_HEARTBEAT_INTERVAL",
            "LOG_FROMAT",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn two_servers_do_not_share_a_port() {
        assert_eq!(
            read(&[("PORT", ":7"), ("HEALTH_PORT", "7")])
                .unwrap_err()
                .len(),
            1
        );
        assert!(read(&[("PORT", ":0"), ("HEALTH_PORT", "0")]).is_ok());
    }
}
