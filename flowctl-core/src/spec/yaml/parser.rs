//! Text → tree. Bounded in size, depth and number of values, with aliases followed.

use saphyr_parser::{Marker, Parser};

use super::{
    node::{Node, Span},
    tree_builder::TreeBuilder,
};
use crate::spec::{Code, Diagnostic, codes, path::FieldPath};

/// The longest text, in bytes. The largest pipeline that has been thought of (10,000 components)
/// has about 4 MB.
pub(super) const MAX_TEXT: usize = 16 << 20;

/// A problem of the text itself: it ends the reading.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) label: Option<String>,
    pub(super) span: Span,
}

impl Stop {
    pub(super) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            label: None,
            span,
        }
    }

    pub(super) fn into_diagnostic(self) -> (Diagnostic, Span) {
        let mut diagnostic = Diagnostic::new(self.code, FieldPath::root(), self.message);
        diagnostic.label = self.label;
        (diagnostic, self.span)
    }
}

/// A tree, and the keys that stand twice in it (the first one holds).
#[derive(Debug)]
pub(super) struct Parsed {
    /// Nothing when the text holds no value.
    pub(super) root: Option<Node>,
    pub(super) duplicates: Vec<Duplicate>,
}

#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) key: String,
    pub(super) path: FieldPath,
    pub(super) span: Span,
}

/// Reads `text`, which is number `number`.
pub(super) fn parse(text: &str, number: usize) -> Result<Parsed, Stop> {
    let start = Span {
        text: number,
        line: 1,
        column: 1,
        length: 1,
    };
    if text.len() > MAX_TEXT {
        let message = format!(
            "the text has {} bytes, at most {MAX_TEXT} are read",
            text.len()
        );
        return Err(Stop::new(codes::TOO_LARGE, start, message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = TreeBuilder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = one_line(number, error.marker(), error.marker());
            let mut stop = Stop::new(codes::SYNTAX, at, "the text is not YAML");
            stop.label = Some(error.info().to_owned());
            stop
        })?;
        builder.event(event, one_line(number, &span.start, &span.end))?;
    }
    Ok(builder.finish())
}

/// The part of a span that is on its first line.
fn one_line(text: usize, start: &Marker, end: &Marker) -> Span {
    let length = match end.line() == start.line() {
        true => end.col().saturating_sub(start.col()),
        false => end.index().saturating_sub(start.index()),
    };
    Span {
        text,
        line: start.line(),
        column: start.col() + 1,
        length: length.max(1),
    }
}
