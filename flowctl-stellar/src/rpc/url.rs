use std::fmt;

use hyper::Uri;

/// The URL of a Stellar RPC server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RpcUrl(Uri);

/// Servers of the Stellar Development Foundation that speak RPC, by the network in the name of its
/// Horizon server.
///
/// # Source
///
/// Stellar documentation, "RPC Providers".
const INSTEAD_OF_HORIZON: [(&str, &str); 2] = [
    ("testnet", "https://soroban-testnet.stellar.org"),
    ("futurenet", "https://rpc-futurenet.stellar.org"),
];

impl RpcUrl {
    /// Reads an `http` or `https` URL.
    ///
    /// # Errors
    ///
    /// What to do instead, for people: for what is no such URL, and for what by its name is Horizon.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected the URL of a Stellar RPC server, for example https://soroban-testnet.stellar.org"
                .to_owned()
        };
        let url: Uri = text.parse().map_err(|_| expected())?;
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return Err(expected());
        }
        let authority = url.authority().ok_or_else(expected)?;
        if authority.as_str().contains('@') {
            return Err("the URL holds a password; send it as the authorization header".to_owned());
        }
        let host = authority.host().to_ascii_lowercase();
        if host.split(['.', '-']).any(|label| label == "horizon") {
            return Err(not_horizon(&host));
        }
        Ok(Self(url))
    }

    pub(super) const fn uri(&self) -> &Uri {
        &self.0
    }

    /// The same server's front page.
    pub(super) fn front_page(&self) -> Option<Uri> {
        let mut parts = self.0.clone().into_parts();
        parts.path_and_query = Some(hyper::http::uri::PathAndQuery::from_static("/"));
        Uri::from_parts(parts).ok()
    }

    /// What to use instead, where this turned out to be Horizon.
    pub(super) fn instead_of_horizon(&self) -> String {
        not_horizon(self.0.host().unwrap_or_default())
    }
}

fn not_horizon(host: &str) -> String {
    let known = INSTEAD_OF_HORIZON.into_iter();
    let instead = known
        .into_iter()
        .find(|(network, _)| host.contains(network));
    match instead {
        Some((_, url)) => format!("that is Horizon, which does not serve raw ledgers; use {url}"),
        None => {
            "that is Horizon, which does not serve raw ledgers; use a Stellar RPC server of the \
                 network (https://developers.stellar.org/docs/data/apis/rpc/providers)"
                .to_owned()
        }
    }
}

/// Without the query, which may hold a key.
impl fmt::Display for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self
            .0
            .authority()
            .map_or("", |authority| authority.as_str());
        let path = self.0.path();
        write!(
            f,
            "{scheme}://{authority}{}",
            if path == "/" { "" } else { path }
        )
    }
}

impl fmt::Debug for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_shown_without_their_query() {
        for (text, shown) in [
            (
                "https://soroban-testnet.stellar.org",
                "https://soroban-testnet.stellar.org",
            ),
            ("http://localhost:8000", "http://localhost:8000"),
            (
                "http://127.0.0.1:8000/soroban/rpc",
                "http://127.0.0.1:8000/soroban/rpc",
            ),
            (
                "https://rpc.example/v1?key=secret",
                "https://rpc.example/v1",
            ),
        ] {
            assert_eq!(RpcUrl::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_rpc_server_is_refused_with_what_to_use() {
        for (text, word) in [
            ("soroban-testnet.stellar.org", "expected the URL"),
            ("ftp://host", "expected the URL"),
            ("", "expected the URL"),
            ("https://user:pass@host", "password"),
            (
                "https://horizon-testnet.stellar.org",
                "use https://soroban-testnet.stellar.org",
            ),
            ("https://horizon.stellar.org", "rpc/providers"),
            ("https://horizon-futurenet.stellar.org/", "rpc-futurenet"),
        ] {
            let error = RpcUrl::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
