use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units::duration;

/// How it is found out that a component is ready and that it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Probes {
    /// It is ready when this passes; default: what `health_port` says, else started is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Probe>,
    /// It is restarted when this fails; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Probe>,
    /// How long it may take to become ready; default 30 s.
    #[serde(with = "duration::text")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub start_within: Duration,
}

impl Default for Probes {
    fn default() -> Self {
        // 30 s is what the Go flowctl waits for a component to register.
        Self {
            ready: None,
            live: None,
            start_within: Duration::from_secs(30),
        }
    }
}

/// A question that is asked again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Probe {
    /// The question.
    pub check: Check,
    /// The time between two questions; default 5 s. Before the first success it is shorter.
    #[serde(with = "duration::text", default = "every")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub every: Duration,
    /// How long one answer may take; default 1 s.
    #[serde(with = "duration::text", default = "timeout")]
    #[cfg_attr(feature = "yaml", schemars(schema_with = "duration::text::schema"))]
    pub timeout: Duration,
    /// How many failures in a row count as one; default 3, at least 1.
    #[serde(default = "failures")]
    #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
    pub failures: u32,
}

const fn every() -> Duration {
    Duration::from_secs(5)
}

const fn timeout() -> Duration {
    Duration::from_secs(1)
}

const fn failures() -> u32 {
    3
}

impl Probe {
    /// Asks `check` with the defaults.
    #[must_use]
    pub const fn new(check: Check) -> Self {
        Self {
            check,
            every: every(),
            timeout: timeout(),
            failures: failures(),
        }
    }
}

/// A question to a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Check {
    /// `GET` on this port and path gives a status of 200 to 399.
    Http {
        /// The port in the component.
        #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
        port: u16,
        /// The path; default `/health`.
        #[serde(default = "health")]
        path: String,
    },
    /// The standard gRPC health service says serving; a server without that service counts as well.
    Grpc {
        /// The port in the component.
        #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
        port: u16,
        /// The service that is asked about; default: the server as a whole.
        #[serde(default)]
        service: String,
    },
    /// The port takes a connection.
    Tcp {
        /// The port in the component.
        #[cfg_attr(feature = "yaml", schemars(range(min = 1)))]
        port: u16,
    },
    /// This command, run inside, exits 0.
    Exec {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// It has written a line that holds this text.
    Log {
        /// The text.
        contains: String,
    },
    /// It has registered with the control plane.
    Registered,
}

fn health() -> String {
    "/health".to_owned()
}
