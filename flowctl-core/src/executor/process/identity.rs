use std::{fmt, io, str::FromStr};

use serde::{Deserialize, Serialize};

use super::os;

/// Which process an instance is, so that it is never taken for another one.
///
/// A number alone is used again. With the time at which its process started, it is used once on one
/// start of one machine, within one numbering of processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Identity {
    /// The number of the process, which is also that of its group.
    pub(super) pid: u32,
    /// When it started, in clock ticks since the machine did; 0 where the system does not say.
    pub(super) start: u64,
    /// The machine's name.
    pub(super) machine: String,
    /// Which start of the machine it is.
    pub(super) boot: String,
    /// Which numbering of processes it is.
    pub(super) namespace: String,
}

/// What became of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there.
    Runs,
    /// It has ended.
    Ended,
    /// It cannot be seen from here, for this reason.
    Hidden(String),
}

impl Identity {
    /// The process that has this number now; `None` if no process has, or one that has ended.
    pub(super) fn of(pid: u32) -> io::Result<Option<Self>> {
        let here = Self::here()?;
        Ok(os::observe(pid)?.map(|seen| Self {
            pid,
            start: seen.start,
            ..here
        }))
    }

    /// This machine, with no process.
    fn here() -> io::Result<Self> {
        let machine = rustix::system::uname();
        Ok(Self {
            pid: 0,
            start: 0,
            machine: machine.nodename().to_string_lossy().into_owned(),
            boot: os::boot()?,
            namespace: os::namespace()?,
        })
    }

    /// Whether it is one of the processes of this start of this machine.
    pub(super) fn is_of_this_machine(&self) -> io::Result<bool> {
        let here = Self::here()?;
        // Where the system does not tell its starts apart, its name is all there is.
        Ok(self.boot == here.boot && (!here.boot.is_empty() || self.machine == here.machine))
    }

    /// Whether it is still there. A child that has ended counts as ended.
    pub(super) fn presence(&self) -> io::Result<Presence> {
        let here = Self::here()?;
        if self.boot != here.boot {
            return Ok(if self.machine == here.machine {
                Presence::Ended
            } else {
                Presence::Hidden(format!("it was started on machine `{}`", self.machine))
            });
        }
        if self.namespace != here.namespace {
            let reason = "it was started in another container of this machine";
            return Ok(Presence::Hidden(reason.to_owned()));
        }
        Ok(match os::observe(self.pid)? {
            Some(_) if self.start == 0 => {
                let reason = "this system does not say when a process was started";
                Presence::Hidden(reason.to_owned())
            }
            Some(seen) if seen.start == self.start && !seen.zombie => Presence::Runs,
            Some(_) | None => Presence::Ended,
        })
    }
}

/// The bytes of a handle: `pid start boot namespace machine`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            start,
            machine,
            boot,
            namespace,
        } = self;
        write!(f, "{pid} {start} {boot} {namespace} {machine}")
    }
}

impl FromStr for Identity {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const BAD: &str = "these are not the bytes of a process";
        let mut parts = text.splitn(5, ' ');
        let mut next = || parts.next().ok_or(BAD);
        let (pid, start, boot, namespace, machine) = (next()?, next()?, next()?, next()?, next()?);
        Ok(Self {
            pid: pid.parse().map_err(|_| BAD)?,
            start: start.parse().map_err(|_| BAD)?,
            boot: boot.to_owned(),
            namespace: namespace.to_owned(),
            machine: machine.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Identity {
        Identity::of(std::process::id()).unwrap().unwrap()
    }

    #[test]
    fn the_bytes_of_a_handle_are_read_again() {
        let me = me();
        assert_eq!(me.to_string().parse(), Ok(me));
        assert!("12 x".parse::<Identity>().is_err());
        assert!("".parse::<Identity>().is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_is_only_itself() {
        let me = me();
        assert_eq!(me.presence().unwrap(), Presence::Runs);
        let earlier = Identity {
            start: me.start + 1,
            ..me.clone()
        };
        assert_eq!(earlier.presence().unwrap(), Presence::Ended);
        let before_the_boot = Identity {
            boot: "other".to_owned(),
            ..me.clone()
        };
        assert_eq!(before_the_boot.presence().unwrap(), Presence::Ended);
        for elsewhere in [
            Identity {
                boot: "other".to_owned(),
                machine: "elsewhere".to_owned(),
                ..me.clone()
            },
            Identity {
                namespace: "pid:[1]".to_owned(),
                ..me
            },
        ] {
            assert!(matches!(elsewhere.presence().unwrap(), Presence::Hidden(_)));
        }
    }
}
