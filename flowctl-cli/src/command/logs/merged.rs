use std::pin::Pin;

use futures_core::Stream;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream, Peekable},
};

use super::line::Line;

/// Logs of which each is in the order of time and has an end, as one in the order of time.
pub(super) fn merged(logs: Vec<BoxStream<'static, Line>>) -> impl Stream<Item = Line> {
    let logs: Vec<Peekable<_>> = logs.into_iter().map(|log| log.peekable()).collect();
    stream::unfold(logs, |mut logs| async {
        let mut earliest = None;
        for (n, log) in logs.iter_mut().enumerate() {
            if let Some(line) = Pin::new(log).peek().await
                && earliest.as_ref().is_none_or(|(_, when)| line.when < *when)
            {
                earliest = Some((n, line.when));
            }
        }
        let (n, _) = earliest?;
        let line = logs.get_mut(n)?.next().await?;
        Some((line, logs))
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use flowctl_core::{
        executor::{LogLine, Stream as Output},
        run::ComponentLine,
    };

    use super::*;

    #[tokio::test]
    async fn lines_of_several_components_come_in_the_order_of_time() {
        let log = |component: &'static str, seconds: &'static [u64]| {
            let line = move |second: &u64| {
                let at = SystemTime::UNIX_EPOCH + Duration::from_secs(*second);
                let line = LogLine::new(at, Output::Out, second.to_string().into());
                Line::kept(component, &ComponentLine::new(0, 1, line))
            };
            stream::iter(seconds.iter().map(line)).boxed()
        };
        let logs = vec![log("a", &[1, 4, 5]), log("b", &[]), log("c", &[1, 2, 6])];
        let lines: Vec<_> = merged(logs).collect().await;
        let shown: Vec<_> = lines
            .iter()
            .map(|line| {
                let at = line.when.unwrap().duration_since(SystemTime::UNIX_EPOCH);
                format!("{}{}", line.component, at.unwrap().as_secs())
            })
            .collect();
        assert_eq!(shown, ["a1", "c1", "c2", "a4", "a5", "c6"]);
    }
}
