//! A tree held against a shape: every key and value that does not fit, with its place; and the part
//! that fits, as a value for serde.

use serde_json::{Map as JsonMap, Value};

use super::{
    node::{Entry, Kind, Map, Node, Scalar, Span},
    report::Report,
    shape::{Object, Shape},
};
use crate::{
    ComponentId, EventType,
    ids::nearest_name,
    spec::{Diagnostic, codes, path::FieldPath},
    units::{ByteSize, CpuMillis, parse_duration},
};

/// The way to a value; a path is made of it only when there is something to say.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    Root,
    Key(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl Way<'_> {
    fn path(&self) -> FieldPath {
        match self {
            Self::Root => FieldPath::root(),
            Self::Key(before, key) => before.path().key(key),
            Self::Index(before, index) => before.path().index(*index),
        }
    }

    /// What the value is, for a person.
    fn place(&self) -> String {
        match self {
            Self::Root => "the pipeline".to_owned(),
            Self::Key(_, key) => format!("`{key}`"),
            Self::Index(before, index) => format!("`{}[{index}]`", before.name()),
        }
    }

    /// The name of the value: its key, or that of its list.
    fn name(&self) -> &str {
        match self {
            Self::Root => "the pipeline",
            Self::Key(_, key) => key,
            Self::Index(before, _) => before.name(),
        }
    }
}

/// What of `node` fits `shape`; the rest is reported. `None`: nothing of it can be used.
pub(super) fn check(
    node: &Node,
    shape: &Shape,
    way: Way<'_>,
    report: &mut Report,
) -> Option<Value> {
    match (&node.kind, shape) {
        (Kind::Map(map), Shape::Object(object)) => {
            Some(fields(map, object, node.span, way, report))
        }
        (Kind::Map(map), Shape::Map(values)) => Some(entries(map, values, way, report)),
        (Kind::Map(map), Shape::Any) => Some(entries(map, shape, way, report)),
        (Kind::Map(_), Shape::Either { long, .. }) => check(node, long, way, report),
        (Kind::Map(map), Shape::Tagged { variants, .. }) => {
            variant(node, map, variants, way, report)
        }
        (Kind::List(list), Shape::List(items)) => Some(elements(list, items, way, report)),
        (Kind::List(list), Shape::Any) => Some(elements(list, shape, way, report)),
        (Kind::Scalar(scalar), _) => scalar_value(scalar, node.span, shape, way, report),
        (Kind::Map(_) | Kind::List(_), _) => {
            let found = if node.list().is_some() {
                "a list"
            } else {
                "a map"
            };
            wrong_type(found.to_owned(), node, shape, way, report);
            None
        }
    }
}

fn entries(map: &Map, values: &Shape, way: Way<'_>, report: &mut Report) -> Value {
    let mut out = JsonMap::new();
    for Entry { key, value, .. } in &map.0 {
        if let Some(value) = check(value, values, Way::Key(&way, key), report) {
            out.insert(key.clone(), value);
        }
    }
    Value::Object(out)
}

fn elements(list: &[Node], items: &Shape, way: Way<'_>, report: &mut Report) -> Value {
    let values = list
        .iter()
        .enumerate()
        .filter_map(|(n, node)| check(node, items, Way::Index(&way, n), report));
    Value::Array(values.collect())
}

