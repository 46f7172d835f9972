//! What differs from one Unix to the next: how a process is known, watched and looked into.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(super) use self::linux::{
    Changes, EndOf, boot, environment, kill_writers_of, members, namespace, observe, punch,
    working_dir, writers_of,
};
#[cfg(not(target_os = "linux"))]
pub(super) use self::other::{
    Changes, EndOf, boot, environment, kill_writers_of, members, namespace, observe, punch,
    working_dir, writers_of,
};
