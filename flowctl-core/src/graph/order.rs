//! Orders as stages: what is in one stage can happen at once.

/// Puts `nodes` in stages so that for each `(a, b)` of `arcs` a comes in an earlier stage than b.
///
/// Nodes on or behind a cycle are in no stage.
pub(super) fn stages(nodes: usize, arcs: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut waits = vec![0_usize; nodes];
    let mut after = vec![Vec::new(); nodes];
    for &(a, b) in arcs {
        if let (Some(after), Some(waits)) = (after.get_mut(a), waits.get_mut(b)) {
            after.push(b);
            *waits += 1;
        }
    }
    let mut stage: Vec<usize> = waits
        .iter()
        .enumerate()
        .filter(|(_, waits)| **waits == 0)
        .map(|(node, _)| node)
        .collect();
    let mut stages = Vec::new();
    while !stage.is_empty() {
        let mut next = Vec::new();
        for &node in stage.iter().filter_map(|node| after.get(*node)).flatten() {
            if let Some(waits) = waits.get_mut(node) {
                *waits -= 1;
                if *waits == 0 {
                    next.push(node);
                }
            }
        }
        next.sort_unstable();
        stages.push(std::mem::replace(&mut stage, next));
    }
    stages
}
