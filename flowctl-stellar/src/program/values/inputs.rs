use flowctl_grpc::Address;

use crate::program::variables::Value;

/// Whom a component reads, as flowctl says it: `id=host:port,…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inputs(pub(crate) Vec<(String, Address)>);

impl Value for Inputs {
    fn read(text: &str) -> Result<Self, String> {
        let input = |part: &str| {
            let (id, address) = part.trim().split_once('=')?;
            Some((
                id.trim().to_owned(),
                <Address as Value>::read(address.trim()).ok()?,
            ))
        };
        let inputs: Option<Vec<_>> = text.split(',').map(input).collect();
        inputs.map(Self).ok_or_else(|| {
            "expected `id=host:port,…`, for example source=127.0.0.1:50052".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_as_flowctl_writes_them() {
        let Inputs(inputs) = Inputs::read("a=127.0.0.1:40001, b=host:2").unwrap();
        let inputs: Vec<_> = inputs.iter().map(|(id, at)| format!("{id} {at}")).collect();
        assert_eq!(inputs, ["a 127.0.0.1:40001", "b host:2"]);
        for text in ["a", "a=", "=,", "a=host"] {
            assert!(
                Inputs::read(text).unwrap_err().contains("id=host:port"),
                "{text}"
            );
        }
    }
}