fn fields(map: &Map, object: &Object, span: Span, way: Way<'_>, report: &mut Report) -> Value {
    let mut out = JsonMap::new();
    for Entry {
        key,
        key_span,
        value,
    } in &map.0
    {
        let Some(shape) = object.fields.get(key) else {
            let message = format!("unknown key `{}` in {}", key.escape_debug(), way.place());
            let problem = Diagnostic::new(codes::UNKNOWN_KEY, way.path().key(key), message)
                .label("no such key here")
                .choice(key, object.fields.keys().map(String::as_str), "keys here");
            report.push(problem, *key_span);
            continue;
        };
        if value.is_null() && !matches!(shape, Shape::Any) {
            continue;
        }
        if let Some(value) = check(value, shape, Way::Key(&way, key), report) {
            out.insert(key.clone(), value);
        } else if object.required.contains(key) {
            report.undecodable();
        }
    }
    for key in &object.required {
        let entry = map.entry(key);
        if entry.is_none_or(|entry| entry.value.is_null()) {
            let place = way.place();
            // A misspelt key has been named already; naming its absence as well would be noise.
            let path = way.path().key(key);
            let problem =
                Diagnostic::new(codes::MISSING_KEY, path, format!("{place} has no `{key}`"))
                    .help(format!("add `{key}`"));
            let near = map.0.iter().any(|entry| {
                !object.fields.contains_key(&entry.key)
                    && crate::spec::nearest(&entry.key, object.fields.keys().map(String::as_str))
                        == Some(key.as_str())
            });
            if near {
                report.undecodable();
            } else {
                let span = entry
                    .or_else(|| map.0.first())
                    .map_or(span, |entry| entry.key_span);
                report.push(problem, span);
                report.undecodable();
            }
        }
    }
    Value::Object(out)
}

fn variant(
    node: &Node,
    map: &Map,
    variants: &std::collections::BTreeMap<String, Shape>,
    way: Way<'_>,
    report: &mut Report,
) -> Option<Value> {
    let [
        Entry {
            key,
            key_span,
            value,
        },
    ] = map.0.as_slice()
    else {
        let keys: Vec<_> = variants.keys().map(String::as_str).collect();
        let message = format!(
            "`{}` needs exactly one of the keys {}",
            way.name(),
            keys.join(", ")
        );
        let problem = Diagnostic::new(codes::WRONG_TYPE, way.path(), message)
            .found(format!("{} keys", map.0.len()));
        let second = map.0.get(1).map_or(node.span, |entry| entry.key_span);
        report.push(problem, second);
        return None;
    };
    let Some(shape) = variants.get(key) else {
        let message = format!("unknown key `{}` in {}", key.escape_debug(), way.place());
        let problem = Diagnostic::new(codes::UNKNOWN_KEY, way.path().key(key), message)
            .label("no such key here")
            .choice(key, variants.keys().map(String::as_str), "keys here");
        report.push(problem, *key_span);
        return None;
    };
    let way = Way::Key(&way, key);
    let before = report.count();
    let value = check(value, shape, way, report)?;
    // A variant whose content has a problem may lack what it needs.
    (report.count() == before).then(|| Value::Object([(key.clone(), value)].into_iter().collect()))
}

fn scalar_value(
    scalar: &Scalar,
    span: Span,
    shape: &Shape,
    way: Way<'_>,
    report: &mut Report,
) -> Option<Value> {
    let value = match shape {
        Shape::Any => scalar
            .value()
            .map_err(|why| (codes::BAD_VALUE, why.to_owned())),
        Shape::Text(format) if !scalar.is_null() => formatted(scalar, format.as_deref()),
        Shape::Boolean => match scalar.boolean() {
            Some(boolean) => Ok(Value::Bool(boolean)),
            None => Err((codes::WRONG_TYPE, String::new())),
        },
        Shape::Integer { min, max } => match scalar.integer() {
            Some(number) if (*min..=*max).contains(&number) => u64::try_from(number)
                .map(Value::from)
                .map_err(|_| (codes::BAD_VALUE, String::new())),
            Some(_) => Err((codes::BAD_VALUE, format!("it is not {}", shape.describe()))),
            None => Err((codes::WRONG_TYPE, String::new())),
        },
        Shape::Words(words) | Shape::Tagged { words, .. } if !scalar.is_null() => {
            if words.contains(&scalar.text) {
                Ok(Value::String(scalar.text.clone()))
            } else if words.is_empty() {
                Err((codes::WRONG_TYPE, String::new()))
            } else {
                wrong_word(scalar, words, span, way, report);
                return None;
            }
        }
        Shape::Either { short, .. } if !scalar.is_null() => {
            return scalar_value(scalar, span, short, way, report);
        }
        _ => Err((codes::WRONG_TYPE, String::new())),
    };
    match value {
        Ok(value) => Some(value),
        Err((code, why)) if code == codes::BAD_VALUE => {
            let shown: String = scalar.text.chars().take(60).collect();
            let message = format!("`{}` cannot be `{}`", way.name(), shown.escape_debug());
            let mut problem = Diagnostic::new(code, way.path(), message)
                .found(shown)
                .label(why);
            if let Shape::Text(Some(format)) = shape {
                problem.help = suggestion(format, &scalar.text);
            }
            report.push(problem, span);
            None
        }
        Err(_) => {
            let node = Node {
                kind: Kind::Scalar(scalar.clone()),
                span,
            };
            wrong_type(scalar.describe(), &node, shape, way, report);
            None
        }
    }
}

