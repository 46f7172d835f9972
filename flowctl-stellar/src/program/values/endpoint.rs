use std::fmt;

use crate::program::variables::Value;

/// Where another program listens: `host:port`. A scheme before it, `http` or `grpc`, says nothing and is
/// left out; a bare `:port` is this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// As an URL without TLS.
    pub(crate) fn url(&self) -> String {
        format!("http://{self}")
    }
}

impl Value for Endpoint {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || "expected `host:port`, for example `localhost:8080`".to_owned();
        let rest = match text.split_once("://") {
            None => text,
            Some(("http" | "grpc" | "tcp" | "dns", rest)) => rest.trim_start_matches('/'),
            Some(("https" | "grpcs", _)) => {
                return Err("TLS is not spoken here: expected `host:port`".to_owned());
            }
            Some(_) => return Err(wrong()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('/') {
            return Err(
                "that is a page, not where gRPC is spoken: expected `host:port`".to_owned(),
            );
        }
        let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.contains(['@', ' ']) || (host.contains(':') && !bracketed) {
            return Err(wrong());
        }
        let port = port
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(wrong)?;
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_scheme() {
        for (text, address) in [
            ("localhost:8080", "localhost:8080"),
            ("http://localhost:8080", "localhost:8080"),
            ("http://10.0.0.1:8080/", "10.0.0.1:8080"),
            ("dns:///control:8080", "control:8080"),
            (":8080", "127.0.0.1:8080"),
            ("[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(Endpoint::read(text).unwrap().to_string(), address, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "localhost",
            "8080",
            "host:0",
            "host:x",
            "ftp://host:1",
            "https://host:443",
            "http://localhost:8088/health",
            "::1:80",
            "user@host:1",
        ] {
            assert!(Endpoint::read(text).is_err(), "{text}");
        }
        let page = Endpoint::read("http://localhost:8088/health").unwrap_err();
        assert!(page.contains("gRPC"), "{page}");
    }
}
