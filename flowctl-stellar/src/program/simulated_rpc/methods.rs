use std::sync::{Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use stellar_xdr::{Limits, WriteXdr as _};

use super::{chain::Chain, growth::Kept};
use crate::{
    format::RawLedger,
    ledger::LedgerHeader,
    simulated::{PASSPHRASE, SimulatedLedger},
};

/// How many ledgers an answer holds where the caller does not say, and at most.
///
/// # Source
///
/// The defaults of stellar-rpc.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
/// An answer holds no further ledger once it has as many bytes of XDR.
const MAX_PAGE_BYTES: usize = 32 * 1024 * 1024;

/// JSON-RPC 2.0.
const INVALID_REQUEST: i64 = -32_600;
const NO_METHOD: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;
const INTERNAL: i64 = -32_603;

/// The methods of the server. Calls block: they make ledgers.
#[derive(Debug)]
pub(super) struct Methods {
    chain: Mutex<Chain>,
    retention: u32,
}

/// Why a call has no result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LedgersParams {
    start_ledger: u32,
    pagination: Option<Pagination>,
    xdr_format: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pagination {
    cursor: String,
    limit: u32,
}

impl Methods {
    pub(super) fn new(chain: Chain, retention: u32) -> Self {
        Self {
            chain: Mutex::new(chain),
            retention,
        }
    }

    /// Answers a call while these ledgers are there.
    pub(super) fn call(&self, method: &str, params: Value, kept: Kept) -> Result<Value, Refusal> {
        match method {
            "getHealth" => self.health(kept),
            "getLatestLedger" => self.latest_ledger(kept),
            "getNetwork" => self.network(kept),
            "getLedgers" => self.ledgers(params, kept),
            "getVersionInfo" => Ok(json!({
                "version": concat!("flowctl-simulated-", env!("CARGO_PKG_VERSION")),
                "commitHash": "",
                "buildTimestamp": "",
                "captiveCoreVersion": "",
                "protocolVersion": self.protocol(kept)?,
            })),
            other => Err(Refusal {
                code: NO_METHOD,
                message: format!("method not found: the simulated server has no `{other}`"),
            }),
        }
    }

    fn health(&self, kept: Kept) -> Result<Value, Refusal> {
        Ok(json!({
            "status": "healthy",
            "latestLedger": kept.latest,
            "latestLedgerCloseTime": self.one(kept.latest)?.close_time_seconds.to_string(),
            "oldestLedger": kept.oldest,
            "oldestLedgerCloseTime": self.one(kept.oldest)?.close_time_seconds.to_string(),
            "ledgerRetentionWindow": self.retention,
        }))
    }

    fn latest_ledger(&self, kept: Kept) -> Result<Value, Refusal> {
        let latest = self.one(kept.latest)?;
        Ok(json!({
            "id": latest.hash.to_string(),
            "protocolVersion": self.protocol(kept)?,
            "sequence": latest.sequence,
            "closeTime": latest.close_time_seconds.to_string(),
        }))
    }

    fn network(&self, kept: Kept) -> Result<Value, Refusal> {
        Ok(json!({ "passphrase": PASSPHRASE, "protocolVersion": self.protocol(kept)? }))
    }

    fn ledgers(&self, params: Value, kept: Kept) -> Result<Value, Refusal> {
        let params: LedgersParams = match params {
            Value::Null => LedgersParams::default(),
            params => serde_json::from_value(params)
                .map_err(|error| refusal(INVALID_PARAMS, error.to_string()))?,
        };
        let (start, limit) = params.place(kept)?;
        let end = start.saturating_add(limit - 1).min(kept.latest);
        let ledgers = self.make(start, end);
        let cursor = ledgers.last().map_or(start, |ledger| ledger.sequence);
        let ledgers = ledgers.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({
            "ledgers": ledgers,
            "latestLedger": kept.latest,
            "latestLedgerCloseTime": self.one(kept.latest)?.close_time_seconds,
            "oldestLedger": kept.oldest,
            "oldestLedgerCloseTime": self.one(kept.oldest)?.close_time_seconds,
            "cursor": cursor.to_string(),
        }))
    }

    fn protocol(&self, kept: Kept) -> Result<u32, Refusal> {
        let ledger = RawLedger::new(self.one(kept.latest)?.bytes).map_err(internal)?;
        Ok(ledger.header.protocol)
    }

    fn one(&self, sequence: u32) -> Result<SimulatedLedger, Refusal> {
        let none = || refusal(INTERNAL, format!("there is no ledger {sequence}"));
        self.make(sequence, sequence).pop().ok_or_else(none)
    }

    fn make(&self, start: u32, end: u32) -> Vec<SimulatedLedger> {
        // A chain is only added to, and each step leaves it whole.
        let mut chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        chain.ledgers(start, end, MAX_PAGE_BYTES)
    }
}

