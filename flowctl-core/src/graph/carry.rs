//! What carries an edge: whatever is cheapest for its two ends.

use super::wiring::Wiring;
use crate::spec::{ComponentSpec, Final, Input, OnFull, PipelineSpec, Via};

/// What carries an edge and why, or why it cannot be carried as its spec says.
pub(super) type Carried = Result<(Via, &'static str), &'static str>;

/// What carries each arc of the wiring, by the number of the arc.
///
/// A served component is either fed by flowctl or pulls by itself: where one of its inputs is carried,
/// all of them are, and so is what it gives, because nobody can pull what flowctl asks of it.
pub(super) fn carried(spec: &PipelineSpec, wiring: &Wiring<'_>) -> Vec<Carried> {
    let ends = |arc: &super::wiring::Arc| {
        let (from, to) = (spec.components.get(arc.from)?, spec.components.get(arc.to)?);
        Some((from, to, to.inputs.get(arc.input)?))
    };
    let alone = |arc| {
        ends(arc).map_or(Err("it has no end"), |(from, to, input)| {
            carry(from, to, input)
        })
    };
    let mut carried: Vec<Carried> = wiring.arcs.iter().map(alone).collect();
    let is_fed = |n: &usize, carried: &[Carried]| {
        let arcs = wiring.inputs.get(*n).into_iter().flatten();
        spec.components
            .get(*n)
            .is_some_and(ComponentSpec::is_served)
            && arcs
                .into_iter()
                .any(|arc| matches!(carried.get(*arc), Some(Ok((Via::Proxied, _)))))
    };
    let mut fed: Vec<usize> = (0..spec.components.len())
        .filter(|n| is_fed(n, &carried))
        .collect();
    let mut seen = vec![false; spec.components.len()];
    while let Some(n) = fed.pop() {
        if std::mem::replace(&mut seen[n], true) {
            continue;
        }
        let into = wiring.inputs.get(n).into_iter().flatten();
        let out = wiring.outputs.get(n).into_iter().flatten();
        let into = into.map(|arc| (*arc, "flowctl carries another input of its reader"));
        let out = out.map(|arc| (*arc, "flowctl carries what feeds its emitter"));
        for (index, why) in into.chain(out) {
            let (Some(arc), Some(Ok((Via::Direct, _)))) =
                (wiring.arcs.get(index), carried.get(index))
            else {
                continue;
            };
            let asked = ends(arc).is_some_and(|(_, _, input)| input.via == Via::Direct);
            carried[index] = if asked {
                Err(why)
            } else {
                Ok((Via::Proxied, why))
            };
            fed.push(arc.to);
        }
    }
    carried
}

/// What carries the edge when one looks at its two ends alone.
fn carry(from: &ComponentSpec, to: &ComponentSpec, input: &Input) -> Carried {
    let carried = needs_carrying(from, to, input);
    match (from.is_served(), to.is_served(), input.via) {
        (false, false, Via::Auto | Via::Linked) => {
            Ok((Via::Linked, "both ends are in this process"))
        }
        (false, false, Via::Direct | Via::Proxied) => Err("both ends are in this process"),
        (true, true, Via::Auto) => Ok(match carried {
            Some(why) => (Via::Proxied, why),
            None => (Via::Direct, "both ends are served"),
        }),
        (true, true, Via::Direct) => match carried {
            Some(why) => Err(why),
            None => Ok((Via::Direct, "the spec says so")),
        },
        (true, true, Via::Linked) => Err("neither end is in this process"),
        (true, true, Via::Proxied) => Ok((Via::Proxied, "the spec says so")),
        (_, _, Via::Auto | Via::Proxied) => {
            Ok((Via::Proxied, "one end is served, one is in this process"))
        }
        (_, _, Via::Linked | Via::Direct) => Err("one end is served, one is in this process"),
    }
}

/// Which feature of the two ends needs flowctl to see the records, if any does.
fn needs_carrying(from: &ComponentSpec, to: &ComponentSpec, input: &Input) -> Option<&'static str> {
    if from.replicas > 1 || to.replicas > 1 {
        Some("replicas share records out")
    } else if from.on_error.then != Final::Stop || to.on_error.then != Final::Stop {
        Some("a failure policy needs the records")
    } else if input.on_full != OnFull::Block {
        Some("a lag bound needs the records")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Component;

    fn program() -> Component {
        Component::process(["program"])
    }

    fn vias(spec: &PipelineSpec) -> Vec<Option<Via>> {
        let carried = carried(spec, &Wiring::new(spec));
        carried
            .into_iter()
            .map(|edge| edge.ok().map(|(via, _)| via))
            .collect()
    }

    #[test]
    fn programs_pull_from_each_other_and_flowctl_carries_the_edge_to_a_component_of_its_own() {
        let spec = PipelineSpec::builder("p")
            .source("a", program())
            .processor("b", program().input("a"))
            .sink("c", program().input("b"))
            .sink("d", Component::native("ignore").input("b"))
            .build()
            .unwrap();
        assert_eq!(
            vias(&spec),
            [Some(Via::Direct), Some(Via::Direct), Some(Via::Proxied)]
        );
    }

    #[test]
    fn whoever_is_fed_through_flowctl_is_read_through_flowctl() {
        let spec = PipelineSpec::builder("p")
            .source("a", Component::native("numbers"))
            .source("b", program())
            .processor("c", program().input("a").input("b"))
            .processor("d", program().input("c"))
            .sink("e", program().input("d"))
            .build()
            .unwrap();
        assert_eq!(vias(&spec), [Some(Via::Proxied); 4]);
    }
}
