use std::fmt;

use crate::program::variables::Value;

/// Where a program listens, in every form that programs of this kind write it: `50052`, `:50052`,
/// `0.0.0.0:50052`, `localhost:50052`, `[::1]:50052`. Port 0 lets the system choose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListenAddress {
    /// The address or name of the interface; `None`: all of IPv4.
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
}

impl ListenAddress {
    /// All interfaces, at this port.
    pub(crate) const fn port(port: u16) -> Self {
        Self { host: None, port }
    }

    /// The same port, on `host` where it names none itself.
    pub(crate) fn or_host(mut self, host: Option<&str>) -> Self {
        self.host = self.host.or_else(|| host.map(str::to_owned));
        self
    }

    /// What the system resolves.
    pub(crate) fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("0.0.0.0")
    }
}

impl Value for ListenAddress {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || "expected a port such as `50052`, `:50052` or `127.0.0.1:50052`".to_owned();
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        // A `+` is a number to Rust, but no port to anybody.
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let port = port.parse().map_err(|_| wrong())?;
        let host = match host.strip_prefix('[').map(|host| host.strip_suffix(']')) {
            Some(Some(host)) if host.contains(':') => host,
            Some(_) => return Err(wrong()),
            None if host.contains([':', '/', '[', ']', '@']) => return Err(wrong()),
            None => host,
        };
        Ok(Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.as_deref() {
            None => write!(f, ":{}", self.port),
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(host) => write!(f, "{host}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_that_upstream_writes_is_read() {
        for (text, host, port) in [
            ("50052", None, 50052),
            (":50052", None, 50052),
            ("0.0.0.0:50052", Some("0.0.0.0"), 50052),
            ("localhost:8088", Some("localhost"), 8088),
            (
                "stellar-live-source:50052",
                Some("stellar-live-source"),
                50052,
            ),
            ("[::1]:50052", Some("::1"), 50052),
            ("[::]:0", Some("::"), 0),
            ("0", None, 0),
        ] {
            let address = ListenAddress::read(text).unwrap();
            assert_eq!(
                (address.host.as_deref(), address.port),
                (host, port),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in [
            "",
            ":",
            "port",
            "65536",
            "-1",
            "+5",
            "http://host:80",
            "host:",
            "::1:50052",
            "[host]:5",
            "[::1]",
            "5 0",
            "50052/tcp",
        ] {
            assert!(ListenAddress::read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_displayed_address_is_the_same_address(port: u16, host in "([a-z0-9.-]{1,9})?") {
            let host = (!host.is_empty()).then_some(host);
            let address = ListenAddress { host, port };
            prop_assert_eq!(ListenAddress::read(&address.to_string()), Ok(address));
        }

        #[test]
        fn no_text_panics(text: String) {
            drop(ListenAddress::read(&text));
        }
    }
}
