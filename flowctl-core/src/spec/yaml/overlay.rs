//! One tree laid over another: `-f` given again.

use super::node::{Kind, Map, Node};
use crate::spec::Role;

/// Lays `over` over `base`: maps merge key by key, components merge by id, everything else is
/// replaced. A key with nothing (`null`) in `over` is removed.
pub(super) fn lay(base: &mut Node, over: Node) {
    lay_at(base, over, Level::Root);
}

/// How far down the tree is, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Spec,
    Components,
    Component,
    Other,
}

fn below(level: Level, key: &str) -> Level {
    match level {
        Level::Root if key == "spec" => Level::Spec,
        Level::Spec if Role::ALL.iter().any(|role| role.list() == key) => Level::Components,
        _ => Level::Other,
    }
}

fn lay_at(base: &mut Node, over: Node, level: Level) {
    let Node { kind, span } = over;
    match (&mut base.kind, kind) {
        (Kind::Map(map), Kind::Map(over)) => {
            if level == Level::Component {
                replace_workload(map, &over);
            }
            for entry in over.0 {
                if entry.value.is_null() {
                    map.remove(&entry.key);
                } else if let Some(value) = map.get_mut(&entry.key) {
                    lay_at(value, entry.value, below(level, &entry.key));
                } else {
                    map.0.push(entry);
                }
            }
        }
        (Kind::List(list), Kind::List(over)) if level == Level::Components => {
            components(list, over)
        }
        (_, kind) => *base = Node { kind, span },
    }
}

fn components(list: &mut Vec<Node>, over: Vec<Node>) {
    for component in over {
        let same = id(&component)
            .and_then(|id_over| list.iter().position(|other| id(other) == Some(id_over)))
            .and_then(|at| list.get_mut(at));
        match same {
            Some(base) => lay_at(base, component, Level::Component),
            None => list.push(component),
        }
    }
}

fn id(component: &Node) -> Option<&str> {
    component.map()?.get("id")?.text()
}

/// A component is one thing: an overlay that says what replaces what the base said.
fn replace_workload(base: &mut Map, over: &Map) {
    let says = |key: &str| over.get(key).is_some_and(|value| !value.is_null());
    if says("use") {
        for key in ["image", "image_policy", "command", "args"] {
            base.remove(key);
        }
    } else if says("image") || says("command") {
        base.remove("use");
    }
}
