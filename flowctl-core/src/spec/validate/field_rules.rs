//! Rules inside one component, field by field.

use super::Place;
use crate::{
    spec::{
        Backoff, Check, ComponentSpec, Diagnostic, OnFull, Probe, Queue, SecretKind, codes,
        path::FieldPath,
    },
    units::DurationText,
};

pub(super) fn check(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    environment(component, place, out);
    health(component, place, out);
    volumes(component, place, out);
    secrets(component, place, out);
    limits(component, place, out);
    backoff(
        &component.on_error.retry.backoff,
        || place.at("on_error").keys("retry.backoff"),
        out,
    );
    backoff(
        &component.restart.backoff,
        || place.at("restart").key("backoff"),
        out,
    );
    queue(&component.queue, || place.at("queue"), out);
    for (n, input) in component.inputs.iter().enumerate() {
        let path = || place.at("inputs").index(n);
        if let Some(own) = &input.queue {
            queue(own, || path().key("queue"), out);
        }
        if let OnFull::Lag { events, bytes, .. } = input.on_full {
            queue(
                &Queue::new(events, bytes),
                || path().keys("on_full.lag"),
                out,
            );
        }
    }
}

/// The variables that flowctl sets, so that a component finds its control plane and its own name.
const OWNED: [&str; 6] = [
    "ENABLE_FLOWCTL",
    "FLOWCTL_ENDPOINT",
    "FLOWCTL_HEARTBEAT_INTERVAL",
    "FLOWCTL_COMPONENT_ID",
    "FLOWCTL_SERVICE_ID",
    "COMPONENT_ID",
];

fn environment(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    for (name, value) in &component.env {
        let path = || place.at("env").key(name);
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.bytes().all(is_word)
        {
            let message = format!("`{}` cannot be the name of a variable", name.escape_debug());
            out.push(
                Diagnostic::new(codes::ENV_NAME, path(), message)
                    .at_key()
                    .label("letters, digits and `_`, no digit first"),
            );
        } else if value.contains('\0') {
            let message = format!("the value of `{name}` holds a NUL, which no environment can");
            out.push(Diagnostic::new(codes::BAD_VALUE, path(), message));
        } else if OWNED.contains(&name.as_str()) {
            let message = format!("flowctl sets `{name}` itself");
            out.push(
                Diagnostic::new(codes::OWNED_VARIABLE, path(), message)
                    .at_key()
                    .label("this value is not used"),
            );
        }
    }
}

fn health(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    if component.health_check.is_some() && component.health_port.is_none() {
        let message = format!(
            "`{}` has a `health_check` but no `health_port`",
            component.id
        );
        out.push(
            Diagnostic::new(codes::HEALTH_PATH, place.at("health_check"), message)
                .at_key()
                .help("add `health_port`"),
        );
    }
    if let (Some(port), Some(told)) = (component.health_port, component.env.get("HEALTH_PORT")) {
        let number = told
            .rsplit(':')
            .next()
            .and_then(|number| number.parse::<u16>().ok());
        if number != Some(port) {
            let message = format!("`health_port` is {port}, but `HEALTH_PORT` is `{told}`");
            let path = place.at("env").key("HEALTH_PORT");
            out.push(
                Diagnostic::new(codes::DIFFERENT_PORTS, path, message)
                    .related([place.at("health_port")])
                    .help("make them equal, or leave `HEALTH_PORT` out: flowctl sets it"),
            );
        }
    }
    for (key, probe) in [
        ("ready", &component.probes.ready),
        ("live", &component.probes.live),
    ] {
        if let Some(probe) = probe {
            check_probe(component, probe, || place.at("probes").key(key), out);
        }
    }
}

fn check_probe(
    component: &ComponentSpec,
    probe: &Probe,
    path: impl Fn() -> FieldPath,
    out: &mut Vec<Diagnostic>,
) {
    let check = || path().key("check");
    let (key, message) = match &probe.check {
        Check::Exec { command } if command.first().is_none_or(String::is_empty) => (
            check().keys("exec.command"),
            "the probe runs no program".to_owned(),
        ),
        Check::Log { contains } if contains.is_empty() => (
            check().keys("log.contains"),
            "the probe looks for an empty text".to_owned(),
        ),
        Check::Http { path, .. } if !path.starts_with('/') => (
            check().keys("http.path"),
            format!("the path `{path}` does not begin with `/`"),
        ),
        _ if probe.failures == 0 => (
            path().key("failures"),
            "`failures` is 0, so no answer could be right".to_owned(),
        ),
        _ if probe.every.is_zero() || probe.timeout.is_zero() => {
            let key = if probe.every.is_zero() {
                "every"
            } else {
                "timeout"
            };
            (
                path().key(key),
                format!("`{key}` of a probe of `{}` is 0", component.id),
            )
        }
        _ => return,
    };
    out.push(Diagnostic::new(codes::PROBE, key, message));
}