impl LedgersParams {
    /// The first ledger, and how many at most.
    fn place(&self, kept: Kept) -> Result<(u32, u32), Refusal> {
        let Kept { oldest, latest } = kept;
        let invalid = |message: String| refusal(INVALID_REQUEST, message);
        let pagination = self.pagination.as_ref();
        let cursor = pagination.map_or("", |pagination| pagination.cursor.as_str());
        let limit = match pagination.map_or(0, |pagination| pagination.limit) {
            0 => DEFAULT_LIMIT,
            limit if limit > MAX_LIMIT => {
                return Err(invalid(format!("limit must not exceed {MAX_LIMIT}")));
            }
            limit => limit,
        };
        if !matches!(self.xdr_format.as_str(), "" | "base64") {
            let format = &self.xdr_format;
            return Err(invalid(format!(
                "the simulated server has no xdrFormat `{format}`"
            )));
        }
        let between = format!(
            "must be between the oldest ledger: {oldest} and the latest ledger: {latest} for this rpc \
             instance"
        );
        if cursor.is_empty() {
            return match self.start_ledger {
                start if (oldest..=latest).contains(&start) => Ok((start, limit)),
                _ => Err(invalid(format!("start ledger {between}"))),
            };
        }
        if self.start_ledger != 0 {
            return Err(invalid(
                "startLedger and cursor cannot both be set".to_owned(),
            ));
        }
        let start = cursor
            .parse::<u32>()
            .ok()
            .and_then(|cursor| cursor.checked_add(1));
        match start {
            None => Err(refusal(
                INVALID_PARAMS,
                format!("invalid cursor `{cursor}`"),
            )),
            Some(start) if (oldest..=latest).contains(&start) => Ok((start, limit)),
            Some(_) => Err(refusal(INVALID_PARAMS, format!("cursor {between}"))),
        }
    }
}

/// A ledger as `getLedgers` shows it.
fn shown(ledger: &SimulatedLedger) -> Result<Value, Refusal> {
    let header = LedgerHeader::entry(&ledger.bytes).map_err(internal)?;
    let header = header.to_xdr(Limits::none()).map_err(internal)?;
    Ok(json!({
        "hash": ledger.hash.to_string(),
        "sequence": ledger.sequence,
        "ledgerCloseTime": ledger.close_time_seconds.to_string(),
        "headerXdr": STANDARD.encode(header),
        "metadataXdr": STANDARD.encode(&ledger.bytes),
    }))
}

fn refusal(code: i64, message: String) -> Refusal {
    Refusal { code, message }
}

fn internal(error: impl std::error::Error) -> Refusal {
    refusal(INTERNAL, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::{Options, SimulatedNetwork};

    const KEPT: Kept = Kept {
        oldest: 5,
        latest: 12,
    };

    fn call(method: &str, params: Value) -> Result<Value, (i64, String)> {
        let mut options = Options::with_seed(3);
        options.transactions_per_ledger = 2;
        let methods = Methods::new(Chain::new(options).unwrap(), 8);
        let answer = methods.call(method, params, KEPT);
        answer.map_err(|refusal| (refusal.code, refusal.message))
    }

    #[test]
    fn ledgers_are_those_of_the_network_and_pages_follow_by_their_cursor() {
        let mut options = Options::with_seed(3);
        options.transactions_per_ledger = 2;
        let all: Vec<_> = SimulatedNetwork::new(options).unwrap().take(11).collect();
        let mut params = json!({ "startLedger": 5, "pagination": { "limit": 3 } });
        let mut seen = Vec::new();
        loop {
            let page = call("getLedgers", params).unwrap();
            assert_eq!(
                (&page["latestLedger"], &page["oldestLedger"]),
                (&json!(12), &json!(5))
            );
            let ledgers = page["ledgers"].as_array().unwrap();
            assert!((1..=3).contains(&ledgers.len()));
            for ledger in ledgers {
                let bytes = STANDARD
                    .decode(ledger["metadataXdr"].as_str().unwrap())
                    .unwrap();
                seen.push(bytes);
            }
            if page["cursor"] == "12" {
                break;
            }
            params = json!({ "pagination": { "cursor": page["cursor"], "limit": 3 } });
        }
        let expected: Vec<_> = all[3..]
            .iter()
            .map(|ledger| ledger.bytes.to_vec())
            .collect();
        assert!(seen == expected);
    }

    #[test]
    fn what_is_asked_wrongly_is_refused_with_the_codes_of_stellar_rpc() {
        for (params, code, word) in [
            (json!({ "startLedger": 4 }), -32_600, "oldest ledger: 5"),
            (json!({ "startLedger": 13 }), -32_600, "latest ledger: 12"),
            (json!({}), -32_600, "between"),
            (
                json!({ "startLedger": 5, "pagination": { "cursor": "5" } }),
                -32_600,
                "both",
            ),
            (
                json!({ "startLedger": 5, "pagination": { "limit": 201 } }),
                -32_600,
                "200",
            ),
            (
                json!({ "startLedger": 5, "xdrFormat": "json" }),
                -32_600,
                "json",
            ),
            (
                json!({ "pagination": { "cursor": "x" } }),
                -32_602,
                "cursor",
            ),
            (
                json!({ "pagination": { "cursor": "12" } }),
                -32_602,
                "latest ledger: 12",
            ),
            (json!({ "startLedger": "5" }), -32_602, "invalid type"),
        ] {
            let (found, message) = call("getLedgers", params.clone()).unwrap_err();
            assert_eq!(found, code, "{params}: {message}");
            assert!(message.contains(word), "{params}: {message}");
        }
        assert_eq!(call("getEvents", Value::Null).unwrap_err().0, -32_601);
    }

    #[test]
    fn the_server_says_what_it_has_and_whose_it_is() {
        let health = call("getHealth", Value::Null).unwrap();
        assert_eq!(
            (&health["oldestLedger"], &health["status"]),
            (&json!(5), &json!("healthy"))
        );
        let latest = call("getLatestLedger", Value::Null).unwrap();
        assert_eq!(
            (&latest["sequence"], &latest["protocolVersion"]),
            (&json!(12), &json!(23))
        );
        assert_eq!(
            call("getNetwork", Value::Null).unwrap()["passphrase"],
            PASSPHRASE
        );
    }
}
