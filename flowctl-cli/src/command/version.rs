use serde::Serialize;

use crate::{error::CliError, exit_code, session::Session};

/// What this program is.
#[derive(Serialize)]
struct Version {
    version: &'static str,
    /// The versions of pipeline files that it reads.
    api_versions: [&'static str; 1],
}

pub(super) fn version(session: &Session) -> Result<u8, CliError> {
    let version = Version {
        version: env!("CARGO_PKG_VERSION"),
        api_versions: ["flowctl/v1"],
    };
    let text = format!(
        "flowctl {} (reads {})",
        version.version,
        version.api_versions.join(", ")
    );
    session.answer("version", &version, &text)?;
    Ok(exit_code::DONE)
}
