use crate::sample::IN_PROCESS;

/// Where an executor runs what it runs, as an adverb.
pub(crate) fn place(executor: &str) -> String {
    match executor {
        IN_PROCESS => "in this process".to_owned(),
        "process" => "as a process".to_owned(),
        other => format!("on {other}"),
    }
}

/// The same for several of them.
pub(crate) fn places(executor: &str) -> String {
    match executor {
        "process" => "as processes".to_owned(),
        other => place(other),
    }
}
