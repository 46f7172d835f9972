//! What containers write: complete, in order, each line once, its bytes as they were.

mod line_joiner;
mod log_reader;
mod mark;
mod tail;

pub(crate) use self::log_reader::LogReader;
