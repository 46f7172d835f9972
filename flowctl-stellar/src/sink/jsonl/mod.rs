//! Events as lines of JSON in a file: `jsonl`.
//!
//! # The file and its position
//!
//! Beside the file `PATH` lies `PATH.position`, one JSON object:
//!
//! - `format`: 1. Another number is refused.
//! - `length`: how many bytes of the file count.
//! - `tail`: the SHA-256 of the last 64 KiB of those bytes, or of all if there are fewer. It notices
//!   a file that was edited near its end or swapped for another, at a cost that does not grow with it.
//!   While `length` is 0 it is which file that is (on Unix its inode, and when it was made):
//!   data in it then is what a first write left that never counted, and data in another is not ours.
//! - `sources`: per source its fingerprint and `through`, the sequence up to which it is complete.
//! - `checksum`: the SHA-256 of all the above, which notices a position that was itself damaged.
//!
//! One `write` is one append, one sync of the file, and then one replacement of the position: written
//! under another name, synced, renamed, and the folder synced. So at any instant the position speaks
//! of bytes that are on the disk. `open` cuts off what lies behind them: the events of a write that
//! never counted. When a failed write is undone the position is put right before the file is cut, for
//! the same reason.
//!
//! | what `open` finds | what it does |
//! |---|---|
//! | neither | starts from nothing |
//! | a position, no file | starts from nothing: a deleted file is made again |
//! | an empty file, no position | starts from nothing |
//! | a file with data, no position | refuses: it cannot tell what is in it |
//! | a file longer than its position | cuts it |
//! | a file with data that is not the one with a position of 0 bytes | refuses |
//! | a file shorter than its position, or with another tail | refuses |

mod config;
mod line_file;
mod position_file;
mod sink;
#[cfg(test)]
mod tests;

pub use self::{config::JsonLinesConfig, sink::JsonLines};
