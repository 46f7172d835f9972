//! Everything that edges can be wrong about.

use super::{
    Edge, EventTypes,
    carry::{Carried, carried},
    cycles::cycles,
    wiring::Wiring,
};
use crate::spec::{
    Catalog, ComponentSpec, Diagnostic, PipelineSpec, Role, Via, codes,
    validate::{Place, places},
};

/// All that is wrong with the edges of a spec, duplicate ids included.
pub(crate) fn problems(spec: &PipelineSpec, catalog: &dyn Catalog) -> Vec<Diagnostic> {
    let wiring = Wiring::new(spec);
    let places = places(spec);
    let mut out = Vec::new();
    for (component, &place) in spec.components.iter().zip(&places) {
        inputs(spec, &wiring, component, place, &mut out);
    }
    // What an unknown input was meant to reach would look unreachable too.
    let known = out.is_empty();
    data_cycles(spec, &wiring, &places, &mut out);
    start_cycles(spec, &wiring, &places, &mut out);
    if known {
        reach(spec, &wiring, &places, &mut out);
    }
    for (arc, carried) in wiring.arcs.iter().zip(carried(spec, &wiring)) {
        if let (Some(from), Some(to), Some(&place)) = (
            spec.components.get(arc.from),
            spec.components.get(arc.to),
            places.get(arc.to),
        ) {
            passing(from, to, arc.input, carried, place, catalog, &mut out);
        }
    }
    out
}

/// The edges of a spec in which nothing is wrong.
pub(super) fn edges(spec: &PipelineSpec, wiring: &Wiring<'_>, catalog: &dyn Catalog) -> Vec<Edge> {
    let carried = carried(spec, wiring);
    let edge = |(index, arc): (usize, &super::wiring::Arc)| {
        let from = spec.components.get(arc.from)?;
        let to = spec.components.get(arc.to)?;
        let input = to.inputs.get(arc.input)?;
        let (via, because) = (*carried.get(index)?).ok()?;
        let asked = EventTypes::listed(input.types.iter().map(|t| catalog.canonical(t)));
        let types = emits(from, catalog)
            .intersection(&accepts(to, catalog))
            .intersection(&asked);
        let (from, to) = (from.id.clone(), to.id.clone());
        Some(Edge {
            index,
            from,
            to,
            input: arc.input,
            types,
            via,
            because,
        })
    };
    wiring.arcs.iter().enumerate().filter_map(edge).collect()
}

/// Who must start before whom, with the reason as a clause about the later one.
pub(super) fn start_arcs(
    spec: &PipelineSpec,
    wiring: &Wiring<'_>,
) -> Vec<((usize, usize), &'static str)> {
    let mut arcs = Vec::new();
    for (arc, carried) in wiring.arcs.iter().zip(carried(spec, wiring)) {
        match carried {
            Ok((Via::Direct, _)) => arcs.push(((arc.from, arc.to), "dials it")),
            _ => arcs.push(((arc.to, arc.from), "feeds it")),
        }
    }
    for (n, component) in spec.components.iter().enumerate() {
        let needed = component
            .depends_on
            .iter()
            .filter_map(|d| wiring.by_id.get(d.id.as_str()));
        arcs.extend(
            needed
                .filter(|needed| **needed != n)
                .map(|&needed| ((needed, n), "depends on it")),
        );
    }
    arcs
}

