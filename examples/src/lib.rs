//! What the example programs share: a source of numbers.

use flowctl_core::{
    ComponentKind, ConfigKey, Event, EventType, Payload, Registry, RegistryError, adapt,
};
use serde::Deserialize;

/// How far [`register_numbers`]'s source counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    to: u64,
}

/// Registers the source `count`, which emits the numbers from 1 to its `to`, each as text.
///
/// # Errors
///
/// When the registry has a component of this name.
pub fn register_numbers(registry: &mut Registry) -> Result<(), RegistryError> {
    let event_type: EventType = "example.number"
        .parse()
        .map_err(|_| RegistryError::EventType {
            name: "example.number".to_owned(),
        })?;
    let kind = ComponentKind::source("count", "counts from 1")
        .emits(event_type.clone())
        .key(ConfigKey::required(
            "to",
            "a whole number",
            "the last number",
        ));
    registry.source(kind, move |Count { to }, _context| {
        let event_type = event_type.clone();
        Ok(adapt::source("the numbers", move |after| {
            let event_type = event_type.clone();
            let number =
                move |n: u64| Event::new(event_type.clone(), n, Payload::bytes(n.to_string()));
            (after.unwrap_or(0) + 1..=to).map(number)
        }))
    })?;
    Ok(())
}
