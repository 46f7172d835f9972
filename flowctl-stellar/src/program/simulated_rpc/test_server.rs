use hyper::StatusCode;
use serde_json::{Value, json};

use super::{
    chain::Chain,
    growth::Kept,
    methods::{Methods, Refusal},
};
use crate::{program::http::Answer, simulated::Options};

/// A server of fixed ledgers, for tests of who calls it.
#[derive(Debug)]
pub(crate) struct TestServer {
    methods: Methods,
    kept: Kept,
}

impl TestServer {
    /// The ledgers `oldest` to `latest` of this network.
    pub(crate) fn new(options: Options, oldest: u32, latest: u32) -> Self {
        Self {
            methods: Methods::new(Chain::new(options).unwrap(), latest - oldest + 1),
            kept: Kept { oldest, latest },
        }
    }

    /// The answer to a call.
    pub(crate) fn answer(&self, method: &str, params: Value) -> Answer {
        let response = match self.methods.call(method, params, self.kept) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": 1, "result": result }),
            Err(Refusal { code, message }) => {
                let error = json!({ "code": code, "message": message });
                json!({ "jsonrpc": "2.0", "id": 1, "error": error })
            }
        };
        Answer::json(StatusCode::OK, &response)
    }
}
