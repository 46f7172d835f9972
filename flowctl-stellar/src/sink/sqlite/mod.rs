//! Token-transfer events in a SQLite database: `sqlite`.
//!
//! # The database
//!
//! `schema.sql` beside this file is what is in it: table `events` with one row an event, table
//! `positions` with one row a source, table `meta`, and the view `amounts` with the amounts of
//! classic assets as people write them. `PRAGMA application_id` tells that a database is one of
//! these, `PRAGMA user_version` of which version; others are refused and not touched.
//!
//! Every `write` is one transaction with the events and the positions that they lead to, in
//! write-ahead mode with `synchronous = FULL`: committed is on the disk, and readers are never in the
//! way. A sink whose positions were moved by another one stops, as it would leave out events of its own
//! that it takes for written. Closing moves what is in the write-ahead log into the database, so that a finished run leaves
//! one file.

mod config;
mod database;
mod row;
mod sink;
mod sqlite_error;
#[cfg(test)]
mod tests;

pub use self::{config::SqliteConfig, sink::Sqlite};
