//! What instances write, and how it is read.
//!
//! An instance writes straight to two files, opened for appending. Nothing stands between: a program
//! never waits for flowctl, it goes on writing when flowctl is killed, and its last words are kept when
//! both are. So an instance can be left to a later process with its output, byte for byte.
//!
//! A pipe that flowctl reads was the other choice. Its reader dies with flowctl, and then writing to it
//! kills a program; kept open by the program itself (a FIFO), it fills up and the program stands still,
//! and what is in it is gone with the program. The price of files is that their bound is kept by
//! flowctl, a moment late, and not at all while no flowctl runs.
//!
//! * **When**: the keeper appends a mark to an index each time it sees that a file has grown: how long
//!   both files are and when they were last written to. A line's time is that of the first mark
//!   behind its beginning. Marks are 10 ms apart or more, so that is how exact times are, and the order
//!   between the two outputs; within one output the order is exact.
//! * **How much**: once a file holds more than the limit, its oldest part is given back to the file
//!   system (the file keeps its length, with a hole at its beginning), so that nothing is moved and
//!   nothing that is being written is lost. Where the file system cannot do that the file is emptied.

mod index;
mod lines;
mod log_keeper;
mod log_reader;
mod output;
mod stream;

pub(super) use self::{log_keeper::LogKeeper, stream::stream};
