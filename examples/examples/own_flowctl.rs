//! How do I ship my own flowctl, with my own components?
//!
//! Fill a registry and hand it to `flowctl_cli::run`: the whole command line works on it.
//!
//!     cargo run --example own_flowctl -- components count
//!     cargo run --example own_flowctl -- run numbers.yaml

use std::process::ExitCode;

use flowctl_core::{ComponentKind, ConfigKey, Registry, RegistryError, adapt};
use flowctl_examples::register_numbers;
use serde::Deserialize;

/// What stands under `config` in YAML; a key that is not here is refused with its line and column.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shout {
    #[serde(default = "once")]
    marks: usize,
}

fn once() -> usize {
    1
}

fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    register_numbers(registry)?;
    let kind = ComponentKind::sink("shout", "shouts events at the terminal").key(
        ConfigKey::optional("marks", "a whole number", "1", "how loud"),
    );
    registry.sink(kind, |Shout { marks }, _context| {
        Ok(adapt::sink(move |event| {
            let text = event.payload().as_bytes().map_or(&[][..], AsRef::as_ref);
            println!("{}{}", String::from_utf8_lossy(text), "!".repeat(marks));
            Ok(())
        }))
    })?;
    Ok(())
}

fn main() -> ExitCode {
    let mut registry = Registry::new();
    match register(&mut registry) {
        Ok(()) => flowctl_cli::run(registry),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
