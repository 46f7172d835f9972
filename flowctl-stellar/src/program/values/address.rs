use flowctl_grpc::Address;

use crate::program::variables::Value;

/// Where another program serves gRPC, with or without a scheme; a bare `:port` is this machine.
impl Value for Address {
    fn read(text: &str) -> Result<Self, String> {
        let text = match text.split_once("://") {
            // As gRPC's own libraries write names to be resolved.
            Some(("dns", rest)) => rest.trim_start_matches('/'),
            _ => text,
        };
        Self::parse(text, "127.0.0.1")
            .map_err(|error| format!("{error}: expected `host:port`, for example `localhost:8080`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_go_and_node_programs_write_them() {
        for (text, address) in [
            ("localhost:8080", "127.0.0.1:8080"),
            ("http://control:8080", "control:8080"),
            ("dns:///control:8080", "control:8080"),
            (":8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(Address::read(text).unwrap().to_string(), address, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_says_what_would_be() {
        for text in ["control", "http://localhost:8088/health", "ftp://host:1"] {
            let error = Address::read(text).unwrap_err();
            assert!(error.contains("expected `host:port`"), "{error}");
        }
    }
}
