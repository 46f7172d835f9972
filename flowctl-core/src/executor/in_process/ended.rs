use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio::sync::watch;

use crate::{
    Chain,
    component::ComponentError,
    executor::{ExitReport, ExitStatus},
};

/// The end of an instance that is made of objects: it has ended when the last of them is dropped.
#[derive(Clone)]
pub(super) struct Ended(watch::Receiver<Option<ExitReport>>);

/// Held by every object of one instance; the last one that is dropped reports the end.
#[derive(Clone)]
pub(super) struct Alive(Arc<Inner>);

struct Inner {
    report: watch::Sender<Option<ExitReport>>,
    last_error: Mutex<Option<String>>,
}

impl Alive {
    pub(super) fn new() -> (Self, Ended) {
        let (report, ended) = watch::channel(None);
        (
            Self(Arc::new(Inner {
                report,
                last_error: Mutex::new(None),
            })),
            Ended(ended),
        )
    }

    /// Notes how the last call of an object went: an error that nothing followed is how it ended.
    pub(super) fn note<T>(&self, result: &Result<T, ComponentError>) {
        let error = result.as_ref().err().map(|error| Chain(error).to_string());
        *self
            .0
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = error;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let error = self
            .last_error
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let status = error.map_or(ExitStatus::Code(0), ExitStatus::Failed);
        let mut report = ExitReport::new(status);
        report.ended = Some(SystemTime::now());
        self.report
            .send_if_modified(|known| known.is_none() && known.replace(report).is_none());
    }
}

impl Ended {
    /// The report, once there is one.
    pub(super) async fn report(&self) -> ExitReport {
        let mut ended = self.0.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(report) => report.clone(),
            Err(_) => None,
        }
        .unwrap_or_else(|| ExitReport::new(ExitStatus::Unknown))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.borrow().is_some()
    }
}
