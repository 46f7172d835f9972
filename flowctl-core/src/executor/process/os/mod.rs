//! What differs from one Unix to the next: how a process is known, watched and looked into.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(super) use self::linux::{
    Changes, EndOf, Observed, boot, environment, members, namespace, observe, punch, working_dir,
    writers_of,
};
#[cfg(not(target_os = "linux"))]
pub(super) use self::other::{
    Changes, EndOf, Observed, boot, environment, members, namespace, observe, punch, working_dir,
    writers_of,
};
