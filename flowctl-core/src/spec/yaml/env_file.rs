//! `env_file`: lines of `NAME=value` for `env`.

use std::io;

use super::node::{Entry, Kind, Map, Node, Scalar, Span};

/// Replaces the `env_file` of a component by its content: what `env` does not say itself, the last file first.
/// Gives what went wrong, with the place of the file's name.
pub(super) fn resolve(
    component: &mut Map,
    file: &dyn Fn(&str) -> io::Result<String>,
) -> Vec<(Option<usize>, String, Span)> {
    let names = match component.get("env_file") {
        Some(node)
            if node
                .list()
                .is_some_and(|list| list.iter().all(|n| n.text().is_some())) =>
        {
            node.list().unwrap_or_default()
        }
        Some(node) if node.text().is_some() && !node.is_null() => std::slice::from_ref(node),
        // Left for the check of shapes to complain about.
        _ => return Vec::new(),
    };
    let mut problems = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    let is_list = component
        .get("env_file")
        .is_some_and(|node| node.list().is_some());
    for (n, node) in names.iter().enumerate() {
        let name = node.text().unwrap_or_default();
        match file(name)
            .map_err(|error| error.to_string())
            .and_then(|text| lines(&text))
        {
            Ok(pairs) => {
                for (key, text) in pairs {
                    let kind = Kind::Scalar(Scalar { text, plain: false });
                    let value = Node {
                        kind,
                        span: node.span,
                    };
                    entries.retain(|entry| entry.key != key);
                    entries.push(Entry {
                        key,
                        key_span: node.span,
                        value,
                    });
                }
            }
            Err(why) => problems.push((
                is_list.then_some(n),
                format!("cannot read `{name}`: {why}"),
                node.span,
            )),
        }
    }
    let Some(removed) = component.remove("env_file") else {
        return problems;
    };
    let span = removed.key_span;
    if component.get("env").is_none_or(Node::is_null) {
        component.remove("env");
        let value = Node {
            kind: Kind::Map(Map::default()),
            span,
        };
        component.0.push(Entry {
            key: "env".to_owned(),
            key_span: span,
            value,
        });
    }
    if let Some(env) = component.get_mut("env").and_then(Node::map_mut) {
        entries.retain(|entry| env.get(&entry.key).is_none());
        env.0.extend(entries);
    }
    problems
}

/// `NAME=value` lines; empty ones and comments after `#` are left out; quotes around a value and
/// `export` before a name are taken off.
fn lines(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| format!("line {} has no `=`", n + 1))?;
        let value = value.trim();
        let unquoted = ['"', '\'']
            .into_iter()
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
            .unwrap_or(value);
        pairs.push((name.trim().to_owned(), unquoted.to_owned()));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let pairs = lines("# c\n\nA=1\nexport B = 'x y'\nC=\"a=b\"\nD=").unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(pairs, [("A", "1"), ("B", "x y"), ("C", "a=b"), ("D", "")]);
        assert_eq!(lines("A=1\nB"), Err("line 2 has no `=`".to_owned()));
    }
}
