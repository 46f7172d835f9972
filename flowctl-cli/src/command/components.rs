use clap::Args;
use flowctl_core::{ComponentKind, ConfigKey, EventType, spec::Role};
use serde::Serialize;

use crate::{error::CliError, exit_code, session::Session, text::Table};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Describe only this one, with its configuration
    name: Option<String>,
}

/// What is told of a component.
#[derive(Serialize)]
struct Component<'a> {
    name: &'a str,
    role: &'a str,
    summary: &'a str,
    /// Empty: any.
    accepts: Vec<String>,
    /// Empty: it does not say.
    emits: Vec<String>,
    stateless: bool,
    deterministic: bool,
    config: Vec<Key<'a>>,
}

#[derive(Serialize)]
struct Key<'a> {
    key: &'a str,
    value: &'a str,
    required: bool,
    default: Option<&'a str>,
    summary: &'a str,
}

pub(super) fn components(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    match &arguments.name {
        Some(name) => describe(session, name)?,
        None => list(session)?,
    }
    Ok(exit_code::DONE)
}

fn list(session: &Session) -> Result<(), CliError> {
    #[derive(Serialize)]
    struct All<'a> {
        components: Vec<Component<'a>>,
    }
    let mut kinds: Vec<&ComponentKind> = session.registry.kinds().collect();
    kinds.sort_by_key(|kind| kind.role);
    let mut table = Table::new(["name", "role", "takes", "gives", "what it does"]);
    for kind in &kinds {
        table.row([
            kind.name.clone(),
            kind.role.as_str().to_owned(),
            unless(Role::Source, kind, &kind.accepts),
            unless(Role::Sink, kind, &kind.emits),
            kind.summary.clone(),
        ]);
    }
    let mut text = table.lines(0).join("\n");
    text.push_str(
        "\n\nuse one with `use: NAME`; `flowctl components NAME` shows its configuration",
    );
    let all = All {
        components: kinds.into_iter().map(component).collect(),
    };
    session.answer("components", &all, &text)
}

fn describe(session: &Session, name: &str) -> Result<(), CliError> {
    let Some(kind) = session.registry.kind(name) else {
        let known = session
            .registry
            .kinds()
            .map(|kind| kind.name.clone())
            .collect();
        return Err(CliError::UnknownComponent {
            name: name.to_owned(),
            known,
        });
    };
    session.answer("component", &component(kind), &page(kind))
}

/// Everything that is known about one component, for people.
fn page(kind: &ComponentKind) -> String {
    let mut text = format!("{} ({}): {}\n", kind.name, kind.role.as_str(), kind.summary);
    for (word, event_types) in [("takes", &kind.accepts), ("gives", &kind.emits)] {
        if !event_types.is_empty() {
            text.push_str(&format!("  {word} {}\n", types(event_types)));
        }
    }
    if kind.stateless {
        text.push_str("  stateless: `concurrency` can be more than 1\n");
    }
    if !kind.deterministic {
        text.push_str("  not deterministic: what follows it is delivered at least once\n");
    }
    if kind.config.is_empty() {
        text.push_str("  no configuration\n");
        return text;
    }
    let mut table = Table::new(["config", "value", "default", "what it does"]);
    for key in &kind.config {
        let default = key
            .default
            .clone()
            .unwrap_or_else(|| "(required)".to_owned());
        table.row([
            key.name.clone(),
            key.value.clone(),
            default,
            key.summary.clone(),
        ]);
    }
    text.push('\n');
    text.push_str(&table.lines(2).join("\n"));
    text
}

fn component(kind: &ComponentKind) -> Component<'_> {
    let names = |event_types: &[EventType]| event_types.iter().map(ToString::to_string).collect();
    Component {
        name: &kind.name,
        role: kind.role.as_str(),
        summary: &kind.summary,
        accepts: names(&kind.accepts),
        emits: names(&kind.emits),
        stateless: kind.stateless,
        deterministic: kind.deterministic,
        config: kind.config.iter().map(key).collect(),
    }
}

fn key(key: &ConfigKey) -> Key<'_> {
    Key {
        key: &key.name,
        value: &key.value,
        required: key.default.is_none(),
        default: key.default.as_deref(),
        summary: &key.summary,
    }
}

/// The event types of one end; a component of this role has none there.
fn unless(role: Role, kind: &ComponentKind, event_types: &[EventType]) -> String {
    if kind.role == role {
        "-".to_owned()
    } else {
        types(event_types)
    }
}

fn types(event_types: &[EventType]) -> String {
    if event_types.is_empty() {
        return "any".to_owned();
    }
    event_types
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
