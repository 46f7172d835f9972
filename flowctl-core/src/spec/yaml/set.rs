//! `--set path=value`: one value of the tree replaced.

use super::{
    node::{Entry, Kind, Map, Node, Span},
    parser,
};

/// Applies `path=value` to the tree, or says why it cannot.
///
/// The path goes through maps by `.key` and through lists by `[index]` or `[id]`; maps on the way that
/// do not exist are made. The value is YAML.
pub(super) fn set(root: &mut Node, assignment: &str, number: usize) -> Result<(), String> {
    let (path, value) = assignment.split_once('=').ok_or("there is no `=` in it")?;
    let parsed = parser::parse(value, number).map_err(|stop| match stop.label {
        Some(label) => format!("the value is not YAML: {label}"),
        None => stop.message,
    })?;
    let span = Span {
        text: number,
        line: 1,
        column: 1,
        length: assignment.chars().count(),
    };
    let mut value = parsed.root.unwrap_or(Node {
        kind: Kind::Scalar(super::node::Scalar {
            text: String::new(),
            plain: true,
        }),
        span,
    });
    relocate(&mut value, span);
    let mut node = root;
    for step in steps(path)? {
        node = match step {
            Step::Key(key) => enter(node, key, span)?,
            Step::Item(item) => find(node, item)?,
        };
    }
    *node = value;
    Ok(())
}

/// The whole assignment is the place of what it sets.
fn relocate(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.kind {
        Kind::Scalar(_) => {}
        Kind::List(list) => list.iter_mut().for_each(|node| relocate(node, span)),
        Kind::Map(map) => map.0.iter_mut().for_each(|entry| {
            entry.key_span = span;
            relocate(&mut entry.value, span);
        }),
    }
}

enum Step<'a> {
    Key(&'a str),
    Item(&'a str),
}

/// `spec.sinks[0].env.A` → `spec`, `sinks`, `[0]`, `env`, `A`.
fn steps(path: &str) -> Result<Vec<Step<'_>>, String> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (key, mut items) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        if key.is_empty() {
            return Err(format!("`{path}` has an empty key"));
        }
        steps.push(Step::Key(key));
        while let Some(rest) = items.strip_prefix('[') {
            let (item, rest) = rest
                .split_once(']')
                .ok_or_else(|| format!("`{part}` has no `]`"))?;
            steps.push(Step::Item(item));
            items = rest;
        }
        if !items.is_empty() {
            return Err(format!("`{items}` follows a `]`"));
        }
    }
    if steps.len() > 32 {
        return Err("the path has more than 32 steps".to_owned());
    }
    Ok(steps)
}

fn enter<'a>(node: &'a mut Node, key: &str, span: Span) -> Result<&'a mut Node, String> {
    if node.is_null() {
        node.kind = Kind::Map(Map::default());
    }
    let map = node
        .map_mut()
        .ok_or_else(|| format!("`{key}` is looked for in what is no map"))?;
    let at = match map.0.iter().position(|entry| entry.key == key) {
        Some(at) => at,
        None => {
            let value = Node {
                kind: Kind::Map(Map::default()),
                span,
            };
            map.0.push(Entry {
                key: key.to_owned(),
                key_span: span,
                value,
            });
            map.0.len() - 1
        }
    };
    map.0
        .get_mut(at)
        .map(|entry| &mut entry.value)
        .ok_or_else(|| format!("`{key}` is not there"))
}

fn find<'a>(node: &'a mut Node, item: &str) -> Result<&'a mut Node, String> {
    let list = node
        .list_mut()
        .ok_or_else(|| format!("`[{item}]` is looked for in what is no list"))?;
    let has_id = |node: &Node| {
        node.map()
            .and_then(|map| map.get("id"))
            .and_then(Node::text)
            == Some(item)
    };
    let at = item.parse().ok().or_else(|| list.iter().position(has_id));
    at.and_then(|at: usize| list.get_mut(at))
        .ok_or_else(|| format!("there is no `[{item}]`"))
}
