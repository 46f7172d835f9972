//! What components write, as messages.

use std::{sync::Arc, time::SystemTime};

use flowctl_core::{
    Chain, ComponentId,
    executor::{LogOptions, Stream as Output},
    run::{ComponentLine, LogSource},
};
use futures_core::Stream;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream, SelectAll},
};
use tonic::Status;

use crate::{
    control_plane::timestamp,
    proto::admin::{
        LogLine, LogStream, LogsMissing, LogsRequest, LogsResponse, logs_response::Response,
    },
};

type Answers = BoxStream<'static, LogsResponse>;

/// The lines of the components that are asked for: in the order of time, as far as that can be had without
/// waiting for what is yet to come.
pub(super) async fn logs(
    source: &Arc<dyn LogSource>,
    asked: LogsRequest,
) -> Result<impl Stream<Item = Result<LogsResponse, Status>> + Send + 'static, Status> {
    let since = asked.since.map(SystemTime::try_from).transpose();
    let since = since.map_err(|_| Status::invalid_argument("`since` is no moment"))?;
    let known = source.components();
    let mut wanted = Vec::new();
    let mut logs = Vec::new();
    for name in &asked.components {
        match known.iter().find(|id| id.as_str() == name) {
            Some(id) => wanted.push(id.clone()),
            None => logs.push(missing(
                name.clone(),
                "there is no such component".to_owned(),
            )),
        }
    }
    if asked.components.is_empty() {
        wanted = known;
    }
    for component in wanted {
        let mut options = LogOptions::default();
        options.since = since;
        options.tail = asked
            .tail
            .map(|tail| usize::try_from(tail).unwrap_or(usize::MAX));
        options.follow = asked.follow;
        logs.push(log(source, component, options).await);
    }
    let lines = match asked.follow {
        true => logs.into_iter().collect::<SelectAll<_>>().boxed(),
        false => by_time(logs),
    };
    Ok(lines.map(Ok))
}

async fn log(source: &Arc<dyn LogSource>, component: ComponentId, options: LogOptions) -> Answers {
    let log = match source.log(&component, options).await {
        Ok(log) => log,
        Err(error) => return missing(component.to_string(), Chain(&error).to_string()),
    };
    let lines = log.map(move |line| match line {
        Ok(line) => answer(Response::Line(message(&component, line))),
        Err(error) => answer(Response::Missing(LogsMissing {
            component: component.to_string(),
            reason: Chain(&error).to_string(),
        })),
    });
    lines.boxed()
}

/// Logs that have an end, each in the order of time, as one.
fn by_time(logs: Vec<Answers>) -> Answers {
    let heads: Vec<_> = logs.into_iter().map(|log| (None, Some(log))).collect();
    stream::unfold(
        heads,
        |mut heads: Vec<(Option<LogsResponse>, Option<Answers>)>| async {
            for (head, log) in &mut heads {
                if let (None, Some(lines)) = (head.as_ref(), log.as_mut()) {
                    *head = lines.next().await;
                }
                if head.is_none() {
                    *log = None;
                }
            }
            heads.retain(|(head, _)| head.is_some());
            let earliest = heads
                .iter_mut()
                .min_by_key(|(head, _)| head.as_ref().and_then(at))?;
            let line = earliest.0.take()?;
            Some((line, heads))
        },
    )
    .boxed()
}

fn at(answer: &LogsResponse) -> Option<(i64, i32)> {
    match answer.response.as_ref()? {
        Response::Line(line) => line.at.as_ref().map(|at| (at.seconds, at.nanos)),
        Response::Missing(_) => None,
    }
}

const fn answer(response: Response) -> LogsResponse {
    LogsResponse {
        response: Some(response),
    }
}

fn missing(component: String, reason: String) -> Answers {
    let missing = LogsMissing { component, reason };
    stream::iter([answer(Response::Missing(missing))]).boxed()
}

fn message(component: &ComponentId, line: ComponentLine) -> LogLine {
    let output = match line.line.stream {
        Output::Out => LogStream::Out,
        Output::Err => LogStream::Err,
        _ => LogStream::Unspecified,
    };
    LogLine {
        component: component.to_string(),
        instance: line.instance,
        generation: line.generation,
        at: Some(timestamp(line.line.at)),
        stream: output.into(),
        text: line.line.bytes,
    }
}
