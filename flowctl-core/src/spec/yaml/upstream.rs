//! What the Go flowctl wrote otherwise: read where it means something here, refused with the rewrite
//! where it does not.

use super::{
    node::{Entry, Kind, Map, Node, Scalar},
    report::Report,
};
use crate::spec::{Diagnostic, Role, codes, path::FieldPath};

/// Whether the whole text is in the legacy format; then nothing else is worth saying.
pub(super) fn is_legacy(root: &Map) -> bool {
    root.get("apiVersion").is_none()
        && root.get("spec").is_none()
        && (root.get("source").is_some() || root.get("sink").is_some())
}

/// Reports the legacy format.
pub(super) fn refuse_legacy(root: &Map, report: &mut Report) {
    let entry = root.entry("source").or_else(|| root.entry("sink"));
    let Some(Entry { key, key_span, .. }) = entry else {
        return;
    };
    let problem = Diagnostic::new(
        codes::LEGACY,
        FieldPath::root().key(key),
        "the legacy format is not supported",
    )
    .help(
        "write `apiVersion: flowctl/v1`, `kind: Pipeline`, `metadata.name` and `spec` with `sources`, \
         `processors` and `sinks`; each `type` or `plugin` becomes `use` or `image`, `params` become \
         `config` or `env`",
    );
    report.push(problem, *key_span);
}

/// Rewrites what has a meaning here and reports what has none.
pub(super) fn translate(root: &mut Map, report: &mut Report) {
    header(root, report);
    let Some(spec) = root.get_mut("spec").and_then(Node::map_mut) else {
        return;
    };
    let path = FieldPath::root().key("spec");
    if let Some(Entry { key_span, .. }) = spec.remove("pipelines") {
        let problem = Diagnostic::new(
            codes::PIPELINES,
            path.key("pipelines"),
            "`spec.pipelines` is not supported",
        )
        .help(
            "write a file for each, or run it under `spec.services` and wait for it with \
             `depends_on: [{id: ID, condition: completed}]`",
        );
        report.push(problem, key_span);
    }
    driver(spec, &path.key("driver"), report);
    for role in Role::ALL {
        let Some(list) = spec.get_mut(role.list()).and_then(Node::list_mut) else {
            continue;
        };
        for (n, component) in list.iter_mut().enumerate() {
            if let Some(component) = component.map_mut() {
                let path = FieldPath::component(role.list(), n);
                type_label(component, role, &path.key("type"), report);
                restart_policy(component, &path.key("restart_policy"), report);
            }
        }
    }
}

fn header(root: &Map, report: &mut Report) {
    for (key, expected, code) in [
        ("apiVersion", "flowctl/v1", codes::API_VERSION),
        ("kind", "Pipeline", codes::KIND),
    ] {
        let Some(node) = root.get(key).filter(|node| !node.is_null()) else {
            continue;
        };
        if let Some(text) = node.text().filter(|text| *text != expected) {
            let message = format!("the {key} `{}` is not known", text.escape_debug());
            let problem = Diagnostic::new(code, FieldPath::root().key(key), message)
                .found(text)
                .help(format!("write `{key}: {expected}`"));
            report.push(problem, node.span);
        }
    }
}

fn driver(spec: &mut Map, path: &FieldPath, report: &mut Report) {
    let Some(Node {
        kind: Kind::Scalar(scalar),
        span,
    }) = spec.get_mut("driver")
    else {
        return;
    };
    match scalar.text.as_str() {
        "local" => "process".clone_into(&mut scalar.text),
        "container" => "docker".clone_into(&mut scalar.text),
        other @ ("kubernetes" | "k8s" | "nomad") => {
            let problem = Diagnostic::new(
                codes::DRIVER,
                path.clone(),
                format!("the driver `{other}` is not built in"),
            )
            .found(other)
            .help("leave `driver` out: each component then runs as its own workload says");
            report.push(problem, *span);
            spec.remove("driver");
        }
        _ => {}
    }
}

/// `type` says the role once more; the Go flowctl also put references to images there.
fn type_label(component: &mut Map, role: Role, path: &FieldPath, report: &mut Report) {
    let Some(Node {
        kind: Kind::Scalar(scalar),
        span,
    }) = component.get("type")
    else {
        return;
    };
    let (label, span) = (scalar.text.clone(), *span);
    component.remove("type");
    if label.is_empty() || label == role.as_str() {
        return;
    }
    let problem = if let Some((name, version)) = label.split_once('@') {
        let owner = if name.contains('/') {
            ""
        } else {
            "withobsrvr/"
        };
        let message = format!("`type: {}` is not supported", label.escape_debug());
        Diagnostic::new(codes::TYPE_REFERENCE, path.clone(), message)
            .help(format!("write `image: docker.io/{owner}{name}:{version}`"))
    } else if let Some(other) = Role::ALL.into_iter().find(|role| role.as_str() == label) {
        let message = format!("a {other} stands under `spec.{}`", role.list());
        Diagnostic::new(codes::OTHER_ROLE, path.clone(), message).help(format!(
            "move it to `spec.{}`, or write `type: {role}`",
            other.list()
        ))
    } else {
        let message = format!("`{}` is not a role", label.escape_debug());
        let words = Role::ALL.map(Role::as_str);
        Diagnostic::new(codes::WRONG_WORD, path.clone(), message).choice(&label, words, "allowed")
    };
    report.push(problem.found(label), span);
}

fn restart_policy(component: &mut Map, path: &FieldPath, report: &mut Report) {
    let Some(Node {
        kind: Kind::Scalar(scalar),
        ..
    }) = component.get("restart_policy")
    else {
        return;
    };
    let policy = match scalar.text.as_str() {
        "no" => "never",
        "always" | "unless-stopped" => "always",
        "on-failure" => "on-failure",
        // Left for the check of shapes, which knows the words.
        _ => return,
    };
    let Some(Entry {
        key_span,
        mut value,
        ..
    }) = component.remove("restart_policy")
    else {
        return;
    };
    if component.get("restart").is_some() {
        let problem = Diagnostic::new(
            codes::DUPLICATE_KEY,
            path.clone(),
            "`restart_policy` and `restart` say the same thing",
        )
        .help("keep `restart`");
        report.push(problem, key_span);
        return;
    }
    value.kind = Kind::Scalar(Scalar {
        text: policy.to_owned(),
        plain: true,
    });
    component.0.push(Entry {
        key: "restart".to_owned(),
        key_span,
        value,
    });
}
