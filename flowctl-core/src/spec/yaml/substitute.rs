//! `${VAR}`, `${VAR:-default}` and `${VAR:?message}` in parsed scalars.

use super::node::{Kind, Node, Span};
use crate::spec::{Code, codes};

/// How many bytes substitution may produce in all.
const MAX_OUTPUT: usize = 64 << 20;

/// What could not be substituted.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) span: Span,
}

/// Substitutes in every scalar of the tree.
pub(super) fn substitute(
    root: &mut Node,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut left = MAX_OUTPUT;
    walk(root, variable, &mut left, &mut failures);
    failures
}

fn walk(
    node: &mut Node,
    variable: &dyn Fn(&str) -> Option<String>,
    left: &mut usize,
    failures: &mut Vec<Failure>,
) {
    let span = node.span;
    match &mut node.kind {
        Kind::Scalar(scalar) if scalar.text.contains('$') => {
            let result = expand(&scalar.text, variable).and_then(|text| {
                *left = left.checked_sub(text.len()).ok_or_else(|| Problem {
                    code: codes::TOO_LARGE,
                    message: format!("substitution gives more than {MAX_OUTPUT} bytes"),
                    help: None,
                })?;
                Ok(text)
            });
            match result {
                Ok(text) => scalar.text = text,
                Err(Problem {
                    code,
                    message,
                    help,
                }) => {
                    failures.push(Failure {
                        code,
                        message,
                        help,
                        span,
                    });
                }
            }
        }
        Kind::Scalar(_) => {}
        Kind::List(list) => list
            .iter_mut()
            .for_each(|node| walk(node, variable, left, failures)),
        Kind::Map(map) => {
            map.0
                .iter_mut()
                .for_each(|entry| walk(&mut entry.value, variable, left, failures));
        }
    }
}

struct Problem {
    code: Code,
    message: String,
    help: Option<String>,
}

fn malformed(message: impl Into<String>) -> Problem {
    let help = Some("write `$$` for a plain `$`".to_owned());
    Problem {
        code: codes::SUBSTITUTION,
        message: message.into(),
        help,
    }
}

fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, dollar) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = dollar.strip_prefix("$$") {
            out.push('$');
            rest = after;
        } else if let Some(after) = dollar.strip_prefix("${") {
            let (inside, after) = after
                .split_once('}')
                .ok_or_else(|| malformed("`${` is not closed by `}`"))?;
            out.push_str(&value(inside, variable)?);
            rest = after;
        } else {
            out.push('$');
            rest = dollar.strip_prefix('$').unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn value(inside: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
    let end = inside
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(malformed(format!(
            "`${{{inside}}}` does not begin with the name of a variable"
        )));
    }
    let found = variable(name);
    if rest.is_empty() {
        return found.ok_or_else(|| Problem {
            code: codes::NOT_SET,
            message: format!("the variable `{name}` is not set"),
            help: Some(format!("set it, or give a default: `${{{name}:-default}}`")),
        });
    }
    // As in a shell, `:` makes an empty variable count as one that is not set.
    let found = found.filter(|value| !value.is_empty());
    if let Some(default) = rest.strip_prefix(":-") {
        return Ok(found.unwrap_or_else(|| default.to_owned()));
    }
    if let Some(message) = rest.strip_prefix(":?") {
        return found.ok_or_else(|| Problem {
            code: codes::NOT_SET,
            message: match message.trim() {
                "" => format!("the variable `{name}` is not set"),
                message => format!("the variable `{name}` is not set: {message}"),
            },
            help: None,
        });
    }
    Err(malformed(format!(
        "`${{{inside}}}` has neither `:-` nor `:?` after the name"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        let variable = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        expand(text, &variable).map_err(|problem| format!("{} {}", problem.code, problem.message))
    }

    #[test]
    fn variables_defaults_and_escapes_are_expanded() {
        for (text, result) in [
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${B:-d}", "d"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY}", ""),
            ("${B:-}", ""),
            ("$${A}", "${A}"),
            ("$HOME costs $5", "$HOME costs $5"),
            ("$", "$"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(result), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_expanded_is_named() {
        assert_eq!(
            expanded("${B}"),
            Err("S007 the variable `B` is not set".to_owned())
        );
        assert_eq!(
            expanded("${B:?say it}"),
            Err("S007 the variable `B` is not set: say it".to_owned())
        );
        assert!(expanded("${A").unwrap_err().starts_with("S008"));
        assert!(expanded("${}").unwrap_err().starts_with("S008"));
        assert!(expanded("${A-x}").unwrap_err().starts_with("S008"));
    }
}
