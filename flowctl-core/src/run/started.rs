use std::sync::{Arc, Mutex};

use crate::{
    executor::{BoundPort, Endpoint, Executor, ExecutorError, Handle, Reader},
    spec::ComponentSpec,
};

/// One instance that a generation has started.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub(super) node: usize,
    pub(super) executor: Arc<dyn Executor>,
    pub(super) handle: Handle,
    pub(super) ports: Vec<BoundPort>,
    /// The component with the environment that it was started with.
    pub(super) component: ComponentSpec,
}

/// What was started so far, in the order of starting.
pub(super) type StartedList = Mutex<Vec<Started>>;

impl Started {
    /// Where this process reaches a port of it; with no name, the instance itself.
    pub(super) async fn reached_at(&self, port: Option<&str>) -> Result<Endpoint, ExecutorError> {
        self.executor
            .endpoint(&self.handle, port, Reader::SameProcess)
            .await
    }

    /// The name of the port on which it serves, where it has one.
    pub(super) fn main_port(&self) -> Option<&str> {
        BoundPort::named(&self.ports, BoundPort::MAIN).map(|port| port.name.as_str())
    }
}
