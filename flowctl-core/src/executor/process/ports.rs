use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Mutex, PoisonError},
};

use tokio::net::TcpSocket;

use super::owner::owner;
use crate::{
    executor::{BoundPort, WantedPort},
    spec::ComponentSpec,
};

/// The ports that an executor has given away, so that none is given twice before its program listens.
#[derive(Debug, Default)]
pub(super) struct Given(Mutex<BTreeSet<u16>>);

/// Ports that are given to programs: user ports (RFC 6335) below 32768, where Linux begins to take the
/// ports of outgoing connections from, so that no connection has one when its program wants to listen.
const FREE: std::ops::Range<u16> = 20_000..32_768;

/// A pinned port belongs to somebody else.
#[derive(Debug, thiserror::Error)]
#[error("port {number} (`{field}`) is taken{}", owner.as_ref().map(|owner| format!(" by {owner}")).unwrap_or_default())]
pub(super) struct Taken {
    number: u16,
    field: &'static str,
    owner: Option<String>,
}

/// What a component wants, and a health port always: programs share this machine, and two that were told
/// nothing would meet at the number that their authors chose.
fn wanted(component: &ComponentSpec) -> Vec<WantedPort> {
    let mut wanted = WantedPort::of(component);
    if wanted.iter().all(|port| port.name != BoundPort::HEALTH) {
        wanted.push(WantedPort {
            name: BoundPort::HEALTH.to_owned(),
            declared: None,
            pinned: None,
        });
    }
    wanted
}

/// The ports of a component as far as its spec settles them; one that is chosen at the start is 0.
pub(super) fn planned(component: &ComponentSpec) -> Vec<BoundPort> {
    let planned = |wanted: WantedPort| {
        let number = wanted.pinned.map_or(0, |(number, _)| number);
        bound(wanted, number)
    };
    wanted(component).into_iter().map(planned).collect()
}

fn bound(wanted: WantedPort, number: u16) -> BoundPort {
    let port = BoundPort::new(wanted.name, number, address(number));
    match wanted.declared {
        Some(declared) => port.declared(declared),
        None => port,
    }
}

/// Settles on the ports of an instance. They are free now; nothing holds them until its program listens.
pub(super) fn reserve(component: &ComponentSpec, given: &Given) -> Result<Vec<BoundPort>, Reserve> {
    let wanted = wanted(component);
    let pinned: BTreeSet<u16> = wanted.iter().filter_map(|w| Some(w.pinned?.0)).collect();
    let mut given = given.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ports = Vec::new();
    for wanted in wanted {
        let number = match wanted.pinned {
            Some((number, field)) if is_taken(number)? => {
                let owner = owner(number);
                return Err(Reserve::Taken(Taken {
                    number,
                    field,
                    owner,
                }));
            }
            Some((number, _)) => number,
            None => free(|number| given.contains(&number) || pinned.contains(&number))?,
        };
        given.insert(number);
        ports.push(bound(wanted, number));
    }
    Ok(ports)
}

/// Why ports could not be reserved.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reserve {
    #[error(transparent)]
    Taken(Taken),
    #[error("no port of {} to {} is free", FREE.start, FREE.end - 1)]
    NoneFree,
    #[error("ports cannot be tried")]
    Io(#[from] io::Error),
}

impl Given {
    /// These may be given again.
    pub(super) fn release(&self, ports: impl Iterator<Item = BoundPort>) {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for port in ports {
            given.remove(&port.number);
        }
    }
}

fn address(number: u16) -> String {
    if number == 0 {
        return format!("{}:(free)", Ipv4Addr::LOCALHOST);
    }
    SocketAddr::from((Ipv4Addr::LOCALHOST, number)).to_string()
}

/// A port that nobody has, beginning anywhere, so that two who look at once find different ones.
fn free(avoid: impl Fn(u16) -> bool) -> Result<u16, Reserve> {
    let count = FREE.end - FREE.start;
    let random = RandomState::new().hash_one(());
    let first = (random % u64::from(count)) as u16;
    for step in 0..count {
        let number = FREE.start + (first + step) % count;
        if !avoid(number) && !is_taken(number)? {
            return Ok(number);
        }
    }
    Err(Reserve::NoneFree)
}

/// Whether somebody listens on a port, on any address of this machine. Nothing listens for the answer:
/// the port is bound and let go. That this user may not have it (a port below 1024) is not an answer.
fn is_taken(number: u16) -> io::Result<bool> {
    let bind = |address: SocketAddr| {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // Connections of an earlier program that linger in TIME_WAIT are in nobody's way.
        socket.set_reuseaddr(true)?;
        socket.bind(address)
    };
    match bind((Ipv4Addr::UNSPECIFIED, number).into()) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        Err(error) => return Err(error),
        Ok(()) => {}
    }
    // A machine without IPv6 refuses that, and nobody can listen there.
    let v6 = bind((Ipv6Addr::UNSPECIFIED, number).into());
    Ok(v6.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Role;

    #[test]
    fn a_service_is_given_a_health_port_of_its_own() {
        let service = ComponentSpec::new("app".parse().unwrap(), Role::Service);
        let names: Vec<_> = wanted(&service).into_iter().map(|port| port.name).collect();
        assert_eq!(names, [BoundPort::HEALTH]);
    }

    #[tokio::test]
    async fn what_is_given_is_free_and_given_once() {
        let component = ComponentSpec::new("app".parse().unwrap(), Role::Source);
        let given = Given::default();
        let mut numbers = BTreeSet::new();
        for _ in 0..8 {
            for port in reserve(&component, &given).unwrap() {
                assert_eq!(port.address, format!("127.0.0.1:{}", port.number));
                assert!(numbers.insert(port.number), "{} twice", port.number);
            }
        }
    }

    #[tokio::test]
    async fn a_pinned_port_that_is_taken_is_named() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let number = listener.local_addr().unwrap().port();
        let mut component = ComponentSpec::new("app".parse().unwrap(), Role::Source);
        component.health_port = Some(number);
        let error = reserve(&component, &Given::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("port {number} (`health_port`) is taken")),
            "{error}"
        );
        if cfg!(target_os = "linux") {
            assert!(
                error.contains(&format!("process {}", std::process::id())),
                "{error}"
            );
        }
        drop(listener);
        assert!(reserve(&component, &Given::default()).is_ok());
    }
}
