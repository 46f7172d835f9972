//! The `flowctl` command, as a library: [`run`] is the whole program over a registry of components, so
//! that others can ship their own flowctl with their own components. [`Flowctl`] takes more: what reaches
//! components that run elsewhere, and what starts them.
//!
//! ```no_run
//! use flowctl_core::{ComponentKind, Registry, adapt};
//!
//! fn main() -> std::process::ExitCode {
//!     let mut registry = Registry::new();
//!     let ignore = ComponentKind::sink("ignore", "takes events and forgets them");
//!     let added = registry.sink(ignore, |(): (), _context| Ok(adapt::sink(|_event| Ok(()))));
//!     match added {
//!         Ok(_) => flowctl_cli::run(registry),
//!         Err(_) => std::process::ExitCode::FAILURE,
//!     }
//! }
//! ```
//!
//! stdout carries what was asked for, stderr what goes on; `--output json` changes the form of both,
//! not the place. How the process ends is in [`exit_code`].

mod arguments;
mod backends;
mod clock;
mod command;
mod ending;
mod error;
pub mod exit_code;
mod facts;
mod flowctl;
mod happening;
mod logging;
mod pipeline;
mod runtime;
mod sample;
mod session;
mod signals;
mod spec_files;
mod state_dir;
mod target;
mod terminal;
mod text;
mod watch;

pub use self::flowctl::{Flowctl, run};

/// The programs of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct ReadmeDoctests;