fn inputs(
    spec: &PipelineSpec,
    wiring: &Wiring<'_>,
    component: &ComponentSpec,
    place: Place,
    out: &mut Vec<Diagnostic>,
) {
    if !component.role.accepts() {
        if !component.inputs.is_empty() {
            let message = format!(
                "`{}` is a {} and takes no inputs",
                component.id, component.role
            );
            out.push(
                Diagnostic::new(codes::TAKES_NO_INPUTS, place.at("inputs"), message)
                    .at_key()
                    .help("remove `inputs`, or move the component to `processors` or `sinks`"),
            );
        }
        return;
    }
    for (n, input) in component.inputs.iter().enumerate() {
        let path = || place.at("inputs").index(n);
        let from = input.from.as_str();
        let found = wiring.by_id.get(from).and_then(|&n| spec.components.get(n));
        match found {
            None => {
                let emitting = spec
                    .components
                    .iter()
                    .filter(|other| other.role.emits() && other.id != component.id);
                let ids = emitting.map(|other| other.id.as_str());
                out.push(
                    Diagnostic::new(
                        codes::UNKNOWN_INPUT,
                        path(),
                        format!("unknown input `{from}`"),
                    )
                    .label("no component has this id")
                    .choice(from, ids, "components that emit"),
                );
            }
            Some(other) if !other.role.emits() => {
                let message = format!("`{from}` is a {} and emits nothing", other.role);
                out.push(
                    Diagnostic::new(codes::EMITS_NOTHING, path(), message)
                        .found(from)
                        .help("name a source or a processor"),
                );
            }
            Some(_) => {}
        }
        let first = component
            .inputs
            .iter()
            .position(|other| other.from == input.from);
        if let Some(first) = first.filter(|first| *first < n) {
            let message = format!("`{}` reads from `{from}` twice", component.id);
            out.push(
                Diagnostic::new(codes::DUPLICATE_INPUT, path(), message)
                    .related([place.at("inputs").index(first)])
                    .help("keep one; for several event types use `types`"),
            );
        }
    }
}

fn data_cycles(
    spec: &PipelineSpec,
    wiring: &Wiring<'_>,
    places: &[Place],
    out: &mut Vec<Diagnostic>,
) {
    for cycle in cycles(spec.components.len(), wiring.pairs()) {
        let mut paths = cycle
            .iter()
            .filter_map(|n| places.get(*n))
            .map(|place| place.at("inputs"));
        let Some(first) = paths.next() else { continue };
        let message = match cycle.len() {
            1 => format!(
                "this component reads from itself: {}",
                path_text(spec, &cycle)
            ),
            _ => format!(
                "these components wait for each other: {}",
                path_text(spec, &cycle)
            ),
        };
        out.push(
            Diagnostic::new(codes::CYCLE, first, message)
                .related(paths)
                .help("break the cycle at one of these inputs"),
        );
    }
}

/// `a → b → a`.
fn path_text(spec: &PipelineSpec, cycle: &[usize]) -> String {
    let ids = cycle
        .iter()
        .chain(cycle.first())
        .filter_map(|&n| spec.components.get(n));
    ids.map(|component| component.id.as_str())
        .collect::<Vec<_>>()
        .join(" → ")
}

fn start_cycles(
    spec: &PipelineSpec,
    wiring: &Wiring<'_>,
    places: &[Place],
    out: &mut Vec<Diagnostic>,
) {
    let arcs = start_arcs(spec, wiring);
    for cycle in cycles(spec.components.len(), arcs.iter().map(|(arc, _)| *arc)) {
        let steps: Vec<_> = cycle
            .iter()
            .copied()
            .zip(cycle.iter().copied().cycle().skip(1))
            .collect();
        let reason = |step: (usize, usize)| {
            let depends = "depends on it";
            let reasons = || {
                arcs.iter()
                    .filter(move |(arc, _)| *arc == step)
                    .map(|(_, why)| *why)
            };
            reasons()
                .find(|why| *why != depends)
                .or_else(|| reasons().next())
                .unwrap_or(depends)
        };
        // A cycle of edges alone is a cycle of the data, which has been said.
        if steps.iter().all(|step| reason(*step) != "depends on it") {
            continue;
        }
        let id = |n: usize| {
            spec.components
                .get(n)
                .map_or("", |component| component.id.as_str())
        };
        let chain: Vec<_> = steps
            .iter()
            .map(|&(before, after)| {
                format!(
                    "`{}` starts after `{}` because it {}",
                    id(after),
                    id(before),
                    reason((before, after))
                )
            })
            .collect();
        let mut paths = steps
            .iter()
            .filter(|step| reason(**step) == "depends on it")
            .filter_map(|(_, after)| places.get(*after))
            .map(|place| place.at("depends_on"));
        let Some(first) = paths.next() else { continue };
        let message = format!(
            "these components cannot start in any order: {}",
            chain.join(", ")
        );
        out.push(
            Diagnostic::new(codes::START_ORDER, first, message)
                .related(paths)
                .help("remove one of these dependencies"),
        );
    }
}

