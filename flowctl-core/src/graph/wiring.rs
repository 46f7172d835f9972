//! The edges of a spec as numbers, before anything is judged.

use std::collections::HashMap;

use crate::spec::PipelineSpec;

/// Which component reads from which; components by their place in the spec.
#[derive(Debug)]
pub(super) struct Wiring<'a> {
    pub(super) by_id: HashMap<&'a str, usize>,
    pub(super) arcs: Vec<Arc>,
    pub(super) outputs: Vec<Vec<usize>>,
    pub(super) inputs: Vec<Vec<usize>>,
}

/// An input that names a component that exists and emits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Which of the reader's inputs it is.
    pub(super) input: usize,
}

impl<'a> Wiring<'a> {
    pub(super) fn new(spec: &'a PipelineSpec) -> Self {
        let count = spec.components.len();
        let mut by_id = HashMap::with_capacity(count);
        for (n, component) in spec.components.iter().enumerate() {
            by_id.entry(component.id.as_str()).or_insert(n);
        }
        let mut wiring = Self {
            by_id,
            arcs: Vec::new(),
            outputs: vec![Vec::new(); count],
            inputs: vec![Vec::new(); count],
        };
        for (to, component) in spec.components.iter().enumerate() {
            if !component.role.accepts() {
                continue;
            }
            for (n, input) in component.inputs.iter().enumerate() {
                let from = wiring.by_id.get(input.from.as_str()).copied();
                let from = from.filter(|&from| {
                    spec.components
                        .get(from)
                        .is_some_and(|component| component.role.emits())
                });
                if let Some(from) = from {
                    wiring.add(Arc { from, to, input: n });
                }
            }
        }
        wiring
    }

    fn add(&mut self, arc: Arc) {
        let index = self.arcs.len();
        self.arcs.push(arc);
        if let Some(outputs) = self.outputs.get_mut(arc.from) {
            outputs.push(index);
        }
        if let Some(inputs) = self.inputs.get_mut(arc.to) {
            inputs.push(index);
        }
    }

    /// The arcs as pairs.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.arcs.iter().map(|arc| (arc.from, arc.to))
    }
}
