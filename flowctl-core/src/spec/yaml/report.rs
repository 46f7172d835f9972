//! The problems that reading finds, with their places in the texts.

use std::collections::HashSet;

use super::{
    node::{Kind, Node, Span},
    texts::Texts,
};
use crate::spec::{
    Code, Diagnostic, SpecErrors, codes,
    path::{FieldPath, Step},
};

/// The problems so far, with their places.
#[derive(Default)]
pub(super) struct Report {
    pub(super) texts: Texts,
    problems: Vec<(Span, Diagnostic)>,
    /// Paths of which something has been said; more would be noise.
    blamed: HashSet<FieldPath>,
    pub(super) undecodable: bool,
}

/// What is often only the consequence of something misspelt elsewhere.
const CONSEQUENCES: [Code; 7] = [
    codes::WORKLOAD,
    codes::EVENT_TYPES,
    codes::UNREAD_SOURCE,
    codes::NO_SINK_FOLLOWS,
    codes::NO_INPUTS,
    codes::NO_SOURCE,
    codes::NO_SINK,
];

/// What is said of ids that are not there.
const IDS: [Code; 3] = [
    codes::UNKNOWN_INPUT,
    codes::UNKNOWN_DEPENDENCY,
    codes::DEAD_LETTER,
];

impl Report {
    pub(super) fn push(&mut self, mut problem: Diagnostic, span: Span) {
        let first = self.blamed.insert(problem.path.clone());
        if first || problem.path == FieldPath::root() {
            problem.location = self.texts.location(span);
            self.problems.push((span, problem));
        }
    }

    pub(super) fn unplaced(&mut self, problem: Diagnostic) {
        self.problems.push((Span::default(), problem));
    }

    /// Something that every spec needs is missing: no spec can be made.
    pub(super) const fn undecodable(&mut self) {
        self.undecodable = true;
    }

    pub(super) const fn count(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn has_errors(&self) -> bool {
        self.problems.iter().any(|(_, problem)| problem.is_error())
    }

    /// Adds what validation found, with places in the tree.
    pub(super) fn add_meaning(&mut self, problems: Vec<Diagnostic>, root: &Node) {
        let misspelt = self.has_errors();
        // A list of components that is not read takes the ids in it away.
        let lost = self.problems.iter().any(|(_, problem)| {
            problem.code == codes::UNKNOWN_KEY && problem.path.steps().len() == 2
        });
        for mut problem in problems {
            let follows = misspelt && CONSEQUENCES.contains(&problem.code)
                || lost && IDS.contains(&problem.code);
            if follows || self.blamed.contains(&problem.path) {
                continue;
            }
            let span = span_of(root, &problem.path, problem.at_key);
            problem.location = self.texts.location(span);
            for related in &mut problem.related {
                related.location = self.texts.location(span_of(root, &related.path, false));
            }
            self.problems.push((span, problem));
        }
    }

    pub(super) fn finish(mut self) -> Result<Vec<Diagnostic>, SpecErrors> {
        self.problems
            .sort_by_key(|(span, _)| (span.text, span.line, span.column));
        SpecErrors::unless_harmless(
            self.problems
                .into_iter()
                .map(|(_, problem)| problem)
                .collect(),
        )
    }

    pub(super) fn fail(self) -> SpecErrors {
        match self.finish() {
            Err(errors) => errors,
            Ok(warnings) => SpecErrors::of(warnings),
        }
    }
}

/// The place of the value at `path`, or of the nearest thing around it.
fn span_of(root: &Node, path: &FieldPath, at_key: bool) -> Span {
    let mut node = root;
    let mut key = root.span;
    for (n, step) in path.steps().iter().enumerate() {
        let last = n + 1 == path.steps().len();
        match (step, &node.kind) {
            (Step::Key(name), Kind::Map(map)) => {
                let Some(entry) = map.entry(name) else {
                    return begin(node, key);
                };
                if at_key && last {
                    return entry.key_span;
                }
                (node, key) = (&entry.value, entry.key_span);
            }
            (Step::Index(index), Kind::List(list)) => {
                let Some(item) = list.get(*index) else {
                    return key;
                };
                (node, key) = (item, item.span);
            }
            _ => return begin(node, key),
        }
    }
    begin(node, key)
}

/// What to mark of a value: a scalar itself; of a component its id; of a list or map its key.
fn begin(node: &Node, key: Span) -> Span {
    match &node.kind {
        Kind::Scalar(_) => node.span,
        Kind::List(_) => key,
        Kind::Map(map) if key == node.span => {
            let id = map
                .get("id")
                .filter(|id| id.text().is_some())
                .map(|id| id.span);
            id.or_else(|| map.0.first().map(|entry| entry.key_span))
                .unwrap_or(key)
        }
        Kind::Map(_) => key,
    }
}

/// The path of the value at this place.
pub(super) fn path_of(root: &Node, span: Span) -> Option<FieldPath> {
    let mut stack = vec![(root, FieldPath::root())];
    while let Some((node, path)) = stack.pop() {
        if node.span == span && node.text().is_some() {
            return Some(path);
        }
        match &node.kind {
            Kind::Scalar(_) => {}
            Kind::List(list) => {
                stack.extend(
                    list.iter()
                        .enumerate()
                        .map(|(n, node)| (node, path.index(n))),
                );
            }
            Kind::Map(map) => {
                stack.extend(
                    map.0
                        .iter()
                        .map(|entry| (&entry.value, path.key(&entry.key))),
                );
            }
        }
    }
    None
}
