//! The executor for programs on this machine, behind feature `process`. Unix only; it is at its best on
//! Linux, and the last section says what it cannot do elsewhere.
//!
//! # What a program is started with
//!
//! * **Words**: `command` and `args`, exactly as given, no shell. The program is the file of an absolute
//!   path; of a path with a `/`, seen from the working folder, else of its name in the folders of
//!   [`ProcessExecutor::programs`]; of a bare name in those folders, then in flowctl's own `PATH`. What
//!   is not found is `ImageUnavailable`, with every place that was looked at.
//! * **Environment**: [`Instance::environment`](crate::executor::Instance), the secrets of `type: env`
//!   out of flowctl's own environment, and flowctl's `PATH` unless the spec sets one. Nothing else.
//! * **Folder**: `working_dir`, seen from where flowctl runs, else that folder itself.
//! * **Ports**: `hostPort` and `health_port` are the numbers that the program listens on, and `Busy`,
//!   with who has it where the system says, if they are taken. Others are free ones from 20000 to 32767.
//!   Nothing holds a port between `reserve` and the moment the program listens. Only TCP is looked at.
//! * Standard input is empty. Output goes to files, see below. The program leads a process group of its
//!   own, so that a terminal's Ctrl-C does not reach it.
//!
//! Files of secrets, volumes, `resources`, `security`, `aliases` and `image` are refused, unless
//! [`ProcessExecutor::images_as_programs`] sets those of a container aside.
//!
//! # How it ends
//!
//! `stop` sends the signal to the group (and `SIGCONT`), waits the grace period for all of it, kills
//! what is left. However the first process ends, what is left of its group is killed, and on Linux every
//! process that still has the instance's output, which finds what has left the group. A program that
//! leaves its group and closes its output is not found. Exit code and signal are reported; that a
//! program was killed for want of memory looks like any other `SIGKILL`.
//!
//! Dropping the last clone of the executor, or its runtime, kills what it started, with no grace. What a
//! killed flowctl started goes on and is found by a later process: records in the folder say which
//! process each instance is (its number and start time, the boot and the machine), and are written
//! before and after the act. `wait` and `stop` take over an instance that nobody keeps. How it ends is
//! `Unknown` then, because only its parent is told. `recover` says `Gone` of an instance that ended
//! while nobody kept it.
//!
//! A process that is not flowctl's child leaves its zombie to process 1: a container needs an init.
//!
//! # What it writes
//!
//! Output goes straight to files of the instance, so that a program never waits for flowctl and goes on
//! writing while there is none. 64 MiB of each output are kept
//! ([`ProcessExecutor::log_limit`]); the oldest lines go first. The bound is kept by flowctl, some
//! milliseconds late, and not at all while no flowctl keeps the instance. Lines longer than 64 KiB come
//! in pieces that say so. Times are exact to about 10 ms, and so is the order between the two outputs;
//! that within one is exact.
//!
//! `remove` and `close_run` forget an instance and keep what it wrote ([`KeptLogs`] reads it): of the
//! newest three forgotten generations of each instance, and of
//! the newest ten closed runs.
//!
//! # The folder
//!
//! `<folder>/<run>/<component>.<index>.<generation>/` with `record.json`, `out.log`, `err.log` and
//! `log.index`, for this user alone. The file system must know locks (`flock`). Where it cannot make
//! holes in files, a log that is too long is emptied. It needs a tokio runtime with I/O and time.
//!
//! # Elsewhere than on Linux
//!
//! The start time of a process is not known there, so that a later process finds no instance and
//! `recover` says `CannotTell` as long as one may run. Groups get no grace once their first process has
//! ended. Ends and changes are looked for every 50 ms. Logs that are too long are emptied.

mod control;
mod entry;
mod exec;
mod failure;
mod group;
mod identity;
mod instance_folder;
mod keeper;
mod kept_logs;
mod kept_output;
mod launch;
mod log;
mod lookup;
mod os;
mod owner;
mod ports;
mod process_executor;
mod record;
mod refusals;
mod settings;
mod standing;
mod start;
mod table;

pub use self::{kept_logs::KeptLogs, process_executor::ProcessExecutor};
