//! A run that goes on: as a block for a terminal, as one line for everything else. Pure.

use flowctl_core::spec::Role;

use super::{Table, number};
use crate::{
    facts::{ComponentFacts, RunFacts},
    terminal::Tone,
};

/// The table that is painted again and again.
pub(crate) fn block(facts: &RunFacts) -> Vec<(Tone, String)> {
    let mut table = Table::new([
        "component",
        "state",
        ">in",
        ">out",
        ">rate",
        ">position",
        ">lag",
        ">retries",
        ">dropped",
    ]);
    for component in &facts.components {
        table.row([
            component.component.clone(),
            component.state.clone(),
            events_in(component),
            events_out(component),
            number::rate(component.rate),
            position(component),
            component.lag.map_or_else(none, number::count),
            number::count(component.retries),
            number::count(component.dropped_in_all()),
        ]);
    }
    let tones = facts
        .components
        .iter()
        .map(|component| match component.state.as_str() {
            "failed" => Tone::Error,
            "retrying" | "backing off" => Tone::Warning,
            _ => Tone::Plain,
        });
    let mut block: Vec<_> = [Tone::Faint]
        .into_iter()
        .chain(tones)
        .zip(table.lines(2))
        .collect();
    if let Some(rest) = remaining(facts) {
        block.push((Tone::Faint, format!("  {rest}")));
    }
    block
}

/// How it goes, in one line.
pub(crate) fn line(facts: &RunFacts) -> String {
    let of = |role| {
        let parts = facts
            .components
            .iter()
            .filter(move |c| c.is(role))
            .map(part);
        parts.collect::<Vec<_>>().join(", ")
    };
    let stages = [of(Role::Source), of(Role::Processor), of(Role::Sink)];
    let flow = stages
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" → ");
    let rest = remaining(facts)
        .map(|rest| format!("; {rest}"))
        .unwrap_or_default();
    format!("{} in: {flow}{rest}", number::duration(facts.elapsed))
}

/// One component in a few words: its count, its rate, where it is, and what is not as it should be.
fn part(component: &ComponentFacts) -> String {
    let events = if component.is(Role::Sink) {
        component.events_in
    } else {
        component.events_out
    };
    let mut text = format!(
        "{} {} ({}",
        component.component,
        events.map_or_else(none, number::count),
        number::rate(component.rate)
    );
    if let [at] = component.positions.values().collect::<Vec<_>>()[..] {
        text.push_str(&format!(", at {at}"));
    }
    if !matches!(component.state.as_str(), "ready" | "finished") {
        text.push_str(&format!(", {}", component.state));
    }
    for (count, word) in [
        (component.retries, "retries"),
        (component.dropped_in_all(), "dropped"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} {word}", number::count(count)));
        }
    }
    text.push(')');
    text
}

/// How long it may take until the sources are at their ends, if that can be told.
fn remaining(facts: &RunFacts) -> Option<String> {
    let longest = facts
        .sources()
        .filter_map(|source| source.remaining)
        .max()?;
    (longest.as_millis() >= 1_000).then(|| format!("about {} to go", number::duration(longest)))
}

pub(super) fn events_in(component: &ComponentFacts) -> String {
    if component.is(Role::Source) {
        none()
    } else {
        component.events_in.map_or_else(none, number::count)
    }
}

pub(super) fn events_out(component: &ComponentFacts) -> String {
    if component.is(Role::Sink) {
        none()
    } else {
        component.events_out.map_or_else(none, number::count)
    }
}

/// Where it is; of several sources, each by its name.
pub(super) fn position(component: &ComponentFacts) -> String {
    match component.positions.iter().collect::<Vec<_>>()[..] {
        [] => none(),
        [(_, at)] => at.to_string(),
        ref several => several
            .iter()
            .map(|(source, at)| format!("{source}:{at}"))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

fn none() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::samples;

    #[test]
    fn a_terminal_sees_a_row_for_each_component() {
        let mut facts = samples::running();
        facts.components[0].remaining = Some(Duration::from_secs(90));
        let block = block(&facts);
        let lines: Vec<&str> = block.iter().map(|(_, line)| line.as_str()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        component  state      in     out     rate  position  lag  retries  dropped
        network    ready       -   1,204    402/s      1204    -        0        0
        ttp        ready   1,204  31,877  10.6k/s      1204    0        0        0
        store      ready  31,877       -  10.6k/s      1203    1        0        0
        console    ready  31,800       -  10.6k/s      1202    2        0        0
        about 1m30s to go
        ");
    }

    #[test]
    fn a_component_in_trouble_stands_out() {
        let mut facts = samples::running();
        facts.components[2].state = "retrying".to_owned();
        facts.components[3].state = "failed".to_owned();
        let tones: Vec<Tone> = block(&facts).into_iter().map(|(tone, _)| tone).collect();
        assert_eq!(
            tones,
            [
                Tone::Faint,
                Tone::Plain,
                Tone::Plain,
                Tone::Warning,
                Tone::Error
            ]
        );
    }

    #[test]
    fn a_pipe_gets_the_same_facts_on_one_line() {
        let mut facts = samples::running();
        facts.components[2].retries = 2;
        facts.components[0].remaining = Some(Duration::from_millis(90_400));
        assert_eq!(
            line(&facts),
            "3.0 s in: network 1,204 (402/s, at 1204) → ttp 31,877 (10.6k/s, at 1204) → store 31,877 (10.6k/s, at 1203, 2 retries), console 31,800 (10.6k/s, at 1202); about 1m30s to go"
        );
    }
}
