//! Cycles, each as the path that closes it.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::{algo::tarjan_scc, graph::DiGraph};

/// One shortest cycle out of every strongly connected part, each beginning at its lowest number;
/// in the order of these. Empty exactly when the arcs have no cycle.
pub(super) fn cycles(
    nodes: usize,
    arcs: impl IntoIterator<Item = (usize, usize)>,
) -> Vec<Vec<usize>> {
    let mut graph = DiGraph::<(), ()>::with_capacity(nodes, nodes);
    let indices: Vec<_> = (0..nodes).map(|_| graph.add_node(())).collect();
    for (from, to) in arcs {
        if let (Some(from), Some(to)) = (indices.get(from), indices.get(to)) {
            graph.update_edge(*from, *to, ());
        }
    }
    let mut found = Vec::new();
    for part in tarjan_scc(&graph) {
        let inside: HashSet<_> = part.iter().copied().collect();
        let Some(start) = part.iter().copied().min() else {
            continue;
        };
        // Breadth first from the lowest node back to itself, inside the part.
        let mut before = HashMap::new();
        let mut queue = VecDeque::from([start]);
        let mut last = None;
        'search: while let Some(node) = queue.pop_front() {
            for next in graph.neighbors(node).filter(|next| inside.contains(next)) {
                if next == start {
                    last = Some(node);
                    break 'search;
                }
                before.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    node
                });
            }
        }
        let Some(mut node) = last else { continue };
        let mut path = vec![node.index()];
        while node != start {
            let Some(&previous) = before.get(&node) else {
                break;
            };
            node = previous;
            path.push(node.index());
        }
        path.reverse();
        found.push(path);
    }
    found.sort();
    found
}