fn volumes(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    for (n, volume) in component.volumes.iter().enumerate() {
        let path = place.at("volumes").index(n);
        let both = volume.mount_path.is_some() && volume.container_path.is_some();
        let (message, help) = match volume.target() {
            None => (
                "the volume has no place in the component",
                "add `container_path`",
            ),
            Some(_) if both => (
                "the volume has both `mountPath` and `container_path`",
                "keep one of them",
            ),
            Some(target) if !target.starts_with('/') => (
                "the volume's place is not an absolute path",
                "begin it with `/`",
            ),
            Some(_) if volume.tmpfs && volume.host_path.is_some() => (
                "the volume is both `tmpfs` and a folder of this machine",
                "keep one of them",
            ),
            Some(_) if !volume.tmpfs && volume.size.is_some() => (
                "only a `tmpfs` can have a `size`",
                "remove `size`, or add `tmpfs: true`",
            ),
            Some(_) if !volume.tmpfs && volume.host_path.is_none() && volume.name.is_none() => (
                "the volume has no content",
                "add `name`, `host_path` or `tmpfs: true`",
            ),
            Some(_) => continue,
        };
        out.push(Diagnostic::new(codes::VOLUME, path, message).help(help));
    }
}

fn secrets(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    for (n, secret) in component.secrets.iter().enumerate() {
        let path = place.at("secrets").index(n);
        let name = &secret.name;
        let octal = |mode: &String| u32::from_str_radix(mode, 8).is_ok_and(|mode| mode <= 0o7777);
        let (message, help) = match secret.kind {
            SecretKind::Env if secret.env.is_none() => (
                format!("the secret `{name}` does not say which variable it is"),
                "add `env`",
            ),
            SecretKind::File | SecretKind::Dir if secret.host_path.is_none() => (
                format!("the secret `{name}` does not say where it is"),
                "add `host_path`",
            ),
            _ if secret.mode.as_ref().is_some_and(|mode| !octal(mode)) => (
                format!("the mode of the secret `{name}` is not octal"),
                "write it like `\"0400\"`",
            ),
            _ => continue,
        };
        out.push(Diagnostic::new(codes::SECRET, path, message).help(help));
    }
}

fn limits(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    let (requests, limits) = (component.resources.requests, component.resources.limits);
    let mut compare = |key: &str, request: Option<String>, limit: Option<String>, more: bool| {
        if let (Some(request), Some(limit), true) = (request, limit, more) {
            let message = format!(
                "`{}` requests {request} {key}, its limit is {limit}",
                component.id
            );
            let path = place.at("resources").key("requests").key(key);
            let limit_path = place.at("resources").key("limits").key(key);
            out.push(
                Diagnostic::new(codes::LIMITS, path, message)
                    .found(request)
                    .related([limit_path]),
            );
        }
    };
    compare(
        "cpu",
        requests.cpu.map(|cpu| cpu.to_string()),
        limits.cpu.map(|cpu| cpu.to_string()),
        requests.cpu > limits.cpu,
    );
    compare(
        "memory",
        requests.memory.map(|memory| memory.to_string()),
        limits.memory.map(|memory| memory.to_string()),
        requests.memory > limits.memory,
    );
    if component
        .resources
        .limits
        .memory
        .is_some_and(|memory| memory.bytes() == 0)
        || component
            .resources
            .limits
            .cpu
            .is_some_and(|cpu| cpu.millis() == 0)
    {
        let message = format!("a limit of `{}` is 0", component.id);
        let path = place.at("resources").key("limits");
        out.push(Diagnostic::new(codes::LIMITS, path, message).help("leave it out for no limit"));
    }
}

fn backoff(backoff: &Backoff, path: impl Fn() -> FieldPath, out: &mut Vec<Diagnostic>) {
    if backoff.cap < backoff.base {
        let (base, cap) = (DurationText(backoff.base), DurationText(backoff.cap));
        let message = format!("the pauses begin at {base}, above their cap of {cap}");
        out.push(
            Diagnostic::new(codes::BACKOFF, path(), message)
                .help(format!("write at least {base} as `cap`")),
        );
    }
}

fn queue(queue: &Queue, path: impl Fn() -> FieldPath, out: &mut Vec<Diagnostic>) {
    let empty = [
        ("events", queue.events == 0),
        ("bytes", queue.bytes.bytes() == 0),
    ];
    for (key, _) in empty.iter().filter(|(_, empty)| *empty) {
        let message = format!("there is room for 0 {key}");
        out.push(Diagnostic::new(codes::QUEUE, path().key(key), message).help("write at least 1"));
    }
}
