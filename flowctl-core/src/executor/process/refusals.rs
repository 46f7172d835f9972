use super::settings::Settings;
use crate::spec::{ComponentSpec, Protocol, SecretKind, Workload, is_default};

/// The first field of a component that the executor cannot honour (E9).
pub(super) fn refused(component: &ComponentSpec, settings: &Settings) -> Option<&'static str> {
    match component.workload() {
        Some(Workload::Native(_)) => return Some("use"),
        Some(Workload::Image(_)) if !settings.images_as_programs => return Some("image"),
        Some(Workload::Image(_) | Workload::Process(_)) | None => {}
    }
    if component.command.is_empty() {
        return Some("command");
    }
    let other_transport = |port: &crate::spec::Port| port.protocol == Protocol::Sctp;
    let is_file = |secret: &crate::spec::Secret| secret.kind != SecretKind::Env;
    let always = [
        ("ports", component.ports.iter().any(other_transport)),
        ("secrets", component.secrets.iter().any(is_file)),
    ];
    let mut refused = always
        .into_iter()
        .filter_map(|(field, refused)| refused.then_some(field));
    refused.next().or_else(|| {
        let of_a_container = set_aside(component).into_iter().next();
        of_a_container.filter(|_| !settings.images_as_programs)
    })
}

/// The fields that only a container can honour, besides the image itself.
pub(super) const OF_CONTAINERS: [&str; 5] = [
    "aliases",
    "image_policy",
    "resources",
    "security",
    "volumes",
];

/// The fields of a component that only a container can honour, and that an executor which was told to
/// start images as programs sets aside.
pub(super) fn set_aside(component: &ComponentSpec) -> Vec<&'static str> {
    [
        ("image", component.image.is_some()),
        ("image_policy", !is_default(&component.image_policy)),
        ("resources", !is_default(&component.resources)),
        ("security", !is_default(&component.security)),
        ("volumes", !component.volumes.is_empty()),
        ("aliases", !component.aliases.is_empty()),
    ]
    .into_iter()
    .filter_map(|(field, there)| there.then_some(field))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Port, Role, Secret, Volume};

    fn settings(images_as_programs: bool) -> Settings {
        Settings {
            images_as_programs,
            ..Settings::new("unused".into())
        }
    }

    fn refused_of(change: impl Fn(&mut ComponentSpec), images: bool) -> Option<&'static str> {
        let mut component = ComponentSpec::new("app".parse().unwrap(), Role::Service);
        component.command = vec!["app".to_owned()];
        change(&mut component);
        refused(&component, &settings(images))
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        let secret = |kind| {
            let mut secret = Secret::new("token");
            secret.kind = kind;
            secret
        };
        assert_eq!(refused_of(|_| {}, false), None);
        for (images, expected) in [(false, Some("image")), (true, None)] {
            assert_eq!(
                refused_of(|c| c.image = Some("a".to_owned()), images),
                expected
            );
        }
        for (images, expected) in [(false, Some("resources")), (true, None)] {
            let change = |c: &mut ComponentSpec| c.resources.limits.pids = Some(7);
            assert_eq!(refused_of(change, images), expected);
        }
        for images in [false, true] {
            assert_eq!(
                refused_of(|c| c.uses = Some("a".to_owned()), images),
                Some("use")
            );
            assert_eq!(refused_of(|c| c.command.clear(), images), Some("command"));
            assert_eq!(
                refused_of(|c| c.volumes.push(Volume::default()), images),
                (!images).then_some("volumes")
            );
            assert_eq!(
                refused_of(|c| c.secrets.push(secret(SecretKind::File)), images),
                Some("secrets")
            );
            assert_eq!(
                refused_of(|c| c.secrets.push(secret(SecretKind::Env)), images),
                None
            );
            assert_eq!(
                refused_of(|c| c.aliases.push("b".parse().unwrap()), images),
                (!images).then_some("aliases")
            );
            let sctp = |c: &mut ComponentSpec| {
                let mut port = Port::new(7);
                port.protocol = Protocol::Sctp;
                c.ports.push(port);
            };
            assert_eq!(refused_of(sctp, images), Some("ports"));
        }
    }
}
