//! What may stand where: the JSON Schema of the types, made ready for checking.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What a value must look like. Nothing (`null`) counts as absent and needs no shape.
#[derive(Debug)]
pub(super) enum Shape {
    Any,
    Boolean,
    Integer {
        min: i128,
        max: i128,
    },
    /// A text, in the form that the format names.
    Text(Option<String>),
    Words(Vec<String>),
    List(Box<Self>),
    Map(Box<Self>),
    Object(Object),
    /// A short form that is a scalar, and a long one that is a map.
    Either {
        short: Box<Self>,
        long: Box<Self>,
    },
    /// One of these words, or a map with one of these keys.
    Tagged {
        words: Vec<String>,
        variants: BTreeMap<String, Self>,
    },
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) fields: BTreeMap<String, Shape>,
    pub(super) required: Vec<String>,
}

impl Shape {
    /// The shape that `schema` describes, with references into `root`.
    ///
    /// Understands what the generator writes for the types of `spec`; a test holds the two together.
    pub(super) fn new(schema: &Value, root: &Value) -> Self {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let pointer = reference.trim_start_matches('#');
            return root
                .pointer(pointer)
                .map_or(Self::Any, |schema| Self::new(schema, root));
        }
        if let Some(forms) = schema.get("anyOf").and_then(Value::as_array) {
            return Self::of_forms(forms, root);
        }
        if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
            return Self::of_variants(variants, root);
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return Self::Words(texts(words));
        }
        match type_of(schema) {
            "boolean" => Self::Boolean,
            "integer" => {
                let bound = |key| schema.get(key).and_then(Value::as_i64).map(i128::from);
                let most = match schema.get("format").and_then(Value::as_str) {
                    Some("uint16") => i128::from(u16::MAX),
                    Some("uint32") => i128::from(u32::MAX),
                    _ => i128::from(u64::MAX),
                };
                Self::Integer {
                    min: bound("minimum").unwrap_or(0),
                    max: bound("maximum").unwrap_or(most),
                }
            }
            "string" => Self::Text(
                schema
                    .get("format")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            ),
            "array" => {
                let items = schema
                    .get("items")
                    .map_or(Self::Any, |items| Self::new(items, root));
                Self::List(Box::new(items))
            }
            "object" => Self::of_object(schema, root),
            _ => Self::Any,
        }
    }

    fn of_forms(forms: &[Value], root: &Value) -> Self {
        let mut shapes: Vec<_> = forms
            .iter()
            .filter(|form| type_of(form) != "null")
            .map(|form| Self::new(form, root))
            .collect();
        match (shapes.pop(), shapes.pop()) {
            (Some(long), Some(short)) => Self::Either {
                short: Box::new(short),
                long: Box::new(long),
            },
            (Some(only), None) => only,
            (None, _) => Self::Any,
        }
    }

    fn of_variants(variants: &[Value], root: &Value) -> Self {
        let mut words = Vec::new();
        let mut keyed = BTreeMap::new();
        for variant in variants {
            if let Some(word) = variant.get("const").and_then(Value::as_str) {
                words.push(word.to_owned());
            } else if let Some(more) = variant.get("enum").and_then(Value::as_array) {
                words.extend(texts(more));
            } else if let Some(properties) = variant.get("properties").and_then(Value::as_object) {
                keyed.extend(shapes(properties, root));
            }
        }
        if keyed.is_empty() {
            Self::Words(words)
        } else {
            Self::Tagged {
                words,
                variants: keyed,
            }
        }
    }

    fn of_object(schema: &Value, root: &Value) -> Self {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            let values = schema.get("additionalProperties");
            return Self::Map(Box::new(
                values.map_or(Self::Any, |values| Self::new(values, root)),
            ));
        };
        let required = schema.get("required").and_then(Value::as_array);
        Self::Object(Object {
            fields: shapes(properties, root).collect(),
            required: required.map(|required| texts(required)).unwrap_or_default(),
        })
    }

    /// What belongs here, for a person.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Text(_) => "a text".to_owned(),
            Self::Words(words) => format!("one of {}", words.join(", ")),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) | Self::Object(_) => "a map".to_owned(),
            Self::Either { short, long } => format!("{} or {}", short.describe(), long.describe()),
            Self::Tagged { words, variants } => {
                let keys: Vec<_> = variants.keys().map(String::as_str).collect();
                let map = format!("a map with one of the keys {}", keys.join(", "));
                if words.is_empty() {
                    map
                } else {
                    format!("one of {}, or {map}", words.join(", "))
                }
            }
        }
    }
}

fn shapes<'a>(
    properties: &'a Map<String, Value>,
    root: &'a Value,
) -> impl Iterator<Item = (String, Shape)> + 'a {
    properties
        .iter()
        .map(move |(key, schema)| (key.clone(), Shape::new(schema, root)))
}

/// The type of a schema; the one besides null where there are two.
fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")
            .unwrap_or_default(),
        _ => "",
    }
}

fn texts(values: &[Value]) -> Vec<String> {
    values
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
