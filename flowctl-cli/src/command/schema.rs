use crate::{error::CliError, exit_code, session::Session};

pub(super) fn schema(session: &Session) -> Result<u8, CliError> {
    // A JSON Schema is JSON whatever the output.
    let mut schema = flowctl_core::PipelineSpec::json_schema();
    schema.push('\n');
    session
        .screen
        .answer(&schema)
        .map_err(CliError::Unwritable)?;
    Ok(exit_code::DONE)
}
