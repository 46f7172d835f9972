use std::net::IpAddr;

use tonic::Request;

use super::access::Shown;

/// What a request says of who calls.
#[derive(Debug)]
pub(super) struct Called {
    peer: Option<IpAddr>,
    certificate: bool,
    authorization: Option<Vec<u8>>,
}

impl Called {
    pub(super) fn of<T>(request: &Request<T>) -> Self {
        let header = request.metadata().get("authorization");
        Self {
            peer: peer(request),
            // TLS has checked it against the authorities of the settings, or there would be no call.
            certificate: request.peer_certs().is_some_and(|certs| !certs.is_empty()),
            authorization: header.map(|header| header.as_bytes().to_vec()),
        }
    }

    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            peer: self.peer,
            certificate: self.certificate,
            authorization: self.authorization.as_deref(),
        }
    }
}

/// The address that a request comes from.
pub(super) fn peer<T>(request: &Request<T>) -> Option<IpAddr> {
    request.remote_addr().map(|address| address.ip())
}

/// Where the caller reached us, as it says nothing better.
pub(super) fn reached<T>(request: &Request<T>) -> Option<String> {
    request.local_addr().map(|address| address.to_string())
}
