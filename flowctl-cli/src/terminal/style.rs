use anstyle::{AnsiColor, Style};

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// Headings of tables and other furniture.
    Faint,
    Strong,
    Good,
    Warning,
    Error,
    Help,
    /// One of several things that are to be told from each other.
    Series(usize),
}

/// Red is for what is wrong.
const SERIES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
];

impl Tone {
    fn style(self) -> Style {
        let coloured = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
        match self {
            Self::Plain => Style::new(),
            Self::Faint => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
            Self::Good => coloured(AnsiColor::Green),
            Self::Warning => coloured(AnsiColor::Yellow),
            Self::Error => coloured(AnsiColor::Red),
            Self::Help => coloured(AnsiColor::Cyan),
            Self::Series(n) => Style::new().fg_color(Some(SERIES[n % SERIES.len()].into())),
        }
    }
}

/// Puts tones into text, or leaves them out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    pub(crate) coloured: bool,
}

impl Palette {
    /// The text in this tone.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let style = tone.style();
        if self.coloured && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
