use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a process to end: SIGINT (Ctrl-C) and SIGTERM.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes them over from the operating system, which would end the process at once.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The number of the next one. Cancel safe.
    pub(crate) async fn next(&mut self) -> i32 {
        let number = tokio::select! {
            Some(()) = self.interrupt.recv() => SignalKind::interrupt(),
            Some(()) = self.terminate.recv() => SignalKind::terminate(),
            else => return std::future::pending().await,
        };
        number.as_raw_value()
    }
}
