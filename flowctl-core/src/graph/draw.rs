//! Pictures of a graph.

use std::{collections::HashSet, fmt};

use super::{EventTypes, Graph, Member};
use crate::spec::{Role, Via};

/// A graph as lines of text: `a → b → c`, a further line for each further reader. What has been
/// drawn already is named again and followed by `…`.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(pub(super) &'a Graph);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut drawn = HashSet::new();
        for member in self.0.members() {
            if member.inputs.is_empty() {
                self.paths(member, &mut drawn, f)?;
            }
        }
        Ok(())
    }
}

impl<'a> Text<'a> {
    /// Draws everything that follows `root`, depth first and without recursion: chains can be long.
    fn paths(
        self,
        root: &'a Member,
        drawn: &mut HashSet<&'a str>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        const ARROW: &str = " → ";
        const ARROW_WIDTH: usize = 3;
        let mut stack = vec![(root, 0_usize)];
        let mut column = 0_usize;
        let mut fresh = true;
        while let Some((member, indent)) = stack.pop() {
            if !fresh {
                f.write_str("\n")?;
                write!(
                    f,
                    "{:indent$}",
                    "",
                    indent = indent.saturating_sub(ARROW_WIDTH)
                )?;
                column = indent.saturating_sub(ARROW_WIDTH);
            }
            let mut member = member;
            loop {
                if column > 0 || !fresh && indent > 0 {
                    f.write_str(ARROW)?;
                    column += ARROW_WIDTH;
                }
                fresh = false;
                f.write_str(member.id.as_str())?;
                column += member.id.as_str().len();
                let readers: Vec<_> = self
                    .0
                    .outputs(member.id.as_str())
                    .filter_map(|edge| self.0.member(edge.to.as_str()))
                    .collect();
                if !drawn.insert(member.id.as_str()) {
                    if !readers.is_empty() {
                        f.write_str(" …")?;
                    }
                    break;
                }
                let Some((first, rest)) = readers.split_first() else {
                    break;
                };
                // Popped from the end, so the last reader goes on first.
                stack.extend(
                    rest.iter()
                        .rev()
                        .map(|reader| (*reader, column + ARROW_WIDTH)),
                );
                member = first;
            }
        }
        f.write_str("\n")
    }
}

/// A graph in the language of Graphviz.
#[derive(Clone, Copy, Debug)]
pub struct Dot<'a>(pub(super) &'a Graph);

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "digraph pipeline {{\n  rankdir=LR;")?;
        for member in self.0.members() {
            let shape = match member.role {
                Role::Source => "cds",
                Role::Processor => "box",
                Role::Sink => "cylinder",
                Role::Service => "component",
            };
            writeln!(f, "  \"{}\" [shape={shape}];", member.id)?;
        }
        for edge in self.0.edges() {
            let style = if edge.via == Via::Linked {
                "solid"
            } else {
                "dashed"
            };
            write!(f, "  \"{}\" -> \"{}\" [style={style}", edge.from, edge.to)?;
            if edge.types != EventTypes::All {
                write!(f, ", label=\"{}\"", edge.types)?;
            }
            writeln!(f, "];")?;
        }
        writeln!(f, "}}")
    }
}

/// A graph as a Mermaid flowchart.
#[derive(Clone, Copy, Debug)]
pub struct Mermaid<'a>(pub(super) &'a Graph);

impl fmt::Display for Mermaid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "flowchart LR")?;
        for (n, member) in self.0.members().iter().enumerate() {
            let id = &member.id;
            // Ids such as `end` are words of the language, so nodes have numbers.
            match member.role {
                Role::Source => writeln!(f, "  n{n}([\"{id}\"])")?,
                Role::Processor => writeln!(f, "  n{n}[\"{id}\"]")?,
                Role::Sink => writeln!(f, "  n{n}[(\"{id}\")]")?,
                Role::Service => writeln!(f, "  n{n}{{{{\"{id}\"}}}}")?,
            }
        }
        for edge in self.0.edges() {
            let number = |id: &crate::ComponentId| self.0.number(id.as_str()).unwrap_or_default();
            let arrow = if edge.via == Via::Linked {
                "-->"
            } else {
                "-.->"
            };
            let label = match &edge.types {
                EventTypes::All => edge.via.as_str().to_owned(),
                EventTypes::Only(_) => edge.types.to_string(),
            };
            writeln!(
                f,
                "  n{} {arrow}|\"{label}\"| n{}",
                number(&edge.from),
                number(&edge.to)
            )?;
        }
        Ok(())
    }
}