/// The text, if it has the form that the format asks for.
fn formatted(scalar: &Scalar, format: Option<&str>) -> Result<Value, (crate::spec::Code, String)> {
    let text = scalar.text.as_str();
    let result = match format {
        Some("component-id" | "pipeline-name" | "namespace" | "run-id") => text
            .parse::<ComponentId>()
            .map(drop)
            .map_err(|error| error.to_string()),
        Some("event-type") => text
            .parse::<EventType>()
            .map(drop)
            .map_err(|error| error.to_string()),
        Some("byte-size") => text
            .parse::<ByteSize>()
            .map(drop)
            .map_err(|error| error.to_string()),
        Some("cpu") => text
            .parse::<CpuMillis>()
            .map(drop)
            .map_err(|error| error.to_string()),
        Some("duration-text") => parse_duration(text)
            .map(drop)
            .map_err(|error| error.to_string()),
        _ => Ok(()),
    };
    result
        .map(|()| Value::String(scalar.text.clone()))
        .map_err(|why| (codes::BAD_VALUE, why))
}

/// What the writer may have meant.
fn suggestion(format: &str, text: &str) -> Option<String> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match format {
        "component-id" | "pipeline-name" | "namespace" => {
            nearest_name(text).map(|name| format!("for example `{name}`"))
        }
        "duration-text" if is_number => Some(format!("for seconds write `{text}s`")),
        _ => None,
    }
}

fn wrong_word(scalar: &Scalar, words: &[String], span: Span, way: Way<'_>, report: &mut Report) {
    let shown: String = scalar.text.chars().take(60).collect();
    let message = format!("`{}` cannot be `{}`", way.name(), shown.escape_debug());
    let problem = Diagnostic::new(codes::WRONG_WORD, way.path(), message).choice(
        &shown,
        words.iter().map(String::as_str),
        "allowed",
    );
    report.push(problem, span);
}

fn wrong_type(found: String, node: &Node, shape: &Shape, way: Way<'_>, report: &mut Report) {
    let expected = shape.describe();
    let message = format!("`{}` must be {expected}, not {found}", way.name());
    let mut problem = Diagnostic::new(codes::WRONG_TYPE, way.path(), message).found(found);
    problem.help = match (shape, node.text()) {
        (Shape::List(_), Some(text)) if !text.is_empty() => Some(format!(
            "write `[{}]`",
            text.chars().take(60).collect::<String>()
        )),
        (Shape::Boolean, Some("yes" | "on" | "Yes" | "On")) => Some("write `true`".to_owned()),
        (Shape::Boolean, Some("no" | "off" | "No" | "Off")) => Some("write `false`".to_owned()),
        (Shape::Text(_), Some("" | "~" | "null")) => {
            Some("for an empty text write `\"\"`".to_owned())
        }
        (Shape::Integer { .. }, Some(text)) if text.parse::<u64>().is_ok() => {
            Some("write it without quotes".to_owned())
        }
        _ => None,
    };
    report.push(problem, node.span);
}
