use async_trait::async_trait;
use hyper::{Method, StatusCode};
use serde_json::{Map, json};
use tokio::time::Instant;

use super::{Answer, Handler, Question};
use crate::program::{
    condition::{Condition, Verdict},
    metrics::Metrics,
};

/// The pages about a program: `/health`, `/ready`, `/live` and `/metrics`.
///
/// `/health` answers 200 while the program can be worked with and 503 while it starts or stops; its
/// `status` is `starting`, `healthy`, `degraded` or `stopping`, with a `reason` where there is one.
/// `/ready` is the same without the numbers. `/live` answers 200 as long as anything answers. `/` is
/// `/health`.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    pub(crate) service: &'static str,
    pub(crate) version: &'static str,
    pub(crate) component: String,
    pub(crate) condition: Condition,
    pub(crate) metrics: Metrics,
    pub(crate) started: Instant,
}

#[async_trait]
impl Handler for Pages {
    async fn answer(&self, question: Question) -> Answer {
        self.page(&question.method, &question.path)
    }
}

impl Pages {
    /// The page at this path.
    pub(crate) fn page(&self, method: &Method, path: &str) -> Answer {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let text = "only GET is answered here\n";
            return Answer::text(StatusCode::METHOD_NOT_ALLOWED, text);
        }
        let state = self.condition.now();
        let verdict = state.verdict();
        let status = match verdict {
            Verdict::Healthy | Verdict::Degraded => StatusCode::OK,
            Verdict::Starting | Verdict::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        };
        let uptime = self.started.elapsed().as_secs();
        match path {
            "/" | "/health" => {
                let values = self.metrics.values().into_iter();
                let mut metrics: Map<_, _> = values
                    .map(|(name, value)| (name.to_owned(), value.into()))
                    .collect();
                metrics.insert("uptime_seconds".to_owned(), uptime.into());
                let page = json!({
                    "status": verdict.word(),
                    "reason": state.reason(),
                    "service": self.service,
                    "version": self.version,
                    "component": self.component,
                    "metrics": metrics,
                });
                Answer::json(status, &page)
            }
            "/ready" => {
                let page = json!({ "status": verdict.word(), "reason": state.reason() });
                Answer::json(status, &page)
            }
            "/live" => Answer::json(StatusCode::OK, &json!({ "status": "alive" })),
            "/metrics" => Answer {
                status: StatusCode::OK,
                content_type: "text/plain; version=0.0.4; charset=utf-8",
                body: self
                    .metrics
                    .prometheus(&self.component, uptime, verdict.serves())
                    .into(),
            },
            _ => Answer::text(
                StatusCode::NOT_FOUND,
                "there is /health, /ready, /live and /metrics\n",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        Pages {
            service: "test",
            version: "1",
            component: "it".to_owned(),
            condition: Condition::new(),
            metrics: Metrics::default(),
            started: Instant::now(),
        }
    }

    fn get(pages: &Pages, path: &str) -> (u16, serde_json::Value) {
        let answer = pages.page(&Method::GET, path);
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status.as_u16(), body)
    }

    #[tokio::test]
    async fn the_pages_follow_the_condition() {
        let pages = pages();
        pages.condition.trouble("waiting");
        let (status, health) = get(&pages, "/health");
        assert_eq!((status, &health["status"]), (503, &json!("starting")));
        assert_eq!(health["reason"], "waiting");
        assert_eq!(get(&pages, "/ready").0, 503);
        assert_eq!(get(&pages, "/live").0, 200);
        pages.condition.ready();
        pages.metrics.set_position(7);
        let (status, health) = get(&pages, "/health");
        assert_eq!((status, &health["status"]), (200, &json!("healthy")));
        assert_eq!(health["metrics"]["last_processed_ledger"], 7);
        assert_eq!(get(&pages, "/ready").0, 200);
        pages.condition.draining();
        assert_eq!(get(&pages, "/ready").0, 503);
        assert_eq!(get(&pages, "/live").0, 200);
    }

    #[tokio::test]
    async fn other_paths_and_methods_are_refused() {
        assert_eq!(get(&pages(), "/other").0, 404);
        assert_eq!(pages().page(&Method::POST, "/health").status, 405);
        let metrics = pages().page(&Method::GET, "/metrics");
        assert!(
            metrics
                .content_type
                .starts_with("text/plain; version=0.0.4")
        );
    }
}
