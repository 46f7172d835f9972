//! What a component says about others: dependencies, dead letters; and how many instances it may have.

use super::{Place, pipeline_rules::ById};
use crate::spec::{
    Catalog, ComponentSpec, Diagnostic, Excess, Final, OnFull, Role, codes, path::FieldPath,
};

pub(super) fn check(
    component: &ComponentSpec,
    place: Place,
    by_id: &ById<'_>,
    catalog: &dyn Catalog,
    out: &mut Vec<Diagnostic>,
) {
    dependencies(component, place, by_id, out);
    dead_letters(component, place, by_id, out);
    parallel(component, place, catalog, out);
}

fn dependencies(
    component: &ComponentSpec,
    place: Place,
    by_id: &ById<'_>,
    out: &mut Vec<Diagnostic>,
) {
    for (n, dependency) in component.depends_on.iter().enumerate() {
        let path = || place.at("depends_on").index(n);
        let id = dependency.id.as_str();
        if id == component.id.as_str() {
            let message = format!("`{id}` waits for itself");
            out.push(Diagnostic::new(codes::START_ORDER, path(), message));
        } else if !by_id.contains_key(id) {
            let message = format!("unknown component `{id}` in `depends_on`");
            out.push(
                Diagnostic::new(codes::UNKNOWN_DEPENDENCY, path(), message)
                    .label("no component has this id")
                    .choice(id, sorted_ids(by_id), "components here"),
            );
        }
    }
}

fn sorted_ids<'a>(by_id: &ById<'a>) -> Vec<&'a str> {
    let mut ids: Vec<_> = by_id.keys().copied().collect();
    ids.sort_unstable();
    ids
}

fn dead_letters(
    component: &ComponentSpec,
    place: Place,
    by_id: &ById<'_>,
    out: &mut Vec<Diagnostic>,
) {
    let policy = &component.on_error;
    let lags = component.inputs.iter().position(|input| {
        matches!(
            input.on_full,
            OnFull::Lag {
                then: Excess::DeadLetter,
                ..
            }
        )
    });
    let wanted = match (policy.then, lags) {
        (Final::DeadLetter, _) => Some(place.at("on_error").key("then")),
        (_, Some(n)) => Some(place.at("inputs").index(n).keys("on_full.lag.then")),
        _ => None,
    };
    let target_path = || place.at("on_error").key("dead_letter");
    match (&policy.dead_letter, wanted) {
        (None, Some(path)) => {
            let message = format!("`{}` has no sink for its dead letters", component.id);
            out.push(
                Diagnostic::new(codes::DEAD_LETTER, path, message)
                    .help("add `on_error.dead_letter` with the id of a sink"),
            );
        }
        (Some(target), None) => {
            let message = format!(
                "nothing of `{}` goes to the dead letters in `{target}`",
                component.id
            );
            out.push(Diagnostic::new(
                codes::UNUSED_DEAD_LETTER,
                target_path(),
                message,
            ));
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
    if let Some(target) = &policy.dead_letter {
        dead_letter_target(component, target.as_str(), target_path(), by_id, out);
    }
}

fn dead_letter_target(
    component: &ComponentSpec,
    target: &str,
    path: FieldPath,
    by_id: &ById<'_>,
    out: &mut Vec<Diagnostic>,
) {
    let sinks = || {
        sorted_ids(by_id)
            .into_iter()
            .filter(|id| by_id.get(id).is_some_and(|c| c.role == Role::Sink))
    };
    let (message, label) = match by_id.get(target) {
        None => (
            format!("unknown dead-letter sink `{target}`"),
            "no component has this id",
        ),
        Some(_) if target == component.id.as_str() => (
            format!("`{target}` is its own dead-letter sink"),
            "it cannot take what it failed on",
        ),
        Some(found) if found.role != Role::Sink => (
            format!("`{target}` is a {}, not a sink", found.role),
            "dead letters need a sink",
        ),
        Some(_) => return,
    };
    out.push(
        Diagnostic::new(codes::DEAD_LETTER, path, message)
            .label(label)
            .choice(target, sinks(), "sinks here"),
    );
}

fn parallel(
    component: &ComponentSpec,
    place: Place,
    catalog: &dyn Catalog,
    out: &mut Vec<Diagnostic>,
) {
    let entry = component
        .uses
        .as_deref()
        .and_then(|name| catalog.entry(name));
    let known = component.stateless.or(entry.map(|entry| entry.stateless));
    for (key, count) in [
        ("replicas", component.replicas),
        ("concurrency", component.concurrency),
    ] {
        if count == 0 {
            let message = format!("`{key}` of `{}` is 0", component.id);
            out.push(
                Diagnostic::new(codes::PARALLEL, place.at(key), message).help("write at least 1"),
            );
        } else if count > 1 && component.role != Role::Processor {
            let message = format!(
                "`{}` is a {} and cannot have {key}: {count}",
                component.id, component.role
            );
            out.push(
                Diagnostic::new(codes::PARALLEL, place.at(key), message)
                    .found(count.to_string())
                    .label("only stateless processors can"),
            );
        } else if count > 1 && known != Some(true) {
            let message = format!("`{}` is not declared stateless", component.id);
            out.push(
                Diagnostic::new(codes::PARALLEL, place.at(key), message)
                    .found(count.to_string())
                    .help("declare it `stateless: true` if it keeps nothing from batch to batch"),
            );
        }
    }
}
