//! A run that is over: what each component did, and what can be done next. Pure.

use std::collections::BTreeMap;

use super::{Table, number, progress};
use crate::{
    facts::{ComponentFacts, RunFacts},
    terminal::Tone,
};

/// What each component did, then what is worth knowing of it.
pub(crate) fn components(facts: &RunFacts) -> Vec<(Tone, String)> {
    let mut table = Table::new([
        "component",
        "state",
        ">in",
        ">out",
        ">rate",
        ">position",
        ">retries",
        ">dropped",
    ]);
    for component in &facts.components {
        table.row([
            component.component.clone(),
            component.state.clone(),
            progress::events_in(component),
            progress::events_out(component),
            number::rate(component.rate),
            progress::position(component),
            number::count(component.retries),
            number::count(component.dropped_in_all()),
        ]);
    }
    let rows = std::iter::repeat(Tone::Plain);
    let mut lines: Vec<_> = [Tone::Faint]
        .into_iter()
        .chain(rows)
        .zip(table.lines(2))
        .collect();
    for component in &facts.components {
        let mut tell = |tone, word: &str, counts: &BTreeMap<String, u64>| {
            for (reason, count) in counts {
                let count = number::count(*count);
                lines.push((
                    tone,
                    format!("  {} {word} {count}: {reason}", component.component),
                ));
            }
        };
        tell(Tone::Warning, "dropped", &component.dropped);
        tell(Tone::Warning, "warns of", &component.warnings);
        if component.dead_letters > 0 {
            let letters = number::count(component.dead_letters);
            lines.push((
                Tone::Warning,
                format!("  {} gave {letters} dead letters", component.component),
            ));
        }
    }
    lines
}

/// What was done in how long, and up to where everything is durable.
pub(crate) fn summary(word: &str, facts: &RunFacts) -> String {
    let new = |source: &ComponentFacts| source.durable.is_some() || source.by_itself;
    if word == "done" && !facts.sources().any(new) {
        return format!("{word}: nothing new, everything there is was durable already");
    }
    let given = list(facts.sources(), |source| source.events_out);
    let taken = list(facts.sinks(), |sink| sink.events_in);
    let elapsed = number::duration(facts.elapsed);
    format!("{word}: {given} → {taken} in {elapsed}; {}", durable(facts))
}

fn list<'f>(
    components: impl Iterator<Item = &'f ComponentFacts>,
    events: impl Fn(&ComponentFacts) -> Option<u64>,
) -> String {
    let part = |component: &ComponentFacts| {
        format!(
            "{} {}",
            component.component,
            events(component).map_or_else(|| "-".to_owned(), number::count)
        )
    };
    components.map(part).collect::<Vec<_>>().join(", ")
}

fn durable(facts: &RunFacts) -> String {
    // A program that flowctl only reads from is a source to it, whatever its role.
    let reached: Vec<String> = facts
        .components
        .iter()
        .filter_map(|source| Some(format!("{} of {}", source.durable?, source.component)))
        .collect();
    if reached.is_empty() && facts.sources().all(|source| source.by_itself) {
        "what is durable is known to the programs".to_owned()
    } else if reached.is_empty() {
        "nothing new is durable".to_owned()
    } else {
        format!("everything up to {} is durable", reached.join(" and "))
    }
}

/// What can be done next: commands that can be pasted, and what the same command would do.
pub(crate) fn next(commands: &[String], facts: &RunFacts, complete: bool) -> Option<String> {
    let mut parts = commands.to_vec();
    let resumes: Vec<String> = facts
        .components
        .iter()
        .filter_map(|source| Some(format!("{} after {}", source.component, source.durable?)))
        .collect();
    if complete {
        parts.push("the same command with a later end goes on from there".to_owned());
    } else if !resumes.is_empty() {
        parts.push(format!(
            "the same command again resumes {}",
            resumes.join(", ")
        ));
    }
    (!parts.is_empty()).then(|| format!("next: {}", parts.join("   ·   ")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::samples;

    fn lines(facts: &RunFacts) -> String {
        let lines = components(facts).into_iter().map(|(_, line)| line);
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_report_says_what_each_component_did_and_what_it_left_out() {
        let mut facts = samples::running();
        facts.components[1]
            .dropped
            .insert("malformed contract event".to_owned(), 1_200);
        facts.components[0]
            .warnings
            .insert("gap between ledgers".to_owned(), 2);
        facts.components[2].dead_letters = 3;
        insta::assert_snapshot!(lines(&facts), @r"
        component  state      in     out     rate  position  retries  dropped
        network    ready       -   1,204    402/s      1204        0        0
        ttp        ready   1,204  31,877  10.6k/s      1204        0    1,200
        store      ready  31,877       -  10.6k/s      1203        0        0
        console    ready  31,800       -  10.6k/s      1202        0        0
        network warns of 2: gap between ledgers
        ttp dropped 1,200: malformed contract event
        store gave 3 dead letters
        ");
    }

    #[test]
    fn the_last_line_says_what_was_done_and_up_to_where_it_is_durable() {
        let mut facts = samples::running();
        assert_eq!(
            summary("drained", &facts),
            "drained: network 1,204 → store 31,877, console 31,800 in 3.0 s; everything up to 1203 of network is durable"
        );
        facts.components[0].durable = None;
        facts.elapsed = Duration::from_secs(134);
        assert_eq!(
            summary("failed", &facts),
            "failed: network 1,204 → store 31,877, console 31,800 in 2m14s; nothing new is durable"
        );
        assert_eq!(
            summary("done", &facts),
            "done: nothing new, everything there is was durable already"
        );
    }

    #[test]
    fn programs_that_stream_by_themselves_know_what_is_durable() {
        let mut facts = samples::running();
        facts.components[0].durable = None;
        facts.components[0].by_itself = true;
        facts.components[0].events_out = None;
        assert_eq!(
            summary("done", &facts),
            "done: network - → store 31,877, console 31,800 in 3.0 s; what is durable is known to the programs"
        );
    }

    #[test]
    fn what_comes_next_can_be_pasted() {
        let commands = ["sqlite3 a.db 'select 1'".to_owned()];
        assert_eq!(
            next(&commands, &samples::running(), false).as_deref(),
            Some(
                "next: sqlite3 a.db 'select 1'   ·   the same command again resumes network after 1203"
            )
        );
        assert_eq!(
            next(&[], &samples::running(), true).as_deref(),
            Some("next: the same command with a later end goes on from there")
        );
    }
}
