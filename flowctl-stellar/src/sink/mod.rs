//! Where events go: JSON lines, SQLite and a console.
//!
//! The first two keep their position with their data: after a crash at any instant what they hold is what an
//! uninterrupted run would hold up to there, and nothing is in them twice.

mod blocking;
mod console;
mod file_error;
mod file_identity;
mod jsonl;
mod positions;
mod sqlite;

use self::{
    blocking::blocking,
    file_error::file_error,
    file_identity::FileIdentity,
    positions::{Positions, SourcePosition},
};
pub use self::{
    console::{Console, ConsoleConfig, ConsoleFormat},
    jsonl::{JsonLines, JsonLinesConfig},
    sqlite::{Sqlite, SqliteConfig},
};
