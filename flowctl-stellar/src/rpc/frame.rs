use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON-RPC 2.0 request.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    jsonrpc: &'static str,
    id: u32,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Value>,
}

impl<'a> Request<'a> {
    pub(super) const fn new(method: &'a str, params: Option<Value>) -> Self {
        Self {
            jsonrpc: "2.0",
            // One call at a time is on a connection, so answers need no number to be told apart.
            id: 1,
            method,
            params,
        }
    }
}

/// A JSON-RPC 2.0 response; one of the two is there.
#[derive(Debug, Deserialize)]
pub(super) struct Response<T> {
    #[serde(default = "nothing")]
    pub(super) result: Option<T>,
    pub(super) error: Option<Refusal>,
}

/// Why the server refuses a call.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
}

const fn nothing<T>() -> Option<T> {
    None
}
