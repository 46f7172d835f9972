//! A spec as YAML: block style, texts in quotes where they could be taken for something else.

use serde_json::Value;

use super::node::Scalar;
use crate::spec::PipelineSpec;

pub(super) fn write(spec: &PipelineSpec) -> String {
    // Every part of a spec has a form in JSON, so this cannot fail.
    let value = serde_json::to_value(spec).unwrap_or_default();
    let mut out = String::new();
    block(&value, 0, &mut out);
    out
}

/// Writes a map or list with each entry on lines of its own, after a line break.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) => {
            for (n, (key, value)) in map.iter().enumerate() {
                if n > 0 || !out.ends_with("- ") {
                    pad(indent, out);
                }
                out.push_str(&text(key));
                out.push(':');
                after(value, indent + 2, out);
            }
        }
        Value::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                if n > 0 || !out.ends_with("- ") {
                    pad(indent, out);
                }
                match value {
                    Value::Object(map) if !map.is_empty() => {
                        out.push_str("- ");
                        block(value, indent + 2, out);
                    }
                    _ => {
                        out.push('-');
                        after(value, indent + 2, out);
                    }
                }
            }
        }
        scalar => {
            out.push_str(&inline(scalar));
            out.push('\n');
        }
    }
}

/// Writes a value after `key:` or `-`.
fn after(value: &Value, indent: usize, out: &mut String) {
    let nested = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if nested {
        out.push('\n');
        block(value, indent, out);
    } else {
        out.push(' ');
        out.push_str(&inline(value));
        out.push('\n');
    }
}

fn inline(value: &Value) -> String {
    match value {
        // What is read back is substituted, so a `$` must not look like a variable.
        Value::String(string) => text(&string.replace('$', "$$")),
        // JSON's own form of the rest is YAML too.
        other => other.to_string(),
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// The text without quotes where nothing else could be read in it, else as a JSON string, which is
/// YAML too once its invisible characters are escaped.
fn text(string: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let scalar = Scalar {
        text: string.to_owned(),
        plain: true,
    };
    let is_word = string.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'))
        && string.chars().all(plain)
        && string.len() < 200
        && scalar.value().is_ok_and(|value| value.is_string());
    // YAML 1.1 readers take these for truth values.
    let old = ["yes", "no", "on", "off", "y", "n"];
    if is_word && !old.iter().any(|word| string.eq_ignore_ascii_case(word)) {
        return string.to_owned();
    }
    let mut out = String::with_capacity(string.len() + 2);
    for c in Value::String(string.to_owned()).to_string().chars() {
        match u32::from(c) {
            code @ (0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                out.push_str(&format!("\\u{code:04x}"));
            }
            _ => out.push(c),
        }
    }
    out
}
