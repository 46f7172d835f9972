//! A problem as text, in the manner of rustc: headline, place, excerpt, help.

use std::fmt::{self, Write};

use super::{Diagnostic, Location};

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        diagnostic(self, f)
    }
}

/// Writes one problem; ends with a line break.
pub(super) fn diagnostic(problem: &Diagnostic, out: &mut impl Write) -> fmt::Result {
    writeln!(
        out,
        "{}[{}]: {}",
        problem.severity.as_str(),
        problem.code,
        problem.message
    )?;
    let path = problem.path.to_string();
    let width = match &problem.location {
        Some(location) => excerpt(location, &path, problem.label.as_deref(), out)?,
        None => {
            if !path.is_empty() {
                writeln!(out, "  ┌─ {path}")?;
            }
            if let Some(label) = &problem.label {
                writeln!(out, "  = {label}")?;
            }
            1
        }
    };
    let places: Vec<String> = problem
        .related
        .iter()
        .map(|related| match &related.location {
            Some(Location {
                file, line, column, ..
            }) => format!("{file}:{line}:{column}"),
            None => related.path.to_string(),
        })
        .collect();
    if !places.is_empty() {
        writeln!(out, "{:width$} = also: {}", "", places.join(", "))?;
    }
    if let Some(help) = &problem.help {
        writeln!(out, "{:width$} = help: {help}", "")?;
    }
    Ok(())
}

/// Writes the place and the marked line; gives the width of the line number.
fn excerpt(
    location: &Location,
    path: &str,
    label: Option<&str>,
    out: &mut impl Write,
) -> Result<usize, fmt::Error> {
    let Location {
        file,
        line,
        column,
        length,
        excerpt,
    } = location;
    let width = line.to_string().len();
    let gap = if path.is_empty() { "" } else { "  " };
    writeln!(out, "{:width$} ┌─ {file}:{line}:{column}{gap}{path}", "")?;
    // Control characters would move the cursor of a terminal; a tab would shift the marks.
    let shown: String = excerpt
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    writeln!(out, "{line} │ {}", shown.trim_end())?;
    let room = shown
        .trim_end()
        .chars()
        .count()
        .saturating_sub(column - 1)
        .max(1);
    let marks = "^".repeat((*length).min(room).max(1));
    let label = label.map(|label| format!(" {label}")).unwrap_or_default();
    writeln!(
        out,
        "{:width$} │ {:indent$}{marks}{label}",
        "",
        "",
        indent = column - 1
    )?;
    Ok(width)
}
