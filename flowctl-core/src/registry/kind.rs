use std::borrow::Cow;

use crate::{
    EventType,
    spec::{Config, Role},
};

/// What a registry tells about a component before any instance of it exists.
///
/// Plans, validation and `flowctl components` read this; the runner decides by it how many
/// instances may work at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentKind {
    /// The name under which specs find it (`use: NAME`).
    pub name: String,
    /// Whether it is a source, a processor or a sink.
    pub role: Role,
    /// One line on what it does.
    pub summary: String,
    /// The event types it emits; empty: it does not say, so any.
    pub emits: Vec<EventType>,
    /// The event types it takes; empty: any.
    pub accepts: Vec<EventType>,
    /// Its configuration keys.
    pub config: Vec<ConfigKey>,
    /// A command with which a person looks at what a sink holds, with `{key}` for the value of a
    /// configuration key.
    pub look: Option<String>,
    /// Whether several instances may work on one stream at once (clause P3 of `Processor`).
    pub stateless: bool,
    /// Whether the same batch gives the same output again (clause P2 of `Processor`).
    pub deterministic: bool,
}

impl ComponentKind {
    /// A source that says nothing about its event types.
    #[must_use]
    pub fn source(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::of(Role::Source, name.into(), summary.into())
    }

    /// A processor that is deterministic, keeps state, and says nothing about its event types.
    #[must_use]
    pub fn processor(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::of(Role::Processor, name.into(), summary.into())
    }

    /// A sink that takes any event type.
    #[must_use]
    pub fn sink(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::of(Role::Sink, name.into(), summary.into())
    }

    const fn of(role: Role, name: String, summary: String) -> Self {
        Self {
            name,
            role,
            summary,
            emits: Vec::new(),
            accepts: Vec::new(),
            config: Vec::new(),
            look: None,
            stateless: false,
            deterministic: true,
        }
    }

    /// It emits events of this type (too).
    #[must_use]
    pub fn emits(mut self, event_type: EventType) -> Self {
        self.emits.push(event_type);
        self
    }

    /// It takes events of this type (too), and none that is not named.
    #[must_use]
    pub fn accepts(mut self, event_type: EventType) -> Self {
        self.accepts.push(event_type);
        self
    }

    /// It has this configuration key.
    #[must_use]
    pub fn key(mut self, key: ConfigKey) -> Self {
        self.config.push(key);
        self
    }

    /// A person can look at what it holds with this command; `{key}` stands for the value of the
    /// configuration key, for example `head {path}`.
    #[must_use]
    pub fn look_with(mut self, command: impl Into<String>) -> Self {
        self.look = Some(command.into());
        self
    }

    /// The command that shows what a sink with this configuration holds, quoted for a shell; `None`
    /// when there is none, or when it speaks of a key that the configuration does not have.
    #[must_use]
    pub fn look_at(&self, config: &Config) -> Option<String> {
        let mut rest = self.look.as_deref()?;
        let mut command = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (key, after) = after.split_once('}')?;
            command.push_str(before);
            command.push_str(&quoted(config.get(key)?.as_str()?));
            rest = after;
        }
        command.push_str(rest);
        Some(command)
    }

    /// Several instances of it may work on one stream at once.
    #[must_use]
    pub const fn stateless(mut self) -> Self {
        self.stateless = true;
        self
    }

    /// The same batch may give another output the next time.
    #[must_use]
    pub const fn non_deterministic(mut self) -> Self {
        self.deterministic = false;
        self
    }
}

/// One configuration key of a component, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigKey {
    /// The key under `config`.
    pub name: String,
    /// What is written there, for example `a whole number`, `a path`, `error | allow`.
    pub value: String,
    /// What holds when the key is absent; `None`: the key must be there.
    pub default: Option<String>,
    /// One line on what it does.
    pub summary: String,
}

impl ConfigKey {
    /// A key that must be there.
    #[must_use]
    pub fn required(
        name: impl Into<String>,
        value: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            default: None,
            summary: summary.into(),
        }
    }

    /// A key that may be left out; `default` says what holds then.
    #[must_use]
    pub fn optional(
        name: impl Into<String>,
        value: impl Into<String>,
        default: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            default: Some(default.into()),
            ..Self::required(name, value, summary)
        }
    }
}

/// The word as a shell reads it back (POSIX.1-2017, XCU 2.2.2).
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_a_sink_can_be_pasted_into_a_shell() {
        let kind = ComponentKind::sink("file", "").look_with("head -n {lines} {path}");
        let at = |config: serde_json::Value| kind.look_at(&Config::new(config).unwrap());
        let plain = serde_json::json!({ "lines": "3", "path": "out/a.jsonl" });
        assert_eq!(at(plain).as_deref(), Some("head -n 3 out/a.jsonl"));
        let odd = serde_json::json!({ "lines": "3", "path": "it's here" });
        assert_eq!(at(odd).as_deref(), Some(r"head -n 3 'it'\''s here'"));
        assert_eq!(at(serde_json::json!({ "lines": "3" })), None);
    }
}
