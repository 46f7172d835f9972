use std::ffi::OsString;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// Show how to use the program.
    Help,
    /// Show which version it is.
    Version,
    /// Ask the running program how it is.
    Health,
    /// Run, with these arguments.
    Run(Vec<String>),
}

impl Arguments {
    /// Reads the command line, without the name of the program.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let arguments: Vec<_> = arguments
            .into_iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let has = |names: &[&str]| {
            let mut before = arguments.iter().take_while(|argument| *argument != "--");
            before.any(|argument| names.contains(&argument.as_str()))
        };
        if has(&["--help", "-h"]) {
            Self::Help
        } else if has(&["--version", "-V"]) {
            Self::Version
        } else if has(&["--health"]) {
            Self::Health
        } else {
            Self::Run(arguments)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_come_before_the_work() {
        let read = |text: &str| Arguments::read(text.split_whitespace().map(OsString::from));
        assert_eq!(read(""), Arguments::Run(vec![]));
        assert_eq!(read("1 2"), Arguments::Run(vec!["1".into(), "2".into()]));
        assert_eq!(read("1 --help"), Arguments::Help);
        assert_eq!(read("-V"), Arguments::Version);
        assert_eq!(read("--health"), Arguments::Health);
        assert!(matches!(read("-- --help"), Arguments::Run(_)));
    }
}
