use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::spec::document::Document;

/// The JSON Schema of a pipeline (draft 2020-12), generated from the types.
pub(super) fn schema() -> Value {
    let mut schema = SchemaGenerator::default()
        .into_root_schema_for::<Document>()
        .to_value();
    if let Some(component) = schema.pointer_mut("/$defs/ComponentSpec/properties") {
        extend(component);
    }
    schema
}

/// Adds the keys that the reader resolves, so that no type has them.
fn extend(component: &mut Value) {
    let Some(properties) = component.as_object_mut() else {
        return;
    };
    let keys = [
        (
            "type",
            json!({
                "type": "string", "enum": ["source", "processor", "sink", "service"],
                "description": "The role once more; it must agree with the list."
            }),
        ),
        (
            "env_file",
            json!({
                "type": "array", "items": { "type": "string" },
                "description": "Files of `NAME=value` lines for `env`, whose own values win."
            }),
        ),
        (
            "restart_policy",
            json!({
                "type": "string", "enum": ["no", "always", "on-failure", "unless-stopped"],
                "description": "What the Go flowctl calls `restart`."
            }),
        ),
    ];
    properties.extend(keys.map(|(key, schema)| (key.to_owned(), schema)));
}
