//! What a component is, and what has no meaning for it.

use super::Place;
use crate::spec::{Catalog, ComponentSpec, Diagnostic, Probes, Role, Workload, codes, is_default};

pub(super) fn check(
    component: &ComponentSpec,
    place: Place,
    catalog: &dyn Catalog,
    out: &mut Vec<Diagnostic>,
) {
    let id = &component.id;
    match component.workload() {
        None => {
            let message = format!("`{id}` does not say what it is");
            out.push(
                Diagnostic::new(codes::WORKLOAD, place.path(), message)
                    .help("add one of `use`, `command` and `image`"),
            );
        }
        Some(Workload::Native(name)) => {
            for (key, present) in [
                ("image", component.image.is_some()),
                ("command", !component.command.is_empty()),
            ] {
                if present {
                    let message = format!("`{id}` has both `use` and `{key}`");
                    out.push(
                        Diagnostic::new(codes::WORKLOAD, place.at(key), message)
                            .at_key()
                            .related([place.at("use")])
                            .help(format!("remove `use` or `{key}`")),
                    );
                }
            }
            native(component, name, place, catalog, out);
        }
        Some(Workload::Process(command)) => {
            if command.first().is_some_and(String::is_empty) {
                let message = format!("`{id}` has an empty program");
                out.push(Diagnostic::new(
                    codes::BAD_VALUE,
                    place.at("command").index(0),
                    message,
                ));
            }
        }
        Some(Workload::Image(image)) => {
            if let Err(reason) = check_image(image) {
                let message = format!("`{image}` is not the name of an image");
                out.push(
                    Diagnostic::new(codes::IMAGE, place.at("image"), message)
                        .found(image)
                        .label(reason),
                );
            }
        }
    }
    no_effect(component, place, out);
}

fn native(
    component: &ComponentSpec,
    name: &str,
    place: Place,
    catalog: &dyn Catalog,
    out: &mut Vec<Diagnostic>,
) {
    let names = catalog.names();
    let Some(entry) = catalog.entry(name) else {
        if !names.is_empty() {
            let of_role = names.into_iter().filter(|other| {
                catalog
                    .entry(other)
                    .is_some_and(|entry| entry.role == component.role)
            });
            let message = format!("there is no native component `{name}`");
            let what = format!("{}s here", component.role);
            out.push(
                Diagnostic::new(codes::UNKNOWN_USE, place.at("use"), message)
                    .label("not in the registry of this program")
                    .choice(name, of_role, &what),
            );
        }
        return;
    };
    if entry.role != component.role {
        let (found, list) = (entry.role, component.role.list());
        let message = format!("`{name}` is a {found}, but stands under `spec.{list}`");
        out.push(
            Diagnostic::new(codes::OTHER_ROLE, place.at("use"), message).help(format!(
                "move `{}` to `spec.{}`",
                component.id,
                found.list()
            )),
        );
    } else if let Err(error) = catalog.check(name, &component.config) {
        let config = place.at("config");
        let path = if error.path.is_empty() {
            config
        } else {
            config.keys(&error.path)
        };
        let message = format!("`{name}` refuses its configuration: {}", error.message());
        out.push(Diagnostic::new(codes::CONFIG, path, message));
    }
}

