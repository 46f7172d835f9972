use std::io;

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};

/// The processes that an instance consists of: its first one, and those that this one started and that
/// did not leave its process group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group(Pid);

impl Group {
    /// The group whose first member has this number.
    pub(super) fn led_by(pid: u32) -> io::Result<Self> {
        i32::try_from(pid)
            .ok()
            .filter(|pid| *pid > 1)
            .and_then(Pid::from_raw)
            .map(Self)
            .ok_or_else(|| io::Error::other(format!("{pid} is not the number of a process")))
    }

    /// Sends a signal to all members. The caller knows that the number is not another group's by now:
    /// the first member is there, or another one is.
    pub(super) fn signal(self, signal: Signal) -> io::Result<()> {
        match kill_process_group(self.0, signal) {
            // Nobody is left to get it.
            Err(Errno::SRCH) => Ok(()),
            result => Ok(result?),
        }
    }
}

/// The signal of a name as in `SIGTERM` or `TERM`, in any case, or of a number.
pub(super) fn signal(name: &str) -> Option<Signal> {
    if let Ok(number) = name.parse() {
        return Signal::from_named_raw(number);
    }
    let upper = name.to_ascii_uppercase();
    Some(match upper.strip_prefix("SIG").unwrap_or(&upper) {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "ABRT" => Signal::ABORT,
        "KILL" => Signal::KILL,
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "ALRM" => Signal::ALARM,
        "TERM" => Signal::TERM,
        "CONT" => Signal::CONT,
        "WINCH" => Signal::WINCH,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for name in ["SIGTERM", "TERM", "sigterm", "15"] {
            assert_eq!(signal(name), Some(Signal::TERM), "{name}");
        }
        for name in ["", "SIG", "SIGNOTHING", "0", "-1", "TERM "] {
            assert_eq!(signal(name), None, "{name}");
        }
    }

    #[test]
    fn no_group_is_everybody() {
        for pid in [0, 1, u32::MAX] {
            assert!(Group::led_by(pid).is_err(), "{pid}");
        }
    }
}
