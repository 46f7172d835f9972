use std::sync::Arc;

use async_trait::async_trait;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{task::spawn_blocking, time::Instant};

use super::{
    growth::Growth,
    methods::{Methods, Refusal},
};
use crate::program::{
    http::{Answer, Handler, Pages, Question},
    metrics::{Counter, Metrics},
};

/// JSON-RPC 2.0: the text is no JSON.
const NO_JSON: i64 = -32_700;
/// JSON-RPC 2.0: the JSON is no request.
const NO_REQUEST: i64 = -32_600;

/// Answers JSON-RPC by POST, and the pages about the program by GET.
#[derive(Clone, Debug)]
pub(super) struct RpcServer {
    pub(super) methods: Arc<Methods>,
    pub(super) growth: Growth,
    pub(super) started: Instant,
    pub(super) pages: Pages,
    pub(super) metrics: Metrics,
}

#[derive(Debug, Deserialize)]
struct Call {
    #[serde(default)]
    id: Value,
    method: String,
    #[serde(default)]
    params: Value,
}

#[async_trait]
impl Handler for RpcServer {
    async fn answer(&self, question: Question) -> Answer {
        if question.method != Method::POST {
            return self.pages.page(&question.method, &question.path);
        }
        let call = match serde_json::from_slice::<Value>(&question.body) {
            Err(error) => Err((NO_JSON, error.to_string())),
            Ok(call) => serde_json::from_value::<Call>(call)
                .map_err(|error| (NO_REQUEST, error.to_string())),
        };
        let (id, result) = match call {
            Ok(Call { id, method, params }) => (id, self.call(method, params).await),
            Err((code, message)) => (Value::Null, Err(Refusal { code, message })),
        };
        let response = match result {
            Ok(result) => {
                self.metrics.add(Counter::EventsOut, 1);
                json!({ "jsonrpc": "2.0", "id": id, "result": result })
            }
            Err(Refusal { code, message }) => {
                self.metrics.add(Counter::Errors, 1);
                let error = json!({ "code": code, "message": message });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
        };
        Answer::json(StatusCode::OK, &response)
    }
}

impl RpcServer {
    async fn call(&self, method: String, params: Value) -> Result<Value, Refusal> {
        let kept = self.growth.after(self.started.elapsed());
        self.metrics.set_position(kept.latest.into());
        let methods = Arc::clone(&self.methods);
        let called = spawn_blocking(move || methods.call(&method, params, kept)).await;
        called.unwrap_or_else(|error| {
            Err(Refusal {
                code: -32_603,
                message: error.to_string(),
            })
        })
    }
}