/// The rules of image references: `[registry[:port]/]name[/name…][:tag][@digest]`.
fn check_image(image: &str) -> Result<(), &'static str> {
    let (name, digest) = image
        .split_once('@')
        .map_or((image, None), |(n, d)| (n, Some(d)));
    if let Some(digest) = digest {
        let hex = digest
            .strip_prefix("sha256:")
            .ok_or("the digest does not begin with `sha256:`")?;
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err("the digest does not have 64 hexadecimal digits");
        }
    }
    // A `:` after the last `/` begins the tag; one before it the port of a registry.
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (path, last) = name.split_at(slash);
    let (last, tag) = last
        .split_once(':')
        .map_or((last, None), |(l, t)| (l, Some(t)));
    let in_tag = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    if let Some(tag) = tag
        && (tag.is_empty() || tag.len() > 128 || !tag.bytes().all(in_tag))
    {
        return Err("the tag is not made of letters, digits, `_`, `.` and `-`");
    }
    let in_name =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    let mut parts = path.split_terminator('/').chain([last]).enumerate();
    let is_registry = |n: usize, part: &str| {
        n == 0
            && slash > 0
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    };
    if parts
        .all(|(n, part)| !part.is_empty() && (is_registry(n, part) || part.bytes().all(in_name)))
    {
        Ok(())
    } else {
        Err("names are lowercase letters, digits, `_`, `.` and `-`")
    }
}

/// Warns of fields that have no meaning for this workload or role.
fn no_effect(component: &ComponentSpec, place: Place, out: &mut Vec<Diagnostic>) {
    let mut warn = |key: &str, why: &str| {
        let message = format!("`{key}` of `{}` has no effect: {why}", component.id);
        out.push(Diagnostic::new(codes::NO_EFFECT, place.at(key), message).at_key());
    };
    let outside = [
        ("args", !component.args.is_empty()),
        ("env", !component.env.is_empty()),
        ("working_dir", component.working_dir.is_some()),
        ("protocol", component.protocol.is_some()),
        ("ports", !component.ports.is_empty()),
        ("health_port", component.health_port.is_some()),
        ("health_check", component.health_check.is_some()),
        ("resources", !is_default(&component.resources)),
        ("secrets", !component.secrets.is_empty()),
    ];
    let container = [
        ("image_policy", !is_default(&component.image_policy)),
        ("volumes", !component.volumes.is_empty()),
        ("security", !is_default(&component.security)),
        ("aliases", !component.aliases.is_empty()),
    ];
    match component.workload() {
        Some(Workload::Native(_)) => {
            for (key, _) in outside
                .iter()
                .chain(&container)
                .filter(|(_, present)| *present)
            {
                warn(key, "a native component runs inside this process");
            }
            if component.probes
                != (Probes {
                    start_within: component.probes.start_within,
                    ..Probes::default()
                })
            {
                warn("probes", "a native component runs inside this process");
            }
        }
        Some(Workload::Process(_)) => {
            for (key, _) in container.iter().filter(|(_, present)| *present) {
                warn(key, "an OS process is not a container");
            }
        }
        Some(Workload::Image(_)) | None => {}
    }
    let silent = match component.role {
        Role::Source => [
            ("input_event_types", !component.input_event_types.is_empty()),
            ("queue", !is_default(&component.queue)),
            ("", false),
        ],
        Role::Processor => return,
        Role::Sink => [
            (
                "output_event_types",
                !component.output_event_types.is_empty(),
            ),
            ("", false),
            ("", false),
        ],
        Role::Service => [
            ("input_event_types", !component.input_event_types.is_empty()),
            (
                "output_event_types",
                !component.output_event_types.is_empty(),
            ),
            ("queue", !is_default(&component.queue)),
        ],
    };
    let why = match component.role {
        Role::Source => "a source reads from no component",
        Role::Sink => "no component reads from a sink",
        Role::Processor | Role::Service => "a service carries no events",
    };
    for (key, _) in silent.iter().filter(|(_, present)| *present) {
        warn(key, why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images_are_told_from_other_texts() {
        for good in [
            "a",
            "withobsrvr/ttp-processor:latest",
            "localhost:5000/a/b:v1.2",
            "docker.io/library/alpine",
            &format!("a@sha256:{}", "0".repeat(64)),
        ] {
            assert_eq!(check_image(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "A",
            "a b",
            "a:",
            "a:b:c",
            "a/",
            "/a",
            "a@sha256:12",
            "a@md5:0",
            "x/B",
        ] {
            assert!(check_image(bad).is_err(), "{bad}");
        }
    }
}
