use std::collections::VecDeque;

use bollard::{
    Docker,
    container::LogOutput,
    errors::Error,
    query_parameters::{LogsOptions, LogsOptionsBuilder},
};
use futures_util::StreamExt;

/// Of which pieces to ask the engine at first, to have so many whole lines of the end.
///
/// The engine counts pieces, and the first of each stream may be the middle of a line.
const fn pieces_for(lines: usize) -> usize {
    lines.saturating_add(2)
}

/// The options that all reading has in common.
pub(super) fn options() -> LogsOptionsBuilder {
    LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
}

/// Reads the end of a log, so much of it that its last `lines` lines are whole, as pieces. Tells also
/// whether the pieces are the whole log.
pub(super) async fn read(
    docker: &Docker,
    container: &str,
    lines: usize,
    since: i32,
) -> Result<(Vec<LogOutput>, bool), Error> {
    let mut pieces = pieces_for(lines);
    loop {
        let options: LogsOptions = options().since(since).tail(&pieces.to_string()).build();
        let mut stream = docker.logs(container, Some(options));
        // A program may write while this is read: the newest count.
        let mut found: VecDeque<LogOutput> = VecDeque::new();
        let mut count = 0_usize;
        while let Some(piece) = stream.next().await {
            found.push_back(piece?);
            count += 1;
        }
        let whole = count < pieces;
        let ended = found
            .iter()
            .filter(|piece| piece.as_ref().ends_with(b"\n"))
            .count();
        // One more line a stream than wanted: the first of each may have lost its beginning.
        if whole || ended >= pieces_for(lines) {
            return Ok((found.into(), whole));
        }
        pieces = pieces.saturating_mul(4);
    }
}
