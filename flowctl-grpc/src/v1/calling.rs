use flowctl_core::ComponentError;

use crate::{
    data::Trouble,
    dial::{Connection, Dial, Reconnect},
};

/// Calls that are made again when the connection breaks.
#[derive(Debug)]
pub(super) struct Calling {
    pub(super) dial: Dial,
    pub(super) address: String,
    connection: Option<Connection>,
}

/// What one attempt has to work with.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: Connection,
    pub(super) dial: Dial,
    pub(super) address: String,
}

impl Calling {
    pub(super) const fn new(dial: Dial, address: String) -> Self {
        Self {
            dial,
            address,
            connection: None,
        }
    }

    /// Makes the call until it is answered, fails for good, or the other end was tried for long enough.
    pub(super) async fn call<T, F>(&mut self, call: impl Fn(Line) -> F) -> Result<T, ComponentError>
    where
        F: Future<Output = Result<T, Trouble>> + Send,
    {
        let mut reconnect = Reconnect::new(&self.dial);
        loop {
            let connection = match self.connection.take() {
                Some(connection) => Ok(connection),
                None => self
                    .dial
                    .connect(&self.address)
                    .await
                    .map_err(Trouble::dial),
            };
            let called = match connection {
                Err(trouble) => Err(trouble),
                Ok(connection) => {
                    let line = Line {
                        connection: connection.clone(),
                        dial: self.dial.clone(),
                        address: self.address.clone(),
                    };
                    let called = call(line).await;
                    self.connection = called.is_ok().then_some(connection);
                    called
                }
            };
            match called {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Passing(error)) => reconnect.pause(error).await?,
                Err(Trouble::Lasting(error)) => return Err(error),
            }
        }
    }
}
