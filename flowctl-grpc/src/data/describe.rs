use flowctl_core::ComponentError;
use tonic::Code;

use super::{failure, trouble::Trouble};
use crate::{
    dial::{Connection, Dial, Reconnect},
    proto::data::{
        DescribeRequest, Description, DrainRequest, ResetRequest, Role,
        component_client::ComponentClient, describe_response::Answer,
    },
};

/// A client with the limits of `dial`.
pub(super) fn client(dial: &Dial, connection: Connection) -> ComponentClient<Connection> {
    ComponentClient::new(connection)
        .max_decoding_message_size(dial.max_message)
        .max_encoding_message_size(dial.max_message)
}

/// Asks the component what it is in this role, and refuses one that does not have it; while it cannot be reached, again and again for as long as `dial` says.
pub(super) async fn describe(
    dial: &Dial,
    address: &str,
    role: Role,
) -> Result<Description, ComponentError> {
    let mut reconnect = Reconnect::new(dial);
    loop {
        match once(dial, address, role).await {
            Ok(answer) => {
                let description = answer?;
                expect_role(&description, role, address)?;
                return Ok(description);
            }
            Err(Trouble::Passing(error)) => reconnect.pause(error).await?,
            Err(Trouble::Lasting(error)) => return Err(error),
        }
    }
}

async fn once(
    dial: &Dial,
    address: &str,
    role: Role,
) -> Result<Result<Description, ComponentError>, Trouble> {
    let connection = dial.connect(address).await.map_err(Trouble::dial)?;
    let answer = client(dial, connection)
        .describe(DescribeRequest { role: role.into() })
        .await;
    let answer = answer.map_err(|status| Trouble::status(address, status))?;
    match answer.into_inner().answer {
        Some(Answer::Description(description)) => Ok(Ok(description)),
        Some(Answer::Failure(failed)) => Ok(Err(failure::from_wire(failed))),
        None => Err(Trouble::protocol(
            address,
            "it describes itself with nothing",
        )),
    }
}

/// Refuses a component that does not have the role.
fn expect_role(description: &Description, role: Role, address: &str) -> Result<(), ComponentError> {
    if description.roles().any(|known| known == role) {
        return Ok(());
    }
    let name = match role {
        Role::Source => "source",
        Role::Processor => "processor",
        Role::Sink => "sink",
        Role::Unspecified => "component",
    };
    Err(ComponentError::stop(format!(
        "`{address}` serves no {name}"
    )))
}

/// Tells the component at `address` to drain; one attempt. Answers whether it understood: `false` where it
/// does not speak this protocol.
///
/// # Errors
///
/// When it cannot be reached.
pub async fn drain(dial: &Dial, address: &str) -> Result<bool, ComponentError> {
    let connection = dial.connect(address).await;
    let connection = connection.map_err(|error| Trouble::dial(error).into_error())?;
    match client(dial, connection).drain(DrainRequest {}).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::Unimplemented => Ok(false),
        Err(status) => Err(Trouble::status(address, status).into_error()),
    }
}

/// Has the sink at `address` empty its destination; one attempt.
///
/// # Errors
///
/// What the sink says, or that it cannot be reached.
pub async fn reset(dial: &Dial, address: &str) -> Result<(), ComponentError> {
    let connection = dial.connect(address).await;
    let connection = connection.map_err(|error| Trouble::dial(error).into_error())?;
    let answer = client(dial, connection).reset(ResetRequest {}).await;
    let answer = answer.map_err(|status| Trouble::status(address, status).into_error())?;
    match answer.into_inner().failure {
        None => Ok(()),
        Some(failed) => Err(failure::from_wire(failed)),
    }
}
