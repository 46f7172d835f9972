use std::path::{Path, PathBuf};

use crate::error::CliError;

/// Where pipelines keep their state: what was asked for, else `$XDG_STATE_HOME/flowctl`, else
/// `~/.local/state/flowctl` (XDG Base Directory Specification 0.8).
///
/// # Errors
///
/// When none of them is known.
pub(crate) fn state_dir(
    asked: Option<&Path>,
    environment: impl Fn(&str) -> Option<PathBuf>,
) -> Result<PathBuf, CliError> {
    // A relative path in the variable is to be ignored, says the specification.
    let base = || environment("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let home = || {
        environment("HOME")
            .filter(|path| path.is_absolute())
            .map(|home| home.join(".local/state"))
    };
    match asked {
        Some(asked) => Ok(asked.to_owned()),
        None => base()
            .or_else(home)
            .map(|base| base.join("flowctl"))
            .ok_or(CliError::NoStateDir),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(asked: Option<&str>, variables: &[(&str, &str)]) -> Option<PathBuf> {
        let environment = |name: &str| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| value.into())
        };
        state_dir(asked.map(Path::new), environment).ok()
    }

    #[test]
    fn what_is_asked_for_comes_first_and_then_the_standard_places() {
        let variables = [("XDG_STATE_HOME", "/state"), ("HOME", "/home/a")];
        assert_eq!(found(Some("here"), &variables), Some("here".into()));
        assert_eq!(found(None, &variables), Some("/state/flowctl".into()));
        assert_eq!(
            found(None, &variables[1..]),
            Some("/home/a/.local/state/flowctl".into())
        );
        assert_eq!(
            found(None, &[("XDG_STATE_HOME", "relative"), variables[1]]),
            Some("/home/a/.local/state/flowctl".into())
        );
        assert_eq!(found(None, &[]), None);
    }
}