/// Components that nothing reaches or that reach nothing.
fn reach(spec: &PipelineSpec, wiring: &Wiring<'_>, places: &[Place], out: &mut Vec<Diagnostic>) {
    let letters: std::collections::HashSet<&str> = spec
        .components
        .iter()
        .filter_map(|component| component.on_error.dead_letter.as_ref())
        .map(crate::ComponentId::as_str)
        .collect();
    for (n, (component, place)) in spec.components.iter().zip(places).enumerate() {
        let id = &component.id;
        let unread = wiring.outputs.get(n).is_none_or(Vec::is_empty);
        let mut say = |code, message: String, help: &str| {
            out.push(Diagnostic::new(code, place.at("id"), message).help(help));
        };
        match component.role {
            Role::Source if unread => say(
                codes::UNREAD_SOURCE,
                format!("nobody reads from the source `{id}`"),
                "name it in the `inputs` of a processor or a sink, or remove it",
            ),
            Role::Processor if unread => say(
                codes::NO_SINK_FOLLOWS,
                format!("no sink follows the processor `{id}`"),
                "name it in the `inputs` of a sink, or remove it",
            ),
            Role::Source | Role::Processor | Role::Sink | Role::Service => {}
        }
        let is_letter_box = component.role == Role::Sink && letters.contains(id.as_str());
        if component.role.accepts() && component.inputs.is_empty() && !is_letter_box {
            say(
                codes::NO_INPUTS,
                format!("the {} `{id}` has no inputs", component.role),
                "add `inputs` with the id of a source or a processor",
            );
        }
    }
}

/// Whether an edge can be carried, and whether any event can pass.
fn passing(
    from: &ComponentSpec,
    to: &ComponentSpec,
    n: usize,
    carried: Carried,
    place: Place,
    catalog: &dyn Catalog,
    out: &mut Vec<Diagnostic>,
) {
    let Some(input) = to.inputs.get(n) else {
        return;
    };
    let path = || place.at("inputs").index(n);
    if let Err(why) = carried {
        let word = input.via.as_str();
        let message = format!("the edge {} → {} cannot be {word}: {why}", from.id, to.id);
        out.push(
            Diagnostic::new(codes::VIA, path().key("via"), message)
                .found(word)
                .help("leave `via` out: flowctl takes the cheapest that works"),
        );
    }
    let (emitted, accepted) = (emits(from, catalog), accepts(to, catalog));
    for (t, event_type) in input.types.iter().enumerate() {
        let canonical = catalog.canonical(event_type);
        let (who, types) = if !emitted.contains(&canonical) {
            (format!("`{}` never emits", from.id), &emitted)
        } else if !accepted.contains(&canonical) {
            (format!("`{}` does not take", to.id), &accepted)
        } else {
            continue;
        };
        let EventTypes::Only(types) = types else {
            continue;
        };
        let path = path().key("types").index(t);
        out.push(
            Diagnostic::new(codes::EVENT_TYPES, path, format!("{who} `{event_type}`")).choice(
                event_type.as_str(),
                types.iter().map(crate::EventType::as_str),
                "event types here",
            ),
        );
    }
    if emitted.intersection(&accepted).is_empty() {
        let message = format!("no event can pass from `{}` to `{}`", from.id, to.id);
        out.push(
            Diagnostic::new(codes::EVENT_TYPES, path(), message)
                .found(emitted.to_string())
                .label("no event type in common")
                .help(format!(
                    "`{}` emits {emitted}; `{}` takes {accepted}",
                    from.id, to.id
                )),
        );
    }
}

fn emits(component: &ComponentSpec, catalog: &dyn Catalog) -> EventTypes {
    let entry = component
        .uses
        .as_deref()
        .and_then(|name| catalog.entry(name));
    let known = entry.map_or(&[][..], |entry| entry.emits);
    listed(&component.output_event_types, known, catalog)
}

fn accepts(component: &ComponentSpec, catalog: &dyn Catalog) -> EventTypes {
    let entry = component
        .uses
        .as_deref()
        .and_then(|name| catalog.entry(name));
    let known = entry.map_or(&[][..], |entry| entry.accepts);
    listed(&component.input_event_types, known, catalog)
}

fn listed(
    own: &[crate::EventType],
    known: &[crate::EventType],
    catalog: &dyn Catalog,
) -> EventTypes {
    let types = if own.is_empty() { known } else { own };
    EventTypes::listed(types.iter().map(|event_type| catalog.canonical(event_type)))
}
