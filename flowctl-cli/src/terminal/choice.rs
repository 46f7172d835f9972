use std::io::IsTerminal;

use super::Palette;
use crate::arguments::Colour;

/// What decides how a stream is written to. Pure once it is made.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that have nothing to do with each other"
)]
pub(crate) struct Surroundings {
    /// The stream is a terminal.
    pub(crate) terminal: bool,
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub(crate) no_color: bool,
    /// `CI` is set and not empty: nobody watches.
    pub(crate) ci: bool,
    /// `TERM=dumb`, or no `TERM` at all: the terminal cannot move its cursor.
    pub(crate) dumb: bool,
}

impl Surroundings {
    /// Those of this process's stderr.
    pub(crate) fn of_stderr() -> Self {
        Self::of(&std::io::stderr())
    }

    /// Those of this process's stdout.
    pub(crate) fn of_stdout() -> Self {
        Self::of(&std::io::stdout())
    }

    fn of(stream: &impl IsTerminal) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            terminal: stream.is_terminal(),
            no_color: set("NO_COLOR"),
            ci: set("CI"),
            dumb: std::env::var_os("TERM").is_none_or(|term| term == "dumb"),
        }
    }

    /// Whether to use colour.
    pub(crate) const fn palette(self, choice: Colour) -> Palette {
        let coloured = match choice {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => self.terminal && !self.no_color && !self.ci && !self.dumb,
        };
        Palette { coloured }
    }

    /// Whether a block can be painted again and again. Who wants no colour wants plain lines.
    pub(crate) const fn is_live(self) -> bool {
        self.terminal && !self.no_color && !self.ci && !self.dumb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Surroundings = Surroundings {
        terminal: true,
        no_color: false,
        ci: false,
        dumb: false,
    };

    #[test]
    fn only_a_terminal_that_somebody_watches_gets_colour_unasked() {
        let coloured = |surroundings: Surroundings| surroundings.palette(Colour::Auto).coloured;
        assert!(coloured(TERMINAL));
        assert!(!coloured(Surroundings {
            terminal: false,
            ..TERMINAL
        }));
        assert!(!coloured(Surroundings {
            no_color: true,
            ..TERMINAL
        }));
        assert!(!coloured(Surroundings {
            ci: true,
            ..TERMINAL
        }));
        assert!(!coloured(Surroundings {
            dumb: true,
            ..TERMINAL
        }));
    }

    #[test]
    fn what_is_asked_for_wins() {
        let pipe = Surroundings {
            terminal: false,
            ..TERMINAL
        };
        assert!(pipe.palette(Colour::Always).coloured);
        assert!(!TERMINAL.palette(Colour::Never).coloured);
    }

    #[test]
    fn plain_lines_are_for_whoever_cannot_or_will_not_see_a_block() {
        assert!(TERMINAL.is_live());
        assert!(
            !Surroundings {
                terminal: false,
                ..TERMINAL
            }
            .is_live()
        );
        assert!(
            !Surroundings {
                no_color: true,
                ..TERMINAL
            }
            .is_live()
        );
        assert!(
            !Surroundings {
                ci: true,
                ..TERMINAL
            }
            .is_live()
        );
        assert!(
            !Surroundings {
                dumb: true,
                ..TERMINAL
            }
            .is_live()
        );
    }
}
