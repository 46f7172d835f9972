use super::node::Span;
use crate::spec::Location;

/// The texts that a spec is read from, by number, for showing places in them.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<Text>);

#[derive(Debug)]
struct Text {
    name: String,
    lines: Vec<String>,
}

/// A line that is longer than this is cut in excerpts.
const LONGEST_EXCERPT: usize = 200;

impl Texts {
    /// Takes a text; gives its number.
    pub(super) fn add(&mut self, name: &str, text: &str) -> usize {
        // The line breaks of YAML 1.2: CR LF, LF, and CR alone.
        let lines = text.split('\n').flat_map(|line| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            line.split('\r')
                .map(|line| line.chars().take(LONGEST_EXCERPT).collect())
        });
        self.0.push(Text {
            name: name.to_owned(),
            lines: lines.collect(),
        });
        self.0.len() - 1
    }

    pub(super) fn location(&self, span: Span) -> Option<Location> {
        let text = self.0.get(span.text)?;
        let line = span.line.max(1);
        let excerpt = text.lines.get(line - 1).cloned().unwrap_or_default();
        // A place beyond the excerpt cannot be marked in it.
        let excerpt = if span.column > LONGEST_EXCERPT {
            String::new()
        } else {
            excerpt
        };
        Some(Location {
            file: text.name.clone(),
            line,
            column: span.column.max(1),
            length: span.length.max(1),
            excerpt,
        })
    }
}
