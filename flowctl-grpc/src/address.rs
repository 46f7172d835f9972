use std::{fmt, net::Ipv6Addr};

/// Where something is served: a host, a port, and whether TLS is spoken there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What the text said about TLS; `None`: nothing.
    pub tls: Option<bool>,
}

/// A text is not the address of a gRPC server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is nothing.
    #[error("the address is empty")]
    Empty,
    /// There is no port in it.
    #[error("`{text}` has no port")]
    NoPort {
        /// The text.
        text: String,
    },
    /// What stands where a port should is none.
    #[error("`{port}` is not a port, which is a number from 1 to 65535")]
    Port {
        /// What stands there.
        port: String,
    },
    /// It has a path: the URL of a health check, not of a gRPC server.
    #[error("`{text}` is the URL of a page, not the address of a gRPC server")]
    Page {
        /// The text.
        text: String,
    },
    /// It names another protocol.
    #[error("`{scheme}` is not a way to reach a gRPC server, which `http` and `https` are")]
    Scheme {
        /// What stands before `://`.
        scheme: String,
    },
    /// The host is none.
    #[error("`{host}` is not a host")]
    Host {
        /// What stands there.
        host: String,
    },
}

impl Address {
    /// Reads an address as components write it: `:50052`, `50052`, `localhost:50052`, `host:port`,
    /// `[::1]:port`, `http://host:port` and `https://host:port`.
    ///
    /// `own` is the host on which the component itself runs, as the caller reaches it. It stands in
    /// where the text speaks of the component's own machine: no host, `localhost`, a loopback address, or
    /// an address on which one listens but that nobody can dial (`0.0.0.0`, `[::]`).
    ///
    /// # Errors
    ///
    /// [`AddressError`], by what is wrong. A URL with a path is refused: older components register the URL
    /// of their health check where the address of their gRPC server is wanted.
    pub fn parse(text: &str, own: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let (tls, rest) = match text.split_once("://") {
            None => (None, text),
            Some(("http", rest)) => (Some(false), rest),
            Some(("https", rest)) => (Some(true), rest),
            Some((scheme, _)) => {
                let scheme = scheme.to_owned();
                return Err(AddressError::Scheme { scheme });
            }
        };
        let rest = match tls {
            Some(_) => rest.strip_suffix('/').unwrap_or(rest),
            None => rest,
        };
        if rest.contains(['/', '?', '#']) {
            let text = text.to_owned();
            return Err(AddressError::Page { text });
        }
        let (host, port) = split(rest);
        let port = match (port, tls) {
            (Some(port), _) => number(port)?,
            // RFC 9110, sections 4.2.1 and 4.2.2.
            (None, Some(true)) => 443,
            (None, Some(false)) => 80,
            (None, None) => match host.parse() {
                Ok(port) if port > 0 => return Ok(Self::new(own, port, tls)),
                _ => {
                    let text = text.to_owned();
                    return Err(AddressError::NoPort { text });
                }
            },
        };
        if is_own(host) {
            return Ok(Self::new(own, port, tls));
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.parse::<Ipv6Addr>().is_err() && (host.is_empty() || !host.chars().all(is_name)) {
            let host = host.to_owned();
            return Err(AddressError::Host { host });
        }
        Ok(Self::new(host, port, tls))
    }

    fn new(host: &str, port: u16, tls: Option<bool>) -> Self {
        let host = host.to_owned();
        Self { host, port, tls }
    }
}

/// `host:port`, without a scheme; brackets around an IPv6 address.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The host without brackets, and what follows the colon behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some(inner) = text.strip_prefix('[')
        && let Some((host, rest)) = inner.split_once(']')
    {
        return (host, rest.strip_prefix(':'));
    }
    match text.rsplit_once(':') {
        // More than one colon without brackets: an IPv6 address and no port.
        Some((host, _)) if host.contains(':') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    }
}

fn number(port: &str) -> Result<u16, AddressError> {
    match port.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => {
            let port = port.to_owned();
            Err(AddressError::Port { port })
        }
    }
}

fn is_own(host: &str) -> bool {
    let ip = host.parse::<std::net::IpAddr>();
    host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || ip.is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_components_write_is_read() {
        let local = "127.0.0.1";
        for (text, own, expected) in [
            (":50052", local, "127.0.0.1:50052"),
            ("50052", local, "127.0.0.1:50052"),
            (":50052", "stellar-source", "stellar-source:50052"),
            ("localhost:50052", local, "127.0.0.1:50052"),
            ("LOCALHOST:50052", "a", "a:50052"),
            ("localhost:50052", "172.18.0.3", "172.18.0.3:50052"),
            ("127.0.0.1:50052", "ttp", "ttp:50052"),
            ("0.0.0.0:50052", local, "127.0.0.1:50052"),
            ("[::]:50052", local, "127.0.0.1:50052"),
            ("[::1]:50052", "fd00::7", "[fd00::7]:50052"),
            ("host.example:1", local, "host.example:1"),
            ("my_container:1", local, "my_container:1"),
            ("10.0.0.7:65535", local, "10.0.0.7:65535"),
            ("[fd00::7]:50052", local, "[fd00::7]:50052"),
            (" host:50052 ", local, "host:50052"),
            ("http://host:50052", local, "host:50052"),
            ("http://host:50052/", local, "host:50052"),
            ("http://localhost:50052", "a", "a:50052"),
            ("https://host", local, "host:443"),
            ("http://host", local, "host:80"),
        ] {
            let address = Address::parse(text, own).map(|address| address.to_string());
            assert_eq!(address.as_deref(), Ok(expected), "{text} on {own}");
        }
        assert_eq!(
            Address::parse("https://a:1", local).unwrap().tls,
            Some(true)
        );
        assert_eq!(
            Address::parse("http://a:1", local).unwrap().tls,
            Some(false)
        );
        assert_eq!(Address::parse("a:1", local).unwrap().tls, None);
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        let refused = |text: &str| Address::parse(text, "127.0.0.1").unwrap_err().to_string();
        assert_eq!(refused(""), "the address is empty");
        assert_eq!(refused("host"), "`host` has no port");
        assert_eq!(refused("fd00::7"), "`fd00::7` has no port");
        assert_eq!(
            refused("host:0"),
            "`0` is not a port, which is a number from 1 to 65535"
        );
        assert_eq!(
            refused("host:http"),
            "`http` is not a port, which is a number from 1 to 65535"
        );
        for page in ["http://localhost:8088/health", "localhost:8088/health"] {
            assert!(refused(page).contains("URL of a page"), "{page}");
        }
        assert!(refused("docker://container/abc/health").starts_with("`docker`"));
        assert_eq!(refused("a b:1"), "`a b` is not a host");
        assert_eq!(refused("user@host:1"), "`user@host` is not a host");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_it_writes_it_reads(text in ".*") {
            if let Ok(address) = Address::parse(&text, "127.0.0.1") {
                let again = Address::parse(&address.to_string(), "127.0.0.1").unwrap();
                proptest::prop_assert_eq!((again.host, again.port), (address.host, address.port));
            }
        }
    }
}
