use std::{fmt, num::NonZeroU32, time::Duration};

use serde::Deserialize;

use crate::{
    Network,
    network_name::{NetworkName, chosen_network},
    rpc::RpcUrl,
    source::{LedgerRange, duration_key},
};

/// What [`StellarRpc`](super::StellarRpc) reads.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Keys")]
#[non_exhaustive]
pub struct StellarRpcConfig {
    /// The URL of the server.
    pub endpoint: String,
    /// The network; `None`: whichever the server is of.
    pub network: Option<Network>,
    /// Which ledgers to hand out; without a start from the newest on, without an end for ever.
    pub range: LedgerRange,
    /// How many ledgers are asked for at a time, at most [`MAX_BATCH`](Self::MAX_BATCH); default 20.
    pub batch: NonZeroU32,
    /// The time between two looks for the next ledger; default 2 s.
    pub poll_interval: Duration,
    /// How long the server may say nothing before a call is made again; default 30 s.
    pub timeout: Duration,
    /// The value of the `Authorization` header; default none.
    pub authorization: Option<String>,
}

/// Ledgers of the public network are below 2 MB in base64 as a rule, so that these stay within the 64
/// MiB of an answer.
const BATCH: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// As the Go SDK's `RPCLedgerBackend` waits.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(30);

impl StellarRpcConfig {
    /// stellar-rpc gives no more ledgers in an answer unless it is told to.
    pub const MAX_BATCH: u32 = 200;

    /// The ledgers of this server, from the newest on.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            network: None,
            range: LedgerRange::default(),
            batch: BATCH,
            poll_interval: POLL_INTERVAL,
            timeout: TIMEOUT,
            authorization: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    endpoint: String,
    network: Option<NetworkName>,
    network_passphrase: Option<String>,
    start_ledger: Option<u32>,
    end_ledger: Option<u32>,
    batch: Option<NonZeroU32>,
    #[serde(default = "poll_interval", deserialize_with = "duration_key")]
    poll_interval: Duration,
    #[serde(default = "timeout", deserialize_with = "duration_key")]
    timeout: Duration,
    authorization: Option<String>,
}

const fn poll_interval() -> Duration {
    POLL_INTERVAL
}

const fn timeout() -> Duration {
    TIMEOUT
}

impl TryFrom<Keys> for StellarRpcConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        RpcUrl::parse(&keys.endpoint).map_err(|problem| format!("`endpoint`: {problem}"))?;
        for (key, time) in [
            ("poll_interval", keys.poll_interval),
            ("timeout", keys.timeout),
        ] {
            if time.is_zero() {
                return Err(format!("`{key}` is 0"));
            }
        }
        let batch = keys.batch.unwrap_or(BATCH);
        if batch.get() > Self::MAX_BATCH {
            return Err(format!(
                "`batch` is {batch}, at most {} are given",
                Self::MAX_BATCH
            ));
        }
        Ok(Self {
            network: chosen_network(keys.network, keys.network_passphrase)?,
            range: LedgerRange::new(keys.start_ledger, keys.end_ledger)
                .map_err(|error| error.to_string())?,
            batch,
            poll_interval: keys.poll_interval,
            timeout: keys.timeout,
            authorization: keys.authorization,
            ..Self::new(keys.endpoint)
        })
    }
}

impl fmt::Debug for StellarRpcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StellarRpcConfig")
            .field("endpoint", &self.endpoint)
            .field("range", &self.range)
            .field("has_authorization", &self.authorization.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_keys_are_told_with_what_to_do() {
        for (keys, word) in [
            (r#"{}"#, "endpoint"),
            (r#"{"endpoint": "host"}"#, "expected the URL"),
            (
                r#"{"endpoint": "https://horizon-testnet.stellar.org"}"#,
                "soroban-testnet",
            ),
            (r#"{"endpoint": "http://a", "batch": 201}"#, "at most 200"),
            (
                r#"{"endpoint": "http://a", "timeout": "0s"}"#,
                "`timeout` is 0",
            ),
            (
                r#"{"endpoint": "http://a", "start_ledger": 0}"#,
                "no ledger 0",
            ),
            (r#"{"endpoint": "http://a", "start": 1}"#, "unknown field"),
        ] {
            let error = serde_json::from_str::<StellarRpcConfig>(keys)
                .unwrap_err()
                .to_string();
            assert!(error.contains(word), "{keys}: {error}");
        }
    }

    #[test]
    fn a_secret_is_in_no_debug_text() {
        let keys = r#"{"endpoint": "http://a", "authorization": "Bearer hunter2"}"#;
        let config: StellarRpcConfig = serde_json::from_str(keys).unwrap();
        assert_eq!(config.authorization.as_deref(), Some("Bearer hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
