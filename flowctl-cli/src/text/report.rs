//! A run that is over: what each component did, and what can be done next. Pure.

use std::collections::BTreeMap;

use super::{Table, number, progress};
use crate::{
    facts::{ComponentFacts, RunFacts},
    terminal::Tone,
};

/// What each component did, then what is worth knowing of it.
pub(crate) fn components(facts: &RunFacts) -> Vec<(Tone, String)> {
    let mut table =
        Table::new(["component", "state", ">in", ">out", ">rate", ">position", ">retries", ">dropped"]);
    for component in &facts.components {
        table.row([
            component.component.clone(),
            component.state.to_owned(),
            progress::events_in(component),
            progress::events_out(component),
            number::rate(component.rate),
            progress::position(component),
            number::count(component.retries),
            number::count(component.dropped_in_all()),
        ]);
    }
    let rows = std::iter::repeat(Tone::Plain);
    let mut lines: Vec<_> = [Tone::Faint].into_iter().chain(rows).zip(table.lines(2)).collect();
    for component in &facts.components {
        let mut tell = |tone, word: &str, counts: &BTreeMap<String, u64>| {
            for (reason, count) in counts {
                let count = number::count(*count);
                lines.push((tone, format!("  {} {word} {count}: {reason}", component.component)));
            }
        };
        tell(Tone::Warning, "dropped", &component.dropped);
        tell(Tone::Warning, "warns of", &component.warnings);
        if component.dead_letters > 0 {
            let letters = number::count(component.dead_letters);
            lines.push((Tone::Warning, format!("  {} gave {letters} dead letters", component.component)));
        }
    }
    lines
}

/// What was done in how long, and up to where everything is durable.
pub(crate) fn summary(word: &str, facts: &RunFacts) -> String {
    let given = list(facts.sources(), |source| source.events_out);
    let taken = list(facts.sinks(), |sink| sink.events_in);
    let elapsed = number::duration(facts.elapsed);
    format!("{word}: {given} → {taken} in {elapsed}; {}", durable(facts))
}

fn list<'f>(
    components: impl Iterator<Item = &'f ComponentFacts>,
    events: impl Fn(&ComponentFacts) -> u64,
) -> String {
    let part = |component: &ComponentFacts| format!("{} {}", component.component, number::count(events(component)));
    components.map(part).collect::<Vec<_>>().join(", ")
}

fn durable(facts: &RunFacts) -> String {
    let reached: Vec<String> = facts
        .sources()
        .filter_map(|source| Some(format!("{} of {}", source.durable?, source.component)))
        .collect();
    if reached.is_empty() {
        "nothing new is durable".to_owned()
    } else {
        format!("everything up to {} is durable", reached.join(" and "))
    }
}

/// What can be done next: commands that can be pasted, and what the same command would do.
pub(crate) fn next(commands: &[String], facts: &RunFacts, complete: bool) -> Option<String> {
    let mut parts = commands.to_vec();
    let resumes: Vec<String> = facts
        .sources()
        .filter_map(|source| Some(format!("{} after {}", source.component, source.durable?)))
        .collect();
    if complete {
        parts.push("the same command with a later end goes on from there".to_owned());
    } else if !resumes.is_empty() {
        parts.push(format!("the same command again resumes {}", resumes.join(", ")));
    }
    (!parts.is_empty()).then(|| format!("next: {}", parts.join("   ·   ")))
}
